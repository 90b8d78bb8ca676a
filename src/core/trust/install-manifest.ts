/**
 * What ESP Web Tools (https://esphome.github.io/esp-web-tools/) needs to install the newest release of a product over USB. It verifies nothing, so this
 * is for what has never run a firmware of ours; what it installs are the files that were signed.
 */
import { md5Hex } from '../bytes/md5.ts';
import { sha256Hex } from '../bytes/sha256.ts';
import type { ChipName } from '../image/model.ts';
import { canonicalBytes } from './canonical-json.ts';
import type { Release } from './release.ts';
import { firmwareFile, manifestFile } from './set-files.ts';
import type { SetFile } from './set-files.ts';

export interface FlashFile {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An image, and how a device without any firmware gets it. */
export interface PublishedImage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Raw, over these bytes, for devices that check them with keys of their own. */
  readonly signatures?: readonly Uint8Array<ArrayBuffer>[];
  /** Where it goes over USB; absent: nobody knows, and no manifest names it. */
  readonly offset?: number;
  /** What a blank device needs besides: boot loader, partition table. */
  readonly beside?: readonly FlashFile[];
}

export interface Install {
  readonly release: Release;
  readonly image: PublishedImage;
}

/** Home Assistant shows it as one line. */
const MOST_SUMMARY_LENGTH = 255;

/** A manifest for each product that can be installed over USB, with the files that lie beside its image. */
export async function installManifests(installs: readonly Install[]): Promise<readonly SetFile[]> {
  const products = [...new Set(installs.map(({ release }) => release.product))];
  const files: SetFile[] = [];
  for (const product of products) {
    const builds = newestBuilds(installs.filter(({ release }) => release.product === product));
    const [first] = builds;
    if (!first) continue;
    const manifest = {
      name: product,
      version: first.release.version,
      new_install_prompt_erase: false,
      builds: await Promise.all(builds.map(describeBuild)),
    };
    files.push({ path: manifestFile(products.length === 1 ? undefined : product), bytes: canonicalBytes(manifest) });
    for (const { bytes } of builds.flatMap(({ image }) => image.beside ?? [])) files.push(await contentFile(bytes));
  }
  return files;
}

const contentFile = async (bytes: Uint8Array<ArrayBuffer>): Promise<SetFile> => ({ path: firmwareFile(await sha256Hex(bytes)), bytes });

/** Of one product: those of the newest version, one for each chip. */
function newestBuilds(installs: readonly Install[]): readonly Install[] {
  const newestFirst = installs.filter(({ image }) => image.offset !== undefined).toSorted((a, b) => b.release.counter - a.release.counter);
  const version = newestFirst[0]?.release.version;
  const byChip = new Map<ChipName, Install>();
  for (const install of newestFirst) {
    const { chip } = install.release;
    if (install.release.version === version && !byChip.has(chip)) byChip.set(chip, install);
  }
  return [...byChip.values()];
}

async function describeBuild({ release, image: { bytes, offset = 0, beside = [] } }: Install) {
  const parts = [...beside, { bytes, offset }].toSorted((a, b) => a.offset - b.offset);
  return {
    chipFamily: release.chip,
    parts: await Promise.all(parts.map(async (part) => ({ path: (await contentFile(part.bytes)).path, offset: part.offset }))),
    ota: { path: firmwareFile(release.sha256), md5: md5Hex(bytes), summary: summaryOf(release.notes) },
  };
}

const summaryOf = (notes: string): string => [...notes.split('\n', 1)[0]!].slice(0, MOST_SUMMARY_LENGTH).join('');

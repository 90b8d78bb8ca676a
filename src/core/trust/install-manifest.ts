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

/**
 * A manifest for each product that can be installed over USB, with the files that lie beside its image. ESP Web Tools chooses by the chip alone:
 * where that could take the build of another board, each board gets a manifest of its own, by its name.
 */
export async function installManifests(installs: readonly Install[]): Promise<readonly SetFile[]> {
  const placed = installs.filter(({ image }) => image.offset !== undefined);
  const products = [...new Set(placed.map(({ release }) => release.product))];
  const files: SetFile[] = [];
  const taken = new Set<string>();
  for (const product of products) {
    for (const { board, builds } of offersOf(placed.filter(({ release }) => release.product === product))) {
      const words = [...(products.length > 1 ? [product] : []), ...(board === undefined ? [] : [board])];
      const manifest = {
        name: board === undefined ? product : `${product} for ${board}`,
        version: builds[0]!.release.version,
        new_install_prompt_erase: false,
        builds: await Promise.all(builds.map(describeBuild)),
      };
      files.push({ path: freePath(words, taken), bytes: canonicalBytes(manifest) });
      for (const { bytes } of builds.flatMap(({ image }) => image.beside ?? [])) files.push(await contentFile(bytes));
    }
  }
  return files;
}

/** Names that differ may be written the same, and not every file system tells upper from lower case. */
function freePath(words: readonly string[], taken: Set<string>): string {
  let path = manifestFile(...words);
  for (let number = 2; taken.has(path.toLowerCase()); number++) path = manifestFile(...words, String(number));
  taken.add(path.toLowerCase());
  return path;
}

interface Offer {
  /** Absent: for every board with these chips. */
  readonly board?: string;
  /** Never empty. */
  readonly builds: readonly Install[];
}

/** Of one product. */
function offersOf(installs: readonly Install[]): readonly Offer[] {
  const newest = newestBuilds(installs);
  if (newest.every((install) => fitsAll(install, installs))) return [{ builds: newest }];
  const forAny = installs.filter(({ release }) => release.hardware.length === 0);
  const boards = [...new Set(installs.flatMap(({ release }) => release.hardware))].toSorted();
  return [
    ...(forAny.length > 0 ? [{ builds: newestBuilds(forAny) }] : []),
    ...boards.map((board) => {
      const own = installs.filter(({ release }) => release.hardware.includes(board));
      const chips = new Set(own.map(({ release }) => release.chip));
      return { board, builds: newestBuilds([...own, ...forAny.filter(({ release }) => chips.has(release.chip))]) };
    }),
  ];
}

/** No board with this chip that any release names would get another one's build. */
function fitsAll({ release: { chip, hardware } }: Install, installs: readonly Install[]): boolean {
  if (hardware.length === 0) return true;
  const others = installs.filter(({ release }) => release.chip === chip);
  return others.every(({ release }) => release.hardware.length > 0 && release.hardware.every((board) => hardware.includes(board)));
}

const contentFile = async (bytes: Uint8Array<ArrayBuffer>): Promise<SetFile> => ({ path: firmwareFile(await sha256Hex(bytes)), bytes });

/** Those of the newest version, one for each chip. */
function newestBuilds(installs: readonly Install[]): readonly Install[] {
  const newestFirst = installs.toSorted((a, b) => b.release.counter - a.release.counter);
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

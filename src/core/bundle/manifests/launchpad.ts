/**
 * The TOML of ESP Launchpad (https://espressif.github.io/esp-launchpad/): applications, each with one complete image per chip or
 * development kit.
 */
import { BundleError, fieldFault } from '../bundle-error.ts';
import { chipFromText } from '../chip-text.ts';
import { MOST_BUILDS, assertAtMost } from '../limits.ts';
import type { BundleBuild } from '../model.ts';
import { offsetFromNumber, offsetFromText } from '../offsets.ts';
import { checkAddress, isAddress, normalisePath } from '../paths.ts';
import { assertSomeComplete, entriesOf, fieldsOf, openIfThere, ownValue } from './manifest.ts';
import type { ManifestBundle, ManifestSource } from './manifest.ts';
import type { ChipName } from '../../image/model.ts';

export async function readLaunchpad(value: unknown, source: ManifestSource): Promise<ManifestBundle> {
  const fields = fieldsOf(value, source);
  const folder = fields.optionalText('firmware_images_url', 2048);
  if (folder !== undefined) checkAddress(folder);
  const apps = fields.texts('supported_apps', MOST_BUILDS, 256);
  const images = apps.flatMap((app) => imagesOf(ownValue(value, app), app, source));
  assertAtMost(images.length, MOST_BUILDS, 'images', source.path);
  const builds: BundleBuild[] = [];
  for (const { app, chip, kit, image, offset } of images) {
    const file = await openIfThere(reference(image, folder), source);
    const variant = [...(apps.length > 1 ? [app] : []), ...(kit === undefined ? [] : [kit])].join(' · ');
    builds.push({ chip, parts: [{ file, offset }], ...(variant !== '' && { variant }) });
  }
  assertSomeComplete(builds);
  const [name = ''] = apps;
  return { origin: 'launchpad', name: apps.length === 1 ? name : '', version: '', builds, proposesErase: false, unused: [] };
}

interface ListedImage {
  readonly app: string;
  readonly chip: ChipName | undefined;
  readonly kit: string | undefined;
  readonly image: string;
  readonly offset: number;
}

function imagesOf(section: unknown, app: string, source: ManifestSource): readonly ListedImage[] {
  const where = `manifest[${JSON.stringify(app)}].image`;
  const kits = kitsOf(ownValue(section, 'developKits') ?? {}, source);
  const stated = ownValue(section, 'offset');
  const field = `manifest[${JSON.stringify(app)}].offset`;
  const fromStated = typeof stated === 'string' ? offsetFromText : offsetFromNumber;
  // Launchpad writes every image to the start of the flash.
  const offset = stated === undefined ? 0 : fromStated(stated, field, source.path);
  return entriesOf(ownValue(section, 'image'), where, source).map(([key, image]) => {
    const at = `${where}.${key}`;
    if (typeof image !== 'string') throw fieldFault(source.path)(at, 'must be text');
    const chip = chipFromText(key);
    if (chip) return { app, chip, kit: undefined, image, offset };
    return { app, chip: kits.get(key.toLowerCase()), kit: key.slice(0, 256), image, offset };
  });
}

/** Development kits by lower-case name: `developKits.esp32s3 = ["esp-box", …]`. */
function kitsOf(value: unknown, source: ManifestSource): ReadonlyMap<string, ChipName> {
  const kits = new Map<string, ChipName>();
  for (const [key, names] of entriesOf(value, 'manifest.developKits', source)) {
    const chip = chipFromText(key);
    if (!Array.isArray(names))
      throw new BundleError('BUNDLE_FIELD', { path: source.path, field: `developKits.${key}`, rule: 'must be a list' });
    if (chip) for (const name of names) kits.set(String(name).toLowerCase(), chip);
  }
  return kits;
}

function reference(image: string, folder: string | undefined): string {
  if (folder === undefined || isAddress(image)) return image;
  return new URL(normalisePath(image), folder.endsWith('/') ? folder : `${folder}/`).href;
}

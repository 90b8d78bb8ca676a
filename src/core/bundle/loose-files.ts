/**
 * Files without a manifest: single images, what the Arduino IDE exports, PlatformIO's build folder. Several build folders at once become
 * several builds.
 */
import type { Pacer } from '../bytes/pacer.ts';
import type { ChipName } from '../image/model.ts';
import { PARTITION_TABLE_OFFSET } from '../image/partition-table.ts';
import { BundleError } from './bundle-error.ts';
import { chipOfFile } from './chip-of.ts';
import { isContainerName, isFlashableName, isMergedName, isUpdateName, roleFromName } from './file-roles.ts';
import { MOST_BUILDS, MOST_PARTS, assertAtMost } from './limits.ts';
import type { BundleBuild, BundleFile, BundleOrigin, BundlePart, FlashBundle } from './model.ts';
import { offsetInName } from './offsets.ts';
import { fileName, folderOf, stemOf } from './paths.ts';

/** There are not more chips; so many images are read to tell for which they are. */
const MOST_IMAGES_OF_A_RELEASE = 16;

/** @throws BundleError */
export async function bundleLooseFiles(files: readonly BundleFile[], pacer: Pacer): Promise<FlashBundle> {
  const flashable = files.filter(isFlashable(files.length));
  if (flashable.length === 0) throw new BundleError('BUNDLE_EMPTY', { rule: 'none of the files can be flashed' });
  const folders = completeFolders(flashable);
  const groups = folders.length > 1 ? folders : [flashable];
  assertAtMost(groups.length, MOST_BUILDS, 'builds');
  const builds: BundleBuild[] = [];
  const each = await oneForEachChip(flashable, pacer);
  if (each) builds.push(...each);
  else {
    const words = groups.length > 1 ? distinctWords(groups.map((group) => folderOf(group[0]!.path))) : undefined;
    for (const [index, group] of groups.entries()) {
      const chip = words && (await chipOf(group, pacer));
      builds.push(...buildsOf(group, words?.[index] ?? '', chip));
    }
  }
  const used = new Set(builds.flatMap(({ parts }) => parts.map(({ file }) => file)));
  return {
    origin: originOf(flashable),
    name: nameOf(flashable),
    version: '',
    builds,
    proposesErase: false,
    ignored: files.filter((file) => !used.has(file)).map(({ path }) => path),
  };
}

/** A file that comes alone is taken whatever its name is. */
const isFlashable =
  (count: number) =>
  ({ path }: BundleFile): boolean =>
    count === 1 || isFlashableName(path);

/** Folders that hold an application with what it needs to start. */
function completeFolders(files: readonly BundleFile[]): readonly (readonly BundleFile[])[] {
  const byFolder = new Map<string, BundleFile[]>();
  for (const file of files) {
    const folder = folderOf(file.path);
    const found = byFolder.get(folder);
    if (found) found.push(file);
    else byFolder.set(folder, [file]);
  }
  return [...byFolder.values()].filter(isComplete);
}

const isComplete = (files: readonly BundleFile[]): boolean => {
  const roles = new Set(files.map(({ path }) => roleFromName(path)));
  return files.some(({ path }) => isMergedName(path)) || (roles.has('bootloader') && roles.has(undefined));
};

/** Of each folder what tells it from the others: `esp32` and `esp32s3`, and of `a/build` and `b/build` the first. */
function distinctWords(folders: readonly string[]): readonly string[] {
  const paths = folders.map((folder) => folder.split('/').slice(0, -1));
  const depth = Math.max(...paths.map(({ length }) => length));
  const ends = (count: number) => paths.map((path) => path.slice(-count).join('/'));
  let count = 1;
  while (count < depth && new Set(ends(count)).size < folders.length) count++;
  let words = paths.map((path) => path.slice(-count));
  const isSharedEnd = () => words.every((path) => path.length > 1 && path.at(-1) === words[0]!.at(-1));
  while (isSharedEnd()) words = words.map((path) => path.slice(0, -1));
  return words.map((path) => path.join('/'));
}

/**
 * The whole first; where a part of it would do for a chip that runs already, that is a second build.
 * @param folder words for it, where there are builds in others
 */
function buildsOf(files: readonly BundleFile[], folder: string, chip: ChipName | undefined): readonly BundleBuild[] {
  const variant = (suffix: string) => {
    const words = [folder, suffix].filter((word) => word !== '').join(' · ');
    return words === '' ? {} : { variant: words };
  };
  const merged = files.filter(({ path }) => isMergedName(path));
  // More than one: different images, of which nobody here knows which is wanted; their offsets will collide and say so.
  const [whole] = merged;
  if (!whole || merged.length > 1) return [{ chip, parts: partsOf(files), ...variant('') }];
  const beside = files.filter(({ path }) => roleFromName(path) === 'filesystem');
  const update = files.filter(({ path }) => isUpdateName(path));
  const complete: BundleBuild = { chip, parts: partsOf([whole, ...beside]), ...variant('') };
  return update.length === 1 ? [complete, { chip, parts: partsOf(update), ...variant('update') }] : [complete];
}

function partsOf(files: readonly BundleFile[]): readonly BundlePart[] {
  assertAtMost(files.length, MOST_PARTS, 'files');
  return files.map((file) => ({ file, offset: isContainerName(file.path) ? undefined : offsetInName(fileName(file.path)) }));
}

/** As the first image says that can be read; boot loaders are small. */
async function chipOf(files: readonly BundleFile[], pacer: Pacer) {
  for (const file of files.filter(({ size = 0 }) => size > 0 && size <= PARTITION_TABLE_OFFSET)) {
    const chip = await chipOfFile(file, pacer);
    if (chip) return chip;
  }
  return undefined;
}

/** A release with one image per chip: that many builds. `undefined` for files that belong together, or that are for one chip. */
async function oneForEachChip(files: readonly BundleFile[], pacer: Pacer): Promise<readonly BundleBuild[] | undefined> {
  const isAlone = ({ path }: BundleFile) =>
    isMergedName(path) || (roleFromName(path) === undefined && offsetInName(fileName(path)) === undefined);
  if (files.length < 2 || files.length > MOST_IMAGES_OF_A_RELEASE || !files.every(isAlone)) return undefined;
  const builds: BundleBuild[] = [];
  for (const file of files) builds.push({ chip: await chipOfFile(file, pacer), variant: stemOf(file.path), parts: partsOf([file]) });
  const chips = new Set(builds.map(({ chip }) => chip));
  return chips.size === files.length && !chips.has(undefined) ? builds : undefined;
}

const ARDUINO = /\.ino(?:\.|$)|boot_app0/i;
const PLATFORMIO_FOLDER = /(?:^|\/)\.pio\//;

/** Its folder, or the name that it gives every application, beside a boot loader. */
const isPlatformio = (files: readonly BundleFile[]): boolean =>
  files.some(({ path }) => PLATFORMIO_FOLDER.test(path)) ||
  (files.some(({ path }) => fileName(path) === 'firmware.bin') && files.some(({ path }) => fileName(path) === 'bootloader.bin'));

function originOf(files: readonly BundleFile[]): BundleOrigin {
  const [only] = files;
  if (isPlatformio(files)) return 'platformio';
  if (files.some(({ path }) => ARDUINO.test(fileName(path)))) return 'arduino';
  if (files.length > 1 || !only) return 'files';
  if (/\.uf2$/i.test(only.path)) return 'uf2';
  if (/\.hex$/i.test(only.path)) return 'intel-hex';
  return isMergedName(only.path) ? 'merged' : 'files';
}

/** Of the application, else of the folder. */
function nameOf(files: readonly BundleFile[]): string {
  const app = files.find(({ path }) => roleFromName(path) === undefined) ?? files[0]!;
  return stemOf(app.path).replace(/\.ino(?:\.\w+)?$|[-._](?:factory|merged|ota)$/i, '');
}

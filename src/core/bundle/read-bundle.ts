/** From files as people bring them (one, several, a folder, an archive) to one normalised bundle. Reads manifests and archives only. */
import { Pacer } from '../bytes/pacer.ts';
import type { Pause } from '../bytes/pacer.ts';
import { isZip, readArchive } from './archive.ts';
import { BundleError } from './bundle-error.ts';
import type { BundleErrorCode } from './bundle-error.ts';
import { MOST_BUNDLE_BYTES, MOST_FILES, MOST_MANIFEST_BYTES, MOST_TEXTS_LOOKED_INTO, assertAtMost } from './limits.ts';
import { bundleLooseFiles } from './loose-files.ts';
import { couldBeManifest, manifestRank, manifestRankOfText, readManifest } from './manifests/dialects.ts';
import { readProjectDescription } from './manifests/esp-idf.ts';
import { assertManifestSize, parseWith } from './manifests/manifest.ts';
import type { OpenReference } from './manifests/manifest.ts';
import type { BundleFile, FlashBundle } from './model.ts';
import { together } from './together.ts';
import { depthOf, fileName, folderOf, isAddress, normalisePath, stemOf } from './paths.ts';

export interface ReadBundleOptions {
  readonly signal?: AbortSignal;
  /** Where an address of a manifest can be fetched; without it only files that came along are found. */
  readonly openAddress?: OpenReference;
  /** Lets others have their turn in long work. */
  readonly pause?: Pause;
}

/**
 * @param brought paths as the browser gave them
 * @throws BundleError
 */
export async function readBundle(brought: readonly BundleFile[], options: ReadBundleOptions = {}): Promise<FlashBundle> {
  const files = await unpackArchives(checkFiles(brought), options);
  if (files.length === 0) throw new BundleError('BUNDLE_EMPTY', { rule: 'there is no file in it' });
  const manifests = await manifestsOf(files, options);
  if (manifests.length === 0) return bundleLooseFiles(files, pacerOf(options));
  return readBestManifest(manifests, files, options);
}

const pacerOf = ({ pause, signal }: ReadBundleOptions): Pacer => new Pacer(pause, signal);

/** A dropped entry's `fullPath` begins with a slash, which is the drop itself and no root of anything. */
function checkFiles(files: readonly BundleFile[]): readonly BundleFile[] {
  assertAtMost(files.length, MOST_FILES, 'files');
  return unique(files.map((file) => renamed(file, normalisePath(file.path.replace(/^\//, '')))));
}

const renamed = (file: BundleFile, path: string): BundleFile => ({ path, size: file.size, read: (signal) => file.read(signal) });

function unique(files: readonly BundleFile[]): readonly BundleFile[] {
  const paths = new Set<string>();
  for (const { path } of files) {
    if (paths.has(path)) throw new BundleError('BUNDLE_DUPLICATE', { path, rule: 'came along twice' });
    paths.add(path);
  }
  return files;
}

/** Archives become their entries; an archive within an archive stays a file. */
async function unpackArchives(files: readonly BundleFile[], { signal, pause }: ReadBundleOptions): Promise<readonly BundleFile[]> {
  const found: BundleFile[] = [];
  for (const file of files) {
    const couldBeZip = /\.zip$/i.test(file.path) || (files.length === 1 && fileName(file.path).indexOf('.') < 0);
    const bytes = couldBeZip ? await readBounded(file, signal) : undefined;
    if (!bytes || !isZip(bytes)) found.push(file);
    else found.push(...inFolder(await readArchive(bytes, file.path, pause), files.length > 1 ? stemOf(file.path) : ''));
  }
  assertAtMost(found.length, MOST_FILES, 'files');
  return unique(found);
}

const inFolder = (files: readonly BundleFile[], folder: string): readonly BundleFile[] =>
  folder === '' ? files : files.map((file) => renamed(file, `${folder}/${file.path}`));

async function readBounded(file: BundleFile, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if ((file.size ?? 0) > MOST_BUNDLE_BYTES) {
    const rule = `has ${file.size} bytes, of ${MOST_BUNDLE_BYTES} at most`;
    throw new BundleError('BUNDLE_TOO_LARGE', { path: file.path, rule, limit: MOST_BUNDLE_BYTES });
  }
  return file.read(signal);
}

interface Candidate {
  readonly file: BundleFile;
  readonly rank: number;
}

/** Best first: the one that lies highest, then by dialect. A JSON or TOML that comes alone is taken for one, whatever it is called. */
async function manifestsOf(files: readonly BundleFile[], options: ReadBundleOptions): Promise<readonly Candidate[]> {
  const [first] = files;
  if (first && files.length === 1) return couldBeManifest(first.path) ? [{ file: first, rank: 0 }] : [];
  const isNamed = ({ path }: BundleFile): boolean => manifestRank(path) !== undefined;
  const couldBe = ({ path, size = 0 }: BundleFile): boolean => couldBeManifest(path) && size <= MOST_MANIFEST_BYTES;
  const named = files.filter(isNamed).map((file) => ({ file, rank: manifestRank(file.path)! }));
  const others = byDepth(files.filter((file) => !isNamed(file) && couldBe(file))).slice(0, MOST_TEXTS_LOOKED_INTO);
  const found = [...named, ...(await manifestsByContent(others, options))];
  return found.toSorted((a, b) => depthOf(a.file.path) - depthOf(b.file.path) || a.rank - b.rank || (a.file.path < b.file.path ? -1 : 1));
}

const byDepth = (files: readonly BundleFile[]): readonly BundleFile[] => files.toSorted((a, b) => depthOf(a.path) - depthOf(b.path));

async function manifestsByContent(files: readonly BundleFile[], options: ReadBundleOptions): Promise<readonly Candidate[]> {
  const pacer = pacerOf(options);
  const found: Candidate[] = [];
  for (const file of files) {
    const bytes = await file.read(options.signal);
    const rank = bytes.length > MOST_MANIFEST_BYTES ? undefined : manifestRankOfText(new TextDecoder().decode(bytes), file.path);
    if (rank !== undefined) found.push({ file, rank });
    if (pacer.isDue(bytes.length)) await pacer.rest();
  }
  return found;
}

/** A web page's own `manifest.json`, a text that is none, or one whose files stayed behind, must not hide one that works. */
const MAY_BE_PASSED_OVER: ReadonlySet<string> = new Set<BundleErrorCode>([
  'BUNDLE_UNKNOWN_MANIFEST',
  'BUNDLE_SYNTAX',
  'BUNDLE_TOO_LARGE',
  'BUNDLE_FILE_MISSING',
]);

async function readBestManifest(
  manifests: readonly Candidate[],
  files: readonly BundleFile[],
  options: ReadBundleOptions,
): Promise<FlashBundle> {
  const failures: BundleError[] = [];
  const read: (Candidate & { readonly bundle: FlashBundle })[] = [];
  for (const candidate of manifests) {
    if (read[0] && !isBeside(read[0], candidate)) break;
    try {
      read.push({ ...candidate, bundle: await readLocalManifest(candidate.file, files, options) });
    } catch (error) {
      if (!(error instanceof BundleError) || !MAY_BE_PASSED_OVER.has(error.code)) throw error;
      failures.push(error);
    }
  }
  if (read.length > 0) return together(read.map(({ file, bundle }) => ({ path: file.path, bundle })));
  const known = failures.find(({ code }) => code !== 'BUNDLE_UNKNOWN_MANIFEST');
  const isManifest = (file: BundleFile): boolean => manifests.some((candidate) => candidate.file === file);
  if (!known && !files.every(isManifest)) return bundleLooseFiles(files, pacerOf(options));
  throw known ?? failures[0]!;
}

/** None of the two is the better one. */
const isBeside = (a: Candidate, b: Candidate): boolean => a.rank === b.rank && depthOf(a.file.path) === depthOf(b.file.path);

async function readLocalManifest(
  manifest: BundleFile,
  files: readonly BundleFile[],
  { signal, openAddress }: ReadBundleOptions,
): Promise<FlashBundle> {
  if (manifest.size !== undefined) assertManifestSize(manifest.size, manifest.path);
  const bytes = await manifest.read(signal);
  assertManifestSize(bytes.length, manifest.path);
  const beside = filesBeside(manifest.path, files);
  const bundle = await readManifest(new TextDecoder().decode(bytes), manifest.path, async (reference) => {
    return beside(reference) ?? (isAddress(reference) ? await openAddress?.(reference) : undefined);
  });
  const used = new Set(bundle.builds.flatMap(({ parts }) => parts.map(({ file }) => file.path)));
  const left = files.filter(({ path }) => path !== manifest.path && !used.has(path)).map(({ path }) => path);
  const described = await describe(bundle, beside, signal);
  const folder = folderOf(manifest.path);
  const absent = bundle.ignored.filter((path) => !left.includes(folder + path));
  return { ...described, ignored: [...left, ...absent], name: described.name === '' ? fallbackName(manifest.path) : described.name };
}

/** Looks a reference up among what came along: below the manifest's folder, or by its file name where it is an address. */
function filesBeside(manifestPath: string, files: readonly BundleFile[]) {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const folder = folderOf(manifestPath);
  return (reference: string): BundleFile | undefined => {
    const path = isAddress(reference) ? fileName(reference) : reference.replace(/[?#].*$/s, '');
    return byPath.get(folder + path) ?? byPath.get(folder + fileName(path));
  };
}

/** ESP-IDF names project and version in a file of their own. */
async function describe(
  bundle: FlashBundle,
  beside: (reference: string) => BundleFile | undefined,
  signal?: AbortSignal,
): Promise<FlashBundle> {
  const file = bundle.origin === 'esp-idf' ? beside('project_description.json') : undefined;
  if (!file) return bundle;
  try {
    const bytes = await file.read(signal);
    return { ...bundle, ...readProjectDescription(parseWith(JSON.parse, new TextDecoder().decode(bytes), file.path)) };
  } catch (error) {
    // Only names are lost with it.
    if (error instanceof BundleError) return bundle;
    throw error;
  }
}

const fallbackName = (manifestPath: string): string =>
  folderOf(manifestPath)
    .split('/')
    .findLast((segment) => segment !== '') ?? '';

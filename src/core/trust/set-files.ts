/** A release set as plain files, as any static host, folder or archive can hold them. Knows names and bounds, not what is inside. */
import { TrustError } from './trust-error.ts';

/** The newest root file; beside it every one of its line as `<version>.root.json`. */
export const ROOT_FILE = 'root.json';
export const INDEX_FILE = 'index.json';
export const rootFile = (version: number): string => `${version}.${ROOT_FILE}`;

/** By its content, so that an image that several releases share lies there once. */
export const firmwareFile = (sha256: string): string => `firmware/${sha256}.bin`;

/** As many as a library keeps with a firmware. */
export const MOST_SIGNATURES = 16;

/**
 * Signatures of that image itself, for devices that check it with keys of their own: raw, each in a file. They are numbered from 1 without a gap,
 * for nobody can ask a host what it has.
 */
export const signatureFile = (sha256: string, number: number): string => `${firmwareFile(sha256)}${number === 1 ? '' : `.${number}`}.sig`;

/** Whatever is no plain character of a file name becomes a dash. */
export const plainName = (...words: readonly string[]): string =>
  words
    .join('-')
    .replaceAll(/[^A-Za-z0-9.+_]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '') || 'unnamed';

/** @param mark tells releases apart that would have one name otherwise */
export const releaseFile = (product: string, version: string, ...mark: readonly string[]): string =>
  `releases/${plainName(product, version, ...mark)}.release.json`;

/** For ESP Web Tools; not signed, and nothing here reads it. @param words of the product and the board, where there are several */
export const manifestFile = (...words: readonly string[]): string =>
  words.length === 0 ? 'manifest.json' : `${plainName(...words)}.manifest.json`;

/** One file of a set. */
export interface SetFile {
  /** Relative to the set, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An address, a folder or an archive. The paths that are asked for are made here, or were checked: they stay below the set. */
export interface SetSource {
  /**
   * At most `mostBytes` + 1 bytes, so that a file that is too large is seen to be, and no more of it is read.
   * `undefined`: there is no such file. Whatever else goes wrong is thrown.
   */
  read(path: string, mostBytes: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** @throws TrustError SET_FILE_TOO_LARGE; `undefined` when it is not there */
export async function readOptional(
  source: SetSource,
  path: string,
  mostBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = await source.read(path, mostBytes, signal);
  if (bytes && bytes.length > mostBytes) throw new TrustError('SET_FILE_TOO_LARGE', path, `has more than ${mostBytes} bytes`);
  return bytes;
}

/** @throws TrustError SET_FILE_MISSING, SET_FILE_TOO_LARGE */
export async function readRequired(
  source: SetSource,
  path: string,
  mostBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readOptional(source, path, mostBytes, signal);
  if (!bytes) throw new TrustError('SET_FILE_MISSING', path, 'is not in the set');
  return bytes;
}

/** People pack the folder, or what is in it: the set begins where the root file of the fewest folders lies. Ends in `/`, or is empty. */
export function setFolder(paths: readonly string[]): string {
  const depth = (path: string): number => path.split('/').length;
  const roots = paths.filter((path) => path === ROOT_FILE || path.endsWith(`/${ROOT_FILE}`));
  const [shallowest = ''] = roots.toSorted((a, b) => depth(a) - depth(b));
  return shallowest.slice(0, -ROOT_FILE.length);
}

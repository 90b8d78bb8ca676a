/**
 * Reads a release set, step by step and from wherever it lies; each file is verified before anything of it is used. What the steps return is
 * all there is to keep: nothing is asked for again, and the set may be gone afterwards.
 */
import { OtterError } from '../errors.ts';
import { MOST_SIGNATURE_FILE_BYTES, hasSignatureForm, parseSignatureFile } from './detached-signature.ts';
import { MOST_INDEX_BYTES } from './release-index.ts';
import type { IndexEntry } from './release-index.ts';
import { assertImage, trustIndex, trustRelease } from './release-set.ts';
import type { IndexOptions, TrustedIndex, TrustedRelease } from './release-set.ts';
import type { Release } from './release.ts';
import { MOST_ROOT_BYTES, readFirstRoot, readNextRoot } from './root.ts';
import type { TrustedRoot } from './root.ts';
import { INDEX_FILE, MOST_SIGNATURES, ROOT_FILE, firmwareFile, readOptional, readRequired, rootFile, signatureFile } from './set-files.ts';
import type { SetSource } from './set-files.ts';
import { TrustError } from './trust-error.ts';

/** A signature as it lies beside an image. */
export interface BroughtSignature {
  readonly fileName: string;
  /** Raw. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Root files that are followed at one go; more are followed the next time. */
const MOST_ROTATIONS = 64;

/**
 * The root file of a set that nobody has confirmed yet: its fingerprint is to be shown.
 * @param pinned fingerprint that a person brought along
 * @throws TrustError
 */
export async function readSetRoot(
  source: SetSource,
  { pinned, signal }: ReadOptions & { readonly pinned?: string } = {},
): Promise<TrustedRoot> {
  return readFirstRoot(await readRequired(source, ROOT_FILE, MOST_ROOT_BYTES, signal), pinned);
}

/**
 * The root files that have come since `current`, oldest first. They are worth keeping even if the rest of the set turns out to be wrong: that
 * is how stolen keys lose their say.
 * @throws TrustError
 */
export async function readSetRotations(
  source: SetSource,
  current: TrustedRoot,
  { signal }: ReadOptions = {},
): Promise<readonly TrustedRoot[]> {
  const rotations: TrustedRoot[] = [];
  for (let newest = current; rotations.length < MOST_ROTATIONS; rotations.push(newest)) {
    const bytes = await readOptional(source, rootFile(newest.root.version + 1), MOST_ROOT_BYTES, signal);
    if (!bytes) break;
    newest = await readNextRoot(newest, bytes);
  }
  return rotations;
}

/** @param root the newest one. @throws TrustError */
export async function readSetIndex(
  source: SetSource,
  root: TrustedRoot,
  { signal, ...options }: IndexOptions & ReadOptions,
): Promise<TrustedIndex> {
  return trustIndex(root, await readRequired(source, INDEX_FILE, MOST_INDEX_BYTES, signal), options);
}

/** @throws TrustError */
export async function readSetRelease(
  source: SetSource,
  index: TrustedIndex,
  entry: IndexEntry,
  { signal }: ReadOptions = {},
): Promise<TrustedRelease> {
  return trustRelease(index, entry, await readRequired(source, entry.path, entry.size, signal));
}

/** @throws TrustError */
export async function readSetImage(
  source: SetSource,
  { size, sha256 }: Pick<Release, 'size' | 'sha256'>,
  { signal }: ReadOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const image = await readRequired(source, firmwareFile(sha256), size, signal);
  await assertImage({ size, sha256 }, image);
  return image;
}

/**
 * What lies beside the image and has the form of a signature. Nothing else vouches for it and nobody has checked it: a signature speaks for itself.
 * So none that is missing, too large or something else is a fault of the set.
 */
export async function readSetSignatures(
  source: SetSource,
  sha256: string,
  { signal }: ReadOptions = {},
): Promise<readonly BroughtSignature[]> {
  const found: BroughtSignature[] = [];
  for (let number = 1; number <= MOST_SIGNATURES; number++) {
    const path = signatureFile(sha256, number);
    const file = await readLeniently(source, path, signal);
    if (!file) break;
    const bytes = signatureIn(file);
    if (bytes) found.push({ fileName: path.slice(path.lastIndexOf('/') + 1), bytes });
  }
  return found;
}

/** One byte more than may be tells what is too large; `undefined` where nothing can be read. */
async function readLeniently(source: SetSource, path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await source.read(path, MOST_SIGNATURE_FILE_BYTES, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TrustError && error.code === 'SET_FILE_TOO_LARGE') return new Uint8Array();
    if (error instanceof OtterError) return undefined;
    throw error;
  }
}

function signatureIn(file: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = parseSignatureFile(file);
    return hasSignatureForm(bytes) ? bytes : undefined;
  } catch (error) {
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}

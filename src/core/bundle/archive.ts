/**
 * A ZIP archive as bundle files. Its directory is read and checked first; an entry is unpacked when it is read, in small steps, and never
 * beyond the size that the directory states. All stated sizes together are bounded, so memory is too.
 */
import { Inflate } from 'fflate';
import { crc32 } from '../bytes/crc32.ts';
import { Pacer } from '../bytes/pacer.ts';
import type { Pause } from '../bytes/pacer.ts';
import { END_LENGTH, END_OF_DIRECTORY, LOCAL_HEADER, STORED, ZipError, locateZipEntry, readZipDirectory } from '../bytes/zip-directory.ts';
import type { RandomAccess, ZipEntry, ZipFault } from '../bytes/zip-directory.ts';
import { BundleError } from './bundle-error.ts';
import type { BundleErrorCode } from './bundle-error.ts';
import { MOST_BUNDLE_BYTES, MOST_FILES } from './limits.ts';
import type { BundleFile } from './model.ts';
import { normalisePath } from './paths.ts';

const DEFLATED = 8;
/** The most that DEFLATE expands (zlib's "Technical Details"): 258 bytes from two bits. */
const MOST_EXPANSION = 1032;
/** One step of packed bytes becomes 4 MB at worst: an erased flash does. Smaller ones cost more than they unpack. */
const STEP = 4 * 1024;

const FAULT_CODES: Readonly<Record<ZipFault, BundleErrorCode>> = {
  damaged: 'BUNDLE_ZIP_DAMAGED',
  unsupported: 'BUNDLE_ZIP_UNSUPPORTED',
  'too-many': 'BUNDLE_TOO_MANY',
  overlap: 'BUNDLE_ZIP_BOMB',
};

export function isZip(bytes: Uint8Array): boolean {
  if (bytes.length < END_LENGTH) return false;
  const start = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return start === LOCAL_HEADER || start === END_OF_DIRECTORY;
}

type ArchiveEntry = ZipEntry & { readonly path: string };

/**
 * Every file of the archive, in the order of its directory; folders and what the Mac adds are left out.
 * @param bytes of the whole archive; kept as long as one of the files is
 * @param pause lets others have their turn while an entry is unpacked
 * @throws BundleError
 */
export async function readArchive(bytes: Uint8Array, archivePath: string, pause?: Pause): Promise<readonly BundleFile[]> {
  const archive = inMemory(bytes);
  const stated = await translated(archivePath, () => readZipDirectory(archive, { mostEntries: MOST_FILES }));
  const entries = stated.filter(({ name }) => !isLeftOut(name)).map((entry) => ({ ...entry, path: normalisePath(entry.name) }));
  assertUnpackable(entries, archivePath);
  return entries.map((entry) => ({
    path: entry.path,
    size: entry.size,
    async read(signal?: AbortSignal) {
      signal?.throwIfAborted();
      return translated(entry.path, () => unpack(archive, entry, new Pacer(pause, signal)));
    },
  }));
}

const inMemory = (bytes: Uint8Array): RandomAccess => ({
  size: bytes.length,
  read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
});

/** What is wrong with the archive, or with one entry of it, in the words of this room. */
async function translated<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof ZipError)) throw cause;
    const limit = cause.kind === 'too-many' && { limit: MOST_FILES };
    throw new BundleError(FAULT_CODES[cause.kind], { path, ...cause.details, ...limit }, { cause });
  }
}

/** Nothing is unpacked that cannot become what it states, or that together is more than any flash. */
function assertUnpackable(entries: readonly ArchiveEntry[], archivePath: string): void {
  const paths = new Set<string>();
  let total = 0;
  for (const { path, method, packedSize, size, directoryOffset: offset } of entries) {
    if (paths.has(path)) throw new BundleError('BUNDLE_DUPLICATE', { path, rule: 'is in the archive twice' });
    paths.add(path);
    total += size;
    const refuse = (code: BundleErrorCode, rule: string): BundleError => new BundleError(code, { path, rule, offset });
    if (method !== STORED && method !== DEFLATED) throw refuse('BUNDLE_ZIP_UNSUPPORTED', `packed by method ${method}`);
    if (size > packedSize * MOST_EXPANSION) throw refuse('BUNDLE_ZIP_BOMB', `${packedSize} bytes cannot hold ${size}`);
  }
  if (total <= MOST_BUNDLE_BYTES) return;
  const rule = `unpacks to ${total} bytes, of ${MOST_BUNDLE_BYTES} at most`;
  throw new BundleError('BUNDLE_TOO_LARGE', { path: archivePath, rule, limit: MOST_BUNDLE_BYTES });
}

/** Folders end in a slash (APPNOTE 4.4.17); their names are checked all the same, by what lies in them. */
const isLeftOut = (name: string): boolean => /[\\/]$/.test(name) || /(?:^|\/)(?:__MACOSX\/.*|\.DS_Store)$/s.test(name);

async function unpack(archive: RandomAccess, entry: ArchiveEntry, pacer: Pacer): Promise<Uint8Array<ArrayBuffer>> {
  const packed = await archive.read(await locateZipEntry(archive, entry), entry.packedSize);
  const bytes = entry.method === STORED ? packed.slice() : await inflate(packed, entry, pacer);
  let checksum = 0;
  for await (const helping of pacer.helpings(bytes)) checksum = crc32(helping, checksum);
  if (checksum !== entry.crc32) throw refusal('BUNDLE_ZIP_DAMAGED', entry, 'its checksum is not that of its bytes');
  return bytes;
}

const refusal = (code: BundleErrorCode, { path, headerOffset }: ArchiveEntry, rule: string, options?: ErrorOptions): BundleError =>
  new BundleError(code, { path, rule, offset: headerOffset }, options);

async function inflate(packed: Uint8Array, entry: ArchiveEntry, pacer: Pacer): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(entry.size);
  let filled = 0;
  const inflater = new Inflate((chunk) => {
    if (chunk.length > entry.size - filled) {
      throw refusal('BUNDLE_ZIP_BOMB', entry, `unpacks to more than the ${entry.size} bytes that it states`);
    }
    bytes.set(chunk, filled);
    filled += chunk.length;
  });
  for (let at = 0; at < packed.length || at === 0; at += STEP) {
    const before = filled;
    try {
      inflater.push(packed.subarray(at, at + STEP), at + STEP >= packed.length);
    } catch (cause) {
      if (cause instanceof BundleError) throw cause;
      throw refusal('BUNDLE_ZIP_DAMAGED', entry, 'cannot be unpacked', { cause });
    }
    // Packed bytes that become nothing are work too: whole entries can be of empty blocks.
    if (pacer.isDue(Math.max(filled - before, STEP))) await pacer.rest();
  }
  if (filled !== entry.size) throw refusal('BUNDLE_ZIP_DAMAGED', entry, `unpacks to ${filled} bytes, not ${entry.size}`);
  return bytes;
}

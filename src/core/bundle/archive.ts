/**
 * A ZIP archive as bundle files (PKWARE APPNOTE 6.3.10). The directory at its end is read and checked first; an entry is unpacked when it is
 * read, in small steps, and never beyond the size that the directory states. All stated sizes together are bounded, so memory is too.
 */
import { Inflate } from 'fflate';
import { crc32 } from '../bytes/crc32.ts';
import { ByteReader } from '../bytes/reader.ts';
import { BundleError } from './bundle-error.ts';
import type { BundleErrorCode } from './bundle-error.ts';
import { MOST_BUNDLE_BYTES, MOST_FILES, MOST_PATH_LENGTH } from './limits.ts';
import type { BundleFile } from './model.ts';
import { normalisePath } from './paths.ts';

const LOCAL_HEADER = 0x0403_4b50;
const CENTRAL_HEADER = 0x0201_4b50;
const END_OF_DIRECTORY = 0x0605_4b50;
const LOCAL_LENGTH = 30;
const END_LENGTH = 22;
const MOST_COMMENT = 0xffff;
const ZIP64_MARK = 0xffff_ffff;

const FLAG = { encrypted: 0x1, utf8: 0x800 } as const;
const STORED = 0;
const DEFLATED = 8;
/** The most that DEFLATE expands (zlib's "Technical Details"): 258 bytes from two bits. */
const MOST_EXPANSION = 1032;
/** One step of packed bytes becomes 8 MB at worst. */
const STEP = 8 * 1024;
/** So much of what was unpacked between two pauses. */
const UNPACKED_BETWEEN_PAUSES = 512 * 1024;

interface Entry {
  readonly path: string;
  readonly method: number;
  readonly crc32: number;
  readonly packedSize: number;
  readonly size: number;
  /** Of the entry's own header in the archive. */
  readonly headerOffset: number;
}

export function isZip(bytes: Uint8Array): boolean {
  if (bytes.length < END_LENGTH) return false;
  const start = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return start === LOCAL_HEADER || start === END_OF_DIRECTORY;
}

/**
 * Every file of the archive, in the order of its directory; folders and what the Mac adds are left out.
 * @param bytes of the whole archive; kept as long as one of the files is
 * @param pause lets others have their turn while an entry is unpacked
 * @throws BundleError
 */
export function readArchive(bytes: Uint8Array, archivePath: string, pause: Pause = () => Promise.resolve()): readonly BundleFile[] {
  const refuse = refusal(archivePath);
  const entries = readDirectory(bytes, refuse);
  assertNoOverlap(entries, refuse);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > MOST_BUNDLE_BYTES) {
    const rule = `unpacks to ${total} bytes, of ${MOST_BUNDLE_BYTES} at most`;
    throw new BundleError('BUNDLE_TOO_LARGE', { path: archivePath, rule, limit: MOST_BUNDLE_BYTES });
  }
  return entries.map((entry) => ({
    path: entry.path,
    size: entry.size,
    async read(signal?: AbortSignal) {
      signal?.throwIfAborted();
      return unpack(bytes, entry, { signal, pause });
    },
  }));
}

export type Pause = () => Promise<void>;

interface Manners {
  readonly signal: AbortSignal | undefined;
  readonly pause: Pause;
}

type Refuse = (code: BundleErrorCode, rule: string, offset: number) => BundleError;

const refusal =
  (path: string): Refuse =>
  (code, rule, offset) =>
    new BundleError(code, { path, rule, offset });

function readDirectory(bytes: Uint8Array, refuse: Refuse): readonly Entry[] {
  const { offset, count, end } = findDirectory(bytes, refuse);
  const damaged = (rule: string, at: number) => refuse('BUNDLE_ZIP_DAMAGED', rule, at);
  const reader = new ByteReader(bytes.subarray(0, end), damaged).seek(offset, 'the directory');
  const paths = new Set<string>();
  const entries: Entry[] = [];
  for (let index = 0; index < count; index++) {
    const entry = readEntry(reader, refuse);
    if (!entry) continue;
    if (paths.has(entry.path)) throw new BundleError('BUNDLE_DUPLICATE', { path: entry.path, rule: 'is in the archive twice' });
    paths.add(entry.path);
    entries.push(entry);
  }
  return entries;
}

function findDirectory(bytes: Uint8Array, refuse: Refuse): { readonly offset: number; readonly count: number; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = Math.max(0, bytes.length - END_LENGTH - MOST_COMMENT);
  for (let at = bytes.length - END_LENGTH; at >= first; at--) {
    if (view.getUint32(at, true) !== END_OF_DIRECTORY || at + END_LENGTH + view.getUint16(at + 20, true) !== bytes.length) continue;
    const count = view.getUint16(at + 10, true);
    const [length, offset] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
    if (offset === ZIP64_MARK || count === 0xffff) throw refuse('BUNDLE_ZIP_UNSUPPORTED', 'a ZIP64 archive', at);
    if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 8, true) !== count) {
      throw refuse('BUNDLE_ZIP_UNSUPPORTED', 'an archive over several disks', at);
    }
    if (count > MOST_FILES) {
      throw new BundleError('BUNDLE_TOO_MANY', { rule: `at most ${MOST_FILES} entries, not ${count}`, offset: at, limit: MOST_FILES });
    }
    if (offset + length > at) throw refuse('BUNDLE_ZIP_DAMAGED', 'the directory must lie before its end record', at);
    return { offset, count, end: at };
  }
  throw refuse('BUNDLE_ZIP_DAMAGED', 'has no directory at its end', bytes.length);
}

/** `undefined` for a folder, and for the shadow files that macOS adds. */
function readEntry(reader: ByteReader, refuse: Refuse): Entry | undefined {
  const start = reader.position;
  if (reader.u32le('a directory entry') !== CENTRAL_HEADER) throw refuse('BUNDLE_ZIP_DAMAGED', 'must be a directory entry', start);
  const flags = reader.skip(4).u16le();
  const method = reader.u16le();
  const crc = reader.skip(4).u32le();
  const [packedSize, size] = [reader.u32le(), reader.u32le()];
  const [nameLength, extraLength, commentLength] = [reader.u16le(), reader.u16le(), reader.u16le()];
  const headerOffset = reader.skip(8).u32le();
  const name = decodeName(reader.bytes(nameLength, 'a name'), flags);
  reader.skip(extraLength + commentLength, 'what follows a name');
  if (isLeftOut(name)) return undefined;
  const path = normalisePath(name);
  if ((flags & FLAG.encrypted) !== 0) throw refuse('BUNDLE_ZIP_UNSUPPORTED', `${JSON.stringify(path)} is encrypted`, start);
  if (method !== STORED && method !== DEFLATED) throw refuse('BUNDLE_ZIP_UNSUPPORTED', `packed by method ${method}`, start);
  if ([packedSize, size, headerOffset].includes(ZIP64_MARK)) throw refuse('BUNDLE_ZIP_UNSUPPORTED', 'a ZIP64 entry', start);
  if (method === STORED && packedSize !== size) throw refuse('BUNDLE_ZIP_DAMAGED', 'a stored entry has one size', start);
  if (size > packedSize * MOST_EXPANSION) throw refuse('BUNDLE_ZIP_BOMB', `${packedSize} bytes cannot hold ${size}`, start);
  return { path, method, crc32: crc, packedSize, size, headerOffset };
}

/** Without the UTF-8 flag names are in some code page; firmware archives stay within ASCII, where all agree. */
function decodeName(bytes: Uint8Array, flags: number): string {
  const isUtf8 = (flags & FLAG.utf8) !== 0 || bytes.every((byte) => byte < 0x80);
  return new TextDecoder(isUtf8 ? 'utf-8' : 'latin1').decode(bytes.subarray(0, 4 * MOST_PATH_LENGTH));
}

/** Folders end in a slash (APPNOTE 4.4.17); their names are checked all the same, by what lies in them. */
const isLeftOut = (name: string): boolean => /[\\/]$/.test(name) || /(?:^|\/)(?:__MACOSX\/.*|\.DS_Store)$/s.test(name);

/** Entries that share packed bytes are how a small archive pretends to hold much. */
function assertNoOverlap(entries: readonly Entry[], refuse: Refuse): void {
  let free = 0;
  for (const { headerOffset, packedSize } of entries.toSorted((a, b) => a.headerOffset - b.headerOffset)) {
    if (headerOffset < free) throw refuse('BUNDLE_ZIP_BOMB', 'two entries share their bytes', headerOffset);
    free = headerOffset + LOCAL_LENGTH + packedSize;
  }
}

async function unpack(archive: Uint8Array, entry: Entry, manners: Manners): Promise<Uint8Array<ArrayBuffer>> {
  const refuse = refusal(entry.path);
  const reader = new ByteReader(archive, (rule, at) => refuse('BUNDLE_ZIP_DAMAGED', rule, at)).seek(entry.headerOffset, 'the entry');
  if (reader.u32le('an entry') !== LOCAL_HEADER) throw refuse('BUNDLE_ZIP_DAMAGED', 'must be an entry', entry.headerOffset);
  reader.skip(22, 'an entry');
  reader.skip(reader.u16le() + reader.u16le(), 'the name of an entry');
  const packed = reader.bytes(entry.packedSize, 'packed bytes');
  const bytes = entry.method === STORED ? packed.slice() : await inflate(packed, entry, refuse, manners);
  if (crc32(bytes) !== entry.crc32) throw refuse('BUNDLE_ZIP_DAMAGED', 'its checksum is not that of its bytes', entry.headerOffset);
  return bytes;
}

async function inflate(packed: Uint8Array, entry: Entry, refuse: Refuse, { signal, pause }: Manners): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(entry.size);
  let filled = 0;
  let pausedAt = 0;
  const inflater = new Inflate((chunk) => {
    if (chunk.length > entry.size - filled) {
      throw refuse('BUNDLE_ZIP_BOMB', `unpacks to more than the ${entry.size} bytes that it states`, entry.headerOffset);
    }
    bytes.set(chunk, filled);
    filled += chunk.length;
  });
  try {
    for (let at = 0; at < packed.length || at === 0; at += STEP) {
      signal?.throwIfAborted();
      inflater.push(packed.subarray(at, at + STEP), at + STEP >= packed.length);
      if (filled - pausedAt < UNPACKED_BETWEEN_PAUSES) continue;
      pausedAt = filled;
      await pause();
    }
  } catch (cause) {
    if (cause instanceof BundleError || signal?.aborted === true) throw cause;
    throw new BundleError('BUNDLE_ZIP_DAMAGED', { path: entry.path, rule: 'cannot be unpacked', offset: entry.headerOffset }, { cause });
  }
  if (filled !== entry.size) throw refuse('BUNDLE_ZIP_DAMAGED', `unpacks to ${filled} bytes, not ${entry.size}`, entry.headerOffset);
  return bytes;
}

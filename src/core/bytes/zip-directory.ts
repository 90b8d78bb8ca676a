/**
 * The directory at the end of a ZIP archive (PKWARE APPNOTE 6.3.10), and where the bytes of its entries lie. Everything that makes an archive
 * unsafe to read is refused here, for everyone who reads one; which names and methods are welcome is up to the reader. Works on offsets: an
 * archive need not be in memory. Unpacks nothing.
 */
import { OtterError } from '../errors.ts';
import { ByteReader } from './reader.ts';

export const LOCAL_HEADER = 0x0403_4b50;
export const CENTRAL_HEADER = 0x0201_4b50;
export const END_OF_DIRECTORY = 0x0605_4b50;
export const LOCAL_LENGTH = 30;
export const CENTRAL_LENGTH = 46;
export const END_LENGTH = 22;
const MOST_COMMENT = 0xffff;
/** No file system has longer ones. */
const MOST_NAME_BYTES = 4096;

export const FLAG = { encrypted: 0x0001, utf8: 0x0800 } as const;
export const STORED = 0;
/** Numbers that did not fit, and stand in ZIP64 records (APPNOTE 4.3.9.2). */
const ZIP64 = { count: 0xffff, number: 0xffff_ffff } as const;

/**
 * `damaged`: no ZIP, cut or changed. `unsupported`: one of a kind that nobody uses for firmware. `overlap`: entries that share bytes, which is
 * how a small archive pretends to hold much.
 */
export type ZipFault = 'damaged' | 'unsupported' | 'too-many' | 'overlap';

export class ZipError extends OtterError<'ZIP_INVALID', { readonly offset: number; readonly rule: string }> {
  override readonly name = 'ZipError';
  readonly kind: ZipFault;

  constructor(kind: ZipFault, rule: string, offset: number) {
    super('ZIP_INVALID', `at ${offset}: ${rule}`, { offset, rule });
    this.kind = kind;
  }
}

export interface RandomAccess {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** As the directory states it. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc32: number;
  readonly packedSize: number;
  readonly size: number;
  /** Of what the directory says about it, for errors. */
  readonly directoryOffset: number;
  /** Of the header in front of its bytes. */
  readonly headerOffset: number;
  /** Its bytes end here at the latest. */
  readonly limit: number;
  /** What begins there. */
  readonly limitedBy: keyof typeof BEYOND;
}

/** What an entry breaks that goes beyond its limit. */
const BEYOND = {
  entry: ['overlap', 'entries must not overlap'],
  directory: ['damaged', 'must end before the directory'],
} as const satisfies Record<string, readonly [ZipFault, string]>;

interface Directory {
  readonly offset: number;
  readonly length: number;
  readonly count: number;
}

/**
 * All entries, in the order of the directory. Names are decoded and otherwise as they are; checksums are the caller's to compare.
 * @throws ZipError
 */
export async function readZipDirectory(
  file: RandomAccess,
  { mostEntries }: { readonly mostEntries: number },
): Promise<readonly ZipEntry[]> {
  const directory = await findDirectory(file);
  const { offset, length, count } = directory;
  const end = offset + length;
  if (count > mostEntries) throw new ZipError('too-many', `at most ${mostEntries} entries, not ${count}`, end);
  const reader = new ByteReader(await file.read(offset, length), damaged, offset);
  const entries = Array.from({ length: count }, () => readEntry(reader, offset));
  if (reader.remaining > 0) throw damaged('the directory must end here', offset + reader.position);
  return withLimits(entries, offset);
}

/** Where the packed bytes of `entry` begin: behind a header whose length only itself tells. @throws ZipError */
export async function locateZipEntry(file: RandomAccess, entry: ZipEntry): Promise<number> {
  const { headerOffset, packedSize, limit } = entry;
  const reader = new ByteReader(await file.read(headerOffset, LOCAL_LENGTH), damaged, headerOffset);
  if (reader.u32le('an entry') !== LOCAL_HEADER) throw damaged('must be an entry', headerOffset);
  const offset = headerOffset + LOCAL_LENGTH + reader.skip(22, 'an entry').u16le() + reader.u16le();
  if (offset + packedSize > limit) throw beyondLimit(entry);
  return offset;
}

const damaged = (rule: string, offset: number): ZipError => new ZipError('damaged', rule, offset);

async function findDirectory(file: RandomAccess): Promise<Directory> {
  if (file.size < END_LENGTH) throw damaged('is too short for an archive', 0);
  const tailLength = Math.min(file.size, END_LENGTH + MOST_COMMENT);
  const tailOffset = file.size - tailLength;
  const bytes = await file.read(tailOffset, tailLength);
  const tail = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = bytes.length - END_LENGTH; at >= 0; at--) {
    // The comment must reach exactly to the end, or the mark is part of some other bytes.
    if (tail.getUint32(at, true) !== END_OF_DIRECTORY || at + END_LENGTH + tail.getUint16(at + 20, true) !== bytes.length) continue;
    return readEnd(new ByteReader(bytes.subarray(at), damaged, tailOffset + at), tailOffset + at);
  }
  throw damaged('has no end of central directory', file.size);
}

function readEnd(reader: ByteReader, end: number): Directory {
  const disks = [reader.skip(4).u16le(), reader.u16le()];
  const [countOnDisk, count] = [reader.u16le(), reader.u16le()];
  const [length, offset] = [reader.u32le(), reader.u32le()];
  if (count === ZIP64.count || length === ZIP64.number || offset === ZIP64.number)
    throw new ZipError('unsupported', 'must not be ZIP64', end);
  if (disks.some((disk) => disk !== 0) || countOnDisk !== count) throw new ZipError('unsupported', 'one disk only', end);
  if (offset + length !== end) throw damaged('the directory must end here', end);
  return { offset, length, count };
}

type StatedEntry = Omit<ZipEntry, 'limit' | 'limitedBy'>;

function readEntry(reader: ByteReader, directory: number): StatedEntry {
  const directoryOffset = directory + reader.position;
  const refuse = (kind: ZipFault, rule: string): ZipError => new ZipError(kind, rule, directoryOffset);
  if (reader.remaining < CENTRAL_LENGTH || reader.u32le() !== CENTRAL_HEADER) throw refuse('damaged', 'must be a directory entry');
  const flags = reader.skip(4).u16le();
  const method = reader.u16le();
  const crc32 = reader.skip(4).u32le();
  const [packedSize, size] = [reader.u32le(), reader.u32le()];
  const [nameLength, extraLength, commentLength] = [reader.u16le(), reader.u16le(), reader.u16le()];
  const disk = reader.u16le();
  const headerOffset = reader.skip(6).u32le();
  if (nameLength + extraLength + commentLength > reader.remaining) throw refuse('damaged', 'must end inside the directory');
  const name = decodeName(reader.bytes(nameLength), flags);
  reader.skip(extraLength + commentLength);
  if ((flags & FLAG.encrypted) !== 0) throw refuse('unsupported', 'must not be encrypted');
  if ([packedSize, size, headerOffset].includes(ZIP64.number)) throw refuse('unsupported', 'must not be ZIP64');
  if (disk !== 0) throw refuse('unsupported', 'one disk only');
  if (nameLength > MOST_NAME_BYTES) throw refuse('unsupported', `a name has at most ${MOST_NAME_BYTES} bytes`);
  if (method === STORED && packedSize !== size) throw refuse('damaged', 'stored size and size must be the same');
  return { name, method, crc32, packedSize, size, directoryOffset, headerOffset };
}

/** A mark in front of a name is part of it: two names that differ must not become one. */
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });
const LATIN1 = new TextDecoder('latin1');

/** Without the UTF-8 flag names are in some code page; firmware archives stay within ASCII, where all agree. */
const decodeName = (bytes: Uint8Array, flags: number): string => ((flags & FLAG.utf8) !== 0 ? UTF8 : LATIN1).decode(bytes);

/** Each entry has the bytes up to the next one for itself. */
function withLimits(entries: readonly StatedEntry[], directory: number): readonly ZipEntry[] {
  const starts = entries.map(({ headerOffset }) => headerOffset).toSorted((a, b) => a - b);
  const next = new Map(starts.map((start, index) => [start, starts[index + 1]]));
  const twice = starts.find((start, index) => start === starts[index + 1]);
  if (twice !== undefined) throw beyondLimit({ headerOffset: twice, limitedBy: 'entry' });
  return entries.map((stated) => {
    const { headerOffset, packedSize } = stated;
    if (headerOffset + LOCAL_LENGTH > directory) throw damaged('must lie before the directory', headerOffset);
    const following = next.get(headerOffset);
    const entry: ZipEntry = { ...stated, limit: following ?? directory, limitedBy: following === undefined ? 'directory' : 'entry' };
    if (headerOffset + LOCAL_LENGTH + packedSize > entry.limit) throw beyondLimit(entry);
    return entry;
  });
}

function beyondLimit({ headerOffset, limitedBy }: Pick<ZipEntry, 'headerOffset' | 'limitedBy'>): ZipError {
  const [kind, rule] = BEYOND[limitedBy];
  return new ZipError(kind, rule, headerOffset);
}

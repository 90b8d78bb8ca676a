/**
 * The part of ZIP (PKWARE APPNOTE 6.3) that an archive of firmware needs: method 0 (stored), no encryption, no ZIP64.
 * Firmware hardly compresses, and an archive that stores cannot be a bomb: what comes out is never more than what is there.
 * Works on offsets, so that neither side has to hold an archive in memory.
 */
import { OtterError } from '../errors.ts';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const LOCAL_LENGTH = 30;
const CENTRAL_LENGTH = 46;
const END_LENGTH = 22;
const MAX_COMMENT_LENGTH = 0xffff;
const VERSION_NEEDED = 20;
const UTF8_NAMES = 0x0800;
const ENCRYPTED = 0x0001;
const MAX_UINT32 = 0xffffffff;
/** 1980-01-01: the same entries give the same bytes, whenever they are written. */
const DOS_EPOCH_DATE = 0x0021;

export const MAX_ZIP_ENTRIES = 4096;
/** Plain relative paths: no climb, no drive, no absolute path, no surprise for the tool that unpacks it. */
const NAME = /^(?!\.{1,2}(?:\/|$))[\w.-]{1,120}(?:\/(?!\.{1,2}(?:\/|$))[\w.-]{1,120}){0,3}$/;

export class ZipError extends OtterError<'ZIP_INVALID', { readonly offset: number; readonly rule: string }> {
  constructor(offset: number, rule: string) {
    super('ZIP_INVALID', `at ${offset}: ${rule}`, { offset, rule });
    this.name = 'ZipError';
  }
}

export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly crc32: number;
}

export interface StoredZipEntry extends ZipEntry {
  /** Of the entry's bytes in the archive. */
  readonly offset: number;
}

/** Writes the bytes around the entries' own: `add` gives what stands before an entry, `finish` what stands at the end. */
export class ZipWriter {
  readonly #entries: (ZipEntry & { readonly headerOffset: number })[] = [];
  #length = 0;

  add(entry: ZipEntry): Uint8Array<ArrayBuffer> {
    if (!NAME.test(entry.name)) throw new RangeError(`not a plain relative path: ${entry.name}`);
    if (this.#entries.length >= MAX_ZIP_ENTRIES) throw new RangeError(`at most ${MAX_ZIP_ENTRIES} entries`);
    const name = new TextEncoder().encode(entry.name);
    const header = new Uint8Array(LOCAL_LENGTH + name.length);
    const view = new DataView(header.buffer);
    view.setUint32(0, LOCAL_HEADER, true);
    writeCommonFields(view, 4, entry, name.length);
    header.set(name, LOCAL_LENGTH);
    this.#entries.push({ ...entry, headerOffset: this.#length });
    this.#length += header.length + entry.size;
    if (this.#length > MAX_UINT32) throw new RangeError('an archive without ZIP64 ends at 4 GB');
    return header;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const names = this.#entries.map((entry) => new TextEncoder().encode(entry.name));
    const directoryLength = names.reduce((sum, name) => sum + CENTRAL_LENGTH + name.length, 0);
    const tail = new Uint8Array(directoryLength + END_LENGTH);
    const view = new DataView(tail.buffer);
    let at = 0;
    for (const [index, entry] of this.#entries.entries()) {
      const name = names[index]!;
      view.setUint32(at, CENTRAL_HEADER, true);
      view.setUint16(at + 4, VERSION_NEEDED, true);
      writeCommonFields(view, at + 6, entry, name.length);
      view.setUint32(at + 42, entry.headerOffset, true);
      tail.set(name, at + CENTRAL_LENGTH);
      at += CENTRAL_LENGTH + name.length;
    }
    view.setUint32(at, END_OF_DIRECTORY, true);
    view.setUint16(at + 8, this.#entries.length, true);
    view.setUint16(at + 10, this.#entries.length, true);
    view.setUint32(at + 12, directoryLength, true);
    view.setUint32(at + 16, this.#length, true);
    return tail;
  }
}

/** Version needed … name length: the same 24 bytes in both headers. */
function writeCommonFields(view: DataView, at: number, entry: ZipEntry, nameLength: number): void {
  view.setUint16(at, VERSION_NEEDED, true);
  view.setUint16(at + 2, UTF8_NAMES, true);
  view.setUint16(at + 8, DOS_EPOCH_DATE, true);
  view.setUint32(at + 10, entry.crc32, true);
  view.setUint32(at + 14, entry.size, true);
  view.setUint32(at + 18, entry.size, true);
  view.setUint16(at + 22, nameLength, true);
}

export interface RandomAccess {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

interface Directory {
  readonly offset: number;
  readonly length: number;
  readonly count: number;
}

async function findDirectory(file: RandomAccess): Promise<Directory> {
  const tailLength = Math.min(file.size, END_LENGTH + MAX_COMMENT_LENGTH);
  const tailOffset = file.size - tailLength;
  const tail = viewOf(await file.read(tailOffset, tailLength));
  for (let at = tailLength - END_LENGTH; at >= 0; at--) {
    // The comment must reach exactly to the end, or the mark is part of some other bytes.
    if (tail.getUint32(at, true) !== END_OF_DIRECTORY || at + END_LENGTH + tail.getUint16(at + 20, true) !== tailLength) continue;
    const end = tailOffset + at;
    const directory = {
      offset: tail.getUint32(at + 16, true),
      length: tail.getUint32(at + 12, true),
      count: tail.getUint16(at + 10, true),
    };
    if (tail.getUint16(at + 4, true) !== 0 || tail.getUint16(at + 8, true) !== directory.count) throw new ZipError(end, 'one disk only');
    if (directory.count > MAX_ZIP_ENTRIES) throw new ZipError(end, `at most ${MAX_ZIP_ENTRIES} entries`);
    if (directory.offset + directory.length !== end) throw new ZipError(end, 'the directory must end here');
    return directory;
  }
  throw new ZipError(file.size, 'has no end of central directory');
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

interface CentralEntry extends ZipEntry {
  readonly headerOffset: number;
}

function parseDirectory(bytes: Uint8Array, { offset, count }: Directory): readonly CentralEntry[] {
  const view = viewOf(bytes);
  const entries: CentralEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  while (entries.length < count) {
    const fault = (rule: string): ZipError => new ZipError(offset + at, rule);
    if (at + CENTRAL_LENGTH > bytes.length || view.getUint32(at, true) !== CENTRAL_HEADER) throw fault('must be a directory entry');
    if ((view.getUint16(at + 8, true) & ENCRYPTED) !== 0) throw fault('must not be encrypted');
    if (view.getUint16(at + 10, true) !== 0) throw fault('must be stored, not compressed');
    const size = view.getUint32(at + 24, true);
    if (view.getUint32(at + 20, true) !== size) throw fault('stored size and size must be the same');
    const nameLength = view.getUint16(at + 28, true);
    const next = at + CENTRAL_LENGTH + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > bytes.length) throw fault('must end inside the directory');
    const name = String.fromCharCode(...bytes.subarray(at + CENTRAL_LENGTH, at + CENTRAL_LENGTH + Math.min(nameLength, 512)));
    if (!NAME.test(name)) throw fault('must have a plain relative path');
    if (names.has(name)) throw fault('must not be there twice');
    names.add(name);
    entries.push({ name, size, crc32: view.getUint32(at + 16, true), headerOffset: view.getUint32(at + 42, true) });
    at = next;
  }
  if (at !== bytes.length) throw new ZipError(offset + at, 'the directory must end here');
  return entries;
}

async function locate(file: RandomAccess, entry: CentralEntry, limit: number): Promise<StoredZipEntry> {
  const { headerOffset, ...named } = entry;
  if (headerOffset + LOCAL_LENGTH > limit) throw new ZipError(headerOffset, 'must lie before the directory');
  const header = viewOf(await file.read(headerOffset, LOCAL_LENGTH));
  if (header.getUint32(0, true) !== LOCAL_HEADER) throw new ZipError(headerOffset, 'must be an entry');
  const offset = headerOffset + LOCAL_LENGTH + header.getUint16(26, true) + header.getUint16(28, true);
  if (offset + entry.size > limit) throw new ZipError(headerOffset, 'must end before the directory');
  return { ...named, offset };
}

/** Every entry with the place of its bytes, in file order. Throws `ZipError`; the checksums are the caller's to compare. */
export async function readZipEntries(file: RandomAccess): Promise<readonly StoredZipEntry[]> {
  if (file.size < END_LENGTH) throw new ZipError(0, 'is too short for an archive');
  const directory = await findDirectory(file);
  const central = parseDirectory(await file.read(directory.offset, directory.length), directory);
  const entries: StoredZipEntry[] = [];
  let free = 0;
  for (const entry of [...central].sort((a, b) => a.headerOffset - b.headerOffset)) {
    // Overlapping entries are how small files pretend to hold much.
    if (entry.headerOffset < free) throw new ZipError(entry.headerOffset, 'entries must not overlap');
    const located = await locate(file, entry, directory.offset);
    free = located.offset + located.size;
    entries.push(located);
  }
  return entries;
}

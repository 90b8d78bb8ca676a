/**
 * Archives as this app writes them: plain relative names, and method 0 (stored). Firmware hardly compresses, and an archive that stores cannot
 * be a bomb: what comes out is never more than what is there. Reading refuses every other one. Works on offsets, so that neither side has to
 * hold an archive in memory.
 */
import {
  CENTRAL_HEADER,
  CENTRAL_LENGTH,
  END_LENGTH,
  END_OF_DIRECTORY,
  FLAG,
  LOCAL_HEADER,
  LOCAL_LENGTH,
  STORED,
  ZipError,
  locateZipEntry,
  readZipDirectory,
} from './zip-directory.ts';
import type { RandomAccess, ZipEntry } from './zip-directory.ts';

const VERSION_NEEDED = 20;
const MAX_UINT32 = 0xffffffff;
/** 1980-01-01: the same entries give the same bytes, whenever they are written. */
const DOS_EPOCH_DATE = 0x0021;

const MAX_ENTRIES = 4096;
/** Plain relative paths: no climb, no drive, no absolute path, no surprise for the tool that unpacks it. */
const NAME = /^(?!\.{1,2}(?:\/|$))[\w.+-]{1,200}(?:\/(?!\.{1,2}(?:\/|$))[\w.+-]{1,200}){0,3}$/;

type NewEntry = Pick<ZipEntry, 'name' | 'size' | 'crc32'>;

export interface StoredZipEntry extends NewEntry {
  /** Of the entry's bytes in the archive. */
  readonly offset: number;
}

/** Writes the bytes around the entries' own: `add` gives what stands before an entry, `finish` what stands at the end. */
export class ZipWriter {
  readonly #entries: (NewEntry & { readonly headerOffset: number })[] = [];
  #length = 0;

  add(entry: NewEntry): Uint8Array<ArrayBuffer> {
    if (!NAME.test(entry.name)) throw new RangeError(`not a plain relative path: ${entry.name}`);
    if (this.#entries.length >= MAX_ENTRIES) throw new RangeError(`at most ${MAX_ENTRIES} entries`);
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
function writeCommonFields(view: DataView, at: number, entry: NewEntry, nameLength: number): void {
  view.setUint16(at, VERSION_NEEDED, true);
  view.setUint16(at + 2, FLAG.utf8, true);
  view.setUint16(at + 8, DOS_EPOCH_DATE, true);
  view.setUint32(at + 10, entry.crc32, true);
  view.setUint32(at + 14, entry.size, true);
  view.setUint32(at + 18, entry.size, true);
  view.setUint16(at + 22, nameLength, true);
}

/** Every entry with the place of its bytes, in file order. Throws `ZipError`; the checksums are the caller's to compare. */
export async function readZipEntries(file: RandomAccess): Promise<readonly StoredZipEntry[]> {
  const entries = await readZipDirectory(file, { mostEntries: MAX_ENTRIES });
  assertStrict(entries);
  const located: StoredZipEntry[] = [];
  for (const entry of entries.toSorted((a, b) => a.headerOffset - b.headerOffset)) {
    const { name, size, crc32 } = entry;
    located.push({ name, size, crc32, offset: await locateZipEntry(file, entry) });
  }
  return located;
}

function assertStrict(entries: readonly ZipEntry[]): void {
  const names = new Set<string>();
  for (const { name, method, directoryOffset } of entries) {
    if (method !== STORED) throw new ZipError('unsupported', 'must be stored, not compressed', directoryOffset);
    if (!NAME.test(name)) throw new ZipError('unsupported', 'must have a plain relative path', directoryOffset);
    if (names.has(name)) throw new ZipError('damaged', 'must not be there twice', directoryOffset);
    names.add(name);
  }
}

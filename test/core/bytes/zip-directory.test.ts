import { expect } from 'chai';
import { zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import { ZipError, locateZipEntry, readZipDirectory } from '../../../src/core/bytes/zip-directory.ts';
import type { RandomAccess, ZipFault } from '../../../src/core/bytes/zip-directory.ts';

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const fileOf = (bytes: Uint8Array): RandomAccess => ({
  size: bytes.length,
  read: async (offset, length) => bytes.slice(offset, offset + length),
});
const zip = (entries: Zippable): Uint8Array<ArrayBuffer> => new Uint8Array(zipSync(entries));
const read = (bytes: Uint8Array, mostEntries = 10) => readZipDirectory(fileOf(bytes), { mostEntries });

/** Opened, and each entry found. */
async function locateAll(bytes: Uint8Array): Promise<readonly number[]> {
  const offsets: number[] = [];
  for (const entry of await read(bytes)) offsets.push(await locateZipEntry(fileOf(bytes), entry));
  return offsets;
}

async function faultOf(work: Promise<unknown>): Promise<ZipError> {
  const error = await work.catch((error: unknown) => error);
  expect(error).to.be.instanceOf(ZipError);
  return error as ZipError;
}

/** Two entries: `a.txt` deflated, `b.txt` stored. */
const sample = (): Uint8Array<ArrayBuffer> => zip({ 'a.txt': utf8('hello '.repeat(50)), 'b.txt': [utf8('stored'), { level: 0 }] });
const marksIn = (bytes: Uint8Array, mark: number): readonly number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length - 3 }, (_, at) => at).filter((at) => view.getUint32(at, true) === mark);
};
const centralsOf = (bytes: Uint8Array) => marksIn(bytes, 0x02014b50);
const endOf = (bytes: Uint8Array): number => marksIn(bytes, 0x06054b50)[0]!;

describe('readZipDirectory()', () => {
  it('gives what another tool packed, and where the packed bytes lie', async () => {
    const bytes = sample();
    const entries = await read(bytes);
    expect(entries.map(({ name, method, size }) => [name, method, size])).to.deep.equal([['a.txt', 8, 300], ['b.txt', 0, 6]]); // prettier-ignore
    expect(entries.map(({ directoryOffset }) => directoryOffset)).to.deep.equal(centralsOf(bytes));
    const [, stored] = await locateAll(bytes);
    expect(new TextDecoder().decode(bytes.subarray(stored, stored! + 6))).to.equal('stored');
  });

  it('finds the directory in front of a comment', async () => {
    const bytes = sample();
    const commented = new Uint8Array([...bytes, ...utf8('PK\u0005\u0006 is no end')]);
    new DataView(commented.buffer).setUint16(bytes.length - 2, commented.length - bytes.length, true);
    expect(await read(commented)).to.have.length(2);
  });

  it('decodes UTF-8 where it is stated, and drops no mark', async () => {
    const [first, second] = await read(zip({ 'ü.bin': utf8('1'), '\u{feff}a.bin': utf8('2') }));
    expect([first!.name, second!.name]).to.deep.equal(['ü.bin', '\u{feff}a.bin']);
  });

  interface Change {
    readonly kind: ZipFault;
    readonly rule: string;
    readonly change: (view: DataView, at: { readonly central: number; readonly second: number; readonly end: number }) => void;
  }
  const CHANGES: Readonly<Record<string, Change>> = {
    'an entry of encrypted bytes': {
      kind: 'unsupported',
      rule: 'must not be encrypted',
      change: (view, { central }) => view.setUint16(central + 8, 0x0801, true),
    },
    'an entry whose numbers stand in a ZIP64 record': {
      kind: 'unsupported',
      rule: 'must not be ZIP64',
      change: (view, { central }) => view.setUint32(central + 20, 0xffff_ffff, true),
    },
    'an archive whose numbers do': {
      kind: 'unsupported',
      rule: 'must not be ZIP64',
      change: (view, { end }) => view.setUint32(end + 16, 0xffff_ffff, true),
    },
    'an end on another disk': {
      kind: 'unsupported',
      rule: 'one disk only',
      change: (view, { end }) => view.setUint16(end + 4, 1, true),
    },
    'a directory on another disk': {
      kind: 'unsupported',
      rule: 'one disk only',
      change: (view, { end }) => view.setUint16(end + 6, 1, true),
    },
    'an entry on another disk': {
      kind: 'unsupported',
      rule: 'one disk only',
      change: (view, { central }) => view.setUint16(central + 34, 1, true),
    },
    'a directory that ends elsewhere': {
      kind: 'damaged',
      rule: 'the directory must end here',
      change: (view, { end }) => view.setUint32(end + 12, 1, true),
    },
    'fewer entries than the directory has': {
      kind: 'damaged',
      rule: 'the directory must end here',
      change: (view, { end }) => [8, 10].forEach((field) => view.setUint16(end + field, 1, true)),
    },
    'more entries than the directory has': {
      kind: 'damaged',
      rule: 'must be a directory entry',
      change: (view, { end }) => [8, 10].forEach((field) => view.setUint16(end + field, 3, true)),
    },
    'a stored entry of two sizes': {
      kind: 'damaged',
      rule: 'stored size and size must be the same',
      change: (view, { second }) => view.setUint32(second + 24, 7, true),
    },
    'an entry behind the directory': {
      kind: 'damaged',
      rule: 'must lie before the directory',
      change: (view, { second, end }) => view.setUint32(second + 42, end, true),
    },
    'an entry that reaches over the next': {
      kind: 'overlap',
      rule: 'entries must not overlap',
      change: (view, { central }) => view.setUint32(central + 20, 200, true),
    },
    'an entry that the name in its own header pushes over the next': {
      kind: 'overlap',
      rule: 'entries must not overlap',
      change: (view) => view.setUint16(26, 300, true),
    },
    'an entry that the name in its own header pushes into the directory': {
      kind: 'damaged',
      rule: 'must end before the directory',
      change: (view, { second }) => view.setUint16(view.getUint32(second + 42, true) + 26, 300, true),
    },
  };
  for (const [what, { kind, rule, change }] of Object.entries(CHANGES)) {
    it(`refuses ${what}`, async () => {
      const bytes = sample();
      const [central, second] = centralsOf(bytes);
      change(new DataView(bytes.buffer), { central: central!, second: second!, end: endOf(bytes) });
      const error = await faultOf(locateAll(bytes));
      expect([error.kind, error.details.rule]).to.deep.equal([kind, rule]);
    });
  }

  it('refuses more entries than its reader takes, before it reads any', async () => {
    const bytes = sample();
    const asked: number[] = [];
    const file: RandomAccess = { size: bytes.length, read: async (at, length) => (asked.push(at), bytes.slice(at, at + length)) };
    const error = await faultOf(readZipDirectory(file, { mostEntries: 1 }));
    expect([error.kind, error.details.rule]).to.deep.equal(['too-many', 'at most 1 entries, not 2']);
    expect(asked).to.have.length(1);
  });

  it('refuses a name that no file system has', async () => {
    expect((await faultOf(read(zip({ ['x'.repeat(4097)]: utf8('1') })))).kind).to.equal('unsupported');
    expect(await read(zip({ ['x'.repeat(4096)]: utf8('1') }))).to.have.length(1);
  });

  it('cut at every byte, or with a byte behind it: the typed error', async () => {
    const bytes = sample();
    for (let length = 0; length < bytes.length; length++) expect((await faultOf(read(bytes.slice(0, length)))).kind).to.equal('damaged');
    expect((await faultOf(read(new Uint8Array([...bytes, 0])))).kind).to.equal('damaged');
  });
});

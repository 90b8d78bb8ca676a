import { expect } from 'chai';
import { crc32 } from '../../../src/core/bytes/crc32.ts';
import { ZipError } from '../../../src/core/bytes/zip-directory.ts';
import { ZipWriter, readZipEntries } from '../../../src/core/bytes/zip.ts';
import type { RandomAccess } from '../../../src/core/bytes/zip-directory.ts';
import { Random, withSeed } from '../../doubles/random.ts';

const fileOf = (bytes: Uint8Array): RandomAccess => ({
  size: bytes.length,
  read: async (offset, length) => bytes.slice(offset, offset + length),
});

function zipOf(entries: Readonly<Record<string, Uint8Array>>): Uint8Array<ArrayBuffer> {
  const writer = new ZipWriter();
  const parts: Uint8Array[] = [];
  for (const [name, bytes] of Object.entries(entries)) parts.push(writer.add({ name, size: bytes.length, crc32: crc32(bytes) }), bytes);
  parts.push(writer.finish());
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const faultOf = async (bytes: Uint8Array): Promise<ZipError> => {
  const error: unknown = await readZipEntries(fileOf(bytes)).catch((error: unknown) => error);
  expect(error).to.be.instanceOf(ZipError);
  return error as ZipError;
};

const A = Uint8Array.of(1, 2, 3);
const B = new Uint8Array(300).fill(7);
const sample = (): Uint8Array<ArrayBuffer> => zipOf({ 'manifest.json': A, 'firmware/ab.bin': B });
/** Where the directory of `sample()` starts. */
const DIRECTORY = 30 + 13 + A.length + 30 + 15 + B.length;

describe('ZIP, stored', () => {
  it('reads back what it wrote, at the right places', async () => {
    const bytes = sample();
    const entries = await readZipEntries(fileOf(bytes));
    expect(entries.map(({ name, size, crc32 }) => ({ name, size, crc32 }))).to.deep.equal([
      { name: 'manifest.json', size: 3, crc32: crc32(A) },
      { name: 'firmware/ab.bin', size: 300, crc32: crc32(B) },
    ]);
    expect([...bytes.subarray(entries[0]!.offset, entries[0]!.offset + 3)]).to.deep.equal([...A]);
    expect([...bytes.subarray(entries[1]!.offset, entries[1]!.offset + 300)]).to.deep.equal([...B]);
  });

  it('has the layout that APPNOTE 6.3 names: PK marks, sizes, directory, end', () => {
    const view = new DataView(sample().buffer);
    expect(view.getUint32(0, true)).to.equal(0x04034b50);
    expect([view.getUint32(14, true), view.getUint32(18, true), view.getUint32(22, true)]).to.deep.equal([crc32(A), 3, 3]);
    expect(view.getUint16(26, true)).to.equal(13);
    expect(view.getUint32(DIRECTORY, true)).to.equal(0x02014b50);
    expect(view.getUint32(view.byteLength - 22, true)).to.equal(0x06054b50);
    expect(view.getUint32(view.byteLength - 6, true)).to.equal(DIRECTORY);
  });

  it('is the same for the same entries', () => expect(sample()).to.deep.equal(sample()));
  it('can be empty', async () => expect(await readZipEntries(fileOf(zipOf({})))).to.deep.equal([]));

  for (const name of ['../x', 'a/../../x', '/etc/passwd', 'C:\\x', 'a\\b', '', '.', './x', 'a//b', 'a/', 'x\u0000', 'ü', 'a/b/c/d/e']) {
    it(`neither writes nor reads the name ${JSON.stringify(name)}`, async () => {
      expect(() => new ZipWriter().add({ name, size: 0, crc32: 0 })).to.throw(RangeError);
      // The same name, put into both headers of a good archive by another hand.
      const raw = new TextEncoder().encode(name);
      const stand = 'n'.repeat(Math.max(raw.length, 1));
      const bytes = zipOf({ [stand]: A });
      bytes.set(raw, 30);
      bytes.set(raw, 30 + stand.length + A.length + 46);
      if (raw.length > 0) expect((await faultOf(bytes)).details.rule).to.equal('must have a plain relative path');
    });
  }

  const CHANGES: readonly [string, number, number, string][] = [
    ['an encrypted entry', DIRECTORY + 8, 0x0001, 'must not be encrypted'],
    ['a compressed entry', DIRECTORY + 10, 8, 'must be stored, not compressed'],
    ['a stored size that is another', DIRECTORY + 20, 4, 'stored size and size must be the same'],
    ['a name that leaves the directory', DIRECTORY + 28, 60_000, 'must end inside the directory'],
  ];
  for (const [what, offset, value, rule] of CHANGES) {
    it(`refuses ${what}, and says where`, async () => {
      const bytes = sample();
      new DataView(bytes.buffer).setUint16(offset, value, true);
      expect((await faultOf(bytes)).details).to.deep.equal({ offset: DIRECTORY, rule });
    });
  }

  it('refuses two names for the same bytes', async () => {
    const bytes = sample();
    new DataView(bytes.buffer).setUint32(DIRECTORY + 46 + 13 + 42, 0, true);
    expect((await faultOf(bytes)).details.rule).to.equal('entries must not overlap');
  });

  it('refuses an entry that reaches into the directory', async () => {
    const bytes = sample();
    const view = new DataView(bytes.buffer);
    for (const at of [20, 24]) view.setUint32(DIRECTORY + 46 + 13 + at, B.length + 1, true);
    expect((await faultOf(bytes)).details.rule).to.equal('must end before the directory');
  });

  it('cut at every byte: the typed error', async () => {
    const bytes = sample();
    for (let length = 0; length < bytes.length; length++) await faultOf(bytes.slice(0, length));
  });

  it('survives flipped bits: the typed error, or entries inside the file (seeded)', () =>
    withSeed(20_251_120, async (random: Random) => {
      for (let round = 0; round < 1500; round++) {
        const bytes = sample();
        for (let flips = 1 + random.below(4); flips > 0; flips--) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
        const entries = await readZipEntries(fileOf(bytes)).catch((error: unknown) => {
          if (error instanceof ZipError) return [];
          throw error;
        });
        for (const entry of entries) expect(entry.offset + entry.size).to.be.at.most(bytes.length);
        expect(entries.length).to.be.at.most(2);
      }
    }));
});

import { expect } from 'chai';
import { crc32 } from '../../../src/core/bytes/crc32.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { Md5, md5, md5Hex } from '../../../src/core/bytes/md5.ts';
import { sha256, sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

/** One bit at a time, as the polynomial is defined. */
function crc32ByBits(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe('crc32()', () => {
  for (const [text, expected] of [
    ['', 0],
    ['123456789', 0xcbf43926],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ] as const) {
    it(`of ${JSON.stringify(text)}`, () => expect(crc32(utf8(text))).to.equal(expected));
  }

  it('with all bits set before: the CRC of otadata sequence number 1', () => {
    expect(crc32(Uint8Array.of(1, 0, 0, 0), 0xffff_ffff)).to.equal(0x4743989a);
  });

  it('agrees with the definition for every length and alignment', () =>
    withSeed(SEED, (random: Random) => {
      const bytes = random.bytes(200);
      for (let start = 0; start < 20; start++) {
        for (let end = start; end < start + 70; end++)
          expect(crc32(bytes.subarray(start, end))).to.equal(crc32ByBits(bytes.subarray(start, end)));
      }
    }));

  it('can be continued at any point', () =>
    withSeed(SEED, (random: Random) => {
      const bytes = random.bytes(100);
      for (let cut = 0; cut <= 100; cut++) expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).to.equal(crc32(bytes));
    }));
});

/** RFC 1321 A.5 */
const RFC_1321 = [
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a', '0cc175b9c0f1b6a831c399e269772661'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
  ['12345678901234567890123456789012345678901234567890123456789012345678901234567890', '57edf4a22be3c955ac49da2e2107b67a'],
] as const;

describe('Md5', () => {
  for (const [text, expected] of RFC_1321) it(`RFC 1321: ${JSON.stringify(text)}`, () => expect(md5Hex(utf8(text))).to.equal(expected));

  it('of a million times "a"', () => {
    expect(md5Hex(new Uint8Array(1_000_000).fill(0x61))).to.equal('7707d6ae4e027c70eea2a935c2296f21');
  });

  it('gives the same digest however the bytes are cut into updates', () =>
    withSeed(SEED, (random: Random) => {
      for (let run = 0; run < 50; run++) {
        const bytes = random.bytes(random.below(400));
        const hash = new Md5();
        for (let at = 0; at < bytes.length;) {
          const next = at + random.below(130);
          hash.update(bytes.subarray(at, next));
          at = next;
        }
        expect(toHex(hash.digest())).to.equal(toHex(md5(bytes)));
      }
    }));

  it('cannot be used after its digest', () => {
    const hash = new Md5();
    hash.digest();
    expect(() => hash.update(new Uint8Array(1))).to.throw(TypeError);
    expect(() => hash.digest()).to.throw(TypeError);
  });
});

describe('sha256()', () => {
  it('FIPS 180-4: "abc"', async () => {
    expect(await sha256Hex(utf8('abc'))).to.equal('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect((await sha256(utf8('abc'))).length).to.equal(32);
  });
});

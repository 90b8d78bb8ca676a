import { expect } from 'chai';
import { crc32 } from '../../../src/core/bytes/crc32.ts';
import { parseImage } from '../../../src/core/image/image.ts';
import { findSecureBootBlocks } from '../../../src/core/image/secure-boot.ts';
import { concat, flash, smallApp, u32 } from './builders.ts';

/** A V2 block that is right by form: magic, version, digest kind, curve, CRC. */
function v2Block(version: number, { curve = 0, digestKind = 0 } = {}): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(1216).fill(0x11);
  block.set([0xe7, version, digestKind, 0]);
  block[digestKind === 1 ? 52 : 36] = curve;
  block.set(u32(crc32(block.subarray(0, 1196))), 1196);
  return block;
}

const v1Signature = concat(u32(0), new Uint8Array(64).fill(0x42));

describe('findSecureBootBlocks()', () => {
  for (const [name, version, fields, scheme] of [
    ['RSA', 2, {}, 'RSA-3072-PSS'],
    ['P-192', 3, { curve: 1 }, 'ECDSA-P192'],
    ['P-256', 3, { curve: 2 }, 'ECDSA-P256'],
    ['P-384, whose digest is longer', 3, { curve: 3, digestKind: 1 }, 'ECDSA-P384'],
    ['P-384 with too short a digest', 3, { curve: 3 }, 'unknown'],
    ['a curve of the future', 3, { curve: 9 }, 'unknown'],
    ['a digest of the future', 3, { curve: 2, digestKind: 2 }, 'unknown'],
    ['a version of the future', 4, {}, 'unknown'],
  ] as const) {
    it(`V2, ${name}, in the sector behind the image`, async () => {
      const file = flash(0x3000, { 0x1000: v2Block(version, fields) });
      expect(await findSecureBootBlocks(file, 0x900)).to.deep.equal([{ version: 2, scheme, offset: 0x1000 }]);
    });
  }

  it('V2 in the last sector, when padding lies between', async () => {
    expect(await findSecureBootBlocks(flash(0x4000, { 0x3000: v2Block(2) }), 0x900)).to.deep.include({
      version: 2,
      scheme: 'RSA-3072-PSS',
      offset: 0x3000,
    });
  });

  it('V2 in the last sector belongs to another image, when data lies between', async () => {
    expect(await findSecureBootBlocks(flash(0x4000, { 0x2000: u32(1), 0x3000: v2Block(2) }), 0x900)).to.deep.equal([]);
  });

  it('counts up to three blocks and stops at the first that is none', async () => {
    const three = concat(v2Block(2), v2Block(3, { curve: 2 }), v2Block(2), v2Block(2)).subarray(0, 0x1000);
    expect((await findSecureBootBlocks(flash(0x2000, { 0x1000: three }), 0x1000)).map(({ scheme }) => scheme)).to.deep.equal([
      'RSA-3072-PSS',
      'ECDSA-P256',
      'RSA-3072-PSS',
    ]);
    const gap = concat(v2Block(2), new Uint8Array(1216), v2Block(2));
    expect((await findSecureBootBlocks(flash(0x2000, { 0x1000: gap }), 0x1000)).length).to.equal(1);
  });

  it('tells a V2 block whose CRC is wrong as damaged, and looks at those behind it', async () => {
    const block = v2Block(2);
    block[100]! ^= 1;
    expect(await findSecureBootBlocks(flash(0x2000, { 0x1000: concat(block, v2Block(2)) }), 0x900)).to.deep.equal([
      { version: 2, scheme: 'RSA-3072-PSS', offset: 0x1000, damaged: true },
      { version: 2, scheme: 'RSA-3072-PSS', offset: 0x1000 + 1216 },
    ]);
  });

  for (const [name, head] of [
    ['another version', [0xe7, 4, 0, 0]],
    ['a reserved byte', [0xe7, 2, 0, 1]],
    ['another digest', [0xe7, 3, 2, 0]],
  ] as const) {
    it(`without its CRC, what begins with ${name} is no block`, async () => {
      const data = new Uint8Array(1216).fill(0x11);
      data.set(head);
      expect(await findSecureBootBlocks(flash(0x2000, { 0x1000: data }), 0x900)).to.deep.equal([]);
    });
  }

  it('never looks inside the image', async () => {
    const file = flash(0x2000, { 0x1000: v2Block(2) });
    expect(await findSecureBootBlocks(file, 0x1800)).to.deep.equal([]);
    expect(await findSecureBootBlocks(file.subarray(0, 0x800), 0x800)).to.deep.equal([]);
  });

  it('V1 right behind the image, with or without alignment', async () => {
    const app = await smallApp();
    for (const rest of [v1Signature, concat(v1Signature, new Uint8Array(12))]) {
      expect((await parseImage(concat(app, rest))).secureBoot).to.deep.equal([{ version: 1, scheme: 'ECDSA-P256', offset: app.length }]);
    }
  });

  for (const [name, rest] of [
    ['too short', v1Signature.subarray(0, 67)],
    ['too long', concat(v1Signature, new Uint8Array(16))],
    ['another version word', concat(u32(1), v1Signature.subarray(4))],
    ['zeros', new Uint8Array(68)],
    ['erased', concat(u32(0), new Uint8Array(64).fill(0xff))],
  ] as const) {
    it(`V1: ${name} is none`, async () => expect((await parseImage(concat(await smallApp(), rest))).secureBoot).to.deep.equal([]));
  }
});

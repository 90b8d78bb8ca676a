import { expect } from 'chai';
import { CHIPS } from '../../../src/core/image/chips.ts';
import { ImageError } from '../../../src/core/image/image-error.ts';
import { hasUf2Magic, parseUf2 } from '../../../src/core/image/uf2.ts';
import { concat, thrownBy, u32, uf2 } from './builders.ts';

const data = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);

async function expectError(bytes: Uint8Array, code: string, offset: number): Promise<void> {
  const error = await thrownBy(() => parseUf2(bytes));
  expect(error).to.be.instanceOf(ImageError);
  expect([(error as ImageError).code, (error as ImageError).details.offset]).to.deep.equal([code, offset]);
}

const patched = (bytes: Uint8Array<ArrayBuffer>, offset: number, ...values: readonly number[]) => {
  bytes.set(u32(...values), offset);
  return bytes;
};

describe('parseUf2()', () => {
  it('joins blocks into runs, one per part', async () => {
    const { chip, runs } = await parseUf2(concat(uf2(0x1000, data(700)), uf2(0x10000, data(300), { chunk: 452 })));
    expect(chip).to.equal('ESP32');
    expect(runs.map(({ flashOffset, bytes }) => [flashOffset, bytes.length])).to.deep.equal([
      [0x1000, 700],
      [0x10000, 300],
    ]);
    expect([...runs[0]!.bytes]).to.deep.equal([...data(700)]);
  });

  it('joins parts that touch, in whatever order they come', async () => {
    const whole = data(1024);
    const { runs } = await parseUf2(concat(uf2(0x8200, whole.subarray(512)), uf2(0x8000, whole.subarray(0, 512))));
    expect(runs.length).to.equal(1);
    expect([...runs[0]!.bytes]).to.deep.equal([...whole]);
  });

  for (const { name, uf2Family } of Object.values(CHIPS)) {
    it(`knows the family of the ${name}`, async () =>
      expect((await parseUf2(uf2(0, data(16), { family: uf2Family }))).chip).to.equal(name));
  }

  it('names no chip where no block does', async () => expect((await parseUf2(uf2(0, data(16), { flags: 0 }))).chip).to.equal(undefined));

  it('leaves out blocks that are not for the main flash', async () => {
    expect((await parseUf2(uf2(0, data(16), { flags: 0x2001 }))).runs).to.deep.equal([]);
    expect((await parseUf2(uf2(0, data(16), { flags: 0x1000 }))).runs).to.deep.equal([]);
  });

  it('reads empty blocks', async () => {
    const block = concat(u32(0x0a324655, 0x9e5d5157, 0, 0, 0, 0, 1, 0), new Uint8Array(476), u32(0x0ab16f30));
    expect((await parseUf2(block)).runs).to.deep.equal([]);
  });

  it('an empty file', () => expectError(new Uint8Array(), 'UF2_BLOCK', 0));
  it('a file cut within a block', () => expectError(uf2(0, data(600)).subarray(0, 1000), 'IMAGE_TRUNCATED', 544));
  it('a file cut between blocks', () => expectError(uf2(0, data(600)).subarray(0, 1024), 'IMAGE_TRUNCATED', 1024));
  it('a block without its first magic', () => expectError(patched(uf2(0, data(600)), 512, 0), 'UF2_BLOCK', 512));
  it('a block without its second magic', () => expectError(patched(uf2(0, data(600)), 516, 0), 'UF2_BLOCK', 512));
  it('a block without its last magic', () => expectError(patched(uf2(0, data(16)), 508, 0), 'UF2_BLOCK', 508));
  it('a block that claims more data than fits', () => expectError(patched(uf2(0, data(16)), 16, 477), 'UF2_BLOCK', 16));
  it('a block out of order', () => expectError(patched(uf2(0, data(600)), 512 + 20, 2), 'UF2_SEQUENCE', 532));
  it('a block that changes the count', () => expectError(patched(uf2(0, data(600)), 512 + 24, 4), 'UF2_SEQUENCE', 532));
  it('a part that does not start at 0', () => expectError(uf2(0, data(600)).subarray(512), 'UF2_SEQUENCE', 20));
  it('a part of no blocks', () => expectError(patched(uf2(0, data(16)), 24, 0), 'UF2_SEQUENCE', 20));
  it('an unknown family', () => expectError(uf2(0, data(16), { family: 0xe48bff56 }), 'UF2_FAMILY', 28));
  it('two families', () => expectError(concat(uf2(0, data(16)), uf2(512, data(16), { family: 0xd42ba06c })), 'UF2_FAMILY', 540));
  it('two blocks at one address', () => expectError(concat(uf2(0, data(16)), uf2(8, data(16))), 'CONTAINER_OVERLAP', 512));
  it('an address beyond every flash', () => expectError(uf2(0xf000_0000, data(16)), 'CONTAINER_LIMIT', 0));
  it('data that does not match its MD5', () => expectError(patched(uf2(0, data(16)), 32, 0), 'UF2_MD5', 56));
  it('an MD5 for another address', () => expectError(patched(uf2(0, data(16)), 48, 4), 'UF2_MD5', 48));
  it('an MD5 for another length', () => expectError(patched(uf2(0, data(16)), 52, 4), 'UF2_MD5', 48));
  it('an MD5 without room', () => expectError(uf2(0, data(476), { flags: 0x2000, chunk: 476 }).fill(0x60, 9, 10), 'UF2_MD5', 508));

  it('hasUf2Magic() wants both magic numbers', () => {
    expect(hasUf2Magic(uf2(0, data(1)))).to.equal(true);
    expect(hasUf2Magic(u32(0x0a324655))).to.equal(false);
    expect(hasUf2Magic(u32(0x0a324655, 0))).to.equal(false);
  });
});

describe('containers keep memory within the file', () => {
  it('five thousand scattered blocks become one typed error, quickly', async () => {
    const count = 5000;
    const bytes = new Uint8Array(count * 512);
    for (let i = 0; i < count; i++) bytes.set(uf2(i * 4096, Uint8Array.of(i), { flags: 0 }), i * 512);
    await expectError(bytes, 'CONTAINER_LIMIT', 4096 * 512);
  });
});

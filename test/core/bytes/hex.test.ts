import { expect } from 'chai';
import { fromHex, hexNumber, isHex, toHex } from '../../../src/core/bytes/hex.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';

describe('hex', () => {
  it('writes lower case and reads either case', () => {
    expect(toHex(Uint8Array.of(0, 0x0f, 0xab))).to.equal('000fab');
    expect([...fromHex('000FaB')]).to.deep.equal([0, 0x0f, 0xab]);
  });

  it('gives back any bytes', () =>
    withSeed(SEED, (random: Random) => {
      for (let i = 0; i < 50; i++) {
        const bytes = random.bytes(random.below(100));
        expect([...fromHex(toHex(bytes))]).to.deep.equal([...bytes]);
      }
    }));

  for (const bad of ['0', '0g', '0x00', ' 00', '00\n', '１1']) {
    it(`refuses ${JSON.stringify(bad)}`, () => expect(() => fromHex(bad)).to.throw(RangeError));
  }

  it('isHex() can ask for a length', () => {
    expect(isHex('00ff', 2)).to.equal(true);
    expect(isHex('00ff', 3)).to.equal(false);
    expect(isHex('')).to.equal(true);
  });

  it('hexNumber() pads to what a register shows', () => {
    expect(hexNumber(0x3f)).to.equal('0x0000003f');
    expect(hexNumber(0x3f, 2)).to.equal('0x3f');
    expect(hexNumber(0xffff_ffff)).to.equal('0xffffffff');
  });
});

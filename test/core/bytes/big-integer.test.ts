import { expect } from 'chai';
import { fromBigInt, modulo, powerModulo, toBigInt } from '../../../src/core/bytes/big-integer.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';

describe('big integers', () => {
  it('are the same number in bytes, whatever the length', () =>
    withSeed(SEED, (random: Random) => {
      for (let length = 0; length < 80; length++) {
        const bytes = random.bytes(length);
        expect(fromBigInt(toBigInt(bytes), length)).to.deep.equal(bytes);
      }
      expect(toBigInt(Uint8Array.of(1, 0, 1))).to.equal(65_537n);
    }));

  it('are padded in front, and refused where they do not fit', () => {
    expect(fromBigInt(5n, 3)).to.deep.equal(Uint8Array.of(0, 0, 5));
    for (const value of [256n, -1n]) expect(() => fromBigInt(value, 1)).to.throw(RangeError);
  });

  it('have a remainder that is not negative, and powers', () => {
    expect([modulo(-1n, 7n), modulo(8n, 7n)]).to.deep.equal([6n, 1n]);
    for (let exponent = 0n; exponent < 20n; exponent++) expect(powerModulo(-3n, exponent, 101n)).to.equal(modulo((-3n) ** exponent, 101n));
  });
});

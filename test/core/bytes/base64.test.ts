import { expect } from 'chai';
import { decodePortably, encodePortably, fromBase64, toBase64 } from '../../../src/core/bytes/base64.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
/** RFC 4648 §10 */
const VECTORS = [
  ['', ''],
  ['f', 'Zg=='],
  ['fo', 'Zm8='],
  ['foo', 'Zm9v'],
  ['foob', 'Zm9vYg=='],
  ['fooba', 'Zm9vYmE='],
  ['foobar', 'Zm9vYmFy'],
] as const;

describe('base64', () => {
  for (const [text, encoded] of VECTORS) {
    it(`RFC 4648: ${JSON.stringify(text)}`, () => {
      expect(toBase64(utf8(text))).to.equal(encoded);
      expect(encodePortably(utf8(text), 'base64')).to.equal(encoded);
      expect([...fromBase64(encoded)]).to.deep.equal([...utf8(text)]);
      expect([...decodePortably(encoded, 'base64')]).to.deep.equal([...utf8(text)]);
    });
  }

  it('base64url has - and _ and no padding', () => {
    const bytes = Uint8Array.of(0xfb, 0xff, 0xfe, 0x01);
    expect(toBase64(bytes, 'base64url')).to.equal('-__-AQ');
    expect(encodePortably(bytes, 'base64url')).to.equal('-__-AQ');
    expect([...fromBase64('-__-AQ', 'base64url')]).to.deep.equal([...bytes]);
    expect([...decodePortably('-__-AQ==', 'base64url')]).to.deep.equal([...bytes]);
  });

  for (const bad of ['Zg', 'Zg=', 'Zg===', 'Z', 'Zh==', 'Zm9v\n', ' Zm9v', 'Zm 9v', '-__-', 'Zm9v=', '====', 'Zg==Zg==']) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      expect(() => fromBase64(bad)).to.throw(RangeError);
      expect(() => decodePortably(bad, 'base64')).to.throw(RangeError);
    });
  }

  it('refuses padding and the other alphabet in base64url', () => {
    for (const bad of ['Zg==', '+/+/', 'Z']) expect(() => fromBase64(bad, 'base64url')).to.throw(RangeError);
  });

  it('both decoders agree with both encoders on any bytes', () =>
    withSeed(SEED, (random: Random) => {
      for (let i = 0; i < 60; i++) {
        const bytes = random.bytes(random.below(20_000 / (i + 1)));
        for (const alphabet of ['base64', 'base64url'] as const) {
          const text = toBase64(bytes, alphabet);
          expect(encodePortably(bytes, alphabet)).to.equal(text);
          expect([...fromBase64(text, alphabet)]).to.deep.equal([...bytes]);
        }
        expect([...decodePortably(toBase64(bytes), 'base64')]).to.deep.equal([...bytes]);
      }
    }));
});

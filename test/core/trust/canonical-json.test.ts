import { expect } from 'chai';
import { canonicalBytes, canonicalJson } from '../../../src/core/trust/canonical-json.ts';
import { TrustError } from '../../../src/core/trust/trust-error.ts';
import { SEED, withSeed } from '../../doubles/random.ts';
import type { Random } from '../../doubles/random.ts';

/** RFC 8785, appendix B: IEEE 754 bits and their spelling. */
const NUMBERS: readonly (readonly [bits: bigint, text: string])[] = [
  [0x0000000000000000n, '0'],
  [0x8000000000000000n, '0'],
  [0x0000000000000001n, '5e-324'],
  [0x8000000000000001n, '-5e-324'],
  [0x7fefffffffffffffn, '1.7976931348623157e+308'],
  [0xffefffffffffffffn, '-1.7976931348623157e+308'],
  [0x4340000000000000n, '9007199254740992'],
  [0xc340000000000000n, '-9007199254740992'],
  [0x4430000000000000n, '295147905179352830000'],
  [0x44b52d02c7e14af5n, '9.999999999999997e+22'],
  [0x44b52d02c7e14af6n, '1e+23'],
  [0x44b52d02c7e14af7n, '1.0000000000000001e+23'],
  [0x444b1ae4d6e2ef4en, '999999999999999700000'],
  [0x444b1ae4d6e2ef4fn, '999999999999999900000'],
  [0x444b1ae4d6e2ef50n, '1e+21'],
  [0x3eb0c6f7a0b5ed8cn, '9.999999999999997e-7'],
  [0x3eb0c6f7a0b5ed8dn, '0.000001'],
  [0x41b3de4355555553n, '333333333.3333332'],
  [0x41b3de4355555557n, '333333333.33333343'],
  [0xbecbf647612f3696n, '-0.0000033333333333333333'],
  [0x43143ff3c1cb0959n, '1424953923781206.2'],
];

function numberFromBits(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

/** What is refused, and the field it names. */
function refusal(value: unknown): string {
  try {
    canonicalJson(value);
  } catch (error) {
    expect(error).to.be.instanceOf(TrustError);
    expect((error as TrustError).code).to.equal('JSON_UNFIT');
    return (error as TrustError).details.field;
  }
  throw new Error('was not refused');
}

function randomValue(random: Random, depth: number): unknown {
  switch (random.below(depth > 4 ? 4 : 6)) {
    case 0:
      return String.fromCodePoint(...Array.from({ length: random.below(6) }, () => random.below(0xd800)));
    case 1:
      return (random.u32() - 0x8000_0000) * 10 ** (random.below(40) - 20);
    case 2:
      return random.below(2) === 1;
    case 3:
      return null;
    case 4:
      return Array.from({ length: random.below(5) }, () => randomValue(random, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: random.below(5) }, () => [`${random.below(50)}`, randomValue(random, depth + 1)]));
  }
}

/** The same data, with the members in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

describe('canonicalJson()', () => {
  it('writes the example of RFC 8785 §3.2.2', () => {
    const value: unknown = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`);
    expect(canonicalJson(value)).to.equal(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('orders members by UTF-16 code units (RFC 8785 §3.2.3)', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
    const text = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])));
    expect(Object.keys(JSON.parse(text) as object)).to.deep.equal(['1', '\r', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33']);
    expect(text.startsWith(String.raw`{"\r":0,"1":0,`)).to.equal(true);
  });

  for (const [bits, text] of NUMBERS) {
    it(`writes the number ${bits.toString(16).padStart(16, '0')} as ${text}`, () => {
      expect(canonicalJson(numberFromBits(bits))).to.equal(text);
    });
  }

  it('refuses what JSON cannot say, and names the place', () => {
    expect(refusal(undefined)).to.equal('value');
    expect(refusal({ a: [1, Number.NaN] })).to.equal('value.a[1]');
    expect(refusal({ a: Number.POSITIVE_INFINITY })).to.equal('value.a');
    expect(refusal({ a: undefined })).to.equal('value.a');
    // oxlint-disable-next-line no-sparse-arrays -- that is the case
    expect(refusal([1, , 2])).to.equal('value[1]');
    expect(refusal({ a: { b: 'x\ud800' } })).to.equal('value.a.b');
    expect(refusal({ '\udc00': 1 })).to.equal('value');
    expect(refusal({ a: 1n })).to.equal('value.a');
    expect(refusal({ a: () => 1 })).to.equal('value.a');
    expect(refusal({ a: Symbol('a') })).to.equal('value.a');
    expect(refusal({ a: new Date(0) })).to.equal('value.a');
    expect(refusal({ a: new Uint8Array(1) })).to.equal('value.a');
  });

  it('refuses what is nested without end, before the stack is', () => {
    const endless: unknown[] = [];
    endless.push(endless);
    expect(refusal(endless)).to.match(/^value(?:\[0\])+$/);
  });

  it('keeps a member that is named __proto__', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).to.equal('{"__proto__":{"a":1}}');
  });

  it('says UTF-8', () => {
    expect([...canonicalBytes('€')]).to.deep.equal([0x22, 0xe2, 0x82, 0xac, 0x22]);
  });

  it('has one spelling for one value, and reads back as that value', async () => {
    await withSeed(SEED, (random) => {
      for (let round = 0; round < 500; round++) {
        const value = randomValue(random, 0);
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).to.equal(text);
        expect(canonicalJson(reversed(value))).to.equal(text);
      }
    });
  });
});

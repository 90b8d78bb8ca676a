/**
 * Hostile key files: whatever is cut, flipped or invented, a key is read or a `TrustError` says what is wrong. Anything else that escapes fails
 * the test, as does anything slow. Files of public keys that still parse must parse as what they canonically are.
 */
import { expect } from 'chai';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { contextTag } from '../../../src/core/trust/der.ts';
import { derElement, derNumber, derSequence } from '../../../src/core/trust/der-writer.ts';
import { publicKeyToJwk } from '../../../src/core/trust/jwk.ts';
import { parsePrivateKey } from '../../../src/core/trust/private-key.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';
import { TrustError } from '../../../src/core/trust/trust-error.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import { derOf, pemFile } from '../../vectors/keys/keys.ts';

type Bytes = Uint8Array<ArrayBuffer>;
/** Gives what tells the key from others. */
type Parse = (bytes: Uint8Array) => string | Promise<string>;

const PASSPHRASE = 'otter';
const publicKey: Parse = (bytes) => {
  const key = toHex(parsePublicKey(bytes).spki);
  expect(toHex(parsePublicKey(fromHex(key)).spki)).to.equal(key);
  return key;
};
const privateKey: Parse = async (bytes) => toHex((await parsePrivateKey(bytes, PASSPHRASE)).pkcs8);

/** The key, or `undefined` when it was refused as it should be. */
async function survives(parse: Parse, bytes: Uint8Array): Promise<string | undefined> {
  try {
    return await parse(bytes);
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    expect(error.details.field).to.not.equal('');
    expect(error.message.length).to.be.below(500);
    return undefined;
  }
}

const jwkOf = (name: string) => new TextEncoder().encode(JSON.stringify(publicKeyToJwk(parsePublicKey(pemFile(name)))));

interface Sample {
  readonly name: string;
  readonly parse: Parse;
  readonly bytes: Bytes;
  /** Without a second half to compare it with, any number is a key. */
  readonly statesBothHalves: boolean;
}

const SAMPLES: readonly Sample[] = [
  ...['rsa-2048.public', 'rsa-2048.pkcs1-public', 'ec-P-256.public', 'ec-P-521.compressed.public', 'ed25519.public'].flatMap((name) => [
    { name: `${name}.pem`, parse: publicKey, bytes: pemFile(name), statesBothHalves: false },
    { name: `${name} in DER`, parse: publicKey, bytes: derOf(name), statesBothHalves: false },
  ]),
  { name: 'rsa-2048.public as JWK', parse: publicKey, bytes: jwkOf('rsa-2048.public'), statesBothHalves: false },
  { name: 'ec-P-256.public as JWK', parse: publicKey, bytes: jwkOf('ec-P-256.public'), statesBothHalves: false },
  ...['ec-P-256', 'ec-P-256.sec1', 'ec-P-256.no-public', 'ed25519', 'rsa-2048.pkcs1'].map((name) => ({
    name: `${name} in DER`,
    parse: privateKey,
    bytes: derOf(name),
    statesBothHalves: !['ec-P-256.no-public', 'ed25519'].includes(name),
  })),
  { name: 'ec-P-256.pem', parse: privateKey, bytes: pemFile('ec-P-256'), statesBothHalves: true },
  { name: 'ec-P-256.hmacSHA512 in DER', parse: privateKey, bytes: derOf('ec-P-256.hmacSHA512'), statesBothHalves: true },
];
/** Without the line end of PEM, which is not missed. */
const lengthThatMatters = (bytes: Bytes) => (bytes[0] !== SEQUENCE && bytes.at(-1) === LINE_FEED ? bytes.length - 1 : bytes.length);
const SEQUENCE = 0x30;
const LINE_FEED = 0x0a;

describe('malformed keys', () => {
  for (const { name, parse, bytes, statesBothHalves } of SAMPLES) {
    it(`${name}, cut at every byte, never parses`, async () => {
      for (let length = 0; length < lengthThatMatters(bytes); length++)
        expect(await survives(parse, bytes.subarray(0, length)), `${length} bytes`).to.equal(undefined);
      expect(await survives(parse, bytes)).to.be.a('string');
    });

    it(`${name}, with a byte too many`, async () => {
      if (bytes[0] === SEQUENCE)
        for (const byte of [0, 0x30]) expect(await survives(parse, Uint8Array.of(...bytes, byte))).to.equal(undefined);
    });

    it(`${name}, every bit flipped${statesBothHalves ? ', is never another key' : ''}`, async () => {
      const file = bytes.slice();
      const key = await parse(file);
      for (let bit = 0; bit < 8 * file.length; bit++) {
        file[bit >>> 3]! ^= 1 << (bit & 7);
        const other = await survives(parse, file);
        if (statesBothHalves && other !== undefined) expect(other, `bit ${bit}`).to.equal(key);
        file[bit >>> 3]! ^= 1 << (bit & 7);
      }
    });

    it(`${name}, mutated at random`, () =>
      withSeed(SEED, async (random: Random) => {
        for (let run = 0; run < 150; run++) {
          const file = bytes.slice();
          for (let edits = random.below(4); edits >= 0; edits--) {
            const at = random.below(file.length);
            if (random.below(3) === 0) file.copyWithin(at, random.below(file.length));
            else file[at] = random.pick([0, 0x30, 0x7f, 0x80, 0xff, random.below(256)]);
          }
          await survives(parse, random.below(4) === 0 ? file.subarray(0, random.below(file.length)) : file);
        }
      }));
  }

  it('bytes at random behind every beginning', () =>
    withSeed(SEED, async (random: Random) => {
      const beginnings = [
        [0x30],
        [0x30, 0x82, 0x01, 0x00],
        [0x30, 0x80],
        [0x7b],
        [...new TextEncoder().encode('-----BEGIN PUBLIC KEY-----\n')],
      ];
      for (let run = 0; run < 400; run++) {
        const file = random.bytes(32 + random.below(400));
        file.set(random.pick(beginnings));
        for (const parse of [publicKey, privateKey]) expect(await survives(parse, file)).to.equal(undefined);
      }
    }));
});

describe('keys that want too much', () => {
  const nested = (tag: number, depth: number): Bytes => {
    let bytes: Bytes = derNumber(0);
    for (let level = 0; level < depth; level++) bytes = derElement(tag, bytes);
    return bytes;
  };

  for (const [what, bytes] of [
    ['nested sequences', nested(0x30, 3000)],
    ['nested tags', derSequence(nested(contextTag(0), 3000))],
    ['nested lists', new TextEncoder().encode(`{"kty": ${'['.repeat(200_000)}`)],
    ['a hundred thousand elements', derSequence(Uint8Array.from({ length: 240_000 }, (_, i) => [2, 1, 0][i % 3]!))],
    ['a modulus of a million bits', derSequence(derElement(2, new Uint8Array(130_000).fill(0x55)), derNumber(3))],
    [
      'an exponent of a million bits',
      derSequence(derElement(2, new Uint8Array(256).fill(0x55)), derElement(2, new Uint8Array(130_000).fill(0x55))),
    ],
    [
      'private numbers of a million bits',
      derSequence(derNumber(0), ...Array.from({ length: 8 }, () => derElement(2, new Uint8Array(30_000).fill(0x55)))),
    ],
    ['a length of four gigabytes', Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 0)],
    ['a length beyond all numbers', Uint8Array.of(0x30, 0xff, ...new Uint8Array(127).fill(0xff))],
    ['256 KB of zeros', new Uint8Array(256 * 1024)],
    ['16 MB', new Uint8Array(16 * 1024 * 1024).fill(0x30)],
  ] as const) {
    it(`${what} are refused at once`, async () => {
      const started = performance.now();
      for (const parse of [publicKey, privateKey]) expect(await survives(parse, bytes)).to.equal(undefined);
      expect(performance.now() - started).to.be.below(500);
    });
  }
});

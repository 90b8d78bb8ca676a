import { expect } from 'chai';
import { fromBase64, toBase64 } from '../../../src/core/bytes/base64.ts';
import { fromBigInt, toBigInt } from '../../../src/core/bytes/big-integer.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { contextTag } from '../../../src/core/trust/der.ts';
import {
  derBitString,
  derElement,
  derNull,
  derNumber,
  derOctetString,
  derOid,
  derSequence,
  derUnsigned,
} from '../../../src/core/trust/der-writer.ts';
import { keyName } from '../../../src/core/trust/fingerprint.ts';
import type { PrivateKey } from '../../../src/core/trust/key-model.ts';
import { parsePrivateKey } from '../../../src/core/trust/private-key.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';
import { sharedData } from '../../doubles/shared-data.ts';
import { pemFile } from '../../vectors/keys/keys.ts';
import { trustErrorOf } from './trust-errors.ts';

const ALGORITHMS = {
  'rsa-2048': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  'ec-P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'ec-P-384': { name: 'ECDSA', namedCurve: 'P-384' },
  'ec-P-521': { name: 'ECDSA', namedCurve: 'P-521' },
  ed25519: { name: 'Ed25519' },
} as const satisfies Record<string, Algorithm & { readonly hash?: string; readonly namedCurve?: string }>;

const jwkFile = (jwk: unknown) => new TextEncoder().encode(JSON.stringify(jwk));
const read = (name: string): Promise<PrivateKey> => parsePrivateKey(pemFile(name));

/** As the platform writes it. */
async function jwkOf(name: keyof typeof ALGORITHMS): Promise<JsonWebKey> {
  const { pkcs8 } = await read(name);
  return await crypto.subtle.exportKey('jwk', await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHMS[name], true, ['sign']));
}

describe('parsePrivateKey() of a JWK', () => {
  for (const name of Object.keys(ALGORITHMS) as (keyof typeof ALGORITHMS)[]) {
    it(`${name}: is the same key as in PEM`, async () => {
      expect(await parsePrivateKey(jwkFile(await jwkOf(name)))).to.deep.equal(await read(name));
    });
  }

  for (const [what, name, change, code, field] of [
    ['a public key', 'ec-P-256', { d: undefined }, 'KEY_UNSUPPORTED', 'jwk'],
    ['the number zero', 'ec-P-256', { d: 'A'.repeat(43) }, 'KEY_MALFORMED', 'jwk.d'],
    ['a number above the order', 'ec-P-256', { d: `${'_'.repeat(42)}8` }, 'KEY_MALFORMED', 'jwk.d'],
    ['a short number', 'ec-P-256', { d: 'AQ' }, 'KEY_MALFORMED', 'jwk.d'],
    ['no base64url', 'ec-P-256', { d: 'A+'.repeat(21) }, 'KEY_MALFORMED', 'jwk.d'],
    ['a short seed', 'ed25519', { d: 'AQ' }, 'KEY_MALFORMED', 'jwk.d'],
    ['no first prime', 'rsa-2048', { p: undefined }, 'KEY_MALFORMED', 'jwk.p'],
    ['three primes', 'rsa-2048', { oth: [{}] }, 'KEY_UNSUPPORTED', 'jwk.oth'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const jwk = { ...(await jwkOf(name)), ...change };
      const { code: actual, details } = await trustErrorOf(() => parsePrivateKey(jwkFile(jwk)));
      expect([actual, details.field]).to.deep.equal([code, field]);
    });
  }
});

describe('parsePrivateKey(): halves that do not belong together', () => {
  it('of an EC key, a seed and an RSA key in a JWK', async () => {
    const [ec, ed, rsa] = await Promise.all([jwkOf('ec-P-256'), jwkOf('ed25519'), jwkOf('rsa-2048')]);
    const other = parsePublicKey(pemFile('ec-with-parameters.public'));
    if (other.kind !== 'EC') throw new Error('not EC');
    const strangers = [
      [{ ...ec, x: toBase64(other.x, 'base64url'), y: toBase64(other.y, 'base64url') }, 'privateKey.publicKey'],
      [{ ...ed, d: ec.d }, 'privateKey.publicKey'],
      [{ ...rsa, n: (await jwkOfOtherRsa()).n }, 'jwk.modulus'],
    ] as const;
    for (const [jwk, field] of strangers) {
      const { code, details } = await trustErrorOf(() => parsePrivateKey(jwkFile(jwk)));
      expect([code, details.field]).to.deep.equal(['KEY_MALFORMED', field]);
    }
  });

  it('of an RSA key name the number that does not fit', async () => {
    const rsa = (await jwkOf('rsa-2048')) as Required<Pick<JsonWebKey, 'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi'>>;
    const wrong = {
      e: ['AQAD', 'privateExponent'],
      d: [plus(rsa.d, 2n), 'privateExponent'],
      p: [rsa.q, 'modulus'],
      q: ['AQ', 'prime2'],
      dp: [plus(rsa.dp, 2n), 'exponent1'],
      dq: [plus(rsa.dq, 2n), 'exponent2'],
      qi: [plus(rsa.qi, 1n), 'coefficient'],
    } as const;
    for (const [name, [value, field]] of Object.entries(wrong)) {
      const { code, details } = await trustErrorOf(() => parsePrivateKey(jwkFile({ ...rsa, [name]: value })));
      expect([code, details.field], name).to.deep.equal(['KEY_MALFORMED', `jwk.${field}`]);
    }
    const long = toBase64(new Uint8Array(300).fill(1), 'base64url');
    expect((await trustErrorOf(() => parsePrivateKey(jwkFile({ ...rsa, d: long })))).details.rule).to.equal(
      'must not be longer than the modulus',
    );
  });
});

describe('parsePrivateKey() of DER', () => {
  const P256 = derSequence(derOid('1.2.840.10045.2.1'), derOid('1.2.840.10045.3.1.7'));
  const P384 = derOid('1.3.132.0.34');
  const ED25519 = derSequence(derOid('1.3.101.112'));
  const RSA = derSequence(derOid('1.2.840.113549.1.1.1'), derNull());
  const outer = (bytes: Uint8Array) => derBitString(bytes, contextTag(1, 'primitive'));

  async function parts() {
    const [ec, ed, rsa] = await Promise.all([read('ec-P-256'), read('ed25519'), read('rsa-2048')]);
    const [ecKey, edKey] = [ec.publicKey, ed.publicKey];
    if (ecKey.kind !== 'EC' || edKey.kind !== 'Ed25519' || rsa.publicKey.kind !== 'RSA') throw new Error('other keys');
    const d = fromBase64((await jwkOf('ec-P-256')).d!, 'base64url');
    const seed = fromBase64((await jwkOf('ed25519')).d!, 'base64url');
    return { ec, ed, rsa, d, seed, point: Uint8Array.of(4, ...ecKey.x, ...ecKey.y), x: edKey.x, n: rsa.publicKey.n, e: rsa.publicKey.e };
  }

  it('version 2 of PKCS#8 (RFC 5958), with the public half and with attributes', async () => {
    const { ec, ed, d, seed, point, x } = await parts();
    const attributes = derElement(contextTag(0), derSequence(derOid('1.2.3')));
    const inner = derSequence(derNumber(1), derOctetString(d));
    const ecV2 = derSequence(derNumber(1), P256, derOctetString(inner), attributes, outer(point));
    const edV2 = derSequence(derNumber(1), ED25519, derOctetString(derOctetString(seed)), outer(x));
    expect(await parsePrivateKey(ecV2)).to.deep.equal(ec);
    expect(await parsePrivateKey(edV2)).to.deep.equal(ed);
    expect(await parsePrivateKey(derSequence(derNumber(0), ED25519, derOctetString(derOctetString(seed)), attributes))).to.deep.equal(ed);
  });

  it('version 2 of PKCS#8 with an RSA key', async () => {
    const { rsa, n, e } = await parts();
    const inner = rsa.pkcs8.slice(26);
    const v2 = derSequence(derNumber(1), RSA, derOctetString(inner), outer(derSequence(derUnsigned(n), derUnsigned(e))));
    expect(await parsePrivateKey(v2)).to.deep.equal(rsa);
    const other = derSequence(derNumber(1), RSA, derOctetString(inner), outer(derSequence(derUnsigned(n), derNumber(3))));
    expect((await trustErrorOf(() => parsePrivateKey(other))).details).to.include({ field: 'privateKey.publicKey' });
  });

  it('refuses what is not so', async () => {
    const { d, seed, point, x } = await parts();
    const stranger = parsePublicKey(pemFile('ec-with-parameters.public'));
    if (stranger.kind !== 'EC') throw new Error('not EC');
    const strangerPoint = Uint8Array.of(4, ...stranger.x, ...stranger.y);
    const ec = (...rest: Uint8Array[]) =>
      derSequence(derNumber(0), P256, derOctetString(derSequence(derNumber(1), derOctetString(d), ...rest)));
    const inner = (point: Uint8Array) => derElement(contextTag(1), derBitString(point));
    const cases = [
      ['a public half of another key', ec(inner(strangerPoint)), 'KEY_MALFORMED', 'privateKey.publicKey'],
      [
        'two public halves',
        derSequence(derNumber(1), P256, derOctetString(derSequence(derNumber(1), derOctetString(d), inner(point))), outer(strangerPoint)),
        'KEY_MALFORMED',
        'privateKey.publicKey',
      ],
      [
        'another public half of Ed25519',
        derSequence(derNumber(1), ED25519, derOctetString(derOctetString(seed)), outer(otherSign(x))),
        'KEY_MALFORMED',
        'privateKey.publicKey',
      ],
      ['another curve inside', ec(derElement(contextTag(0), P384)), 'KEY_MALFORMED', 'privateKey.privateKey.parameters'],
      [
        'a public half in version 1 of PKCS#8',
        derSequence(derNumber(0), ED25519, derOctetString(derOctetString(seed)), outer(x)),
        'KEY_MALFORMED',
        'privateKey',
      ],
      [
        'version 3 of PKCS#8',
        derSequence(derNumber(2), ED25519, derOctetString(derOctetString(seed))),
        'KEY_MALFORMED',
        'privateKey.version',
      ],
      ['version 0 of SEC1', derSequence(derNumber(0), derOctetString(d)), 'KEY_MALFORMED', 'privateKey.version'],
      ['SEC1 without a curve', derSequence(derNumber(1), derOctetString(d)), 'KEY_MALFORMED', 'privateKey.parameters'],
      [
        'a short number',
        derSequence(derNumber(1), derOctetString(d.subarray(1)), derElement(contextTag(0), derOid('1.2.840.10045.3.1.7'))),
        'KEY_MALFORMED',
        'privateKey.privateKey',
      ],
      [
        'a long seed',
        derSequence(derNumber(0), ED25519, derOctetString(derOctetString(seed, seed))),
        'KEY_MALFORMED',
        'privateKey.privateKey',
      ],
      ['RSA with three primes', derSequence(derNumber(1), derNumber(15), derNumber(3)), 'KEY_UNSUPPORTED', 'privateKey.version'],
      [
        'RSA with numbers that are missing',
        derSequence(derNumber(0), derNumber(15), derNumber(3)),
        'KEY_MALFORMED',
        'privateKey.privateExponent',
      ],
      ['a structure of no kind', derSequence(derNull()), 'KEY_MALFORMED', 'privateKey'],
      ['an empty structure', derSequence(), 'KEY_MALFORMED', 'privateKey'],
    ] as const;
    for (const [what, bytes, code, field] of cases) {
      const { code: actual, details } = await trustErrorOf(() => parsePrivateKey(bytes));
      expect([actual, details.field], what).to.deep.equal([code, field]);
    }
  });

  it('no error of a private key repeats a part of it', async () => {
    const { d, seed } = await parts();
    const secrets = [toHex(d), toBase64(d), toBase64(d, 'base64url'), toHex(seed), toBase64(seed, 'base64url')];
    const files = [
      jwkFile({ ...(await jwkOf('ec-P-256')), kty: 'OKP' }),
      new TextEncoder().encode(`{"d": "${secrets[2]}" oops`),
      new TextEncoder().encode(`-----BEGIN PRIVATE KEY-----\n${secrets[1]}*\n-----END PRIVATE KEY-----`),
      derSequence(derNumber(0), ED25519, derOctetString(derOctetString(seed, seed))),
    ];
    for (const file of files) {
      const error = await trustErrorOf(() => parsePrivateKey(file));
      const said = JSON.stringify([error.message, error.details, String(error.cause)]);
      for (const secret of secrets) expect(said).to.not.include(secret.slice(0, 8));
    }
  });
});

describe('parsePrivateKey() of a key of others', () => {
  it('the key of the server that S2 was observed with', async function () {
    const bytes = await sharedData('vectors/seeds/s2v1_golden.json');
    if (!bytes) return this.skip();
    const { keys } = JSON.parse(new TextDecoder().decode(bytes)) as { keys: Record<string, string> };
    const utf8 = (name: string) => new TextEncoder().encode(keys[name]);
    const { publicKey } = await parsePrivateKey(utf8('rsa_private_pkcs8_pem_TEST_ONLY'));
    expect(publicKey).to.deep.equal(parsePublicKey(utf8('rsa_public_pem')));
    expect(keyName(publicKey)).to.equal('RSA-2048');
  });
});

/** Another point of Ed25519: the one with the other sign. */
const otherSign = (x: Uint8Array) => Uint8Array.from(x, (byte, i) => (i === 31 ? byte ^ 0x80 : byte));

async function jwkOfOtherRsa(): Promise<JsonWebKey> {
  const { pkcs8 } = await read('rsa-pss');
  return await crypto.subtle.exportKey('jwk', await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHMS['rsa-2048'], true, ['sign']));
}

function plus(text: string, more: bigint): string {
  const bytes = fromBase64(text, 'base64url');
  return toBase64(fromBigInt(toBigInt(bytes) + more, bytes.length), 'base64url');
}

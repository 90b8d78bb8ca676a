import { expect } from 'chai';
import { fromBigInt, toBigInt } from '../../../src/core/bytes/big-integer.ts';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { derBitString, derElement, derNull, derNumber, derOid, derSequence, derUnsigned } from '../../../src/core/trust/der-writer.ts';
import { fingerprint, keyName } from '../../../src/core/trust/fingerprint.ts';
import { publicKeyToJwk } from '../../../src/core/trust/jwk.ts';
import { publicKeyToPem } from '../../../src/core/trust/key-export.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';
import { sharedData } from '../../doubles/shared-data.ts';
import { pemFile } from '../../vectors/keys/keys.ts';
import { trustErrorOf } from './trust-errors.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const jwkFile = (jwk: unknown) => utf8(JSON.stringify(jwk));
const publicOf = (name: string) => parsePublicKey(pemFile(`${name}.public`));
const RSA = derSequence(derOid('1.2.840.113549.1.1.1'), derNull());
const EC = (curve: string) => derSequence(derOid('1.2.840.10045.2.1'), derOid(curve));
const P256 = EC('1.2.840.10045.3.1.7');
const rsaSpki = (n: Uint8Array, e: Uint8Array) => derSequence(RSA, derBitString(derSequence(derUnsigned(n), derUnsigned(e))));

describe('parsePublicKey() of a JWK', () => {
  for (const file of ['rsa-2048', 'rsa-3072', 'ec-P-256', 'ec-P-384', 'ec-P-521', 'ed25519']) {
    it(`${file}: reads what publicKeyToJwk() writes, and WebCrypto takes it`, async () => {
      const key = publicOf(file);
      const jwk = publicKeyToJwk(key);
      expect(parsePublicKey(jwkFile({ ...jwk, kid: 'a', use: 'sig', alg: 'whatever', key_ops: ['verify'] }))).to.deep.equal(key);
      const algorithm = {
        RSA: { name: 'RSA-PSS', hash: 'SHA-256' },
        EC: { name: 'ECDSA', namedCurve: 'crv' in jwk ? jwk.crv : '' },
        Ed25519: 'Ed25519',
      };
      const imported = await crypto.subtle.importKey('jwk', jwk as JsonWebKey, algorithm[key.kind], true, ['verify']);
      expect(new Uint8Array(await crypto.subtle.exportKey('spki', imported))).to.deep.equal(key.spki);
    });
  }

  it('tolerates a byte order mark and spaces in front', () => {
    const text = `\ufeff \n${JSON.stringify(publicKeyToJwk(publicOf('ed25519')))}`;
    expect(keyName(parsePublicKey(utf8(text)))).to.equal('Ed25519');
  });

  const ec = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) };
  for (const [what, jwk, code, field, found] of [
    ['no kty', { n: 'AQAB' }, 'KEY_MALFORMED', 'jwk.kty', undefined],
    ['a symmetric key', { kty: 'oct', k: 'AQAB' }, 'KEY_UNSUPPORTED', 'jwk.kty', 'oct'],
    ['a private key', { ...ec, d: 'AQAB' }, 'KEY_UNSUPPORTED', 'jwk', 'private JWK'],
    ['a list', [], 'KEY_MALFORMED', 'file', undefined],
    ['another curve', { ...ec, crv: 'secp256k1' }, 'KEY_UNSUPPORTED', 'jwk.crv', 'secp256k1'],
    ['another curve of Bernstein’s', { kty: 'OKP', crv: 'X25519', x: ec.x }, 'KEY_UNSUPPORTED', 'jwk.crv', 'X25519'],
    ['a coordinate that is too short', { ...ec, x: 'AQAB' }, 'KEY_MALFORMED', 'jwk.x', undefined],
    ['a coordinate that is no base64url', { ...ec, x: '+'.repeat(43) }, 'KEY_MALFORMED', 'jwk.x', undefined],
    ['a coordinate that is no text', { ...ec, x: 5 }, 'KEY_MALFORMED', 'jwk.x', undefined],
    ['an endless coordinate', { ...ec, x: 'A'.repeat(2000) }, 'KEY_MALFORMED', 'jwk.x', undefined],
    ['a point beside the curve', ec, 'KEY_MALFORMED', 'jwk', undefined],
    ['a modulus with a leading zero', { kty: 'RSA', n: 'AAEC', e: 'AQAB' }, 'KEY_MALFORMED', 'jwk.n', undefined],
    [
      'members of a prototype',
      JSON.parse('{"__proto__": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}'),
      'KEY_MALFORMED',
      'jwk.kty',
      undefined,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { code: actual, details } = await trustErrorOf(() => parsePublicKey(jwkFile(jwk)));
      expect([actual, details.field, details.found]).to.deep.equal([code, field, found]);
    });
  }

  it('refuses JSON that is cut, without repeating it', async () => {
    const error = await trustErrorOf(() => parsePublicKey(utf8('{"kty": "RSA", "d": "very secret"')));
    expect([error.code, error.cause, error.message]).to.deep.equal(['KEY_MALFORMED', undefined, 'jwk: must be JSON']);
  });

  it('refuses to write P-192, which JOSE does not know', async () => {
    expect((await trustErrorOf(() => publicKeyToJwk(publicOf('ec-P-192')))).details.found).to.equal('P-192');
  });
});

describe('parsePublicKey() refuses', () => {
  const n = fromBigInt(2n ** 2047n + 1n, 256);
  const e = Uint8Array.of(1, 0, 1);
  const pointOf = (x: bigint, y: bigint) => Uint8Array.of(4, ...fromBigInt(x, 32), ...fromBigInt(y, 32));
  const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
  const key = publicOf('ec-P-256');
  if (key.kind !== 'EC') throw new Error('not EC');
  const [x, y] = [toBigInt(key.x), toBigInt(key.y)];
  const atFive = parsePublicKey(derSequence(P256, derBitString(Uint8Array.of(2, ...fromBigInt(5n, 32)))));
  if (atFive.kind !== 'EC') throw new Error('not EC');

  it('nothing of a key that is right', () => {
    expect(keyName(parsePublicKey(rsaSpki(n, e)))).to.equal('RSA-2048');
    expect(parsePublicKey(derSequence(P256, derBitString(pointOf(x, y))))).to.deep.equal(key);
  });

  for (const [what, bytes, code, field] of [
    ['an empty file', new Uint8Array(), 'KEY_MALFORMED', 'file'],
    ['text of no kind', utf8('ssh-ed25519 AAAA'), 'KEY_MALFORMED', 'file'],
    ['a file that is far too large', new Uint8Array(300_000).fill(0x30), 'KEY_MALFORMED', 'file'],
    ['RSA with 512 bits', rsaSpki(fromBigInt(2n ** 511n + 1n, 64), e), 'KEY_UNSUPPORTED', 'publicKey.subjectPublicKey.modulus'],
    ['RSA with 1023 bits', rsaSpki(fromBigInt(2n ** 1022n + 1n, 128), e), 'KEY_UNSUPPORTED', 'publicKey.subjectPublicKey.modulus'],
    ['RSA with 8193 bits', rsaSpki(fromBigInt(2n ** 8192n + 1n, 1025), e), 'KEY_UNSUPPORTED', 'publicKey.subjectPublicKey.modulus'],
    ['a modulus of zero', rsaSpki(Uint8Array.of(0), e), 'KEY_UNSUPPORTED', 'publicKey.subjectPublicKey.modulus'],
    ['an even modulus', rsaSpki(fromBigInt(2n ** 2047n, 256), e), 'KEY_MALFORMED', 'publicKey.subjectPublicKey.modulus'],
    [
      'a negative modulus',
      derSequence(RSA, derBitString(derSequence(derElement(2, n), derUnsigned(e)))),
      'KEY_MALFORMED',
      'publicKey.subjectPublicKey.modulus',
    ],
    ['an exponent of 1', rsaSpki(n, Uint8Array.of(1)), 'KEY_MALFORMED', 'publicKey.subjectPublicKey.publicExponent'],
    ['an exponent of 0', rsaSpki(n, Uint8Array.of(0)), 'KEY_MALFORMED', 'publicKey.subjectPublicKey.publicExponent'],
    ['an even exponent', rsaSpki(n, Uint8Array.of(4)), 'KEY_MALFORMED', 'publicKey.subjectPublicKey.publicExponent'],
    ['an exponent as large as the modulus', rsaSpki(n, n), 'KEY_MALFORMED', 'publicKey.subjectPublicKey.publicExponent'],
    [
      'a third number',
      derSequence(RSA, derBitString(derSequence(derUnsigned(n), derUnsigned(e), derNumber(1)))),
      'KEY_MALFORMED',
      'publicKey.subjectPublicKey',
    ],
    ['bytes behind the key', Uint8Array.of(...rsaSpki(n, e), 0), 'KEY_MALFORMED', 'publicKey'],
    [
      'a third element',
      derSequence(RSA, derBitString(derSequence(derUnsigned(n), derUnsigned(e))), derNull()),
      'KEY_MALFORMED',
      'publicKey',
    ],
    [
      'parameters of RSA that are not NULL',
      derSequence(derSequence(derOid('1.2.840.113549.1.1.1'), derNumber(1)), derBitString(n)),
      'KEY_MALFORMED',
      'publicKey.algorithm.parameters',
    ],
    [
      'parameters of Ed25519',
      derSequence(derSequence(derOid('1.3.101.112'), derNull()), derBitString(n)),
      'KEY_MALFORMED',
      'publicKey.algorithm',
    ],
    [
      'a key with no curve',
      derSequence(derSequence(derOid('1.2.840.10045.2.1')), derBitString(pointOf(x, y))),
      'KEY_MALFORMED',
      'publicKey.algorithm.parameters',
    ],
    [
      'an implicit curve',
      derSequence(derSequence(derOid('1.2.840.10045.2.1'), derNull()), derBitString(pointOf(x, y))),
      'KEY_MALFORMED',
      'publicKey.algorithm.parameters',
    ],
    [
      'a point on another curve',
      derSequence(EC('1.3.132.0.34'), derBitString(pointOf(x, y))),
      'KEY_MALFORMED',
      'publicKey.subjectPublicKey',
    ],
    ['a point beside the curve', derSequence(P256, derBitString(pointOf(x, y ^ 1n))), 'KEY_MALFORMED', 'publicKey.subjectPublicKey'],
    [
      'a coordinate that is not reduced',
      derSequence(P256, derBitString(pointOf(p + 5n, toBigInt(atFive.y)))),
      'KEY_MALFORMED',
      'publicKey.subjectPublicKey',
    ],
    ['the point at infinity', derSequence(P256, derBitString(Uint8Array.of(0))), 'KEY_MALFORMED', 'publicKey.subjectPublicKey'],
    [
      'a point in the hybrid form',
      derSequence(P256, derBitString(Uint8Array.of(6, ...pointOf(x, y).subarray(1)))),
      'KEY_MALFORMED',
      'publicKey.subjectPublicKey',
    ],
    ['no point', derSequence(P256, derBitString(new Uint8Array())), 'KEY_MALFORMED', 'publicKey.subjectPublicKey'],
    [
      'a compressed point that is on no curve',
      derSequence(P256, derBitString(Uint8Array.of(2, ...fromBigInt(1n, 32)))),
      'KEY_MALFORMED',
      'publicKey.subjectPublicKey',
    ],
    ['64 bytes that are no point', new Uint8Array(64).fill(7), 'KEY_MALFORMED', 'publicKey'],
    [
      'Ed25519 with 31 bytes',
      derSequence(derSequence(derOid('1.3.101.112')), derBitString(new Uint8Array(31))),
      'KEY_MALFORMED',
      'publicKey.subjectPublicKey',
    ],
  ] as const) {
    it(what, async () => {
      const { code: actual, details } = await trustErrorOf(() => parsePublicKey(bytes));
      expect([actual, details.field]).to.deep.equal([code, field]);
    });
  }

  for (const [what, hex] of [
    ['a y that is not reduced', `edffffff${'ff'.repeat(27)}7f`],
    ['a y without an x', `02${'00'.repeat(31)}`],
    ['the identity with a sign', `01${'00'.repeat(30)}80`],
  ] as const) {
    it(`Ed25519 with ${what} (RFC 8032 §5.1.3)`, async () => {
      const spki = derSequence(derSequence(derOid('1.3.101.112')), derBitString(fromHex(hex)));
      expect((await trustErrorOf(() => parsePublicKey(spki))).details.rule).to.equal('must be a point on Ed25519');
    });
  }
});

interface WycheproofGroup {
  readonly publicKeyPem: string;
  readonly publicKeyDer: string;
  readonly publicKeyAsn?: string;
  readonly publicKeyJwk?: object;
  readonly keyJwk?: object;
}

describe('parsePublicKey() of keys of others', () => {
  for (const file of ['rsa_signature_2048_sha256', 'ecdsa_secp256r1_sha256', 'ecdsa_secp256r1_sha256_p1363']) {
    it(`every key of Wycheproof's ${file} is the same in PEM, DER and JWK`, async function () {
      const bytes = await sharedData(`vectors/wycheproof/${file}_test.json`);
      if (!bytes) return this.skip();
      const { testGroups } = JSON.parse(new TextDecoder().decode(bytes)) as { testGroups: readonly WycheproofGroup[] };
      for (const group of testGroups) {
        const { publicKeyPem, publicKeyDer, publicKeyAsn } = group;
        const key = parsePublicKey(utf8(publicKeyPem));
        expect(key.spki).to.deep.equal(fromHex(publicKeyDer));
        expect(parsePublicKey(fromHex(publicKeyDer))).to.deep.equal(key);
        expect(publicKeyToPem(key).trim()).to.equal(publicKeyPem.trim());
        if (publicKeyAsn !== undefined) expect(parsePublicKey(fromHex(publicKeyAsn))).to.deep.equal(key);
        for (const jwk of [group.publicKeyJwk, group.keyJwk]) if (jwk) expect(parsePublicKey(jwkFile(jwk))).to.deep.equal(key);
      }
      expect(testGroups).to.not.have.length(0);
    });
  }

  it('the key of espsecure for Secure Boot V2', async function () {
    const bytes = await sharedData('vectors/esptool/ecdsa256_secure_boot_signing_pubkey.pem');
    if (!bytes) return this.skip();
    const key = parsePublicKey(bytes);
    expect(keyName(key)).to.equal('ECDSA P-256');
    expect(await fingerprint(key)).to.equal(await sha256Hex(key.spki));
  });
});

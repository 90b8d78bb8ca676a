/**
 * Private keys in DER: PKCS#8 in both versions (RFC 5958), and what came before it, PKCS#1 (RFC 8017 §A.1.2) and SEC1 (RFC 5915). One canonical
 * PKCS#8 is written. Decrypts nothing, and computes nothing.
 */
import { toBigInt } from '../bytes/big-integer.ts';
import { toHex } from '../bytes/hex.ts';
import { CURVES, encodePoint } from './curves.ts';
import { contextTag, type DerReader } from './der.ts';
import { derBitString, derElement, derNumber, derOctetString, derSequence, derUnsigned } from './der-writer.ts';
import { encodeKeyAlgorithm, readCurve, readKeyAlgorithm, type KeyAlgorithm } from './key-algorithms.ts';
import type { Curve, PublicKey } from './key-model.ts';
import type { KeyShape } from './key-shapes.ts';
import { ecPublicKey, rsaPublicKey } from './make-public-key.ts';
import { assertRsaNumbers, eachRsaNumber, RSA_NUMBER_NAMES, RSA_NUMBERS, type RsaNumbers } from './rsa-numbers.ts';
import { publicKeyFromBits } from './subject-public-key.ts';
import { malformedKey, unsupportedKey } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export type PrivateHalf =
  | { readonly kind: 'RSA'; readonly numbers: RsaNumbers }
  | { readonly kind: 'EC'; readonly curve: Curve; readonly d: Bytes }
  | { readonly kind: 'Ed25519'; readonly seed: Bytes };

/** What a container states. The public half is not believed yet, and may be missing: RSA keys always have it. */
export interface StatedKey {
  readonly half: PrivateHalf;
  readonly publicKey?: PublicKey;
}

const ED25519_BYTES = 32;
const VERSION_PKCS8 = 0;
const VERSION_SEC1 = 1;
/** RFC 5958 §2, RFC 5915 §3. */
const ATTRIBUTES = contextTag(0);
const PKCS8_PUBLIC_KEY = contextTag(1, 'primitive');
const SEC1_PARAMETERS = contextTag(0);
const SEC1_PUBLIC_KEY = contextTag(1);

export type PrivateKeyShape = Extract<KeyShape, 'PrivateKeyInfo' | 'RSAPrivateKey' | 'ECPrivateKey'>;

/** @param der inside of the outermost SEQUENCE. @throws TrustError */
export function readPrivateKey(der: DerReader, shape: PrivateKeyShape): StatedKey {
  switch (shape) {
    case 'PrivateKeyInfo':
      return readPkcs8(der);
    case 'RSAPrivateKey':
      return readPkcs1(der);
    case 'ECPrivateKey':
      return readSec1(der);
  }
}

/** PrivateKeyInfo, and OneAsymmetricKey where version is 1. */
function readPkcs8(der: DerReader): StatedKey {
  const version = der.number('version', 1);
  const algorithm = readKeyAlgorithm(der, 'privateKeyAlgorithm');
  const key = der.encapsulated('privateKey', (inside) => readByAlgorithm(inside, algorithm));
  if (der.nextIs(ATTRIBUTES)) der.skip('attributes');
  if (version === VERSION_PKCS8 || !der.nextIs(PKCS8_PUBLIC_KEY)) return key;
  const field = `${der.field}.publicKey`;
  return withPublicKey(key, publicKeyFromBits(algorithm, der.bitString('publicKey', PKCS8_PUBLIC_KEY), field), field);
}

function readByAlgorithm(der: DerReader, algorithm: KeyAlgorithm): StatedKey {
  switch (algorithm.kind) {
    case 'RSA':
      return der.sequence('', readPkcs1);
    case 'EC':
      return der.sequence('', (inside) => readSec1(inside, algorithm.curve));
    case 'Ed25519':
      return { half: { kind: 'Ed25519', seed: ed25519Seed(der.octetString(''), der.field) } };
  }
}

/** RSAPrivateKey. */
function readPkcs1(der: DerReader): StatedKey {
  const version = der.number('version', 1);
  if (version !== 0) throw unsupportedKey(`${der.field}.version`, 'must have two primes', 'multi-prime RSA');
  return rsaKey(
    eachRsaNumber((name) => der.unsigned(RSA_NUMBERS[name])),
    der.field,
  );
}

/** ECPrivateKey. `curve`: as PKCS#8 named it; it may be named again, and must then be the same. */
function readSec1(der: DerReader, curve?: Curve): StatedKey {
  const version = der.number('version', 1);
  if (version !== VERSION_SEC1) throw malformedKey(`${der.field}.version`, `must be ${VERSION_SEC1}, not ${version}`);
  const scalar = der.octetString('privateKey');
  const named = der.nextIs(SEC1_PARAMETERS)
    ? der.constructed(SEC1_PARAMETERS, 'parameters', (inside) => readCurve(inside, 'namedCurve'))
    : curve;
  if (named === undefined) throw malformedKey(`${der.field}.parameters`, 'is missing');
  if (curve !== undefined && named !== curve) throw malformedKey(`${der.field}.parameters`, `must be ${curve}, not ${named}`);
  const half: PrivateHalf = { kind: 'EC', curve: named, d: ecScalar(named, scalar, `${der.field}.privateKey`) };
  if (!der.nextIs(SEC1_PUBLIC_KEY)) return { half };
  const point = der.constructed(SEC1_PUBLIC_KEY, 'publicKey', (inside) => inside.bitString(''));
  return { half, publicKey: ecPublicKey(named, point, `${der.field}.publicKey`) };
}

/** A public half that is stated twice must be the same both times. */
function withPublicKey({ half, publicKey }: StatedKey, stated: PublicKey, field: string): StatedKey {
  if (publicKey && toHex(publicKey.spki) !== toHex(stated.spki)) throw malformedKey(field, 'must be the public half of this key');
  return { half, publicKey: stated };
}

/** @throws TrustError */
export function rsaKey(numbers: RsaNumbers, field: string): StatedKey {
  const publicKey = rsaPublicKey(numbers.n, numbers.e, field);
  assertRsaNumbers(numbers, field);
  return { half: { kind: 'RSA', numbers }, publicKey };
}

/** RFC 5915 §3: as long as the order of the curve. @throws TrustError */
export function ecScalar(curve: Curve, d: Bytes, field: string): Bytes {
  const { byteLength, order } = CURVES[curve];
  if (d.length !== byteLength) throw malformedKey(field, `must have ${byteLength} bytes, not ${d.length}`);
  const value = toBigInt(d);
  if (value === 0n || value >= order) throw malformedKey(field, `must be above 0 and below the order of ${curve}`);
  return d;
}

/** @throws TrustError */
export function ed25519Seed(seed: Bytes, field: string): Bytes {
  if (seed.length !== ED25519_BYTES) throw malformedKey(field, `must have ${ED25519_BYTES} bytes, not ${seed.length}`);
  return seed;
}

/** PKCS#8 version 1 as OpenSSL writes it: an EC key with its public half when that is known, without naming its curve twice. */
export function encodePkcs8({ half, publicKey }: StatedKey): Bytes {
  return derSequence(derNumber(VERSION_PKCS8), encodeKeyAlgorithm(half), derOctetString(encodeHalf(half, publicKey)));
}

function encodeHalf(half: PrivateHalf, publicKey?: PublicKey): Bytes {
  switch (half.kind) {
    case 'RSA':
      return derSequence(derNumber(0), ...RSA_NUMBER_NAMES.map((name) => derUnsigned(half.numbers[name])));
    case 'EC': {
      const point = publicKey?.kind === 'EC' ? [derElement(SEC1_PUBLIC_KEY, derBitString(encodePoint(publicKey)))] : [];
      return derSequence(derNumber(VERSION_SEC1), derOctetString(half.d), ...point);
    }
    case 'Ed25519':
      return derOctetString(half.seed);
  }
}

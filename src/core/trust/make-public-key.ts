/**
 * Public keys from their numbers, each checked, with an SPKI written anew: whatever container a key came in, its fingerprint is the same.
 * Knows no containers.
 */
import { toBigInt } from '../bytes/big-integer.ts';
import { decodePoint, encodePoint, isEd25519Point } from './curves.ts';
import { derBitString, derSequence, derUnsigned } from './der-writer.ts';
import { encodeKeyAlgorithm, type KeyAlgorithm } from './key-algorithms.ts';
import type { Curve, EcPublicKey, Ed25519PublicKey, RsaPublicKey } from './key-model.ts';
import { malformedKey, unsupportedKey } from './trust-error.ts';

/** Below, a key protects nothing; above, nobody's device can check it. */
const RSA_BITS = { min: 1024, max: 8192 } as const;

type Bytes = Uint8Array<ArrayBuffer>;

/** `n` and `e` unsigned, without leading zeros. `field` is where they stand. @throws TrustError */
export function rsaPublicKey(n: Bytes, e: Bytes, field: string): RsaPublicKey {
  const modulusBits = n.length === 0 ? 0 : 8 * n.length - (Math.clz32(n[0]!) - 24);
  if (modulusBits < RSA_BITS.min || modulusBits > RSA_BITS.max) {
    throw unsupportedKey(`${field}.modulus`, `must have ${RSA_BITS.min} to ${RSA_BITS.max} bits`, `RSA-${modulusBits}`);
  }
  if (!isOdd(n)) throw malformedKey(`${field}.modulus`, 'must be odd');
  if (!isOdd(e) || (e.length === 1 && e[0] === 1)) throw malformedKey(`${field}.publicExponent`, 'must be odd and above 1');
  if (e.length > n.length || toBigInt(e) >= toBigInt(n)) throw malformedKey(`${field}.publicExponent`, 'must be below the modulus');
  return { kind: 'RSA', modulusBits, n, e, spki: encodeSpki({ kind: 'RSA' }, encodeRsaPublicKey(n, e)) };
}

/** @param point as in SEC 1 §2.3.3. @throws TrustError */
export function ecPublicKey(curve: Curve, point: Uint8Array, field: string): EcPublicKey {
  const { x, y } = decodePoint(curve, point, field);
  return { kind: 'EC', curve, x, y, spki: encodeSpki({ kind: 'EC', curve }, encodePoint({ x, y })) };
}

/** @throws TrustError */
export function ed25519PublicKey(x: Bytes, field: string): Ed25519PublicKey {
  if (x.length !== 32) throw malformedKey(field, `must have 32 bytes, not ${x.length}`);
  if (!isEd25519Point(x)) throw malformedKey(field, 'must be a point on Ed25519');
  return { kind: 'Ed25519', x, spki: encodeSpki({ kind: 'Ed25519' }, x) };
}

/** RSAPublicKey, RFC 8017 §A.1.1: PKCS#1. */
export const encodeRsaPublicKey = (n: Uint8Array, e: Uint8Array): Bytes => derSequence(derUnsigned(n), derUnsigned(e));

const encodeSpki = (algorithm: KeyAlgorithm, key: Uint8Array): Bytes => derSequence(encodeKeyAlgorithm(algorithm), derBitString(key));

const isOdd = (bytes: Uint8Array): boolean => ((bytes.at(-1) ?? 0) & 1) === 1;

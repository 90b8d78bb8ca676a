/** Keys as JSON: RFC 7517, with RSA and EC of RFC 7518 §6 and Ed25519 of RFC 8037. What a key says about its use is not believed, and not kept. */
import { fromBase64, toBase64 } from '../bytes/base64.ts';
import type { FieldReader } from '../fields.ts';
import { CURVES, encodePoint, webCurve, type WebCurve } from './curves.ts';
import type { PublicKey } from './key-model.ts';
import { ecPublicKey, ed25519PublicKey, rsaPublicKey } from './make-public-key.ts';
import { ecScalar, ed25519Seed, rsaKey, type StatedKey } from './pkcs8.ts';
import { eachRsaNumber } from './rsa-numbers.ts';
import { malformedKey, unsupportedKey } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Base64url of 8192 bits. */
const MOST_MEMBER_LENGTH = 1366;
const ED25519_BYTES = 32;

export type PublicJwk =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'EC'; readonly crv: WebCurve; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };

/** The public members; private ones are not looked at. @throws TrustError */
export function publicKeyFromJwk(jwk: FieldReader): PublicKey {
  const kty = jwk.text('kty');
  switch (kty) {
    case 'RSA':
      return rsaPublicKey(unsigned(jwk, 'n'), unsigned(jwk, 'e'), 'jwk');
    case 'EC': {
      const curve = webCurve(jwk.text('crv'), 'jwk.crv');
      const { byteLength } = CURVES[curve];
      return ecPublicKey(curve, encodePoint({ x: fixed(jwk, 'x', byteLength), y: fixed(jwk, 'y', byteLength) }), 'jwk');
    }
    case 'OKP':
      assertEd25519(jwk.text('crv'));
      return ed25519PublicKey(fixed(jwk, 'x', ED25519_BYTES), 'jwk.x');
    default:
      throw unsupportedKey('jwk.kty', 'must be RSA, EC or OKP', kty);
  }
}

/** @throws TrustError */
export function privateKeyFromJwk(jwk: FieldReader): StatedKey {
  const publicKey = publicKeyFromJwk(jwk);
  switch (publicKey.kind) {
    case 'RSA':
      if (jwk.has('oth')) throw unsupportedKey('jwk.oth', 'must have two primes', 'multi-prime RSA');
      return rsaKey(
        eachRsaNumber((name) => unsigned(jwk, name)),
        'jwk',
      );
    case 'EC':
      return { half: { kind: 'EC', curve: publicKey.curve, d: ecScalar(publicKey.curve, bytesOf(jwk, 'd'), 'jwk.d') }, publicKey };
    case 'Ed25519':
      return { half: { kind: 'Ed25519', seed: ed25519Seed(bytesOf(jwk, 'd'), 'jwk.d') }, publicKey };
  }
}

/** @throws TrustError KEY_UNSUPPORTED for P-192, which JOSE has no name for */
export function publicKeyToJwk(key: PublicKey): PublicJwk {
  const text = (bytes: Uint8Array): string => toBase64(bytes, 'base64url');
  switch (key.kind) {
    case 'RSA':
      return { kty: 'RSA', n: text(key.n), e: text(key.e) };
    case 'EC':
      return { kty: 'EC', crv: webCurve(key.curve, 'jwk.crv'), x: text(key.x), y: text(key.y) };
    case 'Ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: text(key.x) };
  }
}

function assertEd25519(crv: string): void {
  if (crv !== 'Ed25519') throw unsupportedKey('jwk.crv', 'must be Ed25519', crv);
}

/** Base64urlUInt, RFC 7518 §2: without leading zeros. */
function unsigned(jwk: FieldReader, name: string): Bytes {
  const bytes = bytesOf(jwk, name);
  if (bytes.length === 0 || bytes[0] === 0) throw malformedKey(`jwk.${name}`, 'must be a number without leading zeros');
  return bytes;
}

function fixed(jwk: FieldReader, name: string, length: number): Bytes {
  const bytes = bytesOf(jwk, name);
  if (bytes.length !== length) throw malformedKey(`jwk.${name}`, `must have ${length} bytes, not ${bytes.length}`);
  return bytes;
}

function bytesOf(jwk: FieldReader, name: string): Bytes {
  try {
    return fromBase64(jwk.text(name, MOST_MEMBER_LENGTH), 'base64url');
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Without the cause: an engine may quote what it could not read.
    throw malformedKey(`jwk.${name}`, 'must be base64url');
  }
}

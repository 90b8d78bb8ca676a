/**
 * The curves that keys lie on, and the question whether a point does (SEC 1 §2.3.4 and §3.2.2.1, SP 800-186 §3.2.1; RFC 8032 §5.1.3).
 * Knows no key formats, and multiplies no points: that is the platform's.
 */
import { fromBigInt, modulo, powerModulo, toBigInt } from '../bytes/big-integer.ts';
import type { Curve } from './key-model.ts';
import { malformedKey, unsupportedKey } from './trust-error.ts';

interface CurveParameters {
  readonly oid: string;
  /** Of a coordinate, and of a private key. */
  readonly byteLength: number;
  /** y² = x³ − 3x + b modulo p. Each p is 3 modulo 4, so that a power is a square root. */
  readonly p: bigint;
  readonly b: bigint;
  /** Of the base point: private keys are below it. */
  readonly order: bigint;
}

/** SP 800-186 §3.2.1.1–5. */
export const CURVES = {
  'P-192': {
    oid: '1.2.840.10045.3.1.1',
    byteLength: 24,
    p: 2n ** 192n - 2n ** 64n - 1n,
    b: 0x64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1n,
    order: 0xffffffffffffffffffffffff99def836146bc9b1b4d22831n,
  },
  'P-256': {
    oid: '1.2.840.10045.3.1.7',
    byteLength: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  'P-384': {
    oid: '1.3.132.0.34',
    byteLength: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  'P-521': {
    oid: '1.3.132.0.35',
    byteLength: 66,
    p: 2n ** 521n - 1n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
} as const satisfies Record<Curve, CurveParameters>;

export const CURVE_NAMES = Object.keys(CURVES) as readonly Curve[];

/** Those that WebCrypto computes with, and that JOSE has names for (RFC 7518 §6.2.1.1). */
export const WEB_CURVES = ['P-256', 'P-384', 'P-521'] as const satisfies readonly Curve[];

export type WebCurve = (typeof WEB_CURVES)[number];

/** @throws TrustError KEY_UNSUPPORTED for the others */
export function webCurve(curve: string, field: string): WebCurve {
  const name = WEB_CURVES.find((name) => name === curve);
  if (name === undefined) throw unsupportedKey(field, `must be one of ${WEB_CURVES.join(', ')}`, curve);
  return name;
}

/** G of SP 800-186 §3.2.1, compressed, in hex. */
export const BASE_POINTS = {
  'P-256': '036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
  'P-384': '03aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7',
  'P-521':
    '0200c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66',
} as const satisfies Record<WebCurve, string>;

/** First byte of an encoded point, SEC 1 §2.3.3. */
export const POINT_FORMS = { compressedEven: 2, compressedOdd: 3, uncompressed: 4 } as const;

interface Point {
  readonly x: Uint8Array<ArrayBuffer>;
  readonly y: Uint8Array<ArrayBuffer>;
}

/** Reads a point in its long or its compressed form. @throws TrustError KEY_MALFORMED unless it lies on the curve. */
export function decodePoint(curve: Curve, bytes: Uint8Array, field: string): Point {
  const { byteLength, p, b }: CurveParameters = CURVES[curve];
  const [form = 0] = bytes;
  const isCompressed = form === POINT_FORMS.compressedEven || form === POINT_FORMS.compressedOdd;
  if (!isCompressed && form !== POINT_FORMS.uncompressed) throw malformedKey(field, `a point starts with 2, 3 or 4, not ${form}`);
  const length = 1 + (isCompressed ? 1 : 2) * byteLength;
  if (bytes.length !== length) throw malformedKey(field, `a point on ${curve} has ${length} bytes here, not ${bytes.length}`);
  const xBytes = bytes.slice(1, 1 + byteLength);
  const x = toBigInt(xBytes);
  const square = modulo(x ** 3n - 3n * x + b, p);
  const y = isCompressed ? rootWithParity(square, p, BigInt(form & 1)) : toBigInt(bytes.subarray(1 + byteLength));
  if (x >= p || y >= p || (y * y) % p !== square) throw malformedKey(field, `must be a point on ${curve}`);
  return { x: xBytes, y: fromBigInt(y, byteLength) };
}

export function encodePoint({ x, y }: Point): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + x.length + y.length);
  bytes[0] = POINT_FORMS.uncompressed;
  bytes.set(x, 1);
  bytes.set(y, 1 + x.length);
  return bytes;
}

/** A square root if there is one, of the two the one with this parity. */
function rootWithParity(square: bigint, p: bigint, parity: bigint): bigint {
  const root = powerModulo(square, (p + 1n) / 4n, p);
  return (root & 1n) === parity ? root : modulo(-root, p);
}

const P_25519 = 2n ** 255n - 19n;
/** d = −121665/121666, RFC 8032 §5.1. */
const D_25519 = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;

/** RFC 8032 §5.1.3: 32 bytes, little-endian y and the sign of x, for which a point exists. */
export function isEd25519Point(bytes: Uint8Array): boolean {
  const value = toBigInt(bytes.toReversed());
  const sign = value >> 255n;
  const y = value & (2n ** 255n - 1n);
  if (bytes.length !== 32 || y >= P_25519) return false;
  const u = modulo(y * y - 1n, P_25519);
  const v = modulo(D_25519 * y * y + 1n, P_25519);
  // x² = u/v has a solution exactly where u·v is a square (Euler); x = 0 has no sign.
  return u === 0n ? sign === 0n : powerModulo(u * v, (P_25519 - 1n) / 2n, P_25519) === 1n;
}

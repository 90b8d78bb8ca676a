/** Keys as data. RFC 8017 (RSA), RFC 5480 (EC), RFC 8410 (Ed25519); curves by their JOSE names (RFC 7518). */

export type Curve = 'P-192' | 'P-256' | 'P-384' | 'P-521';

interface Spki {
  /** SubjectPublicKeyInfo, DER (RFC 5280 §4.1): what is hashed into the fingerprint and written into every file. */
  readonly spki: Uint8Array<ArrayBuffer>;
}

export interface RsaPublicKey extends Spki {
  readonly kind: 'RSA';
  readonly modulusBits: number;
  /** Unsigned, big-endian, without leading zeros. */
  readonly n: Uint8Array<ArrayBuffer>;
  readonly e: Uint8Array<ArrayBuffer>;
}

export interface EcPublicKey extends Spki {
  readonly kind: 'EC';
  readonly curve: Curve;
  /** Big-endian, as long as the curve's field: 24, 32, 48, 66 bytes. */
  readonly x: Uint8Array<ArrayBuffer>;
  readonly y: Uint8Array<ArrayBuffer>;
}

export interface Ed25519PublicKey extends Spki {
  readonly kind: 'Ed25519';
  /** 32 bytes. */
  readonly x: Uint8Array<ArrayBuffer>;
}

export type PublicKey = RsaPublicKey | EcPublicKey | Ed25519PublicKey;

export interface PrivateKey {
  readonly publicKey: PublicKey;
  /** PKCS#8 (RFC 5958, version 1) in DER, not encrypted: for `crypto.subtle.importKey` and `encryptPkcs8`. */
  readonly pkcs8: Uint8Array<ArrayBuffer>;
}

/** SHA-256 of the SPKI, 64 lower-case hex digits: how a key is named everywhere. */
export type Fingerprint = string;

export const FINGERPRINT = /^[0-9a-f]{64}$/;

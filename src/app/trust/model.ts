/** What is kept of keys, secrets, products and releases, and what the UI shows of them. Data only. Times are ms since 1970. */
import type { Fingerprint } from '../../core/trust/key-model.ts';
import type { FirmwareSignature, SignatureFinding } from '../../core/trust/firmware-signature.ts';

// ---- keys ----

export const KEY_STATUSES = ['active', 'retired', 'revoked'] as const;
/** `retired` signs no more, and what it signed stays good; what `revoked` signed may be anybody's, for good. */
export type KeyStatus = (typeof KEY_STATUSES)[number];

export interface KeyRecord {
  readonly id: Fingerprint;
  readonly name: string;
  readonly purpose: string;
  /** As `keyName()` spells it: `RSA-2048`, `ECDSA P-256` … */
  readonly algorithm: string;
  /** Too short to sign or to be trusted: it is kept to look at what it signed long ago. */
  readonly isWeak: boolean;
  /** SPKI, base64. */
  readonly spki: string;
  /** `here`: signs in this browser, and nothing can take it out. `exportable`: a backup can be made. */
  readonly privateKey: 'none' | 'here' | 'exportable';
  readonly status: KeyStatus;
  readonly source: 'made' | 'imported';
  readonly createdAt: number;
  /** Of its last signature. */
  readonly usedAt?: number;
  /** Of the last change of `status`. */
  readonly statusAt?: number;
  /** Of a revoked key only: it is in the ring no more, and what is left of it keeps it revoked, whoever brings it again. */
  readonly deletedAt?: number;
}

export const SECRET_USES = ['aes-256', 'psk'] as const;
export type SecretUse = (typeof SECRET_USES)[number];

export interface SecretRecord {
  readonly id: string;
  readonly name: string;
  readonly use: SecretUse;
  /** Only an exportable one can go into a `keys.h`. */
  readonly exportable: boolean;
  readonly source: 'made' | 'imported';
  readonly createdAt: number;
  readonly usedAt?: number;
}

/** Whose firmware a product takes. A product is what the image calls its project. */
export interface ProductTrust {
  readonly product: string;
  readonly keyIds: readonly Fingerprint[];
}

// ---- signatures ----

/** Kept with a firmware, byte for byte as it came or was made. */
export interface StoredSignature {
  /** Raw, base64. */
  readonly value: string;
  /** Of the key that made it, when that is known. */
  readonly keyId?: Fingerprint;
  readonly fileName?: string;
  readonly addedAt: number;
}

/** All that is known of who stands behind a firmware. */
export interface FirmwareTrust {
  readonly product: string;
  readonly signature: FirmwareSignature;
  readonly findings: readonly SignatureFinding[];
  /** Those that lie beside it; the last of the findings are theirs, in this order. */
  readonly signatures: readonly StoredSignature[];
  /** At least one key was pinned for the product: what is not signed by a trusted one is out of the ordinary. */
  readonly isPinned: boolean;
}

// ---- releases ----

/** A line of root files that is trusted, by the fingerprint of its first. */
export interface RootRecord {
  readonly id: string;
  /** What a person calls whoever publishes under it. */
  readonly name: string;
  readonly version: number;
  /** Where sets under it were read last. */
  readonly source: string;
  /** All addresses where they were read, the last one first, as many as are remembered. */
  readonly addresses?: readonly string[];
  readonly acceptedAt: number;
}

/** A release that was verified and accepted, or was made here. */
export interface ReleaseRecord {
  /** SHA-256 of the release file. */
  readonly id: string;
  readonly rootId: string;
  /** Of the image. */
  readonly sha256: string;
  readonly product: string;
  readonly version: string;
  readonly counter: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly acceptedAt: number;
}

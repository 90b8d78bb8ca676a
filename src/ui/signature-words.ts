/** Signatures in words: what a firmware's signatures come to, and what each of them is. */
import type { FirmwareSignature, FirmwareSignatureStatus, SignatureSource } from '../core/trust/firmware-signature.ts';
import { isWeak } from '../core/trust/key-strength.ts';
import type { CannotCheckReason, InvalidReason } from '../core/trust/signature-verdict.ts';
import type { FirmwareTrust } from '../app/trust/model.ts';
import type { IconName } from './elements/icons.ts';
import { shortName } from './format.ts';

interface StatusWords {
  readonly icon: IconName;
  /** On the shelf. */
  readonly mark: string;
  /** `data-sign` of a `.sign`. */
  readonly sign: 'ok' | 'none' | 'fault' | 'out';
}

export const STATUS_WORDS = {
  trusted: { icon: 'signed', mark: 'Signed', sign: 'ok' },
  tampered: { icon: 'cross', mark: 'Tampered', sign: 'fault' },
  'revoked-key': { icon: 'caution', mark: 'Revoked key', sign: 'none' },
  'unknown-key': { icon: 'info', mark: 'Untrusted key', sign: 'out' },
  'cannot-check': { icon: 'info', mark: 'Unchecked', sign: 'out' },
  unsigned: { icon: 'info', mark: 'Not signed', sign: 'out' },
} as const satisfies Record<FirmwareSignatureStatus, StatusWords>;

const INVALID = {
  content: 'it was made over other bytes than these',
  signature: 'its key did not make it over these bytes',
  block: 'the block that holds it is damaged',
  'no-trusted-key': 'no trusted key made its signature over these bytes: they were changed, or somebody else signed them',
} as const satisfies Record<InvalidReason, string>;

const CANNOT = {
  'key-unsupported': 'this browser has no such kind of key',
  'scheme-unknown': 'its kind is not known here',
  'no-key': 'no key of the key ring made it over these bytes',
  encrypted: 'flash encryption hides what is signed',
  'partly-signed': 'it covers a part of the file, and the rest nobody signed',
} as const satisfies Record<CannotCheckReason, string>;

const WHY: Readonly<Record<string, string>> = { ...INVALID, ...CANNOT };

/** From the `reason` of a verdict, as a clause. */
export const whyWords = (reason: string): string => (Object.hasOwn(WHY, reason) ? WHY[reason]! : 'it breaks a rule');

const UNTRUSTED: Readonly<Record<string, string>> = {
  unsigned: 'is not signed',
  tampered: 'is not what was signed',
  'unknown-key': 'is signed by a key that it does not trust',
  'revoked-key': 'is signed by a key that was revoked',
  'cannot-check': 'has a signature that cannot be checked',
  'other-product': 'is of another product, or does not say of which',
};

/** Why a board that gets only trusted firmware does not get it, as a clause. */
export const untrustedWords = (status: string): string => (Object.hasOwn(UNTRUSTED, status) ? UNTRUSTED[status]! : 'is not trusted');

const FINGERPRINT = /^[0-9a-f]{64}$/;

/** `3f9a12bc…77e0d4a1` */
export const shortFingerprint = (fingerprint: string): string => `${fingerprint.slice(0, 8)}…${fingerprint.slice(-8)}`;

/** A name, or `the key 3f9a12bc…77e0d4a1`. */
export function keyWords(nameOrFingerprint: string): string {
  if (nameOrFingerprint === '') return 'a key that nobody names';
  return FINGERPRINT.test(nameOrFingerprint) ? `the key ${shortFingerprint(nameOrFingerprint)}` : shortName(nameOrFingerprint, 64);
}

export const productWords = (product: string): string => (product === '' ? 'this product' : shortName(product, 48));

/** The one status as a sentence, without its full stop. */
export function signatureSentence({ signature, product, isPinned }: FirmwareTrust): string {
  const of = productWords(product);
  switch (signature.status) {
    case 'trusted':
      return `Signed by ${keyWords(signature.key.name)}, which ${of} trusts`;
    case 'tampered':
      return `${signature.reason === 'no-trusted-key' ? 'Not trusted' : 'Not what was signed'}: ${whyWords(signature.reason)}`;
    case 'revoked-key':
      return `Signed by ${keyWords(signature.key.name)}, which was revoked: it may be anybody’s`;
    case 'unknown-key':
      if (isWeak(signature.publicKey)) return `Valid, by ${keyOf(signature)}, which is too short to be trusted`;
      return `Valid, by ${keyOf(signature)}${signature.key ? `, which ${of} does not trust` : ', which is not in the key ring'}`;
    case 'cannot-check':
      return `Cannot be checked: ${whyWords(signature.reason)}`;
    case 'unsigned':
      return isPinned ? `Not signed, although ${of} trusts keys` : 'Not signed';
  }
}

/** As short as a cell of a table. */
export function signatureBrief({ signature }: FirmwareTrust): string {
  switch (signature.status) {
    case 'trusted':
      return `${keyWords(signature.key.name)}, trusted`;
    case 'tampered':
      return 'not what was signed';
    case 'revoked-key':
      return `${keyWords(signature.key.name)}, revoked`;
    case 'unknown-key':
      return `${keyOf(signature)}, not trusted`;
    case 'cannot-check':
      return 'cannot be checked';
    case 'unsigned':
      return 'none';
  }
}

const keyOf = ({ key, fingerprint }: Extract<FirmwareSignature, { readonly status: 'unknown-key' }>): string =>
  keyWords(key?.name ?? fingerprint);

const DETACHED_SCHEMES = {
  'RSA-PKCS1-SHA256': 'RSA PKCS#1 v1.5, SHA-256',
  'RSA-PSS-OF-HASH': 'RSA-PSS over the SHA-256',
  'ECDSA-SHA256': 'ECDSA, SHA-256',
  Ed25519: 'Ed25519',
} as const;

const SECURE_BOOT_SCHEMES = {
  'RSA-3072-PSS': 'RSA-3072',
  'ECDSA-P192': 'ECDSA P-192',
  'ECDSA-P256': 'ECDSA P-256',
  'ECDSA-P384': 'ECDSA P-384',
  unknown: 'of an unknown kind',
} as const;

/** How a signature was made, and where in the image it stands; empty where nobody knows. */
export function sourceWords(source: SignatureSource | undefined): string {
  if (!source) return '';
  if (source.form === 'detached') return source.scheme ? DETACHED_SCHEMES[source.scheme] : '';
  return `Secure Boot V${source.version}, block ${source.index + 1}, ${SECURE_BOOT_SCHEMES[source.scheme]}`;
}

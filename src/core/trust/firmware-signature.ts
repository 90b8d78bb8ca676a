/**
 * What the signatures of a firmware come to: one status, for library, X-ray and pre-flight. Knows no files and verifies nothing: it weighs what was
 * found (`firmware-check.ts`) against the keys that are known for a product.
 */
import { defined } from '../fields.ts';
import type { SecureBootBlock } from '../image/model.ts';
import type { DetachedScheme } from './detached-signature.ts';
import type { Fingerprint, PublicKey } from './key-model.ts';
import { isWeak } from './key-strength.ts';
import type { CannotCheckReason, InvalidReason } from './signature-verdict.ts';

/** A key as it stands for one product. */
export interface KnownKey {
  readonly fingerprint: Fingerprint;
  readonly name: string;
  readonly publicKey: PublicKey;
  /** `retired` signs no more, and what it signed stays good; what `revoked` signed may be anybody's. */
  readonly status: 'active' | 'retired' | 'revoked';
  /** Whether the product believes it. */
  readonly trusted: boolean;
}

/** Where a signature is, and how it was made. */
export type SignatureSource =
  | {
      readonly form: 'secure-boot';
      readonly version: SecureBootBlock['version'];
      readonly index: number;
      readonly scheme: SecureBootBlock['scheme'];
      readonly keyDigest?: string;
    }
  /** The scheme is known only of what is valid. */
  | { readonly form: 'detached'; readonly scheme?: DetachedScheme };

/** What one signature turned out to be. */
export type SignatureFinding =
  | { readonly verdict: 'valid'; readonly source: SignatureSource; readonly fingerprint: Fingerprint; readonly publicKey: PublicKey }
  /** `fingerprint`: of the key that the signature says it is by. */
  | {
      readonly verdict: 'invalid';
      readonly reason: InvalidReason;
      readonly source: SignatureSource;
      readonly fingerprint?: Fingerprint;
    }
  | {
      readonly verdict: 'cannot-check';
      readonly reason: CannotCheckReason;
      readonly source?: SignatureSource;
      readonly fingerprint?: Fingerprint;
    };

type InvalidFinding = Extract<SignatureFinding, { readonly verdict: 'invalid' }>;
type UncheckedFinding = Extract<SignatureFinding, { readonly verdict: 'cannot-check' }>;

export type FirmwareSignature =
  | { readonly status: 'trusted'; readonly key: KnownKey; readonly source: SignatureSource }
  | ({ readonly status: 'tampered' } & Omit<InvalidFinding, 'verdict'>)
  | { readonly status: 'revoked-key'; readonly key: KnownKey; readonly source: SignatureSource }
  /** Valid, by a key that the product does not believe, or that is too weak to be believed; `key` when it is in the key ring all the same. */
  | {
      readonly status: 'unknown-key';
      readonly fingerprint: Fingerprint;
      readonly publicKey: PublicKey;
      readonly key?: KnownKey;
      readonly source: SignatureSource;
    }
  | ({ readonly status: 'cannot-check' } & Omit<UncheckedFinding, 'verdict'>)
  | { readonly status: 'unsigned' };

export type FirmwareSignatureStatus = FirmwareSignature['status'];

/**
 * Of several signatures the first of these decides. One that is trusted proves the bytes, whatever else is stuck to them. Without one, a signature
 * that is wrong weighs more than any that is merely not trusted, and one that could be checked tells more than one that could not.
 */
export const STATUS_PRECEDENCE = [
  'trusted',
  'tampered',
  'revoked-key',
  'unknown-key',
  'cannot-check',
  'unsigned',
] as const satisfies readonly FirmwareSignatureStatus[];

export function judgeFirmware(findings: readonly SignatureFinding[], keys: readonly KnownKey[]): FirmwareSignature {
  const judged = findings.map((finding) => judgeFinding(finding, keys));
  const decisive = STATUS_PRECEDENCE.find((status) => judged.some((other) => other.status === status));
  return judged.find(({ status }) => status === decisive) ?? { status: 'unsigned' };
}

function judgeFinding(finding: SignatureFinding, keys: readonly KnownKey[]): FirmwareSignature {
  switch (finding.verdict) {
    case 'invalid':
      return { status: 'tampered', reason: finding.reason, source: finding.source, ...defined({ fingerprint: finding.fingerprint }) };
    case 'cannot-check':
      return { status: 'cannot-check', reason: finding.reason, ...defined({ source: finding.source, fingerprint: finding.fingerprint }) };
    case 'valid': {
      const { fingerprint, publicKey, source } = finding;
      const key = keys.find((known) => known.fingerprint === fingerprint);
      if (key?.status === 'revoked') return { status: 'revoked-key', key, source };
      if (key?.trusted === true && !isWeak(publicKey)) return { status: 'trusted', key, source };
      return { status: 'unknown-key', fingerprint, publicKey, source, ...(key && { key }) };
    }
  }
}

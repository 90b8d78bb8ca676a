/**
 * The one error of this room: a key, a signature, a release or a log breaks a rule of its format, or may not be believed.
 * A signature that is well formed and wrong is no error: it is the answer of whoever verifies.
 */
import { OtterError } from '../errors.ts';

export const TRUST_ERROR_CODES = [
  // ---- keys ----
  'KEY_MALFORMED',
  /** Well formed, and of a kind that nothing here can use. */
  'KEY_UNSUPPORTED',
  /** Encrypted in a way that is not read here (`Proc-Type`, PBES1, scrypt …); `details.found` names it. */
  'KEY_ENCRYPTION_UNSUPPORTED',
  'KEY_PASSPHRASE_NEEDED',
  'KEY_PASSPHRASE_WRONG',
  // ---- signatures ----
  'SIGNATURE_MALFORMED',
  // ---- JSON and JWS ----
  /** Data that has no single spelling in JSON (RFC 8785). */
  'JSON_UNFIT',
  /** No JSON, or JSON that two readers could read differently. */
  'JSON_MALFORMED',
  'JWS_MALFORMED',
  /** `none`, or an algorithm that is not used here; `details.found` names it. */
  'JWS_ALGORITHM',
  'JWS_CRIT',
  /** A header brings a key along, or says where to find one. */
  'JWS_EMBEDDED_KEY',
  /** `b64`: a payload as it is (RFC 7797). */
  'JWS_UNENCODED',
  /** A header that matters stands outside of what is signed. */
  'JWS_UNPROTECTED',
  /** Two signatures by one key. */
  'JWS_KEY_TWICE',
  /** The algorithm is not one for this key. */
  'JWS_KEY_UNFIT',
  /** Two files that are to be merged sign different things. */
  'JWS_PAYLOAD_DIFFERS',
  // ---- releases ----
  /** Fewer keys have signed than the root file wants. */
  'THRESHOLD_NOT_MET',
  /** So few because one of them is revoked. */
  'KEY_REVOKED',
  /** Enough may have signed, but the browser cannot check it. */
  'THRESHOLD_UNCHECKED',
  'ROOT_MALFORMED',
  /** Not the root file whose fingerprint was confirmed. */
  'ROOT_UNKNOWN',
  /** Another root file under a version that its line has already, signed by keys of that line. */
  'ROOT_FORKED',
  /** What it builds on is not the newest of its line any more. */
  'ROOT_OVERTAKEN',
  /** A new root file that the keys of the one before it did not sign. */
  'ROOT_OLD_KEYS_MISSING',
  /** A new root file that its own keys did not sign. */
  'ROOT_NEW_KEYS_MISSING',
  'ROOT_ROLLBACK',
  /** Not the one that follows the root file that is trusted. */
  'ROOT_SKIPPED',
  'ROOT_EXPIRED',
  'INDEX_MALFORMED',
  'INDEX_ROLLBACK',
  'INDEX_EXPIRED',
  'RELEASE_MALFORMED',
  /** Mix-and-match: signed once, but not the one that the index names. */
  'RELEASE_NOT_LISTED',
  /** The image is not the one that was signed. */
  'RELEASE_IMAGE_WRONG',
  'RELEASE_WRONG_PRODUCT',
  'RELEASE_WRONG_CHIP',
  'RELEASE_WRONG_HARDWARE',
  /** Made for certain hardware, and nothing says what this is. */
  'RELEASE_HARDWARE_UNKNOWN',
  /** Nothing says which product this is. */
  'RELEASE_PRODUCT_UNKNOWN',
  /** Nothing says which chip this is. */
  'RELEASE_CHIP_UNKNOWN',
  /** The counter would go back. */
  'RELEASE_ROLLBACK',
  /** What runs is too old to be updated to this in one step. */
  'RELEASE_STEP_TOO_LARGE',
  /** Asks for a release to come from, and nothing says what runs. */
  'RELEASE_FROM_UNKNOWN',
  'RELEASE_EXPIRED',
  /** A root file, a release or a draft that is not kept here (any more). */
  'RELEASE_FORGOTTEN',
  // ---- release sets ----
  'SET_FILE_MISSING',
  'SET_FILE_TOO_LARGE',
  /** The parts of a set that is to be written do not fit together. */
  'SET_INCONSISTENT',
  // ---- the log ----
  'LOG_MALFORMED',
  'HEAD_MALFORMED',
] as const;

export type TrustErrorCode = (typeof TRUST_ERROR_CODES)[number];

export interface TrustErrorDetails {
  /** What breaks the rule: `privateKey.algorithm.parameters`, `payload.counter` … */
  readonly field: string;
  /** The rule, with the values that break it; for engineers, not translated. */
  readonly rule: string;
  /** What was found instead, where it has a name. */
  readonly found?: string;
}

export class TrustError extends OtterError<TrustErrorCode, TrustErrorDetails> {
  override readonly name = 'TrustError';

  constructor(code: TrustErrorCode, field: string, rule: string, more: { readonly found?: string; readonly cause?: unknown } = {}) {
    const { found, cause } = more;
    super(
      code,
      `${field}: ${rule}`,
      { field, rule, ...(found === undefined ? {} : { found }) },
      cause === undefined ? undefined : { cause },
    );
  }
}

/** For readers that leave the choice of the error to their caller: a broken rule becomes a `TrustError` with `code`. */
export const failWith =
  (code: TrustErrorCode) =>
  (field: string, rule: string): TrustError =>
    new TrustError(code, field, rule);

/** Well formed, and nothing here can use it; `found` is its name. */
export const unsupportedKey = (field: string, rule: string, found?: string): TrustError =>
  new TrustError('KEY_UNSUPPORTED', field, rule, found === undefined ? {} : { found });

export const malformedKey = failWith('KEY_MALFORMED');

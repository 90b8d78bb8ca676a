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
  // ---- releases ----
  /** Data that has no single spelling in JSON (RFC 8785). */
  'JSON_UNFIT',
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

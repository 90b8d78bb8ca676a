/** What the key ring refuses. The faults of key files are `TrustError`s. No words for people here: those are in `ui/trust-messages.ts`. */
import { OtterError } from '../../core/errors.ts';
import type { ErrorDetails } from '../errors.ts';

export type KeyRingErrorCode =
  | 'KEY_UNKNOWN'
  /** Retired, or revoked: it signs no more. */
  | 'KEY_NOT_ACTIVE'
  /** Only the public half is here. */
  | 'KEY_WITHOUT_PRIVATE_HALF'
  | 'KEY_NOT_EXPORTABLE'
  | 'KEY_REVOKED_FOR_GOOD'
  /** RSA of too few bits: `details.algorithm`, `details.least`. */
  | 'KEY_TOO_WEAK'
  /** A name is missing, or it is too long; `details.field` says which. */
  | 'KEY_NAME_INVALID'
  /** PKCS#1 is for RSA keys, and JWK has no name for some curves. */
  | 'KEY_HAS_NO_SUCH_FORM'
  /** Of one product; `details.limit`. */
  | 'TOO_MANY_PINS'
  | 'SECRET_UNKNOWN'
  | 'SECRET_NOT_EXPORTABLE';

export class KeyRingError extends OtterError<KeyRingErrorCode, ErrorDetails> {
  override readonly name = 'KeyRingError';
}

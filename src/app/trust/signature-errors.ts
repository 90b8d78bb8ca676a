/** What signing, keeping signatures and guarding devices refuse. What is wrong with a signature file is a `TrustError`. */
import { OtterError } from '../../core/errors.ts';
import type { ErrorDetails } from '../errors.ts';

export type SignatureErrorCode =
  | 'TOO_MANY_SIGNATURES'
  /** It was taken away meanwhile. */
  | 'SIGNATURE_UNKNOWN'
  /** A firmware was looked for that a `.sig` belongs to, and there is none or more than one. */
  | 'SIGNATURE_WITHOUT_FIRMWARE'
  /** The bytes are no firmware: signed, they could be a release, a root file or the head of a log. */
  | 'NOT_A_FIRMWARE'
  /** The product that runs on a board trusts no key (that is not revoked). */
  | 'NO_KEY_PINNED'
  /** Nothing tells which product runs there. */
  | 'PRODUCT_UNKNOWN'
  /** What lies in a slot is known here, and not trusted for the board; `details.status`. */
  | 'SLOT_UNTRUSTED'
  /** What lies in a slot is not known here: somebody has to say that they mean it. */
  | 'SLOT_NOT_KNOWN'
  /** The board may be a guarded one, for which it would be one of the two: as above. */
  | 'SLOT_MAY_BE_GUARDED';

export class SignatureError extends OtterError<SignatureErrorCode, ErrorDetails> {
  override readonly name = 'SignatureError';
}

/** What comes out of looking at a signature. "Wrong" and "could not be checked" are different answers. */

/** Why nothing can be said. */
export type CannotCheckReason =
  /** A curve, size or algorithm that the browser does not have (P-192 for one). */
  | 'key-unsupported'
  /** A signature block of a kind that is not known here. */
  | 'scheme-unknown'
  /** The key that could check it is not here. */
  | 'no-key'
  /** Flash encryption hides what is signed. */
  | 'encrypted'
  /** Right for a part of the file; the rest of it nobody signed. */
  | 'partly-signed';

/** What is wrong. */
export type InvalidReason =
  /** It is stated over other bytes than these. */
  | 'content'
  /** It was not made by this key over these bytes. */
  | 'signature'
  /** It names no key, and no trusted one made it over these bytes: they were changed, or somebody else signed them. */
  | 'no-trusted-key'
  /** The block that holds it breaks its own rules. */
  | 'block';

/** Keys that can be read, and that nobody should rely on any more. */
import type { PublicKey } from './key-model.ts';

/** NIST SP 800-131A; RFC 7518 §3.3 and §3.5 ask the same of a JWS. */
export const LEAST_RSA_BITS = 2048;

/** Its signatures can be checked, and prove nothing: somebody else may have made them. */
export const isWeak = (key: PublicKey): boolean => key.kind === 'RSA' && key.modulusBits < LEAST_RSA_BITS;

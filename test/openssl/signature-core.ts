/** What the round trip with OpenSSL needs of the core, for a bundle that runs in Node as well. */
import { encodeSignatureFile, parseSignatureFile, signDetached, verifyDetached } from '../../src/core/trust/detached-signature.ts';
import { parsePublicKey } from '../../src/core/trust/public-key.ts';

export const core = { encodeSignatureFile, parsePublicKey, parseSignatureFile, signDetached, verifyDetached };

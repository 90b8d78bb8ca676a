/** Public keys out of every container that OpenSSL, espsecure and JOSE write. */
import { assertNever } from '../errors.ts';
import { publicKeyFromJwk } from './jwk.ts';
import { openKeyFile } from './key-file.ts';
import type { PublicKey } from './key-model.ts';
import { ecPublicKey } from './make-public-key.ts';
import { findPem } from './pem.ts';
import { publicKeyFromDer } from './subject-public-key.ts';
import { unsupportedKey } from './trust-error.ts';

const LABELS = ['PUBLIC KEY', 'RSA PUBLIC KEY'] as const;

/**
 * PEM (`PUBLIC KEY`, `RSA PUBLIC KEY`; the first of them in the file), SPKI or PKCS#1 in DER, JWK, or the 64 bytes of a Secure Boot V1 key.
 * @throws TrustError KEY_MALFORMED; KEY_UNSUPPORTED with what it is instead in `found`: `CERTIFICATE`, `PRIVATE KEY`, `secp256k1` …
 */
export function parsePublicKey(bytes: Uint8Array): PublicKey {
  const file = openKeyFile(bytes);
  switch (file.container) {
    case 'PEM':
      return publicKeyFromDer(findPem(file.text, LABELS).bytes);
    case 'DER':
      return publicKeyFromDer(file.bytes);
    case 'JWK':
      if (file.jwk.has('d')) throw unsupportedKey('jwk', 'must be a public key', 'private JWK');
      return publicKeyFromJwk(file.jwk);
    case 'point':
      return ecPublicKey('P-256', Uint8Array.of(4, ...file.bytes), 'publicKey');
    default:
      return assertNever(file);
  }
}

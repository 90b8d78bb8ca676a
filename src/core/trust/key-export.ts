/** Keys as files for others. JWK is in `jwk.ts`; a public key in DER is its `spki`. */
import { encodeRsaPublicKey } from './make-public-key.ts';
import type { PublicKey, RsaPublicKey } from './key-model.ts';
import { toPem } from './pem.ts';

/** SPKI, as `openssl pkey -pubout` writes it. */
export const publicKeyToPem = (key: PublicKey): string => toPem('PUBLIC KEY', key.spki);

/** PKCS#1, as `openssl rsa -RSAPublicKey_out` writes it. */
export const publicKeyToPkcs1Pem = ({ n, e }: RsaPublicKey): string => toPem('RSA PUBLIC KEY', encodeRsaPublicKey(n, e));

/** PKCS#8 in DER as `encryptPkcs8` returns it. */
export const encryptedKeyToPem = (encryptedPkcs8: Uint8Array): string => toPem('ENCRYPTED PRIVATE KEY', encryptedPkcs8);

/** Private keys out of every container that OpenSSL, espsecure and JOSE write. Keeps nothing, and names no secret in an error. */
import { assertNever } from '../errors.ts';
import { readDer, type DerReader } from './der.ts';
import { privateKeyFromJwk } from './jwk.ts';
import { openKeyFile } from './key-file.ts';
import { completePrivateKey, type PrivateKey } from './key-halves.ts';
import { keyShapeOf } from './key-shapes.ts';
import { decryptPkcs8, readEncryptedKey, type EncryptedKey } from './pbes2.ts';
import { findPem } from './pem.ts';
import { readPrivateKey, type StatedKey } from './pkcs8.ts';
import { malformedKey, unsupportedKey } from './trust-error.ts';

const LABELS = ['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'] as const;
const FIELD = 'privateKey';

/**
 * PEM, DER or JWK; PKCS#8, PKCS#1, SEC1, or PKCS#8 under a passphrase (PBES2). Of several PEM blocks the first that is a private key.
 * @throws TrustError KEY_MALFORMED, KEY_UNSUPPORTED, KEY_ENCRYPTION_UNSUPPORTED, KEY_PASSPHRASE_NEEDED, KEY_PASSPHRASE_WRONG
 */
export async function parsePrivateKey(bytes: Uint8Array, passphrase?: string): Promise<PrivateKey> {
  return await completePrivateKey(await statedKey(bytes, passphrase));
}

async function statedKey(bytes: Uint8Array, passphrase: string | undefined): Promise<StatedKey> {
  const file = openKeyFile(bytes);
  switch (file.container) {
    case 'PEM':
      return await statedKeyFromDer(findPem(file.text, LABELS).bytes, passphrase);
    case 'DER':
      return await statedKeyFromDer(file.bytes, passphrase);
    case 'JWK':
      if (!file.jwk.has('d')) throw unsupportedKey('jwk', 'must be a private key', 'public JWK');
      return privateKeyFromJwk(file.jwk);
    case 'point':
      throw unsupportedKey(FIELD, 'must be a private key', 'Secure Boot V1 public key');
    default:
      return assertNever(file);
  }
}

async function statedKeyFromDer(bytes: Uint8Array, passphrase: string | undefined): Promise<StatedKey> {
  const key = readDerKey(bytes);
  if ('half' in key) return key;
  const inner = readDerKey(await decryptPkcs8(key, passphrase));
  if ('half' in inner) return inner;
  throw unsupportedKey(FIELD, 'must be encrypted once', 'EncryptedPrivateKeyInfo');
}

const readDerKey = (bytes: Uint8Array): StatedKey | EncryptedKey =>
  readDer(bytes, { field: FIELD, fault: malformedKey }, (der) => der.sequence('', readShape));

function readShape(der: DerReader): StatedKey | EncryptedKey {
  const shape = keyShapeOf(der);
  switch (shape) {
    case 'EncryptedPrivateKeyInfo':
      return readEncryptedKey(der);
    case 'PrivateKeyInfo':
    case 'ECPrivateKey':
    case 'RSAPrivateKey':
      return readPrivateKey(der, shape);
    default:
      throw unsupportedKey(der.field, 'must be a private key', shape);
  }
}

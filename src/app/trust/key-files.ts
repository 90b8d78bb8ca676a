/** Keys as files for others, and their names. Asks nobody and keeps nothing. */
import { OtterError } from '../../core/errors.ts';
import { encryptedKeyToPem, publicKeyToPem, publicKeyToPkcs1Pem } from '../../core/trust/key-export.ts';
import type { PublicKey } from '../../core/trust/key-model.ts';
import { publicKeyToJwk } from '../../core/trust/jwk.ts';
import { encryptPkcs8 } from '../../core/trust/pbes2.ts';
import { plainName } from '../../core/trust/set-files.ts';
import { exportSigningKey } from '../../core/trust/signing-key.ts';
import { KeyRingError } from './key-errors.ts';
import type { KeyRecord } from './model.ts';
import type { RandomSource } from './ports.ts';
import type { NamedFile, PublicKeyFormat } from './services.ts';

const PEM = 'application/x-pem-file';

const FORMATS = {
  pem: { ending: 'pub.pem', type: PEM, write: publicKeyToPem },
  pkcs1: { ending: 'pkcs1.pem', type: PEM, write: pkcs1 },
  jwk: { ending: 'pub.jwk', type: 'application/jwk+json', write: (key) => `${JSON.stringify(publicKeyToJwk(key), undefined, 2)}\n` },
  der: { ending: 'pub.der', type: 'application/octet-stream', write: (key) => key.spki },
} as const satisfies Record<
  PublicKeyFormat,
  { readonly ending: string; readonly type: string; readonly write: (key: PublicKey) => BlobPart }
>;

function pkcs1(key: PublicKey): string {
  if (key.kind !== 'RSA') throw noSuchForm(key.kind);
  return publicKeyToPkcs1Pem(key);
}

const noSuchForm = (kind: string, cause?: unknown): KeyRingError =>
  new KeyRingError('KEY_HAS_NO_SUCH_FORM', `a key of the kind ${kind} cannot be written like that`, { kind }, { cause });

/** @throws KeyRingError KEY_HAS_NO_SUCH_FORM */
export function publicKeyFile(record: KeyRecord, key: PublicKey, format: PublicKeyFormat): NamedFile {
  const { ending, type, write } = FORMATS[format];
  try {
    return namedFile(record.name, ending, [write(key)], type);
  } catch (error) {
    // P-192 has no name in JOSE.
    if (error instanceof OtterError && error.code === 'KEY_UNSUPPORTED') throw noSuchForm(record.algorithm, error);
    throw error;
  }
}

/** Under a passphrase. @param key an extractable one */
export async function backupFile(record: KeyRecord, key: CryptoKey, passphrase: string, random: RandomSource): Promise<NamedFile> {
  const encrypted = await encryptPkcs8(await exportSigningKey(key), passphrase, random);
  return namedFile(record.name, 'backup.pem', [encryptedKeyToPem(encrypted)], PEM);
}

const namedFile = (name: string, ending: string, parts: BlobPart[], type: string): NamedFile => ({
  blob: new Blob(parts, { type }),
  fileName: `${plainName(name)}.${ending}`,
});

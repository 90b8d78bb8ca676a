/**
 * Private keys under a passphrase: EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2 (RFC 8018 §6.2), PBKDF2 and AES-CBC, as OpenSSL writes them
 * unless told otherwise. Everything else is refused under its name. Knows nothing of the key inside.
 */
import { decryptAes192Cbc } from './aes-192-cbc.ts';
import { DER_TAGS, readDer, type DerReader } from './der.ts';
import { derNull, derNumber, derOctetString, derOid, derSequence } from './der-writer.ts';
import { malformedKey, TrustError } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Fills the array with cryptographically strong random bytes. */
type RandomSource = (bytes: Bytes) => Bytes;

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const HMAC_WITH_SHA256 = '1.2.840.113549.2.9';
const AES256_CBC = '2.16.840.1.101.3.4.1.42';

/** RFC 8018 §B.1.2. Those that WebCrypto has. */
const HASHES = new Map([
  ['1.2.840.113549.2.7', 'SHA-1'],
  [HMAC_WITH_SHA256, 'SHA-256'],
  ['1.2.840.113549.2.10', 'SHA-384'],
  ['1.2.840.113549.2.11', 'SHA-512'],
]);
/** RFC 8018 §A.2: what it is when nothing is said. */
const DEFAULT_HASH = 'SHA-1';

/** Length of the key in bytes; RFC 8018 §B.2.5. */
const CIPHERS = new Map([
  ['2.16.840.1.101.3.4.1.2', 16],
  ['2.16.840.1.101.3.4.1.22', 24],
  [AES256_CBC, 32],
]);

/** What else OpenSSL can be told to use. */
const OTHERS = new Map([
  ['1.2.840.113549.1.5.3', 'PBE-MD5-DES'],
  ['1.2.840.113549.1.5.6', 'PBE-MD5-RC2-64'],
  ['1.2.840.113549.1.5.10', 'PBE-SHA1-DES'],
  ['1.2.840.113549.1.5.11', 'PBE-SHA1-RC2-64'],
  ['1.2.840.113549.1.12.1.1', 'PBE-SHA1-RC4-128'],
  ['1.2.840.113549.1.12.1.2', 'PBE-SHA1-RC4-40'],
  ['1.2.840.113549.1.12.1.3', 'PBE-SHA1-3DES'],
  ['1.2.840.113549.1.12.1.4', 'PBE-SHA1-2DES'],
  ['1.2.840.113549.1.12.1.5', 'PBE-SHA1-RC2-128'],
  ['1.2.840.113549.1.12.1.6', 'PBE-SHA1-RC2-40'],
  ['1.3.6.1.4.1.11591.4.11', 'scrypt'],
  ['1.2.840.113549.2.8', 'hmacWithSHA224'],
  ['1.2.840.113549.2.12', 'hmacWithSHA512-224'],
  ['1.2.840.113549.2.13', 'hmacWithSHA512-256'],
  ['1.2.840.113549.3.7', 'DES-EDE3-CBC'],
  ['1.2.840.113549.3.2', 'RC2-CBC'],
  ['1.3.14.3.2.7', 'DES-CBC'],
]);

const AES_BLOCK = 16;
const SALT_BYTES = 16;
/** Half a minute of a slow phone. */
const MOST_ITERATIONS = 10_000_000;
/** OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA256; a tenth of a second. */
const DEFAULT_ITERATIONS = 600_000;

interface KeyDerivation {
  readonly salt: Bytes;
  readonly iterations: number;
  readonly hash: string;
  readonly keyBytes: number;
}

export interface EncryptedKey extends KeyDerivation {
  readonly iv: Bytes;
  readonly ciphertext: Bytes;
}

/** The inside of an EncryptedPrivateKeyInfo. @throws TrustError */
export function readEncryptedKey(der: DerReader): EncryptedKey {
  const parameters = der.sequence('encryptionAlgorithm', (inside) => {
    expectOid(inside, 'algorithm', PBES2);
    return inside.sequence('parameters', readPbes2);
  });
  const ciphertext = der.octetString('encryptedData');
  if (ciphertext.length === 0 || ciphertext.length % AES_BLOCK !== 0) {
    throw malformedKey(`${der.field}.encryptedData`, `must consist of blocks of ${AES_BLOCK} bytes, not of ${ciphertext.length} bytes`);
  }
  return { ...parameters, ciphertext };
}

/** PBES2-params, RFC 8018 §A.4. The length of the key follows from the cipher, and is stated before it at will. */
function readPbes2(der: DerReader): Omit<EncryptedKey, 'ciphertext'> {
  const { keyLength, ...derivation } = der.sequence('keyDerivationFunc', (inside) => {
    expectOid(inside, 'algorithm', PBKDF2);
    return inside.sequence('parameters', readPbkdf2);
  });
  const [keyBytes, iv] = der.sequence('encryptionScheme', (inside) => {
    const keyBytes = known(inside, 'algorithm', CIPHERS);
    return [keyBytes, inside.octetString('parameters')] as const;
  });
  if (iv.length !== AES_BLOCK)
    throw malformedKey(`${der.field}.encryptionScheme.parameters`, `must have ${AES_BLOCK} bytes, not ${iv.length}`);
  if (keyLength !== undefined && keyLength !== keyBytes) {
    throw malformedKey(`${der.field}.keyDerivationFunc.parameters.keyLength`, `must be ${keyBytes} for this cipher, not ${keyLength}`);
  }
  return { ...derivation, keyBytes, iv };
}

/** PBKDF2-params, RFC 8018 §A.2. */
function readPbkdf2(der: DerReader) {
  const salt = der.octetString('salt');
  const iterations = der.number('iterationCount', MOST_ITERATIONS);
  if (iterations === 0) throw malformedKey(`${der.field}.iterationCount`, 'must be at least 1');
  const keyLength = der.nextIs(DER_TAGS.INTEGER) ? der.number('keyLength', 64) : undefined;
  const hash = der.isAtEnd ? DEFAULT_HASH : der.sequence('prf', readPrf);
  return { salt, iterations, keyLength, hash };
}

function readPrf(der: DerReader): string {
  const hash = known(der, 'algorithm', HASHES);
  if (!der.isAtEnd) der.null('parameters');
  return hash;
}

function known<T>(der: DerReader, name: string, table: ReadonlyMap<string, T>): T {
  const oid = der.oid(name);
  const value = table.get(oid);
  if (value === undefined) throw unsupported(`${der.field}.${name}`, oid);
  return value;
}

function expectOid(der: DerReader, name: string, expected: string): void {
  const oid = der.oid(name);
  if (oid !== expected) throw unsupported(`${der.field}.${name}`, oid);
}

const unsupported = (field: string, oid: string): TrustError =>
  new TrustError('KEY_ENCRYPTION_UNSUPPORTED', field, 'must be PBES2 with PBKDF2 and AES-CBC', { found: OTHERS.get(oid) ?? oid });

/**
 * The PKCS#8 inside. A wrong passphrase and a damaged file look the same.
 * @throws TrustError KEY_PASSPHRASE_NEEDED, KEY_PASSPHRASE_WRONG
 */
export async function decryptPkcs8(encrypted: EncryptedKey, passphrase: string | undefined): Promise<Bytes> {
  const { iv, ciphertext, keyBytes } = encrypted;
  if (passphrase === undefined) throw new TrustError('KEY_PASSPHRASE_NEEDED', 'passphrase', 'is missing');
  const key = await deriveKey(passphrase, encrypted);
  const plaintext = keyBytes === 24 ? decryptAes192Cbc(key, iv, ciphertext) : await decryptAesCbc(key, iv, ciphertext);
  if (plaintext === undefined || !isSequence(plaintext)) {
    throw new TrustError('KEY_PASSPHRASE_WRONG', 'passphrase', 'must be the one of this key, and the file undamaged');
  }
  return plaintext;
}

/** `undefined` when the padding is wrong. */
async function decryptAesCbc(rawKey: Bytes, iv: Bytes, ciphertext: Bytes): Promise<Bytes | undefined> {
  const key = await crypto.subtle.importKey('raw', rawKey, 'AES-CBC', false, ['decrypt']);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, key, ciphertext));
  } catch {
    return undefined;
  }
}

/** One of 256 wrong passphrases leaves a padding that looks right, but no DER in front of it. */
function isSequence(bytes: Uint8Array): boolean {
  const notDer = new RangeError('no SEQUENCE');
  try {
    readDer(bytes, { field: '', fault: () => notDer }, (der) => der.skip(''));
    return bytes[0] === DER_TAGS.SEQUENCE;
  } catch (error) {
    if (error !== notDer) throw error;
    return false;
  }
}

/**
 * EncryptedPrivateKeyInfo in DER, for PEM under `ENCRYPTED PRIVATE KEY`: PBKDF2 with HMAC-SHA-256, AES-256-CBC.
 * @param passphrase is taken as UTF-8, as OpenSSL does in a terminal of today
 */
export async function encryptPkcs8(
  pkcs8: Bytes,
  passphrase: string,
  random: RandomSource,
  iterations: number = DEFAULT_ITERATIONS,
): Promise<Bytes> {
  const salt = random(new Uint8Array(SALT_BYTES));
  const iv = random(new Uint8Array(AES_BLOCK));
  const rawKey = await deriveKey(passphrase, { salt, iterations, hash: 'SHA-256', keyBytes: 32 });
  const key = await crypto.subtle.importKey('raw', rawKey, 'AES-CBC', false, ['encrypt']);
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, key, pkcs8));
  const prf = derSequence(derOid(HMAC_WITH_SHA256), derNull());
  const derivation = derSequence(derOid(PBKDF2), derSequence(derOctetString(salt), derNumber(iterations), prf));
  const scheme = derSequence(derOid(AES256_CBC), derOctetString(iv));
  return derSequence(derSequence(derOid(PBES2), derSequence(derivation, scheme)), derOctetString(ciphertext));
}

async function deriveKey(passphrase: string, { salt, iterations, hash, keyBytes }: KeyDerivation): Promise<Bytes> {
  const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash, salt, iterations }, secret, 8 * keyBytes));
}

/** AES-CBC, HMAC and PBKDF2, one entry point each, on top of WebCrypto. What a wrong answer means is for the caller to say. */
import { cbc } from '@noble/ciphers/aes.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** As bytes, or kept by the browser for just this use. */
export type SecretKey = Uint8Array | CryptoKey;

/** SHA-1 is sound inside HMAC and PBKDF2, and old key files ask for it. */
export type MacHash = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';

const AES_192_BYTES = 24;

/** @param key 16, 24 or 32 bytes @param iv 16 bytes */
export async function aesCbcPkcs7Encrypt(key: SecretKey, iv: Uint8Array, plaintext: Uint8Array): Promise<Bytes> {
  // Chromium has no AES-192, which OpenSSL offers for key files.
  if (isAes192(key)) return cbc(key, iv).encrypt(plaintext) as Bytes;
  const imported = await importAesKey(key, 'encrypt');
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv: iv as Bytes }, imported, plaintext as Bytes));
}

/**
 * @param key 16, 24 or 32 bytes @param iv 16 bytes
 * @returns `undefined` when length or padding are wrong. Nothing here proves that the bytes are what was encrypted: that takes a MAC.
 */
export async function aesCbcPkcs7Decrypt(key: SecretKey, iv: Uint8Array, ciphertext: Uint8Array): Promise<Bytes | undefined> {
  if (isAes192(key)) return decryptAes192(key, iv, ciphertext);
  const imported = await importAesKey(key, 'decrypt');
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv: iv as Bytes }, imported, ciphertext as Bytes));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'OperationError') return undefined;
    throw error;
  }
}

/** The library throws an `Error` of no class of its own for exactly what is `undefined` here. */
function decryptAes192(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Bytes | undefined {
  try {
    return cbc(key, iv).decrypt(ciphertext) as Bytes;
  } catch {
    return undefined;
  }
}

const isAes192 = (key: SecretKey): key is Uint8Array => key instanceof Uint8Array && key.length === AES_192_BYTES;

const importAesKey = async (key: SecretKey, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> =>
  key instanceof Uint8Array ? crypto.subtle.importKey('raw', key as Bytes, 'AES-CBC', false, [use]) : key;

/** HMAC (RFC 2104). @param hash of a key as bytes; a `CryptoKey` has its own */
export async function hmac(key: SecretKey, message: Uint8Array, hash: MacHash = 'SHA-256'): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', await importHmacKey(key, hash), message as Bytes));
}

export interface HmacOptions {
  readonly hash?: MacHash;
  /** Bytes of a tag that was cut; the whole tag without it. Agreed beforehand, never read off the tag. */
  readonly tagLength?: number;
}

export async function verifyHmac(
  key: SecretKey,
  message: Uint8Array,
  tag: Uint8Array,
  { hash, tagLength }: HmacOptions = {},
): Promise<boolean> {
  const whole = await hmac(key, message, hash);
  return equalInConstantTime(whole.subarray(0, tagLength ?? whole.length), tag);
}

/** How long it takes tells nothing about where two values of equal length differ. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.reduce((difference, byte, i) => difference | (byte ^ b[i]!), 0) === 0;
}

const importHmacKey = async (key: SecretKey, hash: MacHash): Promise<CryptoKey> =>
  // WebCrypto refuses an empty key. HMAC fills keys with zeros, so that one zero is the same key.
  key instanceof Uint8Array
    ? crypto.subtle.importKey('raw', key.length === 0 ? new Uint8Array(1) : (key as Bytes), { name: 'HMAC', hash }, false, ['sign'])
    : key;

export interface Pbkdf2Options {
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Bytes to derive. */
  readonly length: number;
  readonly hash?: MacHash;
}

/** PBKDF2 with HMAC (RFC 8018 §5.2). */
export async function pbkdf2(password: Uint8Array, { salt, iterations, length, hash = 'SHA-256' }: Pbkdf2Options): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', password as Bytes, 'PBKDF2', false, ['deriveBits']);
  const parameters = { name: 'PBKDF2', hash, salt: salt as Bytes, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 8 * length));
}

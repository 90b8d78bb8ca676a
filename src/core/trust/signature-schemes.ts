/**
 * The signature algorithms that are trusted here, one entry point each, on top of WebCrypto. Knows keys and bytes, no files and no policy.
 * `true` and `false` are answers about a signature; a key that the browser cannot use is none, and becomes a `TrustError`.
 */
import { CURVES, webCurve, type WebCurve } from './curves.ts';
import { ecdsaDerToP1363, ecdsaP1363ToDer } from './ecdsa-der.ts';
import type { PublicKey } from './key-model.ts';
import { TrustError } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** SHA-1 signs nothing any more. */
export type SignatureHash = 'SHA-256' | 'SHA-384' | 'SHA-512';

/** By WebCrypto's names. */
const ALGORITHMS = {
  'RSASSA-PKCS1-v1_5': 'RSA',
  'RSA-PSS': 'RSA',
  ECDSA: 'EC',
  Ed25519: 'Ed25519',
} as const satisfies Record<string, PublicKey['kind']>;

type AlgorithmName = keyof typeof ALGORITHMS;

/** What is verified by a key of a kind; the parts that a kind does not use are ignored by WebCrypto. */
interface Verification {
  readonly name: AlgorithmName;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly hash?: SignatureHash;
  readonly saltLength?: number;
}

/** RSASSA-PKCS1-v1_5 (RFC 8017 §8.2). @throws TrustError when the key cannot be used. */
export const verifyRsaPkcs1 = (
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  hash: SignatureHash = 'SHA-256',
): Promise<boolean> => verify(key, { name: 'RSASSA-PKCS1-v1_5', message, signature, hash });

export interface PssOptions {
  /** Of the message and of MGF1. */
  readonly hash?: SignatureHash;
  /** Bytes. */
  readonly saltLength: number;
}

/** RSASSA-PSS (RFC 8017 §8.1). @throws TrustError when the key cannot be used. */
export const verifyRsaPss = (
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  { hash = 'SHA-256', saltLength }: PssOptions,
): Promise<boolean> => verify(key, { name: 'RSA-PSS', message, signature, hash, saltLength });

/** ECDSA with r and s side by side, as JWS and IEEE P1363 have it. @throws TrustError when the key cannot be used. */
export async function verifyEcdsaP1363(
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  hash: SignatureHash = 'SHA-256',
): Promise<boolean> {
  const { byteLength } = CURVES[ecdsaCurve(key)];
  // Firefox takes numbers of other lengths, too: one signature could be written in several ways.
  return signature.length === 2 * byteLength && verify(key, { name: 'ECDSA', message, signature, hash });
}

/** ECDSA with r and s in strict DER, as OpenSSL writes them. @throws TrustError when the key cannot be used. */
export async function verifyEcdsaDer(
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  hash: SignatureHash = 'SHA-256',
): Promise<boolean> {
  const sides = ecdsaDerToP1363(signature, CURVES[ecdsaCurve(key)].byteLength);
  return sides !== undefined && verifyEcdsaP1363(key, message, sides, hash);
}

/** Ed25519 (RFC 8032 §5.1.7), the message as it is. @throws TrustError when the key cannot be used. */
export const verifyEd25519 = (key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> =>
  verify(key, { name: 'Ed25519', message, signature });

async function verify(key: PublicKey, { name, message, signature, ...parameters }: Verification): Promise<boolean> {
  if (key.kind !== ALGORITHMS[name]) throw unsupported(`a key of the kind ${key.kind} makes no ${name} signatures`, key.kind);
  const imported = await importKey(key, { name, ...parameters });
  try {
    return await crypto.subtle.verify({ name, ...parameters }, imported, signature as Bytes, message as Bytes);
  } catch (cause) {
    throw unsupported('the browser cannot verify by it', name, cause);
  }
}

async function importKey(key: PublicKey, algorithm: { readonly name: AlgorithmName; readonly hash?: SignatureHash }): Promise<CryptoKey> {
  const more = key.kind === 'EC' ? { namedCurve: ecdsaCurve(key) } : {};
  try {
    return await crypto.subtle.importKey('spki', key.spki, { ...algorithm, ...more }, false, ['verify']);
  } catch (cause) {
    // A curve is there or not: data that it does not take is no point of it. RSA has sizes and exponents that engines refuse though they are sound.
    const isMalformed = key.kind !== 'RSA' && cause instanceof DOMException && cause.name === 'DataError';
    if (isMalformed) throw new TrustError('KEY_MALFORMED', 'key', `is no key of the kind ${key.kind}`, { cause });
    throw unsupported('the browser does not take it', key.kind, cause);
  }
}

/** P-192 is a curve of keys, and none of the browser's. */
function ecdsaCurve(key: PublicKey): WebCurve {
  if (key.kind !== 'EC') throw unsupported(`a key of the kind ${key.kind} makes no ECDSA signatures`, key.kind);
  return webCurve(key.curve, 'key.curve');
}

const unsupported = (rule: string, found: string, cause?: unknown) => new TrustError('KEY_UNSUPPORTED', 'key', rule, { found, cause });

/** @param key made or imported for `RSASSA-PKCS1-v1_5`; its hash goes with it */
export const signRsaPkcs1 = (key: CryptoKey, message: Uint8Array): Promise<Bytes> => sign({ name: 'RSASSA-PKCS1-v1_5' }, key, message);

/** r and s side by side. */
export const signEcdsaP1363 = (key: CryptoKey, message: Uint8Array, hash: SignatureHash = 'SHA-256'): Promise<Bytes> =>
  sign({ name: 'ECDSA', hash }, key, message);

/** r and s in DER. */
export const signEcdsaDer = async (key: CryptoKey, message: Uint8Array, hash: SignatureHash = 'SHA-256'): Promise<Bytes> =>
  ecdsaP1363ToDer(await signEcdsaP1363(key, message, hash));

export const signEd25519 = (key: CryptoKey, message: Uint8Array): Promise<Bytes> => sign({ name: 'Ed25519' }, key, message);

async function sign(
  algorithm: { readonly name: AlgorithmName; readonly hash?: SignatureHash },
  key: CryptoKey,
  message: Uint8Array,
): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(algorithm, key, message as Bytes));
}

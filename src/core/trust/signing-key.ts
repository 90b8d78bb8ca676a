/**
 * Private keys in the browser's hands: made, taken in and given out as `CryptoKey`s, for the one algorithm that each kind of key signs firmware with.
 * Where they are kept, and who may use them, is for others to say.
 */
import { webCurve } from './curves.ts';
import type { KeyAlgorithm } from './key-algorithms.ts';
import type { PrivateKey, PublicKey } from './key-model.ts';
import { parsePublicKey } from './public-key.ts';
import { TrustError } from './trust-error.ts';

/** What can be made here; more can be imported. */
export const MADE_ALGORITHMS = ['RSA-2048', 'RSA-3072', 'ECDSA P-256', 'Ed25519'] as const;
export type MadeAlgorithm = (typeof MADE_ALGORITHMS)[number];

export type SigningAlgorithm = RsaHashedImportParams | (EcKeyImportParams & EcdsaParams) | Algorithm;

/** What WebCrypto calls a key of this kind. @throws TrustError KEY_UNSUPPORTED for a curve that it lacks; `field` names the place */
export function signingAlgorithm(key: KeyAlgorithm, field: string): SigningAlgorithm {
  switch (key.kind) {
    case 'RSA':
      return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    case 'EC':
      return { name: 'ECDSA', namedCurve: webCurve(key.curve, field), hash: 'SHA-256' };
    case 'Ed25519':
      return { name: 'Ed25519' };
  }
}

/** 65537, as everybody takes it. */
const PUBLIC_EXPONENT = Uint8Array.of(1, 0, 1);

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: PUBLIC_EXPONENT } as const;

const GENERATORS = {
  'RSA-2048': { ...RSA, modulusLength: 2048 },
  'RSA-3072': { ...RSA, modulusLength: 3072 },
  'ECDSA P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  Ed25519: { name: 'Ed25519' },
} as const satisfies Record<MadeAlgorithm, RsaHashedKeyGenParams | EcKeyGenParams | Algorithm>;

export interface SigningPair {
  readonly publicKey: PublicKey;
  readonly privateKey: CryptoKey;
}

/** @throws TrustError KEY_UNSUPPORTED where this browser cannot make one */
export async function makeSigningKey(algorithm: MadeAlgorithm, extractable: boolean): Promise<SigningPair> {
  const { publicKey, privateKey } = await generate(algorithm, extractable);
  return { publicKey: parsePublicKey(new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))), privateKey };
}

async function generate(algorithm: MadeAlgorithm, extractable: boolean): Promise<CryptoKeyPair> {
  try {
    return (await crypto.subtle.generateKey(GENERATORS[algorithm], extractable, ['sign', 'verify'])) as CryptoKeyPair;
  } catch (cause) {
    throw new TrustError('KEY_UNSUPPORTED', 'algorithm', 'must be one that this browser makes', { found: algorithm, cause });
  }
}

/** @throws TrustError KEY_UNSUPPORTED */
export async function importSigningKey({ publicKey, pkcs8 }: PrivateKey, extractable: boolean): Promise<CryptoKey> {
  const algorithm = signingAlgorithm(publicKey, 'privateKey.privateKeyAlgorithm.parameters');
  try {
    return await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, extractable, ['sign']);
  } catch (cause) {
    throw new TrustError('KEY_UNSUPPORTED', 'privateKey', 'must be one that this browser takes', { cause });
  }
}

/** That it is of the kind of its public half; whether the two belong together shows when it has signed. */
export function isSigningKeyFor(key: CryptoKey, publicKey: PublicKey): boolean {
  const { name, namedCurve } = key.algorithm as Algorithm & { readonly namedCurve?: string };
  const curve = publicKey.kind === 'EC' ? publicKey.curve : undefined;
  return key.type === 'private' && key.usages.includes('sign') && name === NAMES[publicKey.kind] && namedCurve === curve;
}

const NAMES = { RSA: 'RSASSA-PKCS1-v1_5', EC: 'ECDSA', Ed25519: 'Ed25519' } as const satisfies Record<PublicKey['kind'], string>;

/** PKCS#8 in DER. @param key an extractable one */
export async function exportSigningKey(key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.exportKey('pkcs8', key));
}

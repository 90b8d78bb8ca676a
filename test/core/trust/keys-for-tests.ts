/** Keys for the tests of signatures, made by the browser. */
import type { PublicKey } from '../../../src/core/trust/key-model.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';

export interface TestKey {
  readonly publicKey: PublicKey;
  readonly privateKey: CryptoKey;
}

const RSA = { publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };

/** What the browser makes each of them from. */
const RECIPES = {
  'RSA-2048': { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, ...RSA },
  'RSA-3072': { name: 'RSASSA-PKCS1-v1_5', modulusLength: 3072, ...RSA },
  'RSA-3072-PSS': { name: 'RSA-PSS', modulusLength: 3072, ...RSA },
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384' },
  'P-521': { name: 'ECDSA', namedCurve: 'P-521' },
  Ed25519: { name: 'Ed25519' },
} as const satisfies Record<string, RsaHashedKeyGenParams | EcKeyGenParams | Algorithm>;

export type Recipe = keyof typeof RECIPES;

export async function makeKey(recipe: Recipe): Promise<TestKey> {
  const pair = (await crypto.subtle.generateKey(RECIPES[recipe], true, ['sign', 'verify'])) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  return { publicKey: parsePublicKey(spki), privateKey: pair.privateKey };
}

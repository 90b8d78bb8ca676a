/** Keys for the tests of signatures, made by the browser or taken from others as SPKI. */
import type { Curve, PublicKey } from '../../../src/core/trust/key-model.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Who verifies uses no more of a key than this. */
export const publicKeyOf = (kind: PublicKey['kind'], spki: Bytes, curve?: string): PublicKey =>
  ({ kind, spki, curve: curve as Curve }) as unknown as PublicKey;

export interface TestKey {
  readonly publicKey: PublicKey;
  readonly privateKey: CryptoKey;
}

const RSA = { publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };

/** What the browser makes each of them from. */
const RECIPES = {
  'RSA-2048': { kind: 'RSA', algorithm: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, ...RSA } },
  'RSA-3072': { kind: 'RSA', algorithm: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 3072, ...RSA } },
  'RSA-3072-PSS': { kind: 'RSA', algorithm: { name: 'RSA-PSS', modulusLength: 3072, ...RSA } },
  'P-256': { kind: 'EC', algorithm: { name: 'ECDSA', namedCurve: 'P-256' } },
  'P-384': { kind: 'EC', algorithm: { name: 'ECDSA', namedCurve: 'P-384' } },
  'P-521': { kind: 'EC', algorithm: { name: 'ECDSA', namedCurve: 'P-521' } },
  Ed25519: { kind: 'Ed25519', algorithm: { name: 'Ed25519' } },
} as const satisfies Record<string, { readonly kind: PublicKey['kind']; readonly algorithm: object }>;

export type Recipe = keyof typeof RECIPES;

export async function makeKey(recipe: Recipe): Promise<TestKey> {
  const { kind, algorithm } = RECIPES[recipe];
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  return { publicKey: publicKeyOf(kind, spki, 'namedCurve' in algorithm ? algorithm.namedCurve : undefined), privateKey: pair.privateKey };
}

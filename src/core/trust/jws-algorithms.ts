/** The signature algorithms of JWS that are used here: RFC 7518 §3.1 (RSA, ECDSA), RFC 8037 §3.1 and RFC 9864 §2.2 (Ed25519). */
import type { Curve, PublicKey } from './key-model.ts';
import { isWeak } from './key-strength.ts';
import { verifyEcdsaP1363, verifyEd25519, verifyRsaPkcs1, verifyRsaPss } from './signature-schemes.ts';
import type { SignatureHash } from './signature-schemes.ts';

type Verify = (key: PublicKey, message: Uint8Array, signature: Uint8Array) => Promise<boolean>;

interface JwsAlgorithmFacts {
  readonly kind: PublicKey['kind'];
  readonly curve?: Curve;
  /** What WebCrypto calls a key for it. */
  readonly key: { readonly name: string; readonly hash?: string; readonly namedCurve?: string };
  /** How WebCrypto signs with it. */
  readonly use: Algorithm | RsaPssParams | EcdsaParams;
  readonly verify: Verify;
}

const ecdsa = (curve: 'P-256' | 'P-384', hash: SignatureHash): JwsAlgorithmFacts => ({
  kind: 'EC',
  curve,
  key: { name: 'ECDSA', namedCurve: curve },
  use: { name: 'ECDSA', hash },
  verify: (...signed) => verifyEcdsaP1363(...signed, hash),
});

const ED25519: JwsAlgorithmFacts = { kind: 'Ed25519', key: { name: 'Ed25519' }, use: { name: 'Ed25519' }, verify: verifyEd25519 };

const JWS_ALGORITHMS = {
  RS256: {
    kind: 'RSA',
    key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    use: { name: 'RSASSA-PKCS1-v1_5' },
    verify: (...signed) => verifyRsaPkcs1(...signed, 'SHA-256'),
  },
  PS256: {
    kind: 'RSA',
    key: { name: 'RSA-PSS', hash: 'SHA-256' },
    use: { name: 'RSA-PSS', saltLength: 32 },
    verify: (...signed) => verifyRsaPss(...signed, { hash: 'SHA-256', saltLength: 32 }),
  },
  ES256: ecdsa('P-256', 'SHA-256'),
  ES384: ecdsa('P-384', 'SHA-384'),
  /** Two names of one algorithm: the first is written, both are read. */
  Ed25519: ED25519,
  EdDSA: ED25519,
} as const satisfies Record<string, JwsAlgorithmFacts>;

export type JwsAlgorithm = keyof typeof JWS_ALGORITHMS;

const factsOf = (algorithm: JwsAlgorithm): JwsAlgorithmFacts => JWS_ALGORITHMS[algorithm];

export const isJwsAlgorithm = (text: string): text is JwsAlgorithm => Object.hasOwn(JWS_ALGORITHMS, text);

export function fitsKey(algorithm: JwsAlgorithm, key: PublicKey): boolean {
  const { kind, curve } = factsOf(algorithm);
  if (key.kind === 'RSA') return kind === 'RSA' && !isWeak(key);
  return key.kind === kind && (key.kind !== 'EC' || key.curve === curve);
}

/** What a private key of WebCrypto signs as; `undefined` for a key that has no place here. */
export function algorithmOf(key: CryptoKey): JwsAlgorithm | undefined {
  const { name, hash, namedCurve } = key.algorithm as Algorithm & { readonly hash?: Algorithm; readonly namedCurve?: string };
  const isOf = ({ key: wanted }: JwsAlgorithmFacts): boolean =>
    wanted.name === name && wanted.hash === hash?.name && wanted.namedCurve === namedCurve;
  return Object.keys(JWS_ALGORITHMS).find((candidate) => isJwsAlgorithm(candidate) && isOf(factsOf(candidate))) as JwsAlgorithm | undefined;
}

/** @throws TrustError KEY_UNSUPPORTED, KEY_MALFORMED when the browser cannot check it */
export const verifyJws = (algorithm: JwsAlgorithm, ...signed: Parameters<Verify>): Promise<boolean> => factsOf(algorithm).verify(...signed);

export async function signJws(algorithm: JwsAlgorithm, key: CryptoKey, message: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign(factsOf(algorithm).use, key, message));
}

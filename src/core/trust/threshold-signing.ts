/**
 * Signing by several people: somebody writes what is to be signed, each signs a copy wherever their key is, the copies are merged. Nothing in
 * between needs a secret, or an order.
 */
import { toBase64 } from '../bytes/base64.ts';
import { canonicalBytes } from './canonical-json.ts';
import { fingerprint } from './fingerprint.ts';
import { algorithmOf, fitsKey, signJws, verifyJws } from './jws-algorithms.ts';
import { MOST_SIGNATURES, signingInput } from './jws.ts';
import type { JwsEnvelope, JwsSignature } from './jws.ts';
import type { Fingerprint, PublicKey } from './key-model.ts';
import { checkSignature, checkSignatures } from './quorum.ts';
import type { Quorum, SignatureAnswer } from './quorum.ts';
import { encodeIndex } from './release-index.ts';
import type { ReleaseIndex } from './release-index.ts';
import { encodeRelease } from './release.ts';
import type { Release } from './release.ts';
import { encodeRoot, quorumOf } from './root.ts';
import type { Role, Root, RootKey } from './root.ts';
import { TrustError } from './trust-error.ts';

const unsigned = (payload: Uint8Array): JwsEnvelope => ({ payload: toBase64(payload, 'base64url'), signatures: [] });

/** @throws TrustError RELEASE_MALFORMED */
export const unsignedRelease = (release: Release): JwsEnvelope => unsigned(encodeRelease(release));

/** @throws TrustError INDEX_MALFORMED */
export const unsignedIndex = (index: ReleaseIndex): JwsEnvelope => unsigned(encodeIndex(index));

/** @throws TrustError ROOT_MALFORMED */
export const unsignedRoot = async (root: Root): Promise<JwsEnvelope> => unsigned(await encodeRoot(root));

/** As a file, with or without signatures; the payload is the one that was read or written, to the byte. */
export const encodeEnvelope = ({ payload, signatures }: JwsEnvelope): Uint8Array<ArrayBuffer> =>
  canonicalBytes({
    payload,
    signatures: signatures.map(({ protectedHeader, signature }) => ({
      protected: protectedHeader,
      signature: toBase64(signature, 'base64url'),
    })),
  });

export interface Signer {
  readonly privateKey: CryptoKey;
  readonly publicKey: PublicKey;
}

/**
 * What stands there under the same key and is wrong, anybody may have put there: it gives way.
 * @throws TrustError JWS_KEY_TWICE, JWS_KEY_UNFIT
 */
export async function signEnvelope(envelope: JwsEnvelope, { privateKey, publicKey }: Signer): Promise<JwsEnvelope> {
  const kid = await fingerprint(publicKey);
  const answers = await checkSignatures(envelope, { keys: new Map([[kid, publicKey]]), revoked: new Set() });
  if (answers.get(kid) === 'valid') {
    throw new TrustError('JWS_KEY_TWICE', 'signatures', 'this key has signed already', { found: kid });
  }
  const algorithm = algorithmOf(privateKey);
  if (!algorithm || !fitsKey(algorithm, publicKey)) throw unfit(`a key for ${privateKey.algorithm.name} makes no such signatures`, kid);
  const protectedHeader = toBase64(canonicalBytes({ alg: algorithm, kid }), 'base64url');
  const message = signingInput(envelope, protectedHeader);
  const signature = await signJws(algorithm, privateKey, message);
  // Two halves that do not belong together would only be found out by whoever is to install it.
  if (!(await verifyJws(algorithm, publicKey, message, signature))) throw unfit('the public key is not the one of the private key', kid);
  // A file that is full could not be read back; whose signature had to go is in another copy.
  const others = envelope.signatures.filter((other) => other.kid !== kid).slice(0, MOST_SIGNATURES - 1);
  return { ...envelope, signatures: [...others, { protectedHeader, algorithm, kid, signature }] };
}

const unfit = (rule: string, kid: Fingerprint): TrustError => new TrustError('JWS_KEY_UNFIT', 'key', rule, { found: kid });

/** In this order they are kept, as many as there is room for; a wrong one is not. */
const KEPT = ['valid', 'unchecked', 'unknown'] as const satisfies readonly SignatureAnswer[];

/**
 * The signatures of both; where one key has signed both, the one that is right.
 * @param keys of everybody who has a say
 * @throws TrustError JWS_PAYLOAD_DIFFERS
 */
export async function mergeEnvelopes(first: JwsEnvelope, second: JwsEnvelope, keys: Quorum['keys']): Promise<JwsEnvelope> {
  if (first.payload !== second.payload) throw new TrustError('JWS_PAYLOAD_DIFFERS', 'payload', 'must be the same in both files');
  const quorum = { keys, revoked: new Set<Fingerprint>() };
  const both = [...first.signatures, ...second.signatures];
  const answers = await Promise.all(both.map((signature) => checkSignature(first, signature, quorum)));
  const kept = new Map<Fingerprint, JwsSignature>();
  for (const wanted of KEPT) {
    for (const [index, signature] of both.entries()) {
      if (answers[index] === wanted && !kept.has(signature.kid)) kept.set(signature.kid, signature);
    }
  }
  return { ...first, signatures: [...kept.values()].slice(0, MOST_SIGNATURES) };
}

export interface SigningState {
  readonly signed: readonly RootKey[];
  /** Who may still sign. */
  readonly open: readonly RootKey[];
  /** So many signatures are still needed; 0: it is valid. */
  readonly missing: number;
  /** Signatures that do not count, and why. */
  readonly others: readonly { readonly kid: Fingerprint; readonly answer: 'wrong' | 'unknown' | 'revoked' | 'unchecked' }[];
}

export async function signingState(envelope: JwsEnvelope, root: Root, role: Role = 'release'): Promise<SigningState> {
  const quorum = quorumOf(root, role);
  const answers = await checkSignatures(envelope, quorum);
  const keys = root.keys.filter(({ fingerprint }) => quorum.keys.has(fingerprint));
  const signed = keys.filter(({ fingerprint }) => answers.get(fingerprint) === 'valid');
  return {
    signed,
    open: keys.filter((key) => !signed.includes(key)),
    missing: Math.max(0, quorum.threshold - signed.length),
    others: [...answers].flatMap(([kid, answer]) => (answer === 'valid' ? [] : [{ kid, answer }])),
  };
}

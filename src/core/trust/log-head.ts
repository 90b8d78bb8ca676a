/**
 * Signed heads: with a key of the ring somebody vouches that at this time the log ended in this entry. Kept apart from the log, a head shows
 * that its end was cut off, or all of it written anew. The key decides on the algorithm, never the head itself.
 */
import { fromBase64, toBase64 } from '../bytes/base64.ts';
import { FieldReader } from '../fields.ts';
import { canonicalBytes } from './canonical-json.ts';
import type { LogHead } from './log-chain.ts';
import { TrustError } from './trust-error.ts';

export interface SignedHead extends LogHead {
  /** ISO 8601, UTC, ms. */
  readonly at: string;
  /** Fingerprint of the key: SHA-256 of its SPKI. */
  readonly kid: string;
  /** base64url; RSA PKCS#1 v1.5 with SHA-256, ECDSA P-256 with SHA-256 (IEEE P1363), or Ed25519. */
  readonly signature: string;
}

const ALGORITHMS = {
  'RSASSA-PKCS1-v1_5': { name: 'RSASSA-PKCS1-v1_5' },
  ECDSA: { name: 'ECDSA', hash: 'SHA-256' },
  Ed25519: { name: 'Ed25519' },
} as const satisfies Record<string, AlgorithmIdentifier | EcdsaParams>;

const HASH = /^[0-9a-f]{64}$/;
const AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const SIGNATURE = /^[\w-]{1,1024}$/;

const fault = (where: string, rule: string): TrustError => new TrustError('HEAD_MALFORMED', where, rule);

function algorithmOf({ algorithm: { name } }: CryptoKey): AlgorithmIdentifier | EcdsaParams {
  if (!Object.hasOwn(ALGORITHMS, name)) throw new TrustError('KEY_UNSUPPORTED', 'key.algorithm', 'signs no heads', { found: name });
  return ALGORITHMS[name as keyof typeof ALGORITHMS];
}

/** The kind stands in front, so that a head is never taken for anything else that the key signed. */
const signedBytes = ({ seq, h, at, kid }: Omit<SignedHead, 'signature'>): Uint8Array<ArrayBuffer> =>
  canonicalBytes({ at, h, kid, seq, typ: 'otter-log-head' }, 'head');

/** @throws TrustError KEY_UNSUPPORTED for a key of another algorithm */
export async function signHead({ seq, h }: LogHead, at: string, { kid, key }: { readonly kid: string; readonly key: CryptoKey }) {
  const head = { seq, h, at, kid };
  const signature = new Uint8Array(await crypto.subtle.sign(algorithmOf(key), key, signedBytes(head)));
  return { ...head, signature: toBase64(signature, 'base64url') } satisfies SignedHead;
}

/** False: it was not signed like this by that key. @throws TrustError KEY_UNSUPPORTED for a key of another algorithm */
export async function verifyHead(head: SignedHead, key: CryptoKey): Promise<boolean> {
  return crypto.subtle.verify(algorithmOf(key), key, fromBase64(head.signature, 'base64url'), signedBytes(head));
}

/** @throws TrustError HEAD_MALFORMED, naming the field */
export function parseSignedHead(value: unknown): SignedHead {
  const fields = new FieldReader(value, 'head', fault);
  const signature = fields.text('signature', 1024);
  if (!SIGNATURE.test(signature) || !isBase64Url(signature)) throw fault('head.signature', 'must be base64url');
  return {
    seq: fields.number('seq', { min: 1, integer: true }),
    h: fields.matching('h', HASH, '64 hex digits'),
    at: fields.matching('at', AT, 'a time in UTC with milliseconds'),
    kid: fields.matching('kid', HASH, '64 hex digits'),
    signature,
  };
}

function isBase64Url(text: string): boolean {
  try {
    fromBase64(text, 'base64url');
    return true;
  } catch {
    return false;
  }
}

/** As the facts of the act `head-signed` hold it. */
export function headInFacts(facts: Readonly<Record<string, unknown>>): SignedHead {
  const { headSeq: seq, headHash: h, signedAt: at, keyId: kid, signature } = facts;
  return parseSignedHead({ seq, h, at, kid, signature });
}

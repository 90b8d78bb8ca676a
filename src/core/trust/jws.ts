/**
 * JWS in the General JSON Serialization (RFC 7515 §7.2.1), as strictly as releases need it: each signature names its key by fingerprint
 * (`kid`) in its protected header, and no key comes along. Knows nothing of what is signed: nobody here looks into the payload.
 *
 * Refused whole, by name: an algorithm that is not in the table (`none` among them), any `crit`, any header that brings a key or says
 * where one is (`jwk`, `jku`, `x5u`, `x5c`; `x5t` and `x5t#S256` too, for nothing but the fingerprint names a key), `b64`, headers that
 * matter outside of what is signed, and two signatures by one key. Other header parameters are ignored, as §4 wants it.
 */
import { fromBase64 } from '../bytes/base64.ts';
import { FieldReader } from '../fields.ts';
import { isJwsAlgorithm } from './jws-algorithms.ts';
import type { JwsAlgorithm } from './jws-algorithms.ts';
import { FINGERPRINT } from './key-model.ts';
import type { Fingerprint } from './key-model.ts';
import { parseStrictJson } from './strict-json.ts';
import { TrustError, failWith } from './trust-error.ts';
import type { TrustErrorCode } from './trust-error.ts';

export interface JwsSignature {
  /** base64url, as it was received: it is part of what is signed. */
  readonly protectedHeader: string;
  readonly algorithm: JwsAlgorithm;
  readonly kid: Fingerprint;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** Taken apart, and believed by nobody yet. */
export interface JwsEnvelope {
  /** base64url, as it was received. */
  readonly payload: string;
  /** None: waits for its first signature. */
  readonly signatures: readonly JwsSignature[];
}

export const MOST_SIGNATURES = 32;
const MOST_HEADER_CHARACTERS = 1024;
/** An RSA key of 16,384 bits. */
const MOST_SIGNATURE_CHARACTERS = 2732;
const BASE64URL = /^[\w-]+$/;

const REFUSED_HEADERS = {
  crit: 'JWS_CRIT',
  b64: 'JWS_UNENCODED',
  jwk: 'JWS_EMBEDDED_KEY',
  jku: 'JWS_EMBEDDED_KEY',
  x5u: 'JWS_EMBEDDED_KEY',
  x5c: 'JWS_EMBEDDED_KEY',
  x5t: 'JWS_EMBEDDED_KEY',
  'x5t#S256': 'JWS_EMBEDDED_KEY',
} as const satisfies Record<string, TrustErrorCode>;

/** These mean something; outside of the protected header anybody could have put them there. */
const PROTECTED_HEADERS: readonly string[] = ['alg', 'kid', 'typ', 'cty', ...Object.keys(REFUSED_HEADERS)];

const fault = failWith('JWS_MALFORMED');

/**
 * Checks everything that can be checked without a key.
 * @param where what it is, for errors: `release`, `root`, `index`
 * @throws TrustError
 */
export function parseEnvelope(bytes: Uint8Array, where: string, mostBytes: number): JwsEnvelope {
  const fields = new FieldReader(parseStrictJson(bytes, where, mostBytes), where, fault);
  for (const flat of ['protected', 'header', 'signature']) {
    if (fields.has(flat)) throw fault(`${where}.${flat}`, 'belongs into signatures[] (RFC 7515 §7.2.1)');
  }
  const payload = base64Text(fields, 'payload', where, mostBytes);
  const signatures = fields.list('signatures', MOST_SIGNATURES, (item, place) => parseSignature(item, place));
  assertEachOnce(signatures, where);
  return { payload, signatures };
}

function parseSignature(item: unknown, where: string): JwsSignature {
  const fields = new FieldReader(item, where, fault);
  if (fields.has('header')) assertHarmless(fields.child('header'), `${where}.header`);
  const protectedHeader = base64Text(fields, 'protected', where, MOST_HEADER_CHARACTERS);
  const header = parseStrictJson(decode(protectedHeader, `${where}.protected`), `${where}.protected`, MOST_HEADER_CHARACTERS);
  return {
    protectedHeader,
    ...parseHeader(header, `${where}.protected`),
    signature: decode(base64Text(fields, 'signature', where, MOST_SIGNATURE_CHARACTERS), `${where}.signature`),
  };
}

function parseHeader(value: unknown, where: string): Pick<JwsSignature, 'algorithm' | 'kid'> {
  const fields = new FieldReader(value, where, fault);
  for (const [name, code] of Object.entries(REFUSED_HEADERS)) {
    if (Object.hasOwn(value as object, name)) throw new TrustError(code, `${where}.${name}`, 'is not accepted here', { found: name });
  }
  const algorithm = fields.text('alg');
  if (!isJwsAlgorithm(algorithm)) {
    throw new TrustError('JWS_ALGORITHM', `${where}.alg`, 'is no algorithm that is accepted here', { found: algorithm.slice(0, 32) });
  }
  return { algorithm, kid: fields.matching('kid', FINGERPRINT, 'the fingerprint of a key: 64 lower-case hex digits') };
}

function assertHarmless(fields: FieldReader, where: string): void {
  const name = PROTECTED_HEADERS.find((name) => fields.has(name));
  if (name !== undefined) throw new TrustError('JWS_UNPROTECTED', `${where}.${name}`, 'must be in the protected header', { found: name });
}

/** One key is one signer, however often it signed. */
function assertEachOnce(signatures: readonly JwsSignature[], where: string): void {
  const kids = new Set<Fingerprint>();
  for (const [index, { kid }] of signatures.entries()) {
    if (kids.has(kid)) throw new TrustError('JWS_KEY_TWICE', `${where}.signatures[${index}]`, 'its key has signed already', { found: kid });
    kids.add(kid);
  }
}

function base64Text(fields: FieldReader, key: string, where: string, mostCharacters: number): string {
  const text = fields.text(key, mostCharacters);
  if (!BASE64URL.test(text)) throw fault(`${where}.${key}`, 'must be base64url');
  return text;
}

function decode(text: string, where: string): Uint8Array<ArrayBuffer> {
  try {
    return fromBase64(text, 'base64url');
  } catch (cause) {
    throw new TrustError('JWS_MALFORMED', where, 'must be base64url without stray bits', { cause });
  }
}

/** Of the bytes as they were received, never of a value that was written anew. RFC 7515 §5.1, step 5. */
export const signingInput = ({ payload }: JwsEnvelope, protectedHeader: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`${protectedHeader}.${payload}`);

/** What nobody has vouched for yet: to be shown to whoever is about to sign it, and for `quorum.ts`. @throws TrustError */
export const unverifiedPayload = ({ payload }: JwsEnvelope, where: string): Uint8Array<ArrayBuffer> => decode(payload, `${where}.payload`);

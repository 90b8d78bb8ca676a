/**
 * The root file: which keys may sign what, and how many of them it takes. It is followed by the next one as in The Update Framework
 * (TUF specification 1.0, §5.3): version N + 1 is signed by as many keys as version N asks for and by as many as it asks for itself, and no
 * version is left out. The first one a person confirms by its fingerprint.
 */
import { fromBase64, toBase64 } from '../bytes/base64.ts';
import { sha256Hex } from '../bytes/sha256.ts';
import { canonicalBytes } from './canonical-json.ts';
import { fingerprint } from './fingerprint.ts';
import { parseEnvelope, unverifiedPayload } from './jws.ts';
import type { Fingerprint, PublicKey } from './key-model.ts';
import { assertQuorum, openEnvelope } from './quorum.ts';
import type { Quorum } from './quorum.ts';
import { SignedFields, timestamp } from './signed-fields.ts';
import type { Span } from './signed-fields.ts';
import { publicKeyFromDer } from './subject-public-key.ts';
import { TrustError } from './trust-error.ts';

/** `root` signs the next root file, `release` signs indexes and releases. */
export const ROLES = ['root', 'release'] as const;
export type Role = (typeof ROLES)[number];

export interface RootKey {
  /** Whose it is, for people. */
  readonly name: string;
  readonly publicKey: PublicKey;
  readonly fingerprint: Fingerprint;
}

export interface RootRole {
  readonly keys: readonly Fingerprint[];
  readonly threshold: number;
}

export interface Root extends Span {
  readonly version: number;
  readonly keys: readonly RootKey[];
  readonly roles: Readonly<Record<Role, RootRole>>;
  /** Keys whose signatures count no longer, whenever they were made. */
  readonly revoked: readonly Fingerprint[];
}

/** Signed as it says itself, and believed: by a person, or by the one before it. */
export interface TrustedRoot {
  readonly root: Root;
  /** The file, as it was signed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the payload, lower-case hex: the same however many signatures were added. */
  readonly fingerprint: string;
}

const KIND = { where: 'root', code: 'ROOT_MALFORMED', schema: 'otter-root/1' } as const;
const MOST_KEYS = 32;
const MOST_REVOKED = 256;
/** Base64 of an RSA key of 8192 bits. */
const MOST_SPKI_LENGTH = 1420;
export const MOST_ROOT_BYTES = 256 * 1024;

/** @throws TrustError ROOT_MALFORMED, JSON_MALFORMED */
export async function parseRoot(payload: Uint8Array): Promise<Root> {
  const fields = SignedFields.parse(payload, KIND);
  const keys = await Promise.all(fields.list('keys', MOST_KEYS, parseKey));
  const known = new Set(keys.map(({ fingerprint }) => fingerprint));
  if (known.size !== keys.length) throw fields.broken('keys', 'must hold each key once');
  const revoked = fields.fingerprints('revoked', MOST_REVOKED);
  if (revoked.some((kid) => known.has(kid))) throw fields.broken('revoked', 'must not name a key that has a say');
  const roles = fields.child('roles');
  return {
    version: fields.counter('version', 1),
    ...fields.span(),
    keys,
    roles: { root: parseRole(roles.child('root'), known), release: parseRole(roles.child('release'), known) },
    revoked,
  };
}

async function parseKey(item: unknown, where: string): Promise<RootKey> {
  const fields = new SignedFields(item, where, KIND.code);
  const name = fields.label('name');
  const publicKey = parseSpki(fields);
  return { name, publicKey, fingerprint: await fingerprint(publicKey) };
}

function parseSpki(fields: SignedFields): PublicKey {
  const text = fields.text('spki', MOST_SPKI_LENGTH);
  let publicKey: PublicKey;
  try {
    publicKey = publicKeyFromDer(fromBase64(text));
  } catch (cause) {
    throw fields.broken('spki', 'must be a public key as base64 of its SPKI', cause);
  }
  // A key that could be written in two ways would have two fingerprints, and count twice.
  if (toBase64(publicKey.spki) !== text) throw fields.broken('spki', 'must be the SPKI as it is written here');
  return publicKey;
}

function parseRole(fields: SignedFields, known: ReadonlySet<Fingerprint>): RootRole {
  const keys = fields.fingerprints('keys', MOST_KEYS);
  if (!keys.every((kid) => known.has(kid))) throw fields.broken('keys', 'must be keys of this file');
  return { keys, threshold: fields.counter('threshold', 1, keys.length) };
}

/** @throws TrustError when nobody could read it back */
export async function encodeRoot({ version, issuedMs, expiresMs, keys, roles, revoked }: Root): Promise<Uint8Array<ArrayBuffer>> {
  const value = {
    schema: KIND.schema,
    version,
    roles,
    revoked,
    issued: timestamp(issuedMs),
    expires: timestamp(expiresMs),
    keys: keys.map(({ name, publicKey }) => ({ name, spki: toBase64(publicKey.spki) })),
  };
  const payload = canonicalBytes(value, KIND.where);
  await parseRoot(payload);
  return payload;
}

/** Who has a say as `role`. */
export function quorumOf({ keys, roles, revoked }: Root, role: Role): Quorum {
  const { keys: kids, threshold } = roles[role];
  const having = keys.filter(({ fingerprint }) => kids.includes(fingerprint));
  return {
    keys: new Map(having.map(({ fingerprint, publicKey }) => [fingerprint, publicKey])),
    threshold,
    revoked: new Set(revoked),
  };
}

/**
 * A root file that nothing stands behind but its own keys: to be shown to a person, who compares the fingerprint with one from elsewhere.
 * @param pinned fingerprint that was confirmed already
 * @throws TrustError
 */
export async function readFirstRoot(bytes: Uint8Array<ArrayBuffer>, pinned?: string): Promise<TrustedRoot> {
  const envelope = parseEnvelope(bytes, KIND.where, MOST_ROOT_BYTES);
  const payload = unverifiedPayload(envelope, KIND.where);
  const found = await sha256Hex(payload);
  if (pinned !== undefined && found !== pinned) {
    throw new TrustError('ROOT_UNKNOWN', KIND.where, `its fingerprint must be ${pinned}`, { found });
  }
  const root = await parseRoot(payload);
  await assertQuorum(envelope, quorumOf(root, 'root'), { where: KIND.where, code: 'ROOT_NEW_KEYS_MISSING' });
  return { root, bytes, fingerprint: found };
}

/**
 * The root file that follows `current`: checked in the order of TUF §5.3. Whether it is expired is asked of the last of its line only, so it
 * is not asked here.
 * @throws TrustError
 */
export async function readNextRoot(current: TrustedRoot, bytes: Uint8Array<ArrayBuffer>): Promise<TrustedRoot> {
  const envelope = parseEnvelope(bytes, KIND.where, MOST_ROOT_BYTES);
  const old = quorumOf(current.root, 'root');
  const { payload } = await openEnvelope(envelope, old, { where: KIND.where, code: 'ROOT_OLD_KEYS_MISSING' });
  const root = await parseRoot(payload);
  assertFollows(current.root.version, root.version);
  await assertQuorum(envelope, quorumOf(root, 'root'), { where: KIND.where, code: 'ROOT_NEW_KEYS_MISSING' });
  return { root, bytes, fingerprint: await sha256Hex(payload) };
}

function assertFollows(current: number, next: number): void {
  if (next === current + 1) return;
  const code = next <= current ? 'ROOT_ROLLBACK' : 'ROOT_SKIPPED';
  throw new TrustError(code, 'root.payload.version', `must be ${current + 1}, not ${next}`);
}

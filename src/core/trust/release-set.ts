/**
 * How a release comes to be trusted: root file → index → release → image, each step taken from the state before it. A state is never
 * changed; a step that fails leaves the one that was there, and without a state there is no step to take.
 *
 * Rules, after TUF (specification 1.0, §5):
 * - root files are taken one by one (`readNextRoot` in root.ts), before anything else;
 * - the last of them must not be expired when an index is taken;
 * - an index is signed by the role `release`, is not expired, and not older than one seen before, unless a key of that role was removed
 *   since: then whoever stole it cannot have made all later indexes look old;
 * - a release is the very file that the index names, says the same as the index, and is signed by the role `release`;
 * - an image has the size and the SHA-256 that the release states.
 * Each check comes before whatever would use its result, and bytes are parsed after they were verified. Whether a release that is trusted
 * may be installed on a device is another question (`release-rules.ts`), and its own expiry is part of that.
 */
import { sha256Hex } from '../bytes/sha256.ts';
import { parseEnvelope } from './jws.ts';
import type { Fingerprint } from './key-model.ts';
import { openEnvelope } from './quorum.ts';
import { MOST_INDEX_BYTES, parseIndex } from './release-index.ts';
import type { IndexEntry, ReleaseIndex } from './release-index.ts';
import { MOST_RELEASE_BYTES, parseRelease } from './release.ts';
import type { Release } from './release.ts';
import { quorumOf } from './root.ts';
import type { TrustedRoot } from './root.ts';
import { TrustError } from './trust-error.ts';

/** What is remembered of the newest index that was trusted. */
export interface SeenIndex {
  readonly version: number;
  /** Of the role that signed it. */
  readonly releaseKeys: readonly Fingerprint[];
}

export interface TrustedIndex {
  readonly root: TrustedRoot;
  readonly index: ReleaseIndex;
  readonly seen: SeenIndex;
}

export interface TrustedRelease {
  readonly release: Release;
  /** The file, as it was signed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly signers: readonly Fingerprint[];
}

export interface IndexOptions {
  readonly nowMs: number;
  /** The newest one that was trusted before. */
  readonly seen?: SeenIndex | undefined;
}

/** @throws TrustError */
export async function trustIndex(root: TrustedRoot, bytes: Uint8Array, { nowMs, seen }: IndexOptions): Promise<TrustedIndex> {
  assertFresh(root.root.expiresMs, nowMs, 'ROOT_EXPIRED');
  const envelope = parseEnvelope(bytes, 'index', MOST_INDEX_BYTES);
  const { payload } = await openEnvelope(envelope, quorumOf(root.root, 'release'), { where: 'index' });
  const index = parseIndex(payload);
  const releaseKeys = root.root.roles.release.keys.toSorted();
  assertNotOlder(index.version, releaseKeys, seen);
  assertFresh(index.expiresMs, nowMs, 'INDEX_EXPIRED');
  return { root, index, seen: { version: index.version, releaseKeys } };
}

/** A key that came along makes nothing forgotten: only one that went may have signed what nobody can exceed. */
export const hasLostKey = ({ releaseKeys }: SeenIndex, keys: readonly Fingerprint[]): boolean =>
  releaseKeys.some((kid) => !keys.includes(kid));

function assertNotOlder(version: number, keys: readonly Fingerprint[], seen: SeenIndex | undefined): void {
  if (!seen || version >= seen.version || hasLostKey(seen, keys)) return;
  throw new TrustError('INDEX_ROLLBACK', 'index.payload.version', `must be at least ${seen.version}, not ${version}`);
}

function assertFresh(expiresMs: number, nowMs: number, code: 'ROOT_EXPIRED' | 'INDEX_EXPIRED'): void {
  if (nowMs < expiresMs) return;
  const where = code === 'ROOT_EXPIRED' ? 'root' : 'index';
  throw new TrustError(code, `${where}.payload.expires`, `was valid until ${new Date(expiresMs).toISOString()}`);
}

/** @param entry of that index. @throws TrustError */
export async function trustRelease(
  { root, index }: TrustedIndex,
  entry: IndexEntry,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<TrustedRelease> {
  if (!index.releases.includes(entry)) throw new TypeError('the entry is not of this index');
  if (bytes.length !== entry.size || (await sha256Hex(bytes)) !== entry.sha256) {
    throw new TrustError('RELEASE_NOT_LISTED', entry.path, `is not the file that the index names: SHA-256 ${entry.sha256}`);
  }
  const trusted = await verifyRelease(root, bytes);
  assertSame(trusted.release, entry);
  return trusted;
}

/**
 * A release that somebody brought without the set it belongs to: nothing says whether there is a newer one.
 * @throws TrustError
 */
export async function trustSingleRelease(root: TrustedRoot, bytes: Uint8Array<ArrayBuffer>, nowMs: number): Promise<TrustedRelease> {
  assertFresh(root.root.expiresMs, nowMs, 'ROOT_EXPIRED');
  return verifyRelease(root, bytes);
}

/**
 * Who signed it, by what the root file says; nothing here grows old. For what was trusted once and is read again.
 * @throws TrustError
 */
export async function verifyRelease({ root }: TrustedRoot, bytes: Uint8Array<ArrayBuffer>): Promise<TrustedRelease> {
  const envelope = parseEnvelope(bytes, 'release', MOST_RELEASE_BYTES);
  const { payload, signers } = await openEnvelope(envelope, quorumOf(root, 'release'), { where: 'release' });
  return { release: parseRelease(payload), bytes, signers };
}

function assertSame(release: Release, entry: IndexEntry): void {
  for (const field of ['product', 'version', 'chip', 'counter'] as const) {
    if (release[field] === entry[field]) continue;
    throw new TrustError('RELEASE_NOT_LISTED', `release.payload.${field}`, `is not ${entry[field]}, as the index says`, {
      found: String(release[field]),
    });
  }
}

/** @throws TrustError RELEASE_IMAGE_WRONG: another image, or one that was cut or goes on without end */
export async function assertImage({ size, sha256 }: Pick<Release, 'size' | 'sha256'>, image: Uint8Array): Promise<void> {
  if (image.length !== size) throw new TrustError('RELEASE_IMAGE_WRONG', 'image', `must have ${size} bytes, not ${image.length}`);
  const found = await sha256Hex(image);
  if (found !== sha256) throw new TrustError('RELEASE_IMAGE_WRONG', 'image', `must have the SHA-256 ${sha256}`, { found });
}

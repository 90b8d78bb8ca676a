/** Writes a release set. Nothing comes out that a reader would refuse: all of it goes through the steps of a reader first. */
import { sha256Hex } from '../bytes/sha256.ts';
import { installManifests } from './install-manifest.ts';
import type { Install, PublishedImage } from './install-manifest.ts';
import type { IndexEntry } from './release-index.ts';
import { assertImage, trustIndex, trustRelease } from './release-set.ts';
import type { TrustedRelease } from './release-set.ts';
import type { Release } from './release.ts';
import { readFirstRoot, readNextRoot } from './root.ts';
import type { TrustedRoot } from './root.ts';
import { INDEX_FILE, MOST_SIGNATURES, ROOT_FILE, firmwareFile, releaseFile, rootFile, signatureFile } from './set-files.ts';
import type { SetFile } from './set-files.ts';
import { TrustError } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export interface ReleaseSetParts {
  /** The line of root files, oldest first: whoever trusts one of them can follow it to the last. */
  readonly roots: readonly Bytes[];
  readonly index: Bytes;
  /** Signed; those that the index names. */
  readonly releases: readonly Bytes[];
  readonly images: readonly PublishedImage[];
}

/** What an index says of these releases: to be signed. */
export function listReleases(releases: readonly TrustedRelease[]): Promise<readonly IndexEntry[]> {
  // Not every file system tells upper from lower case.
  const names = releases.map(({ release }) => releaseFile(release.product, release.version).toLowerCase());
  return Promise.all(
    releases.map(async ({ release: { product, version, chip, counter }, bytes }, at) => {
      const sha256 = await sha256Hex(bytes);
      const isShared = names.indexOf(names[at]!) !== names.lastIndexOf(names[at]!);
      const path = releaseFile(product, version, ...(isShared ? [sha256.slice(0, 12)] : []));
      return { product, version, chip, counter, path, size: bytes.length, sha256 };
    }),
  );
}

/** Each path once. @throws TrustError as a reader would, and SET_INCONSISTENT where something is missing */
export async function writeReleaseSet(parts: ReleaseSetParts, nowMs: number): Promise<readonly SetFile[]> {
  const roots = await followRoots(parts.roots);
  const newest = roots.at(-1)!;
  const trusted = await trustIndex(newest, parts.index, { nowMs });
  const releases = await bySha256(parts.releases, (bytes) => bytes);
  const images = await bySha256(parts.images, ({ bytes }) => bytes);
  const files: SetFile[] = [
    ...roots.map(({ root, bytes }) => ({ path: rootFile(root.version), bytes })),
    { path: ROOT_FILE, bytes: newest.bytes },
    { path: INDEX_FILE, bytes: parts.index },
  ];
  const installs: Install[] = [];
  for (const entry of trusted.index.releases) {
    const bytes = found(releases, entry.sha256, entry.path);
    const { release } = await trustRelease(trusted, entry, bytes);
    const image = found(images, release.sha256, firmwareFile(release.sha256));
    await assertImage(release, image.bytes);
    files.push({ path: entry.path, bytes }, { path: firmwareFile(release.sha256), bytes: image.bytes }, ...signaturesOf(release, image));
    installs.push({ release, image });
  }
  files.push(...(await installManifests(installs)));
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

const signaturesOf = ({ sha256 }: Release, { signatures = [] }: PublishedImage): readonly SetFile[] =>
  signatures.slice(0, MOST_SIGNATURES).map((bytes, at) => ({ path: signatureFile(sha256, at + 1), bytes }));

async function followRoots([first, ...others]: readonly Bytes[]): Promise<readonly TrustedRoot[]> {
  if (!first) throw new TrustError('SET_INCONSISTENT', 'root', 'is missing');
  const roots = [await readFirstRoot(first)];
  for (const bytes of others) roots.push(await readNextRoot(roots.at(-1)!, bytes));
  return roots;
}

async function bySha256<T>(items: readonly T[], bytesOf: (item: T) => Uint8Array): Promise<ReadonlyMap<string, T>> {
  return new Map(await Promise.all(items.map(async (item) => [await sha256Hex(bytesOf(item)), item] as const)));
}

function found<T>(items: ReadonlyMap<string, T>, sha256: string, path: string): T {
  const item = items.get(sha256);
  if (item === undefined) throw new TrustError('SET_INCONSISTENT', path, `is missing: SHA-256 ${sha256}`);
  return item;
}

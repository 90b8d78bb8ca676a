/**
 * A static host with a release set on it, and everybody who may sign for it behind it: an honest publisher, until a test makes it an attacker.
 * What is published is signed from the models; a test changes a model or the signers, publishes again, or swaps the files that are served.
 */
import { sha256Hex } from '../../src/core/bytes/sha256.ts';
import type { PublishedImage } from '../../src/core/trust/install-manifest.ts';
import { readSetImage, readSetIndex, readSetRelease, readSetRoot, readSetRotations } from '../../src/core/trust/read-release-set.ts';
import type { IndexEntry, ReleaseIndex } from '../../src/core/trust/release-index.ts';
import type { SeenIndex, TrustedRelease } from '../../src/core/trust/release-set.ts';
import type { Release } from '../../src/core/trust/release.ts';
import type { Root, RootRole, TrustedRoot } from '../../src/core/trust/root.ts';
import { INDEX_FILE, ROOT_FILE, firmwareFile, rootFile } from '../../src/core/trust/set-files.ts';
import type { SetSource } from '../../src/core/trust/set-files.ts';
import { unsignedIndex, unsignedRelease, unsignedRoot } from '../../src/core/trust/threshold-signing.ts';
import { listReleases } from '../../src/core/trust/write-release-set.ts';
import { person, signedBy } from './signers.ts';
import type { Person } from './signers.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const DAY_MS = 24 * 3600 * 1000;
export const NOW_MS = Date.UTC(2026, 0, 15, 12);
export const SPAN = { issuedMs: NOW_MS - DAY_MS, expiresMs: NOW_MS + 30 * DAY_MS } as const;
export const EXPIRED = { issuedMs: NOW_MS - 30 * DAY_MS, expiresMs: NOW_MS - DAY_MS } as const;

export const IMAGE: PublishedImage = { bytes: new TextEncoder().encode('an image, as far as a host knows'), offset: 0x1_0000 };

export const roleOf = (people: readonly Person[], threshold = people.length): RootRole => ({
  keys: people.map(({ key }) => key.fingerprint),
  threshold,
});

export async function releaseOf(image: Bytes, changes: Partial<Release> = {}): Promise<Release> {
  return {
    product: 'greenhouse',
    hardware: ['gh-2'],
    chip: 'ESP32-S3',
    version: '1.2.0',
    counter: 12,
    size: image.length,
    sha256: await sha256Hex(image),
    appendedHash: undefined,
    notes: 'Waters on Sundays too.\nSecond line.',
    ...SPAN,
    minFromCounter: 3,
    deltas: [],
    ...changes,
  };
}

export class ReleaseHost implements SetSource {
  readonly files = new Map<string, Bytes>();
  readonly asked: string[] = [];
  root: Root;
  rootSigners: readonly Person[];
  releaseSigners: readonly Person[];
  index: Omit<ReleaseIndex, 'releases'> = { version: 7, ...SPAN };
  entries: readonly IndexEntry[] = [];

  /** Two of two for the root, two of three for releases. */
  static async open(): Promise<ReleaseHost> {
    const roots = await Promise.all([person('Ada'), person('Bo', 'ES256')]);
    const releasers = await Promise.all([person('Cleo'), person('Dan', 'ES384'), person('Eve')]);
    const host = new ReleaseHost(roots, releasers);
    await host.publishRoot();
    const release = await host.publishRelease(await releaseOf(IMAGE.bytes));
    await host.publishIndex([release]);
    host.files.set(firmwareFile(release.release.sha256), IMAGE.bytes);
    return host;
  }

  private constructor(roots: readonly Person[], releasers: readonly Person[]) {
    this.rootSigners = roots;
    this.releaseSigners = releasers.slice(0, 2);
    this.root = {
      version: 1,
      ...SPAN,
      keys: [...roots, ...releasers].map(({ key }) => key),
      roles: { root: roleOf(roots), release: roleOf(releasers, 2) },
      revoked: [],
    };
  }

  async publishRoot(): Promise<Bytes> {
    const bytes = await signedBy(await unsignedRoot(this.root), this.rootSigners);
    this.files.set(rootFile(this.root.version), bytes);
    this.files.set(ROOT_FILE, bytes);
    return bytes;
  }

  /** The next root file, signed by whoever `rootSigners` are. */
  async rotate(changes: Partial<Root> = {}): Promise<void> {
    this.root = { ...this.root, version: this.root.version + 1, ...changes };
    await this.publishRoot();
  }

  async publishRelease(release: Release): Promise<TrustedRelease> {
    const bytes = await signedBy(unsignedRelease(release), this.releaseSigners);
    return { release, bytes, signers: this.releaseSigners.map(({ key }) => key.fingerprint) };
  }

  async publishIndex(releases: readonly TrustedRelease[]): Promise<void> {
    this.entries = await listReleases(releases);
    for (const [at, { path }] of this.entries.entries()) this.files.set(path, releases[at]!.bytes);
    await this.publishEntries();
  }

  /** The index alone, of whatever `entries` says. */
  async publishEntries(): Promise<void> {
    this.files.set(INDEX_FILE, await signedBy(unsignedIndex({ ...this.index, releases: this.entries }), this.releaseSigners));
  }

  read(path: string, mostBytes: number): Promise<Bytes | undefined> {
    this.asked.push(path);
    return Promise.resolve(this.files.get(path)?.slice(0, mostBytes + 1));
  }
}

/** Who trusts a root file, and remembers what they saw. */
export class Client {
  root: TrustedRoot;
  seen: SeenIndex | undefined;
  nowMs = NOW_MS;

  static async of(host: ReleaseHost): Promise<Client> {
    return new Client(await readSetRoot(host));
  }

  private constructor(root: TrustedRoot) {
    this.root = root;
  }

  /** Takes the whole way to the image of the first release; keeps what the steps before a failure have proven. */
  async update(host: ReleaseHost): Promise<{ readonly trusted: TrustedRelease; readonly image: Bytes }> {
    this.root = (await readSetRotations(host, this.root)).at(-1) ?? this.root;
    const index = await readSetIndex(host, this.root, { nowMs: this.nowMs, seen: this.seen });
    this.seen = index.seen;
    const trusted = await readSetRelease(host, index, index.index.releases[0]!);
    return { trusted, image: await readSetImage(host, trusted.release) };
  }
}

/** Release sets as files: put together from what is kept, and packed for any static host. Knows no folder and no network. */
import { crc32 } from '../../core/bytes/crc32.ts';
import { ZipWriter } from '../../core/bytes/zip.ts';
import type { PublishedImage } from '../../core/trust/install-manifest.ts';
import { openEnvelope } from '../../core/trust/quorum.ts';
import { parseIndex } from '../../core/trust/release-index.ts';
import type { IndexEntry } from '../../core/trust/release-index.ts';
import { quorumOf } from '../../core/trust/root.ts';
import { INDEX_FILE, ROOT_FILE } from '../../core/trust/set-files.ts';
import type { SetFile } from '../../core/trust/set-files.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import { writeReleaseSet } from '../../core/trust/write-release-set.ts';
import { readEnvelope } from './envelopes.ts';
import { forgotten } from './release-drafts.ts';
import type { ReleasePorts, StoredRelease } from './release-ports.ts';
import type { Bytes, RootLine, SignedImage } from './release-services.ts';
import type { NamedFile } from './services.ts';

/** Where ESP-IDF and the Arduino core put the first application, unless a partition table says otherwise. */
export const USUAL_APP_OFFSET = 0x1_0000;

/** @throws TrustError as a reader would; SET_INCONSISTENT where a release or its image is not here */
export async function putTogether(
  line: RootLine,
  { store, library, signatures, clock, record }: ReleasePorts,
  { installOffset }: { readonly installOffset?: number } = {},
): Promise<readonly SetFile[]> {
  const { index, files } = line;
  if (!index) throw new TrustError('SET_INCONSISTENT', INDEX_FILE, 'is missing: it has to be signed first');
  const releases: StoredRelease[] = [];
  const images = new Map<string, PublishedImage>();
  for (const entry of await listedIn(line, index)) {
    const release = await store.release(entry.sha256);
    if (!release) throw forgotten(`${entry.product} ${entry.version}`, entry.sha256);
    releases.push(release);
    const { sha256 } = release.record;
    if (images.has(sha256)) continue;
    const bytes = new Uint8Array(await (await library.bytes(sha256)).arrayBuffer());
    const signed = { signatures: await signatures.vouched(sha256) };
    images.set(sha256, { bytes, ...signed, ...(installOffset !== undefined && { offset: installOffset }) });
  }
  const parts = {
    roots: files.map(({ bytes }) => bytes),
    index,
    releases: releases.map(({ bytes }) => bytes),
    images: [...images.values()],
  };
  const set = await writeReleaseSet(parts, clock.now());
  for (const release of releases) record?.('release-published', release.record);
  return inOrder(set);
}

async function listedIn({ newest }: RootLine, index: Bytes): Promise<readonly IndexEntry[]> {
  const { payload } = await openEnvelope(readEnvelope(index), quorumOf(newest.root, 'release'), { where: 'index' });
  return parseIndex(payload).releases;
}

/** What devices that check an image with keys of their own would find beside those of the set. What is not here is left out. */
export async function signedImages(line: RootLine, { store, library, signatures }: ReleasePorts): Promise<readonly SignedImage[]> {
  const found = new Map<string, SignedImage>();
  for (const { sha256 } of line.index ? await listedIn(line, line.index) : []) {
    const record = (await store.release(sha256))?.record;
    if (!record || found.has(record.sha256) || !(await library.get(record.sha256))) continue;
    const { signature, isPinned } = await signatures.trust(record.sha256, record.product);
    const isSigned = (await signatures.vouched(record.sha256)).length > 0;
    found.set(record.sha256, { record, isSigned, isMissed: isPinned && signature.status !== 'trusted' });
  }
  return [...found.values()];
}

/** What names others comes last: whoever copies the set over an older one, or reads it meanwhile, finds what is named. */
const inOrder = (files: readonly SetFile[]): readonly SetFile[] => files.toSorted((a, b) => rank(a.path) - rank(b.path));
const rank = (path: string): number => (path === INDEX_FILE ? 3 : path === ROOT_FILE ? 2 : path.includes('/') ? 0 : 1);

export function packed(files: readonly SetFile[], fileName: string): NamedFile {
  const writer = new ZipWriter();
  const parts: BlobPart[] = [];
  for (const { path, bytes } of files) parts.push(writer.add({ name: path, size: bytes.length, crc32: crc32(bytes) }), bytes);
  parts.push(writer.finish());
  return { blob: new Blob(parts, { type: 'application/zip' }), fileName };
}

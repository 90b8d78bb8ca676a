/** Release sets as files: put together from what is kept, and packed for any static host. Knows no folder and no network. */
import { crc32 } from '../../core/bytes/crc32.ts';
import { ZipWriter } from '../../core/bytes/zip.ts';
import type { PublishedImage } from '../../core/trust/install-manifest.ts';
import { openEnvelope } from '../../core/trust/quorum.ts';
import { parseIndex } from '../../core/trust/release-index.ts';
import { quorumOf } from '../../core/trust/root.ts';
import { INDEX_FILE, ROOT_FILE } from '../../core/trust/set-files.ts';
import type { SetFile } from '../../core/trust/set-files.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import { writeReleaseSet } from '../../core/trust/write-release-set.ts';
import { readEnvelope } from './envelopes.ts';
import { forgotten } from './release-drafts.ts';
import type { ReleasePorts } from './release-ports.ts';
import type { RootLine } from './release-services.ts';
import type { NamedFile } from './services.ts';

/** Where ESP-IDF and the Arduino core put the first application, unless a partition table says otherwise. */
export const USUAL_APP_OFFSET = 0x1_0000;

/** @throws TrustError as a reader would; SET_INCONSISTENT where a release or its image is not here */
export async function putTogether(
  line: RootLine,
  { store, library, clock, record }: ReleasePorts,
  { installOffset }: { readonly installOffset?: number } = {},
): Promise<readonly SetFile[]> {
  const { index, newest, files } = line;
  if (!index) throw new TrustError('SET_INCONSISTENT', INDEX_FILE, 'is missing: it has to be signed first');
  const { payload } = await openEnvelope(readEnvelope(index), quorumOf(newest.root, 'release'), { where: 'index' });
  const releases = [];
  const images = new Map<string, PublishedImage>();
  for (const entry of parseIndex(payload).releases) {
    const release = await store.release(entry.sha256);
    if (!release) throw forgotten(`${entry.product} ${entry.version}`, entry.sha256);
    releases.push(release);
    const bytes = new Uint8Array(await (await library.bytes(release.record.sha256)).arrayBuffer());
    images.set(release.record.sha256, { bytes, ...(installOffset !== undefined && { offset: installOffset }) });
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

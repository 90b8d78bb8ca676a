/**
 * The library as one file: a ZIP of `manifest.json` (`{format, version, firmware: FirmwareRecord[]}`) and
 * `firmware/<sha256>.bin`. Reading believes nothing but the bytes: each is X-rayed again, its SHA-256 must be its name, and
 * from the manifest only what a person wrote (name, version, notes, tags) and what cannot lie (signatures) is taken. Loaded when it is needed.
 */
import { crc32 } from '../core/bytes/crc32.ts';
import { HELPING_BYTES } from '../core/bytes/pacer.ts';
import { ZipError } from '../core/bytes/zip-directory.ts';
import { ZipWriter, readZipEntries } from '../core/bytes/zip.ts';
import type { StoredZipEntry } from '../core/bytes/zip.ts';
import { LibraryError } from './errors.ts';
import type { FirmwareRecord } from './model.ts';
import type { ArchiveEntry, FirmwareInspector } from './ports.ts';
import { recordOf } from './firmware-record.ts';
import { parseFirmwareRecord } from './records.ts';

const FORMAT = 'otter-library';
const VERSION = 1;
const MANIFEST = 'manifest.json';
const MAX_ARCHIVE_BYTES = 2 ** 31;
const MAX_MANIFEST_BYTES = 32 * 2 ** 20;
const BIN_NAME = /^firmware\/([0-9a-f]{64})\.bin$/;

const binName = (sha256: string): string => `firmware/${sha256}.bin`;

/** The parts refer to the stored Blobs: of each no more than a piece is in memory at a time, for its checksum. */
export async function writeArchive(entries: readonly ArchiveEntry[]): Promise<Blob> {
  const writer = new ZipWriter();
  const parts: BlobPart[] = [];
  const add = async (name: string, bytes: Blob): Promise<void> => {
    parts.push(writer.add({ name, size: bytes.size, crc32: await checksumOf(bytes) }), bytes);
  };
  const manifest = { format: FORMAT, version: VERSION, firmware: entries.map((entry) => entry.record) };
  await add(MANIFEST, new Blob([JSON.stringify(manifest, undefined, 2)]));
  for (const entry of entries) await add(binName(entry.record.sha256), entry.bytes);
  parts.push(writer.finish());
  return new Blob(parts, { type: 'application/zip' });
}

/** Piece by piece: the page answers while the next is read. */
async function checksumOf(blob: Blob): Promise<number> {
  let checksum = 0;
  for (let at = 0; at < blob.size; at += HELPING_BYTES) {
    checksum = crc32(new Uint8Array(await blob.slice(at, at + HELPING_BYTES).arrayBuffer()), checksum);
  }
  return checksum;
}

const invalid = (rule: string, details: object = {}, options?: ErrorOptions): LibraryError =>
  new LibraryError('ARCHIVE_INVALID', rule, { rule, ...details }, options);

async function entriesOf(file: Blob): Promise<readonly StoredZipEntry[]> {
  try {
    return await readZipEntries({
      size: file.size,
      read: async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
    });
  } catch (cause) {
    if (cause instanceof ZipError) throw invalid(cause.details.rule, { offset: cause.details.offset }, { cause });
    throw new LibraryError('FILE_UNREADABLE', cause instanceof Error ? cause.message : 'cannot be read', {}, { cause });
  }
}

async function readManifest(file: Blob, entry: StoredZipEntry | undefined): Promise<ReadonlyMap<string, FirmwareRecord>> {
  if (!entry) throw invalid('has no manifest.json');
  if (entry.size > MAX_MANIFEST_BYTES) throw invalid('the manifest is too large');
  let manifest: unknown;
  try {
    manifest = JSON.parse(await file.slice(entry.offset, entry.offset + entry.size).text());
  } catch (cause) {
    throw invalid('the manifest is not JSON', {}, { cause });
  }
  const { format, version, firmware } = (manifest ?? {}) as Record<string, unknown>;
  if (format !== FORMAT || version !== VERSION || !Array.isArray(firmware)) throw invalid('is no library of this app');
  const records = firmware.map(parseFirmwareRecord).filter((record) => record !== undefined);
  return new Map(records.map((record) => [record.sha256, record]));
}

async function readFirmware(
  file: Blob,
  entry: StoredZipEntry,
  inspector: FirmwareInspector,
  addedAt: number,
  known?: FirmwareRecord,
): Promise<ArchiveEntry> {
  const sha256 = BIN_NAME.exec(entry.name)![1]!;
  const bytes = file.slice(entry.offset, entry.offset + entry.size, 'application/octet-stream');
  const fileName = known?.fileName ?? `${sha256.slice(0, 8)}.bin`;
  const report = await inspector.inspect(bytes, fileName);
  if (report.sha256 !== sha256) throw invalid('a firmware is not what its name says', { expected: sha256, found: report.sha256 });
  const fresh = recordOf(report, fileName, { kind: 'import', detail: known?.source.detail ?? '' }, addedAt);
  if (!known) return { record: fresh, bytes };
  const { name, notes, tags, signatures } = known;
  // What the image states, the manifest cannot say otherwise.
  const { version, versionCertain } = fresh.imageVersion === undefined ? known : fresh;
  return { record: { ...fresh, name, version, versionCertain, notes, tags, ...(signatures && { signatures }) }, bytes };
}

/** All entries, verified; nothing is stored here. */
export async function readArchive(file: Blob, inspector: FirmwareInspector, addedAt: number): Promise<readonly ArchiveEntry[]> {
  if (file.size > MAX_ARCHIVE_BYTES)
    throw new LibraryError('ARCHIVE_TOO_LARGE', 'larger than 2 GB', { size: file.size, limit: MAX_ARCHIVE_BYTES });
  const entries = await entriesOf(file);
  const records = await readManifest(
    file,
    entries.find((entry) => entry.name === MANIFEST),
  );
  const firmware: ArchiveEntry[] = [];
  for (const entry of entries) {
    const sha256 = BIN_NAME.exec(entry.name)?.[1];
    if (sha256 !== undefined) firmware.push(await readFirmware(file, entry, inspector, addedAt, records.get(sha256)));
  }
  const missing = [...records.keys()].find((sha256) => !firmware.some((entry) => entry.record.sha256 === sha256));
  if (missing !== undefined) throw invalid('a firmware of the manifest is missing', { expected: missing });
  return firmware;
}

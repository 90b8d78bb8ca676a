/**
 * What will be overwritten, kept in the library. The whole flash is a plain image from offset 0, as every tool makes and takes it. Stretches of
 * it are a UF2 file: it says where each byte belongs, for which chip, and is sound by its own MD5s, so it can be X-rayed, exported and put back
 * by other tools too. An image from the first to the last byte with FF in between would, put back, erase what was never read.
 */
import type { FlashRange, PlannedWrite } from '../../core/bundle/plan-model.ts';
import { endOf, joinRanges, sectorsOf, totalLength } from '../../core/bundle/ranges.ts';
import { hexNumber } from '../../core/bytes/hex.ts';
import { uf2Pieces } from '../../core/image/encode-uf2.ts';
import type { FlashRun } from '../../core/image/flash-runs.ts';
import type { ChipName } from '../../core/image/model.ts';
import { uf2Steps } from '../../core/image/uf2.ts';
import type { FirmwareRecord, FirmwareReport } from '../model.ts';
import type { Clock } from '../ports.ts';
import type { LibraryService } from '../services.ts';
import type { JobTracker } from './job-tracker.ts';
import { finishPaced } from './paced.ts';
import type { Pace } from './paced.ts';
import type { ChipConnection } from './ports.ts';
import { UsbError } from './usb-errors.ts';

export const SNAPSHOT_TAG = 'snapshot';

export interface SnapshotScene {
  readonly connection: ChipConnection;
  readonly tracker: JobTracker;
  readonly signal: AbortSignal;
  readonly library: Pick<LibraryService, 'add' | 'edit'>;
  readonly clock: Clock;
  /** Of the device, for the record. */
  readonly deviceId: string;
}

/** Reads, stores, and gives the SHA-256 under which it is found. `everything` needs a flash chip that tells its size. */
export async function takeSnapshot(of: readonly FlashRange[] | 'everything', scene: SnapshotScene): Promise<string> {
  const { connection, tracker } = scene;
  const { chip, flash } = connection.identity;
  if (of === 'everything' && flash.bytes === undefined) throw new UsbError('FLASH_SIZE_NOT_KNOWN', 'how much is everything?', {});
  const ranges = of === 'everything' ? [{ offset: 0, length: flash.bytes! }] : within(joinRanges(of.map(sectorsOf)), flash.bytes);
  tracker.enter('read', totalLength(ranges));
  const runs = await readRanges(ranges, scene);
  tracker.complete('read');
  const sha256 = await (of === 'everything'
    ? store([runs[0]!.bytes], 'bin', scene)
    : store(await containerOf(runs, chip, scene), 'uf2', scene));
  tracker.log(`kept ${totalLength(ranges)} bytes in the library, SHA-256 ${sha256}`);
  return sha256;
}

const within = (ranges: readonly FlashRange[], flashBytes = Number.POSITIVE_INFINITY): readonly FlashRange[] =>
  ranges
    .filter(({ offset }) => offset < flashBytes)
    .map((range) => ({ offset: range.offset, length: Math.min(endOf(range), flashBytes) - range.offset }));

async function readRanges(
  ranges: readonly FlashRange[],
  { connection, tracker, signal }: SnapshotScene,
): Promise<readonly (FlashRun & { readonly bytes: Uint8Array<ArrayBuffer> })[]> {
  const runs: (FlashRun & { readonly bytes: Uint8Array<ArrayBuffer> })[] = [];
  let done = 0;
  for (const { offset, length } of ranges) {
    const onProgress = (read: number): void => tracker.report('read', done + read);
    runs.push({ flashOffset: offset, bytes: await connection.readFlash(offset, length, { signal, onProgress }) });
    done += length;
  }
  return runs;
}

async function containerOf(runs: readonly FlashRun[], chip: ChipName, pace: Pace): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  await finishPaced(uf2Pieces(runs, chip), pace, (piece) => pieces.push(piece));
  return pieces;
}

async function store(
  pieces: readonly Uint8Array<ArrayBuffer>[],
  ending: string,
  { connection, library, clock, deviceId }: SnapshotScene,
): Promise<string> {
  const { chip, description } = connection.identity;
  const when = new Date(clock.now()).toISOString().slice(0, 16).replace('T', ' ').replace(':', '-');
  const source = { kind: 'device', detail: deviceId } as const;
  const fileName = `snapshot of ${deviceId.replaceAll(':', '')} ${when}.${ending}`;
  const { record, isNew } = await library.add(new Blob([...pieces]), fileName, source, { evenUnknown: true });
  const tags = [...new Set([...record.tags, SNAPSHOT_TAG])];
  // The same bytes may be there already, under a name that somebody gave them.
  if (isNew) await library.edit(record.sha256, { name: `Snapshot of ${description || chip}`, tags }).catch(() => undefined);
  return record.sha256;
}

export interface StoredSnapshot {
  readonly record: FirmwareRecord;
  readonly report: FirmwareReport;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What is written to put it back. @throws UsbError when it is none, or one of another chip */
export async function snapshotWrites(
  { record, report, bytes }: StoredSnapshot,
  chip: ChipName,
  flashBytes: number | undefined,
  pace: Pace,
): Promise<readonly PlannedWrite[]> {
  const unusable = (reason: string): UsbError => new UsbError('SNAPSHOT_UNUSABLE', reason, { reason, sha256: record.sha256 });
  if (record.source.kind !== 'device') throw unusable('not read from a chip');
  if (record.chip !== undefined && record.chip !== chip) throw unusable(`read from an ${record.chip}`);
  const runs = report.content.kind === 'uf2' ? await runsOf(bytes, pace) : [{ flashOffset: 0, bytes }];
  const end = Math.max(...runs.map((run) => run.flashOffset + run.bytes.length));
  if (flashBytes !== undefined && end > flashBytes) throw unusable('larger than this flash');
  return runs.map((run) => ({
    name: `${record.name} at ${hexNumber(run.flashOffset, 1)}`,
    role: 'data',
    offset: run.flashOffset,
    length: run.bytes.length,
    bytes: run.bytes,
    patched: false,
  }));
}

async function runsOf(bytes: Uint8Array, pace: Pace) {
  const { runs } = await finishPaced(uf2Steps(bytes), pace);
  return runs.map((run) => ({ ...run, bytes: new Uint8Array(run.bytes) }));
}

/**
 * What will be overwritten, kept in the library. The whole flash is a plain image from offset 0, as every tool makes and takes it. Stretches of
 * it are a UF2 file: it says where each byte belongs, for which chip, and is sound by its own MD5s, so it can be X-rayed, exported and put back
 * by other tools too. An image from the first to the last byte with FF in between would, put back, erase what was never read.
 */
import type { FlashRange, PlannedWrite } from '../../core/bundle/plan-model.ts';
import { endOf, joinRanges, sectorsOf, subtract, totalLength } from '../../core/bundle/ranges.ts';
import { hexNumber } from '../../core/bytes/hex.ts';
import { Pacer } from '../../core/bytes/pacer.ts';
import { uf2Pieces } from '../../core/image/encode-uf2.ts';
import type { FlashRun } from '../../core/image/flash-runs.ts';
import type { ChipName } from '../../core/image/model.ts';
import { parseUf2 } from '../../core/image/uf2.ts';
import type { FirmwareRecord, FirmwareReport } from '../model.ts';
import type { Clock } from '../ports.ts';
import type { LibraryService } from '../services.ts';
import { ERASED, blankIn } from './blank-flash.ts';
import type { JobTracker } from './job-tracker.ts';
import type { ChipConnection } from './ports.ts';
import { UsbError } from './usb-errors.ts';
import type { UsbPorts } from './usb-ports.ts';

const SNAPSHOT_TAG = 'snapshot';
/** The rest of the title has to have room, too. */
const MOST_OF_NAME = 64;

interface SnapshotScene {
  readonly connection: ChipConnection;
  readonly tracker: JobTracker;
  readonly signal: AbortSignal;
  readonly library: Pick<LibraryService, 'add' | 'edit'>;
  readonly clock: Clock;
  /** Of the device, for the record. */
  readonly deviceId: string;
  readonly deviceName: UsbPorts['deviceName'];
}

type Bytes = Uint8Array<ArrayBuffer>;
type ReadRun = FlashRun & { readonly bytes: Bytes };

interface Taken {
  /** Under which it is found. */
  readonly sha256: string;
  /** Known to be blank by the MD5 of the chip, and not read. */
  readonly blankBytes: number;
}

/** Reads and stores. `everything` needs a flash chip that tells its size. */
export async function takeSnapshot(of: readonly FlashRange[] | 'everything', scene: SnapshotScene): Promise<Taken> {
  const snapshot = new Snapshot({ keepsBlank: true });
  await snapshot.add(of, scene);
  return { sha256: snapshot.sha256!, blankBytes: snapshot.blankBytes };
}

/** Grows until all of it is there: each time it is stored anew, whole. */
export class Snapshot {
  readonly #keepsBlank: boolean;
  /** Under which it is found; `undefined` while nothing was read. */
  sha256: string | undefined;
  /** Of all that was asked for: known to be blank without reading. */
  blankBytes = 0;
  #runs: readonly ReadRun[] = [];

  /** `keepsBlank`: also where there is nothing but erased flash in it, which nobody needs to go back to. */
  constructor({ keepsBlank }: { readonly keepsBlank: boolean }) {
    this.#keepsBlank = keepsBlank;
  }

  /** Returns when every sector of `of` is in the library as it was when it was first asked for. */
  async add(of: readonly FlashRange[] | 'everything', scene: SnapshotScene): Promise<void> {
    const { connection, tracker, clock, signal } = scene;
    const { chip, flash } = connection.identity;
    const missing = this.#missing(of, flash.bytes);
    if (missing.length === 0) return;
    const length = totalLength(missing);
    tracker.enter('read', length);
    const blank = await blankIn(missing, { connection, clock, signal });
    const blankBytes = totalLength(blank);
    const runs = [...this.#runs, ...(await readRanges(missing, blank, scene))].toSorted((a, b) => a.flashOffset - b.flashOffset);
    tracker.complete('read');
    this.#runs = runs;
    this.blankBytes += blankBytes;
    if (of !== 'everything' && !this.#keepsBlank && runs.every(isBlank)) return tracker.log(`${length} bytes are blank: nothing to keep`);
    this.sha256 = await (of === 'everything'
      ? store([runs[0]!.bytes], 'bin', scene)
      : store(await containerOf(joinRuns(runs), chip, new Pacer(() => clock.sleep(0, signal), signal)), 'uf2', scene));
    const known = blankBytes > 0 ? `, ${blankBytes} of them blank by the MD5 of the chip and not read` : '';
    tracker.log(`kept ${length} bytes${known}, in the library as a file with SHA-256 ${this.sha256}`);
  }

  #missing(of: readonly FlashRange[] | 'everything', flashBytes: number | undefined): readonly FlashRange[] {
    const had = this.#runs.map(({ flashOffset, bytes }) => ({ offset: flashOffset, length: bytes.length }));
    if (of !== 'everything') return within(joinRanges(of.map(sectorsOf)), flashBytes).flatMap((range) => subtract(range, had));
    if (flashBytes === undefined) throw new UsbError('FLASH_SIZE_NOT_KNOWN', 'how much is everything?', {});
    return had.length > 0 ? [] : [{ offset: 0, length: flashBytes }];
  }
}

/** Those that touch become one. */
function joinRuns(runs: readonly ReadRun[]): readonly ReadRun[] {
  return joinRanges(runs.map(({ flashOffset, bytes }) => ({ offset: flashOffset, length: bytes.length }))).map((range) => {
    const bytes = new Uint8Array(range.length);
    for (const run of runs.filter(({ flashOffset }) => flashOffset >= range.offset && flashOffset < endOf(range)))
      bytes.set(run.bytes, run.flashOffset - range.offset);
    return { flashOffset: range.offset, bytes };
  });
}

const within = (ranges: readonly FlashRange[], flashBytes = Number.POSITIVE_INFINITY): readonly FlashRange[] =>
  ranges
    .filter(({ offset }) => offset < flashBytes)
    .map((range) => ({ offset: range.offset, length: Math.min(endOf(range), flashBytes) - range.offset }));

/** @param blank of `ranges`: known without reading */
async function readRanges(
  ranges: readonly FlashRange[],
  blank: readonly FlashRange[],
  { connection, tracker, signal }: SnapshotScene,
): Promise<readonly ReadRun[]> {
  const runs = ranges.map(({ offset, length }) => ({ flashOffset: offset, bytes: new Uint8Array(length).fill(ERASED) }));
  tracker.enter('read', totalLength(ranges) - totalLength(blank));
  let done = 0;
  for (const [index, range] of ranges.entries()) {
    for (const { offset, length } of subtract(range, blank)) {
      const onProgress = (read: number): void => tracker.report('read', done + read);
      runs[index]!.bytes.set(await connection.readFlash(offset, length, { signal, onProgress }), offset - range.offset);
      done += length;
    }
  }
  return runs;
}

const isBlank = ({ bytes }: ReadRun): boolean => bytes.every((byte) => byte === ERASED);

async function containerOf(runs: readonly FlashRun[], chip: ChipName, pacer: Pacer): Promise<readonly Bytes[]> {
  const pieces: Bytes[] = [];
  for (const piece of uf2Pieces(runs, chip)) {
    pieces.push(piece);
    if (pacer.isDue(piece.length)) await pacer.rest();
  }
  return pieces;
}

async function store(pieces: readonly Bytes[], ending: 'bin' | 'uf2', scene: SnapshotScene): Promise<string> {
  const { library, clock, deviceId } = scene;
  const when = new Date(clock.now()).toISOString().slice(0, 16).replace('T', ' ');
  const source = { kind: 'device', detail: deviceId } as const;
  const fileName = `snapshot of ${deviceId.replaceAll(':', '')} ${when.replace(':', '-')}.${ending}`;
  const { record, isNew } = await library.add(new Blob([...pieces]), fileName, source, { evenUnknown: true });
  const tags = [...new Set([...record.tags, SNAPSHOT_TAG])];
  const name = `Snapshot of ${boardOf(scene)}, ${when} UTC, ${ending === 'bin' ? 'whole flash' : 'a part'}`;
  // The same bytes may be there already, under a name that somebody gave them.
  if (isNew) await library.edit(record.sha256, { name, tags }).catch(() => undefined);
  return record.sha256;
}

/** As people tell it from another one of its kind: by its name, or by the number that is only its own. */
function boardOf({ connection: { identity }, deviceId, deviceName }: SnapshotScene): string {
  const name = deviceName(deviceId) ?? (identity.description || identity.chip);
  return [name.slice(0, MOST_OF_NAME), identity.mac].filter((word) => word !== '').join(' ');
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
  pacer: Pacer,
): Promise<readonly PlannedWrite[]> {
  const unusable = (reason: string): UsbError => new UsbError('SNAPSHOT_UNUSABLE', reason, { reason, sha256: record.sha256 });
  if (record.chip !== undefined && record.chip !== chip) throw unusable(`of an ${record.chip}`);
  if (!saysWhere({ record, report, bytes }, flashBytes)) throw unusable('not read from a chip');
  const runs = await snapshotRuns({ report, bytes }, pacer);
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

/**
 * What was read from a chip does; and the same bytes do when somebody had brought them before as a file, under which the library keeps them:
 * a container of a known chip, or all of a flash.
 */
function saysWhere({ record, report, bytes }: StoredSnapshot, flashBytes: number | undefined): boolean {
  if (isSnapshot(record)) return true;
  return report.content.kind === 'uf2' ? record.chip !== undefined : bytes.length === flashBytes;
}

/** Read from a device: what it is of, and where it goes, is known. */
export const isSnapshot = ({ source }: Pick<FirmwareRecord, 'source'>): boolean => source.kind === 'device';

export interface StoredRun extends FlashRun {
  readonly bytes: Bytes;
}

/** Each at its place in the flash. */
export async function snapshotRuns(
  { report, bytes }: Pick<StoredSnapshot, 'report' | 'bytes'>,
  pacer: Pacer,
): Promise<readonly StoredRun[]> {
  if (report.content.kind !== 'uf2') return [{ flashOffset: 0, bytes }];
  const { runs } = await parseUf2(bytes, pacer);
  return runs.map((run) => ({ ...run, bytes: new Uint8Array(run.bytes) }));
}

/**
 * What is done to the flash: compare, erase, write, verify. What the MD5 of the chip has shown to be the same is proven and is neither written
 * nor asked about again: the proof of the whole is the sum of the proofs of its regions.
 */
import type { FlashRange, PlannedWrite } from '../../core/bundle/plan-model.ts';
import type { PartRole } from '../../core/bundle/model.ts';
import { covers, endOf, overlap, totalLength } from '../../core/bundle/ranges.ts';
import { hexNumber } from '../../core/bytes/hex.ts';
import type { Clock } from '../ports.ts';
import { bytesOf, compareWrites, isInFlash } from './compare.ts';
import type { JobTracker } from './job-tracker.ts';
import type { ChipConnection } from './ports.ts';
import { assertInReach } from './reach.ts';
import { UsbError } from './usb-errors.ts';

/** What is to be done; the same for every attempt. */
export interface FlashWork {
  readonly writes: readonly PlannedWrite[];
  readonly erases: readonly FlashRange[];
  /** The erase covers the whole flash: one command. */
  readonly erasesChip: boolean;
  readonly full: boolean;
}

/** What earlier attempts at the same work did. */
export interface FlashMemory {
  erased: boolean;
  /** Something in the flash is no longer what it was. */
  touched: boolean;
  complete: boolean;
  verifiedBytes: number;
  /** Blocks that the line damaged, in all attempts together. */
  repeatedBlocks: number;
  /** By this attempt, and by all before it; each byte once, however often it was written. */
  written: readonly FlashRange[];
  writtenBefore: readonly FlashRange[];
}

export const freshMemory = (): FlashMemory => ({
  erased: false,
  touched: false,
  complete: false,
  verifiedBytes: 0,
  repeatedBlocks: 0,
  written: [],
  writtenBefore: [],
});

interface FlashScene {
  readonly connection: ChipConnection;
  readonly tracker: JobTracker;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly memory: FlashMemory;
  /** An earlier attempt broke off: what it left is found by comparing. */
  readonly isResumed: boolean;
  /** Told what is going to be erased and written, just before the first byte is; nothing is touched until it resolves. */
  readonly beforeTouching: (ranges: readonly FlashRange[]) => Promise<void>;
}

/** Until then the old boot chain is whole: what starts the rest is written last. */
const WRITE_ORDER: Readonly<Record<PartRole, number>> = {
  filesystem: 0,
  nvs: 0,
  data: 0,
  app: 1,
  'partition-table': 2,
  bootloader: 3,
  otadata: 4,
};

export async function runFlash(work: FlashWork, scene: FlashScene): Promise<void> {
  const { tracker, memory, connection } = scene;
  tracker.cover(coveredBy(work));
  memory.writtenBefore = union([...memory.writtenBefore, ...memory.written]);
  memory.written = [];
  // A part that comes too late would be refused after others were erased.
  assertInReach({ reach: connection.reach, flashBytes: connection.identity.flash.bytes }, coveredBy(work), 'flash');
  // What nothing is written to may have been used since, by an application that ran: it is erased again.
  const isUnwritten = (range: FlashRange): boolean => !work.erasesChip && !work.writes.some((write) => overlap(write, range));
  const erases = memory.erased ? work.erases.filter(isUnwritten) : work.erases;
  const canAsk = connection.loader !== 'secure-download';
  const isBlank = (write: PlannedWrite): boolean => erases.some((erase) => overlap(erase, write));
  // What is the same now and is about to be erased has to be written all the same.
  const comparable = canAsk && (!work.full || scene.isResumed) ? work.writes.filter((write) => !isBlank(write)) : [];
  const others = work.writes.filter((write) => !comparable.includes(write));
  const differing = await compareStage(comparable, scene);
  await scene.beforeTouching([...differing, ...others, ...erases]);
  if (erases.length > 0) await eraseStage({ ...work, erases }, scene);
  else tracker.skip('erase');
  const ordered = inWriteOrder([...differing, ...others], work.writes);
  await writeStage(work, ordered, scene);
  if (canAsk) await verifyStage(work, ordered, scene);
  else tracker.skip('verify');
  memory.complete = true;
}

/** Byte by byte: what ends in the middle of a sector does so here, too. */
function union(ranges: readonly FlashRange[]): readonly FlashRange[] {
  const joined: FlashRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.offset - b.offset)) {
    const last = joined.at(-1);
    if (!last || endOf(last) < range.offset) joined.push(range);
    else joined[joined.length - 1] = { offset: last.offset, length: Math.max(endOf(last), endOf(range)) - last.offset };
  }
  return joined;
}

/** Of the bytes of the work, how many were written by this attempt, and how many of the others by one that broke off. */
export function writtenBytes({ written, writtenBefore }: FlashMemory): { readonly now: number; readonly before: number } {
  const now = totalLength(written);
  return { now, before: totalLength(union([...written, ...writtenBefore])) - now };
}

const coveredBy = ({ writes, erases, erasesChip }: FlashWork): readonly FlashRange[] => [...writes, ...(erasesChip ? [] : erases)];

async function compareStage(writes: readonly PlannedWrite[], scene: FlashScene): Promise<readonly FlashRange[]> {
  const { connection, tracker, clock, signal, memory } = scene;
  if (writes.length === 0) {
    tracker.skip('compare');
    return [];
  }
  const total = totalLength(writes);
  tracker.enter('compare', total);
  const { differing, same, asked } = await compareWrites(connection, writes, {
    signal,
    clock,
    onProgress: (known) => tracker.report('compare', known),
    onSame: (range) => tracker.mark(range, 'same'),
  });
  memory.verifiedBytes = totalLength(same);
  tracker.complete('compare');
  const found = `${totalLength(same)} found to be the same, ${totalLength(differing)} to write`;
  tracker.log(`compared ${total} bytes with ${asked} ${asked === 1 ? 'MD5' : 'MD5s'}: ${found}`);
  return differing;
}

async function eraseStage({ erases, erasesChip }: FlashWork, { connection, tracker, signal, memory }: FlashScene): Promise<void> {
  tracker.enter('erase', totalLength(erases));
  memory.touched = true;
  if (erasesChip) await connection.eraseFlash({ signal });
  else {
    let done = 0;
    for (const range of erases) {
      await connection.eraseRegion(range.offset, range.length, { signal });
      tracker.mark(range, 'erased');
      tracker.report('erase', (done += range.length));
    }
  }
  memory.erased = true;
  tracker.complete('erase');
  tracker.log(erasesChip ? 'erased the whole flash' : `erased ${totalLength(erases)} bytes`);
}

function inWriteOrder(ranges: readonly FlashRange[], writes: readonly PlannedWrite[]): readonly FlashRange[] {
  const rank = (range: FlashRange): number => WRITE_ORDER[writes.find((write) => covers(write, range))?.role ?? 'data'];
  return ranges.toSorted((a, b) => rank(a) - rank(b) || a.offset - b.offset);
}

async function writeStage({ writes }: FlashWork, ranges: readonly FlashRange[], scene: FlashScene): Promise<void> {
  const { tracker } = scene;
  if (ranges.length === 0) return tracker.skip('write');
  tracker.enter('write', totalLength(ranges));
  let done = 0;
  for (const range of ranges) {
    await writeRange(range, bytesOf(writes, range), scene, (written) => tracker.report('write', done + written));
    done += range.length;
  }
  tracker.complete('write');
}

async function writeRange(
  range: FlashRange,
  bytes: Uint8Array<ArrayBuffer>,
  { connection, tracker, signal, memory }: FlashScene,
  onWritten: (bytes: number) => void,
): Promise<void> {
  memory.touched = true;
  tracker.log(`write ${range.length} bytes at ${hexNumber(range.offset, 1)}`);
  let reached = 0;
  let repeated = 0;
  try {
    await connection.writeFlash(range.offset, bytes, {
      signal,
      onProgress: (written) => {
        reached = written;
        tracker.mark({ offset: range.offset, length: written }, 'written');
        onWritten(written);
      },
      onRepeat: () => (repeated += 1),
    });
    reached = range.length;
  } finally {
    memory.repeatedBlocks += repeated;
    if (repeated > 0) tracker.log(`repeated ${repeated} ${repeated === 1 ? 'block' : 'blocks'} that the line had damaged`);
    if (reached > 0) memory.written = union([...memory.written, { offset: range.offset, length: reached }]);
  }
  tracker.mark(range, 'written');
}

/** Each region by its MD5. One that differs is written once more; a second time it is the flash, not the line. */
async function verifyStage({ writes }: FlashWork, ranges: readonly FlashRange[], scene: FlashScene): Promise<void> {
  const { connection, tracker, memory } = scene;
  if (ranges.length === 0) return tracker.skip('verify');
  tracker.enter('verify', totalLength(ranges));
  let done = 0;
  for (const range of ranges) {
    const bytes = bytesOf(writes, range);
    if (!(await isInFlash(connection, range, bytes, scene))) {
      tracker.log(`differs at ${hexNumber(range.offset, 1)}: once more`);
      await writeRange(range, bytes, scene, () => undefined);
      const { offset, length } = range;
      if (!(await isInFlash(connection, range, bytes, scene)))
        throw new UsbError('VERIFY_FAILED', 'the flash holds other bytes', { offset, length });
    }
    tracker.mark(range, 'verified');
    memory.verifiedBytes += range.length;
    tracker.report('verify', (done += range.length));
  }
  tracker.complete('verify');
  tracker.log(`verified ${done} bytes by MD5`);
}

/**
 * How long a plan will take, from what lines and flash chips usually need. A guess that is shown before the button and forgotten after it.
 */
import { COMPRESSED, HASH_BYTES_PER_MS, compressedWireMs, wireMs } from './flash-costs.ts';
import type { LineFacts } from './flash-costs.ts';
import type { FlashPlan, FlashRange, PlannedWrite } from './plan-model.ts';
import { SECTOR_BYTES, joinRanges, sectorsOf, subtract, totalLength } from './ranges.ts';

/** Typical values of the W25Q and GD25Q data sheets. */
const ERASE_SECTOR_MS = 45;
const ERASE_BLOCK_MS = 150;
const BLOCK_SECTORS = 16;
const PROGRAM_PAGE_MS = 0.5;
const PAGE_BYTES = 256;
const ERASE_CHIP_MS_PER_MIB = 2500;
const MIB = 2 ** 20;
/** Of the mask ROM: so much in one answer or block, what frames both of them, and what an adapter adds to each. */
const ROM_READ_BYTES = 64;
const ROM_WRITE_BYTES = 1024;
const ROM_FRAME_BYTES = 50;
const ROM_ROUND_TRIP_MS = 2;
/** The boot until the application names itself, and as long again as is watched whether it stays up. */
const START_MS = 3700;

/** Of everything: as if nothing of it were on the chip yet. */
export function estimateMs(plan: Pick<FlashPlan, 'writes' | 'erases'>, line: LineFacts): number {
  const written = plan.writes.reduce((sum, write) => sum + writeMs(write, line), 0);
  const erased = plan.erases.reduce((sum, { length }) => sum + eraseMs(length), 0);
  return Math.round(written + erased + totalLength(plan.writes) / HASH_BYTES_PER_MS + START_MS);
}

/** Reading so much into the library: it comes as it is, not compressed. */
function readMs(bytes: number, line: LineFacts): number {
  if (!line.isRom) return Math.round(wireMs(bytes, line));
  return Math.round(
    (bytes / ROM_READ_BYTES) * ROM_ROUND_TRIP_MS + wireMs((bytes / ROM_READ_BYTES) * (ROM_READ_BYTES + ROM_FRAME_BYTES), line),
  );
}

/** What each way of saving costs; at most, for what turns out to be the same is not saved. @param blank is not read */
export function savingMs(plan: Pick<FlashPlan, 'writes' | 'erases' | 'target'>, line: LineFacts, blank: readonly FlashRange[] = []) {
  const ranges = joinRanges([...plan.writes, ...plan.erases].map(sectorsOf));
  const overwritten = readMs(totalLength(ranges.flatMap((range) => subtract(range, blank))), line);
  const { flashBytes } = plan.target;
  return { nothing: 0, overwritten, everything: flashBytes === undefined ? overwritten : readMs(flashBytes, line) };
}

/** The stub erases and programs while the next block is on its way, so the slower of the two counts. */
function writeMs(write: PlannedWrite, line: LineFacts): number {
  const wire = compressedWireMs(filledBytes(write.bytes), line);
  const erase = eraseMs(sectorsOf(write).length);
  const program = (write.length / PAGE_BYTES) * PROGRAM_PAGE_MS;
  const blocks = Math.ceil((filledBytes(write.bytes) * COMPRESSED) / ROM_WRITE_BYTES);
  if (line.isRom) return wire + erase + program + blocks * ROM_ROUND_TRIP_MS;
  return Math.max(wire, erase + program);
}

function eraseMs(bytes: number): number {
  if (bytes >= MIB) return (bytes / MIB) * ERASE_CHIP_MS_PER_MIB;
  const sectors = Math.ceil(bytes / SECTOR_BYTES);
  return Math.floor(sectors / BLOCK_SECTORS) * ERASE_BLOCK_MS + (sectors % BLOCK_SECTORS) * ERASE_SECTOR_MS;
}

/** In a sector, one in so many bytes is looked at: this is done for all of a flash each time that a plan changes. */
const SAMPLE_STEP = 32;

/** Sectors of one value compress to nothing. */
function filledBytes(bytes: Uint8Array): number {
  let filled = 0;
  for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
    const end = Math.min(at + SECTOR_BYTES, bytes.length);
    if (!looksBlank(bytes, at, end)) filled += end - at;
  }
  return filled;
}

function looksBlank(bytes: Uint8Array, from: number, to: number): boolean {
  const first = bytes[from];
  for (let at = from; at < to; at += SAMPLE_STEP) if (bytes[at] !== first) return false;
  return true;
}

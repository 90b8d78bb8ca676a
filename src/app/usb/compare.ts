/** Asks the chip for MD5s until it is known which stretches of the writes differ from its flash. */
import { differingRanges, nextComparison, startDiff, step } from '../../core/bundle/diff-regions.ts';
import type { DiffPrices } from '../../core/bundle/diff-regions.ts';
import { HASH_BYTES_PER_MS, compressedWireMs } from '../../core/bundle/flash-costs.ts';
import type { FlashRange, PlannedWrite } from '../../core/bundle/plan-model.ts';
import { SECTOR_BYTES, covers, intersection, totalLength } from '../../core/bundle/ranges.ts';
import { md5HexPaced } from '../../core/bytes/md5.ts';
import { Pacer } from '../../core/bytes/pacer.ts';
import type { Clock } from '../ports.ts';
import type { ChipConnection } from './ports.ts';

const HASH_SECTOR_MS = SECTOR_BYTES / HASH_BYTES_PER_MS;
/** Erasing and programming, while the line brings the next bytes: the slower of the two counts. */
const FLASH_SECTOR_MS = 40;
const LEAST_ROUND_TRIP_MS = 0.3;

interface CompareOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Bytes that are known to be the same or to differ. */
  readonly onProgress: (known: number) => void;
  readonly onSame: (range: FlashRange) => void;
}

export interface Compared {
  readonly differing: readonly FlashRange[];
  readonly same: readonly FlashRange[];
  readonly asked: number;
}

export async function compareWrites(
  connection: ChipConnection,
  writes: readonly PlannedWrite[],
  { signal, clock, onProgress, onSame }: CompareOptions,
): Promise<Compared> {
  if (writes.length === 0) return { differing: [], same: [], asked: 0 };
  const prices = await measurePrices(connection, writes, { signal, clock });
  let state = startDiff(writes, prices);
  for (let region = nextComparison(state); region; region = nextComparison(state)) {
    const isSame = await isInFlash(connection, region, bytesOf(writes, region), { clock, signal });
    state = step(state, isSame);
    if (isSame) onSame(region);
    onProgress(totalLength(state.same) + totalLength(state.differing));
  }
  // What closes a gap between two writes belongs to neither.
  const differing = differingRanges(state).flatMap((range) => writes.flatMap((write) => intersection(range, write) ?? []));
  return { differing, same: state.same, asked: state.asked };
}

/** By its MD5, which both ends work out at the same time. */
export async function isInFlash(
  connection: ChipConnection,
  { offset, length }: FlashRange,
  bytes: Uint8Array,
  { clock, signal }: Pick<CompareOptions, 'signal' | 'clock'>,
): Promise<boolean> {
  const pacer = new Pacer(() => clock.sleep(0, signal), signal);
  const [found, expected] = await Promise.all([connection.md5(offset, length, { signal }), md5HexPaced(bytes, pacer)]);
  return found === expected;
}

/** The bytes that go to `range`, which lies in one of the writes. */
export function bytesOf(writes: readonly PlannedWrite[], range: FlashRange): Uint8Array<ArrayBuffer> {
  const write = writes.find((candidate) => covers(candidate, range));
  if (!write) throw new RangeError(`nothing is written at ${range.offset}`);
  return write.bytes.subarray(range.offset - write.offset, range.offset - write.offset + range.length);
}

/** One short question first: what a round trip costs, cables and adapters differ by a factor of twenty in. */
async function measurePrices(
  connection: ChipConnection,
  [first]: readonly PlannedWrite[],
  { signal, clock }: Pick<CompareOptions, 'signal' | 'clock'>,
): Promise<DiffPrices> {
  const startedAt = clock.now();
  await connection.md5(first!.offset, Math.min(first!.length, SECTOR_BYTES), { signal });
  const roundTripMs = Math.max(LEAST_ROUND_TRIP_MS, clock.now() - startedAt - HASH_SECTOR_MS);
  const line = { baudRate: connection.baudRate, isNativeUsb: connection.identity.connection !== 'uart' };
  return { roundTripMs, hashSectorMs: HASH_SECTOR_MS, writeSectorMs: Math.max(compressedWireMs(SECTOR_BYTES, line), FLASH_SECTOR_MS) };
}

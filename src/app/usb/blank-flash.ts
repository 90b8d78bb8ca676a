/** Which stretches hold nothing but FF, by the MD5 of the chip: what is erased does not have to be read to be known. */
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { SECTOR_BYTES, endOf, joinRanges, rangeBetween } from '../../core/bundle/ranges.ts';
import type { Clock } from '../ports.ts';
import { isInFlash } from './compare.ts';
import type { ChipConnection } from './ports.ts';

export const ERASED = 0xff;
/** Read in a second and a half at 460 800 baud, hashed by the chip in twenty milliseconds. */
const PIECE_BYTES = 16 * SECTOR_BYTES;
/** Less than that is read nearly as fast as asked about. */
const LEAST_BYTES = 4 * SECTOR_BYTES;

interface Asking {
  readonly connection: ChipConnection;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What is shorter is not asked about; absent: what is read as fast. */
  readonly leastBytes?: number;
  /** Asked before each question; absent: to the end. */
  readonly goesOn?: () => boolean;
}

export async function blankIn(
  ranges: readonly FlashRange[],
  { connection, clock, signal, leastBytes = LEAST_BYTES, goesOn = () => true }: Asking,
): Promise<readonly FlashRange[]> {
  const erased = new Uint8Array(PIECE_BYTES).fill(ERASED);
  const blank: FlashRange[] = [];
  for (const piece of ranges.filter(({ length }) => length >= leastBytes).flatMap(piecesOf)) {
    if (!goesOn()) break;
    if (await isInFlash(connection, piece, erased.subarray(0, piece.length), { clock, signal })) blank.push(piece);
  }
  return joinRanges(blank);
}

function piecesOf(range: FlashRange): readonly FlashRange[] {
  const count = Math.ceil(range.length / PIECE_BYTES);
  const edge = (index: number): number => Math.min(endOf(range), range.offset + index * PIECE_BYTES);
  return Array.from({ length: count }, (_, index) => rangeBetween(edge(index), edge(index + 1)));
}

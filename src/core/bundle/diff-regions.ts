/**
 * Finds the sectors of a write that differ from the flash, by asking for as few MD5s as pay off. Pure: it says which region to compare next,
 * is told whether it is the same, and ends with the stretches to write.
 *
 * Three prices decide: a question costs a round trip, hashing costs the time in which the chip reads the region, and writing costs the line and
 * the flash. Small pieces cost round trips, large ones are hashed again when they differ: `bestCost` weighs both, down to the point where
 * writing a piece is cheaper than asking about its halves. Questions that spare nothing are given up early, as of a quite different firmware.
 */
import type { FlashRange } from './plan-model.ts';
import { SECTOR_BYTES, endOf, joinRanges, rangeBetween, sectorStart } from './ranges.ts';

export interface DiffPrices {
  /** ms from a question to its answer, with nothing to hash. */
  readonly roundTripMs: number;
  readonly hashSectorMs: number;
  /** Line, erase and programming of one sector. */
  readonly writeSectorMs: number;
}

interface DiffState {
  readonly prices: DiffPrices;
  /** Next first. */
  readonly pending: readonly Question[];
  readonly differing: readonly FlashRange[];
  readonly same: readonly FlashRange[];
  readonly asked: number;
  /** Of `asked`. */
  readonly differed: number;
  /** What the answers spared so far, less what the questions cost. */
  readonly gainMs: number;
  /** How much may be lost on questions before they have to pay off. */
  readonly creditMs: number;
}

interface Question extends FlashRange {
  /** The pieces that its parent was cut into, while all of them that were asked are the same: then the last one has to differ. */
  readonly family?: number;
  readonly isLast?: boolean;
  /** Of a region that differs. */
  readonly isPiece?: boolean;
}

const FAN_OUTS = [2, 3, 4, 6, 8, 12, 16, 24, 32] as const;
/** How often a firmware that is brought is not the one on the chip. */
const CHANGE_ODDS = 0.8;
const ANSWERS_TO_JUDGE = 4;
/** Of writing all: what finding one changed function costs before the first answer pays off, and a loss that nobody notices. */
const CREDIT = 0.025;
/** Opening and closing one more write: begin, last answer. */
const ROUND_TRIPS_PER_WRITE = 2;

/** @param ranges of the writes; each starts at a sector and ends where its bytes end */
export function startDiff(ranges: readonly FlashRange[], prices: DiffPrices): DiffState {
  const pending = ranges.flatMap((range) => cut(range, firstFanOut(sectorsIn(range), prices)));
  const sectors = ranges.reduce((sum, range) => sum + sectorsIn(range), 0);
  const creditMs = sectors * prices.writeSectorMs * CREDIT;
  return { prices, pending, differing: [], same: [], asked: 0, differed: 0, gainMs: 0, creditMs };
}

/** `undefined`: all is known. */
export const nextComparison = ({ pending: [next] }: DiffState): FlashRange | undefined =>
  next && { offset: next.offset, length: next.length };

/** The answer to `nextComparison`. */
export function step(state: DiffState, isSame: boolean): DiffState {
  const [asked, ...rest] = state.pending;
  if (!asked) throw new RangeError('no comparison is open');
  const region = { offset: asked.offset, length: asked.length };
  const sectors = sectorsIn(region);
  const { roundTripMs, hashSectorMs, writeSectorMs } = state.prices;
  const gainMs = state.gainMs - roundTripMs - sectors * hashSectorMs + (isSame ? sectors * writeSectorMs : 0);
  const counted = { ...state, pending: rest, asked: state.asked + 1, gainMs };
  if (!isSame) return settle(onDifference({ ...counted, differed: state.differed + 1, pending: forget(rest, asked.family) }, region));
  return settle({ ...counted, same: [...state.same, region] });
}

/** Whole sectors but for the end of a write, ascending; gaps are closed where rewriting is cheaper than another write. */
export function differingRanges({ differing, prices }: DiffState): readonly FlashRange[] {
  const affordable = Math.floor((ROUND_TRIPS_PER_WRITE * prices.roundTripMs) / prices.writeSectorMs);
  return joinRanges(differing, affordable * SECTOR_BYTES);
}

/** A last piece that has to differ is not asked about; nor is any small one while the questions cost more than they spare. */
function settle(state: DiffState): DiffState {
  const [next, ...rest] = state.pending;
  if (!next || !((next.family !== undefined && next.isLast === true) || (next.isPiece && isOverdrawn(state)))) return state;
  return settle(onDifference({ ...state, pending: rest }, { offset: next.offset, length: next.length }));
}

const isOverdrawn = ({ gainMs, creditMs }: DiffState): boolean => gainMs + creditMs < 0;

const forget = (questions: readonly Question[], family: number | undefined): readonly Question[] =>
  questions.map((question) =>
    family !== undefined && question.family === family ? { offset: question.offset, length: question.length, isPiece: true } : question,
  );

function onDifference(state: DiffState, region: FlashRange): DiffState {
  // Where nearly all is different; a large piece that turns out to be the same pays for asking on.
  if (isOverdrawn(state)) return { ...state, differing: [...state.differing, region] };
  const sectors = sectorsIn(region);
  const { fanOut } = bestWay(sectors, state.prices, densityOf(state));
  if (fanOut === 1) return { ...state, differing: [...state.differing, region] };
  const pieces = cut(region, fanOut);
  const questions = pieces.map((piece, index) => ({ ...piece, isPiece: true, family: region.offset, isLast: index === pieces.length - 1 }));
  return { ...state, pending: [...questions, ...state.pending] };
}

const sectorsIn = ({ offset, length }: FlashRange): number => Math.ceil((offset + length - sectorStart(offset)) / SECTOR_BYTES);

/** Into `count` pieces of whole sectors, as even as they get. */
function cut(range: FlashRange, count: number): readonly FlashRange[] {
  const sectors = sectorsIn(range);
  const pieces = Math.min(count, sectors);
  const edge = (index: number): number => Math.min(endOf(range), range.offset + Math.round((index * sectors) / pieces) * SECTOR_BYTES);
  return Array.from({ length: pieces }, (_, index) => rangeBetween(edge(index), edge(index + 1)));
}

interface Way {
  /** 1 = write all of it. */
  readonly fanOut: number;
  readonly ms: number;
}

/** Of pieces that differ, in quarters, as seen so far: where all is different, asking on only costs. */
function densityOf({ asked, differed }: DiffState): number {
  return asked < ANSWERS_TO_JUDGE ? 0 : Math.floor((4 * differed) / asked) / 4;
}

const known = new WeakMap<DiffPrices, Map<string, Way>>();

/** For a region that differs: in one of its pieces at least, in `density` of them as the others had it. */
function bestWay(sectors: number, prices: DiffPrices, density: number): Way {
  const ways = known.get(prices) ?? new Map<string, Way>();
  known.set(prices, ways);
  const key = `${sectors}/${density}`;
  const found = ways.get(key) ?? findBestWay(sectors, prices, density);
  ways.set(key, found);
  return found;
}

function findBestWay(sectors: number, prices: DiffPrices, density: number): Way {
  const writeAll: Way = { fanOut: 1, ms: sectors * prices.writeSectorMs };
  const cuts = FAN_OUTS.filter((fanOut) => fanOut <= sectors).map((fanOut): Way => {
    const asking = (fanOut - 1) * prices.roundTripMs + sectors * prices.hashSectorMs;
    const ms = asking + Math.max(1, density * fanOut) * bestWay(Math.ceil(sectors / fanOut), prices, density).ms;
    return { fanOut, ms };
  });
  return cuts.reduce((best, way) => (way.ms < best.ms ? way : best), writeAll);
}

/** Asking for the whole first wins when hashing is cheap or nothing changed; cutting at once saves hashing everything twice. */
function firstFanOut(sectors: number, prices: DiffPrices): number {
  const cost = (fanOut: number): number =>
    fanOut * prices.roundTripMs + sectors * prices.hashSectorMs + CHANGE_ODDS * bestWay(Math.ceil(sectors / fanOut), prices, 0).ms;
  return [1, ...FAN_OUTS].filter((fanOut) => fanOut <= sectors).reduce((best, fanOut) => (cost(fanOut) < cost(best) ? fanOut : best), 1);
}

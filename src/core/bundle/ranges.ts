/** Arithmetic on stretches of flash. Half open, in bytes; nothing here knows what lies in them. */
import type { FlashRange } from './plan-model.ts';

/** The smallest piece that NOR flash can erase. */
export const SECTOR_BYTES = 0x1000;

export const endOf = ({ offset, length }: FlashRange): number => offset + length;

export const rangeBetween = (from: number, to: number): FlashRange => ({ offset: from, length: to - from });

export const sectorStart = (offset: number): number => offset - (offset % SECTOR_BYTES);

export const sectorEnd = (offset: number): number => Math.ceil(offset / SECTOR_BYTES) * SECTOR_BYTES;

/** Widened to whole sectors: what is erased when `range` is written. */
export const sectorsOf = (range: FlashRange): FlashRange => rangeBetween(sectorStart(range.offset), sectorEnd(endOf(range)));

export const overlap = (a: FlashRange, b: FlashRange): boolean => a.offset < endOf(b) && b.offset < endOf(a);

export const covers = (outer: FlashRange, inner: FlashRange): boolean => outer.offset <= inner.offset && endOf(inner) <= endOf(outer);

/** The bytes of both; `undefined` when they share none. */
export function intersection(a: FlashRange, b: FlashRange): FlashRange | undefined {
  return overlap(a, b) ? rangeBetween(Math.max(a.offset, b.offset), Math.min(endOf(a), endOf(b))) : undefined;
}

/** What is left of `range`, ascending. */
export function subtract(range: FlashRange, holes: readonly FlashRange[]): readonly FlashRange[] {
  const left: FlashRange[] = [];
  let at = range.offset;
  for (const hole of holes.toSorted((a, b) => a.offset - b.offset)) {
    if (endOf(hole) <= at || hole.offset >= endOf(range)) continue;
    if (hole.offset > at) left.push(rangeBetween(at, hole.offset));
    at = Math.max(at, endOf(hole));
  }
  if (at < endOf(range)) left.push(rangeBetween(at, endOf(range)));
  return left;
}

/** Ascending, those that touch (or are at most `gap` bytes apart) joined. */
export function joinRanges(ranges: readonly FlashRange[], gap = 0): readonly FlashRange[] {
  const joined: FlashRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.offset - b.offset)) {
    const last = joined.at(-1);
    if (last && range.offset <= endOf(last) + gap)
      joined[joined.length - 1] = rangeBetween(last.offset, Math.max(endOf(last), endOf(range)));
    else joined.push(range);
  }
  return joined;
}

export const totalLength = (ranges: readonly FlashRange[]): number => ranges.reduce((sum, { length }) => sum + length, 0);

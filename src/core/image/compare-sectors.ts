/**
 * Two images held against each other, sector by sector. Knows bytes and the flash's erase unit; knows nothing of formats.
 *
 * Comparing is plain byte work and may run on a page's main thread, so it is offered in slices: the caller decides how much
 * is done before others get their turn.
 */

/** The smallest piece that NOR flash can erase, and thus the smallest that a write can leave alone. */
export const SECTOR_BYTES = 4096;

export const SECTOR_STATES = ['same', 'changed', 'removed', 'added'] as const;
/** `removed`: only the first image reaches this far; `added`: only the second. */
export type SectorState = (typeof SECTOR_STATES)[number];

export interface SectorComparison {
  /** One per sector in address order, as long as the longer image. */
  readonly sectors: readonly SectorState[];
  readonly count: Readonly<Record<SectorState, number>>;
  /** Bytes at the same offset that are not the same, and bytes that only one of both has. */
  readonly differingBytes: number;
}

/** Neighbouring sectors of one state, so that a drawing needs one shape per run. */
export interface SectorRun {
  readonly state: SectorState;
  readonly first: number;
  readonly length: number;
}

export interface CompareProgress {
  readonly done: number;
  readonly total: number;
}

/** Does `sectorsPerSlice` sectors per step, yields how far it is, and returns the whole comparison. */
export function* compareSectorsInSlices(
  a: Uint8Array,
  b: Uint8Array,
  sectorsPerSlice: number,
): Generator<CompareProgress, SectorComparison> {
  if (!(sectorsPerSlice >= 1)) throw new RangeError('a slice is at least one sector');
  const total = Math.ceil(Math.max(a.length, b.length) / SECTOR_BYTES);
  const sectors: SectorState[] = [];
  const count: Record<SectorState, number> = { same: 0, changed: 0, removed: 0, added: 0 };
  let differingBytes = 0;
  for (let sector = 0; sector < total; sector += 1) {
    const differing = countDifferingBytes(a, b, sector * SECTOR_BYTES);
    const state = stateOf(a, b, sector * SECTOR_BYTES, differing);
    sectors.push(state);
    count[state] += 1;
    differingBytes += differing;
    if (sectors.length % sectorsPerSlice === 0 && sectors.length < total) yield { done: sectors.length, total };
  }
  return { sectors, count, differingBytes };
}

/** All at once; for tests, workers and small images. */
export function compareSectors(a: Uint8Array, b: Uint8Array): SectorComparison {
  const slices = compareSectorsInSlices(a, b, Number.POSITIVE_INFINITY);
  for (;;) {
    const step = slices.next();
    if (step.done) return step.value;
  }
}

export function sectorRuns(sectors: readonly SectorState[]): readonly SectorRun[] {
  const runs: SectorRun[] = [];
  let first = 0;
  for (let end = 1; end <= sectors.length; end += 1) {
    const state = sectors[first];
    if (state === undefined || sectors[end] === state) continue;
    runs.push({ state, first, length: end - first });
    first = end;
  }
  return runs;
}

function stateOf(a: Uint8Array, b: Uint8Array, start: number, differing: number): SectorState {
  if (start >= a.length) return 'added';
  if (start >= b.length) return 'removed';
  return differing === 0 ? 'same' : 'changed';
}

function countDifferingBytes(a: Uint8Array, b: Uint8Array, start: number): number {
  const endOfBoth = Math.min(a.length, b.length, start + SECTOR_BYTES);
  let differing = 0;
  for (let at = start; at < endOfBoth; at += 1) if (a[at] !== b[at]) differing += 1;
  const onlyOne = Math.min(Math.max(a.length, b.length), start + SECTOR_BYTES) - Math.max(start, endOfBoth);
  return differing + Math.max(0, onlyOne);
}

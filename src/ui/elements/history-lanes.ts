/**
 * A device's history as lanes, one per slot: where the device ran before and after each entry, and what an entry tried. Pure.
 * Entries come newest first; lanes are read from the oldest on.
 */
import type { HistoryEntry } from '../../app/model.ts';

export type KnotMark = 'run' | 'past' | 'stopped' | 'ask' | 'event';

export interface LaneRow {
  readonly entry: HistoryEntry;
  /** Lane that ran before; absent for the first known entry. */
  readonly before?: number;
  /** Lane of the knot. */
  readonly at: number;
  /** Lane that runs after. */
  readonly after: number;
  readonly mark: KnotMark;
  /** The device started what was tried and came back by itself. */
  readonly wentBack: boolean;
  /** The newest entry that put an image into its lane which is still there. */
  readonly holdsLane: boolean;
}

export interface LaneDrawing {
  readonly labels: readonly string[];
  readonly rows: readonly LaneRow[];
}

/** True when the entry left another slot running than before, or a first one. */
function switched(entry: HistoryEntry): boolean {
  if (entry.act === 'rollback' && (entry.slot === undefined || entry.slotChange === 'invalidated')) return false;
  // The factory firmware lies in the first slot, and nothing else is left.
  if (entry.act === 'factory-reset') return true;
  const moved = entry.act === 'update' || entry.act === 'rollback' || entry.act === 'added';
  return moved && (entry.outcome === 'confirmed' || entry.outcome === 'unconfirmed' || entry.outcome === 'done');
}

export function historyLanes(entries: readonly HistoryEntry[], slotLabels: readonly string[] = [], running?: string): LaneDrawing {
  const labels = [...new Set([...slotLabels, ...entries.flatMap((entry) => entry.slot ?? [])])].toSorted();
  const rows: LaneRow[] = [];
  let active: number | undefined;
  for (const entry of entries.toReversed()) {
    const lane = entry.slot === undefined ? undefined : labels.indexOf(entry.slot);
    const before = active;
    const at = entry.act === 'factory-reset' ? 0 : (lane ?? active ?? 0);
    if (switched(entry) || active === undefined) active = entry.outcome === 'rolled-back' && before !== undefined ? before : at;
    rows.push({
      entry,
      at,
      after: active,
      mark: markOf(entry),
      wentBack: entry.outcome === 'rolled-back',
      holdsLane: false,
      ...(before !== undefined && { before }),
    });
  }
  return { labels, rows: markNewest(rows.toReversed(), running) };
}

/** Something happened to the device that put no image anywhere. */
const isEvent = ({ act }: HistoryEntry): boolean => act === 'restart' || act === 'power-cycle' || act === 'factory-reset';

function markOf(entry: HistoryEntry): KnotMark {
  if (isEvent(entry) || entry.outcome === 'started') return 'event';
  if (entry.outcome === 'unconfirmed' || (entry.outcome === 'interrupted' && entry.switched)) return 'ask';
  return entry.outcome === 'confirmed' || entry.outcome === 'done' ? 'past' : 'stopped';
}

/** The newest switch is what runs; the newest image of each lane is what the slot holds. A failed write leaves nothing behind. */
function markNewest(rows: readonly LaneRow[], runningSlot: string | undefined): readonly LaneRow[] {
  let isFound = false;
  /** Nothing that was installed before a factory reset is still there. */
  let isReset = false;
  const seen = new Set<number>();
  return rows.map((row) => {
    if (row.entry.act === 'factory-reset') isReset = isFound = true;
    const wrote = !isEvent(row.entry) && row.entry.slot !== undefined;
    const holdsLane = wrote && !isReset && !seen.has(row.at) && switched(row.entry);
    if (wrote) seen.add(row.at);
    const isNewest = !isFound && switched(row.entry);
    if (isNewest) isFound = true;
    // A hand at the board itself leaves no entry; what the device says counts more than what was done to it last.
    const runs = isNewest && (row.entry.slot ?? runningSlot) === (runningSlot ?? row.entry.slot);
    return { ...row, holdsLane, mark: runs && row.mark === 'past' ? 'run' : row.mark };
  });
}

// ---- geometry of one row: 0 … 100 from its top to its bottom ----

export const LANE_PITCH = 24;
export const laneX = (lane: number): number => 12 + lane * LANE_PITCH;

interface RowPaths {
  /** What ran. */
  readonly line: string;
  /** What was tried and given up. */
  readonly tried: string;
  /** The way back that the boot loader took by itself. */
  readonly back: string;
}

/** `newest` rows have nothing above their knot, but a line that runs past a failed try still goes on. */
export function rowPaths(row: LaneRow, newest: boolean): RowPaths {
  const knot = laneX(row.at);
  const above = laneX(row.after);
  const below = row.before === undefined ? undefined : laneX(row.before);
  if (row.mark === 'stopped' && below !== undefined) {
    const passing = newest ? 'M' + below + ' 100V20' : 'M' + below + ' 100V0';
    if (knot === below) return { line: passing, tried: '', back: '' };
    return { line: passing, tried: curve(below, 100, knot, 50), back: row.wentBack ? curve(knot, 50, below, newest ? 20 : 0) : '' };
  }
  const lower = below === undefined ? '' : curve(below, 100, knot, 50);
  return { line: lower + (newest ? '' : `M${above} 50V0`), tried: '', back: '' };
}

function curve(fromX: number, fromY: number, toX: number, toY: number): string {
  const middle = (fromY + toY) / 2;
  return fromX === toX ? `M${fromX} ${fromY}V${toY}` : `M${fromX} ${fromY}C${fromX} ${middle} ${toX} ${middle} ${toX} ${toY}`;
}

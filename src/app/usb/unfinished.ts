/**
 * What the history of a device says of its slots. Which a job of this app left half written: what begins a slot (its header, the version in
 * it) is written early, so that half an application looks like a whole one. And how what lies there started the last time. Pure.
 */
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { intersection, overlap, subtract } from '../../core/bundle/ranges.ts';
import type { HistoryEntry } from '../model.ts';
import type { BrokenJob, ChipLayout, SlotOnChip } from './model.ts';

/** `unconfirmed` is one of them: all was written and proven, only the start was not. */
const COMPLETE: ReadonlySet<HistoryEntry['outcome']> = new Set(['done', 'confirmed', 'unconfirmed']);

export function markByHistory(layout: ChipLayout, history: readonly HistoryEntry[]): ChipLayout {
  const entries = history.toSorted((a, b) => a.at - b.at);
  return {
    ...layout,
    slots: layout.slots.map((slot) => {
      const { unfinished: _before, brokenOff: _job, lastStart: _start, ...rest } = slot;
      const broken = brokenJob(slot, entries);
      if (broken) return { ...rest, unfinished: true, brokenOff: broken };
      const lastStart = lastStartOf(slot, entries);
      return lastStart ? { ...rest, lastStart } : rest;
    }),
  };
}

interface Open extends FlashRange {
  readonly by: HistoryEntry;
}

/** The last one of which something in the slot was begun and never completed since. */
function brokenJob(slot: SlotOnChip, entries: readonly HistoryEntry[]): BrokenJob | undefined {
  const place: FlashRange = { offset: slot.offset, length: slot.size };
  let open: readonly Open[] = [];
  for (const entry of entries) {
    const ranges = rangesIn(place, slot, entry);
    if (!COMPLETE.has(entry.outcome)) open = [...open, ...ranges.map((range) => ({ ...range, by: entry }))];
    // A new application from its first byte on: what an older one left behind its end is of no account.
    else if (ranges.some(({ offset }) => offset === slot.offset)) open = [];
    else open = open.flatMap((range) => subtract(range, ranges).map((rest) => ({ ...rest, by: range.by })));
  }
  return open.at(-1)?.by;
}

/** Of the version that lies there now; nothing is known of what somebody else put there. */
function lastStartOf(slot: SlotOnChip, entries: readonly HistoryEntry[]): SlotOnChip['lastStart'] {
  const { label, app } = slot;
  if (didNotStart(slot, entries)) return 'no-start';
  const entry = entries.findLast(({ slot, toVersion, outcome }) => slot === label && toVersion === app?.version && outcome !== 'started');
  if (!app?.version || !entry || entry.act === 'added') return undefined;
  if (entry.outcome === 'confirmed') return 'proven';
  if (entry.outcome === 'rolled-back' || entry.code === 'APP_CRASHES') return 'crashed';
  return entry.outcome === 'done' || entry.outcome === 'unconfirmed' ? 'not-proven' : undefined;
}

/** What was put back names no slot: it is the one that was to start. */
function didNotStart(slot: SlotOnChip, entries: readonly HistoryEntry[]): boolean {
  const place: FlashRange = { offset: slot.offset, length: slot.size };
  const isAbout = (entry: HistoryEntry): boolean =>
    entry.outcome !== 'started' && (entry.slot === slot.label || rangesIn(place, slot, entry).length > 0);
  const last = entries.findLast(isAbout);
  if (last?.code !== 'DOES_NOT_START' || (last.toVersion ?? slot.app?.version) !== slot.app?.version) return false;
  return last.slot === undefined ? slot.next : last.slot === slot.label;
}

/** Of the slot. */
function rangesIn(place: FlashRange, { label }: SlotOnChip, { act, slot, outcome, ranges = [] }: HistoryEntry): readonly FlashRange[] {
  // Over the air the device itself refuses a slot that is not whole, so only its success counts.
  if (act === 'update') return slot === label && outcome === 'confirmed' ? [place] : [];
  // The hand that put a virtual board back wrote all of its flash.
  if (act === 'factory-reset') return [place];
  return ranges.filter((range) => overlap(range, place)).map((range) => intersection(range, place)!);
}

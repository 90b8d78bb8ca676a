/**
 * Which slots a job of this app left half written, by the history of the device: what begins a slot (its header, the version in it) is
 * written early, so that half an application looks like a whole one. Pure.
 */
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { intersection, overlap, subtract } from '../../core/bundle/ranges.ts';
import type { HistoryEntry } from '../model.ts';
import type { ChipLayout, SlotOnChip } from './model.ts';

/** `unconfirmed` is one of them: all was written and proven, only the start was not. */
const COMPLETE: ReadonlySet<HistoryEntry['outcome']> = new Set(['done', 'confirmed', 'unconfirmed']);

export function markUnfinished(layout: ChipLayout, history: readonly HistoryEntry[]): ChipLayout {
  const entries = history.toSorted((a, b) => a.at - b.at);
  return {
    ...layout,
    slots: layout.slots.map((slot) => {
      const { unfinished: _before, ...rest } = slot;
      return openRanges(slot, entries).length > 0 ? { ...rest, unfinished: true } : rest;
    }),
  };
}

/** Of the slot: what was begun and never completed since. */
function openRanges(slot: SlotOnChip, entries: readonly HistoryEntry[]): readonly FlashRange[] {
  const place: FlashRange = { offset: slot.offset, length: slot.size };
  let open: readonly FlashRange[] = [];
  for (const entry of entries) {
    const ranges = rangesIn(place, slot, entry);
    if (!COMPLETE.has(entry.outcome)) open = [...open, ...ranges];
    // A new application from its first byte on: what an older one left behind its end is of no account.
    else if (ranges.some(({ offset }) => offset === slot.offset)) open = [];
    else open = open.flatMap((range) => subtract(range, ranges));
  }
  return open;
}

function rangesIn(place: FlashRange, { label }: SlotOnChip, { act, slot, outcome, ranges = [] }: HistoryEntry): readonly FlashRange[] {
  // Over the air the device itself refuses a slot that is not whole, so only its success counts.
  if (act === 'update') return slot === label && outcome === 'confirmed' ? [place] : [];
  // The hand that put a virtual board back wrote all of its flash.
  if (act === 'factory-reset') return [place];
  return ranges.filter((range) => overlap(range, place)).map((range) => intersection(range, place)!);
}

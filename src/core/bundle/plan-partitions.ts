/** What becomes of every partition, of the table on the chip and of the one in the bundle. What lies outside of both is in the writes. */
import type { Partition } from '../image/model.ts';
import { APP_TYPE } from '../image/partition-types.ts';
import { partitionRange } from './places.ts';
import type { FateOfPartition, FlashRange, PartitionFate, PlannedWrite } from './plan-model.ts';
import { covers, endOf, overlap, sectorsOf } from './ranges.ts';

interface FateScene {
  readonly chip: readonly Partition[] | undefined;
  readonly bundle: readonly Partition[] | undefined;
  readonly writes: readonly PlannedWrite[];
  readonly erases: readonly FlashRange[];
}

/** By offset; of two at one place, that of the chip first. One row for each partition that is, was or will be there. */
export function describeFates({ chip = [], bundle, writes, erases }: FateScene): readonly PartitionFate[] {
  const fate = (range: FlashRange): FateOfPartition => fateOf(range, writes, erases);
  const old = chip.map((partition): PartitionFate => {
    const now = bundle?.find((other) => isSamePlace(partition, other));
    if (bundle && !now) return { ...named(partition), fate: 'gone', in: 'chip' };
    if (!now) return { ...named(partition), fate: fate(partitionRange(partition)), in: 'chip' };
    const renamed = now.label === partition.label ? {} : { newLabel: now.label };
    return { ...named(partition), size: now.size, ...renamed, fate: fate(partitionRange(now)), in: 'both' };
  });
  const fresh = (bundle ?? [])
    .filter((partition) => !chip.some((other) => isSamePlace(other, partition)))
    .map((partition): PartitionFate => {
      const found = fate(partitionRange(partition));
      return { ...named(partition), fate: found === 'kept' ? 'new' : found, in: 'bundle' };
    });
  return [...old, ...fresh].toSorted((a, b) => a.offset - b.offset);
}

const named = ({ label, type, subtype, offset, size }: Partition) => ({ label, type, subtype, offset, size });

/**
 * What the old one holds is found by the new one. An application is one whatever its slot is called, factory or ota_0: from the same offset it
 * starts as before, as long as the slot has room for it.
 */
export function isSamePlace(old: Partition, now: Partition): boolean {
  if (now.offset !== old.offset || now.type !== old.type) return false;
  return old.type === APP_TYPE || (now.size >= old.size && now.subtype === old.subtype);
}

/** A partition counts as written from its start on: an application seldom fills its slot. */
function fateOf(range: FlashRange, writes: readonly PlannedWrite[], erases: readonly FlashRange[]): FateOfPartition {
  const touching = writes.filter((write) => overlap(sectorsOf(write), range));
  if (touching.length === 0) {
    if (erases.some((erase) => covers(erase, range))) return 'erased';
    return erases.some((erase) => overlap(erase, range)) ? 'partly-written' : 'kept';
  }
  const first = touching[0]!;
  const startsHere = first.offset <= range.offset;
  const isOnePiece = touching.length === 1 || endOf(first) >= endOf(range);
  return startsHere && isOnePiece ? 'written' : 'partly-written';
}

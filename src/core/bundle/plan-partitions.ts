/** What becomes of every partition, of the table on the chip and of the one in the bundle. */
import type { Partition } from '../image/model.ts';
import type { FateOfPartition, FlashRange, PartitionFate, PlannedWrite } from './plan-model.ts';
import { covers, endOf, overlap, sectorsOf } from './ranges.ts';

export interface FateScene {
  readonly chip: readonly Partition[] | undefined;
  readonly bundle: readonly Partition[] | undefined;
  readonly writes: readonly PlannedWrite[];
  readonly erases: readonly FlashRange[];
}

/** By offset; of two at one place, that of the chip first. */
export function describeFates({ chip = [], bundle = [], writes, erases }: FateScene): readonly PartitionFate[] {
  const both = chip.filter((partition) => bundle.some((other) => isSame(partition, other)));
  const named = (partition: Partition, where: PartitionFate['in']): PartitionFate => {
    const { label, type, subtype, offset, size } = partition;
    return { label, type, subtype, offset, size, fate: fateOf({ offset, length: size }, writes, erases), in: where };
  };
  return [
    ...chip.map((partition) => named(partition, both.includes(partition) ? 'both' : 'chip')),
    ...bundle.filter((partition) => !both.some((other) => isSame(partition, other))).map((partition) => named(partition, 'bundle')),
  ].toSorted((a, b) => a.offset - b.offset);
}

const isSame = (a: Partition, b: Partition): boolean =>
  a.label === b.label && a.offset === b.offset && a.size === b.size && a.type === b.type && a.subtype === b.subtype;

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

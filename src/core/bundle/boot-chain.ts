/** Boot loader and partition table: what every start goes through, although most tables name neither. What lies there, and what a plan does to it. */
import { CHIPS } from '../image/chips.ts';
import { PARTITION_TABLE_OFFSET } from '../image/partition-table.ts';
import type { FlashPlan, FlashRange, FlashTarget, PlannedWrite } from './plan-model.ts';
import { SECTOR_BYTES, overlap, rangeBetween, sectorsOf } from './ranges.ts';

interface BootLink extends FlashRange {
  readonly role: 'bootloader' | 'partition-table';
}

interface FateOfLink extends BootLink {
  /** `overwritten`: by something that is no boot loader, or no table; `by` is that. */
  readonly fate: 'kept' | 'written' | 'overwritten' | 'erased';
  readonly by?: PlannedWrite;
}

/** What a look at the chip found of the two; where nobody could look, nothing is said of them. */
export function bootChain({
  chip,
  hasBootloader,
  partitions,
  tableOffset = PARTITION_TABLE_OFFSET,
}: Pick<FlashTarget, 'chip' | 'hasBootloader' | 'partitions' | 'tableOffset'>): readonly BootLink[] {
  const start = CHIPS[chip].bootloaderOffset;
  const bootloader = { role: 'bootloader', ...rangeBetween(start, tableOffset) } as const;
  const table = { role: 'partition-table', offset: tableOffset, length: SECTOR_BYTES } as const;
  return [...(hasBootloader === true ? [bootloader] : []), ...(partitions !== undefined && partitions.length > 0 ? [table] : [])];
}

/** Those that a table names as partitions are told there. */
export function fatesOfBootChain({ target, writes, erases, partitions }: FlashPlan): readonly FateOfLink[] {
  return bootChain(target)
    .filter(({ offset }) => !partitions.some((entry) => entry.offset <= offset && offset < entry.offset + entry.size))
    .map((link): FateOfLink => {
      const touching = writes.filter((write) => overlap(sectorsOf(write), link));
      const by = touching.find(({ role }) => role !== link.role);
      if (by) return { ...link, fate: 'overwritten', by };
      if (touching.length > 0) return { ...link, fate: 'written' };
      return { ...link, fate: erases.some((erase) => overlap(erase, link)) ? 'erased' : 'kept' };
    });
}

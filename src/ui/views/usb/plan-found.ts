/** What of a plan is left to do, by the word of the chip: what lies there already is neither written nor lost. Pure. */
import type { FlashPlan, FlashRange, PartitionFate, PlanProblemCode } from '../../../core/bundle/plan-model.ts';

/** Nothing is erased or written in it, so it keeps what it has. */
const WRITTEN: ReadonlySet<PartitionFate['fate']> = new Set(['written', 'partly-written']);

/** @param onChip offsets of the writes that would change nothing */
export function leftOf(plan: FlashPlan, onChip: readonly number[]): FlashPlan {
  const writes = plan.writes.filter(({ offset }) => !onChip.includes(offset));
  if (writes.length === plan.writes.length) return plan;
  const partitions = plan.partitions.map((entry): PartitionFate => {
    const isLeft = !WRITTEN.has(entry.fate) || [...writes, ...plan.erases].some((range) => touches(range, entry));
    return isLeft ? entry : { ...entry, fate: 'kept' };
  });
  return { ...plan, writes, partitions, bytesToWrite: writes.reduce((sum, { length }) => sum + length, 0) };
}

const touches = (range: FlashRange, { offset, size }: PartitionFate): boolean =>
  range.offset < offset + size && range.offset + range.length > offset;

/** Kept, for the same is there already. */
export const isThereAlready = (plan: FlashPlan, { label, in: where, fate }: PartitionFate): boolean =>
  fate === 'kept' && plan.partitions.some((entry) => entry.label === label && entry.in === where && entry.fate !== 'kept');

const IN_THE_WAY: ReadonlySet<PlanProblemCode> = new Set([
  'NO_BOOTLOADER',
  'NO_PARTITION_TABLE',
  'BOOT_CHAIN_OVERWRITTEN',
  'NEXT_SLOT_OVERWRITTEN',
]);

/** Whatever is written, the boot loader does not get to it. */
export const startsNothing = ({ problems }: FlashPlan): boolean => problems.some(({ code }) => IN_THE_WAY.has(code));

/** Nothing that is there gives way. */
export const losesNothing = ({ writes, erases }: FlashPlan): boolean => writes.length + erases.length === 0;

/** The flash of a chip as regions to draw: as it is, and as a plan will change it. Pure. */
import { isBroken, type ChipLayout, type SlotOnChip } from '../../../app/usb/model.ts';
import type { FlashPlan, FlashRange, PartitionFate } from '../../../core/bundle/plan-model.ts';
import { CHIPS } from '../../../core/image/chips.ts';
import type { ChipName } from '../../../core/image/model.ts';
import type { DevicePartition } from '../../../core/ota/device-contract.ts';
import { FATE_WORDS, heldWords } from '../../plan-words.ts';
import { formatAddress, formatCapacity } from '../../elements/measure.ts';
import { SECTOR_BYTES } from '../../elements/sector-grid.ts';
import type { DrawnSlot } from '../../elements/slot-words.ts';
import { flashRegions, type FlashRegion } from '../../elements/flash-scale.ts';

/** A slot in the words of the drawings that devices on the network use, too. */
export function drawnSlot(slot: SlotOnChip): DrawnSlot {
  const { label, offset, size, app, state, otaIndex, unfinished } = slot;
  const broken: DrawnSlot['broken'] = slot.damaged ? 'damaged' : 'no-start';
  const base = { label, offset, size, sha256: '', ...(unfinished && { unfinished }), ...(isBroken(slot) && { broken }) };
  if (!app) return { ...base, version: '', project: '', image_size: 0, state: 'EMPTY' };
  return {
    ...base,
    version: app.version,
    project: app.project,
    ...(app.bytes !== undefined && { image_size: app.bytes }),
    state: otaIndex < 0 ? 'FACTORY' : state,
  };
}

interface FlashOf {
  readonly chip: ChipName;
  readonly flashBytes: number;
  readonly layout?: ChipLayout | undefined;
}

export function layoutRegions({ chip, flashBytes, layout }: FlashOf): readonly FlashRegion[] {
  return regionsOf(chip, flashBytes, layout?.partitions ?? [], layout);
}

function regionsOf(
  chip: ChipName,
  flashSize: number,
  partitions: readonly DevicePartition[],
  layout: ChipLayout | undefined,
): readonly FlashRegion[] {
  const slots = (layout?.slots ?? []).map(drawnSlot);
  return flashRegions({ flashSize, partitions, slots, bootloaderOffset: CHIPS[chip].bootloaderOffset }).map((region) =>
    region.name === 'bootloader' && layout && !layout.hasBootloader ? { ...region, state: 'free', filled: 0 } : region,
  );
}

const end = ({ offset, length }: FlashRange): number => offset + length;

/** Where the last byte of `ranges` lies inside the region, counted from its start; 0 when none touches it. */
function reach(region: FlashRegion, ranges: readonly FlashRange[]): number {
  const inside = ranges.filter((range) => range.offset < region.offset + region.size && end(range) > region.offset);
  return Math.max(0, ...inside.map((range) => Math.min(region.size, end(range) - region.offset)));
}

/** Where the first byte of `writes` lies inside the region, counted from its start. */
const firstWrite = ({ offset, size }: FlashRegion, writes: readonly FlashRange[]): number =>
  Math.min(
    ...writes
      .filter((write) => write.offset < offset + size && end(write) > offset)
      .map((write) => Math.max(0, Math.floor((write.offset - offset) / SECTOR_BYTES) * SECTOR_BYTES)),
  );

/** What lies before a write is drawn as it is. */
function splitAt(region: FlashRegion, at: number): readonly FlashRegion[] {
  if (at === 0) return [region];
  const rest = { offset: region.offset + at, size: region.size - at, filled: Math.max(0, region.filled - at) };
  return [
    { ...region, size: at, filled: Math.min(region.filled, at) },
    { ...region, ...rest, name: region.name ? `${region.name} from ${formatAddress(rest.offset)}` : '' },
  ];
}

/** A part of a partition is not called the partition. */
function writtenNote(region: FlashRegion, writes: readonly FlashRange[]): string {
  const written = reach(region, writes);
  return written < region.size ? `${formatCapacity(written)} will be written` : 'will be written';
}

/** The partitions as they will be: those of the table that is written, or else of the one that is there. */
function partitionsAfter(fates: readonly PartitionFate[]): readonly PartitionFate[] {
  const after = fates.filter((fate) => fate.in !== 'chip');
  return after.length > 0 ? after : fates;
}

/** @param version of what is written, for the slot that it goes to. */
export function planRegions(plan: FlashPlan, layout: ChipLayout | undefined, version = ''): readonly FlashRegion[] {
  const flashBytes = plan.target.flashBytes ?? furthest(plan);
  const partitions = partitionsAfter(plan.partitions);
  const regions = regionsOf(plan.target.chip, flashBytes, partitions, layout);
  if (partitions.length === 0) return bareRegions(plan, flashBytes);
  return regions.flatMap((region): readonly FlashRegion[] => {
    const fate = partitions.find(({ offset, label }) => offset === region.offset && label === region.name)?.fate;
    const written = reach(region, plan.writes);
    const erased = reach(region, plan.erases);
    if (fate === 'new' && written + erased === 0) return [{ ...region, note: FATE_WORDS.new, state: 'write', filled: region.size }];
    if (fate === 'kept' || written + erased === 0) return [region];
    if (written === 0) return [{ ...region, note: 'will be erased', state: 'write', filled: region.size }];
    return splitAt(region, firstWrite(region, plan.writes)).map((piece): FlashRegion => {
      if (reach(piece, plan.writes) === 0) return piece;
      const note = isAppAt(plan, piece) ? slotNote(piece, layout, version) : piece.name ? writtenNote(piece, plan.writes) : piece.note;
      return { ...piece, note, state: 'write', filled: reach(piece, plan.writes) };
    });
  });
}

/** Without a table there are only the writes, and what lies between them. */
function bareRegions(plan: FlashPlan, flashBytes: number): readonly FlashRegion[] {
  const regions: FlashRegion[] = [];
  let at = 0;
  const gap = (to: number): void => {
    if (to > at) regions.push({ name: '', note: '', offset: at, size: to - at, state: 'free', filled: 0 });
  };
  for (const write of plan.writes.toSorted((a, b) => a.offset - b.offset)) {
    gap(write.offset);
    regions.push({ name: write.name, note: '', offset: write.offset, size: write.length, state: 'write', filled: write.length });
    at = Math.max(at, end(write));
  }
  gap(flashBytes);
  return regions;
}

const furthest = (plan: FlashPlan): number =>
  Math.max(0x400000, ...plan.writes.map(end), ...plan.partitions.map(({ offset, size }) => offset + size));

const isAppAt = (plan: FlashPlan, { offset }: FlashRegion): boolean =>
  plan.writes.some((write) => write.role === 'app' && write.offset === offset);

function slotNote({ name }: FlashRegion, layout: ChipLayout | undefined, version: string): string {
  const slot = layout?.slots.find(({ label }) => label === name);
  const lost = slot && (slot.unfinished || isBroken(slot)) ? heldWords(slot) : '';
  if (lost) return version ? `gets ${version}, over ${lost}` : `over ${lost}`;
  const old = slot?.app?.version;
  if (!version) return old ? `over ${old}` : 'will be written';
  return old ? `${old} to ${version}` : `gets ${version}`;
}

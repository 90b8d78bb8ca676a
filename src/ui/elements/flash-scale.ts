/**
 * The flash as a strip: which region lies where, what an update does to it, and the ruler below. Pure.
 * Devices list partitions only; what lies before the first one (boot loader, partition table) follows from ESP-IDF's layout.
 */
import { APP_TYPE, DATA_TYPE, OTA_DATA_SUBTYPE } from '../../core/image/partition-types.ts';
import type { DevicePartition, DeviceSlot } from '../../core/ota/device-contract.ts';
import { isEmpty, type SlotPlan } from './slot-words.ts';

const KB = 1024;
const MB = 1024 * KB;
/** What a data partition is for, by subtype. */
const DATA_WORDS: Readonly<Record<number, string>> = {
  0x00: 'boot choice',
  0x01: 'radio calibration',
  0x02: 'settings',
  0x03: 'crash dump',
  0x04: 'settings keys',
  0x05: 'emulated eFuse',
  0x81: 'files',
  0x82: 'files',
  0x83: 'files',
};
/** A partition table is one sector long and ends where the first partition starts (ESP-IDF, "Partition Tables"). */
const TABLE_SIZE = 0x1000;

type RegionState = 'keep' | 'run' | 'old' | 'write' | 'free';

export interface FlashRegion {
  readonly name: string;
  readonly note: string;
  readonly offset: number;
  readonly size: number;
  readonly state: RegionState;
  /** Bytes of the region that hold something, from its start; the rest is drawn free. */
  readonly filled: number;
}

export interface FlashView {
  readonly flashSize: number;
  readonly partitions: readonly DevicePartition[];
  readonly slots: readonly DeviceSlot[];
  readonly running?: string | undefined;
  readonly plan?: SlotPlan | undefined;
  /** Where the chip's ROM looks for the boot loader. */
  readonly bootloaderOffset: number;
}

/** Every byte of the flash in address order: partitions, what lies before them, and gaps. Overlapping partitions are cut. */
export function flashRegions(view: FlashView): readonly FlashRegion[] {
  const partitions = view.partitions.filter((p) => p.offset < view.flashSize && p.size > 0).toSorted((a, b) => a.offset - b.offset);
  const regions: FlashRegion[] = [...beforePartitions(partitions[0]?.offset ?? 0, view.bootloaderOffset)];
  let at = regions.length ? (partitions[0]?.offset ?? 0) : 0;
  for (const partition of partitions) {
    if (partition.offset > at) regions.push(gap(at, partition.offset - at));
    const offset = Math.max(at, partition.offset);
    const end = Math.min(view.flashSize, partition.offset + partition.size);
    if (end <= offset) continue;
    regions.push(
      partition.type === APP_TYPE ? appRegion(partition, offset, end - offset, view) : dataRegion(partition, offset, end - offset, view),
    );
    at = end;
  }
  if (at < view.flashSize) regions.push(gap(at, view.flashSize - at));
  return regions;
}

function gap(offset: number, size: number): FlashRegion {
  return { name: '', note: 'not in the table', offset, size, state: 'free', filled: 0 };
}

function beforePartitions(first: number, bootloaderOffset: number): readonly FlashRegion[] {
  const table = first - TABLE_SIZE;
  if (table <= bootloaderOffset) return [];
  const keep = (name: string, offset: number, size: number): FlashRegion => ({ name, note: '', offset, size, state: 'keep', filled: size });
  const regions = [keep('bootloader', bootloaderOffset, table - bootloaderOffset), keep('table', table, TABLE_SIZE)];
  return bootloaderOffset > 0 ? [gap(0, bootloaderOffset), ...regions] : regions;
}

function dataRegion(partition: DevicePartition, offset: number, size: number, view: FlashView): FlashRegion {
  const isOtadata = partition.type === DATA_TYPE && partition.subtype === OTA_DATA_SUBTYPE;
  const note = partition.type === DATA_TYPE ? (DATA_WORDS[partition.subtype] ?? '') : '';
  return { name: partition.label, note, offset, size, state: isOtadata && view.plan ? 'write' : 'keep', filled: size };
}

function appRegion(partition: DevicePartition, offset: number, size: number, view: FlashView): FlashRegion {
  const slot = view.slots.find((candidate) => candidate.label === partition.label);
  const base = { name: partition.label, offset, size };
  const version = !slot || isEmpty(slot) ? '' : slot.unfinished ? 'unfinished write' : slot.version || 'unnamed';
  if (view.plan?.slot === partition.label) {
    return {
      ...base,
      note: version ? `${version} to ${view.plan.version}` : `gets ${view.plan.version}`,
      state: 'write',
      filled: Math.min(size, view.plan.size),
    };
  }
  if (!slot) return { ...base, note: '', state: 'keep', filled: size };
  if (!version) return { ...base, note: 'empty', state: 'free', filled: 0 };
  const filled = slot.unfinished ? size : Math.min(size, slot.image_size ?? size);
  return slot.label === view.running
    ? { ...base, note: `${version}, running`, state: 'run', filled }
    : { ...base, note: version, state: 'old', filled };
}

interface Ruler {
  readonly tick: number;
  readonly label: number;
}

const STEPS = [64 * KB, 128 * KB, 256 * KB, 512 * KB, MB, 2 * MB, 4 * MB, 8 * MB];
const MIN_TICK_PX = 10;
/** Two labels: the first starts at its mark, the second has its middle there. */
const MIN_LABEL_PX = 100;

/** Tick 256 KB and label 1 MB where that fits; else the next powers of two. */
export function rulerSteps(flashSize: number, px: number): Ruler {
  const pick = (from: number, minPx: number) => STEPS.find((step) => step >= from && (step / flashSize) * px >= minPx) ?? flashSize;
  return { tick: pick(Math.min(256 * KB, flashSize / 8), MIN_TICK_PX), label: pick(Math.min(MB, flashSize / 2), MIN_LABEL_PX) };
}

/** The first 64 KB hold many small regions: they go under a loupe. Its magnification against the strip. */
export const LOUPE_BYTES = 64 * KB;
export function loupeFactor(flashSize: number, stripPx: number, loupePx: number): number {
  return Math.round((loupePx / LOUPE_BYTES) * (flashSize / stripPx));
}

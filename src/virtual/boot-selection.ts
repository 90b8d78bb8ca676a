/**
 * What the boot loader decides from otadata alone, as data: which entries it rewrites, and in which order it tries the slots.
 * ESP-IDF `bootloader_utility.c` (`bootloader_utility_get_selected_boot_partition`, `bootloader_utility_load_boot_image`) with
 * CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE. No flash, no images, no time.
 */
import type { OtadataEntry, OtaState } from '../core/image/model.ts';
import { nextSeqForSlot, otaSlotForSeq } from '../core/image/otadata.ts';

export const FACTORY_INDEX = -1;

export interface EntryWrite {
  readonly entry: 0 | 1;
  readonly seq: number;
  readonly state: OtaState;
}

export interface BootPlan {
  /** In this order, before any image is looked at. */
  readonly writes: readonly EntryWrite[];
  /** OTA slot numbers to try, FACTORY_INDEX for the factory slot. */
  readonly order: readonly number[];
  /** Which entry chose the first of them; absent when none counts. */
  readonly active?: 0 | 1;
}

export interface SlotLayout {
  readonly otaCount: number;
  readonly hasFactory: boolean;
}

type EntryPair = readonly [OtadataEntry, OtadataEntry];

/** @param entries absent = the partition table has no otadata */
export function planBoot(entries: EntryPair | undefined, layout: SlotLayout): BootPlan {
  const writes: EntryWrite[] = [];
  if (!entries || layout.otaCount === 0) return { writes, order: bootOrder(layout.hasFactory ? FACTORY_INDEX : 0, layout) };

  // An image that was still on trial when the chip went down had its chance.
  const candidates = [0, 1].flatMap((index) => {
    const entry = entries[index as 0 | 1];
    if (!entry.counts) return [];
    if (entry.state !== 'PENDING_VERIFY') return [{ index: index as 0 | 1, entry }];
    writes.push({ entry: index as 0 | 1, seq: entry.seq, state: 'ABORTED' });
    return [];
  });
  const chosen = candidates.reduce<(typeof candidates)[number] | undefined>(
    (best, next) => (best && best.entry.seq >= next.entry.seq ? best : next),
    undefined,
  );
  if (!chosen) return { writes, order: bootOrder(layout.hasFactory ? FACTORY_INDEX : 0, layout) };

  if (chosen.entry.state === 'NEW') writes.push({ entry: chosen.index, seq: chosen.entry.seq, state: 'PENDING_VERIFY' });
  return { writes, order: bootOrder(otaSlotForSeq(chosen.entry.seq, layout.otaCount), layout), active: chosen.index };
}

/** From the chosen slot down to the factory slot, then up through the rest. */
function bootOrder(start: number, { otaCount, hasFactory }: SlotLayout): readonly number[] {
  const order: number[] = [];
  for (let index = start; index > FACTORY_INDEX; index--) order.push(index);
  if (hasFactory) order.push(FACTORY_INDEX);
  for (let index = start + 1; index < otaCount; index++) if (index > FACTORY_INDEX) order.push(index);
  return order.filter((index) => index < otaCount);
}

/**
 * The entry that makes the boot loader choose `slot` next (ESP-IDF `esp_rewrite_ota_data`): always the one that is not in use, so
 * that a power cut between erase and write loses nothing.
 */
export function selectSlot(entries: EntryPair, slot: number, otaCount: number, state: OtaState): EntryWrite {
  const [first, second] = entries;
  if (!first.counts && !second.counts) return { entry: 0, seq: nextSeqForSlot(undefined, slot, otaCount), state };
  const active = first.counts && (!second.counts || first.seq >= second.seq) ? 0 : 1;
  return { entry: active === 0 ? 1 : 0, seq: nextSeqForSlot(entries[active].seq, slot, otaCount), state };
}

/** Which application partition the boot loader starts: ESP-IDF `bootloader_utility.c`, `bootloader_utility_get_selected_boot_partition`. */
import type { Otadata, Partition } from '../image/model.ts';
import { OTADATA_BYTES, otaSlotForSeq } from '../image/otadata.ts';
import { APP_TYPE, DATA_TYPE, FACTORY_SUBTYPE, FIRST_OTA_SUBTYPE, OTA_DATA_SUBTYPE, OTA_SLOT_COUNT } from '../image/partition-types.ts';

const isOtaSlot = ({ type, subtype }: Partition): boolean =>
  type === APP_TYPE && subtype >= FIRST_OTA_SUBTYPE && subtype < FIRST_OTA_SUBTYPE + OTA_SLOT_COUNT;

/** ota_0, ota_1 … */
export const otaSlots = (partitions: readonly Partition[]): readonly Partition[] =>
  partitions.filter(isOtaSlot).toSorted((a, b) => a.subtype - b.subtype);

export const factorySlot = (partitions: readonly Partition[]): Partition | undefined =>
  partitions.find(({ type, subtype }) => type === APP_TYPE && subtype === FACTORY_SUBTYPE);

export const otadataPartition = (partitions: readonly Partition[]): Partition | undefined =>
  partitions.find(({ type, subtype, size }) => type === DATA_TYPE && subtype === OTA_DATA_SUBTYPE && size >= OTADATA_BYTES);

/** `undefined`: the table has no application at all. `otadata`: absent where it was never read, or is erased. */
export function nextBootSlot(partitions: readonly Partition[], otadata: Otadata | undefined): Partition | undefined {
  const slots = otaSlots(partitions);
  const active = otadata?.active === undefined ? undefined : otadata.entries[otadata.active];
  if (active && slots.length > 0 && otadataPartition(partitions)) return slots[otaSlotForSeq(active.seq, slots.length)];
  return factorySlot(partitions) ?? slots[0];
}

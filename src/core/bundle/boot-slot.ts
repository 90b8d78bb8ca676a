/** Which application partition the boot loader starts: ESP-IDF `bootloader_utility.c`, `bootloader_utility_get_selected_boot_partition`. */
import type { Otadata, OtadataEntry, Partition } from '../image/model.ts';
import { OTADATA_BYTES, OTADATA_ENTRY_BYTES, OTADATA_SECTOR, otadataOf, otaSlotForSeq, parseOtadataEntry } from '../image/otadata.ts';
import { APP_TYPE, DATA_TYPE, FACTORY_SUBTYPE, FIRST_OTA_SUBTYPE, OTA_DATA_SUBTYPE, OTA_SLOT_COUNT } from '../image/partition-types.ts';
import type { FlashPlan, FlashRange } from './plan-model.ts';
import { endOf, intersection, overlap, sectorsOf } from './ranges.ts';

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

interface BootChoice {
  readonly partitions?: readonly Partition[] | undefined;
  readonly otadata?: Otadata | undefined;
}

type FlashChange = Pick<FlashPlan, 'writes' | 'erases'>;

/**
 * The boot choice that a change leaves, entry by entry, as the boot loader will read it. `undefined`: none that anybody knows.
 * @param table that holds then
 */
export function otadataAfter(chip: BootChoice, table: readonly Partition[], change: FlashChange): Otadata | undefined {
  const partition = otadataPartition(table);
  if (!partition) return undefined;
  const wasThere = otadataPartition(chip.partitions ?? [])?.offset === partition.offset;
  const before = wasThere ? chip.otadata : undefined;
  const [first, second] = [0, 1].map((index) => {
    const range = { offset: partition.offset + index * OTADATA_SECTOR, length: OTADATA_ENTRY_BYTES };
    return entryAfter(range, change) ?? before?.entries[index];
  });
  return first || second ? otadataOf([first ?? ERASED, second ?? ERASED]) : undefined;
}

const ERASED = parseOtadataEntry(new Uint8Array(OTADATA_ENTRY_BYTES).fill(0xff));

/** `undefined`: it stays as it is. */
function entryAfter(range: FlashRange, { writes, erases }: FlashChange): OtadataEntry | undefined {
  const touching = writes.filter((write) => overlap(sectorsOf(write), range));
  if (touching.length === 0) return erases.some((erase) => overlap(erase, range)) ? ERASED : undefined;
  const bytes = new Uint8Array(OTADATA_ENTRY_BYTES).fill(0xff);
  for (const write of touching) {
    const shared = intersection(write, range);
    if (shared) bytes.set(write.bytes.subarray(shared.offset - write.offset, endOf(shared) - write.offset), shared.offset - range.offset);
  }
  return parseOtadataEntry(bytes);
}

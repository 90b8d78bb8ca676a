/** How a new virtual board of each flash size is partitioned. Arduino's default scheme for 4 MB; the others keep its order. */
import type { Partition } from '../core/image/model.ts';

export const FLASH_SIZES_MB = [2, 4, 8, 16] as const;
export type FlashSizeMb = (typeof FLASH_SIZES_MB)[number];

/** `esp_partition_type_t` / `esp_partition_subtype_t` (ESP-IDF `esp_partition.h`). */
export const PARTITION = {
  app: 0x00,
  data: 0x01,
  factory: 0x00,
  ota0: 0x10,
  ota15: 0x1f,
  otadata: 0x00,
  nvs: 0x02,
  coredump: 0x03,
  spiffs: 0x82,
} as const;

interface Sizes {
  readonly slot: number;
  /** 0 = this scheme has no file system. */
  readonly spiffs: number;
}

/** With 16 MB a slot holds images beyond 4 MB. */
const SCHEMES = {
  2: { slot: 0xf0000, spiffs: 0 },
  4: { slot: 0x140000, spiffs: 0x160000 },
  8: { slot: 0x330000, spiffs: 0x180000 },
  16: { slot: 0x640000, spiffs: 0x360000 },
} as const satisfies Record<FlashSizeMb, Sizes>;

const FIRST_SLOT = 0x10000;
const COREDUMP_BYTES = 0x10000;

export function partitionScheme(flashSizeMb: FlashSizeMb): readonly Partition[] {
  const { slot, spiffs } = SCHEMES[flashSizeMb];
  const { app, data } = PARTITION;
  const row = (label: string, type: number, subtype: number, offset: number, size: number): Partition => ({
    label,
    type,
    subtype,
    offset,
    size,
    flags: 0,
  });
  return [
    row('nvs', data, PARTITION.nvs, 0x9000, 0x5000),
    row('otadata', data, PARTITION.otadata, 0xe000, 0x2000),
    row('ota_0', app, PARTITION.ota0, FIRST_SLOT, slot),
    row('ota_1', app, PARTITION.ota0 + 1, FIRST_SLOT + slot, slot),
    ...(spiffs > 0 ? [row('spiffs', data, PARTITION.spiffs, FIRST_SLOT + 2 * slot, spiffs)] : []),
    row('coredump', data, PARTITION.coredump, FIRST_SLOT + 2 * slot + spiffs, COREDUMP_BYTES),
  ];
}

/**
 * Names of partition types, subtypes and flags as `partitions.csv` writes them.
 * Source: ESP-IDF "Partition Tables" guide, `esp_partition.h`, `gen_esp32part.py`.
 */

export const APP_TYPE = 0x00;
export const DATA_TYPE = 0x01;
export const BOOTLOADER_TYPE = 0x02;
export const PARTITION_TABLE_TYPE = 0x03;
export const OTA_DATA_SUBTYPE = 0x00;
export const FACTORY_SUBTYPE = 0x00;
export const FIRST_OTA_SUBTYPE = 0x10;
export const OTA_SLOT_COUNT = 16;

interface TypeNames {
  readonly name: string;
  readonly subtypes: Readonly<Record<string, number>>;
}

const otaSlots = Object.fromEntries(Array.from({ length: OTA_SLOT_COUNT }, (_, slot) => [`ota_${slot}`, FIRST_OTA_SUBTYPE + slot]));

const TYPES: Readonly<Record<number, TypeNames>> = {
  [APP_TYPE]: { name: 'app', subtypes: { factory: FACTORY_SUBTYPE, ...otaSlots, test: 0x20, tee_0: 0x30, tee_1: 0x31 } },
  [DATA_TYPE]: {
    name: 'data',
    subtypes: {
      ota: OTA_DATA_SUBTYPE,
      phy: 0x01,
      nvs: 0x02,
      coredump: 0x03,
      nvs_keys: 0x04,
      efuse: 0x05,
      undefined: 0x06,
      esphttpd: 0x80,
      fat: 0x81,
      spiffs: 0x82,
      littlefs: 0x83,
      tee_ota: 0x90,
    },
  },
  [BOOTLOADER_TYPE]: { name: 'bootloader', subtypes: { primary: 0, ota: 1, recovery: 2 } },
  [PARTITION_TABLE_TYPE]: { name: 'partition_table', subtypes: { primary: 0, ota: 1 } },
};

/** Flag name → bit of the flags word. */
export const PARTITION_FLAGS = { encrypted: 1, readonly: 2 } as const;

export function partitionTypeName(type: number): string {
  return TYPES[type]?.name ?? hexByte(type);
}

export function partitionSubtypeName(type: number, subtype: number): string {
  const named = Object.entries(TYPES[type]?.subtypes ?? {}).find(([, value]) => value === subtype);
  return named?.[0] ?? hexByte(subtype);
}

/** A name or number of the CSV's Type column; `undefined` when it is neither. */
export function partitionTypeFromText(text: string): number | undefined {
  const named = Object.entries(TYPES).find(([, { name }]) => name === text);
  return named ? Number(named[0]) : byteFromText(text);
}

export function partitionSubtypeFromText(type: number, text: string): number | undefined {
  const subtypes = TYPES[type]?.subtypes ?? {};
  return Object.hasOwn(subtypes, text) ? subtypes[text] : byteFromText(text);
}

function byteFromText(text: string): number | undefined {
  const value = /^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  return value <= 0xff ? value : undefined;
}

const hexByte = (value: number) => `0x${value.toString(16).padStart(2, '0')}`;

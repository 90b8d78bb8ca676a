/**
 * What differs from chip to chip in firmware files: ids, flash offsets, header codes, memory maps.
 * Sources: ESP-IDF `esp_app_format.h` (`esp_chip_id_t`), `components/soc/<chip>/include/soc/soc.h`, the Technical Reference Manuals
 * ("System and Memory"), UF2 family list (`uf2families.json`). Every other file asks this table and never names a chip.
 */
import type { ChipName, MemoryRegion } from './model.ts';

/** [first address, first address after it, what lies there]; the first row that matches counts. */
type MemoryRow = readonly [from: number, to: number, region: MemoryRegion];

export interface ChipFacts {
  readonly name: ChipName;
  /** `esp_chip_id_t` of the image header; the ESP8266 has none. */
  readonly id: number | undefined;
  readonly bootloaderOffset: number;
  readonly uf2Family: number;
  /** High nibble of header byte 3. */
  readonly flashSizes: Readonly<Record<number, string>>;
  /** Low nibble of header byte 3. */
  readonly flashFrequencies: Readonly<Record<number, string>>;
  /** As above, of frequencies whose code is read as another one. */
  readonly sharedFrequencies: Readonly<Record<number, string>>;
  /** Flash constants and flash code share one address range; which of the two a segment is, its content tells. */
  readonly unifiedFlashMap: boolean;
  /** What one step of the old 8-bit `min_chip_rev` is worth in major × 100 + minor: a minor revision on the ESP32-C3 only. */
  readonly legacyRevisionStep: 1 | 100;
  readonly memory: readonly MemoryRow[];
}

const SIZES = { 0: '1MB', 1: '2MB', 2: '4MB', 3: '8MB', 4: '16MB', 5: '32MB', 6: '64MB', 7: '128MB' } as const;
const SIZES_8266 = {
  0: '512KB',
  1: '256KB',
  2: '1MB',
  3: '2MB',
  4: '4MB',
  5: '2MB-c1',
  6: '4MB-c1',
  8: '8MB',
  9: '16MB',
} as const;

const MHZ_80 = { 15: '80m', 0: '40m', 1: '26m', 2: '20m' } as const;
const MHZ_80_WITHOUT_26 = { 15: '80m', 0: '40m', 2: '20m' } as const;
const MHZ_60 = { 15: '60m', 0: '30m', 1: '20m', 2: '15m' } as const;
const MHZ_48 = { 15: '48m', 0: '24m', 1: '16m', 2: '12m' } as const;
/** The C6's ROM halves the clock, so ESP-IDF writes 0 for 80 MHz as for 40; 0 reads as the usual 80. */
const MHZ_C6 = { 15: '80m', 0: '80m', 2: '20m' } as const;

/** Load address 0: filler that moves the next segment to its page. */
const PADDING: MemoryRow = [0, 0x1_0000, 'PADDING'];

/** Chips since the C6: one bus, so RAM is both code and data, and flash is mapped once. */
const unified = (flashEnd: number, ramStart: number, ramEnd: number, rtcEnd: number): readonly MemoryRow[] => [
  PADDING,
  [0x4200_0000, flashEnd, 'IROM'],
  [ramStart, ramEnd, 'DIRAM'],
  [0x5000_0000, rtcEnd, 'RTC_FAST'],
];

const common = {
  flashSizes: SIZES,
  flashFrequencies: MHZ_80,
  sharedFrequencies: {},
  unifiedFlashMap: false,
  legacyRevisionStep: 100,
} as const;

export const CHIPS = {
  ESP8266: {
    ...common,
    name: 'ESP8266',
    id: undefined,
    bootloaderOffset: 0,
    uf2Family: 0x7eab_61ed,
    flashSizes: SIZES_8266,
    memory: [
      [0x3ffe_8000, 0x4000_0000, 'DRAM'],
      // 32 KiB of IRAM, then 32 KiB of cache that boot stages load into before the cache is on.
      [0x4010_0000, 0x4011_0000, 'IRAM'],
      [0x4020_0000, 0x4030_0000, 'IROM'],
    ],
  },
  ESP32: {
    ...common,
    name: 'ESP32',
    id: 0,
    bootloaderOffset: 0x1000,
    uf2Family: 0x1c5f_21b0,
    memory: [
      PADDING,
      [0x3f40_0000, 0x3f80_0000, 'DROM'],
      [0x3f80_0000, 0x3fc0_0000, 'PSRAM'],
      [0x3ff8_0000, 0x3ff8_2000, 'RTC_FAST'],
      [0x3ffa_e000, 0x3ffe_0000, 'DRAM'],
      [0x3ffe_0000, 0x4000_0000, 'DIRAM'],
      [0x4007_0000, 0x400a_0000, 'IRAM'],
      [0x400a_0000, 0x400c_0000, 'DIRAM'],
      [0x400c_0000, 0x400c_2000, 'RTC_FAST'],
      [0x400d_0000, 0x4040_0000, 'IROM'],
      [0x5000_0000, 0x5000_2000, 'RTC_SLOW'],
    ],
  },
  'ESP32-S2': {
    ...common,
    name: 'ESP32-S2',
    id: 2,
    bootloaderOffset: 0x1000,
    uf2Family: 0xbfdd_4eee,
    memory: [
      PADDING,
      [0x3f00_0000, 0x3f50_0000, 'DROM'],
      [0x3f50_0000, 0x3ff8_0000, 'PSRAM'],
      [0x3ff9_e000, 0x3ffa_0000, 'RTC_FAST'],
      [0x3ffb_0000, 0x4000_0000, 'DRAM'],
      [0x4002_0000, 0x4007_0000, 'IRAM'],
      [0x4007_0000, 0x4007_2000, 'RTC_FAST'],
      [0x4008_0000, 0x4080_0000, 'IROM'],
      [0x5000_0000, 0x5000_2000, 'RTC_SLOW'],
    ],
  },
  'ESP32-S3': {
    ...common,
    name: 'ESP32-S3',
    id: 9,
    bootloaderOffset: 0,
    uf2Family: 0xc47e_5767,
    memory: [
      PADDING,
      [0x3c00_0000, 0x3d00_0000, 'DROM'],
      [0x3d00_0000, 0x3e00_0000, 'PSRAM'],
      [0x3fc8_8000, 0x3fd0_0000, 'DRAM'],
      [0x4037_0000, 0x403e_2000, 'IRAM'],
      [0x4200_0000, 0x4400_0000, 'IROM'],
      [0x5000_0000, 0x5000_2000, 'RTC_SLOW'],
      [0x600f_e000, 0x6010_0000, 'RTC_FAST'],
    ],
  },
  'ESP32-C2': {
    ...common,
    name: 'ESP32-C2',
    id: 12,
    bootloaderOffset: 0,
    uf2Family: 0x2b88_d29c,
    flashFrequencies: MHZ_60,
    memory: [
      PADDING,
      [0x3c00_0000, 0x3c40_0000, 'DROM'],
      [0x3fca_0000, 0x3fce_0000, 'DRAM'],
      [0x4037_c000, 0x403c_0000, 'IRAM'],
      [0x4200_0000, 0x4240_0000, 'IROM'],
    ],
  },
  'ESP32-C3': {
    ...common,
    name: 'ESP32-C3',
    id: 5,
    bootloaderOffset: 0,
    uf2Family: 0xd42b_a06c,
    legacyRevisionStep: 1,
    memory: [
      PADDING,
      [0x3c00_0000, 0x3c80_0000, 'DROM'],
      [0x3fc8_0000, 0x3fce_0000, 'DRAM'],
      [0x4037_c000, 0x403e_0000, 'IRAM'],
      [0x4200_0000, 0x4280_0000, 'IROM'],
      [0x5000_0000, 0x5000_2000, 'RTC_FAST'],
    ],
  },
  'ESP32-C5': {
    ...common,
    name: 'ESP32-C5',
    id: 23,
    bootloaderOffset: 0x2000,
    uf2Family: 0xf71c_0343,
    flashFrequencies: MHZ_80_WITHOUT_26,
    unifiedFlashMap: true,
    memory: unified(0x4400_0000, 0x4080_0000, 0x4086_0000, 0x5000_4000),
  },
  'ESP32-C6': {
    ...common,
    name: 'ESP32-C6',
    id: 13,
    bootloaderOffset: 0,
    uf2Family: 0x540d_df62,
    flashFrequencies: MHZ_C6,
    sharedFrequencies: { 0: '40m' },
    unifiedFlashMap: true,
    memory: unified(0x4300_0000, 0x4080_0000, 0x4088_0000, 0x5000_4000),
  },
  'ESP32-C61': {
    ...common,
    name: 'ESP32-C61',
    id: 20,
    bootloaderOffset: 0,
    uf2Family: 0x77d8_50c4,
    flashFrequencies: MHZ_80_WITHOUT_26,
    unifiedFlashMap: true,
    memory: unified(0x4400_0000, 0x4080_0000, 0x4086_0000, 0x5000_4000),
  },
  'ESP32-H2': {
    ...common,
    name: 'ESP32-H2',
    id: 16,
    bootloaderOffset: 0,
    uf2Family: 0x3327_26f6,
    flashFrequencies: MHZ_48,
    unifiedFlashMap: true,
    memory: unified(0x4300_0000, 0x4080_0000, 0x4088_0000, 0x5000_4000),
  },
  'ESP32-H21': {
    ...common,
    name: 'ESP32-H21',
    id: 25,
    bootloaderOffset: 0,
    uf2Family: 0xb6dd_00af,
    flashFrequencies: MHZ_48,
    unifiedFlashMap: true,
    memory: unified(0x4300_0000, 0x4080_0000, 0x4088_0000, 0x5000_4000),
  },
  'ESP32-H4': {
    ...common,
    name: 'ESP32-H4',
    id: 28,
    bootloaderOffset: 0x2000,
    uf2Family: 0x9e0b_aa8a,
    flashFrequencies: MHZ_48,
    unifiedFlashMap: true,
    memory: unified(0x4400_0000, 0x4080_0000, 0x4086_0000, 0x5000_4000),
  },
  'ESP32-P4': {
    ...common,
    name: 'ESP32-P4',
    id: 18,
    bootloaderOffset: 0x2000,
    uf2Family: 0x3d30_8e94,
    unifiedFlashMap: true,
    memory: [
      PADDING,
      [0x3010_0000, 0x3010_2000, 'DIRAM'],
      [0x4000_0000, 0x4800_0000, 'IROM'],
      [0x4800_0000, 0x4c00_0000, 'PSRAM'],
      [0x4ff0_0000, 0x4ffc_0000, 'DIRAM'],
      [0x5010_8000, 0x5011_0000, 'RTC_FAST'],
    ],
  },
  'ESP32-S31': {
    ...common,
    name: 'ESP32-S31',
    id: 32,
    bootloaderOffset: 0x2000,
    uf2Family: 0x3101_f7c1,
    flashFrequencies: MHZ_80_WITHOUT_26,
    unifiedFlashMap: true,
    memory: [PADDING, [0x2e00_0000, 0x2e00_8000, 'RTC_FAST'], [0x2f00_0000, 0x2f08_0000, 'DIRAM'], [0x4000_0000, 0x5400_0000, 'IROM']],
  },
} as const satisfies { readonly [Name in ChipName]: ChipFacts & { readonly name: Name } };

const ALL: readonly ChipFacts[] = Object.values(CHIPS);

export function chipById(id: number): ChipFacts | undefined {
  return ALL.find((chip) => chip.id === id);
}

export function chipByUf2Family(family: number): ChipFacts | undefined {
  return ALL.find((chip) => chip.uf2Family === family);
}

/** Where `address` lies on `chip`. On chips with a unified flash map, mapped flash is `IROM` here. */
export function memoryRegion(chip: ChipFacts, address: number): MemoryRegion {
  return chip.memory.find(([from, to]) => address >= from && address < to)?.[2] ?? 'UNKNOWN';
}

/** Every flash offset at which some chip expects its boot loader, ascending: 0, 0x1000, 0x2000. */
export const BOOTLOADER_OFFSETS: readonly number[] = [...new Set(ALL.map((chip) => chip.bootloaderOffset))].toSorted((a, b) => a - b);

/** `esp_image_spi_mode_t`, header byte 2. */
export const FLASH_MODES: Readonly<Record<number, string>> = { 0: 'QIO', 1: 'QOUT', 2: 'DIO', 3: 'DOUT', 4: 'FAST_READ', 5: 'SLOW_READ' };

/**
 * The chips that a virtual board may carry, and what each of them prints and has that the others do not.
 * Sources: the chips' ROM and ESP-IDF's `rom/rtc.h` (`RESET_REASON` names), data sheets for the free memory.
 */
import type { ChipName } from '../core/image/model.ts';

/** Why the chip started: ESP-IDF's `esp_reset_reason_t` without its prefix. */
export const RESET_REASONS = ['POWERON', 'SW', 'PANIC', 'WDT'] as const;
export type ResetReason = (typeof RESET_REASONS)[number];

/** The ROM's lines about the boot loader that it finds, as logs of such chips show them. */
export interface RomWords {
  /** Of flash pins and drive strength, before anything is loaded. */
  readonly pins: readonly string[];
  /** After `len:` */
  readonly length: (bytes: number) => string;
  /** The first of them a byte in hexadecimal digits with `0x`. */
  readonly badChecksum: (computed: string, stored: string) => readonly string[];
  /** The first ROM does not look at the hash; the later ones say that it is wrong, and go on. */
  readonly badHash: (computed: string, stored: string) => readonly string[];
}

export interface ChipModel {
  /** `esp_chip_id_t` */
  readonly id: number;
  /** major × 100 + minor */
  readonly revision: number;
  readonly cores: 1 | 2;
  readonly architecture: 'xtensa' | 'riscv';
  readonly romBanner: readonly string[];
  /** How its ROM speaks of what it loads. */
  readonly romWords: RomWords;
  readonly resets: Readonly<Record<ResetReason, string>>;
  readonly bootMode: string;
  /** The strapping and its words in download mode, as the ROM prints them. */
  readonly downloadMode: string;
  /** What the USB connector of the usual board leads to: a UART bridge, or the chip's own USB Serial/JTAG. */
  readonly usb: 'bridge' | 'serial-jtag';
  readonly bootloaderEntry: number;
  /** Where the constants of ESP-IDF's boot loader are loaded to. */
  readonly bootloaderData: number;
  readonly cpuMhz: number;
  /** Free heap of a small Wi-Fi application. */
  readonly freeHeap: number;
}

const FIRST_ROM: RomWords = {
  pins: ['configsip: 0, SPIWP:0xee', 'clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00'],
  length: (bytes) => String(bytes),
  badChecksum: (computed, stored) => [`csum err:${computed}!=${stored}`, 'ets_main.c 371 '],
  badHash: () => [],
};
const LATER_ROM: RomWords = {
  pins: ['SPIWP:0xee'],
  length: (bytes) => `0x${bytes.toString(16)}`,
  badChecksum: (computed, stored) => [`Checksum failure. Calculated ${computed} stored ${stored}`, 'ets_main.c 329 '],
  badHash: (computed, stored) => [
    'SHA-256 comparison failed:',
    `Calculated: ${computed}`,
    `Expected: ${stored}`,
    'Attempting to boot anyway...',
  ],
};

const ROM_2019: ChipModel['resets'] = {
  POWERON: '0x1 (POWERON_RESET)',
  SW: '0xc (SW_CPU_RESET)',
  PANIC: '0xc (SW_CPU_RESET)',
  WDT: '0x10 (RTCWDT_RTC_RESET)',
};
const ROM_2020: ChipModel['resets'] = {
  POWERON: '0x1 (POWERON)',
  SW: '0x3 (RTC_SW_SYS_RST)',
  PANIC: '0xc (RTC_SW_CPU_RST)',
  WDT: '0x10 (RTCWDT_RTC_RST)',
};
const ROM_2022: ChipModel['resets'] = { POWERON: '0x1 (POWERON)', SW: '0xc (SW_CPU)', PANIC: '0xc (SW_CPU)', WDT: '0x10 (LP_WDT_SYS)' };

const riscv = { cores: 1, architecture: 'riscv', romWords: LATER_ROM, bootMode: 'boot:0xc (SPI_FAST_FLASH_BOOT)' } as const;

// prettier-ignore
export const VIRTUAL_CHIPS = {
  'ESP32': {
    id: 0, revision: 301, cores: 2, architecture: 'xtensa', romWords: FIRST_ROM,
    romBanner: ['ets Jul 29 2019 12:21:46', ''], resets: ROM_2019,
    bootMode: 'boot:0x13 (SPI_FAST_FLASH_BOOT)', bootloaderEntry: 0x4008064c, bootloaderData: 0x3fff0030, cpuMhz: 160, freeHeap: 238_400,
    downloadMode: 'boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))', usb: 'bridge',
  },
  'ESP32-S2': {
    id: 2, revision: 100, cores: 1, architecture: 'xtensa', romWords: LATER_ROM, romBanner: ['ESP-ROM:esp32s2-rc4-20191025', 'Build:Oct 25 2019'], resets: ROM_2020,
    bootMode: 'boot:0x8 (SPI_FAST_FLASH_BOOT)', bootloaderEntry: 0x4004c1c8, bootloaderData: 0x3ffe6110, cpuMhz: 160, freeHeap: 184_200,
    downloadMode: 'boot:0x0 (DOWNLOAD(USB/UART0))', usb: 'bridge',
  },
  'ESP32-S3': {
    id: 9, revision: 2, cores: 2, architecture: 'xtensa', romWords: LATER_ROM, romBanner: ['ESP-ROM:esp32s3-20210327', 'Build:Mar 27 2021'], resets: ROM_2020,
    bootMode: 'boot:0x8 (SPI_FAST_FLASH_BOOT)', bootloaderEntry: 0x403c98d0, bootloaderData: 0x3fce3810, cpuMhz: 160, freeHeap: 268_100,
    downloadMode: 'boot:0x0 (DOWNLOAD(USB/UART0))', usb: 'serial-jtag',
  },
  'ESP32-C2': {
    ...riscv, id: 12, revision: 100, romBanner: ['ESP-ROM:esp8684-api2-20220127', 'Build:Jan 27 2022'], resets: ROM_2020,
    bootloaderEntry: 0x403ae5a4, bootloaderData: 0x3fcd6108, cpuMhz: 120, freeHeap: 118_600,
    downloadMode: 'boot:0x4 (DOWNLOAD(UART0))', usb: 'bridge',
  },
  'ESP32-C3': {
    ...riscv, id: 5, revision: 4, romBanner: ['ESP-ROM:esp32c3-api1-20210207', 'Build:Feb  7 2021'], resets: ROM_2020,
    bootloaderEntry: 0x403cc710, bootloaderData: 0x3fcd5820, cpuMhz: 160, freeHeap: 205_900,
    downloadMode: 'boot:0x5 (DOWNLOAD(USB/UART0/1))', usb: 'serial-jtag',
  },
  'ESP32-C5': {
    ...riscv, id: 23, revision: 100, romBanner: ['ESP-ROM:esp32c5-eco2-20250121', 'Build:Jan 21 2025'], resets: ROM_2022,
    bootloaderEntry: 0x4084e5a8, bootloaderData: 0x40855720, cpuMhz: 240, freeHeap: 221_300,
    downloadMode: 'boot:0x4 (DOWNLOAD(USB/UART0/SPI))', usb: 'serial-jtag',
  },
  'ESP32-C6': {
    ...riscv, id: 13, revision: 1, romBanner: ['ESP-ROM:esp32c6-20220919', 'Build:Sep 19 2022'], resets: ROM_2022,
    bootloaderEntry: 0x4086c410, bootloaderData: 0x40875720, cpuMhz: 160, freeHeap: 312_700,
    downloadMode: 'boot:0x4 (DOWNLOAD(USB/UART0/SDIO_REI_FEO))', usb: 'serial-jtag',
  },
  'ESP32-C61': {
    ...riscv, id: 20, revision: 100, romBanner: ['ESP-ROM:esp32c61-eco3-20250115', 'Build:Jan 15 2025'], resets: ROM_2022,
    bootloaderEntry: 0x4083d1b4, bootloaderData: 0x40845720, cpuMhz: 160, freeHeap: 158_800,
    downloadMode: 'boot:0x4 (DOWNLOAD(USB/UART0))', usb: 'serial-jtag',
  },
  'ESP32-H2': {
    ...riscv, id: 16, revision: 2, romBanner: ['ESP-ROM:esp32h2-20221101', 'Build:Nov  1 2022'], resets: ROM_2022,
    bootloaderEntry: 0x4083cfd0, bootloaderData: 0x408460e0, cpuMhz: 96, freeHeap: 196_400,
    downloadMode: 'boot:0x4 (DOWNLOAD(USB/UART0))', usb: 'serial-jtag',
  },
  'ESP32-P4': {
    ...riscv, id: 18, revision: 3, cores: 2, romBanner: ['ESP-ROM:esp32p4-eco2-20240710', 'Build:Jul 10 2024'], resets: ROM_2022,
    bootloaderEntry: 0x4ff29ed2, bootloaderData: 0x4ff33ce0, cpuMhz: 360, freeHeap: 421_500,
    downloadMode: 'boot:0x4 (DOWNLOAD(USB/UART0/SPI))', usb: 'serial-jtag',
  },
} as const satisfies Partial<Record<ChipName, ChipModel>>;

export type VirtualChipName = keyof typeof VIRTUAL_CHIPS;

export function isVirtualChip(value: unknown): value is VirtualChipName {
  return typeof value === 'string' && Object.hasOwn(VIRTUAL_CHIPS, value);
}

export function chipModel(name: VirtualChipName): ChipModel {
  return VIRTUAL_CHIPS[name];
}

/** 301 → `v3.1` */
export function revisionText(revision: number): string {
  return `v${Math.floor(revision / 100)}.${revision % 100}`;
}

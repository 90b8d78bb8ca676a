/**
 * ESP8266, ESP32, ESP32-S2 and ESP32-S3.
 * Sources: Technical Reference Manuals ("eFuse Controller", "SPI", "UART", register summaries), ESP-IDF `soc/<chip>/register`,
 * eFuse tables of the ESP-IDF (`esp_efuse_table.csv`), data sheets ("Ordering Information").
 */
import { registerBlock } from './register-field.ts';
import type { ChipTarget } from './target-model.ts';
import { CURRENT_ROM, SPI_MEMORY, uartClockDivider } from './target-parts.ts';

const OLD_SPI = { usr: 0x1c, usr1: 0x20, usr2: 0x24, addressFromTop: true } as const;
const otp = registerBlock(0x3ff0_0050);

const ESP8266: ChipTarget = {
  name: 'ESP8266',
  magics: [0xfff0_c101],
  rom: { ...CURRENT_ROM, securityInfo: 'none', beginWords: 4, statusLength: 2, extended: false },
  spi: { ...OLD_SPI, base: 0x6000_0200, w0: 0x40 },
  uartClockDivider: uartClockDivider(0x6000_0000),
  crystal: { kind: 'measured', clockFactor: 2, candidatesMhz: [26, 40] },
  identity: {
    mac: [otp(0, 24, 8), otp(1, 0, 16), otp(3, 0, 24)],
    macPrefix: { selector: [otp(1, 16, 8)], prefixes: [0x18_fe34, 0xac_d074] },
    // It has no revision that software could read.
    major: [],
    minor: [],
    // Either bit says that there is flash in the package (ESP8285).
    variants: { package: [otp(0, 4, 1), otp(2, 16, 1)] },
    names: [
      { when: { package: 0 }, name: 'ESP8266EX' },
      { when: {}, name: 'ESP8285' },
    ],
    features: ['Wi-Fi', 'Single core', '160 MHz'],
  },
};

const ESP32_EFUSE = 0x3ff5_a000;
const esp32 = registerBlock(ESP32_EFUSE);

const ESP32: ChipTarget = {
  name: 'ESP32',
  magics: [0x00f0_1d83],
  rom: {
    ...CURRENT_ROM,
    securityInfo: 'none',
    beginWords: 4,
    clock: { kind: 'calibrated', ticks: [{ address: 0x3ff5_f06c, shift: 7, width: 25 }], rc8m: [esp32(4, 0, 8)] },
  },
  spi: { ...OLD_SPI, base: 0x3ff4_2000, mosiLength: 0x28, misoLength: 0x2c, w0: 0x80 },
  spiPads: [[esp32(5, 0, 5)], [esp32(5, 5, 5)], [esp32(5, 10, 5)], [esp32(5, 15, 5)], [esp32(3, 4, 5)]],
  uartClockDivider: uartClockDivider(0x3ff4_0000),
  crystal: { kind: 'measured', clockFactor: 1, candidatesMhz: [26, 40] },
  identity: {
    mac: [esp32(1, 0, 32), esp32(2, 0, 16)],
    // The third bit is not burnt: APB_CTRL_DATE of the silicon.
    major: [esp32(3, 15, 1), esp32(5, 20, 1), { address: 0x3ff6_607c, shift: 31, width: 1 }],
    majorCodes: [0b000, 0b001, 0b011, 0b111],
    minor: [esp32(5, 24, 2)],
    variants: {
      package: [esp32(3, 9, 3), esp32(3, 2, 1)],
      singleCore: [esp32(3, 0, 1)],
      noBluetooth: [esp32(3, 1, 1)],
      ratedLow: [esp32(3, 12, 1)],
      rated: [esp32(3, 13, 1)],
    },
    names: [
      { when: { package: 0, singleCore: 1 }, name: 'ESP32-S0WDQ6' },
      { when: { package: 0, major: 3 }, name: 'ESP32-D0WDQ6-V3' },
      { when: { package: 0 }, name: 'ESP32-D0WDQ6' },
      { when: { package: 1, singleCore: 1 }, name: 'ESP32-S0WD' },
      { when: { package: 1, major: 3 }, name: 'ESP32-D0WD-V3' },
      { when: { package: 1 }, name: 'ESP32-D0WD' },
      { when: { package: 2 }, name: 'ESP32-D2WD' },
      { when: { package: 4 }, name: 'ESP32-U4WDH' },
      { when: { package: 5, major: 3 }, name: 'ESP32-PICO-V3' },
      { when: { package: 5 }, name: 'ESP32-PICO-D4' },
      { when: { package: 6 }, name: 'ESP32-PICO-V3-02' },
      { when: { package: 7 }, name: 'ESP32-D0WDR2-V3' },
    ],
    features: [
      'Wi-Fi',
      { when: { noBluetooth: 0 }, name: 'Bluetooth' },
      // The coprocessor (ULP) is what Espressif's tools call an LP core here.
      { when: { singleCore: 0 }, name: 'Dual core + LP core' },
      { when: { singleCore: 1 }, name: 'Single core + LP core' },
      { when: { rated: 1, ratedLow: 0 }, name: '240 MHz' },
      { when: { rated: 1, ratedLow: 1 }, name: '160 MHz' },
      { when: { package: 2 }, name: 'Embedded flash' },
      { when: { package: 4 }, name: 'Embedded flash' },
      { when: { package: 5 }, name: 'Embedded flash' },
      { when: { package: 6 }, name: 'Embedded flash' },
      { when: { package: 6 }, name: 'Embedded PSRAM' },
      { when: { package: 7 }, name: 'Embedded PSRAM' },
    ],
  },
  security: {
    secureBoot: [
      { field: [esp32(6, 4, 1)], isV1: true },
      { field: [esp32(6, 5, 1)], fromRevision: 300 },
    ],
    flashCryptCount: [esp32(0, 20, 7)],
    downloadDisabled: [esp32(0, 27, 1)],
    encryptedDownloadDisabled: [esp32(6, 7, 1)],
  },
  resetCause: [{ address: 0x3ff4_8034, shift: 0, width: 6 }],
};

const s2 = { block0: registerBlock(0x3f41_a02c), block1: registerBlock(0x3f41_a044) };

const ESP32_S2: ChipTarget = {
  name: 'ESP32-S2',
  magics: [0x0000_07c6],
  rom: { ...CURRENT_ROM, securityInfo: 'short' },
  spi: { ...SPI_MEMORY, base: 0x3f40_2000 },
  uartClockDivider: uartClockDivider(0x3f40_0000),
  crystal: { kind: 'fixed', mhz: 40 },
  identity: {
    mac: [s2.block1(0, 0, 32), s2.block1(1, 0, 16)],
    major: [s2.block1(3, 18, 2)],
    minor: [s2.block1(4, 4, 3), s2.block1(3, 20, 1)],
    variants: { package: [s2.block1(4, 0, 4)], flash: [s2.block1(3, 21, 4)], psram: [s2.block1(3, 28, 4)] },
    names: [
      { when: { flash: 0, psram: 0 }, name: 'ESP32-S2' },
      { when: { flash: 1, psram: 0 }, name: 'ESP32-S2FH2' },
      { when: { flash: 2, psram: 0 }, name: 'ESP32-S2FH4' },
      { when: { flash: 2, psram: 1 }, name: 'ESP32-S2FNR2' },
      { when: { flash: 0, psram: 1 }, name: 'ESP32-S2R2' },
    ],
    features: ['Wi-Fi', 'Single core', '240 MHz'],
    flash: { capacity: [s2.block1(3, 21, 4)], sizes: { 1: '2 MB', 2: '4 MB' } },
    psram: { capacity: [s2.block1(3, 28, 4)], sizes: { 1: '2 MB', 2: '4 MB' } },
  },
  security: {
    secureBoot: [{ field: [s2.block0(3, 20, 1)] }],
    flashCryptCount: [s2.block0(2, 18, 3)],
    downloadDisabled: [s2.block0(4, 0, 1)],
    secureDownload: [s2.block0(4, 5, 1)],
    encryptedDownloadDisabled: [s2.block0(1, 19, 1)],
  },
  usb: {
    serialJtag: false,
    otgProductId: 0x0002,
    romPort: [{ belowRevision: Infinity, address: 0x3fff_fd14, usbOtg: 2 }],
    forceDownload: [{ address: 0x3f40_8128, shift: 0, width: 1 }],
    strap: [{ address: 0x3f40_4038, shift: 3, width: 1 }],
  },
  watchdogs: {
    rtc: { config0: 0x3f40_8094, config1: 0x3f40_8098, protect: 0x3f40_80ac, key: 0x50d8_3aa1 },
    canReset: true,
  },
};

const s3 = { block0: registerBlock(0x6000_702c), block1: registerBlock(0x6000_7044), block2: registerBlock(0x6000_705c) };

const ESP32_S3: ChipTarget = {
  name: 'ESP32-S3',
  magics: [0x0000_0009],
  rom: CURRENT_ROM,
  spi: { ...SPI_MEMORY, base: 0x6000_2000 },
  stubReachesBeyond16MB: true,
  stubWithSecureBoot: { readPointer: 0x3fce_f688 },
  uartClockDivider: uartClockDivider(0x6000_0000),
  crystal: { kind: 'fixed', mhz: 40 },
  identity: {
    mac: [s3.block1(0, 0, 32), s3.block1(1, 0, 16)],
    major: [s3.block1(5, 24, 2)],
    minor: [s3.block1(3, 18, 3), s3.block1(5, 23, 1)],
    // With eFuse block version 1.1 the bits of the revision belonged to something else; only v0.0 was made so.
    revisionIsZeroWhen: [
      { field: [s3.block1(3, 18, 3)], value: 0 },
      { field: [s3.block2(4, 0, 2)], value: 1 },
      { field: [s3.block1(3, 24, 3)], value: 1 },
    ],
    variants: { package: [s3.block1(3, 21, 3)] },
    names: [
      { when: { package: 0 }, name: 'ESP32-S3 (QFN56)' },
      { when: { package: 1 }, name: 'ESP32-S3-PICO-1 (LGA56)' },
    ],
    features: ['Wi-Fi', 'Bluetooth 5 (LE)', 'Dual core + LP core', '240 MHz'],
    flash: {
      capacity: [s3.block1(3, 27, 3)],
      sizes: { 1: '8 MB', 2: '4 MB' },
      vendor: [s3.block1(4, 0, 3)],
      vendors: { 1: 'XMC', 2: 'GigaDevice', 3: 'Fudan', 4: 'TT', 5: 'Boya' },
    },
    psram: {
      capacity: [s3.block1(4, 3, 2), s3.block1(5, 19, 1)],
      sizes: { 1: '8 MB', 2: '2 MB', 3: '16 MB', 4: '4 MB' },
      vendor: [s3.block1(4, 7, 2)],
      vendors: { 1: 'AP Memory, 3.3 V', 2: 'AP Memory, 1.8 V' },
    },
  },
  security: {
    secureBoot: [{ field: [s3.block0(3, 20, 1)] }],
    flashCryptCount: [s3.block0(2, 18, 3)],
    downloadDisabled: [s3.block0(4, 0, 1)],
    secureDownload: [s3.block0(4, 5, 1)],
    encryptedDownloadDisabled: [s3.block0(1, 20, 1)],
  },
  usb: {
    serialJtag: true,
    otgProductId: 0x0009,
    romPort: [{ belowRevision: Infinity, address: 0x3fce_f14c, usbOtg: 3, usbSerialJtag: 4 }],
    forceDownload: [{ address: 0x6000_812c, shift: 0, width: 1 }],
    strap: [{ address: 0x6000_4038, shift: 3, width: 1 }],
  },
  watchdogs: {
    rtc: { config0: 0x6000_8098, config1: 0x6000_809c, protect: 0x6000_80b0, key: 0x50d8_3aa1 },
    super: { config: 0x6000_80b4, autoFeed: 0x8000_0000, protect: 0x6000_80b8, key: 0x8f1d_312a },
    canReset: true,
  },
};

export const XTENSA_TARGETS = { ESP8266, ESP32, 'ESP32-S2': ESP32_S2, 'ESP32-S3': ESP32_S3 } as const;

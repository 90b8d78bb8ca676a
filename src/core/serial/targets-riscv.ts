/**
 * ESP32-C2, -C3, -C5, -C6, -C61, -H2 and -P4.
 * Sources: Technical Reference Manuals ("eFuse Controller", "SPI", "UART", register summaries), ESP-IDF `soc/<chip>/register`,
 * eFuse tables of the ESP-IDF (`esp_efuse_table.csv`), data sheets ("Ordering Information").
 */
import { registerBlock } from './register-field.ts';
import type { ChipTarget, Watchdogs } from './target-model.ts';
import { CURRENT_ROM, SPI_MEMORY, uartClockDivider } from './target-parts.ts';

const FLASH_VENDORS = { 1: 'XMC', 2: 'GigaDevice', 3: 'Fudan', 4: 'TT', 5: 'Zbit' } as const;

/** The watchdogs of chips since the C6, in the low-power domain; the H2 has one more register in front of the locks. */
const lowPowerWatchdogs = (base: number, protect: number, canReset: boolean): Watchdogs => ({
  rtc: { config0: base, config1: base + 4, protect: base + protect, key: 0x50d8_3aa1 },
  super: { config: base + protect + 4, autoFeed: 1 << 18, protect: base + protect + 8, key: 0x50d8_3aa1 },
  canReset,
});

const EFUSE_C2_C3 = 0x6000_8800;
/** Block 0 starts with the write protection, so its words count from 0x2c; block 1 holds the MAC and the package. */
const efuse = (base: number) => ({ block0: registerBlock(base + 0x2c), block1: registerBlock(base + 0x44) });

const c2 = { block0: registerBlock(EFUSE_C2_C3 + 0x2c), block2: registerBlock(EFUSE_C2_C3 + 0x40) };

const ESP32_C2: ChipTarget = {
  name: 'ESP32-C2',
  magics: [0x7c41_a06f, 0x6f51_306f, 0x0c21_e06f],
  rom: { ...CURRENT_ROM, clock: { kind: 'assumed', mhz: 40 } },
  spi: { ...SPI_MEMORY, base: 0x6000_2000 },
  uartClockDivider: uartClockDivider(0x6000_0000),
  crystal: { kind: 'measured', clockFactor: 1, candidatesMhz: [26, 40] },
  identity: {
    mac: [c2.block2(0, 0, 32), c2.block2(1, 0, 16)],
    major: [c2.block2(1, 20, 2)],
    minor: [c2.block2(1, 16, 4)],
    variants: { package: [c2.block2(1, 22, 3)] },
    names: [
      { when: { package: 0 }, name: 'ESP32-C2' },
      { when: { package: 1 }, name: 'ESP8684H' },
    ],
    features: ['Wi-Fi', 'Bluetooth 5 (LE)', 'Single core', '120 MHz'],
    flash: {
      capacity: [c2.block2(7, 29, 3)],
      sizes: { 1: '4 MB', 2: '2 MB', 3: '1 MB' },
      vendor: [c2.block2(7, 24, 3)],
      vendors: FLASH_VENDORS,
    },
  },
  security: {
    secureBoot: [{ field: [c2.block0(1, 21, 1)] }],
    flashCryptCount: [c2.block0(1, 7, 3)],
    downloadDisabled: [c2.block0(1, 14, 1)],
    secureDownload: [c2.block0(1, 16, 1)],
    encryptedDownloadDisabled: [c2.block0(1, 6, 1)],
  },
  watchdogs: {
    rtc: { config0: 0x6000_8084, config1: 0x6000_8088, protect: 0x6000_809c, key: 0x50d8_3aa1 },
    canReset: true,
  },
};

const c3 = efuse(EFUSE_C2_C3);

const ESP32_C3: ChipTarget = {
  name: 'ESP32-C3',
  magics: [0x4361_606f, 0x4881_606f, 0x1b31_506f, 0x6921_506f],
  rom: CURRENT_ROM,
  spi: { ...SPI_MEMORY, base: 0x6000_2000 },
  stubWithSecureBoot: 'never',
  uartClockDivider: uartClockDivider(0x6000_0000),
  crystal: { kind: 'fixed', mhz: 40 },
  identity: {
    mac: [c3.block1(0, 0, 32), c3.block1(1, 0, 16)],
    major: [c3.block1(5, 24, 2)],
    minor: [c3.block1(3, 18, 3), c3.block1(5, 23, 1)],
    variants: { package: [c3.block1(3, 21, 3)] },
    names: [
      { when: { package: 0 }, name: 'ESP32-C3 (QFN32)' },
      { when: { package: 1 }, name: 'ESP8685 (QFN28)' },
      { when: { package: 2 }, name: 'ESP32-C3 AZ (QFN32)' },
      { when: { package: 3 }, name: 'ESP8686 (QFN24)' },
    ],
    features: ['Wi-Fi', 'Bluetooth 5 (LE)', 'Single core', '160 MHz'],
    flash: {
      capacity: [c3.block1(3, 27, 3)],
      sizes: { 1: '4 MB', 2: '2 MB', 3: '1 MB', 4: '8 MB' },
      vendor: [c3.block1(4, 0, 3)],
      vendors: FLASH_VENDORS,
    },
  },
  security: {
    secureBoot: [{ field: [c3.block0(3, 20, 1)] }],
    flashCryptCount: [c3.block0(2, 18, 3)],
    downloadDisabled: [c3.block0(4, 0, 1)],
    secureDownload: [c3.block0(4, 5, 1)],
    encryptedDownloadDisabled: [c3.block0(1, 20, 1)],
  },
  usb: {
    serialJtag: true,
    romPort: [
      { belowRevision: 101, address: 0x3fcd_f07c, usbSerialJtag: 3 },
      { belowRevision: Infinity, address: 0x3fcd_f078, usbSerialJtag: 3 },
    ],
    strap: [{ address: 0x6000_4038, shift: 3, width: 1 }],
  },
  watchdogs: {
    rtc: { config0: 0x6000_8090, config1: 0x6000_8094, protect: 0x6000_80a8, key: 0x50d8_3aa1 },
    super: { config: 0x6000_80ac, autoFeed: 0x8000_0000, protect: 0x6000_80b0, key: 0x8f1d_312a },
    canReset: true,
  },
};

const c5 = efuse(0x600b_4800);

const ESP32_C5: ChipTarget = {
  name: 'ESP32-C5',
  magics: [0x30e1_706f, 0x5fd1_406f, 0x63e1_406f, 0x1101_406f],
  rom: { ...CURRENT_ROM, clock: { kind: 'register', mhz: [{ address: 0x6009_6110, shift: 24, width: 7 }] } },
  spi: { ...SPI_MEMORY, base: 0x6000_3000 },
  stubReachesBeyond16MB: true,
  uartClockDivider: uartClockDivider(0x6000_0000),
  crystal: { kind: 'measured', clockFactor: 1, candidatesMhz: [40, 48] },
  identity: {
    mac: [c5.block1(0, 0, 32), c5.block1(1, 0, 16)],
    major: [c5.block1(2, 4, 2)],
    minor: [c5.block1(2, 0, 4)],
    variants: { package: [c5.block1(2, 26, 3)] },
    names: [{ when: { package: 0 }, name: 'ESP32-C5' }],
    features: ['Wi-Fi 6 (2.4 and 5 GHz)', 'Bluetooth 5 (LE)', 'IEEE 802.15.4', 'Single core + LP core', '240 MHz'],
  },
  security: {
    secureBoot: [{ field: [c5.block0(3, 25, 1)] }],
    flashCryptCount: [c5.block0(2, 16, 3)],
    downloadDisabled: [c5.block0(4, 0, 1)],
    secureDownload: [c5.block0(4, 5, 1)],
    encryptedDownloadDisabled: [c5.block0(1, 20, 1)],
  },
  usb: {
    serialJtag: true,
    romPort: [{ belowRevision: Infinity, address: 0x4085_f514, usbSerialJtag: 3 }],
    // GPIO28, one bit above where the others have theirs: GPIO_STRAP_REG in the ESP-IDF's `soc/gpio_reg.h`, which names its bits; not seen on
    // a chip.
    strap: [{ address: 0x6009_1000, shift: 4, width: 1 }],
  },
  watchdogs: lowPowerWatchdogs(0x600b_1c00, 0x18, true),
};

const c6 = efuse(0x600b_0800);

const ESP32_C6: ChipTarget = {
  name: 'ESP32-C6',
  magics: [0x2ce0_806f],
  rom: CURRENT_ROM,
  spi: { ...SPI_MEMORY, base: 0x6000_3000 },
  uartClockDivider: uartClockDivider(0x6000_0000),
  crystal: { kind: 'fixed', mhz: 40 },
  identity: {
    mac: [c6.block1(0, 0, 32), c6.block1(1, 0, 16)],
    major: [c6.block1(3, 22, 2)],
    minor: [c6.block1(3, 18, 4)],
    variants: { package: [c6.block1(3, 24, 3)], flash: [c6.block1(4, 0, 3)] },
    names: [
      { when: { package: 0 }, name: 'ESP32-C6 (QFN40)' },
      { when: { package: 1, flash: 1 }, name: 'ESP32-C6FH4 (QFN32)' },
      { when: { package: 1, flash: 2 }, name: 'ESP32-C6FH8 (QFN32)' },
    ],
    features: ['Wi-Fi 6', 'Bluetooth 5 (LE)', 'IEEE 802.15.4', 'Single core + LP core', '160 MHz'],
    flash: { capacity: [c6.block1(4, 0, 3)], sizes: { 1: '4 MB', 2: '8 MB' } },
  },
  security: {
    secureBoot: [{ field: [c6.block0(3, 20, 1)] }],
    flashCryptCount: [c6.block0(2, 18, 3)],
    downloadDisabled: [c6.block0(4, 0, 1)],
    secureDownload: [c6.block0(4, 5, 1)],
    encryptedDownloadDisabled: [c6.block0(1, 20, 1)],
  },
  usb: { serialJtag: true, romPort: [{ belowRevision: Infinity, address: 0x4087_f580, usbSerialJtag: 3 }] },
  // Its USB port can disappear for good after a watchdog reset.
  watchdogs: lowPowerWatchdogs(0x600b_1c00, 0x18, false),
};

const c61 = efuse(0x600b_4800);

const ESP32_C61: ChipTarget = {
  name: 'ESP32-C61',
  magics: [0x4f81_606f, 0x33f0_206f, 0x2421_606f],
  rom: CURRENT_ROM,
  spi: { ...SPI_MEMORY, base: 0x6000_3000 },
  stubReachesBeyond16MB: true,
  uartClockDivider: uartClockDivider(0x6000_0000),
  crystal: { kind: 'fixed', mhz: 40 },
  identity: {
    mac: [c61.block1(0, 0, 32), c61.block1(1, 0, 16)],
    major: [c61.block1(2, 4, 2)],
    minor: [c61.block1(2, 0, 4)],
    variants: { package: [c61.block1(2, 26, 3)] },
    names: [{ when: { package: 0 }, name: 'ESP32-C61' }],
    features: ['Wi-Fi 6', 'Bluetooth 5 (LE)', 'Single core', '160 MHz'],
  },
  security: {
    secureBoot: [{ field: [c61.block0(2, 26, 1)] }],
    flashCryptCount: [c61.block0(1, 23, 3)],
    downloadDisabled: [c61.block0(3, 0, 1)],
    secureDownload: [c61.block0(3, 4, 1)],
    encryptedDownloadDisabled: [c61.block0(1, 14, 1)],
  },
  usb: {
    serialJtag: true,
    romPort: [
      { belowRevision: 3, address: 0x4084_f5ec, usbSerialJtag: 3 },
      { belowRevision: Infinity, address: 0x4084_f5e4, usbSerialJtag: 4 },
    ],
    // GPIO9: GPIO_STRAP_REG in the ESP-IDF's `soc/gpio_reg.h`, which names its bits; not seen on a chip.
    strap: [{ address: 0x6009_1000, shift: 3, width: 1 }],
  },
  watchdogs: lowPowerWatchdogs(0x600b_1c00, 0x18, true),
};

const h2 = efuse(0x600b_0800);

const ESP32_H2: ChipTarget = {
  name: 'ESP32-H2',
  magics: [0x97e3_0068, 0xd7b7_3e80],
  rom: CURRENT_ROM,
  spi: { ...SPI_MEMORY, base: 0x6000_3000 },
  uartClockDivider: uartClockDivider(0x6000_0000),
  crystal: { kind: 'fixed', mhz: 32 },
  identity: {
    mac: [h2.block1(0, 0, 32), h2.block1(1, 0, 16)],
    major: [h2.block1(3, 21, 2)],
    minor: [h2.block1(3, 18, 3)],
    variants: { package: [h2.block1(4, 0, 3)] },
    names: [{ when: { package: 0 }, name: 'ESP32-H2' }],
    features: ['Bluetooth 5 (LE)', 'IEEE 802.15.4', 'Single core', '96 MHz'],
  },
  security: {
    secureBoot: [{ field: [h2.block0(3, 20, 1)] }],
    flashCryptCount: [h2.block0(2, 18, 3)],
    downloadDisabled: [h2.block0(4, 0, 1)],
    secureDownload: [h2.block0(4, 5, 1)],
    encryptedDownloadDisabled: [h2.block0(1, 20, 1)],
  },
  usb: { serialJtag: true, romPort: [{ belowRevision: Infinity, address: 0x4084_fefc, usbSerialJtag: 3 }] },
  watchdogs: lowPowerWatchdogs(0x600b_1c00, 0x1c, false),
};

const p4 = efuse(0x5012_d000);

const ESP32_P4: ChipTarget = {
  name: 'ESP32-P4',
  magics: [0x0add_bad0, 0x0703_9ad9],
  rom: CURRENT_ROM,
  spi: { ...SPI_MEMORY, base: 0x5008_d000 },
  stubReachesBeyond16MB: true,
  uartClockDivider: uartClockDivider(0x500c_a000),
  crystal: { kind: 'fixed', mhz: 40 },
  identity: {
    mac: [p4.block1(0, 0, 32), p4.block1(1, 0, 16)],
    major: [p4.block1(2, 4, 2), p4.block1(2, 23, 1)],
    minor: [p4.block1(2, 0, 4)],
    variants: { package: [p4.block1(2, 20, 3)] },
    names: [{ when: { package: 0 }, name: 'ESP32-P4' }],
    features: ['Dual core + LP core', '400 MHz'],
  },
  security: {
    secureBoot: [{ field: [p4.block0(3, 20, 1)] }],
    flashCryptCount: [p4.block0(2, 18, 3)],
    downloadDisabled: [p4.block0(4, 0, 1)],
    secureDownload: [p4.block0(4, 5, 1)],
    encryptedDownloadDisabled: [p4.block0(1, 20, 1)],
  },
  usb: {
    serialJtag: true,
    otgProductId: 0x0012,
    romPort: [
      { belowRevision: 300, address: 0x4ff3_fec8, usbOtg: 5, usbSerialJtag: 6 },
      { belowRevision: Infinity, address: 0x4ffb_fec8, usbOtg: 5, usbSerialJtag: 6 },
    ],
    forceDownload: [{ address: 0x5011_0008, shift: 2, width: 1 }],
    strap: [{ address: 0x500e_0038, shift: 3, width: 1 }],
  },
  watchdogs: lowPowerWatchdogs(0x5011_6000, 0x18, true),
  flashSupply: {
    offAt: [301, 302],
    byRom: { revision: 302, fuse: [p4.block0(2, 16, 1)] },
    pads: [{ address: 0x5011_010c, shift: 0, width: 32 }],
    currentLimit: [{ address: 0x5011_51bc, shift: 27, width: 1 }],
    fullVoltage: [{ address: 0x5011_51b8, shift: 7, width: 1 }],
    voltage: [{ address: 0x5011_51b8, shift: 23, width: 8 }],
    forced: [{ address: 0x5011_53fc, shift: 0, width: 2 }],
  },
};

export const RISCV_TARGETS = {
  'ESP32-C2': ESP32_C2,
  'ESP32-C3': ESP32_C3,
  'ESP32-C5': ESP32_C5,
  'ESP32-C6': ESP32_C6,
  'ESP32-C61': ESP32_C61,
  'ESP32-H2': ESP32_H2,
  'ESP32-P4': ESP32_P4,
} as const;

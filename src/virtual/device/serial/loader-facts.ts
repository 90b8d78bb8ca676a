/**
 * What a virtual boot loader must know of its chip beyond what both ends share in `core/serial/targets.ts`.
 * Sources: linker scripts of Espressif's two flasher stubs (their memory), Technical Reference Manuals (reset registers and reset values),
 * the mask ROMs of the ESP32 and ESP32-C3 in an emulator (observed).
 */
import type { VirtualChipName } from '../../chip-model.ts';

/** From, up to and without. */
export type AddressRange = readonly [number, number];

export interface LoaderFacts {
  /** Where flasher stubs live: nothing else is expected to be uploaded there. */
  readonly stubText: AddressRange;
  readonly stubData: AddressRange;
  /** SPI_USR after reset. */
  readonly spiUser: number;
  /** Bit 31 of it restarts the chip. */
  readonly resetRegister?: number;
  /** An opcode that it does not have makes it send its last reply again, as often as it was sent, with an error (observed). */
  readonly repeatsLastReply?: true;
  /** Its ROM has the flash on the controller before anybody asks for it (the reference tool's own tests of the hardware). */
  readonly attachesFlash?: true;
  /** Words with a fixed value that flashers look at. */
  readonly presets?: readonly (readonly [address: number, value: number])[];
}

const RTC_OPTIONS0_2020 = 0x6000_8000;
const LP_AON_SYS_CFG = 0x600b_1034;
const span = (from: number, length: number): AddressRange => [from, from + length];

const riscv2020 = { stubText: span(0x4038_0000, 0x4500), spiUser: 0x8000_00c0, resetRegister: RTC_OPTIONS0_2020 } as const;
const riscv2022 = { stubText: span(0x4080_0000, 0x4500), spiUser: 0x8000_00c0, resetRegister: LP_AON_SYS_CFG } as const;

const LOADER_FACTS = {
  ESP32: {
    stubText: [0x400a_0000, 0x400c_0000],
    stubData: span(0x3ffc_c000, 0x1_4000),
    spiUser: 0x8000_0000,
    resetRegister: 0x3ff4_8000,
    repeatsLastReply: true,
    presets: [
      // APB_CTRL_DATE: its top bit is part of the revision.
      [0x3ff6_607c, 0x1604_2000],
      // eFuse block 0: rated for 240 MHz.
      [0x3ff5_a00c, 1 << 13],
      // GPIO_STRAP: download over UART0.
      [0x3ff4_4038, 0x0f],
    ],
  },
  'ESP32-S2': {
    stubText: span(0x4002_8000, 0x1_8000),
    stubData: span(0x3ffd_0000, 0x2_8000),
    spiUser: 0x8000_00c0,
    resetRegister: 0x3f40_8000,
    attachesFlash: true,
  },
  'ESP32-S3': {
    stubText: span(0x4037_8000, 0x1_8000),
    stubData: span(0x3fca_0000, 0x2_8000),
    spiUser: 0x8000_00c0,
    resetRegister: RTC_OPTIONS0_2020,
  },
  'ESP32-C2': { ...riscv2020, stubData: span(0x3fca_4000, 0x1_8000) },
  'ESP32-C3': { ...riscv2020, stubData: span(0x3fc8_4000, 0x1_8000) },
  'ESP32-C5': { ...riscv2022, stubData: span(0x4084_0000, 0x1_8000) },
  'ESP32-C6': { ...riscv2022, stubData: span(0x4084_0000, 0x1_8000) },
  'ESP32-C61': { ...riscv2022, stubData: span(0x4080_4000, 0x1_8000) },
  'ESP32-H2': { ...riscv2022, stubData: span(0x4083_0000, 0x1_8000) },
  // Two stubs, for the chips before and since v3.0.
  'ESP32-P4': { stubText: [0x4ff1_0000, 0x4ff6_0000], stubData: [0x4ff5_0000, 0x4ff8_0000], spiUser: 0x8000_00c0, attachesFlash: true },
} as const satisfies Record<VirtualChipName, LoaderFacts>;

export function loaderFacts(chip: VirtualChipName): LoaderFacts {
  return LOADER_FACTS[chip];
}

/**
 * How much RAM a chip has behind the addresses that an image loads to: the dashed outlines of the X-ray. From the datasheets and technical
 * reference manuals. Where data and code share one SRAM, their segments share one box. Chips that are missing are drawn without outline.
 */
import type { ChipName, MemoryRegion } from '../../core/image/model.ts';

const KB = 1024;

export type MemoryBoxName = MemoryRegion | 'SRAM';

interface ChipRam {
  /** Regions that lie in a box of another name. */
  readonly boxes: Partial<Readonly<Record<MemoryRegion, MemoryBoxName>>>;
  readonly capacity: Partial<Readonly<Record<MemoryBoxName, number>>>;
}

const ONE_SRAM = { DRAM: 'SRAM', IRAM: 'SRAM', DIRAM: 'SRAM' } as const;
const RTC = { RTC_FAST: 8 * KB, RTC_SLOW: 8 * KB } as const;
const oneSram = (sramKb: number, rest: ChipRam['capacity'] = {}): ChipRam => ({
  boxes: ONE_SRAM,
  capacity: { SRAM: sramKb * KB, ...rest },
});

const CHIP_RAM: Partial<Readonly<Record<ChipName, ChipRam>>> = {
  ESP8266: { boxes: {}, capacity: { DRAM: 80 * KB, IRAM: 32 * KB } },
  // Data: what may be taken statically; the rest of the 320 KB is heap only (ESP-IDF, "Memory Types"). Code: SRAM0 without the flash cache.
  ESP32: { boxes: {}, capacity: { DRAM: 160 * KB, IRAM: 128 * KB, ...RTC } },
  'ESP32-S2': oneSram(320, RTC),
  'ESP32-S3': oneSram(512, RTC),
  'ESP32-C2': oneSram(272),
  'ESP32-C3': oneSram(400, { RTC_FAST: 8 * KB }),
  'ESP32-C5': oneSram(384, { RTC_FAST: 16 * KB }),
  'ESP32-C6': oneSram(512, { RTC_FAST: 16 * KB }),
  'ESP32-C61': oneSram(320),
  'ESP32-H2': oneSram(320, { RTC_FAST: 4 * KB }),
  'ESP32-P4': oneSram(768, { RTC_FAST: 32 * KB }),
};

/** The box that a segment's region is drawn in. */
export function memoryBox(chip: ChipName, region: MemoryRegion): MemoryBoxName {
  return CHIP_RAM[chip]?.boxes[region] ?? region;
}

export function ramCapacity(chip: ChipName, box: MemoryBoxName): number | undefined {
  return CHIP_RAM[chip]?.capacity[box];
}

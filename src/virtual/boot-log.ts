/**
 * What a board prints on its console while it starts, line by line as the ROM, ESP-IDF's boot loader and the application print it.
 * Texts only: what happened is decided elsewhere.
 */
import { hexNumber } from '../core/bytes/hex.ts';
import type { EspImage, Partition } from '../core/image/model.ts';
import type { BenchSettings } from './bench.ts';
import { chipModel, revisionText, type ResetReason, type VirtualChipName } from './chip-model.ts';
import { PARTITION } from './partition-schemes.ts';
import type { AppSlot } from './slots.ts';

export type LogLevel = 'I' | 'W' | 'E';

export function logLine(level: LogLevel, ms: number, tag: string, text: string): string {
  return `${level} (${Math.round(ms)}) ${tag}: ${text}`;
}

/** From reset on, before the ROM looks into the flash. */
export function romLines(chip: VirtualChipName, reason: ResetReason): string[] {
  const model = chipModel(chip);
  return ['', ...model.romBanner, `rst:${model.resets[reason]},${model.bootMode}`];
}

/** ESP-IDF's boot loader, up to the partition table. It speaks of the flash as its own header states it. */
export function secondStageLines(chip: VirtualChipName, image: EspImage): string[] {
  const model = chipModel(chip);
  const tag = `boot.${chip.toLowerCase().replace('-', '')}`;
  // One of before ESP-IDF 5.1 has no descriptor.
  const idf = ['ESP-IDF', image.bootloaderDescriptor?.idfVersion].filter(Boolean).join(' ');
  return [
    logLine('I', 31, 'boot', `${idf} 2nd stage bootloader`),
    logLine('I', 31, 'boot', model.cores === 2 ? 'Multicore bootloader' : 'Unicore bootloader'),
    logLine('I', 36, 'boot', `chip revision: ${revisionText(model.revision)}`),
    logLine('I', 40, tag, `SPI Speed      : ${image.flashFrequency.replace(/m$/, 'MHz')}`),
    logLine('I', 45, tag, `SPI Mode       : ${image.flashMode}`),
    logLine('I', 49, tag, `SPI Flash Size : ${image.flashSize}`),
    logLine('I', 54, 'boot', 'Enabling RNG early entropy source...'),
  ];
}

/** The ROM stays where a flasher can talk to it, or, with UART_DOWNLOAD_DIS burnt, says this (seen on an ESP32 in espressif/esp-idf#6106). */
export function downloadLines({ chip, fuseDownloadDisabled }: BenchSettings, reason: ResetReason): string[] {
  const model = chipModel(chip);
  const state = fuseDownloadDisabled ? 'Download mode is disabled. Restart with GPIO0 high.' : 'waiting for download';
  return ['', ...model.romBanner, `rst:${model.resets[reason]},${model.downloadMode}`, state];
}

export function partitionLines(partitions: readonly Partition[]): string[] {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  return [
    logLine('I', 60, 'boot', 'Partition Table:'),
    logLine('I', 63, 'boot', '## Label            Usage          Type ST Offset   Length'),
    ...partitions.map(({ label, type, subtype, offset, size }, i) => {
      const columns = `${label.padEnd(16)} ${usage(type, subtype).padEnd(16)} ${hex(type, 2)} ${hex(subtype, 2)} ${hex(offset, 8)} ${hex(size, 8)}`;
      return logLine('I', 71 + 7 * i, 'boot', `${String(i).padStart(2)} ${columns}`);
    }),
    logLine('I', 78 + 7 * partitions.length, 'boot', 'End of partition table'),
  ];
}

const DATA_USAGE: Readonly<Record<number, string>> = {
  0: 'OTA data',
  1: 'RF data',
  2: 'WiFi data',
  3: 'Core dump',
  4: 'NVS keys',
  5: 'efuse',
  6: 'undefined',
  0x81: 'FAT',
  0x82: 'spiffs',
};

function usage(type: number, subtype: number): string {
  if (type === PARTITION.data) return DATA_USAGE[subtype] ?? 'Unknown data';
  if (type !== PARTITION.app) return 'Unknown';
  if (subtype === PARTITION.factory) return 'factory app';
  return subtype >= PARTITION.ota0 && subtype <= PARTITION.ota15 ? 'OTA app' : 'Unknown app';
}

export function segmentLines(slot: AppSlot, image: EspImage): string[] {
  return image.segments.map(({ offset, length, loadAddress, region }, i) => {
    const isMapped = region === 'DROM' || region === 'IROM';
    const address = `paddr=${(slot.offset + offset).toString(16).padStart(8, '0')} vaddr=${loadAddress.toString(16).padStart(8, '0')}`;
    const size = `size=${length.toString(16).padStart(5, '0')}h (${String(length).padStart(6)})`;
    return logLine('I', 130 + 40 * i, 'esp_image', `segment ${i}: ${address} ${size} ${isMapped ? 'map' : 'load'}`);
  });
}

export function notBootableLines(slot: AppSlot, problem: string): string[] {
  const what = slot.otaIndex < 0 ? 'Factory app partition' : `OTA app partition slot ${slot.otaIndex}`;
  return [logLine('E', 128, 'esp_image', problem), logLine('E', 129, 'boot', `${what} is not bootable`)];
}

export function loadedLine(slot: AppSlot): string {
  return logLine('I', 412, 'boot', `Loaded app from partition at offset 0x${slot.offset.toString(16)}`);
}

/** The application's own start, up to `app_main`. */
export function applicationLines(chip: VirtualChipName, image: EspImage): string[] {
  const model = chipModel(chip);
  const descriptor = image.appDescriptor;
  const about = descriptor
    ? [
        `Project name:     ${descriptor.projectName}`,
        `App version:      ${descriptor.version}`,
        `Compile time:     ${descriptor.date} ${descriptor.time}`,
        `ELF file SHA256:  ${descriptor.elfSha256.slice(0, 9)}...`,
        `ESP-IDF:          ${descriptor.idfVersion}`,
      ]
    : [];
  return [
    logLine('I', 412, 'boot', 'Disabling RNG early entropy source...'),
    logLine('I', 424, 'cpu_start', model.cores === 2 ? 'Multicore app' : 'Unicore app'),
    logLine('I', 433, 'cpu_start', 'Pro cpu start user code'),
    logLine('I', 433, 'cpu_start', `cpu freq: ${model.cpuMhz}000000 Hz`),
    ...(about.length > 0 ? [logLine('I', 433, 'app_init', 'Application information:')] : []),
    ...about.map((text, i) => logLine('I', 436 + 5 * i, 'app_init', text)),
    logLine('I', 468, 'efuse_init', `Chip rev:         ${revisionText(model.revision)}`),
    logLine('I', 540, 'main_task', 'Started on CPU0'),
    logLine('I', 550, 'main_task', 'Calling app_main()'),
  ];
}

/** Of firmware from elsewhere nothing is made up: what it would print, only a real chip knows. */
export function foreignLine(ms: number): string {
  return logLine(
    'W',
    ms,
    'virtual',
    'this chip executes no code: the image was started as far as a boot loader goes, and counts as healthy',
  );
}

/** @param pc where the application was */
export function panicLines(chip: VirtualChipName, pc: number): string[] {
  const hex = hexNumber(pc);
  if (chipModel(chip).architecture === 'xtensa') {
    return [
      "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
      '',
      'Core  0 register dump:',
      `PC      : ${hex}  PS      : 0x00060a30  A0      : 0x80${hex.slice(4)}  A1      : 0x3ffb5b40`,
      'EXCVADDR: 0x00000000  LBEG    : 0x00000000  LEND    : 0x00000000  LCOUNT  : 0x00000000',
      '',
      `Backtrace: ${hexNumber(pc - 3)}:0x3ffb5b40`,
      '',
      'Rebooting...',
    ];
  }
  return [
    "Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled.",
    '',
    'Core  0 register dump:',
    `MEPC    : ${hex}  RA      : ${hexNumber(pc - 6)}  SP      : 0x3fc91b40  GP      : 0x3fc8a800`,
    'MSTATUS : 0x00001881  MTVEC   : 0x40380001  MCAUSE  : 0x00000005  MTVAL   : 0x00000000',
    '',
    'Rebooting...',
  ];
}

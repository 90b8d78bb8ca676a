/**
 * The boot loader in the flash of a board: the one that it leaves the factory with, and what the mask ROM makes of the one that it finds.
 * Nothing here executes it: whether it is sound, and what the ROM would print, is all that is asked of it.
 */
import { hexNumber } from '../core/bytes/hex.ts';
import { CHIPS, FLASH_MODES } from '../core/image/chips.ts';
import { encodeBootloaderDescriptor, encodeImage } from '../core/image/encode-image.ts';
import { hasImageMagic } from '../core/image/header.ts';
import { parseImage } from '../core/image/image.ts';
import { ImageError } from '../core/image/image-error.ts';
import type { EspImage } from '../core/image/model.ts';
import { PARTITION_TABLE_OFFSET } from '../core/image/partition-table.ts';
import { chipModel, type VirtualChipName } from './chip-model.ts';
import type { NorFlash } from './flash.ts';
import type { FlashSizeMb } from './partition-schemes.ts';

const FACTORY_IDF = 'v5.2.2';
const FACTORY_COMPILED = 'Jul 22 2024 10:02:11';
const SEGMENT_ALIGNMENT = 16;
/** Header byte 3, low nibble, and by what the ROM divides the clock of the flash (`esp_image_spi_freq_t`). */
const CLOCK_DIVIDERS: Readonly<Record<number, number>> = { 15: 1, 0: 2, 1: 3, 2: 4 };
/** As often as one reset of a real chip fits it in. */
const TRIES = 4;

export interface FlashFile {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The usual two segments, of constants and code; what would be code says what it is. */
export async function factoryBootloader(chip: VirtualChipName, flashSizeMb: FlashSizeMb): Promise<FlashFile> {
  const { bootloaderEntry, bootloaderData, revision } = chipModel(chip);
  const facts = CHIPS[chip];
  const descriptor = encodeBootloaderDescriptor({ version: 1, idfVersion: FACTORY_IDF, compiled: FACTORY_COMPILED });
  const text = new TextEncoder().encode(`Boot loader of a virtual ${chip}: nothing executes it.`);
  const bytes = await encodeImage({
    chip,
    flashMode: 'DIO',
    flashSize: `${flashSizeMb}MB`,
    flashFrequency: facts.flashFrequencies[0],
    entry: bootloaderEntry,
    minChipRevision: Math.floor(revision / 100) * 100,
    segments: [
      { loadAddress: bootloaderData, data: descriptor },
      { loadAddress: bootloaderEntry - (bootloaderEntry % SEGMENT_ALIGNMENT), data: text },
    ],
    appendHash: true,
  });
  return { offset: facts.bootloaderOffset, bytes };
}

/** Everything in front of the partition table that the ROM would load from. */
export function bootloaderArea(flash: NorFlash, chip: VirtualChipName): Uint8Array<ArrayBuffer> {
  const { bootloaderOffset } = CHIPS[chip];
  return flash.read(bootloaderOffset, PARTITION_TABLE_OFFSET - bootloaderOffset);
}

export interface FoundByRom {
  readonly lines: readonly string[];
  /** Absent: nothing is started, and the watchdog resets the chip. */
  readonly image?: EspImage;
}

/** As with an erased flash. */
export const NO_SECOND_STAGE: FoundByRom = { lines: invalidHeader(0xffff_ffff) };

export async function findSecondStage(flash: NorFlash, chip: VirtualChipName): Promise<FoundByRom> {
  const bytes = bootloaderArea(flash, chip);
  if (!hasImageMagic(bytes)) return { lines: invalidHeader(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)) };
  const begun = [...chipModel(chip).romWords.pins, modeLine(bytes)];
  try {
    const image = await parseImage(bytes);
    return judge(image, chip, begun);
  } catch (error) {
    // It loads from a place, or to a place, that there is not.
    if (error instanceof ImageError) return { lines: begun };
    throw error;
  }
}

function judge(image: EspImage, chip: VirtualChipName, begun: readonly string[]): FoundByRom {
  const { length, badChecksum, badHash } = chipModel(chip).romWords;
  const { segments, checksum, appendedHash, entry } = image;
  const loaded = [...begun, ...segments.map((segment) => `load:${hexNumber(segment.loadAddress)},len:${length(segment.length)}`)];
  if (!checksum.valid) return { lines: [...loaded, ...badChecksum(checksum.computed, checksum.stored)] };
  const hash = appendedHash && !appendedHash.valid ? badHash(appendedHash.computed, appendedHash.stored) : [];
  const lines = [...loaded, ...hash, `entry ${hexNumber(entry)}`];
  // Another chip's, or an application: it was jumped into, and nobody heard of it again.
  return image.chip === chip && image.role === 'bootloader' ? { lines, image } : { lines };
}

function modeLine(header: Uint8Array): string {
  const divider = CLOCK_DIVIDERS[header[3]! & 0x0f] ?? 1;
  return `mode:${FLASH_MODES[header[2]!] ?? 'DIO'}, clock div:${divider}`;
}

function invalidHeader(word: number): readonly string[] {
  return Array.from({ length: TRIES }, () => `invalid header: ${hexNumber(word)}`);
}

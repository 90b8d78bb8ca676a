/**
 * What lies in the flash, read as the boot loader reads it: the partition table, the application slots, the images in them, otadata.
 * Keeps what it computed until the flash under it changes. Decides nothing.
 */
import { sha256Hex } from '../core/bytes/sha256.ts';
import { parseImage } from '../core/image/image.ts';
import { ImageError } from '../core/image/image-error.ts';
import type { EspImage, Otadata, Partition } from '../core/image/model.ts';
import { encodeOtadataEntry, parseOtadata } from '../core/image/otadata.ts';
import { parsePartitionTable, PARTITION_TABLE_BYTES, PARTITION_TABLE_OFFSET } from '../core/image/partition-table.ts';
import { markedRehearsal, type Rehearsal } from '../core/image/rehearsal.ts';
import { FACTORY_INDEX, type EntryWrite, type SlotLayout } from './boot-selection.ts';
import { chipModel, revisionText, type VirtualChipName } from './chip-model.ts';
import { SECTOR_BYTES, type NorFlash } from './flash.ts';
import { PARTITION } from './partition-schemes.ts';

export interface AppSlot {
  readonly label: string;
  readonly offset: number;
  readonly size: number;
  /** FACTORY_INDEX, or the number of the OTA slot. */
  readonly otaIndex: number;
}

export interface SlotImage {
  readonly image: EspImage;
  /** Absent: firmware that was not made for this board. */
  readonly rehearsal: Rehearsal | undefined;
  /** Of the file that was written: the image, and what followed it. */
  readonly length: number;
  readonly sha256: string;
}

/** What holds an image against this chip. */
export interface BootRules {
  readonly chip: VirtualChipName;
  /** eFuse value for anti-rollback. */
  readonly secureVersion: number;
}

export class Slots {
  readonly #flash: NorFlash;
  #table: { readonly version: number; readonly partitions: readonly Partition[] } | undefined;
  readonly #images = new Map<number, { readonly version: string; readonly found: Promise<SlotImage | ImageError> }>();

  constructor(flash: NorFlash) {
    this.#flash = flash;
  }

  /** @throws ImageError when the table in the flash is not one. */
  get partitions(): readonly Partition[] {
    const version = this.#flash.versionOf(PARTITION_TABLE_OFFSET, PARTITION_TABLE_BYTES);
    if (this.#table?.version !== version) {
      const table = parsePartitionTable(this.#flash.read(PARTITION_TABLE_OFFSET, PARTITION_TABLE_BYTES).slice());
      if (table.md5 && !table.md5.valid) throw new ImageError('PARTITION_ROW', 'the MD5 of the partition table is wrong', table.md5.offset);
      const outside = table.partitions.find(({ offset, size }) => offset + size > this.#flash.size);
      if (outside) throw new ImageError('PARTITION_ROW', `${outside.label} ends beyond the flash`, PARTITION_TABLE_OFFSET);
      this.#table = { version, partitions: table.partitions };
    }
    return this.#table.partitions;
  }

  get app(): readonly AppSlot[] {
    return this.partitions.flatMap(({ label, type, subtype, offset, size }) => {
      if (type !== PARTITION.app) return [];
      if (subtype === PARTITION.factory) return [{ label, offset, size, otaIndex: FACTORY_INDEX }];
      return subtype >= PARTITION.ota0 && subtype <= PARTITION.ota15 ? [{ label, offset, size, otaIndex: subtype - PARTITION.ota0 }] : [];
    });
  }

  get layout(): SlotLayout {
    const slots = this.app;
    return {
      otaCount: slots.filter((slot) => slot.otaIndex >= 0).length,
      hasFactory: slots.some((slot) => slot.otaIndex === FACTORY_INDEX),
    };
  }

  byIndex(otaIndex: number): AppSlot | undefined {
    return this.app.find((slot) => slot.otaIndex === otaIndex);
  }

  byLabel(label: string): AppSlot | undefined {
    return this.app.find((slot) => slot.label === label);
  }

  data(subtype: number): Partition | undefined {
    return this.partitions.find((partition) => partition.type === PARTITION.data && partition.subtype === subtype);
  }

  get otadata(): Otadata | undefined {
    const partition = this.data(PARTITION.otadata);
    return partition && parseOtadata(this.#flash.read(partition.offset, 2 * SECTOR_BYTES).slice());
  }

  /** One erase and one program, as `bootloader_flash_erase_sector` and `esp_flash_write` do it: the entry is gone in between. */
  writeEntry({ entry, seq, state }: EntryWrite): void {
    const partition = this.data(PARTITION.otadata);
    if (!partition) throw new RangeError('this board has no otadata');
    const offset = partition.offset + entry * SECTOR_BYTES;
    this.#flash.erase(offset, SECTOR_BYTES);
    this.#flash.program(offset, encodeOtadataEntry({ seq, state }));
  }

  /** Nothing but FF in all of it. */
  isErased({ offset, size }: AppSlot): boolean {
    const bytes = this.#flash.read(offset, size);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, size / 4);
    for (let i = 0; i < words.length; i++) if (words[i] !== 0xffffffff) return false;
    return true;
  }

  /** @param fileBytes how long the file was that was written there, when known */
  async imageIn(slot: AppSlot, fileBytes = 0): Promise<SlotImage | ImageError> {
    const version = `${this.#flash.versionOf(slot.offset, slot.size)}/${fileBytes}`;
    const kept = this.#images.get(slot.offset);
    if (kept?.version === version) return await kept.found;
    const found = this.#read(slot, fileBytes);
    this.#images.set(slot.offset, { version, found });
    return await found;
  }

  async #read(slot: AppSlot, fileBytes: number): Promise<SlotImage | ImageError> {
    const bytes = this.#flash.read(slot.offset, slot.size);
    const known = Math.min(fileBytes, slot.size);
    // Started first, so that the platform hashes the file while the image is walked.
    const hash = known > 0 ? sha256Hex(bytes.subarray(0, known)) : undefined;
    try {
      const image = await parseImage(bytes);
      const length = Math.max(image.imageLength, known);
      const sha256 = hash && length === known ? await hash : await sha256Hex(bytes.subarray(0, length));
      return { image, rehearsal: markedRehearsal(bytes, image), length, sha256 };
    } catch (error) {
      if (error instanceof ImageError) return error;
      throw error;
    }
  }
}

/** Why the boot loader would not start this; `undefined` when it would. In the words of ESP-IDF's `esp_image_format.c`. */
export function bootProblem(found: SlotImage | ImageError, rules: BootRules): string | undefined {
  if (found instanceof ImageError)
    return found.code === 'IMAGE_MAGIC' ? 'image at slot has invalid magic byte (nothing flashed here?)' : found.message;
  const { image } = found;
  return imageProblem(image) ?? targetProblem(image, rules)?.problem;
}

export function imageProblem(image: EspImage): string | undefined {
  if (!image.checksum.valid) return `Checksum failed. Calculated ${image.checksum.computed} read ${image.checksum.stored}`;
  if (image.appendedHash && !image.appendedHash.valid) return 'Image hash failed - image is corrupt';
  if (image.role !== 'app') return 'this is a boot loader, not an application';
  return undefined;
}

export interface TargetProblem {
  readonly code: 'WRONG_CHIP' | 'CHIP_REVISION' | 'SECURE_VERSION';
  readonly problem: string;
}

type TargetFacts = Pick<EspImage, 'chip' | 'minChipRevision' | 'maxChipRevision'> & {
  readonly appDescriptor?: { readonly secureVersion: number };
};

/** `max_chip_rev_full` of an image that runs on all later revisions. */
const NO_MAX_REVISION = 0xffff;

/** What holds a sound image back from this chip. */
export function targetProblem(image: TargetFacts, { chip, secureVersion }: BootRules): TargetProblem | undefined {
  const { revision } = chipModel(chip);
  if (image.chip !== chip) return { code: 'WRONG_CHIP', problem: `this firmware is for ${image.chip}, this chip is ${chip}` };
  if (revision < image.minChipRevision || (image.maxChipRevision > 0 && revision > image.maxChipRevision)) {
    const to = image.maxChipRevision < NO_MAX_REVISION ? ` to ${revisionText(image.maxChipRevision)}` : ' or later';
    const range = `${revisionText(image.minChipRevision)}${to}`;
    return { code: 'CHIP_REVISION', problem: `this firmware wants chip revision ${range}, this chip is ${revisionText(revision)}` };
  }
  const offered = image.appDescriptor?.secureVersion ?? 0;
  if (offered < secureVersion) {
    return { code: 'SECURE_VERSION', problem: `this firmware has secure version ${offered}, the chip accepts ${secureVersion} and above` };
  }
  return undefined;
}

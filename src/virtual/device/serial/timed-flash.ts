/**
 * The flash as the boot loader uses it: inside its limits, in erase blocks and pages, at its pace. Every operation happens at once and adds
 * to a debt of time that `settle` waits off, so that a command waits once and not for each page.
 * Knows no command; `FlashError` comes through.
 */
import { Md5 } from '../../../core/bytes/md5.ts';
import { toHex } from '../../../core/bytes/hex.ts';
import { type NorFlash, PAGE_BYTES, SECTOR_BYTES } from '../../flash.ts';
import { FLASH_BLOCK_BYTES } from '../../storage.ts';
import { FLASH_TIMING } from './flash-timing.ts';

const KIB = 1024;

interface TimedFlashParts {
  readonly flash: NorFlash;
  wait(milliseconds: number): Promise<void>;
  onFlashChanged?(): void | Promise<void>;
}

export class TimedFlash {
  readonly #parts: TimedFlashParts;
  readonly #flash: NorFlash;
  /** As SPI_SET_PARAMS told it; a driver goes by that. */
  #configuredSize: number;
  /** Of SPI_ATTACH, 0 = those that the flash is on; `undefined`: the controller is on no pins yet. */
  #pins: number | undefined;
  #hasPower = true;
  #owedMs = 0;
  #isChanged = false;

  constructor(parts: TimedFlashParts) {
    this.#parts = parts;
    this.#flash = parts.flash;
    this.#configuredSize = parts.flash.size;
  }

  get size(): number {
    return Math.min(this.#flash.size, this.#configuredSize);
  }

  /** Of the soldered chip, whatever was configured. */
  get physicalSize(): number {
    return this.#flash.size;
  }

  get status(): Uint8Array {
    return this.#flash.status;
  }

  /** Whether a transfer over SPI reaches it. */
  get isAttached(): boolean {
    return this.#hasPower && this.#pins === 0;
  }

  set hasPower(hasPower: boolean) {
    this.#hasPower = hasPower;
  }

  /** @param pins on any but its own there is no flash */
  attach(pins: number): void {
    this.#pins = pins;
  }

  configure(size: number): void {
    this.#configuredSize = size;
  }

  contains(offset: number, length: number): boolean {
    return this.#hasPower && !this.#pins && offset + length <= this.size;
  }

  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    this.#owedMs += (length / KIB) * FLASH_TIMING.readPerKib;
    return this.#flash.read(offset, length);
  }

  md5Hex(offset: number, length: number): string {
    this.#owedMs += (length / KIB) * FLASH_TIMING.md5PerKib;
    return toHex(new Md5().update(this.#flash.read(offset, length)).digest());
  }

  isBlank(offset: number, length: number): boolean {
    return this.read(offset, length).every((byte) => byte === 0xff);
  }

  /** Whole sectors; as 64 KiB blocks where those fit. */
  erase(offset: number, length: number): void {
    const end = offset + length;
    for (let at = offset; at < end;) {
      const isBlock = at % FLASH_BLOCK_BYTES === 0 && end - at >= FLASH_BLOCK_BYTES;
      const step = isBlock ? FLASH_BLOCK_BYTES : SECTOR_BYTES;
      this.#owe(isBlock ? FLASH_TIMING.blockErase : FLASH_TIMING.sectorErase);
      this.#flash.erase(at, step);
      at += step;
    }
  }

  eraseChip(): void {
    this.#owe((this.#flash.size / FLASH_BLOCK_BYTES) * FLASH_TIMING.chipEraseBlock);
    this.#flash.erase(0, this.#flash.size);
  }

  program(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const pages = Math.floor((offset + bytes.length - 1) / PAGE_BYTES) - Math.floor(offset / PAGE_BYTES) + 1;
    this.#owe(pages * FLASH_TIMING.pageProgram);
    this.#flash.program(offset, bytes);
  }

  /** Resolves when everything asked for is done. */
  async settle(): Promise<void> {
    const owed = this.#owedMs;
    const isChanged = this.#isChanged;
    this.#owedMs = 0;
    this.#isChanged = false;
    if (owed > 0) await this.#parts.wait(owed);
    if (isChanged) await this.#parts.onFlashChanged?.();
  }

  #owe(milliseconds: number): void {
    this.#owedMs += milliseconds;
    this.#isChanged = true;
  }
}

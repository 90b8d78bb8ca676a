/**
 * NOR flash as the chip sees it: erasing sets a 4 KiB sector to FF, programming can only clear bits, and both may be the last
 * thing that happens before the power goes. Knows nothing of partitions, images or time.
 *
 * The whole flash lies in memory while the worker lives; `takeDirty()` hands changed 64 KiB blocks to the disk.
 */
import { OtterError } from '../core/errors.ts';
import { FLASH_BLOCK_BYTES } from './storage.ts';

export const SECTOR_BYTES = 0x1000;
/** One program operation: a write that crosses a page boundary is two. */
export const PAGE_BYTES = 0x100;

export class FlashError extends OtterError<'POWER_LOST' | 'SECTOR_FAILED', { readonly offset: number; readonly operation: number }> {
  override readonly name = 'FlashError';
}

export class NorFlash {
  readonly size: number;
  /** Status registers 1 to 3. They are the flash chip's: a reset of the ESP32 does not reach them. */
  readonly status = new Uint8Array(3);
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #words: Uint32Array<ArrayBuffer>;
  /** Rises with each change of a block, so that readers can keep what they computed. */
  readonly #versions: Uint32Array;
  readonly #dirty = new Set<number>();
  #operations = 0;
  #cutAt = Infinity;
  #failingOffset = -1;
  #powered = true;

  constructor(size: number, blocks: ReadonlyMap<number, Uint8Array> = new Map()) {
    if (size <= 0 || size % FLASH_BLOCK_BYTES !== 0) throw new RangeError(`flash size ${size} is no multiple of ${FLASH_BLOCK_BYTES}`);
    this.size = size;
    this.#bytes = new Uint8Array(size).fill(0xff);
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#versions = new Uint32Array(size / FLASH_BLOCK_BYTES);
    for (const [index, block] of blocks) {
      if (index >= 0 && index < this.#versions.length && block.length === FLASH_BLOCK_BYTES)
        this.#bytes.set(block, index * FLASH_BLOCK_BYTES);
    }
  }

  /** Erased sectors plus programmed pages since this object was made. */
  get operations(): number {
    return this.#operations;
  }

  /** The `count`-th operation from now is done by half, then `FlashError` POWER_LOST is thrown; 0 takes the plan back. */
  schedulePowerCut(count: number): void {
    this.#cutAt = count > 0 ? this.#operations + count : Infinity;
  }

  /** Operations still to go until the scheduled cut; 0 = none is scheduled. */
  get operationsUntilPowerCut(): number {
    return this.#cutAt === Infinity ? 0 : this.#cutAt - this.#operations;
  }

  /** Every operation on the sector at this flash offset fails; -1 = none does. */
  failSectorAt(offset: number): void {
    this.#failingOffset = offset < 0 ? -1 : offset - (offset % SECTOR_BYTES);
  }

  powerOn(): void {
    this.#powered = true;
  }

  /** A live view, for reading only. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    this.#assertInside(offset, length);
    return this.#bytes.subarray(offset, offset + length);
  }

  /** Both arguments in whole sectors. */
  erase(offset: number, length: number): void {
    this.#assertInside(offset, length);
    if (offset % SECTOR_BYTES !== 0 || length % SECTOR_BYTES !== 0)
      throw new RangeError(`erase of ${length} at ${offset} is not in sectors`);
    const sectors = length / SECTOR_BYTES;
    if (this.#isUndisturbed(offset, length, sectors)) {
      this.#operations += sectors;
      this.#bytes.fill(0xff, offset, offset + length);
      this.#touch(offset, length);
      return;
    }
    for (let at = offset; at < offset + length; at += SECTOR_BYTES) {
      const survives = this.#count(at, 'erased');
      this.#bytes.fill(0xff, at, at + (survives ? SECTOR_BYTES : SECTOR_BYTES / 2));
      this.#touch(at, SECTOR_BYTES);
      if (!survives) throw this.#powerLost(at);
    }
  }

  /** Clears bits: each byte becomes the AND of what was there and what is written. */
  program(offset: number, bytes: Uint8Array): void {
    this.#assertInside(offset, bytes.length);
    if (bytes.length === 0) return;
    const pages = Math.floor((offset + bytes.length - 1) / PAGE_BYTES) - Math.floor(offset / PAGE_BYTES) + 1;
    if (this.#isUndisturbed(offset, bytes.length, pages)) {
      this.#operations += pages;
      this.#and(offset, bytes);
      this.#touch(offset, bytes.length);
      return;
    }
    for (let done = 0; done < bytes.length;) {
      const at = offset + done;
      const page = bytes.subarray(done, done + PAGE_BYTES - (at % PAGE_BYTES));
      const survives = this.#count(at, 'written');
      this.#and(at, survives ? page : page.subarray(0, page.length >> 1));
      this.#touch(at, page.length);
      if (!survives) throw this.#powerLost(at);
      done += page.length;
    }
  }

  /** Changes whenever any 64 KiB block of the range did. */
  versionOf(offset: number, length: number): number {
    let version = 0;
    for (let block = (offset / FLASH_BLOCK_BYTES) | 0; block * FLASH_BLOCK_BYTES < offset + length; block++)
      version += this.#versions[block] ?? 0;
    return version;
  }

  /** Live views of the blocks that changed since they were last taken and end at or before `end`; `null` = all FF. */
  takeDirty(end = this.size): Map<number, Uint8Array<ArrayBuffer> | null> {
    const blocks = new Map<number, Uint8Array<ArrayBuffer> | null>();
    for (const index of this.#dirty) {
      const start = index * FLASH_BLOCK_BYTES;
      if (start + FLASH_BLOCK_BYTES > end) continue;
      blocks.set(index, this.#isErased(start) ? null : this.#bytes.subarray(start, start + FLASH_BLOCK_BYTES));
      this.#dirty.delete(index);
    }
    return blocks;
  }

  #isErased(blockStart: number): boolean {
    const first = blockStart / 4;
    for (let i = first; i < first + FLASH_BLOCK_BYTES / 4; i++) if (this.#words[i] !== 0xffffffff) return false;
    return true;
  }

  #and(offset: number, bytes: Uint8Array): void {
    const target = this.#bytes;
    let done = 0;
    if (offset % 4 === 0) {
      const wordBytes = bytes.length & ~3;
      const source =
        bytes.byteOffset % 4 === 0
          ? new Uint32Array(bytes.buffer, bytes.byteOffset, wordBytes / 4)
          : new Uint32Array(bytes.slice(0, wordBytes).buffer);
      const words = this.#words;
      const first = offset / 4;
      for (let i = 0; i < source.length; i++) words[first + i]! &= source[i]!;
      done = wordBytes;
    }
    for (; done < bytes.length; done++) target[offset + done]! &= bytes[done]!;
  }

  #touch(offset: number, length: number): void {
    const last = Math.floor((offset + length - 1) / FLASH_BLOCK_BYTES);
    for (let block = Math.floor(offset / FLASH_BLOCK_BYTES); block <= last; block++) {
      this.#dirty.add(block);
      this.#versions[block]!++;
    }
  }

  #isUndisturbed(offset: number, length: number, operations: number): boolean {
    if (!this.#powered) throw this.#powerLost(offset);
    const hitsFailing = this.#failingOffset >= 0 && this.#failingOffset < offset + length && this.#failingOffset + SECTOR_BYTES > offset;
    return !hitsFailing && this.#operations + operations < this.#cutAt;
  }

  /** Counts one operation; false when it is the one during which the power goes. */
  #count(at: number, what: 'erased' | 'written'): boolean {
    this.#operations++;
    if (at - (at % SECTOR_BYTES) === this.#failingOffset) {
      throw new FlashError('SECTOR_FAILED', `sector at 0x${at.toString(16)} cannot be ${what}`, {
        offset: at,
        operation: this.#operations,
      });
    }
    if (this.#operations < this.#cutAt) return true;
    this.#cutAt = Infinity;
    this.#powered = false;
    return false;
  }

  #powerLost(offset: number): FlashError {
    return new FlashError('POWER_LOST', 'the power went during a flash operation', { offset, operation: this.#operations });
  }

  #assertInside(offset: number, length: number): void {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size))
      throw new RangeError(`${length} bytes at ${offset} are outside the flash`);
  }
}

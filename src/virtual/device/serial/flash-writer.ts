/**
 * One write to the flash, from BEGIN to END: plain or deflated, erased as a whole before or sector by sector while it goes on.
 * Knows no opcode and no status code; `FlashError` comes through.
 */
import { type FlateError, Unzlib } from 'fflate';
import { SECTOR_BYTES } from '../../flash.ts';
import { FLASH_BLOCK_BYTES } from '../../storage.ts';
import { Adler32 } from './adler32.ts';
import type { TimedFlash } from './timed-flash.ts';

interface WriteOrder {
  readonly offset: number;
  /** Erased are the sectors that these bytes touch. */
  readonly eraseBytes: number;
  /** Data beyond is dropped where it is plain. */
  readonly limit: number;
  readonly isDeflated: boolean;
}

export type WriteFault = 'failed' | 'inflate' | 'adler' | 'not-enough' | 'too-much';

/** Inflated data stay in the dictionary of the decompressor until it is full, or the stream at its end (miniz, `TINFL_LZ_DICT_SIZE`). */
const DICTIONARY_BYTES = 32 * 1024;
/** After the last byte of data only these may come: the checksum of the deflated stream. */
const ADLER_BYTES = 4;

export class FlashWriter {
  readonly #flash: TimedFlash;
  readonly #isDeflated: boolean;
  readonly #inflate: Unzlib;
  readonly #adler = new Adler32();
  /** The last bytes of the deflated stream so far. */
  #tail: Uint8Array = new Uint8Array(0);
  #inflated: Uint8Array[] = [];
  readonly #dictionary = new Uint8Array(DICTIONARY_BYTES);
  #held = 0;
  #next: number;
  #remaining: number;
  #eraseAt: number;
  readonly #eraseEnd: number;
  #isDirty = false;

  constructor(flash: TimedFlash, { offset, eraseBytes, limit, isDeflated }: WriteOrder) {
    this.#flash = flash;
    this.#isDeflated = isDeflated;
    this.#inflate = new Unzlib((chunk) => this.#inflated.push(chunk));
    this.#next = offset;
    this.#remaining = limit;
    this.#eraseAt = offset - (offset % SECTOR_BYTES);
    this.#eraseEnd = eraseBytes === 0 ? this.#eraseAt : Math.ceil((offset + eraseBytes) / SECTOR_BYTES) * SECTOR_BYTES;
  }

  get remaining(): number {
    return this.#remaining;
  }

  /** Everything, as a ROM does it at BEGIN. */
  eraseAll(): WriteFault | undefined {
    if (!this.#flash.contains(this.#eraseAt, this.#eraseEnd - this.#eraseAt)) return 'failed';
    this.#flash.erase(this.#eraseAt, this.#eraseEnd - this.#eraseAt);
    this.#eraseAt = this.#eraseEnd;
    return undefined;
  }

  /** `data` of one block. */
  write(data: Uint8Array): WriteFault | undefined {
    if (!this.#isDeflated) return this.#program(data);
    if (this.#remaining === 0 && data.length > ADLER_BYTES) return 'too-much';
    this.#keepTail(data);
    try {
      this.#inflate.push(data);
    } catch (error) {
      if (isFlateError(error)) return 'inflate';
      throw error;
    }
    for (const chunk of this.#inflated.splice(0)) {
      this.#adler.update(chunk);
      const fault = this.#hold(chunk);
      if (fault) return fault;
    }
    return this.#isAtEnd ? this.#programHeld() : undefined;
  }

  /** What END has to say. */
  finish(): WriteFault | undefined {
    if (this.#remaining > this.#held && Number.isFinite(this.#remaining)) return 'not-enough';
    if (!this.#isDeflated || this.#tail.length < ADLER_BYTES || this.#isAtEnd) return undefined;
    return 'adler';
  }

  /** Nothing but its checksum says where a deflated stream ends. */
  get #isAtEnd(): boolean {
    if (this.#tail.length < ADLER_BYTES) return false;
    return new DataView(this.#tail.buffer, this.#tail.byteOffset).getUint32(0) === this.#adler.value;
  }

  #hold(bytes: Uint8Array): WriteFault | undefined {
    for (let done = 0; done < bytes.length;) {
      const part = bytes.subarray(done, done + DICTIONARY_BYTES - this.#held);
      this.#dictionary.set(part, this.#held);
      this.#held += part.length;
      done += part.length;
      const fault = this.#held === DICTIONARY_BYTES ? this.#programHeld() : undefined;
      if (fault) return fault;
    }
    return undefined;
  }

  #programHeld(): WriteFault | undefined {
    const held = this.#dictionary.subarray(0, this.#held);
    this.#held = 0;
    return this.#program(held);
  }

  #keepTail(data: Uint8Array): void {
    const joined = new Uint8Array(this.#tail.length + Math.min(data.length, ADLER_BYTES));
    joined.set(this.#tail);
    joined.set(data.subarray(-ADLER_BYTES), this.#tail.length);
    this.#tail = joined.slice(-ADLER_BYTES);
  }

  #program(bytes: Uint8Array): WriteFault | undefined {
    const data = bytes.subarray(0, Math.min(bytes.length, this.#remaining));
    if (data.length === 0) return undefined;
    if (!this.#flash.contains(this.#next, data.length)) return 'failed';
    this.#eraseUpTo(this.#next + data.length);
    this.#flash.program(this.#next, data);
    this.#next += data.length;
    this.#remaining -= data.length;
    return undefined;
  }

  /**
   * Blank sectors are left as they are until the first that is not: a new chip needs no erasing, a used one no reading.
   * Both published stubs erase ahead in 64 KiB blocks where the rest of the write allows it.
   */
  #eraseUpTo(end: number): void {
    while (this.#eraseAt < Math.min(end, this.#eraseEnd)) {
      const isBlock = this.#eraseAt % FLASH_BLOCK_BYTES === 0 && this.#eraseEnd - this.#eraseAt >= FLASH_BLOCK_BYTES;
      this.#isDirty ||= !this.#flash.isBlank(this.#eraseAt, SECTOR_BYTES);
      const step = this.#isDirty && isBlock ? FLASH_BLOCK_BYTES : SECTOR_BYTES;
      if (this.#isDirty && this.#flash.contains(this.#eraseAt, step)) this.#flash.erase(this.#eraseAt, step);
      this.#eraseAt += step;
    }
  }
}

function isFlateError(error: unknown): error is FlateError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}

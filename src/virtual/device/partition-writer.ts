/** Writes a stream into one partition: whole pages in order, whatever pieces it comes in. Counts, and hashes when asked to. */
import { toHex } from '../../core/bytes/hex.ts';
import { Md5 } from '../../core/bytes/md5.ts';
import { PAGE_BYTES, type NorFlash } from '../flash.ts';
import { DeviceError } from './device-error.ts';

export class PartitionWriter {
  readonly #flash: NorFlash;
  readonly #offset: number;
  readonly #capacity: number;
  readonly #md5: Md5 | undefined;
  readonly #rest = new Uint8Array(PAGE_BYTES);
  #restLength = 0;
  #programmed = 0;

  /** @param capacity most bytes that may come */
  constructor(flash: NorFlash, offset: number, capacity: number, withMd5: boolean) {
    this.#flash = flash;
    this.#offset = offset;
    this.#capacity = capacity;
    this.#md5 = withMd5 ? new Md5() : undefined;
  }

  get received(): number {
    return this.#programmed + this.#restLength;
  }

  /** Flash offset up to which nothing will change any more. */
  get settledEnd(): number {
    return this.#offset + this.#programmed;
  }

  /** @throws DeviceError UPDATE_ERROR_SIZE; FlashError */
  write(piece: Uint8Array): void {
    if (this.received + piece.length > this.#capacity) {
      throw new DeviceError('UPDATE_ERROR_SIZE', `more than the ${this.#capacity} bytes that were announced or fit`);
    }
    this.#md5?.update(piece);
    let at = 0;
    if (this.#restLength > 0) {
      at = Math.min(PAGE_BYTES - this.#restLength, piece.length);
      this.#rest.set(piece.subarray(0, at), this.#restLength);
      this.#restLength += at;
      if (this.#restLength < PAGE_BYTES) return;
      this.#program(this.#rest);
    }
    const whole = piece.length - at - ((piece.length - at) % PAGE_BYTES);
    this.#program(piece.subarray(at, at + whole));
    this.#restLength = piece.length - at - whole;
    this.#rest.set(piece.subarray(at + whole));
  }

  finish(): void {
    this.#program(this.#rest.subarray(0, this.#restLength));
    this.#restLength = 0;
  }

  /** Hex; only when asked for at the start. */
  md5(): string {
    return this.#md5 ? toHex(this.#md5.digest()) : '';
  }

  #program(bytes: Uint8Array): void {
    this.#flash.program(this.settledEnd, bytes);
    this.#programmed += bytes.length;
  }
}

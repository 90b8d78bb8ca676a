/**
 * Walks untrusted bytes: every read is bounds-checked, states its endianness and copies nothing.
 * Knows nothing of any format. What is thrown is the caller's choice, so that each room raises its own error class.
 */

/** Builds the error to throw when a read breaks `rule` at `offset` (counted as the reader counts, `baseOffset` included). */
export type ReadFailure = (rule: string, offset: number) => Error;

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fail: ReadFailure;
  readonly #baseOffset: number;
  #position = 0;

  /** `baseOffset`: where `bytes` starts in the file that the person knows; added to the offset in errors. */
  constructor(bytes: Uint8Array, fail: ReadFailure, baseOffset = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
    this.#baseOffset = baseOffset;
  }

  get position(): number {
    return this.#position;
  }

  get length(): number {
    return this.#bytes.length;
  }

  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  u8(what = 'a byte'): number {
    return this.#view.getUint8(this.#take(1, what));
  }

  u16le(what = 'a 16-bit number'): number {
    return this.#view.getUint16(this.#take(2, what), true);
  }

  u32le(what = 'a 32-bit number'): number {
    return this.#view.getUint32(this.#take(4, what), true);
  }

  u32be(what = 'a 32-bit number'): number {
    return this.#view.getUint32(this.#take(4, what), false);
  }

  /** A view on the next `length` bytes, not a copy. */
  bytes(length: number, what = 'bytes'): Uint8Array {
    const start = this.#take(length, what);
    return this.#bytes.subarray(start, start + length);
  }

  /** A text field of fixed `length`, up to its first NUL. Bytes that are not UTF-8 become U+FFFD. */
  text(length: number, what = 'text'): string {
    return textUntilNul(this.bytes(length, what));
  }

  skip(length: number, what = 'bytes'): this {
    this.#take(length, what);
    return this;
  }

  /** Moves to an absolute position; the end itself is allowed. */
  seek(position: number, what = 'the field'): this {
    if (!Number.isInteger(position) || position < 0 || position > this.#bytes.length) {
      throw this.#fail(
        `${what} at 0x${position.toString(16)} lies outside of ${this.#bytes.length} bytes`,
        this.#baseOffset + this.#position,
      );
    }
    this.#position = position;
    return this;
  }

  #take(length: number, what: string): number {
    const start = this.#position;
    // A length read from the file may be huge, but start + length stays exact below 2^53.
    if (!(length >= 0 && length <= this.#bytes.length - start)) {
      throw this.#fail(`${what} needs ${length} bytes, ${this.#bytes.length - start} are left`, this.#baseOffset + start);
    }
    this.#position = start + length;
    return start;
  }
}

const utf8 = new TextDecoder();

/** Everything before the first NUL, as UTF-8. */
export function textUntilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

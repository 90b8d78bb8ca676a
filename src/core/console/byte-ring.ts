/** The last so many bytes of a stream without end, at positions that count from its first byte. Grows to its limit as it is filled. */

const FIRST_CAPACITY = 256 * 1024;

export class ByteRing {
  readonly #mostBytes: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #end = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
    this.#bytes = new Uint8Array(Math.min(FIRST_CAPACITY, mostBytes));
  }

  /** Position after the newest byte. */
  get end(): number {
    return this.#end;
  }

  /** @param oldest position of the oldest byte that is still needed; nothing is grown for older ones */
  append(bytes: Uint8Array, oldest: number): void {
    this.#reserve(this.#end - oldest + bytes.length, oldest);
    const capacity = this.#bytes.length;
    const at = this.#end % capacity;
    const first = Math.min(bytes.length, capacity - at);
    this.#bytes.set(first === bytes.length ? bytes : bytes.subarray(0, first), at);
    if (first < bytes.length) this.#bytes.set(bytes.subarray(first), 0);
    this.#end += bytes.length;
  }

  at(position: number): number {
    return this.#bytes[position % this.#bytes.length]!;
  }

  /** A copy where the bytes are not in one piece, else a view that the next `append` may change. */
  read(start: number, length: number): Uint8Array<ArrayBuffer> {
    const capacity = this.#bytes.length;
    const at = start % capacity;
    if (at + length <= capacity) return this.#bytes.subarray(at, at + length);
    const joined = new Uint8Array(length);
    joined.set(this.#bytes.subarray(at), 0);
    joined.set(this.#bytes.subarray(0, length - (capacity - at)), capacity - at);
    return joined;
  }

  /** Takes bytes back from the end. */
  truncate(end: number): void {
    this.#end = end;
  }

  #reserve(needed: number, oldest: number): void {
    const capacity = this.#bytes.length;
    if (needed <= capacity || capacity === this.#mostBytes) return;
    const kept = this.read(oldest, this.#end - oldest);
    const grown = new Uint8Array(Math.min(this.#mostBytes, Math.max(2 * capacity, needed)));
    const at = oldest % grown.length;
    const first = Math.min(kept.length, grown.length - at);
    grown.set(kept.subarray(0, first), at);
    grown.set(kept.subarray(first), 0);
    this.#bytes = grown;
  }
}

/** Adler-32 (RFC 1950, section 8.2), streaming: the checksum at the end of a zlib stream. */
const MODULUS = 65_521;
/** After so many bytes the sums are still below 2^31, where additions are fast. */
const RUN = 3_800;

export class Adler32 {
  #a = 1;
  #b = 0;

  update(bytes: Uint8Array): void {
    let a = this.#a;
    let b = this.#b;
    for (let from = 0; from < bytes.length; from += RUN) {
      const to = Math.min(from + RUN, bytes.length);
      for (let i = from; i < to; i++) {
        a += bytes[i]!;
        b += a;
      }
      a %= MODULUS;
      b %= MODULUS;
    }
    this.#a = a;
    this.#b = b;
  }

  get value(): number {
    return ((this.#b << 16) | this.#a) >>> 0;
  }
}

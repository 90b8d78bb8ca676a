/** Notices that what arrives is no text: most often because the line runs at another rate than the chip. Looks at samples, not at all. */

const SAMPLE = 128;
/** A wrong rate turns about half of the bytes into control characters or broken UTF-8; text has next to none. */
const MOST_ODD = SAMPLE / 3;
// oxlint-disable-next-line no-control-regex -- these are what is counted; tab, line ends, backspace and escape are text here
const ODD = /[\u0000-\u0007\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f\ufffd]/g;

export class GarbageWatch {
  readonly #sample = new Uint8Array(SAMPLE);
  #filled = 0;

  /** True when a sample is complete with these bytes and is garbage. Of many bytes only the first are looked at. */
  isGarbage(bytes: Uint8Array): boolean {
    const taken = Math.min(SAMPLE - this.#filled, bytes.length);
    this.#sample.set(bytes.subarray(0, taken), this.#filled);
    this.#filled += taken;
    if (this.#filled < SAMPLE) return false;
    this.#filled = 0;
    const odd = new TextDecoder().decode(this.#sample).match(ODD)?.length ?? 0;
    return odd > MOST_ODD;
  }

  forget(): void {
    this.#filled = 0;
  }
}

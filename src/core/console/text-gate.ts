/**
 * Between a line and a console: keeps back what a boot loader says. Once shut it opens by itself at the first line of plain text, for somebody
 * may press RESET by hand, and nobody else tells of that.
 */

/** Shorter runs of printable bytes occur in frames, and in what arrives at another rate. */
const LEAST_TEXT = 8;
/** Of a line that does not end: the last of it is as good as all. */
const MOST_HELD = 512;
const [TAB, LF, CR, ESC, SPACE, DEL] = [0x09, 0x0a, 0x0d, 0x1b, 0x20, 0x7f];

const isPrintable = (byte: number): boolean => byte === TAB || byte === CR || byte === ESC || (byte >= SPACE && byte < DEL);

export class TextGate {
  readonly #onText: (bytes: Uint8Array) => void;
  #isShut = false;
  /** Printable bytes since the last one that is not. */
  #held: number[] = [];

  constructor(onText: (bytes: Uint8Array) => void) {
    this.#onText = onText;
  }

  /** A boot loader is spoken to: what arrives from now on is its protocol. */
  shut(): void {
    this.#isShut = true;
    this.#held = [];
  }

  /** The chip was reset. */
  open(): void {
    this.#isShut = false;
    this.#held = [];
  }

  push(bytes: Uint8Array): void {
    const rest = this.#isShut ? this.#afterProtocol(bytes) : bytes;
    if (rest.length > 0) this.#onText(rest);
  }

  /** From the first line of plain text on; empty where there is none. */
  #afterProtocol(bytes: Uint8Array): Uint8Array {
    for (const [at, byte] of bytes.entries()) {
      if (byte === LF) {
        const line = this.#held;
        this.#held = [];
        if (line.length < LEAST_TEXT) continue;
        this.#isShut = false;
        return Uint8Array.from([...line, ...bytes.subarray(at)]);
      }
      if (!isPrintable(byte)) this.#held = [];
      else if (this.#held.push(byte) > MOST_HELD) this.#held.shift();
    }
    return bytes.subarray(bytes.length);
  }
}

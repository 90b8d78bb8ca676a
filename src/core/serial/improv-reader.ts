/**
 * Picks Improv frames out of what a device prints: both share the line. Everything that is no frame goes on as text, in order.
 * Holds back at most one frame's worth of bytes, whatever comes.
 */
import { concat } from '../bytes/concat.ts';
import { IMPROV_HEADER_LENGTH, IMPROV_MAGIC, parseImprov, type ImprovPacket } from './improv.ts';
import { SerialProtocolError } from './serial-error.ts';

const LINE_FEED = 0x0a;

interface ImprovReaderOptions {
  readonly onPacket: (packet: ImprovPacket) => void;
  readonly onText?: (bytes: Uint8Array) => void;
  /** Told of what looked like a frame and was none; its bytes go on as text. */
  readonly onFault?: (error: SerialProtocolError) => void;
}

export class ImprovReader {
  readonly #options: ImprovReaderOptions;
  #held: Uint8Array = new Uint8Array(0);
  /** A frame is followed by a line feed that is no line of the console. */
  #swallowLineFeed = false;

  constructor(options: ImprovReaderOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    let bytes = this.#held.length === 0 ? chunk : concat([this.#held, chunk]);
    this.#held = new Uint8Array(0);
    while (bytes.length > 0) {
      const rest = this.#step(bytes);
      if (rest === undefined) {
        this.#held = bytes.slice();
        return;
      }
      bytes = rest;
    }
  }

  /** Some bytes wait for the rest of a frame. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** Hands out what was held back for a frame that did not come. */
  flush(): void {
    this.#text(this.#held);
    this.#held = new Uint8Array(0);
  }

  /** What is left of `bytes`; `undefined`: all of it has to wait for more. */
  #step(bytes: Uint8Array): Uint8Array | undefined {
    if (this.#swallowLineFeed) {
      this.#swallowLineFeed = false;
      if (bytes[0] === LINE_FEED) return bytes.subarray(1);
    }
    const start = findMagic(bytes);
    if (start > 0) {
      this.#text(bytes.subarray(0, start));
      return bytes.subarray(start);
    }
    const length = frameLength(bytes);
    if (length === undefined || length > bytes.length) return undefined;
    try {
      this.#options.onPacket(parseImprov(bytes.subarray(0, length)));
      this.#swallowLineFeed = true;
      return bytes.subarray(length);
    } catch (error) {
      if (!(error instanceof SerialProtocolError)) throw error;
      this.#options.onFault?.(error);
      // A true frame may begin within what was taken for one.
      this.#text(bytes.subarray(0, IMPROV_MAGIC.length));
      return bytes.subarray(IMPROV_MAGIC.length);
    }
  }

  #text(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#options.onText?.(bytes);
  }
}

/** Where the magic, or as much of it as is there, begins; the length of `bytes` when nowhere. */
function findMagic(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(IMPROV_MAGIC[0]!); at >= 0; at = bytes.indexOf(IMPROV_MAGIC[0]!, at + 1)) {
    const candidate = bytes.subarray(at, at + IMPROV_MAGIC.length);
    if (candidate.every((byte, i) => byte === IMPROV_MAGIC[i])) return at;
  }
  return bytes.length;
}

/** As its header says, with the checksum; `undefined` while the header is incomplete. */
function frameLength(bytes: Uint8Array): number | undefined {
  const dataLength = bytes[IMPROV_HEADER_LENGTH - 1];
  return dataLength === undefined ? undefined : IMPROV_HEADER_LENGTH + dataLength + 1;
}

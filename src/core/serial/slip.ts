/**
 * SLIP frames (RFC 1055) as the boot loader uses them: 0xC0 at both ends. Linear time both ways, whatever the bytes are and however they are
 * cut into chunks. Knows nothing of what is in a frame.
 */
import { SerialProtocolError } from './serial-error.ts';

/** At both ends of a frame, and nowhere else on the wire. */
export const SLIP_END = 0xc0;
const END = SLIP_END;
/** Before a byte that stands for an END or for itself. */
export const SLIP_ESCAPE = 0xdb;
const ESCAPE = SLIP_ESCAPE;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;

/** Header and the largest 16-bit length: no packet is longer. */
const DEFAULT_MAX_FRAME = 8 + 0xffff;

// Firmware has a special byte now and then: runs between them are found and copied at the speed of memory. Where special bytes are dense,
// looking for the next one costs more than it saves; there tables take over, without branches that depend on the data.

/** Runs shorter than this are not worth a search and a copy. */
const SHORT_RUN = 32;
/** So far at most the decoder goes by table before it looks for a run again: twice as far each time that there was none. */
const LONGEST_BLOCK = 4096;

/** By byte: what is written first, and what after it if anything. */
const FIRST = Uint8Array.from({ length: 256 }, (_, byte) => (byte === END ? ESCAPE : byte));
const SECOND = new Uint8Array(256);
SECOND[END] = ESCAPED_END;
SECOND[ESCAPE] = ESCAPED_ESCAPE;

/** Above all bytes: what follows an escape must not follow one. */
const BROKEN = 0x100;
/** By byte; the second half for the byte after an ESCAPE. */
const DECODED = Uint16Array.from({ length: 512 }, (_, index) => (index < 256 ? index : BROKEN));
DECODED[256 + ESCAPED_END] = END;
DECODED[256 + ESCAPED_ESCAPE] = ESCAPE;

/** What `byte` stands for after an ESCAPE; `undefined` where it must not follow one. */
export function unescapeSlip(byte: number): number | undefined {
  const value = DECODED[256 + byte]!;
  return value < BROKEN ? value : undefined;
}

/** 1 where they are equal, else 0; without a branch. */
const equal = (a: number, b: number) => ((a ^ b) - 1) >>> 31;

/** One frame around all of `parts`, ready for the wire. */
export function encodeSlip(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const specials = parts.map(countSpecial);
  const frame = new Uint8Array(parts.reduce((sum, part, i) => sum + part.length + specials[i]!, 2));
  frame[0] = END;
  let at = 1;
  parts.forEach((part, i) => {
    at = specials[i]! * SHORT_RUN < part.length ? escapeRuns(part, frame, at) : escapeDense(part, frame, at);
  });
  frame[at] = END;
  return frame;
}

interface SlipDecoderOptions {
  /** Decoded bytes; a longer frame is dropped. */
  readonly maxFrame?: number;
  /** Bytes between frames: boot log and console. A view of the pushed chunk. */
  readonly onText?: (bytes: Uint8Array) => void;
  /** Told of every frame that was dropped; what follows it is read on. */
  readonly onFault?: (error: SerialProtocolError) => void;
}

/**
 * Finds frames in a stream that may be cut anywhere and may have text between frames. Broken frames are dropped, as the ROM does.
 * An empty frame is none: two ENDs in a row are the end of one and the start of the next, so that a lost END costs one frame, not all.
 */
export class SlipDecoder {
  readonly #options: SlipDecoderOptions;
  readonly #maxFrame: number;
  #inFrame = false;
  /** The chunk before ended with the first half of an escape. */
  #escaping = false;
  #fault: SerialProtocolError | undefined;
  #held = new Uint8Array(1024);
  #length = 0;

  constructor(options: SlipDecoderOptions = {}) {
    this.#options = options;
    this.#maxFrame = options.maxFrame ?? DEFAULT_MAX_FRAME;
  }

  /** Frames that are complete with this chunk, each with bytes of its own. */
  push(chunk: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    let at = 0;
    while (at < chunk.length) {
      at = this.#inFrame ? this.#readFrame(chunk, at, frames) : this.#readText(chunk, at);
    }
    return frames;
  }

  /** Forgets a frame that has begun: what comes next is text until the next END. */
  reset(): void {
    this.#begin();
    this.#inFrame = false;
  }

  #begin(): void {
    this.#inFrame = true;
    this.#escaping = false;
    this.#fault = undefined;
    this.#length = 0;
  }

  #readText(chunk: Uint8Array, from: number): number {
    const end = chunk.indexOf(END, from);
    const stop = end < 0 ? chunk.length : end;
    if (stop > from) this.#options.onText?.(chunk.subarray(from, stop));
    if (end < 0) return stop;
    this.#begin();
    return end + 1;
  }

  #readFrame(chunk: Uint8Array, from: number, frames: Uint8Array<ArrayBuffer>[]): number {
    let start = from;
    if (this.#isEmpty()) while (chunk[start] === END) start++;
    if (start === chunk.length) return start;
    const end = chunk.indexOf(END, start);
    const stop = end < 0 ? chunk.length : end;
    this.#append(chunk.subarray(start, stop));
    if (end < 0) return stop;
    this.#finish(frames);
    return end + 1;
  }

  #isEmpty(): boolean {
    return this.#length === 0 && !this.#escaping && this.#fault === undefined;
  }

  #finish(frames: Uint8Array<ArrayBuffer>[]): void {
    if (this.#escaping) this.#fault ??= new SerialProtocolError('SLIP_ESCAPE', 'the frame ends within an escape', this.#length);
    if (this.#fault) this.#options.onFault?.(this.#fault);
    else frames.push(this.#held.slice(0, this.#length));
    this.#inFrame = false;
  }

  #append(bytes: Uint8Array): void {
    if (this.#fault || bytes.length === 0) return;
    // Half of the bytes at worst are escapes, so this many come out at least.
    if (this.#length + (bytes.length >> 1) > this.#maxFrame) return this.#overflow();
    this.#reserve(this.#length + bytes.length);
    this.#unescape(bytes);
    if (this.#length > this.#maxFrame) this.#overflow();
  }

  #unescape(bytes: Uint8Array): void {
    let from = 0;
    let seen = 0;
    if (this.#escaping) {
      seen = DECODED[256 + bytes[0]!]!;
      this.#held[this.#length++] = seen;
      from = 1;
    }
    // An ESCAPE is never the second half of anything.
    this.#escaping = bytes.length > from && bytes[bytes.length - 1] === ESCAPE;
    seen |= this.#decode(this.#escaping ? bytes.subarray(0, -1) : bytes, from);
    if (seen >= BROKEN) this.#fault = new SerialProtocolError('SLIP_ESCAPE', '0xdb is followed by something else than 0xdc or 0xdd');
  }

  /** Whole escapes only. At least `BROKEN` when one of them was none. */
  #decode(bytes: Uint8Array, from: number): number {
    const held = this.#held;
    let length = this.#length;
    let seen = 0;
    let at = from;
    let block = SHORT_RUN;
    while (at < bytes.length) {
      const escape = bytes.indexOf(ESCAPE, at);
      const run = escape < 0 ? bytes.length : escape;
      if (run - at >= SHORT_RUN) {
        held.set(bytes.subarray(at, run), length);
        length += run - at;
        at = run;
        block = SHORT_RUN;
      }
      const stop = Math.min(at + block, bytes.length);
      block = Math.min(2 * block, LONGEST_BLOCK);
      while (at < stop) {
        const escaped = equal(bytes[at]!, ESCAPE);
        const value = DECODED[bytes[at + escaped]! + (escaped << 8)]!;
        held[length++] = value;
        seen |= value;
        at += 1 + escaped;
      }
    }
    this.#length = length;
    return seen;
  }

  #overflow(): void {
    this.#fault = new SerialProtocolError('SLIP_FRAME_TOO_LONG', `a frame has more than ${this.#maxFrame} bytes`, this.#maxFrame);
  }

  #reserve(length: number): void {
    if (length <= this.#held.length) return;
    const larger = new Uint8Array(Math.max(length, 2 * this.#held.length));
    larger.set(this.#held.subarray(0, this.#length));
    this.#held = larger;
  }
}

function countSpecial(bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) count += equal(bytes[i]!, END) + equal(bytes[i]!, ESCAPE);
  return count;
}

/** Returns where the next byte goes. Here and below. */
function escapeRuns(bytes: Uint8Array, frame: Uint8Array, from: number): number {
  const next = (value: number, after: number) => {
    const found = bytes.indexOf(value, after);
    return found < 0 ? bytes.length : found;
  };
  let at = from;
  let start = 0;
  let end = next(END, 0);
  let escape = next(ESCAPE, 0);
  while (start < bytes.length) {
    const stop = Math.min(end, escape);
    frame.set(bytes.subarray(start, stop), at);
    at += stop - start;
    if (stop === bytes.length) break;
    frame[at++] = ESCAPE;
    frame[at++] = SECOND[bytes[stop]!]!;
    start = stop + 1;
    if (stop === end) end = next(END, start);
    else escape = next(ESCAPE, start);
  }
  return at;
}

/** Writes one byte too many, which the next one overwrites: an END at least follows. */
function escapeDense(bytes: Uint8Array, frame: Uint8Array, from: number): number {
  let at = from;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    frame[at] = FIRST[byte]!;
    frame[at + 1] = SECOND[byte]!;
    at += 1 + equal(byte, END) + equal(byte, ESCAPE);
  }
  return at;
}

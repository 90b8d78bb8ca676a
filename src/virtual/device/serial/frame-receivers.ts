/**
 * How the two boot loaders of a chip cut what arrives into frames. They differ where bytes were lost: the ROM takes two ENDs in a row for the
 * end of one frame and the start of the next, a stub for an empty frame. Source for the stub: `esp-flasher-stub`, `slip.c`, `frame_buffer.h`.
 */
import { SLIP_END, SLIP_ESCAPE, SlipDecoder, unescapeSlip } from '../../../core/serial/slip.ts';

export interface Received {
  /** How many bytes of the chunk were looked at; the rest has yet to come in. */
  readonly taken: number;
  /** One that is complete; empty, and of no more use, where it broke off: what it was filled into is taken up all the same. */
  readonly frame?: Uint8Array;
}

export interface FrameReceiver {
  /** Up to the end of a frame at most. @param hasRoom a frame that begins has somewhere to go */
  take(chunk: Uint8Array, hasRoom: boolean): Received;
}

/** A block, its headers, and what the reference tool may add. Of the ROM it is not published. */
const MAX_FRAME = 8 + 0x4000 + 0xff;
const BROKEN = new Uint8Array(0);

export class RomReceiver implements FrameReceiver {
  readonly #decoder = new SlipDecoder({ maxFrame: MAX_FRAME });

  take(chunk: Uint8Array): Received {
    const taken = chunk.indexOf(SLIP_END) + 1 || chunk.length;
    const [frame] = this.#decoder.push(chunk.subarray(0, taken));
    return { taken, ...(frame && { frame }) };
  }
}

/**
 * Any END outside a frame begins one, and is ignored while there is no room. So a frame that is lost from its start on ends with an END that
 * begins another: from then on the stub is out of phase, and takes nothing in until an END too many comes.
 */
export class StubReceiver implements FrameReceiver {
  readonly #held = new Uint8Array(MAX_FRAME);
  #length = 0;
  #state: 'outside' | 'inside' | 'escaping' = 'outside';

  take(chunk: Uint8Array, hasRoom: boolean): Received {
    let taken = 0;
    while (taken < chunk.length) {
      const frame = this.#receive(chunk[taken++]!, hasRoom);
      if (frame) return { taken, frame };
    }
    return { taken };
  }

  #receive(byte: number, hasRoom: boolean): Uint8Array | undefined {
    if (this.#state === 'escaping') return this.#put(unescapeSlip(byte));
    if (byte === SLIP_END) return this.#turn(hasRoom);
    if (this.#state === 'outside') return undefined;
    if (byte !== SLIP_ESCAPE) return this.#put(byte);
    this.#state = 'escaping';
    return undefined;
  }

  /** At an END that is none of the data. */
  #turn(hasRoom: boolean): Uint8Array | undefined {
    const isEnd = this.#state === 'inside';
    const frame = isEnd && this.#length > 0 ? this.#held.slice(0, this.#length) : undefined;
    this.#state = !isEnd && hasRoom ? 'inside' : 'outside';
    this.#length = 0;
    return frame;
  }

  /** @param byte `undefined`: an escape that is none */
  #put(byte: number | undefined): Uint8Array | undefined {
    const isGood = byte !== undefined && this.#length < MAX_FRAME;
    this.#state = isGood ? 'inside' : 'outside';
    if (!isGood) return BROKEN;
    this.#held[this.#length++] = byte;
    return undefined;
  }
}

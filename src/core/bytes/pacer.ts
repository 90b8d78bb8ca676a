/**
 * Long work on many bytes in helpings, so that a page draws and answers between two of them. Counts bytes and knows no clock: how others get
 * their turn is the caller's to say. One pacer goes through all parts of a work, since many small ones are long together.
 */

/** Resolves when others have had their turn. */
export type Pause = () => Promise<void>;

/** Some milliseconds of the slowest work that is counted here (MD5 in blocks of 512 bytes), where it was never run before too. */
export const HELPING_BYTES = 512 * 1024;

export class Pacer {
  readonly #pause: Pause | undefined;
  readonly #signal: AbortSignal | undefined;
  #worked = 0;

  /** Without `pause` all is done in one go: in a worker nobody waits. */
  constructor(pause?: Pause, signal?: AbortSignal) {
    this.#pause = pause;
    this.#signal = signal;
  }

  /** Counts what was worked on; true when it is time to `rest`. For inner loops, which an `await` in each turn would slow down. */
  isDue(bytes: number): boolean {
    this.#worked += bytes;
    return this.#pause !== undefined && this.#worked >= HELPING_BYTES;
  }

  /** Rejects with the signal's reason when nobody wants the result any more. */
  async rest(): Promise<void> {
    this.#worked = 0;
    await this.#pause?.();
    this.#signal?.throwIfAborted();
  }

  /** Goes through `steps`; each of them yields on how many bytes it worked. */
  async finish<Result>(steps: Iterator<number, Result>): Promise<Result> {
    for (;;) {
      const { value, done } = steps.next();
      if (done === true) return value;
      if (this.isDue(value)) await this.rest();
    }
  }

  /** All of `bytes` in order. What is yielded counts as worked on when the next is asked for. */
  async *helpings(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
    for (let at = 0; at < bytes.length; at += HELPING_BYTES) {
      const helping = bytes.subarray(at, at + HELPING_BYTES);
      yield helping;
      if (this.isDue(helping.length)) await this.rest();
    }
  }
}

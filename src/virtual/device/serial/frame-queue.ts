/**
 * The frames that a boot loader has received and is not done with: it deals with them one after the other, answers first and works then.
 * As far as the line is concerned time passes only while the loader waits (`pause`); everything between two waits happens at once.
 * Knows neither what is in a frame nor how many a loader has room for.
 */

/** Answers a frame; what comes back is what is still to be done for it. */
type AnswerFrame = (frame: Uint8Array) => Promise<(() => Promise<void>) | undefined>;

interface Received {
  readonly frame: Uint8Array;
  readonly isAnswered: () => void;
}

export class FrameQueue {
  readonly #answer: AnswerFrame;
  readonly #received: Received[] = [];
  #working: Promise<void> | undefined;
  #isPausing = false;
  #onPause: (() => void) | undefined;

  constructor(answer: AnswerFrame) {
    this.#answer = answer;
  }

  /** The one that is worked on is among them until its work is done. */
  get length(): number {
    return this.#received.length;
  }

  /** Resolves when the frame is answered. Rejects, here and below, with what made the work fail. */
  put(frame: Uint8Array): Promise<void> {
    const answered = new Promise<void>((resolve) => this.#received.push({ frame, isAnswered: resolve }));
    if (!this.#working) {
      this.#working = this.#work();
      // Told to whoever waits next.
      this.#working.catch(() => undefined);
    }
    const told = Promise.race([answered, this.#working.then(() => answered)]);
    // A stub's answer is nobody's to wait for.
    told.catch(() => undefined);
    return told;
  }

  /** Resolves when the loader waits for something that takes time, or for the next frame. */
  async still(): Promise<void> {
    if (!this.#working || this.#isPausing) return;
    await Promise.race([this.#working, new Promise<void>((resolve) => (this.#onPause = resolve))]);
  }

  /** Resolves when nothing is left to do. */
  async settle(): Promise<void> {
    await this.#working;
  }

  /** @param waiting `undefined`: that takes no time */
  async pause(waiting: Promise<void> | undefined): Promise<void> {
    if (!waiting) return;
    this.#isPausing = true;
    this.#onPause?.();
    try {
      await waiting;
    } finally {
      this.#isPausing = false;
    }
  }

  async #work(): Promise<void> {
    for (let next = this.#received[0]; next; next = this.#received[0]) {
      const rest = await this.#answer(next.frame);
      next.isAnswered();
      await rest?.();
      this.#received.shift();
    }
    this.#working = undefined;
  }
}

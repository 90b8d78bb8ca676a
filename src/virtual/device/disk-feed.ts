/**
 * Brings a growing stretch of flash to the disk while more of it is written: one transaction at a time, and what comes meanwhile goes with
 * the next, because a transaction costs more than its bytes. Knows neither the flash nor the disk, only how to save.
 */
import type { Clock } from '../storage.ts';

export type Save = (durability: 'relaxed' | 'strict', end?: number) => Promise<void>;

/** A transaction is worth it from here on: smaller ones hold up the bytes that are still on their way (measured). */
const FLUSH_BYTES = 0x300000;
/** On a slow link: as often as this, when there is a block at all. */
const FLUSH_MS = 1_000;
const BLOCK_BYTES = 0x10000;
/** A disk stores whole, aligned stretches fastest; the rest goes with the next. */
const ALIGNED_BYTES = 0x100000;

export class DiskFeed {
  readonly #save: Save;
  readonly #clock: Clock;
  #flushedEnd: number;
  #flushedAtMs: number;
  #flushing: Promise<void> | undefined;
  #failure: { readonly reason: unknown } | undefined;

  /** @param begun what is on its way to the disk already */
  constructor(save: Save, clock: Clock, offset: number, begun: Promise<void>) {
    this.#save = save;
    this.#clock = clock;
    this.#flushedEnd = offset;
    this.#flushedAtMs = clock.now();
    this.#follow(begun);
  }

  /**
   * @param settledEnd flash offset up to which nothing will change any more
   * @throws what an earlier transaction failed with: whoever sends need not send the rest
   */
  advance(settledEnd: number): void {
    if (this.#failure) throw this.#failure.reason;
    const waiting = settledEnd - this.#flushedEnd;
    if (this.#flushing || waiting < BLOCK_BYTES) return;
    const nowMs = this.#clock.now();
    if (waiting < FLUSH_BYTES && nowMs - this.#flushedAtMs < FLUSH_MS) return;
    this.#flushedEnd = Math.max(this.#flushedEnd, settledEnd - (settledEnd % ALIGNED_BYTES));
    this.#flushedAtMs = nowMs;
    this.#follow(this.#save('relaxed', this.#flushedEnd));
  }

  /** Settles when all of it is on the disk. */
  async finish(): Promise<void> {
    if (this.#failure) throw this.#failure.reason;
    await Promise.all([this.#flushing, this.#save('relaxed')]);
  }

  #follow(flush: Promise<void>): void {
    this.#flushing = flush;
    flush.then(
      () => (this.#flushing = undefined),
      (reason: unknown) => (this.#failure = { reason }),
    );
  }
}

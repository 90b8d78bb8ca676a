/**
 * Time that passes only when nobody has anything to do: everybody who sleeps is woken in order, each at exactly his moment, as soon as the
 * event loop has run dry. What takes hours on the wire takes moments here, and the same moments every time.
 */
import { pageClock } from '../../src/io/page/clock.ts';
import type { Clock } from '../../src/virtual/storage.ts';

interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** So many turns of the event loop without anything new are taken for "nobody has anything to do". */
const QUIET_TURNS = 3;

/** What the platform does on threads of its own, where no turn of ours shows that somebody still has something to do. */
let elsewhere = 0;
countCalls(SubtleCrypto.prototype, ['digest', 'importKey', 'deriveBits']);
countCalls(Blob.prototype, ['arrayBuffer', 'text']);

export class OrderedClock implements Clock {
  #ms = Date.UTC(2026, 0, 1);
  #sleepers: Sleeper[] = [];
  #count = 0;
  #isTurning = false;

  now(): number {
    return this.#ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const giveUp = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const sleeper: Sleeper = { atMs: this.#ms + Math.max(0, ms), order: this.#count++, wake };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#sleepers.push(sleeper);
      this.#sleepers.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      void this.#turn();
    });
  }

  async #turn(): Promise<void> {
    if (this.#isTurning) return;
    this.#isTurning = true;
    while (this.#sleepers.length > 0) {
      const seen = this.#count;
      for (let turn = 0; turn < QUIET_TURNS; turn++) {
        await macrotask();
        if (elsewhere > 0) turn = -1;
      }
      if (seen !== this.#count) continue;
      const next = this.#sleepers.shift();
      if (!next) break;
      this.#ms = Math.max(this.#ms, next.atMs);
      next.wake();
    }
    this.#isTurning = false;
  }
}

/** After whatever waits by now. */
const macrotask = (): Promise<void> => pageClock.sleep(0);

type Method = (...parameters: unknown[]) => Promise<unknown>;

function countCalls<T extends object>(owner: T, names: readonly (keyof T)[]): void {
  for (const name of names) {
    const method = owner[name] as Method;
    const counted = function (this: T, ...parameters: unknown[]): Promise<unknown> {
      elsewhere++;
      return method.apply(this, parameters).finally(() => elsewhere--);
    };
    owner[name] = counted as T[keyof T];
  }
}

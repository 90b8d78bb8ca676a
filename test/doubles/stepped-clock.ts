import type { Clock } from '../../src/app/ports.ts';

/** Sleeps until the test lets time pass. */
export class SteppedClock implements Clock {
  time = 1_000_000;
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  readonly sleeps: number[] = [];

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    return new Promise((resolve, reject) => {
      this.#sleepers.push({ at: this.time + ms, wake: resolve });
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }

  async pass(ms: number): Promise<void> {
    const until = this.time + ms;
    await settle();
    for (;;) {
      const next = this.#sleepers.filter((sleeper) => sleeper.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
      this.time = next.at;
      next.wake();
      await settle();
    }
    this.time = until;
  }
}

/** Until everything that waits for nobody has happened. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Waits that end: by what is waited for, by the clock, or by the signal. */
import type { Clock } from '../../app/ports.ts';

/** Thrown where the time is up and the caller has better words for it. */
export const TIME_IS_UP: unique symbol = Symbol('time is up');

/**
 * The outcome of `work`, or `TIME_IS_UP` after `ms`; rejects with the signal's reason. What `work` does after that is nobody's business: it is
 * never an unhandled rejection.
 */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>, signal?: AbortSignal): Promise<T | typeof TIME_IS_UP> {
  const done = new AbortController();
  const stop = signal ? AbortSignal.any([signal, done.signal]) : done.signal;
  const time = clock.sleep(ms, stop).then(
    (): typeof TIME_IS_UP => TIME_IS_UP,
    async () => {
      signal?.throwIfAborted();
      return await new Promise<never>(() => undefined);
    },
  );
  time.catch(() => undefined);
  work.catch(() => undefined);
  try {
    signal?.throwIfAborted();
    return await Promise.race([work, time]);
  } finally {
    done.abort();
  }
}

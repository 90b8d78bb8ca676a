/** One HTTP call to a device, as `device-link.ts` makes it. */
import type { CallOptions } from '../../app/ports.ts';

export interface Call extends CallOptions {
  readonly method?: 'GET' | 'POST';
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  /** 0 = the caller's signal bounds it. */
  readonly timeoutMs?: number;
}

/** Aborts with the first of them. */
export function bothSignals(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}

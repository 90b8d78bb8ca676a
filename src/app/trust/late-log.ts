/**
 * The log before anybody looks at it: takes down acts at once, in their order, and loads what writes them. What cannot be loaded now is
 * written with the next act.
 */
import type { LogAct, LogGiven } from '../../core/trust/log-acts.ts';
import type { Clock, RecordAct } from '../ports.ts';
import type { AuditLog } from './audit-log.ts';

export class LateLog {
  readonly #load: () => Promise<AuditLog>;
  readonly #clock: Clock;
  #waiting: [LogAct, LogGiven<LogAct>, number][] = [];

  /** @param load gives the same log each time */
  constructor(load: () => Promise<AuditLog>, clock: Clock) {
    this.#load = load;
    this.#clock = clock;
  }

  readonly record: RecordAct = (act, given) => {
    this.#waiting.push([act, given as LogGiven<LogAct>, this.#clock.now()]);
    this.open().catch(() => undefined);
  };

  async open(): Promise<AuditLog> {
    const log = await this.#load();
    for (const noted of this.#waiting.splice(0)) log.write(...noted);
    return log;
  }
}

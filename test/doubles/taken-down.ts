/** What was taken down for the log, as it would be written: `['signed-in', { device: … }]`. */
import type { RecordAct } from '../../src/app/ports.ts';
import { factsOf, type LogAct } from '../../src/core/trust/log-acts.ts';
import type { LogFacts } from '../../src/core/trust/log-facts.ts';

export class TakenDown {
  readonly entries: (readonly [act: LogAct, facts: LogFacts])[] = [];
  readonly record: RecordAct = (act, given) => void this.entries.push([act, factsOf(act, given)]);

  get acts(): LogAct[] {
    return this.entries.map(([act]) => act);
  }
}

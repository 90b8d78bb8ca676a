import { expect } from 'chai';
import { SEED } from '../../doubles/random.ts';
import { ACTS, loadStubs, type ActName } from './fault-acts.ts';
import type { Span } from './fault-kinds.ts';
import { rehearse, runWithFault, type RunReport } from './fault-runs.ts';

const RUNS = 500;
const RUNS_PER_TEST = 50;
/** Always the same: the moments of a run follow from its own seed alone. */
const REHEARSAL_SEED = 1;

describe(`any fault at any moment of any act over the wire (seed ${SEED})`, function () {
  this.timeout(120_000);
  const spans = new Map<ActName, Span>();
  const reports: RunReport[] = [];
  const unhandled: unknown[] = [];
  const onUnhandled = (event: PromiseRejectionEvent): void => void unhandled.push(event.reason);

  before(loadStubs);
  before(() => addEventListener('unhandledrejection', onUnhandled));
  after(() => {
    removeEventListener('unhandledrejection', onUnhandled);
    console.log(summaryOf(reports));
  });
  afterEach(() => expect(unhandled.splice(0).map(String), 'rejections that nobody handles').to.deep.equal([]));

  it('without a fault every act succeeds', async () => {
    for (const name of Object.keys(ACTS) as ActName[]) spans.set(name, await rehearse(name, REHEARSAL_SEED));
  });

  for (let first = 0; first < RUNS; first += RUNS_PER_TEST) {
    it(`ends, says what happened, leaves nothing held, and succeeds afterwards: runs ${first} to ${first + RUNS_PER_TEST - 1}`, async () => {
      const failures: string[] = [];
      for (let run = first; run < first + RUNS_PER_TEST; run++) {
        const seed = (SEED + run) >>> 0;
        await runWithFault(seed, (act) => spans.get(act)!).then(
          (report) => reports.push(report),
          (error: unknown) => failures.push(`seed ${seed}: ${String(error)}`),
        );
        failures.push(...unhandled.splice(0).map((reason) => `seed ${seed}: nobody handles ${String(reason)}`));
      }
      expect(failures, failures.join('\n')).to.deep.equal([]);
    });
  }
});

/** How often each act ended how; a fault whose moment lay behind the end of the act spoiled nothing. */
function summaryOf(reports: readonly RunReport[]): string {
  const hits = reports.filter(({ happened }) => happened).length;
  const longest = Math.max(0, ...reports.map(({ virtualMs }) => virtualMs));
  const endings = new Map<string, number>();
  for (const { outcome, code } of reports) {
    const ending = code === undefined ? outcome : `${outcome} ${code}`;
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
  }
  const counts = [...endings].sort(([, a], [, b]) => b - a).map(([ending, count]) => `${ending} ${count}`);
  return `${reports.length} runs from seed ${SEED}: the fault came in time in ${hits}, the longest act took ${Math.round(longest / 1000)} s; ${counts.join(', ')}`;
}

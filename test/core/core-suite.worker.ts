/** Runs the whole core suite inside a worker and posts the results. */
import { installGlobals, runSuites } from '../doubles/tiny-mocha.ts';

installGlobals();
const suites = import.meta.glob(['./**/*.test.ts', '!./in-a-worker.test.ts']);

async function main(): Promise<void> {
  for (const load of Object.values(suites)) await load();
  postMessage(await runSuites());
}

main().catch((error: unknown) => postMessage({ passed: 0, skipped: 0, failures: [String(error)] }));

/** Acts of the worker, in the same log as those of the pages. */
import { version as app } from '../package.json';
import { factsOf, type LogAct, type LogGiven } from '../src/core/trust/log-acts.ts';
import { CHANGES_CHANNEL } from '../src/io/store/changes-channel.ts';
import { OtterDatabaseHandle } from '../src/io/store/database.ts';
import { IdbLogStore } from '../src/io/store/log-store.ts';

const store = new IdbLogStore(new OtterDatabaseHandle(), { by: 'worker', app });

/** Resolves in any case: what the worker does for a person does not depend on its being written down. */
export async function writeLog<Act extends LogAct>(act: Act, given: LogGiven<Act>): Promise<void> {
  try {
    await store.append([{ at: new Date().toISOString(), act, facts: factsOf(act, given) }]);
    const channel = new BroadcastChannel(CHANGES_CHANNEL);
    channel.postMessage('log');
    channel.close();
  } catch {
    // A full disk, or no storage at all: a page says so, a worker has nobody to say it to.
  }
}

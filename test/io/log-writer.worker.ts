/** Appends to the log of the named database from a thread of its own, one entry at a time. */
import { OtterDatabaseHandle } from '../../src/io/store/database.ts';
import { IdbLogStore } from '../../src/io/store/log-store.ts';

addEventListener('message', async (event: MessageEvent<{ readonly name: string; readonly count: number }>) => {
  const database = new OtterDatabaseHandle(event.data.name);
  const store = new IdbLogStore(database, { by: 'worker' });
  for (let index = 0; index < event.data.count; index++) {
    await store.append([{ at: new Date().toISOString(), act: 'file-shared', facts: { firmware: `shared-${index}.bin` } }]);
  }
  await database.close();
  postMessage('done');
});

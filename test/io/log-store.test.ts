import { expect } from 'chai';
import { StoreError } from '../../src/app/errors.ts';
import { EMPTY_LOG } from '../../src/core/trust/log-chain.ts';
import type { LogDraft, LogRecord } from '../../src/core/trust/log-entry.ts';
import { verifyChain } from '../../src/core/trust/log-verify.ts';
import { OtterDatabaseHandle } from '../../src/io/store/database.ts';
import { IdbLogStore } from '../../src/io/store/log-store.ts';

const draft = (device: string): LogDraft => ({ at: new Date().toISOString(), act: 'signed-out', facts: { device } });

describe('the log on disk', () => {
  let name: string;
  const handles: OtterDatabaseHandle[] = [];
  const open = (): OtterDatabaseHandle => {
    const handle = new OtterDatabaseHandle(name);
    handles.push(handle);
    return handle;
  };
  const newStore = (): IdbLogStore => new IdbLogStore(open(), { by: 'page', app: '0.4.0' });

  beforeEach(() => {
    name = `otter-test-${crypto.randomUUID()}`;
  });

  afterEach(async () => {
    for (const handle of handles.splice(0)) await handle.close();
    indexedDB.deleteDatabase(name);
  });

  it('begins empty, and grows entry by entry into one chain', async () => {
    const store = newStore();
    expect(await store.head()).to.deep.equal(EMPTY_LOG);
    await store.append([draft('a')]);
    const head = await store.append([draft('b'), draft('c')]);
    const all = (await store.range(1, 9)) as LogRecord[];
    expect(all.map(({ seq, facts, by, app }) => [seq, facts['device'], by, app])).to.deep.equal([
      [1, 'a', 'page', '0.4.0'],
      [2, 'b', 'page', '0.4.0'],
      [3, 'c', 'page', '0.4.0'],
    ]);
    expect(await store.head()).to.deep.equal(head);
    expect(head).to.deep.equal({ seq: 3, h: all[2]!.h });
    expect((await verifyChain([all])).broken).to.equal(undefined);
    expect(await store.range(2, 2)).to.deep.equal([all[1]]);
    expect(await store.range(3, 2)).to.deep.equal([]);
  });

  it('is one chain without a fork when two tabs and a worker append at once', async function () {
    this.timeout(60_000);
    const [here, there] = [newStore(), newStore()];
    const worker = new Worker(new URL('./log-writer.worker.ts', import.meta.url), { type: 'module' });
    const done = new Promise<void>((resolve, reject) => {
      worker.addEventListener('message', () => resolve());
      worker.addEventListener('error', (event) => reject(new Error(event.message)));
    });
    worker.postMessage({ name, count: 300 });
    const writes: Promise<unknown>[] = [];
    for (let index = 0; index < 100; index++) {
      writes.push(here.append([draft(`here-${index}`)]), there.append([draft(`there-${index}`), draft(`there-too-${index}`)]));
      if (index % 10 === 0) await Promise.all(writes);
    }
    // One tab that waits for each, as a person would.
    for (let index = 0; index < 400; index++) await there.append([draft(`slow-${index}`)]);
    await Promise.all([...writes, done]);
    worker.terminate();

    const all = (await here.range(1, 5000)) as LogRecord[];
    expect(all.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: 1000 }, (_, index) => index + 1));
    const verdict = await verifyChain([all]);
    expect(verdict.broken).to.equal(undefined);
    expect(verdict.entries).to.equal(1000);
    const ofWorker = all.filter(({ by }) => by === 'worker').map(({ facts }) => facts['firmware']);
    expect(ofWorker).to.deep.equal(Array.from({ length: 300 }, (_, index) => `shared-${index}.bin`));
    // Not one writer after the other: they did take turns.
    const turns = all.filter(({ by }, index) => index > 0 && by !== all[index - 1]!.by).length;
    expect(turns).to.be.above(2);
  });

  it('keeps the order in which one page wrote, without waiting', async () => {
    const store = newStore();
    await Promise.all(Array.from({ length: 50 }, (_, index) => store.append([draft(String(index))])));
    const all = (await store.range(1, 50)) as LogRecord[];
    expect(all.map(({ facts }) => facts['device'])).to.deep.equal(Array.from({ length: 50 }, (_, index) => String(index)));
  });

  it('goes on after an entry that a hand broke, loses no other, and the chain says where', async () => {
    const store = newStore();
    await store.append(['a', 'b', 'c'].map(draft));
    const database = await open().open();
    await database.put('log', { seq: 3, nonsense: true });
    await store.append([draft('d'), draft('e')]);
    const all = await store.range(1, 9);
    expect(all).to.have.length(5);
    expect((await verifyChain([all])).broken).to.include({ seq: 3, reason: 'malformed' });

    await database.put('log', { ...(all[1] as LogRecord), facts: { device: 'x' } });
    expect((await verifyChain([await store.range(1, 9)])).broken).to.include({ seq: 2, reason: 'altered' });
    await database.delete('log', 2);
    await database.delete('log', 3);
    expect((await verifyChain([await store.range(1, 9)])).broken).to.include({ seq: 2, line: 2, reason: 'missing' });
  });

  it('is not kept from growing by a number that is none of the log’s', async () => {
    const store = newStore();
    await store.append([draft('a')]);
    const database = await open().open();
    for (const seq of [Infinity, -5, Number.MAX_SAFE_INTEGER]) await database.put('log', { seq });
    expect((await store.append([draft('b')])).seq).to.equal(2);
  });

  it('writes all of a batch or none of it, and says what the disk said', async () => {
    const store = newStore();
    await store.append([draft('a')]);
    const half: LogDraft = { ...draft('b'), facts: { device: '\ud83d' } };
    const error: unknown = await store.append([draft('b'), half]).catch((error: unknown) => error);
    expect(error).to.have.property('code', 'JSON_UNFIT');
    expect((await store.head()).seq).to.equal(1);

    const original = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'add')!;
    IDBObjectStore.prototype.add = () => {
      throw new DOMException('no room', 'QuotaExceededError');
    };
    const full: unknown = await store.append([draft('b')]).catch((error: unknown) => error);
    Object.defineProperty(IDBObjectStore.prototype, 'add', original);
    expect(full).to.be.instanceOf(StoreError).and.include({ code: 'STORAGE_FULL' });
    expect((await store.append([draft('b')])).seq).to.equal(2);
  });
});

import { expect } from 'chai';
import { AuditLog } from '../../../src/app/trust/audit-log.ts';
import { LateLog } from '../../../src/app/trust/late-log.ts';
import type { LogRecord } from '../../../src/core/trust/log-entry.ts';
import { verifyHead } from '../../../src/core/trust/log-head.ts';
import { linesOf } from '../../../src/core/trust/log-lines.ts';
import { verifyChain } from '../../../src/core/trust/log-verify.ts';
import { chainOf } from '../../core/trust/log-fixtures.ts';
import { FakeNotifier, MemoryLogStore } from '../../doubles/memory-log.ts';

const DEVICE = { id: 'd1', name: 'greenhouse' };
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

class Bench {
  readonly store = new MemoryLogStore();
  readonly notifier = new FakeNotifier();
  readonly clock = { now: () => Date.UTC(2025, 10, 20, 9, 12), sleep: settled };
  readonly log = new AuditLog({ store: this.store, notifier: this.notifier, clock: this.clock });

  get acts(): string[] {
    return [...this.store.stored.values()].map((record) => (record as LogRecord).act);
  }
}

describe('taking down an act', () => {
  it('happens before anything is loaded, in order, with its own time', async () => {
    const bench = new Bench();
    let load: (log: AuditLog) => void = () => undefined;
    const late = new LateLog(() => new Promise((resolve) => (load = resolve)), bench.clock);
    const at = new Date(bench.clock.now()).toISOString();
    late.record('device-added', { ...DEVICE, kind: 'network' });
    late.record('device-removed', DEVICE);
    load(bench.log);
    await settled();
    expect(bench.acts).to.deep.equal(['device-added', 'device-removed']);
    expect((bench.store.stored.get(1) as LogRecord).at).to.equal(at);
  });

  it('is not lost when what writes it could not be loaded the first time', async () => {
    const bench = new Bench();
    let isOffline = true;
    const late = new LateLog(() => (isOffline ? Promise.reject(new TypeError('offline')) : Promise.resolve(bench.log)), bench.clock);
    late.record('device-added', { ...DEVICE, kind: 'network' });
    await settled();
    isOffline = false;
    late.record('device-removed', DEVICE);
    await settled();
    expect(bench.acts).to.deep.equal(['device-added', 'device-removed']);
  });

  it('begins to write at once: nothing is between the act and the store once it is loaded', async () => {
    const bench = new Bench();
    const late = new LateLog(() => Promise.resolve(bench.log), bench.clock);
    await late.open();
    late.record('device-removed', DEVICE);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    expect(bench.acts).to.deep.equal(['device-removed']);
  });

  it('never throws, whatever it is given', async () => {
    const bench = new Bench();
    bench.log.write('firmware-signed', undefined as never);
    bench.log.write('device-removed', { id: 5, name: Symbol('x') } as never);
    await settled();
    expect(bench.acts).to.deep.equal(['firmware-signed', 'device-removed']);
    expect((bench.store.stored.get(2) as LogRecord).facts).to.deep.equal({});
  });

  it('tells the other tabs', async () => {
    const bench = new Bench();
    bench.log.write('device-removed', DEVICE);
    await settled();
    expect(bench.notifier.told).to.deep.equal(['log']);
  });

  it('waits for a disk that is full, says so, and is made up for with the next', async () => {
    const bench = new Bench();
    bench.store.isFull = true;
    bench.log.write('device-added', { ...DEVICE, kind: 'network' });
    bench.log.write('device-removed', DEVICE);
    await settled();
    expect(bench.log.unwritten.value).to.deep.include({ acts: 2 });
    expect(bench.log.unwritten.value?.problem.code).to.equal('STORAGE_FULL');
    bench.store.isFull = false;
    await bench.log.retry();
    expect(bench.acts).to.deep.equal(['device-added', 'device-removed']);
    expect(bench.log.unwritten.value).to.equal(undefined);
  });

  it('keeps no more than a thousand waiting, and counts what it gave up', async () => {
    const bench = new Bench();
    bench.store.isFull = true;
    for (let index = 0; index < 1200; index++) bench.log.write('device-removed', DEVICE);
    await settled();
    expect(bench.log.unwritten.value?.acts).to.equal(1200);
    bench.store.isFull = false;
    await bench.log.retry();
    expect(bench.store.stored.size).to.equal(1000);
  });
});

describe('the log of the app', () => {
  async function withChain(length: number): Promise<Bench> {
    const bench = new Bench();
    for (const record of chainOf(length)) bench.store.put(record);
    await bench.log.refresh();
    return bench;
  }

  it('follows what other tabs and the worker write', async () => {
    const bench = await withChain(3);
    bench.store.put(chainOf(4)[3]!);
    bench.notifier.hear('log');
    await settled();
    expect(bench.log.head.value?.seq).to.equal(4);
  });

  it('says that it is whole, and writes down that somebody looked', async () => {
    const bench = await withChain(1000);
    const seen: number[] = [];
    const verdict = await bench.log.verify({ onProgress: (entries) => seen.push(entries) });
    expect(verdict).to.include({ entries: 1000 });
    expect(verdict.broken).to.equal(undefined);
    expect(seen).to.deep.equal([200, 400, 600, 800, 1000]);
    await settled();
    expect(bench.store.stored.get(1001)).to.deep.include({ act: 'log-verified', facts: { verdict: 'whole', entries: 1000 } });
  });

  it('says where it breaks', async () => {
    const bench = await withChain(30);
    bench.store.stored.delete(7);
    expect((await bench.log.verify()).broken).to.include({ seq: 7, reason: 'missing' });
  });

  it('is exported as lines that are verified without it', async () => {
    const bench = await withChain(900);
    const { blob, fileName } = await bench.log.export('jsonl');
    expect(fileName).to.match(/^otter-log-\d{4}-\d\d-\d\d\.jsonl$/);
    const verdict = await verifyChain(linesOf(blob.stream()));
    expect(verdict.broken).to.equal(undefined);
    expect(verdict.entries).to.equal(900);
    await settled();
    expect(bench.store.stored.get(901)).to.deep.include({ act: 'log-exported', facts: { form: 'jsonl', entries: 900 } });
  });

  it('is exported as a table', async () => {
    const bench = await withChain(5);
    const { blob, fileName } = await bench.log.export('csv');
    expect(fileName).to.match(/\.csv$/);
    expect((await blob.text()).trimEnd().split('\r\n')).to.have.length(6);
  });

  it('stops an export that nobody wants any more', async () => {
    const bench = await withChain(900);
    const stop = new AbortController();
    const error: unknown = await bench.log
      .export('csv', { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) })
      .catch((error: unknown) => error);
    expect(error).to.have.property('message', 'enough');
    expect(bench.store.stored.size).to.equal(900);
  });

  it('is signed where it ends, and the signature is part of it', async () => {
    const bench = await withChain(4);
    const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])) as CryptoKeyPair;
    const head = await bench.log.sign({ name: 'mine', kid: 'ab'.repeat(32), useKey: async () => pair.privateKey });
    expect(head).to.include({ seq: 4, h: bench.store.stored.get(4) && (bench.store.stored.get(4) as LogRecord).h });
    await settled();
    const verdict = await bench.log.verify();
    expect(verdict.signedHeads).to.deep.equal([head]);
    expect(await verifyHead(verdict.signedHeads[0]!, pair.publicKey)).to.equal(true);
  });

  it('that is empty has nothing to sign', async () => {
    const bench = new Bench();
    const { privateKey } = (await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])) as CryptoKeyPair;
    expect(await bench.log.sign({ name: 'mine', kid: 'ab'.repeat(32), useKey: async () => privateKey })).to.equal(undefined);
  });
});

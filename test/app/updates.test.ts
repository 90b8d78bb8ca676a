import { TakenDown } from '../doubles/taken-down.ts';
import { markOf } from '../../src/app/trust/release-check.ts';
import { expect } from 'chai';
import { DeviceBook } from '../../src/app/device-book.ts';
import { LinkError } from '../../src/app/errors.ts';
import { AppSettings } from '../../src/app/settings.ts';
import type { DeviceRecord, HistoryEntry, Settings, UpdateJobState } from '../../src/app/model.ts';
import { Subject } from '../../src/app/observable.ts';
import type { HeldBoard } from '../../src/app/usb/services.ts';
import type { ChangeNotifier, Clock, DeviceLink, Guard, TabLocks, VirtualBench } from '../../src/app/ports.ts';
import type { LibraryService } from '../../src/app/services.ts';
import { FIRST_SETTINGS } from '../../src/app/settings.ts';
import { Bench as VirtualBoardBench } from '../../src/app/virtual-bench.ts';
import { Updates } from '../../src/app/updates.ts';
import type { DeviceInfo } from '../../src/core/ota/device-contract.ts';
import { UNSIGNED, trustsIn, FILE_SIZE, NEW_SHA, firmwareOf, infoOf, reportOf, updatedInfoOf, OLD_SHA } from './fixtures.ts';
import { knownRelease } from '../doubles/known-release.ts';
import type { KnownRelease } from '../../src/app/trust/release-services.ts';
import { boardServices } from '../doubles/board-services.ts';

const ID = 'esp32-ota';
const guard: Guard = { take: () => () => undefined };

class Bench {
  readonly log = new TakenDown();
  readonly clock: Clock & { time: number } = {
    time: 1000,
    now() {
      return this.time;
    },
    async sleep(ms) {
      this.time += ms;
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
  readonly records = new Map<string, DeviceRecord>();
  readonly history: HistoryEntry[] = [];
  readonly forgotten: string[] = [];
  /** What this tab does when another one tells of a change. */
  readonly heard = new Set<Parameters<ChangeNotifier['subscribe']>[0]>();
  forgetting: Promise<void> = Promise.resolve();
  heldElsewhere = false;
  isLocked = false;
  /** The answer of the browser takes so long, and is that old then. */
  lateLocksMs = 0;
  info: DeviceInfo = infoOf();
  releases: readonly KnownRelease[] = [];
  readonly devices: DeviceBook;
  readonly updates: Updates;

  constructor() {
    const link: Partial<DeviceLink> = {
      getInfo: async () => ({ info: this.info, dialect: 'otter' }),
      login: async () => ({ token: 't', expires_in: 300, must_change: false }),
      upload: async () => ((this.info = updatedInfoOf('VALID')), { slot: 'ota_1', bytes: FILE_SIZE, sha256: NEW_SHA, version: '1.1.0' }),
      reboot: async () => undefined,
    };
    const notifier: ChangeNotifier = {
      tell: () => undefined,
      subscribe: (listener) => (this.heard.add(listener), () => void this.heard.delete(listener)),
    };
    const locks: TabLocks = {
      held: async () => {
        const held = this.heldElsewhere || this.isLocked ? [`device:${ID}`] : [];
        if (this.lateLocksMs > 0) await new Promise((resolve) => setTimeout(resolve, this.lateLocksMs));
        return held;
      },
      tryHold: async (_name, task) => {
        if (this.heldElsewhere || this.isLocked) return false;
        this.isLocked = true;
        await task();
        this.isLocked = false;
        return true;
      },
    };
    this.devices = new DeviceBook({
      store: {
        all: async () => [...this.records.values()],
        put: async (record) => void this.records.set(record.id, record),
        change: async (id, change) => {
          const changed = { ...this.records.get(id)!, ...change };
          this.records.set(id, changed);
          return changed;
        },
        delete: async (id) => void this.records.delete(id),
      },
      history: {
        add: async (entry) => void this.history.splice(0, Infinity, entry, ...this.history.filter(({ id }) => id !== entry.id)),
        ofDevice: async () => [...this.history],
        ofFirmware: async () => [],
      },
      locks,
      bench: async () => ({
        create: async () => undefined,
        read: () => expect.fail(),
        write: () => expect.fail(),
        powerCycle: async () => undefined,
        factoryReset: async () => undefined,
        pressBootAndReset: async () => undefined,
        pressReset: async () => undefined,
        forget: (id) => this.forgetting.then(() => void this.forgotten.push(id)),
      }),
      openLink: () => link as DeviceLink,
      clock: this.clock,
      page: { visible: new Subject(true) },
      notifier,
      newId: () => crypto.randomUUID(),
      virtualBase: 'http://localhost/app/virtual/device/',
      parseAddress: (text) => new URL(text).href,
      trust: boardServices(undefined, (sha256) => markOf(sha256, this.releases)),
    });
    const library = {
      get: async (sha256: string) => (sha256 === NEW_SHA ? firmwareOf() : undefined),
      bytes: async () => new Blob([new Uint8Array(FILE_SIZE)]),
      inspect: async () => reportOf(),
    } as Partial<LibraryService> as LibraryService;
    const settings = new AppSettings({ read: async () => FIRST_SETTINGS, write: async (): Promise<Settings> => FIRST_SETTINGS }, notifier);
    const { devices, clock } = this;
    this.updates = new Updates({
      devices,
      library,
      settings,
      clock,
      newId: () => 'job',
      locks,
      wakeLock: guard,
      leaveGuard: guard,
      releases: async () => this.releases,
      record: this.log.record,
      trust: trustsIn(UNSIGNED),
    });
  }

  async signIn(): Promise<void> {
    await (await this.devices.session(ID)).login('x');
  }

  ended(): Promise<UpdateJobState> {
    return new Promise((resolve) => {
      const end = this.updates.jobs.subscribe((jobs) => {
        const job = jobs.get(ID);
        if (!job || job.outcome === 'running') return;
        end();
        resolve(job);
      });
    });
  }
}

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  );

const MARK = { id: 'aa'.repeat(32), counter: 12, publisher: 'Garden', product: 'greenhouse-node', version: '1.1.0' };

describe('updates', () => {
  it('carry the release that the firmware came as into the history', async () => {
    const bench = new Bench();
    bench.releases = [knownRelease({ expiresMs: 9e12 })];
    await bench.signIn();
    const ended = bench.ended();
    await bench.updates.start(ID, NEW_SHA, { force: false });
    await ended;
    expect(bench.history.find(({ act }) => act === 'update')?.release).to.deep.equal(MARK);
    expect(bench.updates.jobs.value.get(ID)?.release, 'the receipt').to.deep.equal(MARK);
    const facts = { publisher: 'Garden', product: 'greenhouse-node', release: '1.1.0', counter: 12 };
    const updates = bench.log.entries.filter(([act]) => act.startsWith('update-'));
    expect(updates.map(([act]) => act)).to.deep.equal(['update-started', 'update-finished']);
    for (const [, written] of updates) expect(written).to.include(facts);
  });

  it('never take a release back, forced or not, whatever the page showed before', async () => {
    const bench = new Bench();
    await bench.signIn();
    await bench.updates.prepare(ID);
    bench.releases = [knownRelease({ expiresMs: 9e12 }), knownRelease({ expiresMs: 9e12, counter: 13, sha256: OLD_SHA })];
    const ended = bench.ended();
    await bench.updates.start(ID, NEW_SHA, { force: true });
    const { outcome, problem } = await ended;
    expect(outcome).to.equal('failed');
    expect(problem).to.deep.include({ code: 'PREFLIGHT_BLOCKED', details: { checks: ['release: rollback'] } });
  });

  it('never give a guarded device what claims to be another product, forced or not', async () => {
    const bench = new Bench();
    await bench.signIn();
    await bench.devices.setOnlyTrusted(ID, 'sensor');
    // It was made to say that it is what the image claims to be.
    bench.info = infoOf({ project: 'greenhouse-node' });
    const ended = bench.ended();
    await bench.updates.start(ID, NEW_SHA, { force: true });
    const { problem } = await ended;
    expect(problem).to.deep.include({ code: 'PREFLIGHT_BLOCKED', details: { checks: ['signature: only-trusted-other-product'] } });
  });

  it('run one at a time per device, and the next may start in the moment the first is seen to end', async () => {
    const bench = new Bench();
    await bench.signIn();
    const ended = bench.ended();
    const busy: boolean[] = [];
    bench.updates.busy.subscribe((value) => busy.push(value));
    await bench.updates.start(ID, NEW_SHA, { force: false });
    expect(bench.updates.busy.value).to.equal(true);
    expect(await codeOf(bench.updates.start(ID, NEW_SHA, { force: false }))).to.equal('JOB_RUNNING');
    expect((await ended).outcome).to.equal('confirmed');
    expect(bench.history.some((entry) => entry.act === 'update')).to.equal(true);
    expect(busy).to.deep.equal([true, false]);
    const again = bench.ended();
    await bench.updates.start(ID, NEW_SHA, { force: true });
    await again;
    bench.updates.dismiss(ID);
    expect(bench.updates.jobs.value.has(ID)).to.equal(false);
  });

  it('are in the history from their start on; an attempt whose tab is gone becomes interrupted', async () => {
    const bench = new Bench();
    const outcomes: string[] = [];
    bench.devices.historyVersion.subscribe(() => outcomes.push(bench.history.map(({ outcome }) => outcome).join()));
    await bench.signIn();
    const ended = bench.ended();
    await bench.updates.start(ID, NEW_SHA, { force: false });
    await ended;
    expect(outcomes).to.deep.equal(['started', 'started', 'confirmed']);

    bench.history.splice(0, 1, { ...bench.history[0]!, outcome: 'started' });
    bench.heldElsewhere = true;
    expect((await bench.devices.history(ID))[0]!.outcome).to.equal('started');
    bench.heldElsewhere = false;
    expect((await bench.devices.history(ID))[0]!.outcome).to.equal('interrupted');
    expect(bench.history[0]!.outcome, 'and it stays so').to.equal('interrupted');
  });

  it('of another tab are known while they run, and their end is noticed though nobody tells', async () => {
    const bench = new Bench();
    const changes: boolean[] = [];
    bench.updates.elsewhere.subscribe((ids) => changes.push(ids.has(ID)));
    bench.heldElsewhere = true;
    for (const hear of bench.heard) hear('history');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(changes).to.deep.equal([true]);
    const version = bench.devices.historyVersion.value;
    bench.heldElsewhere = false;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(changes).to.deep.equal([true, false]);
    expect(bench.devices.historyVersion.value).to.be.greaterThan(version);
  });

  it('of this tab are never taken for those of another, not even by locks read a moment too early', async () => {
    const bench = new Bench();
    const seen: string[][] = [];
    bench.updates.elsewhere.subscribe((ids) => seen.push([...ids]));
    bench.lateLocksMs = 5;
    await bench.signIn();
    const ended = bench.ended();
    await bench.updates.start(ID, NEW_SHA, { force: false });
    await ended;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(seen.flat()).to.deep.equal([]);
  });

  it('are refused without a session, without the firmware, and while another tab has the device', async () => {
    const bench = new Bench();
    expect(await codeOf(bench.updates.start(ID, NEW_SHA, { force: false }))).to.equal('NOT_SIGNED_IN');
    await bench.signIn();
    expect(await codeOf(bench.updates.start(ID, '0'.repeat(64), { force: false }))).to.equal('FIRMWARE_UNKNOWN');
    bench.heldElsewhere = true;
    expect(await codeOf(bench.updates.start(ID, NEW_SHA, { force: false }))).to.equal('UPDATE_IN_OTHER_TAB');
    expect(bench.updates.jobs.value.size).to.equal(0);
    bench.heldElsewhere = false;
    const ended = bench.ended();
    await bench.updates.start(ID, NEW_SHA, { force: false });
    await ended;
  });
});

describe('the book of devices', () => {
  it('always has the built-in one, which stays', async () => {
    const bench = new Bench();
    await bench.devices.load();
    expect(bench.devices.records.value).to.have.length(1);
    expect(bench.devices.records.value![0]).to.include({ id: ID, kind: 'virtual', baseUrl: `http://localhost/app/virtual/device/${ID}/` });
    expect(await codeOf(bench.devices.remove(ID))).to.equal('DEVICE_BUILT_IN');
  });

  it('moves its virtual devices along when the app moves to another path', async () => {
    const bench = new Bench();
    bench.records.set(ID, { id: ID, name: ID, kind: 'virtual', baseUrl: 'http://localhost/old/virtual/device/esp32-ota/', addedAt: 0 });
    await bench.devices.load();
    expect(bench.devices.records.value![0]!.baseUrl).to.equal(`http://localhost/app/virtual/device/${ID}/`);
  });

  it('adds, names and removes others, once per address', async () => {
    const bench = new Bench();
    const network = await bench.devices.addNetwork('http://192.168.4.1/', '');
    expect(network.name).to.equal('192.168.4.1');
    expect(await codeOf(bench.devices.addNetwork('http://192.168.4.1/', 'again'))).to.equal('DEVICE_EXISTS');
    await bench.devices.rename(network.id, ' shed ');
    expect(bench.devices.records.value!.find((record) => record.id === network.id)!.name).to.equal('shed');
    expect(await codeOf(bench.devices.rename(network.id, '  '))).to.equal('DEVICE_NAME_INVALID');
    const virtual = await bench.devices.addVirtual('second');
    await bench.devices.remove(virtual.id);
    await bench.devices.remove(network.id);
    expect(bench.forgotten).to.deep.equal([virtual.id]);
    expect(await codeOf(bench.devices.session(network.id))).to.equal('DEVICE_UNKNOWN');
  });

  it('closes the session of a device that another tab removed', async () => {
    const bench = new Bench();
    const { id } = await bench.devices.addNetwork('http://192.168.4.1/', 'shed');
    const session = await bench.devices.session(id);
    bench.records.delete(id);
    for (const hear of bench.heard) hear('devices');
    await new Promise((resolve) => setTimeout(resolve));
    expect(session.state.value.problem?.code).to.equal('DEVICE_UNKNOWN');
    expect(bench.devices.records.value!.map((record) => record.id)).to.deep.equal([ID]);
  });

  it('tells the session of a board which cable of this page holds it: a virtual one by its port, a real one by its MAC', async () => {
    const bench = new Bench();
    const held = new Subject<readonly HeldBoard[]>([]);
    bench.devices.followCables(held);
    const virtual = await bench.devices.session(ID);
    const { id } = await bench.devices.addNetwork('http://192.168.1.42/', 'Door');
    const real = await bench.devices.session(id);
    bench.info = infoOf({ mac: '24:0A:C4:5E:8A:10' });
    await real.refresh();
    held.set([{ portId: `virtual:${ID}`, mac: '' }]);
    expect([virtual.state.value.cable, real.state.value.cable]).to.deep.equal([`virtual:${ID}`, undefined]);
    held.set([{ portId: 'usb-1', mac: '24:0a:c4:5e:8a:10' }]);
    expect([virtual.state.value.cable, real.state.value.cable]).to.deep.equal([undefined, 'usb-1']);
    held.set([]);
    expect(real.state.value).to.not.have.property('cable');
  });

  it('writes down what a hand at the bench did to a board', async () => {
    const bench = new Bench();
    const hand = { powerCycle: async () => undefined, factoryReset: async () => undefined } as Partial<VirtualBench> as VirtualBench;
    const board = new VirtualBoardBench(bench.devices, async () => hand);
    await board.powerCycle(ID);
    await board.factoryReset(ID);
    expect(bench.history.map(({ act, outcome, deviceId }) => [act, outcome, deviceId])).to.deep.equal([
      ['factory-reset', 'done', ID],
      ['power-cycle', 'done', ID],
    ]);
  });

  it('keeps a virtual device that could not be forgotten, to be removed again', async () => {
    const bench = new Bench();
    const { id } = await bench.devices.addVirtual('second');
    bench.forgetting = Promise.reject(new LinkError('WORKER_MISSING', 'no worker', {}));
    expect(await codeOf(bench.devices.remove(id))).to.equal('WORKER_MISSING');
    expect(bench.devices.records.value!.map((record) => record.id)).to.contain(id);
    bench.forgetting = Promise.resolve();
    await bench.devices.remove(id);
    expect(bench.devices.records.value!.map((record) => record.id)).to.deep.equal([ID]);
  });
});

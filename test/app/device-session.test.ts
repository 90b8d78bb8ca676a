import { expect } from 'chai';
import { LiveDeviceSession } from '../../src/app/device-session.ts';
import { DeviceError, LinkError } from '../../src/app/errors.ts';
import { SignatureError } from '../../src/app/trust/signature-errors.ts';
import type { MayStart } from '../../src/app/slot-word.ts';
import type { DeviceDoor, DeviceState, HistoryEntry } from '../../src/app/model.ts';
import { Subject } from '../../src/app/observable.ts';
import type { DeviceLink } from '../../src/app/ports.ts';
import { withoutFirmware } from '../../src/app/usb/stale-answer.ts';
import type { DeviceInfo, LoginAnswer } from '../../src/core/ota/device-contract.ts';
import { TakenDown } from '../doubles/taken-down.ts';
import { SteppedClock, settle } from '../doubles/stepped-clock.ts';
import { infoOf, updatedInfoOf } from './fixtures.ts';
import { boardServices } from '../doubles/board-services.ts';

class Bench {
  readonly clock = new SteppedClock();
  readonly visible = new Subject(true);
  readonly history: HistoryEntry[] = [];
  readonly log = new TakenDown();
  readonly doors: DeviceDoor[] = [];
  readonly tokens: (string | undefined)[] = [];
  asked = 0;
  knowsSession = true;
  info: () => DeviceInfo = () => infoOf();
  login: () => LoginAnswer = () => ({ token: 'abc', expires_in: 300, must_change: true });
  readonly session: LiveDeviceSession;
  mayStart: MayStart = async () => undefined;

  constructor(dialect: 'otter' | 's1' = 'otter', door: DeviceDoor = {}) {
    const authorized = async ({ token }: { readonly token?: string | undefined }): Promise<void> => {
      this.tokens.push(token);
      if (!this.knowsSession) throw new DeviceError('NO_SESSION', 'who are you', { status: 401 });
    };
    const link: DeviceLink = {
      getInfo: async () => {
        this.asked++;
        return { info: this.info(), dialect };
      },
      login: async () => this.login(),
      changePassword: async (_password, options) => authorized(options),
      upload: async () => undefined,
      updateStatus: async (options) => (await authorized(options), { state: 'none' }),
      reboot: authorized,
      rollback: authorized,
      log: async (options) => (await authorized(options), 'boot'),
    };
    this.session = new LiveDeviceSession(
      { id: 'd1', name: 'D', kind: 'virtual', baseUrl: 'http://x/', addedAt: 0, ...door },
      {
        link,
        clock: this.clock,
        page: { visible: this.visible },
        newId: () => `id ${this.clock.time}`,
        remember: () => undefined,
        rememberDoor: (door) => void this.doors.push(door),
        addHistory: async (entry) => void this.history.splice(0, Infinity, entry, ...this.history.filter(({ id }) => id !== entry.id)),
        record: this.log.record,
        trust: boardServices(() => this.mayStart),
      },
    );
  }

  get state(): DeviceState {
    return this.session.state.value;
  }

  /** Until the device took the order; what it needs for that is loaded first. */
  async switching(): Promise<void> {
    while (this.state.slotSwitch?.outcome !== 'running') await settle();
    await settle();
  }
}

const refuse = (error: Error) => (): never => {
  throw error;
};
const silence = refuse(new LinkError('UNREACHABLE', 'no', {}));

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  );

describe('a device session', () => {
  it('forgets what it said of its flash when a cable changed that, and knows it again by its next answer', async () => {
    const bench = new Bench();
    await bench.session.refresh();
    bench.session.rename({ ...bench.state.record, lastInfo: infoOf({ version: '0.9.0' }) });
    expect(bench.state.info?.version, 'an older answer is no news').to.equal(infoOf().version);
    bench.session.rename({ ...bench.state.record, lastInfo: withoutFirmware(infoOf()) });
    const { info } = bench.state;
    expect([info?.version, info?.slots, info?.mac]).to.deep.equal(['', undefined, infoOf().mac]);
    await bench.session.refresh();
    expect(bench.state.info?.version).to.equal(infoOf().version);
  });

  it('asks while somebody watches, and says why it cannot be reached for as long as it cannot', async () => {
    const bench = new Bench();
    bench.info = silence;
    const stop = bench.session.watch();
    await bench.clock.pass(0);
    expect([bench.state.link, bench.state.problem?.code]).to.deep.equal(['unreachable', 'UNREACHABLE']);
    bench.info = () => infoOf();
    await bench.clock.pass(3000);
    expect(bench.state).to.include({ link: 'online', dialect: 'otter', seenAt: bench.clock.time });
    expect(bench.state).to.not.have.property('problem');
    stop();
    await bench.clock.pass(10_000);
    expect(bench.asked).to.equal(2);
  });

  it('writes down a restart that was asked for, and calls the silence after it one', async () => {
    const bench = new Bench();
    await bench.session.login('x');
    await bench.session.reboot();
    expect(bench.history[0]).to.include({ act: 'restart', fromVersion: '1.0.0' });
    bench.info = silence;
    await codeOf(bench.session.refresh());
    expect(bench.state.link).to.equal('restarting');
    expect(bench.state).to.not.have.property('problem');
  });

  it('keeps ten minutes of vitals', async () => {
    const bench = new Bench();
    const stop = bench.session.watch();
    await bench.clock.pass(15 * 60_000);
    const { vitals } = bench.state;
    expect(vitals.length).to.equal(401);
    expect(vitals.at(-1)!.at - vitals[0]!.at).to.equal(600_000);
    stop();
  });

  it('calls a 503 a restart, not an outage', async () => {
    const bench = new Bench();
    bench.info = refuse(new DeviceError('REBOOTING', 'away', { status: 503 }));
    expect(await codeOf(bench.session.refresh())).to.equal('REBOOTING');
    expect(bench.state.link).to.equal('restarting');
    expect(bench.state).to.not.have.property('problem');
  });

  it('asks nothing while a cable of this page holds the chip, and at once when it lets go', async () => {
    const bench = new Bench();
    const stop = bench.session.watch();
    await bench.clock.pass(0);
    bench.session.heldBy('virtual:d1');
    await bench.clock.pass(600_000);
    expect(bench.asked).to.equal(1);
    expect(bench.state).to.include({ link: 'boot-loader', cable: 'virtual:d1', seenAt: 1_000_000 });
    bench.visible.set(false);
    bench.visible.set(true);
    await bench.clock.pass(10_000);
    expect(bench.asked).to.equal(1);
    bench.info = refuse(new DeviceError('REBOOTING', 'it starts', { status: 503, retryAfterS: 3 }));
    bench.session.heldBy(undefined);
    await bench.clock.pass(0);
    expect(bench.asked).to.equal(2);
    expect(bench.state.link).to.equal('restarting');
    expect(bench.state).to.not.have.property('cable');
    bench.info = () => infoOf({ uptime_s: 1 });
    await bench.clock.pass(3_000);
    expect(bench.state).to.include({ link: 'online', seenAt: bench.clock.time });
    stop();
  });

  it('keeps the token to itself, sends it, and forgets it in time', async () => {
    const bench = new Bench();
    expect(await codeOf(bench.session.log())).to.equal('NOT_SIGNED_IN');
    await bench.session.login('x');
    expect(bench.state.auth).to.deep.equal({ state: 'signed-in', mustChange: true, expiresAt: 1_300_000 });
    expect(JSON.stringify(bench.state)).to.not.contain('abc');
    expect(await bench.session.log()).to.equal('boot');
    await bench.session.changePassword('better');
    expect(bench.state.auth).to.include({ mustChange: false });
    expect(bench.tokens).to.deep.equal(['abc', 'abc']);
    bench.clock.time += 300_000;
    expect(await codeOf(bench.session.log())).to.equal('NOT_SIGNED_IN');
    expect(bench.state.auth).to.deep.equal({ state: 'signed-out' });
  });

  it('knows how long a lock-out lasts', async () => {
    const bench = new Bench();
    bench.login = refuse(new DeviceError('LOCKED_OUT', 'later', { status: 429, retryAfterS: 120 }));
    expect(await codeOf(bench.session.login('x'))).to.equal('LOCKED_OUT');
    expect(bench.state.auth).to.deep.equal({ state: 'locked-out', until: 1_120_000 });
    const stop = bench.session.watch();
    await bench.clock.pass(121_000);
    expect(bench.state.auth).to.deep.equal({ state: 'signed-out' });
    stop();
  });

  it('finds out after a restart whether the device still knows the session', async () => {
    const bench = new Bench();
    bench.info = () => infoOf({ uptime_s: 900 });
    await bench.session.login('x');
    bench.info = () => infoOf({ uptime_s: 2 });
    await bench.session.refresh();
    await settle();
    expect(bench.tokens).to.deep.equal(['abc']);
    expect(bench.state.auth.state).to.equal('signed-in');

    bench.knowsSession = false;
    bench.info = () => infoOf({ uptime_s: 1 });
    await bench.session.refresh();
    await settle();
    expect(bench.state.auth).to.deep.equal({ state: 'signed-out' });
  });

  it('rolls back, waits for the device, and tells what runs then', async () => {
    const bench = new Bench();
    bench.info = () => updatedInfoOf('VALID');
    await bench.session.login('x');
    const rolling = bench.session.rollback();
    await bench.switching();
    expect(bench.state.slotSwitch).to.deep.include({ outcome: 'running', fromVersion: '1.1.0', toVersion: '1.0.0', slot: 'ota_0' });
    bench.info = silence;
    await bench.clock.pass(2000);
    bench.info = () => infoOf({ uptime_s: 1 });
    await bench.clock.pass(500);
    expect((await rolling).version).to.equal('1.0.0');
    expect(bench.state.slotSwitch).to.deep.include({ outcome: 'confirmed', toVersion: '1.0.0', slot: 'ota_0', endedAt: bench.clock.time });
    expect(bench.history[0]).to.include({ act: 'rollback', outcome: 'confirmed', fromVersion: '1.1.0', toVersion: '1.0.0', slot: 'ota_0' });
    expect(bench.log.entries.at(-1)).to.deep.equal([
      'slot-switched',
      { device: 'D', deviceId: 'd1', fromVersion: '1.1.0', version: '1.0.0', outcome: 'confirmed' },
    ]);
  });

  it('asks before a device starts its other slot, also of one that another tab may have guarded, and orders nothing where that is refused', async () => {
    const bench = new Bench();
    bench.info = () => updatedInfoOf('VALID');
    await bench.session.login('x');
    const asked: Parameters<MayStart>[] = [];
    bench.mayStart = async (...about) => {
      asked.push(about);
      if (about[2]?.evenUnknown !== true) throw new SignatureError('SLOT_NOT_KNOWN', 'nobody knows', {});
    };
    bench.tokens.length = 0;
    expect(await codeOf(bench.session.rollback())).to.equal('SLOT_NOT_KNOWN');
    expect([bench.tokens, bench.history, bench.state.slotSwitch]).to.deep.equal([[], [], undefined]);
    expect(asked[0]![0]).to.equal('d1');
    expect(asked[0]![1]).to.deep.include({ label: 'ota_0', version: '1.0.0', sha256: updatedInfoOf('VALID').slots![0]!.sha256 });
    const rolling = bench.session.rollback({ evenUnknown: true });
    await bench.switching();
    bench.info = () => infoOf({ uptime_s: 1 });
    await bench.clock.pass(3000);
    expect((await rolling).version).to.equal('1.0.0');
  });

  for (const [last, outcome] of [
    ['VALID', 'confirmed'],
    ['PENDING_VERIFY', 'unconfirmed'],
  ] as const) {
    it(`writes down a rollback as ${outcome} when its slot is ${last} in the end`, async () => {
      const bench = new Bench();
      const [a, b] = infoOf().slots!;
      const runningA = (state: 'VALID' | 'PENDING_VERIFY') => () => infoOf({ uptime_s: 1, slots: [{ ...a!, state }, b!] });
      bench.info = () => updatedInfoOf('VALID');
      await bench.session.login('x');
      const rolling = bench.session.rollback();
      await bench.switching();
      bench.info = runningA('PENDING_VERIFY');
      await bench.clock.pass(3000);
      expect(bench.history, 'it runs: the history may not say that the other one does').to.have.length(1);
      expect(bench.history[0]).to.include({ act: 'rollback', outcome: 'unconfirmed', toVersion: '1.0.0', slot: 'ota_0' });
      bench.info = runningA(last);
      await bench.clock.pass(10_000);
      expect((await rolling).running).to.equal('ota_0');
      expect(bench.history[0]).to.include({ act: 'rollback', outcome });
    });
  }

  it('asks nothing more once its device was removed, and says so', async () => {
    const bench = new Bench();
    bench.session.watch();
    await bench.clock.pass(0);
    await bench.session.login('x');
    const { asked } = bench;
    bench.session.dispose();
    bench.visible.set(false);
    bench.visible.set(true);
    bench.session.watch();
    await bench.clock.pass(60_000);
    expect(bench.asked).to.equal(asked);
    expect(bench.session.token).to.equal(undefined);
    expect(bench.session.state.value).to.deep.include({ link: 'unreachable', auth: { state: 'signed-out' } });
    expect(bench.session.state.value.problem?.code).to.equal('DEVICE_UNKNOWN');
    expect(await bench.session.refresh().catch((error: unknown) => (error as DeviceError).code)).to.equal('DEVICE_UNKNOWN');
  });

  it('does not wait for ever for a device that never comes back', async () => {
    const bench = new Bench();
    await bench.session.login('x');
    const rolling = codeOf(bench.session.rollback());
    await bench.switching();
    bench.info = silence;
    await bench.clock.pass(61_000);
    expect(await rolling).to.equal('DID_NOT_RETURN');
    expect(bench.state.slotSwitch).to.include({ outcome: 'unconfirmed', isLost: true });
    expect(bench.history.map(({ act, outcome, code }) => [act, outcome, code])).to.deep.equal([
      ['rollback', 'unconfirmed', 'DID_NOT_RETURN'],
    ]);
  });

  it('remembers whether the delivered password is still the one, until a reset', async () => {
    const bench = new Bench();
    await bench.session.login('admin123');
    expect(bench.state.record.ownPassword).to.equal(false);
    await bench.session.changePassword('long enough 1');
    expect(bench.state.record.ownPassword).to.equal(true);
    bench.session.wasReset();
    expect(bench.state.record.ownPassword).to.equal(false);
    expect(bench.state.auth).to.deep.equal({ state: 'signed-out' });
    expect(bench.doors.map((door) => door.ownPassword)).to.deep.equal([false, true, false]);
  });

  it('is locked out after a reload too, and no session that ends meanwhile opens it', async () => {
    const bench = new Bench();
    await bench.session.login('admin123');
    bench.login = refuse(new DeviceError('LOCKED_OUT', 'no', { status: 429, retryAfterS: 600 }));
    await codeOf(bench.session.login('x'));
    const until = bench.clock.now() + 600_000;
    expect(bench.doors.at(-1)).to.deep.equal({ lockedUntil: until });
    const stop = bench.session.watch();
    await bench.clock.pass(400_000);
    expect(bench.state.auth.state).to.equal('locked-out');
    stop();

    const reloaded = new Bench('otter', { lockedUntil: bench.clock.now() + 60_000 });
    expect(reloaded.state.auth.state).to.equal('locked-out');
    const stopReloaded = reloaded.session.watch();
    await reloaded.clock.pass(600_000);
    expect(reloaded.state.auth.state).to.equal('signed-out');
    stopReloaded();
  });
});

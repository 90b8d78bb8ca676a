import { expect } from 'chai';
import { DeviceSignIn, firstAuth } from '../../src/app/device-sign-in.ts';
import { DeviceError, LinkError } from '../../src/app/errors.ts';
import type { DeviceDoor, DeviceRecord, DeviceState } from '../../src/app/model.ts';
import { Subject } from '../../src/app/observable.ts';
import type { LoginAnswer } from '../../src/core/ota/device-contract.ts';
import { SteppedClock } from '../doubles/stepped-clock.ts';
import { TakenDown } from '../doubles/taken-down.ts';

const RECORD: DeviceRecord = { id: 'd1', name: 'D', kind: 'virtual', baseUrl: 'http://x/', addedAt: 0 };
const lockedOut = (retryAfterS?: number): DeviceError =>
  new DeviceError('LOCKED_OUT', 'later', { status: 429, ...(retryAfterS !== undefined && { retryAfterS }) });
const noSession = new DeviceError('NO_SESSION', 'who are you', { status: 401 });

class Bench {
  readonly clock = new SteppedClock();
  readonly doors: DeviceDoor[] = [];
  readonly log = new TakenDown();
  readonly state = new Subject<DeviceState>({
    record: RECORD,
    link: 'online',
    dialect: 'otter',
    auth: { state: 'signed-out' },
    vitals: [],
  });
  login: () => LoginAnswer = () => ({ token: 'abc', expires_in: 300, must_change: true });
  readonly signIn = new DeviceSignIn({
    state: this.state,
    clock: this.clock,
    link: { login: async () => this.login() },
    rememberDoor: (door) => void this.doors.push(door),
    record: this.log.record,
  });

  get auth() {
    return this.state.value.auth;
  }
}

describe('DeviceSignIn', () => {
  it('keeps the token to itself, and forgets it in time', async () => {
    const bench = new Bench();
    await bench.signIn.login('x', 'otter');
    expect(bench.auth).to.deep.equal({ state: 'signed-in', mustChange: true, expiresAt: 1_300_000 });
    expect(JSON.stringify(bench.state.value)).to.not.contain('abc');
    bench.clock.time += 299_999;
    expect(bench.signIn.token).to.equal('abc');
    bench.clock.time += 1;
    expect(bench.signIn.token).to.equal(undefined);
    expect(bench.auth).to.deep.equal({ state: 'signed-out' });
  });

  it('stays signed in with another password, and knows that it is their own', async () => {
    const bench = new Bench();
    await bench.signIn.login('admin123', 'otter');
    bench.signIn.passwordChanged();
    expect(bench.auth).to.deep.equal({ state: 'signed-in', mustChange: false, expiresAt: 1_300_000 });
    expect(bench.signIn.token).to.equal('abc');
    expect(bench.doors.at(-1)).to.deep.equal({ ownPassword: true });
  });

  it('learns from a sign-in that somebody changed the password elsewhere, and tells it once', async () => {
    const bench = new Bench();
    bench.login = () => ({ token: 'abc', expires_in: 300, must_change: false });
    await bench.signIn.login('their own 1', 'otter');
    await bench.signIn.login('their own 1', 'otter');
    expect(bench.doors).to.deep.equal([{ ownPassword: true, lockedUntil: 0 }]);
  });

  it('ends with the session, and with a lock-out, which has an end of its own', async () => {
    const bench = new Bench();
    await bench.signIn.login('x', 'otter');
    bench.signIn.sawRefusal(new DeviceError('REBOOTING', 'away', { status: 503 }));
    expect(bench.signIn.token).to.equal('abc');
    bench.signIn.sawRefusal(noSession);
    expect([bench.signIn.token, bench.auth.state]).to.deep.equal([undefined, 'signed-out']);
    await bench.signIn.login('x', 'otter');
    bench.signIn.sawRefusal(lockedOut());
    expect([bench.signIn.token, bench.auth.state]).to.deep.equal([undefined, 'locked-out']);
    expect(bench.doors.at(-1)).to.deep.equal({ lockedUntil: 1_600_000 });
    bench.clock.time += 599_999;
    bench.signIn.forgetExpired();
    expect(bench.auth.state).to.equal('locked-out');
    bench.clock.time += 1;
    bench.signIn.forgetExpired();
    expect(bench.auth.state).to.equal('signed-out');
  });

  it('is told a refused password, and takes the lock-out that comes with it', async () => {
    const bench = new Bench();
    bench.login = () => {
      throw lockedOut(120);
    };
    const error: unknown = await bench.signIn.login('x', 'otter').catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(DeviceError);
    expect(bench.auth).to.deep.equal({ state: 'locked-out', until: 1_120_000 });
  });

  it('is taken down: who came in, must change the password, changed it, left, or was out of time', async () => {
    const bench = new Bench();
    await bench.signIn.login('hunter2', 'otter');
    bench.signIn.passwordChanged();
    bench.signIn.logout();
    bench.signIn.logout();
    await bench.signIn.login('hunter2', 'otter');
    bench.clock.time += 300_000;
    bench.signIn.forgetExpired();
    await bench.signIn.login('hunter2', 'otter');
    bench.signIn.sawRefusal(noSession);
    const expired = ['signed-in', 'session-expired'] as const;
    expect(bench.log.acts).to.deep.equal(['signed-in', 'password-changed', 'signed-out', ...expired, ...expired]);
    expect(bench.log.entries[0]).to.deep.equal(['signed-in', { device: 'D', deviceId: 'd1', mustChange: true }]);
    expect(JSON.stringify(bench.log.entries)).to.not.match(/hunter2|abc/);
  });

  it('is taken down: every refused password, and the lock-out once; not that nobody answered', async () => {
    const bench = new Bench();
    const refusals: Error[] = [
      new LinkError('UNREACHABLE', 'nobody', {}),
      new DeviceError('WRONG_PASSWORD', 'no', { status: 401 }),
      lockedOut(),
      lockedOut(),
    ];
    for (const refusal of refusals) {
      bench.login = () => {
        throw refusal;
      };
      await bench.signIn.login('x', 'otter').catch(() => undefined);
    }
    expect(bench.log.acts).to.deep.equal(['sign-in-failed', 'sign-in-failed', 'locked-out', 'sign-in-failed']);
    expect(bench.log.entries[0]![1]).to.include({ code: 'WRONG_PASSWORD' });
  });

  it('begins anew after a reset', async () => {
    const bench = new Bench();
    await bench.signIn.login('x', 'otter');
    bench.signIn.passwordChanged();
    bench.signIn.wasReset();
    expect([bench.signIn.token, bench.state.value.record.ownPassword]).to.deep.equal([undefined, false]);
    expect(bench.doors.map(({ ownPassword }) => ownPassword)).to.deep.equal([false, true, false]);
  });
});

describe('firstAuth()', () => {
  it('knows a lock-out that outlived the page', () => {
    expect(firstAuth({ ...RECORD, lockedUntil: 20 }, 10)).to.deep.equal({ state: 'locked-out', until: 20 });
    expect(firstAuth({ ...RECORD, lockedUntil: 20 }, 20)).to.deep.equal({ state: 'signed-out' });
    expect(firstAuth(RECORD, 20)).to.deep.equal({ state: 'signed-out' });
  });
});

import { expect } from 'chai';
import { DeviceSignIn, firstAuth } from '../../src/app/device-sign-in.ts';
import { DeviceError } from '../../src/app/errors.ts';
import type { DeviceDoor, DeviceRecord, DeviceState } from '../../src/app/model.ts';
import { Subject } from '../../src/app/observable.ts';
import type { LoginAnswer } from '../../src/core/ota/device-contract.ts';
import { SteppedClock } from '../doubles/stepped-clock.ts';

const RECORD: DeviceRecord = { id: 'd1', name: 'D', kind: 'virtual', baseUrl: 'http://x/', addedAt: 0 };
const lockedOut = (retryAfterS?: number): DeviceError =>
  new DeviceError('LOCKED_OUT', 'later', { status: 429, ...(retryAfterS !== undefined && { retryAfterS }) });
const noSession = new DeviceError('NO_SESSION', 'who are you', { status: 401 });

class Bench {
  readonly clock = new SteppedClock();
  readonly doors: DeviceDoor[] = [];
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

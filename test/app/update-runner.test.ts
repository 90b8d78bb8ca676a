import { expect } from 'chai';
import type { PublicKey } from '../../src/core/trust/key-model.ts';
import type { FirmwareTrust } from '../../src/app/trust/model.ts';
import { defined } from '../../src/core/fields.ts';
import { DeviceError, LinkError } from '../../src/app/errors.ts';
import type { FirmwareReport, HistoryEntry, UpdateJobState } from '../../src/app/model.ts';
import type { Clock, DeviceLink, Guard, UploadOptions } from '../../src/app/ports.ts';
import { UpdateRun } from '../../src/app/update-runner.ts';
import type { UpdateRunPorts, UpdateTarget } from '../../src/app/update-runner.ts';
import type { DeviceInfo, UpdateResult, UpdateStatus } from '../../src/core/ota/device-contract.ts';
import { TakenDown } from '../doubles/taken-down.ts';
import { FILE_SIZE, NEW_SHA, UNSIGNED, firmwareOf, infoOf, reportOf, trustsIn, updatedInfoOf, withImage } from './fixtures.ts';

const RESULT: UpdateResult = { slot: 'ota_1', bytes: FILE_SIZE, sha256: NEW_SHA, version: '1.1.0' };
const reply =
  <T>(value: T): (() => Promise<T>) =>
  async () =>
    value;
const refuse = (error: Error) => async (): Promise<never> => {
  throw error;
};
const AWAY = new DeviceError('REBOOTING', 'away', { status: 503 });
const LOST = new LinkError('CONNECTION_LOST', 'broke off', {});

/** Time passes only by sleeping. */
class FakeClock implements Clock {
  time = 1_000_000;
  now(): number {
    return this.time;
  }
  async sleep(ms: number): Promise<void> {
    this.time += ms;
    await Promise.resolve();
  }
}

class FakeGuard implements Guard {
  taken = 0;
  held = 0;
  take(): () => void {
    this.taken++;
    this.held++;
    return () => void (this.held = 0);
  }
}

interface Script {
  /** One answer per `getInfo`; the last repeats. */
  readonly info?: readonly (() => Promise<DeviceInfo>)[];
  readonly upload?: (options: UploadOptions) => Promise<UpdateResult | undefined>;
  readonly status?: readonly (() => Promise<UpdateStatus>)[];
  readonly reboot?: () => Promise<void>;
  readonly report?: FirmwareReport;
  readonly force?: boolean;
  readonly addHistory?: () => Promise<void>;
  readonly past?: readonly HistoryEntry[];
  readonly onlyTrusted?: boolean;
  readonly trust?: UpdateRunPorts['trust'] | undefined;
}

class Bench {
  readonly clock = new FakeClock();
  readonly wakeLock = new FakeGuard();
  readonly leaveGuard = new FakeGuard();
  readonly history: HistoryEntry[] = [];
  readonly noted: string[] = [];
  readonly calls: string[] = [];
  readonly log = new TakenDown();
  readonly published: UpdateJobState[] = [];
  readonly run: UpdateRun;
  uploadOptions: UploadOptions | undefined;

  constructor(script: Script) {
    const next = <T>(answers: readonly (() => Promise<T>)[]): (() => Promise<T>) => {
      let index = 0;
      return () => answers[Math.min(index++, answers.length - 1)]!();
    };
    const info = next(
      script.info ?? [reply(infoOf()), refuse(AWAY), reply(updatedInfoOf('PENDING_VERIFY')), reply(updatedInfoOf('VALID'))],
    );
    const status = next(script.status ?? [reply<UpdateStatus>({ state: 'none' })]);
    const noted = <T>(name: string, work: Promise<T>): Promise<T> => (this.calls.push(name), work);
    const link: DeviceLink = {
      getInfo: () =>
        noted(
          'info',
          info().then((info) => ({ info, dialect: 'otter' as const })),
        ),
      upload: (_file, options) => {
        this.uploadOptions = options;
        return noted('upload', (script.upload ?? reply(RESULT))(options));
      },
      updateStatus: () => noted('status', status()),
      reboot: () => noted('reboot', (script.reboot ?? reply(undefined))()),
      login: refuse(new Error('not asked')),
      changePassword: refuse(new Error('not asked')),
      rollback: refuse(new Error('not asked')),
      log: refuse(new Error('not asked')),
    };
    const target: UpdateTarget = {
      link,
      token: 'secret',
      expectRestart: () => this.calls.push('expect-restart'),
      sawInfo: () => undefined,
      sawSilence: () => undefined,
      sawRefusal: (error) => void (error instanceof DeviceError && this.calls.push(`refusal ${error.code}`)),
    };
    const { clock, wakeLock, leaveGuard } = this;
    const named = {
      id: 'job-1',
      deviceId: 'esp32-ota',
      deviceName: 'esp32-ota',
      firmware: firmwareOf(),
      fromVersion: '1.0.0',
      slot: 'ota_1',
    };
    this.run = new UpdateRun(
      {
        ...named,
        dialect: 'otter',
        confirmTimeoutMs: 60_000,
        force: script.force ?? false,
        onlyTrusted: script.onlyTrusted ?? false,
        guardedProduct: 'greenhouse-node',
      },
      {
        target,
        clock,
        wakeLock,
        leaveGuard,
        bytes: async () => new Blob([new Uint8Array(FILE_SIZE)]),
        inspect: async () => script.report ?? reportOf(),
        history: async () => script.past ?? [],
        addHistory: async (entry) => {
          await script.addHistory?.();
          this.noted.push(entry.outcome);
          this.history.splice(0, Infinity, entry, ...this.history.filter(({ id }) => id !== entry.id));
        },
        publish: (state) => this.published.push(state),
        record: this.log.record,
        // Nobody signed it, unless something else is said.
        ...('trust' in script ? defined({ trust: script.trust }) : { trust: trustsIn(UNSIGNED) }),
      },
    );
  }
}

describe('UpdateRun', () => {
  it('runs an update to its proof, with hashes and token sent, and writes the history', async () => {
    const bench = new Bench({
      upload: async ({ onProgress }) => {
        onProgress?.({ phase: 'writing', done: FILE_SIZE, total: FILE_SIZE });
        return RESULT;
      },
    });
    const state = await bench.run.run();
    expect(state.outcome).to.equal('confirmed');
    expect(bench.log.acts).to.deep.equal(['signature-checked', 'update-started', 'update-finished']);
    expect(bench.log.entries.at(-1)![1]).to.include({
      device: 'esp32-ota',
      fromVersion: '1.0.0',
      version: '1.1.0',
      sha256: NEW_SHA,
      slot: 'ota_1',
    });
    expect(bench.uploadOptions).to.include({ sha256: NEW_SHA, md5: '33'.repeat(16), token: 'secret', dialect: 'otter' });
    expect(bench.calls.filter((call) => call === 'reboot')).to.have.length(1);
    expect(bench.noted).to.deep.equal(['started', 'started', 'confirmed']);
    expect(bench.history).to.have.length(1);
    expect(bench.history[0]).to.include({
      act: 'update',
      outcome: 'confirmed',
      sha256: NEW_SHA,
      fromVersion: '1.0.0',
      toVersion: '1.1.0',
      slot: 'ota_1',
    });
    expect(bench.published.length).to.be.greaterThan(5);
    expect(bench.published.every((published) => published.outcome === 'running')).to.equal(true);
  });

  describe('with signatures', () => {
    const key = {
      fingerprint: 'ab'.repeat(32),
      name: 'Release 2026',
      publicKey: {} as PublicKey,
      status: 'active',
      trusted: true,
    } as const;
    const source = { form: 'detached' } as const;
    const trusted: FirmwareTrust = {
      product: 'greenhouse-node',
      signature: { status: 'trusted', key, source },
      findings: [{ verdict: 'valid', source, fingerprint: key.fingerprint, publicKey: key.publicKey }],
      signatures: [],
      isPinned: true,
    };
    const unsigned: FirmwareTrust = { ...trusted, signature: { status: 'unsigned' }, findings: [] };
    const asking = infoOf({ signature_required: true, trusted_keys: [key.fingerprint] });

    it('sends the signature to a device that asks for one, and says by whom it is', async () => {
      const bench = new Bench({
        info: [reply(asking), refuse(AWAY), reply(updatedInfoOf('VALID'))],
        trust: trustsIn(trusted, key.fingerprint),
        onlyTrusted: true,
      });
      const state = await bench.run.run();
      expect(state).to.include({ outcome: 'confirmed', signedBy: 'Release 2026', isVerifiedByDevice: true });
      expect(bench.uploadOptions).to.include({ signature: 'c2ln' });
      expect(bench.history[0]).to.include({ outcome: 'confirmed', signedBy: 'Release 2026' });
      expect(state.log.map(({ text }) => text).join('\n')).to.match(/^checked: .*; signed by Release 2026$/m);
      expect(bench.log.acts).to.deep.equal(['signature-checked', 'update-started', 'update-finished']);
      expect(bench.log.entries[0]![1]).to.include({ verdict: 'trusted', keyId: key.fingerprint });
    });

    it('sends none to a device that asks for none', async () => {
      const bench = new Bench({ trust: trustsIn(trusted, key.fingerprint) });
      expect(await bench.run.run()).to.include({ outcome: 'confirmed', signedBy: 'Release 2026' });
      expect(bench.uploadOptions).to.not.have.property('signature');
    });

    it('starts nothing that is not trusted for a device that gets only trusted firmware, whatever the page showed', async () => {
      for (const trust of [trustsIn(unsigned), undefined, refuse(new Error('offline'))]) {
        const bench = new Bench({ onlyTrusted: true, force: true, trust });
        const state = await bench.run.run();
        expect([state.outcome, state.problem?.code]).to.deep.equal(['failed', 'PREFLIGHT_BLOCKED']);
        expect(bench.calls).to.not.include('upload');
        const [act, { reasons }] = bench.log.entries.at(-1)!;
        expect(act).to.equal('update-failed');
        expect(reasons).to.match(/^signature: only-trusted-un(signed|judged)$/);
      }
    });

    it('writes down that nobody signed what is sent', async () => {
      const bench = new Bench({ trust: trustsIn(unsigned), force: true });
      await bench.run.run();
      expect(bench.log.acts).to.deep.equal(['signature-checked', 'update-started', 'update-finished']);
      expect(bench.log.entries[0]![1]).to.include({ verdict: 'unsigned' });
      expect(bench.log.entries[2]![1]).to.not.have.property('reasons');
    });

    it('wants a word where nobody asks and the keys cannot be read, and takes none where it is signed', async () => {
      const trust = refuse(new Error('offline'));
      expect((await new Bench({ trust }).run.run()).problem?.code).to.equal('FORCE_NEEDED');
      const report = withImage({ secureBoot: [{ version: 2, scheme: 'RSA-3072-PSS', offset: 0x1000 }] });
      expect((await new Bench({ trust, report, force: true }).run.run()).problem?.code).to.equal('PREFLIGHT_BLOCKED');
      const bench = new Bench({ trust, force: true });
      const state = await bench.run.run();
      expect(state.outcome).to.equal('confirmed');
      expect(state).to.not.have.property('signedBy');
    });
  });

  it('holds the screen until the end and the page until nothing more is sent', async () => {
    const held: (readonly [number, number])[] = [];
    const bench: Bench = new Bench({
      upload: async () => (held.push([bench.wakeLock.held, bench.leaveGuard.held]), RESULT),
      info: [reply(infoOf()), async () => (held.push([bench.wakeLock.held, bench.leaveGuard.held]), updatedInfoOf('VALID'))],
    });
    await bench.run.run();
    expect(held).to.deep.equal([
      [1, 1],
      [1, 0],
    ]);
    expect([bench.wakeLock.held, bench.leaveGuard.held]).to.deep.equal([0, 0]);
  });

  it('asks for the truth when the answer breaks off, and goes on when the device has it all', async () => {
    const bench = new Bench({ upload: refuse(LOST), status: [refuse(LOST), reply<UpdateStatus>({ state: 'succeeded', result: RESULT })] });
    expect((await bench.run.run()).outcome).to.equal('confirmed');
    expect(bench.calls.filter((call) => call === 'status')).to.have.length(2);
  });

  it('fails in the device’s words when it was interrupted', async () => {
    const status: UpdateStatus = { state: 'interrupted', code: 'UPDATE_ERROR_ABORT', error: 'power' };
    const bench = new Bench({ upload: refuse(LOST), status: [reply(status)] });
    const state = await bench.run.run();
    expect([state.outcome, state.problem?.code]).to.deep.equal(['failed', 'UPDATE_ERROR_ABORT']);
    expect(bench.calls).to.not.include('reboot');
    expect(bench.history[0]).to.include({ outcome: 'failed', code: 'UPDATE_ERROR_ABORT' });
    expect(bench.log.acts).to.deep.equal(['signature-checked', 'update-started', 'update-failed']);
    expect(bench.log.entries.at(-1)![1]).to.include({ code: 'UPDATE_ERROR_ABORT' });
  });

  it('sees the rollback of a firmware that crashes at boot', async () => {
    const bench = new Bench({ info: [reply(infoOf()), refuse(AWAY), refuse(AWAY), reply(infoOf({ uptime_s: 1 }))] });
    const state = await bench.run.run();
    expect([state.outcome, state.proof?.runningSlot]).to.deep.equal(['rolled-back', 'ota_0']);
    expect(bench.log.acts.at(-1)).to.equal('update-rolled-back');
  });

  it('asks a device that said when it is back no sooner than that', async () => {
    const starting = new DeviceError('REBOOTING', 'away', { status: 503, retryAfterS: 3 });
    const returned = async (away: DeviceError) => {
      const bench = new Bench({ info: [reply(infoOf()), refuse(away), reply(infoOf({ uptime_s: 1 }))] });
      const { proof } = await bench.run.run();
      return [proof?.awayMs, bench.calls.filter((call) => call === 'info').length];
    };
    expect(await returned(starting)).to.deep.equal([3_000, 3]);
    expect(await returned(AWAY)).to.deep.equal([500, 3]);
  });

  it('says unconfirmed of a firmware that never confirms', async () => {
    const bench = new Bench({ info: [reply(infoOf()), refuse(AWAY), reply(updatedInfoOf('PENDING_VERIFY'))] });
    const state = await bench.run.run();
    expect([state.outcome, state.problem?.code]).to.deep.equal(['unconfirmed', 'NOT_CONFIRMED']);
    expect(bench.log.acts.at(-1)).to.equal('update-unconfirmed');
  });

  it('stops: the request is aborted, the device asked, the history says stopped', async () => {
    const bench: Bench = new Bench({
      upload: ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
          queueMicrotask(() => bench.run.stop());
        }),
      status: [reply<UpdateStatus>({ state: 'failed', code: 'UPDATE_ERROR_ABORT', error: 'aborted' })],
    });
    expect((await bench.run.run()).outcome).to.equal('stopped');
    expect(bench.history[0]).to.include({ outcome: 'stopped' });
    expect(bench.calls).to.not.include('reboot');
  });

  for (const [status, code] of [
    [409, 'UPDATE_RUNNING'],
    [413, 'UPDATE_ERROR_SIZE'],
    [422, 'WRONG_CHIP'],
    [403, 'PASSWORD_CHANGE_REQUIRED'],
  ] as const) {
    it(`shows ${status} ${code} as the device’s refusal`, async () => {
      const bench = new Bench({ upload: refuse(new DeviceError(code, 'no', { status })) });
      const state = await bench.run.run();
      expect([state.outcome, state.problem?.code, state.problem?.details['status']]).to.deep.equal(['failed', code, status]);
      expect(bench.calls).to.not.include('status');
    });
  }

  it('calls a session that ended on the way by its name', async () => {
    const bench = new Bench({ upload: refuse(new DeviceError('NO_SESSION', 'expired', { status: 401 })) });
    expect((await bench.run.run()).problem?.code).to.equal('SESSION_EXPIRED');
    expect(bench.calls).to.include('refusal NO_SESSION');
  });

  it('takes a connection that drops at the restart for the restart', async () => {
    const bench = new Bench({ reboot: refuse(LOST) });
    expect((await bench.run.run()).outcome).to.equal('confirmed');
  });

  it('sends nothing when the pre-flight blocks, or warns and nobody forced it', async () => {
    const blocked = new Bench({ info: [reply(infoOf({ chip: 'ESP32-C3' }))], force: true });
    expect((await blocked.run.run()).problem?.code).to.equal('PREFLIGHT_BLOCKED');
    const warned = new Bench({ info: [reply(infoOf({ version: '2.0.0' }))] });
    expect((await warned.run.run()).problem?.code).to.equal('FORCE_NEEDED');
    expect([...blocked.calls, ...warned.calls]).to.not.include('upload');
  });

  it('sends nothing that went back by itself on this device before, unless it is forced', async () => {
    const past: HistoryEntry = { id: 'h', deviceId: 'esp32-ota', at: 1, act: 'update', outcome: 'rolled-back', sha256: NEW_SHA };
    const bench = new Bench({ past: [past] });
    expect((await bench.run.run()).problem?.code).to.equal('FORCE_NEEDED');
    expect(bench.calls).to.not.include('upload');
    expect((await new Bench({ past: [past], force: true }).run.run()).outcome).to.equal('confirmed');
  });

  it('sends nothing when the stored bytes are no longer what they were', async () => {
    const bench = new Bench({ report: reportOf({ sha256: '99'.repeat(32) }) });
    expect((await bench.run.run()).problem?.code).to.equal('FIRMWARE_CHANGED');
    expect(bench.calls).to.not.include('upload');
  });

  it('still says what happened on the device when the history cannot be stored', async () => {
    expect((await new Bench({ addHistory: refuse(new Error('disk full')) }).run.run()).outcome).to.equal('confirmed');
  });

  it('ends the job when a port breaks its promise, instead of running for ever', async () => {
    const bench = new Bench({});
    bench.clock.sleep = refuse(new TypeError('a bug'));
    const state = await bench.run.run();
    expect([state.outcome, state.problem?.code]).to.deep.equal(['failed', 'UNEXPECTED']);
    expect(bench.wakeLock.held).to.equal(0);
  });
});

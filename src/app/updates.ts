/** All updates of this tab: one job per device, each holding its device against other tabs, surviving navigation. */
import { defined } from '../core/fields.ts';
import { deviceLock, devicesInWork } from './attempts.ts';
import type { DeviceBook } from './device-book.ts';
import { LibraryError, UpdateError } from './errors.ts';
import type { DeviceState, FirmwareRecord, FirmwareReport, Preflight, UpdateJobState } from './model.ts';
import { Subject } from './observable.ts';
import type { Clock, LeaveGuard, NewId, RecordAct, TabLocks, WakeLock } from './ports.ts';
import type { PreflightDesk } from './preflight-desk.ts';
import type { JudgeServices } from './trust/services.ts';
import type { LibraryService, SettingsService, UpdateService } from './services.ts';
import type { KnownRelease } from './trust/release-services.ts';
import type { UpdateRun, UpdateRunOptions, UpdateRunPorts } from './update-runner.ts';

const LOOK_AROUND_MS = 1000;

export interface UpdatesPorts {
  readonly devices: DeviceBook;
  readonly library: LibraryService;
  readonly settings: SettingsService;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly locks: TabLocks;
  readonly wakeLock: WakeLock;
  readonly leaveGuard: LeaveGuard;
  readonly record?: RecordAct;
  /** Signed releases that are known here. */
  readonly releases?: () => Promise<readonly KnownRelease[]>;
  readonly trust?: () => Promise<JudgeServices>;
}

export class Updates implements UpdateService {
  readonly jobs = new Subject<ReadonlyMap<string, UpdateJobState>>(new Map());
  readonly busy = new Subject(false);
  readonly elsewhere = new Subject<ReadonlySet<string>>(new Set());
  readonly #ports: UpdatesPorts;
  #desk: PreflightDesk | undefined;
  /** `undefined` while a job is being prepared. */
  readonly #runs = new Map<string, UpdateRun | undefined>();
  #looksDue = 0;

  constructor(ports: UpdatesPorts) {
    this.#ports = ports;
    // An attempt is in the history from its start on, so another tab's start is heard.
    ports.devices.historyVersion.subscribe(() => void this.#lookAround());
    void this.#lookAround();
  }

  async prepare(deviceId: string, sha256?: string): Promise<void> {
    this.#desk ??= new (await import('./preflight-desk.ts')).PreflightDesk(this.#ports);
    await this.#desk.prepare(deviceId, sha256);
  }

  preflight(report: FirmwareReport, firmware: FirmwareRecord, device: DeviceState): Preflight {
    return this.#desk!.preflight(report, firmware, device);
  }

  noteRefusal(found: Preflight, firmware: FirmwareRecord, device: DeviceState): void {
    this.#desk?.noteRefusal(found, firmware, device);
  }

  async start(deviceId: string, sha256: string, { force }: { readonly force: boolean }): Promise<void> {
    if (this.#runs.has(deviceId)) throw new UpdateError('JOB_RUNNING', 'this device is being updated', { deviceId });
    this.#runs.set(deviceId, undefined);
    try {
      const { options, target } = await this.#prepare(deviceId, sha256, force);
      const { UpdateRun } = await import('./update-runner.ts');
      await this.#hold(deviceId, new UpdateRun(options, this.#portsOf(target)));
    } catch (error) {
      this.#runs.delete(deviceId);
      throw error;
    }
  }

  stop(deviceId: string): void {
    this.#runs.get(deviceId)?.stop();
  }

  dismiss(deviceId: string): void {
    if (this.jobs.value.get(deviceId)?.outcome === 'running') return;
    const jobs = new Map(this.jobs.value);
    jobs.delete(deviceId);
    this.jobs.set(jobs);
  }

  async #prepare(deviceId: string, sha256: string, force: boolean) {
    const { devices, library, settings, newId } = this.#ports;
    const target = await devices.session(deviceId);
    const firmware = await library.get(sha256);
    if (!firmware) throw new LibraryError('FIRMWARE_UNKNOWN', 'no such firmware', { sha256 });
    const info = await target.refresh();
    const { targetSlotOf } = await import('./preflight.ts');
    const { record, dialect: known } = target.state.value;
    const dialect = known === 'unknown' ? 'otter' : known;
    if (dialect === 'otter' && target.token === undefined) throw new UpdateError('NOT_SIGNED_IN', 'sign in first', { deviceId });
    const options: UpdateRunOptions = {
      id: newId(),
      deviceId,
      deviceName: record.name,
      firmware,
      fromVersion: info.version,
      slot: targetSlotOf(info)?.label ?? '',
      dialect,
      confirmTimeoutMs: settings.value.value.confirmTimeoutS * 1000,
      force,
      onlyTrusted: record.onlyTrusted === true,
      ...defined({ guardedProduct: record.guardedProduct }),
    };
    return { options, target };
  }

  #portsOf(target: UpdateRunPorts['target']): UpdateRunPorts {
    const { library, devices } = this.#ports;
    return {
      ...this.#ports,
      target,
      bytes: (sha256) => library.bytes(sha256),
      inspect: (file, fileName) => library.inspect(file, fileName),
      history: (id) => devices.history(id),
      releases: async () => (await this.#ports.releases?.()) ?? [],
      addHistory: (entry) => devices.addHistory(entry),
      publish: (state) => this.#publish(state),
    };
  }

  /** Resolves once the job runs under the device's lock; the job itself goes on. */
  #hold(deviceId: string, run: UpdateRun): Promise<void> {
    return new Promise((resolve, reject) => {
      let last: UpdateJobState | undefined;
      const held = this.#ports.locks.tryHold(deviceLock(deviceId), async () => {
        this.#runs.set(deviceId, run);
        resolve();
        last = await run.run();
      });
      held
        .then((wasHeld) => {
          if (!wasHeld) reject(new UpdateError('UPDATE_IN_OTHER_TAB', 'another tab updates this device', { deviceId }));
          if (!last) return;
          // Only now, with history written and device free: whoever sees the end may start the next update at once.
          this.#runs.delete(deviceId);
          this.#publish(last);
        })
        .catch((error: unknown) => {
          this.#runs.delete(deviceId);
          reject(error as Error);
        });
    });
  }

  /** While another tab writes, it is looked at again and again: nobody tells when that tab dies. */
  async #lookAround(): Promise<void> {
    this.#looksDue++;
    if (this.#looksDue > 1) return;
    const { locks, clock, devices } = this.#ports;
    do {
      this.#looksDue = 1;
      const before = this.elsewhere.value;
      // The locks are read a moment before they are told of: one of ours may have been given back by then.
      const ours = new Set(this.#runs.keys());
      const now = new Set([...(await devicesInWork(locks))].filter((id) => !ours.has(id) && !this.#runs.has(id)));
      const isSame = now.size === before.size && [...now].every((id) => before.has(id));
      if (!isSame) this.elsewhere.set(now);
      // What it began has an end now, or never will.
      if ([...before].some((id) => !now.has(id))) devices.historyChanged();
      if (now.size > 0) await clock.sleep(LOOK_AROUND_MS);
      // Whoever asked meanwhile may know of something newer than what was just read.
    } while (this.elsewhere.value.size > 0 || this.#looksDue > 1);
    this.#looksDue = 0;
  }

  #publish(state: UpdateJobState): void {
    this.jobs.set(new Map(this.jobs.value).set(state.deviceId, state));
    this.busy.set([...this.jobs.value.values()].some((job) => job.outcome === 'running'));
  }
}

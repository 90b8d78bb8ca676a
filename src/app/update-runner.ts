/**
 * Does what the update machine says and tells it what came of it. Knows ports, not browsers; decides nothing.
 * Loaded when the first update starts.
 */
import { defined } from '../core/fields.ts';
import { assertNever } from '../core/errors.ts';
import { toHex } from '../core/bytes/hex.ts';
import { sha256 } from '../core/bytes/sha256.ts';
import type { EspImage } from '../core/image/model.ts';
import type { DeviceInfo } from '../core/ota/device-contract.ts';
import type { LogAct } from '../core/trust/log-acts.ts';
import { DeviceError, LibraryError, LinkError, UpdateError, isAbort, isAway, promisedReturnMs, toProblem } from './errors.ts';
import type { LinkErrorCode } from './errors.ts';
import type { CheckVerdict, FirmwareReport, HistoryEntry, Preflight, Problem, UpdateJobState } from './model.ts';
import type { Clock, DeviceDialect, DeviceLink, LeaveGuard, UploadOptions, WakeLock } from './ports.ts';
import { preflight } from './preflight.ts';
import { reasonCodes } from './preflight-reasons.ts';
import { markOf } from './trust/release-check.ts';
import type { KnownRelease } from './trust/release-services.ts';
import { judge, signatureFor } from './update-signature.ts';
import type { SignaturePorts } from './update-signature.ts';
import { createUpdateJob, step } from './update-job.ts';
import type { JobCommand, JobEvent, NewUpdateJob, UpdateJob } from './update-machine.ts';

/** A device that restarts should not hold a poll for long. */
const POLL_TIMEOUT_MS = 3000;

/** The device as the page already talks to it (`LiveDeviceSession`). */
export interface UpdateTarget {
  readonly link: DeviceLink;
  readonly token: string | undefined;
  expectRestart(): void;
  sawInfo(info: DeviceInfo, dialect: DeviceDialect): void;
  sawSilence(error: unknown): void;
  sawRefusal(error: unknown): void;
}

export interface UpdateRunPorts extends SignaturePorts {
  readonly target: UpdateTarget;
  readonly clock: Clock;
  readonly wakeLock: WakeLock;
  readonly leaveGuard: LeaveGuard;
  readonly bytes: (sha256: string) => Promise<Blob>;
  readonly inspect: (file: Blob, fileName: string) => Promise<FirmwareReport>;
  readonly history: (deviceId: string) => Promise<readonly HistoryEntry[]>;
  readonly releases?: () => Promise<readonly KnownRelease[]>;
  readonly addHistory: (entry: HistoryEntry) => Promise<void>;
  /** Hears of every state but the last, which `run` resolves with. */
  readonly publish: (state: UpdateJobState) => void;
}

export interface UpdateRunOptions extends Omit<NewUpdateJob, 'at'> {
  readonly force: boolean;
  readonly onlyTrusted: boolean;
  readonly guardedProduct?: string;
}

interface Parcel extends Pick<UploadOptions, 'md5' | 'signature'> {
  readonly bytes: Blob;
}

const END_ACTS = {
  confirmed: 'update-finished',
  unconfirmed: 'update-unconfirmed',
  failed: 'update-failed',
  stopped: 'update-stopped',
  'rolled-back': 'update-rolled-back',
} as const satisfies Record<Exclude<UpdateJobState['outcome'], 'running'>, LogAct>;

/** Nothing of the firmware can have reached a device that these tell of. */
const NOT_SENT: readonly LinkErrorCode[] = [
  'MIXED_CONTENT',
  'LOCAL_NETWORK_DENIED',
  'WORKER_MISSING',
  'NOT_A_DEVICE',
  'DEVICE_REFUSED',
  'NOT_SUPPORTED',
];

const isRefusal = (error: unknown): boolean =>
  error instanceof DeviceError || (error instanceof LinkError && NOT_SENT.includes(error.code));

/** In the middle of a job a missing session is an ended one. */
function toJobProblem(error: unknown): Problem {
  if (error instanceof DeviceError && error.code === 'NO_SESSION')
    return { code: 'SESSION_EXPIRED', message: error.message, details: { ...error.details } };
  return toProblem(error);
}

function summaryOf({ checks }: Preflight): string {
  const counts = new Map<string, number>();
  for (const { verdict } of checks) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
}

/** A device may hash the image in its slot and not what follows it in the file (signature blocks, padding). */
async function acceptedSha256s(file: Blob, report: FirmwareReport): Promise<readonly string[]> {
  const image: EspImage | undefined = report.content.kind === 'app' ? report.content.image : undefined;
  if (!image || image.imageLength >= file.size) return [report.sha256];
  const bytes = new Uint8Array(await file.slice(0, image.imageLength).arrayBuffer());
  return [report.sha256, toHex(await sha256(bytes))];
}

export class UpdateRun {
  readonly #options: UpdateRunOptions;
  readonly #ports: UpdateRunPorts;
  readonly #abort = new AbortController();
  readonly #finished: Promise<UpdateJobState>;
  #finish: (state: UpdateJobState) => void = () => undefined;
  #job: UpdateJob | undefined;
  #promisedMs = 0;
  #parcel: Parcel | undefined;
  #releaseLeaveGuard: () => void = () => undefined;

  constructor(options: UpdateRunOptions, ports: UpdateRunPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#finished = new Promise((resolve) => (this.#finish = resolve));
  }

  /** Resolves with the final state, whatever the outcome; never rejects for the world's faults. */
  async run(): Promise<UpdateJobState> {
    const { clock, wakeLock, leaveGuard } = this.#ports;
    const { force: _force, onlyTrusted: _onlyTrusted, guardedProduct: _guardedProduct, ...job } = this.#options;
    const releaseWakeLock = wakeLock.take();
    this.#releaseLeaveGuard = leaveGuard.take();
    try {
      const { job: fresh, commands } = createUpdateJob({ ...job, at: clock.now() });
      this.#take(fresh, commands);
      const state = await this.#finished;
      if (state.outcome !== 'running') await this.#noteEnd(state, state.outcome);
      return state;
    } finally {
      this.#releaseLeaveGuard();
      releaseWakeLock();
    }
  }

  stop(): void {
    this.#tell({ type: 'stop', at: this.#ports.clock.now() });
  }

  #tell(event: JobEvent): void {
    if (!this.#job) return;
    const { job, commands } = step(this.#job, event);
    this.#take(job, commands);
  }

  #take(job: UpdateJob, commands: readonly JobCommand[]): void {
    this.#job = job;
    if (job.step.at !== 'ended') this.#ports.publish(job.state);
    for (const command of commands) {
      // What the world does wrong was told to the machine; what is left is a bug, and must not leave a job running for ever.
      this.#execute(command).catch((error: unknown) => this.#giveUp(error));
    }
  }

  async #execute(command: JobCommand): Promise<void> {
    switch (command.do) {
      case 'check':
        return this.#check();
      case 'upload':
        return this.#upload();
      case 'abort':
        return this.#abort.abort();
      case 'ask-truth':
        return this.#askTruth(command.afterMs);
      case 'restart':
        await this.#note('started', { switched: true });
        return this.#restart();
      case 'poll':
        return this.#poll(command.afterMs);
      case 'written':
        return this.#releaseLeaveGuard();
      case 'finish':
        return this.#finish(this.#job!.state);
      default:
        return assertNever(command);
    }
  }

  #giveUp(error: unknown): void {
    const state: UpdateJobState = {
      ...this.#job!.state,
      outcome: 'failed',
      problem: toProblem(error),
      canStop: false,
      endedAt: this.#ports.clock.now(),
    };
    this.#job = { ...this.#job!, state, step: { at: 'ended' } };
    this.#finish(state);
  }

  /** Everything again and freshly: what the pre-flight page showed may be minutes old. */
  async #check(): Promise<void> {
    const { clock, target, bytes, inspect } = this.#ports;
    const { firmware, force, onlyTrusted, guardedProduct } = this.#options;
    try {
      const { info, dialect } = await target.link.getInfo({ signal: this.#abort.signal });
      target.sawInfo(info, dialect);
      const file = await bytes(firmware.sha256);
      const report = await inspect(file, firmware.fileName);
      if (report.sha256 !== firmware.sha256) {
        throw new LibraryError('FIRMWARE_CHANGED', 'the stored bytes are not what they were', {
          expected: firmware.sha256,
          found: report.sha256,
        });
      }
      const history = await this.#ports.history(this.#options.deviceId).catch(() => []);
      const releases = { known: (await this.#ports.releases?.()) ?? [], nowMs: clock.now() };
      const trust = await judge(firmware, this.#ports);
      const checks = preflight(report, firmware, { info, history, releases, onlyTrusted, ...defined({ guardedProduct, trust }) });
      this.#refuseUnlessAllowed(checks, force);
      this.#parcel = { bytes: file, md5: report.md5, ...(await signatureFor(info, firmware.sha256, { trust, ports: this.#ports })) };
      const accepted = await acceptedSha256s(file, report);
      const slot = checks.targetSlot ?? '';
      const signer = trust?.signature.status === 'trusted' && { signedBy: trust.signature.key.name };
      const release = defined({ release: markOf(firmware.sha256, releases.known) });
      const found = { before: info, slot, acceptedSha256s: accepted, summary: summaryOf(checks), ...signer, ...release };
      this.#tell({ type: 'checked', at: clock.now(), ...found });
    } catch (error) {
      this.#tell({ type: 'check-failed', at: clock.now(), problem: toJobProblem(error) });
    }
  }

  #refuseUnlessAllowed({ checks, decision }: Preflight, force: boolean): void {
    const failed = (verdict: CheckVerdict) => ({ checks: reasonCodes(checks, verdict) });
    if (decision === 'blocked') throw new UpdateError('PREFLIGHT_BLOCKED', 'this firmware does not fit this device', failed('block'));
    if (decision === 'force' && !force) throw new UpdateError('FORCE_NEEDED', 'a check warns and nobody said so', failed('warn'));
  }

  async #upload(): Promise<void> {
    const { clock, target } = this.#ports;
    const { firmware, dialect } = this.#options;
    const { bytes, ...parcel } = this.#parcel!;
    const call = {
      signal: this.#abort.signal,
      token: target.token,
      sha256: firmware.sha256,
      ...parcel,
      fileName: firmware.fileName,
      dialect,
    };
    this.#ports.record?.('update-started', this.#job!.state);
    await this.#note('started');
    if (this.#abort.signal.aborted) return this.#tell({ type: 'upload-aborted', at: clock.now() });
    try {
      const result = await target.link.upload(bytes, {
        ...call,
        onProgress: (progress) => this.#tell({ type: 'progress', at: clock.now(), progress }),
      });
      this.#tell({ type: 'uploaded', at: clock.now(), ...(result ? { result } : {}) });
    } catch (error) {
      const at = clock.now();
      if (this.#abort.signal.aborted || isAbort(error)) return this.#tell({ type: 'upload-aborted', at });
      target.sawRefusal(error);
      this.#tell({ type: isRefusal(error) ? 'upload-refused' : 'upload-broken', at, problem: toJobProblem(error) });
    }
  }

  async #askTruth(afterMs: number): Promise<void> {
    const { clock, target } = this.#ports;
    await clock.sleep(afterMs);
    try {
      const status = await target.link.updateStatus({ token: target.token });
      const info = status.state === 'interrupted' ? await this.#freshInfo() : undefined;
      this.#tell({ type: 'truth', at: clock.now(), status, ...(info && { info }) });
    } catch (error) {
      target.sawRefusal(error);
      this.#tell({ type: 'truth-missing', at: clock.now(), problem: toJobProblem(error) });
    }
  }

  async #freshInfo(): Promise<DeviceInfo | undefined> {
    const { target } = this.#ports;
    try {
      const { info, dialect } = await target.link.getInfo({ signal: AbortSignal.timeout(POLL_TIMEOUT_MS) });
      target.sawInfo(info, dialect);
      return info;
    } catch {
      return undefined;
    }
  }

  async #restart(): Promise<void> {
    const { clock, target } = this.#ports;
    try {
      await target.link.reboot({ token: target.token, dialect: this.#options.dialect });
    } catch (error) {
      // A connection that drops now is what was asked for.
      const isRestarting = isAway(error) || (error instanceof LinkError && !NOT_SENT.includes(error.code));
      if (!isRestarting) {
        target.sawRefusal(error);
        return this.#tell({ type: 'restart-refused', at: clock.now(), problem: toJobProblem(error) });
      }
    }
    this.#tell({ type: 'restart-asked', at: clock.now() });
  }

  async #poll(afterMs: number): Promise<void> {
    const { clock, target } = this.#ports;
    if (this.#job?.step.at === 'waiting') target.expectRestart();
    await clock.sleep(Math.max(afterMs, this.#promisedMs));
    this.#promisedMs = 0;
    try {
      const { info, dialect } = await target.link.getInfo({ signal: AbortSignal.timeout(POLL_TIMEOUT_MS) });
      target.sawInfo(info, dialect);
      this.#tell({ type: 'info', at: clock.now(), info });
    } catch (error) {
      this.#promisedMs = promisedReturnMs(error);
      target.sawSilence(error);
      this.#tell({ type: 'silence', at: clock.now() });
    }
  }

  async #noteEnd(state: UpdateJobState, outcome: keyof typeof END_ACTS): Promise<void> {
    this.#ports.record?.(END_ACTS[outcome], state);
    await this.#note(outcome);
  }

  /** One entry per job: from before the first byte is sent until its end, whatever becomes of this tab. */
  async #note(outcome: HistoryEntry['outcome'], more: Pick<HistoryEntry, 'switched'> = {}): Promise<void> {
    const { state } = this.#job!;
    const { firmware } = state;
    const entry: HistoryEntry = {
      id: state.id,
      deviceId: state.deviceId,
      at: state.startedAt,
      act: 'update',
      outcome,
      sha256: firmware.sha256,
      project: firmware.name,
      fromVersion: state.fromVersion,
      // Where the device proved it, by its own word: the library may know the same bytes by another name.
      toVersion: (state.outcome === 'confirmed' && state.proof?.version) || firmware.version,
      slot: state.slot,
      ...defined({ signedBy: state.signedBy, release: state.release }),
      ...(state.endedAt === undefined ? {} : { durationMs: state.endedAt - state.startedAt }),
      ...more,
      ...(state.problem ? { code: state.problem.code } : {}),
    };
    // A full disk loses the entry, but what happened on the device is still shown as it is.
    await this.#ports.addHistory(entry).catch(() => undefined);
  }
}

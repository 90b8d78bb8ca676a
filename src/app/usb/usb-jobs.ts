/**
 * One job of one session from its first line to its last: holds the device against other tabs, keeps the screen awake and the page open,
 * writes the history, and says how it ended. What is done in between is the order's.
 */
import { deviceLock } from '../attempts.ts';
import { toProblem } from '../errors.ts';
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { defined } from '../../core/fields.ts';
import type { LogAct } from '../../core/trust/log-acts.ts';
import type { HistoryEntry, Problem } from '../model.ts';
import { JobTracker } from './job-tracker.ts';
import type { JobEnd, NewJob } from './job-tracker.ts';
import { jobMs, type UsbJobKind, type UsbJobResult, type UsbJobState } from './model.ts';
import type { UsbPorts } from './usb-ports.ts';
import { UsbError } from './usb-errors.ts';

export interface JobOrder extends Omit<NewJob, 'id'> {
  /** Of the history: the same for every attempt at one job. */
  readonly id: string;
  readonly deviceId: string;
  /** What stands in the history of the device; absent: nothing that changes it. */
  readonly history?: Pick<HistoryEntry, 'act'> &
    Partial<Pick<HistoryEntry, 'sha256' | 'project' | 'fromVersion' | 'toVersion' | 'slot' | 'slotChange' | 'region' | 'release'>>;
  /** `touching` writes down what is going to be changed, just before it is. */
  run(tracker: JobTracker, signal: AbortSignal, touching: () => Promise<void>): Promise<JobEnd>;
  /** What it changes, as far as it got; all of it once it came to its end. Empty: nothing. */
  ranges(): readonly FlashRange[];
  /** What the chip was left in, after an end that was not good. */
  left(): NonNullable<UsbJobState['left']>;
  /** How far it is proven, after the cable was lost. */
  verifiedBytes(): number;
  /** False: after a break nobody could tell whether it is the same chip. Absent: so it can. */
  readonly canGoOn?: boolean;
  /** What waits for a person goes on without. */
  giveUpWaiting?(): void;
  /** SHA-256 of what it saved before it changed anything. */
  saved?(): string | undefined;
}

export interface JobHost {
  readonly ports: Pick<UsbPorts, 'clock' | 'locks' | 'wakeLock' | 'leaveGuard' | 'addHistory'> &
    Partial<Pick<UsbPorts, 'deviceName' | 'record'>>;
  isLoss(error: unknown): boolean;
  /** Hears of every state but the last. */
  publish(state: UsbJobState): void;
  /** After the order has run, before anybody hears of its end: whatever the job leaves of the connection. */
  afterwards(state: UsbJobState): Promise<void>;
}

const HISTORY_OUTCOMES: Readonly<Record<JobEnd['outcome'], HistoryEntry['outcome']>> = {
  done: 'done',
  failed: 'failed',
  stopped: 'stopped',
  lost: 'failed',
  unverified: 'unconfirmed',
};

const LOG_ACTS = {
  flash: 'usb-flash',
  restore: 'usb-restore',
  erase: 'usb-erase',
  read: 'usb-read',
  snapshot: 'usb-read',
  slots: 'usb-slots',
} as const satisfies Record<UsbJobKind, LogAct>;

export class UsbJob {
  readonly #order: JobOrder;
  readonly #host: JobHost;
  readonly #abort = new AbortController();
  readonly #tracker: JobTracker;

  constructor(order: JobOrder, host: JobHost) {
    this.#order = order;
    this.#host = host;
    this.#tracker = new JobTracker(order, host.ports.clock, (state) => host.publish(state));
  }

  /** Until then nothing of it reached the chip's start; from then on it can only be told to wait for nobody. */
  stop(): void {
    if (this.#tracker.state.canStop) this.#abort.abort();
    else this.#order.giveUpWaiting?.();
  }

  /** The first promise: it has begun, or cannot. The second: its last state, once the device is free again. */
  begin(): { readonly begun: Promise<void>; readonly ended: Promise<UsbJobState> } {
    const { deviceId } = this.#order;
    let started = (): void => undefined;
    const begun = new Promise<void>((resolve) => (started = resolve));
    let last: UsbJobState | undefined;
    const held = this.#host.ports.locks.tryHold(deviceLock(deviceId), async () => {
      started();
      last = await this.#run();
    });
    const ended = held.then(() => {
      if (!last) throw new UsbError('USB_IN_OTHER_TAB', 'another tab writes to this device', { deviceId });
      return last;
    });
    return { begun: Promise.race([begun, ended.then(() => undefined)]), ended };
  }

  async #run(): Promise<UsbJobState> {
    const { wakeLock, leaveGuard } = this.#host.ports;
    const releases = [wakeLock.take(), leaveGuard.take()];
    try {
      this.#tracker.begin();
      await this.#note('started');
      const state = this.#tracker.end(await this.#carryOut());
      await this.#host.afterwards(state);
      await this.#note(this.#outcomeOf(state));
      this.#record(state);
      return state;
    } finally {
      for (const release of releases) release();
    }
  }

  async #carryOut(): Promise<JobEnd> {
    try {
      return await this.#order.run(this.#tracker, this.#abort.signal, () => this.#note('started'));
    } catch (error) {
      const left = this.#order.left();
      const saved = this.#order.saved?.();
      const kept = { left, ...(saved !== undefined && { saved }) };
      if (this.#abort.signal.aborted) return { outcome: 'stopped', ...kept };
      if (!this.#host.isLoss(error)) return { outcome: 'failed', ...kept, problem: toProblem(error) };
      return { outcome: 'lost', ...kept, problem: lossProblem(error, this.#order), resumeFrom: this.#order.verifiedBytes() };
    }
  }

  #record({ kind, outcome, startedAt, endedAt = startedAt, problem, result }: UsbJobState): void {
    const { history, deviceId } = this.#order;
    const { record, deviceName } = this.#host.ports;
    record?.(LOG_ACTS[kind], {
      deviceId,
      deviceName: deviceName?.(deviceId),
      outcome,
      firmware: history?.project,
      version: result?.written?.version ?? history?.toVersion,
      sha256: history?.sha256 ?? result?.readSha256,
      slot: history?.slot,
      region: history?.region,
      bytes: result?.bytesWritten,
      durationMs: endedAt - startedAt,
      code: problem?.code,
      release: history?.release,
    });
  }

  #outcomeOf({ outcome, result }: UsbJobState): HistoryEntry['outcome'] {
    if (outcome === 'running') return 'started';
    // The boot log of the chip itself is the only witness of what started; what does not start by itself is only there.
    const isStarted = result?.provedBy === 'boot-log' && result.written?.startsNext !== false;
    return outcome === 'done' && isStarted ? 'confirmed' : HISTORY_OUTCOMES[outcome];
  }

  /** One entry per job: from before the first byte until its end, whatever becomes of this tab. */
  async #note(outcome: HistoryEntry['outcome']): Promise<void> {
    const { history, id, deviceId } = this.#order;
    if (!history) return;
    const { state } = this.#tracker;
    const { startedAt, endedAt, problem, result } = state;
    const ranges = this.#order.ranges();
    const entry: HistoryEntry = {
      id,
      deviceId,
      at: startedAt,
      outcome,
      ...history,
      ...versionsOf(result),
      ...(endedAt !== undefined && { durationMs: jobMs(state) }),
      ...(problem && { code: problem.code }),
      ...(ranges.length > 0 && { ranges }),
    };
    // A full disk loses the entry; what happened to the chip is still shown as it is.
    await this.#host.ports.addHistory(entry).catch(() => undefined);
  }
}

/** What was written to another slot than the one that starts stays under its own name. */
function versionsOf(result: UsbJobResult | undefined): Partial<Pick<HistoryEntry, 'fromVersion' | 'toVersion'>> {
  const { fromVersion, toVersion, written } = result ?? {};
  if (!written) return defined({ fromVersion, toVersion });
  return written.startsNext ? defined({ fromVersion, toVersion: written.version ?? toVersion }) : defined({ toVersion: written.version });
}

function lossProblem(error: unknown, { canGoOn }: JobOrder): Problem {
  const cause = toProblem(error);
  return { code: 'CABLE_LOST', message: cause.message, details: { ...cause.details, cause: cause.code, ...defined({ canGoOn }) } };
}

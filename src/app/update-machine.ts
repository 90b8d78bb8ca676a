/** What the update machine is made of: where it can stand, what it hears, what it orders, and the few ways in which every step changes it. */
import type { DeviceInfo, UpdateProgress, UpdateResult, UpdateStatus } from '../core/ota/device-contract.ts';
import type { FirmwareRecord, Problem, ReleaseMark, UpdateJobState, UpdateProof } from './model.ts';
import type { DeviceDialect } from './ports.ts';
import type { Expectation } from './update-proof.ts';
import { addLine, completeStage, failStages } from './update-stages.ts';
import type { SpeedMark } from './update-stages.ts';

/** Where the machine stands. `switched` elsewhere is never guessed: only the device's word sets it. */
export type Step =
  | { readonly at: 'checking' }
  | { readonly at: 'sending'; readonly stopping: boolean; readonly switched: boolean }
  /** The answer broke off, or the person stopped: the device is asked what is true. */
  | { readonly at: 'asking'; readonly why: 'broken' | 'stopped'; readonly original: Problem; readonly until: number }
  | { readonly at: 'restarting' }
  | { readonly at: 'waiting'; readonly since: number; readonly awaySince?: number; readonly until: number }
  | { readonly at: 'proving'; readonly awayMs: number; readonly backAt: number; readonly last: DeviceInfo; readonly until: number }
  | { readonly at: 'ended' };

export interface UpdateJob {
  readonly state: UpdateJobState;
  readonly step: Step;
  readonly dialect: DeviceDialect;
  readonly confirmTimeoutMs: number;
  readonly expected?: Expectation;
  readonly speedMark?: SpeedMark | undefined;
  /** An S1 device dropped the connection: its restart, or a failure. Its version will tell. */
  readonly doubt?: Problem;
}

export type JobEvent = { readonly at: number } & (
  | {
      readonly type: 'checked';
      readonly before: DeviceInfo;
      readonly slot: string;
      readonly acceptedSha256s: readonly string[];
      /** `7 pass, 1 note` */
      readonly summary: string;
      readonly signedBy?: string;
      readonly release?: ReleaseMark;
    }
  | { readonly type: 'check-failed'; readonly problem: Problem }
  | { readonly type: 'progress'; readonly progress: UpdateProgress }
  | { readonly type: 'uploaded'; readonly result?: UpdateResult }
  /** The device itself said no. */
  | { readonly type: 'upload-refused'; readonly problem: Problem }
  /** Nobody knows what the device received. */
  | { readonly type: 'upload-broken'; readonly problem: Problem }
  | { readonly type: 'upload-aborted' }
  /** `info` is asked for only where an interrupted update has to be told from a restarted device. */
  | { readonly type: 'truth'; readonly status: UpdateStatus; readonly info?: DeviceInfo }
  | { readonly type: 'truth-missing'; readonly problem: Problem }
  | { readonly type: 'stop' }
  | { readonly type: 'restart-asked' }
  | { readonly type: 'restart-refused'; readonly problem: Problem }
  | { readonly type: 'info'; readonly info: DeviceInfo }
  | { readonly type: 'silence' }
);

export type JobCommand =
  | { readonly do: 'check' }
  | { readonly do: 'upload' }
  | { readonly do: 'abort' }
  | { readonly do: 'ask-truth'; readonly afterMs: number }
  | { readonly do: 'restart' }
  | { readonly do: 'poll'; readonly afterMs: number }
  /** The page may be left again: nothing more is sent to the device. */
  | { readonly do: 'written' }
  | { readonly do: 'finish' };

export interface Stepped {
  readonly job: UpdateJob;
  readonly commands: readonly JobCommand[];
}

export interface NewUpdateJob {
  readonly id: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly firmware: FirmwareRecord;
  readonly fromVersion: string;
  readonly slot: string;
  readonly dialect: DeviceDialect;
  readonly confirmTimeoutMs: number;
  readonly at: number;
}

export const unchanged = (job: UpdateJob): Stepped => ({ job, commands: [] });

export function log(job: UpdateJob, at: number, who: 'otter' | 'device', text: string): UpdateJob {
  return { ...job, state: addLine(job.state, at, who, text) };
}

export const withState = (job: UpdateJob, change: Partial<UpdateJobState>): UpdateJob => ({ ...job, state: { ...job.state, ...change } });

type Ending = Exclude<UpdateJobState['outcome'], 'running'>;

const END_WORDS = {
  confirmed: 'confirmed',
  unconfirmed: 'ended unconfirmed',
  'rolled-back': 'the earlier firmware is back',
  failed: 'failed',
  stopped: 'stopped',
} as const satisfies Record<Ending, string>;

export function end(job: UpdateJob, at: number, outcome: Ending, extra: { problem?: Problem; proof?: UpdateProof } = {}): Stepped {
  const stages = outcome === 'confirmed' ? completeStage(job.state.stages, 'confirm', at) : failStages(job.state.stages, at);
  // Where the outcome is the problem, its code would only say the same once more.
  const code = extra.problem && outcome !== 'rolled-back' ? `: ${extra.problem.code}` : '';
  const logged = log(job, at, 'otter', `${END_WORDS[outcome]}${code}`);
  const state: UpdateJobState = { ...logged.state, stages, outcome, endedAt: at, canStop: false, ...extra };
  return { job: { ...logged, state, step: { at: 'ended' } }, commands: [{ do: 'finish' }] };
}

export const problem = (code: string, message: string, details: Problem['details'] = {}): Problem => ({ code, message, details });

/** The track of an update: how stages, speed and log change as reports arrive. Pure; a report can only move things forward. */
import type { UpdatePhase, UpdateProgress } from '../core/ota/device-contract.ts';
import { UPDATE_STAGES } from './model.ts';
import type { JobLine, SpeedSample, StageState, UpdateJobState, UpdateStage } from './model.ts';

const MAX_LOG_LINES = 500;
const MAX_SPEED_SAMPLES = 600;
const SPEED_SAMPLE_MS = 250;

/** `receiving` is not a stage of its own: what counts is what reached the flash. */
const STAGE_OF_PHASE = {
  receiving: undefined,
  erasing: 'erase',
  writing: 'write',
  verifying: 'verify',
  switching: 'verify',
} as const satisfies Record<UpdatePhase, UpdateStage | undefined>;

const rank = (stage: UpdateStage): number => UPDATE_STAGES.indexOf(stage);

export const newStages = (): readonly StageState[] => UPDATE_STAGES.map((stage) => ({ stage, status: 'waiting', done: 0, total: 0 }));

const isOpen = (stage: StageState): boolean => stage.status === 'waiting' || stage.status === 'active';

function close(stage: StageState, at: number): StageState {
  return { ...stage, status: 'done', done: stage.total, startedAt: stage.startedAt ?? at, endedAt: at };
}

/** Makes a stage the active one; all before it count as done. */
export function enterStage(stages: readonly StageState[], stage: UpdateStage, at: number, total = 0): readonly StageState[] {
  return stages.map((entry) => {
    if (rank(entry.stage) < rank(stage)) return isOpen(entry) ? close(entry, at) : entry;
    if (entry.stage !== stage || entry.status !== 'waiting') return entry;
    return { ...entry, status: 'active', total, startedAt: at };
  });
}

/** Everything up to and including `stage` is done. */
export function completeStage(stages: readonly StageState[], stage: UpdateStage, at: number): readonly StageState[] {
  return stages.map((entry) => (rank(entry.stage) <= rank(stage) && isOpen(entry) ? close(entry, at) : entry));
}

/** The stages under way failed, or the one that was to begin: a device may refuse before it does anything. Those to come stay as they are. */
export function failStages(stages: readonly StageState[], at: number): readonly StageState[] {
  const failed = stages.filter(({ status }) => status === 'active');
  const next = stages.find(({ status }) => status === 'waiting');
  if (failed.length === 0 && next) failed.push(next);
  return stages.map((entry) => (failed.includes(entry) ? { ...entry, status: 'failed', endedAt: at } : entry));
}

/**
 * A device may erase ahead of writing, sector by sector, so erase and write can be active together; `verify` closes both.
 * A count never falls: a late or repeated report changes nothing.
 */
export function reportStage(stages: readonly StageState[], progress: UpdateProgress, at: number): readonly StageState[] {
  const stage = STAGE_OF_PHASE[progress.phase];
  if (stage === undefined) return stages;
  const entered = stage === 'verify' ? enterStage(stages, 'verify', at, progress.total) : enterStage(stages, 'erase', at);
  return entered.map((entry) => {
    if (entry.stage !== stage || !isOpen(entry) || progress.phase === 'switching') return entry;
    const done = entry.total === progress.total ? Math.max(entry.done, progress.done) : progress.done;
    const moved: StageState = { ...entry, status: 'active', startedAt: entry.startedAt ?? at, done, total: progress.total };
    return stage === 'erase' && done === progress.total ? close(moved, at) : moved;
  });
}

/** The mark from which the next speed sample is measured. */
export interface SpeedMark {
  readonly at: number;
  readonly bytes: number;
  /** Set by the first report of writing. */
  readonly isFirst?: boolean;
}

/**
 * Bytes per second between two reports of the device. What waited in its network buffers while it erased is written in one go,
 * so the first interval says nothing of the link and gives no sample.
 */
export function measureSpeed(
  speed: readonly SpeedSample[],
  mark: SpeedMark | undefined,
  progress: UpdateProgress,
  at: number,
): { readonly speed: readonly SpeedSample[]; readonly mark: SpeedMark | undefined } {
  if (progress.phase !== 'writing') return { speed, mark };
  if (!mark) return { speed, mark: { at, bytes: progress.done, isFirst: true } };
  const elapsedMs = at - mark.at;
  if (elapsedMs < SPEED_SAMPLE_MS || progress.done < mark.bytes) return { speed, mark };
  const next: SpeedMark = { at, bytes: progress.done };
  if (mark.isFirst === true) return { speed, mark: next };
  const sample = { at, bytesPerSecond: ((progress.done - mark.bytes) * 1000) / elapsedMs };
  return { speed: [...speed, sample].slice(-MAX_SPEED_SAMPLES), mark: next };
}

/** The first lines stay (they say what was sent), the oldest of the rest give way. */
export function addLine(state: UpdateJobState, at: number, who: JobLine['who'], text: string): UpdateJobState {
  const line: JobLine = { atMs: Math.max(0, at - state.startedAt), who, text };
  const log = state.log.length < MAX_LOG_LINES ? state.log : [...state.log.slice(0, 20), ...state.log.slice(21)];
  return { ...state, log: [...log, line] };
}

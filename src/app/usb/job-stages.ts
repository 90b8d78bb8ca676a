/** The track of a USB job: how stages, speed and log change. Pure; nothing only ever moves back. */
import type { JobLine, SpeedSample } from '../model.ts';
import type { FlashStage, FlashStageState, UsbJobState } from './model.ts';

const MAX_LOG_LINES = 500;
const KEPT_FIRST_LINES = 20;
const MAX_SPEED_SAMPLES = 600;
const SPEED_SAMPLE_MS = 250;

export const newStages = (stages: readonly FlashStage[]): readonly FlashStageState[] =>
  stages.map((stage) => ({ stage, status: 'waiting', done: 0, total: 0 }));

const change = (
  stages: readonly FlashStageState[],
  stage: FlashStage,
  to: (state: FlashStageState) => FlashStageState,
): readonly FlashStageState[] => stages.map((state) => (state.stage === stage ? to(state) : state));

export const enterStage = (stages: readonly FlashStageState[], stage: FlashStage, at: number, total: number): readonly FlashStageState[] =>
  change(stages, stage, (state) => ({ ...state, status: 'active', done: 0, total, startedAt: state.startedAt ?? at }));

/** A count never falls. */
export const reportStage = (stages: readonly FlashStageState[], stage: FlashStage, done: number): readonly FlashStageState[] =>
  change(stages, stage, (state) => ({ ...state, done: Math.min(Math.max(done, state.done), state.total) }));

export const completeStage = (stages: readonly FlashStageState[], stage: FlashStage, at: number): readonly FlashStageState[] =>
  change(stages, stage, (state) => ({ ...state, status: 'done', done: state.total, startedAt: state.startedAt ?? at, endedAt: at }));

export const skipStage = (stages: readonly FlashStageState[], stage: FlashStage): readonly FlashStageState[] =>
  change(stages, stage, (state) => (state.status === 'waiting' ? { ...state, status: 'skipped' } : state));

/** What is under way when a job ends did not come to its end. */
export const breakStages = (stages: readonly FlashStageState[], at: number, status: 'failed' | 'stopped'): readonly FlashStageState[] =>
  stages.map((state) => (state.status === 'active' ? { ...state, status, endedAt: at } : state));

/** The first lines stay (they say what was to be done), the oldest of the rest give way. */
export function addLine(state: UsbJobState, at: number, text: string, who: JobLine['who'] = 'otter'): UsbJobState {
  const line: JobLine = { atMs: Math.max(0, at - state.startedAt), who, text };
  const { log } = state;
  const kept = log.length < MAX_LOG_LINES ? log : [...log.slice(0, KEPT_FIRST_LINES), ...log.slice(KEPT_FIRST_LINES + 1)];
  return { ...state, log: [...kept, line] };
}

export interface SpeedMark {
  readonly at: number;
  readonly bytes: number;
}

/** Bytes of flash per second, a few times a second. */
export function measureSpeed(
  speed: readonly SpeedSample[],
  mark: SpeedMark | undefined,
  now: SpeedMark,
): { readonly speed: readonly SpeedSample[]; readonly mark: SpeedMark } {
  if (!mark || now.bytes < mark.bytes) return { speed, mark: now };
  const elapsedMs = now.at - mark.at;
  if (elapsedMs < SPEED_SAMPLE_MS) return { speed, mark };
  const sample = { at: now.at, bytesPerSecond: ((now.bytes - mark.bytes) * 1000) / elapsedMs };
  return { speed: [...speed, sample].slice(-MAX_SPEED_SAMPLES), mark: now };
}

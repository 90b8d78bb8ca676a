/** What stands under each stage of the track: bytes and time left while it runs, how long it took once it is proven. */
import type { SpeedSample, StageState, UpdateJobState, UpdateStage } from '../../../app/model.ts';
import type { StageNotes } from '../../elements/track.ts';
import { firmwareWord, reportsProgress } from '../../job-words.ts';

const SECTOR_BYTES = 4096;
/** Speeds jump; the last few together tell how long it will take. */
const RECENT_SAMPLES = 8;

export const sectorCount = (bytes: number): number => Math.ceil(bytes / SECTOR_BYTES);

function recentSpeed(samples: readonly SpeedSample[]): number | undefined {
  const recent = samples.slice(-RECENT_SAMPLES);
  if (recent.length === 0) return undefined;
  return recent.reduce((sum, sample) => sum + sample.bytesPerSecond, 0) / recent.length;
}

/** Seconds until this stage has all its bytes; unknown while nothing was measured. */
export function secondsLeft(stage: StageState, samples: readonly SpeedSample[]): number | undefined {
  const speed = recentSpeed(samples);
  return speed !== undefined && speed > 0 && stage.total > 0 ? Math.ceil((stage.total - stage.done) / speed) : undefined;
}

/** Bytes ÷ time of the write stage, both as they stand under it; unknown while it runs. */
export function writeSpeed(job: UpdateJobState): number | undefined {
  const write = job.stages.find((stage) => stage.stage === 'write');
  if (write?.status !== 'done' || write.startedAt === undefined || write.endedAt === undefined) return undefined;
  const elapsedMs = write.endedAt - write.startedAt;
  return elapsedMs > 0 ? (job.firmware.size * 1000) / elapsedMs : undefined;
}

const kilobytes = (bytes: number): string => String(Math.round(bytes / 1024));

function tookWords({ startedAt, endedAt }: StageState): string {
  return startedAt === undefined || endedAt === undefined ? '' : `${((endedAt - startedAt) / 1000).toFixed(1)} s`;
}

function doneNote(stage: StageState, job: UpdateJobState): string {
  const took = tookWords(stage);
  switch (stage.stage) {
    case 'erase':
      return [`${sectorCount(job.firmware.size)} sectors`, took].filter(Boolean).join(', ');
    case 'write':
      return [`${kilobytes(job.firmware.size)} KB`, took].filter(Boolean).join(', ');
    case 'verify':
      return ['as sent', took].filter(Boolean).join(', ');
    default:
      return took;
  }
}

function activeNote(stage: StageState, job: UpdateJobState): string {
  switch (stage.stage) {
    case 'check':
      return 'asks the device';
    case 'restart':
      return 'no answer meanwhile';
    case 'confirm':
      return `waits for ${firmwareWord(job)}`;
    default: {
      const left = stage.stage === 'write' ? secondsLeft(stage, job.speed) : undefined;
      if (!reportsProgress(job)) return 'no reports';
      const bytes = stage.total > 0 ? `${kilobytes(stage.done)} of ${kilobytes(stage.total)} KB` : '';
      return [bytes, left === undefined ? '' : `${left} s left`].filter(Boolean).join(', ');
    }
  }
}

const WAITING_NOTES = {
  check: '',
  erase: '',
  write: '',
  verify: 'SHA-256',
  restart: 'a moment',
  confirm: '',
} as const satisfies Record<UpdateStage, string>;

function note(stage: StageState, job: UpdateJobState): string {
  switch (stage.status) {
    case 'done':
      return doneNote(stage, job);
    case 'active':
      return activeNote(stage, job);
    case 'failed':
      return 'stopped here';
    case 'waiting':
      return stage.stage === 'confirm' ? `waits for ${firmwareWord(job)}` : WAITING_NOTES[stage.stage];
  }
}

export function stageNotes(job: UpdateJobState): StageNotes {
  return Object.fromEntries(job.stages.map((stage) => [stage.stage, note(stage, job)]));
}

/** Bytes that the device says lie in flash. */
export function writtenBytes(job: UpdateJobState): number {
  const write = job.stages.find((stage) => stage.stage === 'write');
  if (!write || write.status === 'waiting') return 0;
  return write.status === 'done' ? job.firmware.size : write.done;
}

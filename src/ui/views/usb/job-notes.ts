/** What stands under each stage of a job over the cable: bytes, time left, how long it took. Pure. */
import type { FlashStage, FlashStageState, UsbJobState } from '../../../app/usb/model.ts';
import type { SpeedSample } from '../../../app/model.ts';
import type { Reading } from '../../elements/speed.ts';
import { activeFlashStage } from '../../usb-words.ts';

/** Speeds jump; the last few together tell how long it will take. */
const RECENT_SAMPLES = 8;

export function secondsLeft({ done, total }: FlashStageState, samples: readonly SpeedSample[]): number | undefined {
  const recent = samples.slice(-RECENT_SAMPLES);
  const speed = recent.reduce((sum, sample) => sum + sample.bytesPerSecond, 0) / recent.length;
  return speed > 0 && total > 0 ? Math.ceil((total - done) / speed) : undefined;
}

/** Of all that was read and written, by the clock of its stages: samples at an end that hangs say nothing of the bytes before. */
export function averageSpeed({ stages, speed }: UsbJobState): number | undefined {
  const timed = stages.filter(({ stage, startedAt }) => (stage === 'read' || stage === 'write') && startedAt !== undefined);
  const now = speed.at(-1)?.at ?? 0;
  const bytes = timed.reduce((sum, { done }) => sum + done, 0);
  const ms = timed.reduce((sum, { startedAt = now, endedAt = now }) => sum + Math.max(0, endedAt - startedAt), 0);
  return bytes > 0 && ms > 0 ? (bytes * 1000) / ms : undefined;
}

const kilobytes = (bytes: number): string => String(Math.round(bytes / 1024));

function took({ startedAt, endedAt }: FlashStageState): string {
  return startedAt === undefined || endedAt === undefined ? '' : `${((endedAt - startedAt) / 1000).toFixed(1)} s`;
}

function note(stage: FlashStageState, job: UsbJobState): string {
  switch (stage.status) {
    case 'waiting':
      return stage.stage === 'verify' ? 'MD5' : '';
    case 'skipped':
      return 'not needed';
    case 'failed':
      return stage.stage === 'start' ? 'does not run' : 'stopped here';
    case 'stopped':
      return 'stopped by you';
    case 'done':
      return [stage.total > 0 ? `${kilobytes(stage.total)} KB` : '', took(stage)].filter(Boolean).join(', ');
    case 'active': {
      const left = secondsLeft(stage, job.speed);
      const bytes = stage.total > 0 ? `${kilobytes(stage.done)} of ${kilobytes(stage.total)} KB` : 'under way';
      return [bytes, left === undefined ? '' : `${left} s left`].filter(Boolean).join(', ');
    }
  }
}

/** What the job as a whole says of its start: a chip that crashed has not started, whatever the stage did. */
export function shownStages(job: UsbJobState): readonly FlashStageState[] {
  if (job.outcome !== 'unverified' || !job.problem || !START_FAULTS.has(job.problem.code)) return job.stages;
  return job.stages.map((stage) => (stage.stage === 'start' ? { ...stage, status: 'failed' } : stage));
}

const START_FAULTS: ReadonlySet<string> = new Set(['APP_CRASHES', 'DOES_NOT_START', 'OTHER_VERSION_STARTS']);

/** Shares of the canal before anybody knows better, by how long a stage usually takes. */
const USUAL_SHARES = { connect: 1, read: 3, compare: 1, erase: 2, write: 6, verify: 1, start: 1 } as const satisfies Record<
  FlashStage,
  number
>;

const FULL_SHARE = 100;
const usualShare = ({ stage, status }: FlashStageState): number => (status === 'skipped' ? 0 : USUAL_SHARES[stage]);
const tookMs = ({ startedAt, endedAt }: FlashStageState): number => (startedAt === undefined ? 0 : (endedAt ?? startedAt) - startedAt);

/** By stage. Once it is over, as long as each took; a stage that was not needed takes no room but that of its name. */
export function flashStageShares({ stages, outcome }: UsbJobState): Readonly<Record<string, number>> {
  const shares = stages.map(outcome === 'done' || outcome === 'unverified' ? tookMs : usualShare);
  const total = shares.reduce((sum, share) => sum + share, 0);
  // Shares of less than 1 in all would leave a part of the canal empty.
  return Object.fromEntries(stages.map(({ stage }, index) => [stage, total > 0 ? (shares[index]! / total) * FULL_SHARE : 1]));
}

export function flashStageNotes(job: UsbJobState): Readonly<Record<string, string>> {
  return Object.fromEntries(shownStages(job).map((stage) => [stage.stage, note(stage, job)]));
}

export function timeLeft(job: UsbJobState): readonly Reading[] {
  const stage = activeFlashStage(job);
  const left = stage && secondsLeft(stage, job.speed);
  return left === undefined ? [] : [{ label: 'this stage', value: String(left), unit: 's left' }];
}

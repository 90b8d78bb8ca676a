/** What stands under each stage of a job over the cable: bytes, time left, how long it took. Pure. */
import type { FlashStageState, UsbJobState } from '../../../app/usb/model.ts';
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
      return 'stopped here';
    case 'done':
      return [stage.total > 0 ? `${kilobytes(stage.total)} KB` : '', took(stage)].filter(Boolean).join(', ');
    case 'active': {
      const left = secondsLeft(stage, job.speed);
      const bytes = stage.total > 0 ? `${kilobytes(stage.done)} of ${kilobytes(stage.total)} KB` : 'under way';
      return [bytes, left === undefined ? '' : `${left} s left`].filter(Boolean).join(', ');
    }
  }
}

export function flashStageNotes(job: UsbJobState): Readonly<Record<string, string>> {
  return Object.fromEntries(job.stages.map((stage) => [stage.stage, note(stage, job)]));
}

export function timeLeft(job: UsbJobState): readonly Reading[] {
  const stage = activeFlashStage(job);
  const left = stage && secondsLeft(stage, job.speed);
  return left === undefined ? [] : [{ label: 'this stage', value: String(left), unit: 's left' }];
}

/** An update in sentences: what to expect while it runs, what is so after it ended; and the leap from old to new. */
import { html, type TemplateResult } from 'lit';
import type { Problem, UpdateJobState } from '../../../app/model.ts';
import '../../elements/leap.ts';
import type { LeapOutcome } from '../../elements/leap.ts';
import { slotLetter } from '../../elements/slot-words.ts';
import { formatMoment } from '../../format.ts';
import { activeStage, firmwareWord, jobHeadline, reportsProgress } from '../../job-words.ts';

/** Ended without a problem of its own: the outcome is the problem. */
const OUTCOME_CODES = {
  unconfirmed: 'NOT_CONFIRMED',
  'rolled-back': 'ROLLED_BACK',
  failed: 'UNEXPECTED',
  stopped: 'UPDATE_ERROR_ABORT',
} as const satisfies Partial<Record<UpdateJobState['outcome'], string>>;

export function problemOf(job: UpdateJobState): Problem {
  const code = OUTCOME_CODES[job.outcome as keyof typeof OUTCOME_CODES];
  return job.problem ?? { code, message: jobHeadline(job), details: {} };
}

export function runningLead(job: UpdateJobState, earlierMs: number | undefined): string {
  const stage = activeStage(job)?.stage;
  const old = job.fromVersion || 'What runs';
  if (stage === 'write' && !reportsProgress(job)) {
    const earlier = earlierMs === undefined ? '' : ` Its last update took ${Math.ceil(earlierMs / 1000)} s in all.`;
    return `This device does not report its progress: the file is on its way, and how far it is only the device knows.${earlier} ${old} keeps running until the restart. Keep this tab open.`;
  }
  if (stage === 'restart') return 'The connection drops while the device restarts. That is expected; Otter asks until it is back.';
  if (stage === 'confirm' && !reportsProgress(job)) return 'It is back. Its version tells which firmware runs.';
  if (stage === 'confirm')
    return 'It is back. Now the new firmware has to tell the boot loader that it is well; until then the way back is open.';
  return `${old} keeps running until the restart. Keep this tab open; the screen stays awake.`;
}

/** Two that are called the same are told apart by the letters of their slots. */
export function leap({ fromVersion, fromSlot, slot, ...job }: UpdateJobState, outcome: LeapOutcome): TemplateResult {
  const to = firmwareWord({ fromVersion, slot, ...job });
  const isSame = to === fromVersion && fromSlot && slot;
  return html`<ot-leap
    .from=${isSame ? `${slotLetter(fromSlot)} ${fromVersion}` : fromVersion}
    .to=${isSame ? `${slotLetter(slot)} ${to}` : to}
    .outcome=${outcome}
  ></ot-leap>`;
}

export function endedWords(job: UpdateJobState): string {
  return job.endedAt === undefined
    ? job.deviceName
    : `${formatMoment(job.endedAt)}, ${((job.endedAt - job.startedAt) / 1000).toFixed(1)} s in all`;
}

/** Once the first sector is erased, what was in the slot is no way back any more. */
function lostWords({ stages, slot, overwrites }: UpdateJobState): string {
  const isErased = stages.some(({ stage, startedAt }) => stage === 'erase' && startedAt !== undefined);
  return isErased && overwrites
    ? ` ${overwrites}, which was in ${slot}, is gone: there is nothing to roll back to until an update succeeds.`
    : '';
}

export function endedLead(job: UpdateJobState): string {
  const version = firmwareWord(job);
  switch (job.outcome) {
    case 'rolled-back':
      if (!job.proof?.runningSlot)
        return `${job.deviceName} took ${version} and came back with ${job.fromVersion || 'what it ran before'}. It does not say whether ${version} was started at all.`;
      if (job.problem?.details['by'] === 'reset')
        return `${version} was written and started, and the board was restarted before ${version} confirmed itself, so the boot loader put ${job.fromVersion || 'the earlier firmware'} back. That says nothing against ${version}.`;
      return `Automatic rollback: ${version} was written and started, failed before it confirmed itself, and the boot loader put ${job.fromVersion || 'the earlier firmware'} back. Nothing has to be repaired.`;
    case 'unconfirmed':
      return job.proof
        ? `${version} answers, but has not confirmed itself. Otter does not call that done.`
        : `${version} was written. What runs now is not known until the device answers.`;
    case 'stopped':
      if (!reportsProgress(job))
        return `${job.fromVersion || 'What ran'} runs on, unless ${job.deviceName} had the whole file already and restarts into it. Its page shows which.`;
      return `You stopped before the slot was switched. ${job.fromVersion || 'What ran'} runs on; ${job.slot || 'the other slot'} holds an unfinished write that can never start.${lostWords(job)}`;
    default:
      return `${job.deviceName} still runs ${job.fromVersion || 'what it ran'}.${lostWords(job)}`;
  }
}

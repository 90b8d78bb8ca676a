/** An update job in words: what is true now, for headings, the rail and the live region. No markup. */
import { assertNever } from '../core/errors.ts';
import type { LampState } from './elements/icons.ts';
import { shortName } from './format.ts';
import type { SlotSwitch, StageState, UpdateJobState, UpdateStage } from '../app/model.ts';

export const STAGE_NAMES = {
  check: 'Check',
  erase: 'Erase',
  write: 'Write',
  verify: 'Read back',
  restart: 'Restart',
  confirm: 'Confirm',
} as const satisfies Record<UpdateStage, string>;

const DOING = {
  check: 'Checking',
  erase: 'Erasing',
  write: 'Writing',
  verify: 'Reading back',
  restart: 'Restarting',
  confirm: 'Waiting for the confirmation',
} as const satisfies Record<UpdateStage, string>;

export const JOB_LAMPS = {
  running: 'busy',
  confirmed: 'on',
  unconfirmed: 'unconfirmed',
  'rolled-back': 'stopped',
  failed: 'stopped',
  stopped: 'off',
} as const satisfies Record<UpdateJobState['outcome'], LampState>;

export function activeStage(job: UpdateJobState): StageState | undefined {
  return job.stages.find((stage) => stage.status === 'active');
}

/** False: the device takes a file and says nothing until it is back (the classic updater page). */
export const reportsProgress = (job: UpdateJobState): boolean => job.stages.some(({ stage }) => stage === 'erase');

/** What the firmware is called in a heading: as the device that proved it says, else its version, else its file. */
export function firmwareWord(job: UpdateJobState): string {
  const proven = job.outcome === 'confirmed' ? job.proof?.version : undefined;
  return proven || job.firmware.version || shortName(job.firmware.fileName, 24);
}

/** The device changed its slot by hand since: what the job left behind is no longer what runs. */
export const isOver = (job: UpdateJobState | undefined, slotSwitch: SlotSwitch | undefined): boolean =>
  slotSwitch !== undefined && slotSwitch.startedAt > (job?.startedAt ?? 0);

/** Both versions of an update; two that are called the same are told apart by their slots. */
export function versionsOf(job: UpdateJobState): { readonly from: string; readonly to: string } {
  const [from, to] = [job.fromVersion, firmwareWord(job)];
  if (from !== to || !job.fromSlot || !job.slot) return { from: from || 'what ran', to };
  return { from: `${from} in ${job.fromSlot}`, to: `${to} in ${job.slot}` };
}

/** From `restart` on the slot is switched: there is nothing to stop any more. */
export function canStop(job: UpdateJobState): boolean {
  const stage = activeStage(job)?.stage;
  return job.outcome === 'running' && stage !== 'restart' && stage !== 'confirm';
}

/** For the rail and the lamp above the heading. */
export function shortJobWords(job: UpdateJobState): string {
  switch (job.outcome) {
    case 'running': {
      const stage = activeStage(job);
      return stage ? DOING[stage.stage] : 'Sending';
    }
    case 'confirmed':
      return job.proof && !job.proof.runningSlot ? 'By its version' : 'Proven';
    case 'unconfirmed':
      return 'Unconfirmed';
    case 'rolled-back':
      return 'Rolled back';
    case 'failed':
      return 'Failed';
    case 'stopped':
      return 'Stopped';
    default:
      return assertNever(job.outcome);
  }
}

/** The heading of the job's page; `isOver` as above. */
export function jobHeadline(job: UpdateJobState, isOver = false): string {
  const version = firmwareWord(job);
  switch (job.outcome) {
    case 'running': {
      const stage = activeStage(job)?.stage;
      if (stage === 'restart') return `Rebooting… waiting for ${version}`;
      if (stage === 'confirm') return `${version} runs, and has yet to confirm itself`;
      return `${version} is on its way to ${job.slot || job.deviceName}`;
    }
    case 'confirmed':
      return `${job.deviceName} ${isOver ? 'ran' : 'runs'} ${version}`;
    case 'unconfirmed':
      return job.proof ? `${job.deviceName} ${isOver ? 'ran' : 'runs'} ${version}, unconfirmed` : `${job.deviceName} has not come back yet`;
    case 'rolled-back':
      return `${job.deviceName} went back to ${job.proof?.version || job.fromVersion}`;
    case 'failed':
      return `${version} was not installed`;
    case 'stopped':
      return reportsProgress(job) ? `Stopped: ${job.deviceName} keeps ${job.fromVersion}` : `Stopped sending to ${job.deviceName}`;
    default:
      return assertNever(job.outcome);
  }
}

/** What the live region says when the job enters a stage or ends. */
export function jobAnnouncement(job: UpdateJobState): string {
  const stage = activeStage(job);
  if (job.outcome === 'running' && stage) {
    const index = job.stages.indexOf(stage);
    const place = `Stage ${index + 1} of ${job.stages.length}, ${STAGE_NAMES[stage.stage].toLowerCase()}`;
    if (stage.stage === 'restart') return `${place}: ${job.deviceName} restarts, waiting for ${firmwareWord(job)}.`;
    if (stage.stage === 'confirm') return `${place}: ${firmwareWord(job)} runs, and has to confirm itself.`;
    return `${place}: ${job.deviceName}.`;
  }
  if (job.outcome === 'running') return `Update of ${job.deviceName} to ${firmwareWord(job)} begins.`;
  if (job.outcome === 'confirmed')
    return `Done. ${jobHeadline(job)}, ${job.proof?.slotSha256 ? 'read back and confirmed' : 'by its own word'}.`;
  return `${jobHeadline(job)}.`;
}

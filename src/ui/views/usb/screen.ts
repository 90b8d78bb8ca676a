/** Which of its screens the page of a port shows: what the state of the session says of it, and nothing else. Pure. */
import type { UsbState } from '../../../app/usb/model.ts';

export type Screen = 'idle' | 'connecting' | 'chip' | 'plan' | 'job';

export function screenOf({ job, phase, bundle, plan }: UsbState): Screen {
  if (job) return 'job';
  if (phase === 'connecting') return 'connecting';
  if (phase !== 'ready' && phase !== 'working') return 'idle';
  return bundle || plan ? 'plan' : 'chip';
}

/** A plan, and a job that went as it should, have no use for all of the log. */
export const isBeside = (state: UsbState): boolean =>
  screenOf(state) === 'plan' || (state.job !== undefined && state.job.outcome !== 'unverified');

/** The second half of the update machine: the restart, the wait for the device, and what its word proves. */
import { assertNever } from '../core/errors.ts';
import type { DeviceInfo } from '../core/ota/device-contract.ts';
import type { Problem } from './model.ts';
import { end, log, problem, unchanged, withState } from './update-machine.ts';
import type { JobCommand, JobEvent, Step, Stepped, UpdateJob } from './update-machine.ts';
import { hasRestarted, judge, proofOf } from './update-proof.ts';
import { enterStage } from './update-stages.ts';

/** A crash loop of four boots with rollback must fit. */
export const RETURN_TIMEOUT_MS = 90_000;
const POLL_INTERVAL_MS = 500;

const POLL = { do: 'poll', afterMs: POLL_INTERVAL_MS } as const satisfies JobCommand;

export function waitForReturn(job: UpdateJob, at: number): Stepped {
  const step: Step = { at: 'waiting', since: at, until: at + RETURN_TIMEOUT_MS };
  return { job: { ...log(job, at, 'otter', 'restarting'), step }, commands: [{ do: 'written' }, POLL] };
}

export function whileRestarting(job: UpdateJob, event: JobEvent): Stepped {
  if (event.type === 'restart-asked') return waitForReturn(job, event.at);
  // The firmware is in place and will start with the next restart, so this is no failure of the update.
  if (event.type === 'restart-refused') return end(job, event.at, 'unconfirmed', { problem: event.problem });
  return unchanged(job);
}

export function whileWaiting(job: UpdateJob, step: Extract<Step, { at: 'waiting' }>, event: JobEvent): Stepped {
  if (event.type === 'silence') {
    if (event.at >= step.until) return neverBack(job, event.at, 'DID_NOT_RETURN');
    const isFirst = step.awaySince === undefined;
    const next = isFirst ? log(job, event.at, 'otter', 'the device is away') : job;
    return { job: { ...next, step: { ...step, awaySince: step.awaySince ?? event.at } }, commands: [POLL] };
  }
  if (event.type !== 'info' || !job.expected) return unchanged(job);
  if (step.awaySince === undefined && !hasRestarted(job.expected, event.info, event.at)) {
    return event.at >= step.until ? neverBack(job, event.at, 'DID_NOT_RESTART') : { job, commands: [POLL] };
  }
  const awayMs = event.at - (step.awaySince ?? step.since);
  const stages = enterStage(job.state.stages, 'confirm', event.at);
  const back = log(withState(job, { stages }), event.at, 'device', `back after ${awayMs} ms: ${event.info.version}`);
  const proving: Step = { at: 'proving', awayMs, backAt: event.at, last: event.info, until: event.at + job.confirmTimeoutMs };
  return whileProving({ ...back, step: proving }, proving, event);
}

function neverBack(job: UpdateJob, at: number, code: 'DID_NOT_RETURN' | 'DID_NOT_RESTART'): Stepped {
  // Without a restart there is no reason to take an S1 device's dropped connection for success.
  if (job.doubt && code === 'DID_NOT_RESTART') return end(job, at, 'failed', { problem: job.doubt });
  return end(job, at, 'unconfirmed', { problem: problem(code, 'the device was asked to restart') });
}

/** The way back is the boot loader's in each case; why it took it, its last reset tells: the power, or the new firmware. */
function rollbackFacts({ slots, reset_reason = '' }: DeviceInfo): Problem['details'] {
  if (!slots) return { by: 'version' };
  return FROM_OUTSIDE.test(reset_reason) ? { by: 'reset', reset: reset_reason } : {};
}

/** `esp_reset_reason_t`: nothing that a firmware does to itself. */
const FROM_OUTSIDE = /^(?:ESP_RST_)?(?:POWERON|EXT|BROWNOUT)$/i;

export function whileProving(job: UpdateJob, step: Extract<Step, { at: 'proving' }>, event: JobEvent): Stepped {
  const { expected } = job;
  if (!expected || (event.type !== 'info' && event.type !== 'silence')) return unchanged(job);
  const { at } = event;
  const isLate = at >= step.until;
  if (event.type === 'silence') {
    // It restarts once more: to roll back, or because it crashed.
    if (!isLate) return { job, commands: [POLL] };
    return end(job, at, 'unconfirmed', {
      problem: problem('DID_NOT_RETURN', 'away again'),
      proof: proofOf(expected, step.last, step.awayMs),
    });
  }
  const { info } = event;
  const verdict = judge(expected, info);
  const proof = proofOf(expected, info, step.awayMs);
  switch (verdict.verdict) {
    case 'confirmed':
      return end(job, at, 'confirmed', { proof: { ...proof, confirmMs: at - step.backAt } });
    case 'rolled-back':
      if (job.doubt) return end(job, at, 'failed', { problem: job.doubt, proof });
      return end(job, at, 'rolled-back', {
        problem: problem('ROLLED_BACK', `came back with ${info.version}`, rollbackFacts(info)),
        proof,
      });
    case 'unproven':
      return end(job, at, 'unconfirmed', { problem: problem(verdict.code, `came back with ${info.version}`), proof });
    case 'pending':
      if (isLate) return end(job, at, 'unconfirmed', { problem: problem('NOT_CONFIRMED', `runs ${info.version}`), proof });
      return { job: withState({ ...job, step: { ...step, last: info } }, { proof }), commands: [POLL] };
    default:
      return assertNever(verdict);
  }
}

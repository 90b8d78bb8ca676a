/**
 * One update of one device as a machine: `step(job, event) → {job, commands}`. It decides what happens next and what may
 * be claimed at the end; `update-runner.ts` does what the commands say and reports back. No clock, no network, no words
 * for people but the log of the job. An event that does not fit the step it arrives in changes nothing.
 */
import { assertNever } from '../core/errors.ts';
import type { DeviceInfo, UpdateProgress, UpdateResult } from '../core/ota/device-contract.ts';
import type { Problem, StageState, UpdateJobState, UpdateStage } from './model.ts';
import type { DeviceDialect } from './ports.ts';
import { end, log, problem, unchanged, withState } from './update-machine.ts';
import type { JobEvent, NewUpdateJob, Step, Stepped, UpdateJob } from './update-machine.ts';
import { hasRestarted, type Expectation } from './update-proof.ts';
import { waitForReturn, whileProving, whileRestarting, whileWaiting } from './update-return.ts';
import { addLine, completeStage, enterStage, measureSpeed, newStages, reportStage } from './update-stages.ts';

/** How long the page asks a device what became of an update whose answer broke off. */
export const TRUTH_TIMEOUT_MS = 20_000;
const TRUTH_INTERVAL_MS = 700;

/** Without a word of the device about erasing and reading back there is nothing to show for them. */
const S1_STAGES: readonly UpdateStage[] = ['check', 'write', 'restart', 'confirm'];

const stagesOf = (dialect: DeviceDialect): readonly StageState[] =>
  dialect === 's1' ? newStages().filter(({ stage }) => S1_STAGES.includes(stage)) : newStages();

export function createUpdateJob(options: NewUpdateJob): Stepped {
  const { at, dialect, confirmTimeoutMs, ...named } = options;
  const stages = enterStage(stagesOf(dialect), 'check', at);
  const fresh: UpdateJobState = { ...named, stages, speed: [], log: [], startedAt: at, outcome: 'running', canStop: true };
  const { firmware } = options;
  const state = addLine(fresh, at, 'otter', `${firmware.name} ${firmware.version}, ${firmware.size} bytes, SHA-256 ${firmware.sha256}`);
  return { job: { state, step: { at: 'checking' }, dialect, confirmTimeoutMs }, commands: [{ do: 'check' }] };
}

// ---- check and write ----

function onChecked(job: UpdateJob, event: Extract<JobEvent, { type: 'checked' }>): Stepped {
  const { at, before, slot, acceptedSha256s, summary, signedBy, release } = event;
  const expected: Expectation = { before, beforeAt: at, firmware: job.state.firmware, slot, acceptedSha256s };
  // A device that reports its phases begins with the first one it names; another has one stage, without bytes, for the whole transfer.
  const completed = completeStage(job.state.stages, 'check', at);
  const stages = job.dialect === 'otter' ? completed : enterStage(completed, 'write', at);
  const places = { slot, ...overwritten(before, slot), ...(before.running === undefined ? {} : { fromSlot: before.running }) };
  const signature = {
    ...(signedBy !== undefined && { signedBy }),
    ...(release && { release }),
    ...(before.signature_required === true && { isVerifiedByDevice: true as const }),
  };
  const signed = signedBy === undefined ? '' : `; signed by ${signedBy}`;
  const released = release ? `; release ${release.counter} of ${release.publisher}` : '';
  const next = log(
    withState({ ...job, expected }, { stages, ...places, ...signature }),
    at,
    'otter',
    `checked: ${summary}${signed}${released}`,
  );
  return { job: { ...next, step: { at: 'sending', stopping: false, switched: false } }, commands: [{ do: 'upload' }] };
}

/** An update that does not end well costs what was in its slot, which may have been the way back. */
function overwritten({ slots }: DeviceInfo, label: string): Pick<UpdateJobState, 'overwrites'> {
  const version = slots?.find((slot) => slot.label === label && slot.state !== 'EMPTY')?.version;
  return version ? { overwrites: version } : {};
}

const phaseLine = ({ phase, total }: UpdateProgress, slot: string): string =>
  phase === 'switching' ? `switching the boot slot${slot ? ` to ${slot}` : ''}` : `${phase} ${slot}, ${total} bytes`;

function onProgress(job: UpdateJob, progress: UpdateProgress, at: number): UpdateJob {
  const isNewPhase = !job.state.log.some((line) => line.who === 'device' && line.text.startsWith(`${progress.phase} `));
  const logged = isNewPhase ? log(job, at, 'device', phaseLine(progress, job.state.slot)) : job;
  const { speed, mark } = measureSpeed(job.state.speed, job.speedMark, progress, at);
  const stages = reportStage(job.state.stages, progress, at);
  return withState({ ...logged, speedMark: mark }, { stages, speed });
}

function onUploaded(job: UpdateJob, at: number, result: UpdateResult | undefined): Stepped {
  const stages = enterStage(completeStage(job.state.stages, 'verify', at), 'restart', at);
  let next = withState(job, { stages, canStop: false });
  if (result) {
    next = log(next, at, 'device', `verified ${result.bytes} bytes in ${result.slot}, SHA-256 ${result.sha256}`);
    if (next.expected) next = withState({ ...next, expected: { ...next.expected, slot: result.slot } }, { slot: result.slot });
  }
  // S1 restarts by itself after its answer.
  if (job.dialect === 's1') return waitForReturn(next, at);
  return { job: { ...next, step: { at: 'restarting' } }, commands: [{ do: 'restart' }] };
}

function askTruth(job: UpdateJob, at: number, why: 'broken' | 'stopped', original: Problem): Stepped {
  const text = why === 'broken' ? `the answer broke off (${original.code}); asking the device` : 'asking the device whether it stopped';
  const step: Step = { at: 'asking', why, original, until: at + TRUTH_TIMEOUT_MS };
  return { job: { ...withState(log(job, at, 'otter', text), { canStop: false }), step }, commands: [{ do: 'ask-truth', afterMs: 0 }] };
}

function onBroken(job: UpdateJob, at: number, original: Problem): Stepped {
  if (job.dialect === 'otter') return askTruth(job, at, 'broken', original);
  // The reset after the last byte cuts the answer of many S1 devices: only its version can tell.
  const doubting = { ...log(job, at, 'otter', `connection dropped (${original.code}): its restart, or a failure`), doubt: original };
  return onUploaded(doubting, at, undefined);
}

const STOPPED = problem('UPDATE_ERROR_ABORT', 'stopped before the switch');

function whileSending(job: UpdateJob, step: Extract<Step, { at: 'sending' }>, event: JobEvent): Stepped {
  switch (event.type) {
    case 'progress': {
      const switched = step.switched || event.progress.phase === 'switching';
      const next = onProgress(job, event.progress, event.at);
      return unchanged({ ...withState(next, { canStop: !switched && !step.stopping }), step: { ...step, switched } });
    }
    case 'uploaded':
      return onUploaded(
        step.stopping ? log(job, event.at, 'otter', 'too late to stop: the slot is switched') : job,
        event.at,
        event.result,
      );
    case 'upload-refused':
      return step.stopping ? end(job, event.at, 'stopped') : end(job, event.at, 'failed', { problem: event.problem });
    case 'upload-broken':
      return step.stopping ? afterAbort(job, event.at) : onBroken(job, event.at, event.problem);
    case 'upload-aborted':
      return step.stopping ? afterAbort(job, event.at) : unchanged(job);
    case 'stop': {
      if (step.stopping) return unchanged(job);
      if (step.switched) return unchanged(log(job, event.at, 'otter', 'cannot stop any more: the slot is switched'));
      const next = withState(log(job, event.at, 'otter', 'stop'), { canStop: false });
      return { job: { ...next, step: { ...step, stopping: true } }, commands: [{ do: 'abort' }] };
    }
    default:
      return unchanged(job);
  }
}

/** The abort may have crossed with the switch, so a device that can be asked is asked. */
function afterAbort(job: UpdateJob, at: number): Stepped {
  return job.dialect === 'otter' ? askTruth(job, at, 'stopped', STOPPED) : end(job, at, 'stopped');
}

// ---- the truth after a break ----

/** `GET update` may still tell of an earlier update: only one of these bytes into this slot is ours. */
function isOurs(job: UpdateJob, result: UpdateResult | undefined): result is UpdateResult {
  const { expected } = job;
  return (
    result !== undefined && expected !== undefined && result.slot === expected.slot && expected.acceptedSha256s.includes(result.sha256)
  );
}

function giveUpAsking(job: UpdateJob, step: Extract<Step, { at: 'asking' }>, at: number, found: Problem): Stepped {
  return step.why === 'stopped' ? end(job, at, 'stopped') : end(job, at, 'failed', { problem: found });
}

/** What cut an update short: a start of the device since, or nothing that it knows of. */
function interruption(job: UpdateJob, step: Extract<Step, { at: 'asking' }>, { status, info, at }: TruthEvent): Problem {
  const { slot } = job.state;
  if (job.expected && info && hasRestarted(job.expected, info, at))
    return problem('UPDATE_INTERRUPTED_BY_RESET', `restarted while it wrote ${slot}`, { slot, reset: info.reset_reason ?? '' });
  return problem(status.code ?? 'UPDATE_ERROR_ABORT', status.error ?? step.original.message);
}

type TruthEvent = Extract<JobEvent, { type: 'truth' }>;

function onTruth(job: UpdateJob, step: Extract<Step, { at: 'asking' }>, event: TruthEvent): Stepped {
  const { original } = step;
  const { status, at } = event;
  switch (status.state) {
    case 'running': {
      const moved = status.progress ? onProgress(job, status.progress, at) : job;
      const isMoving = JSON.stringify(moved.state.stages) !== JSON.stringify(job.state.stages);
      const until = isMoving ? at + TRUTH_TIMEOUT_MS : step.until;
      if (at >= until) return giveUpAsking(moved, step, at, lost(original));
      return { job: { ...moved, step: { ...step, until } }, commands: [{ do: 'ask-truth', afterMs: TRUTH_INTERVAL_MS }] };
    }
    case 'succeeded':
      if (!isOurs(job, status.result)) return giveUpAsking(job, step, at, lost(original));
      return onUploaded(log(job, at, 'otter', 'the device has all of it'), at, status.result);
    case 'failed':
      return giveUpAsking(job, step, at, status.code ? problem(status.code, status.error ?? original.message) : lost(original));
    case 'interrupted':
      return giveUpAsking(job, step, at, interruption(job, step, event));
    case 'none':
      return giveUpAsking(job, step, at, lost(original));
    default:
      return assertNever(status.state);
  }
}

const lost = (original: Problem): Problem =>
  problem('UPDATE_LOST', `${original.code}: ${original.message}`, { ...original.details, cause: original.code });

function whileAsking(job: UpdateJob, step: Extract<Step, { at: 'asking' }>, event: JobEvent): Stepped {
  if (event.type === 'truth') return onTruth(job, step, event);
  if (event.type !== 'truth-missing') return unchanged(job);
  if (event.problem.code === 'SESSION_EXPIRED') return giveUpAsking(job, step, event.at, event.problem);
  if (event.at < step.until) return { job, commands: [{ do: 'ask-truth', afterMs: TRUTH_INTERVAL_MS }] };
  return giveUpAsking(log(job, event.at, 'otter', `no answer: ${event.problem.code}`), step, event.at, lost(step.original));
}

/** The whole machine. Pure: the time is the event's. */
export function step(job: UpdateJob, event: JobEvent): Stepped {
  const { step: current } = job;
  switch (current.at) {
    case 'checking':
      if (event.type === 'checked') return onChecked(job, event);
      if (event.type === 'check-failed') return end(job, event.at, 'failed', { problem: event.problem });
      if (event.type !== 'stop') return unchanged(job);
      return withAbort(end(job, event.at, 'stopped'));
    case 'sending':
      return whileSending(job, current, event);
    case 'asking':
      return whileAsking(job, current, event);
    case 'restarting':
      return whileRestarting(job, event);
    case 'waiting':
      return whileWaiting(job, current, event);
    case 'proving':
      return whileProving(job, current, event);
    case 'ended':
      return unchanged(job);
    default:
      return assertNever(current);
  }
}

const withAbort = (stepped: Stepped): Stepped => ({ ...stepped, commands: [{ do: 'abort' }, ...stepped.commands] });

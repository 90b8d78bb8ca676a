/** The USB door in words: phases, steps of connecting, jobs. What is true now, for headings, lamps and the live region. No markup. */
import type { FlashStage, FlashStageState, UsbJobKind, UsbJobState, UsbPhase, UsbState, WrittenApp } from '../app/usb/model.ts';
import type { ChipIdentity, ConnectStep } from '../app/usb/ports.ts';
import { assertNever } from '../core/errors.ts';
import type { LampState } from './elements/icons.ts';
import { formatCount } from './format.ts';

interface LampWords {
  readonly lamp: LampState;
  readonly word: string;
}

export const PHASE_WORDS = {
  closed: { lamp: 'off', word: 'Not open' },
  console: { lamp: 'on', word: 'Listening' },
  connecting: { lamp: 'busy', word: 'Connecting' },
  ready: { lamp: 'on', word: 'In its boot loader' },
  working: { lamp: 'busy', word: 'Working' },
  unplugged: { lamp: 'stopped', word: 'Unplugged' },
} as const satisfies Record<UsbPhase, LampWords>;

export const LOADER_WORDS = {
  stub: 'the stub, in RAM',
  rom: 'the ROM',
  'secure-download': 'secure download mode',
} as const satisfies Record<NonNullable<UsbState['loader']>, string>;

export const CONNECTION_WORDS = {
  uart: 'through a USB bridge',
  'usb-serial-jtag': 'the chip’s own USB-JTAG',
  'usb-otg': 'the chip’s own USB',
} as const satisfies Record<ChipIdentity['connection'], string>;

/** `115 200 baud` */
export const baudWords = (baudRate: number): string => `${formatCount(baudRate)}\u00a0baud`;

interface StepWords {
  readonly text: string;
  readonly isSetback?: true;
}

export function connectStepWords(step: ConnectStep): StepWords {
  switch (step.step) {
    case 'reset':
      return { text: `Reset into the boot loader: ${step.strategy}${step.attempt > 1 ? `, attempt ${step.attempt}` : ''}` };
    case 'sync':
      return { text: 'Calling the boot loader' };
    case 'identify':
      return { text: `It answers: ${step.chip}` };
    case 'stub':
      return { text: 'Starting the fast loader in its RAM' };
    case 'stub-refused':
      return {
        text: `The fast loader did not start (${step.reason}). Going on with the ROM alone: slower, but all of it works`,
        isSetback: true,
      };
    case 'flash-silent':
      return {
        text: `The flash chip does not answer (JEDEC ${step.jedecId}): nothing can be read or written. Look at its supply, and at what else is on its pins`,
        isSetback: true,
      };
    case 'baud':
      return { text: `Speeding up to ${baudWords(step.baudRate)}` };
    case 'baud-refused':
      return { text: `${baudWords(step.baudRate)} did not hold. Trying the next lower`, isSetback: true };
    default:
      return assertNever(step);
  }
}

const FLASH_STAGE_NAMES = {
  connect: 'Connect',
  read: 'Save first',
  compare: 'Compare',
  erase: 'Erase',
  write: 'Write',
  verify: 'Verify',
  start: 'Start',
} as const satisfies Record<FlashStage, string>;

/** Reading is the whole of some jobs, and the first step of others. */
export function flashStageNames({ kind }: UsbJobState): Readonly<Record<FlashStage, string>> {
  return kind === 'read' || kind === 'snapshot' ? { ...FLASH_STAGE_NAMES, read: 'Read' } : FLASH_STAGE_NAMES;
}

const DOING = {
  connect: 'Connecting',
  read: 'Reading',
  compare: 'Comparing',
  erase: 'Erasing',
  write: 'Writing',
  verify: 'Verifying',
  start: 'Starting',
} as const satisfies Record<FlashStage, string>;

export const USB_OUTCOME_LAMPS = {
  running: 'busy',
  done: 'on',
  failed: 'stopped',
  stopped: 'off',
  lost: 'stopped',
  unverified: 'unconfirmed',
} as const satisfies Record<UsbJobState['outcome'], LampState>;

const OUTCOME_SHORT = {
  running: 'Working',
  done: 'Done',
  failed: 'Failed',
  stopped: 'Stopped',
  lost: 'Cable lost',
  unverified: 'Unconfirmed',
} as const satisfies Record<UsbJobState['outcome'], string>;

const DONE_SHORT = {
  flash: 'Written and verified',
  restore: 'Written and verified',
  slots: 'Written and verified',
  read: 'Read',
  snapshot: 'Saved',
  erase: 'Erased',
} as const satisfies Record<UsbJobKind, string>;

export const activeFlashStage = (job: UsbJobState): FlashStageState | undefined => job.stages.find(({ status }) => status === 'active');

export function shortUsbJobWords(job: UsbJobState): string {
  const stage = activeFlashStage(job);
  if (job.needsReset) return 'Waiting for RESET';
  if (job.outcome === 'running' && stage) return DOING[stage.stage];
  if (job.past) return 'Past';
  return job.outcome === 'done' ? doneWord(job) : OUTCOME_SHORT[job.outcome];
}

/** The application was seen to start, by its own word: nothing else is called proven. */
export const hasStarted = ({ outcome, result }: UsbJobState): boolean =>
  outcome === 'done' && result?.provedBy === 'boot-log' && result.written?.startsNext !== false;

/** What was written lies in a slot that the boot loader does not start. */
export const restsInSlot = ({ result }: UsbJobState): WrittenApp | undefined =>
  result?.written?.startsNext === false ? result.written : undefined;

const doneWord = (job: UsbJobState): string => (hasStarted(job) ? 'Proven' : DONE_SHORT[job.kind]);

interface KindWords {
  readonly running: (what: string) => string;
  readonly done: (what: string) => string;
  /** It was done, and is no longer so. */
  readonly past: (what: string) => string;
  readonly failed: (what: string) => string;
}

const KIND_WORDS = {
  flash: {
    running: (what) => `${what} is on its way to the chip`,
    done: (what) => `The chip holds ${what}`,
    past: (what) => `${what} was written`,
    failed: (what) => `${what} is not on the chip`,
  },
  snapshot: {
    running: () => 'The flash is being saved',
    done: () => 'The flash is saved',
    past: () => 'The flash was saved',
    failed: () => 'The flash was not saved',
  },
  restore: {
    running: () => 'The saved flash is on its way back',
    done: () => 'The chip is as it was saved',
    past: () => 'The saved flash was put back',
    failed: () => 'The saved flash is not back',
  },
  read: {
    running: () => 'The flash is being read',
    done: () => 'The flash was read',
    past: () => 'The flash was read',
    failed: () => 'The flash was not read',
  },
  erase: {
    running: () => 'The flash is being erased',
    done: () => 'It is erased',
    past: () => 'It was erased',
    failed: () => 'It was not erased',
  },
  slots: {
    running: () => 'The boot choice is being written',
    done: () => 'The boot choice is written',
    past: () => 'The boot choice was written',
    failed: () => 'The boot choice was not written',
  },
} as const satisfies Record<UsbJobKind, KindWords>;

/** What the bundle is called in a sentence. */
export function bundleWord({ bundle, job }: Pick<UsbState, 'bundle' | 'job'>): string {
  return job?.result?.toVersion || bundle?.version || bundle?.name || 'the firmware';
}

/** The heading of the job's page. */
export function usbJobHeadline(state: UsbState, job: UsbJobState): string {
  const what = bundleWord({ ...state, job });
  const words = KIND_WORDS[job.kind];
  if (job.past && (job.outcome === 'done' || job.outcome === 'unverified')) return capital(words.past(writtenWord(state, job)));
  switch (job.outcome) {
    case 'running':
      return job.needsReset ? 'Press RESET on the board' : capital(words.running(what));
    case 'done':
      return afterMark(job, doneHeadline(state, job));
    case 'unverified':
      return afterMark(job, unverifiedHeadline(state, job));
    case 'lost':
      return 'The cable was lost in the middle';
    case 'stopped':
      return job.left === 'untouched' ? 'Stopped before anything was changed' : 'Stopped half-way';
    case 'failed':
      return capital(words.failed(what));
    default:
      return assertNever(job.outcome);
  }
}

/** Who marks a slot wants to read that first; what starts instead comes after it. */
const afterMark = ({ result }: UsbJobState, words: string): string =>
  result?.invalidSlot === undefined ? words : `${result.invalidSlot} is marked invalid; ${words}`;

/** What was written is the news; what started meanwhile is told below. */
function doneHeadline(state: UsbState, job: UsbJobState): string {
  const what = bundleWord({ ...state, job });
  const resting = restsInSlot(job);
  if (resting) return `${capital(resting.version || writtenWord(state, job))} is in ${resting.slot}; it does not start by itself`;
  if (job.result?.toVersion && hasStarted(job)) return `${state.title} runs ${what}`;
  if (job.kind === 'slots' && job.result?.chosenSlot) return `${job.result.chosenSlot.now} starts next`;
  return capital(KIND_WORDS[job.kind].done(what));
}

function unverifiedHeadline(state: UsbState, job: UsbJobState): string {
  const { kind, result, problem } = job;
  const { code = '', details = {} } = problem ?? {};
  const { version } = details;
  const chosen = kind === 'slots' ? result?.chosenSlot : undefined;
  if (chosen) return `${chosen.now} ${CHOSEN_WORDS[code] ?? 'was chosen, but its start is not proven'}`;
  const what = writtenWord(state, job);
  // Blamed is what the log names, and nothing else.
  if (code === 'APP_CRASHES' && typeof version === 'string' && version !== (result?.written?.version ?? what))
    return `${version} starts, and crashes`;
  return `${capital(what)} ${UNVERIFIED_WORDS[code] ?? 'is written, but not proven'}`;
}

/** Ends of a heading that begins with what was written. */
const UNVERIFIED_WORDS: Readonly<Record<string, string>> = {
  NOTHING_PRINTED: 'is on the chip, but printed nothing',
  APP_CRASHES: 'is on the chip, but crashes',
  DOES_NOT_START: 'is on the chip, but does not start',
  OTHER_VERSION_STARTS: 'is on the chip, but another version starts',
};

/** Of one that begins with the slot that was chosen. */
const CHOSEN_WORDS: Readonly<Record<string, string>> = {
  NOTHING_PRINTED: 'was chosen, but prints nothing',
  APP_CRASHES: 'starts, and crashes',
  DOES_NOT_START: 'was chosen, but does not start',
  OTHER_VERSION_STARTS: 'was chosen, but another version starts',
};

/** What the boot log names is what started, and not what was written. */
function writtenWord(state: UsbState, { kind, result }: UsbJobState): string {
  if (kind === 'restore') return 'the saved flash';
  return result?.written?.version || bundleWord({ ...(state.bundle && { bundle: state.bundle }) });
}

/** At the start of a heading. Versions, projects and files are written as their makers do. */
const capital = (text: string): string => text.replace(/^the /, 'The ');

/** What state the chip was left in. */
export const LEFT_WORDS = {
  untouched: 'Nothing on the chip was changed.',
  'partly-written': 'The chip holds a part of the new and a part of the old: it will most likely not start until a write is finished.',
  complete: 'All of it is on the chip; only the end could not be proved.',
} as const satisfies Record<NonNullable<UsbJobState['left']>, string>;

/** What the live region says when a job enters a stage or ends. */
export function usbJobAnnouncement(state: UsbState, job: UsbJobState): string {
  const stage = activeFlashStage(job);
  if (job.outcome !== 'running') return `${usbJobHeadline(state, job)}.`;
  if (!stage || job.needsReset) return `${usbJobHeadline(state, job)}.`;
  return `Stage ${job.stages.indexOf(stage) + 1} of ${job.stages.length}, ${flashStageNames(job)[stage.stage].toLowerCase()}: ${state.title}.`;
}

/** `4 s`, `1 min 20 s` */
export function spanWords(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest > 0 ? ` ${rest} s` : ''}`;
}

/** `v3.1` of major × 100 + minor, as the reference tool writes it. */
export const revisionText = (revision: number | undefined): string =>
  revision === undefined ? 'revision unknown' : `v${Math.floor(revision / 100)}.${revision % 100}`;

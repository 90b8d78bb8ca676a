/** What a console recognised in the bytes, in words: what it is, and what to do. */
import type { ConsoleTrouble } from '../../core/console/console-buffer.ts';

interface TroubleWords {
  readonly title: string;
  readonly remedy: string;
}

type Kind = ConsoleTrouble['kind'];

/** Nearly every application, and every ROM; and the ROM of chips with a 26 MHz crystal. */
const USUAL_RATES = [
  { baudRate: 115_200, words: '115200' },
  { baudRate: 74_880, words: '74880 (the ROM of chips with a 26 MHz crystal)' },
] as const;

/** What it is read at already is no advice. */
function rateRemedy(baudRate: number | undefined): string {
  const [first, second] = USUAL_RATES.filter((rate) => rate.baudRate !== baudRate);
  return `Try ${first!.words} first, then ${second?.words ?? 'the one that the firmware sets'}.`;
}

const WORDS = {
  'boot-loop': {
    title: 'It restarts again and again',
    remedy: 'Read the lines before each restart: they say why.',
  },
  'brown-out': {
    title: 'The supply voltage breaks down',
    remedy: 'Take another cable or port, without a hub, and unplug what draws current: a motor, a display, a radio amplifier.',
  },
  panic: {
    title: 'The firmware crashed',
    remedy: 'The backtrace below it says where; the ELF file of the same build turns it into lines of code.',
  },
  watchdog: {
    title: 'A watchdog restarted it',
    remedy: 'Some task kept the processor and did not yield. The lines before name it.',
  },
  'no-bootloader': {
    title: 'The ROM finds no boot loader',
    remedy:
      'What lies where it looks for one is damaged, or of another chip: write the whole build, boot loader and partition table included.',
  },
  'no-table': {
    title: 'The boot loader finds no partition table',
    remedy: 'Where it looks for one it can read none: write the whole build, boot loader and partition table included.',
  },
  'no-app': {
    title: 'The boot loader finds nothing to start',
    remedy: 'Write an application, or choose a slot that holds one.',
  },
  garbage: {
    title: 'These are not letters: most likely the wrong speed',
    remedy: rateRemedy(undefined),
  },
} as const satisfies Record<Kind, TroubleWords>;

const BLANK_REMEDY =
  'Where the boot loader belongs there is nothing: no firmware runs. Connect, and write a whole build with its boot loader and partition table.';

/** What to do about restarts is decided by what ends each run. */
const LOOP_REMEDIES: Partial<Record<Kind, string>> = {
  panic: 'The application starts and crashes each time: Undo the write, or write another firmware.',
  watchdog: 'A watchdog ends each run. If it began with a write: Undo, or write another firmware.',
  'no-bootloader': 'Nothing of it runs: write the whole build, boot loader and partition table included.',
  'no-table': 'Nothing starts without one: write the whole build, boot loader and partition table included.',
  'no-app': 'If it began with a write, write the whole build again, boot loader and partition table included.',
  'brown-out': 'The supply is what fails, not the firmware.',
};
/** The first that is there counts: a panic ends in a watchdog reset, not the other way round. */
const LOOP_CAUSES: readonly Kind[] = ['brown-out', 'panic', 'no-bootloader', 'no-table', 'no-app', 'watchdog'];

interface TroubleScene {
  /** That were recognised, this one among them. */
  readonly all?: readonly ConsoleTrouble[];
  /** At which it is read now. */
  readonly baudRate?: number;
}

export function troubleWords(trouble: ConsoleTrouble, { all = [], baudRate }: TroubleScene = {}): TroubleWords {
  const { title, remedy } = WORDS[trouble.kind];
  switch (trouble.kind) {
    case 'boot-loop': {
      const cause = LOOP_CAUSES.find((kind) => all.some((other) => other.kind === kind));
      return { title: `${title}: ${trouble.resets} times so far`, remedy: (cause && LOOP_REMEDIES[cause]) ?? remedy };
    }
    case 'no-bootloader':
      return trouble.isBlank ? { title: 'Its flash is blank', remedy: BLANK_REMEDY } : { title, remedy };
    case 'garbage':
      return { title, remedy: rateRemedy(baudRate) };
    case 'panic':
      return { title: trouble.reason ? `${title}: ${trouble.reason}` : title, remedy };
    default:
      return { title, remedy };
  }
}

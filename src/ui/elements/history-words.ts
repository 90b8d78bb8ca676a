/** What was done over the cable, in the words of a device's history: erased, wrote, chose, put back. No markup but the name of an icon. */
import type { HistoryEntry } from '../../app/model.ts';
import { wordsFor } from '../messages.ts';
import type { IconName } from './icons.ts';

interface CableWords {
  readonly icon?: IconName;
  /** Before or after the version; absent: the version is not named. */
  readonly version?: 'first' | 'last';
  readonly words: string;
}

type Outcomes = Readonly<Record<HistoryEntry['outcome'], string>>;

/** An act whose end does not depend on what starts then. */
const outcomes = (done: string, broke: string, running: string, unseen: string): Outcomes => ({
  done,
  confirmed: done,
  unconfirmed: done,
  'rolled-back': done,
  failed: broke,
  stopped: broke,
  started: running,
  interrupted: unseen,
});

const erased = (region: string | undefined): Outcomes =>
  region === undefined
    ? outcomes('Flash erased', 'An erase broke off', 'Flash is being erased', 'An erase was begun, and its end was not seen')
    : outcomes(
        `${region} was erased`,
        `Erasing ${region} broke off`,
        `${region} is being erased`,
        `Erasing ${region} was begun, and its end was not seen`,
      );

const chosen = (slot: string): Outcomes =>
  outcomes(
    `${slot} was chosen to start`,
    `Choosing ${slot} broke off`,
    `${slot} is being chosen`,
    `${slot} was to be chosen; the end was not seen`,
  );

const invalidated = (slot: string): Outcomes =>
  outcomes(
    `${slot} was marked invalid`,
    `Marking ${slot} invalid broke off`,
    `${slot} is being marked invalid`,
    `${slot} was to be marked invalid; the end was not seen`,
  );

const PUT_BACK = outcomes(
  'A saved flash was put back',
  'Putting a saved flash back broke off',
  'A saved flash is being put back',
  'Putting a saved flash back was begun, and its end was not seen',
);

/** `undefined`: it is told like an update. */
export function cableWords({ act, outcome, slot, slotChange, region }: HistoryEntry): CableWords | undefined {
  if (act === 'erase') return { icon: 'trash', words: erased(region)[outcome] };
  if (act === 'restore') return { icon: 'undo', version: 'last', words: PUT_BACK[outcome] };
  if (slotChange === 'invalidated') return { icon: 'flag', words: invalidated(slot ?? 'a slot')[outcome] };
  if (slotChange === 'chosen') return { icon: 'flag', version: 'last', words: chosen(slot ?? 'a slot')[outcome] };
  if (act !== 'flash') return undefined;
  const place = slot ?? region;
  if (outcome === 'done' || outcome === 'unconfirmed')
    return { version: 'first', words: place ? `was written to ${place}` : 'was written' };
  if (outcome !== 'failed') return undefined;
  return { version: 'first', words: place ? `was not written to the end, in ${place}` : 'was not written to the end' };
}

const CODE_WORDS: Readonly<Record<string, string>> = {
  APP_CRASHES: 'it starts, and crashes',
  DOES_NOT_START: 'it does not start',
  NOTHING_PRINTED: 'it printed nothing',
  OTHER_VERSION_STARTS: 'another version started',
  CANNOT_VERIFY: 'it could not be read back',
  CABLE_LOST: 'the cable was lost',
};

/** What a code says, never the code itself. */
export function codeWords(code: string | undefined): string {
  if (code === undefined) return '';
  const { title } = wordsFor({ code, message: '', details: {} });
  return CODE_WORDS[code] ?? title.charAt(0).toLowerCase() + title.slice(1);
}

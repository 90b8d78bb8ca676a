/** What the history tells of the last update of a device when this tab has no job for it. Words only. */
import type { HistoryEntry, SlotSwitch } from '../app/model.ts';
import { isForward, nameOfOther } from './device-actions.ts';
import type { LampState } from './elements/icons.ts';
import { formatMoment } from './format.ts';

/** The newest update, unless the device was put back to how it was delivered since. */
export function lastAttempt(entries: readonly HistoryEntry[]): HistoryEntry | undefined {
  const newest = entries.find(({ act }) => act === 'update' || act === 'rollback' || act === 'factory-reset');
  return newest?.act === 'update' ? newest : undefined;
}

export interface AttemptWords {
  readonly title: string;
  readonly words: string;
}

export const ELSEWHERE_WORDS = 'Another tab is writing to this device';

const OUTCOMES: Readonly<Record<HistoryEntry['outcome'], string>> = {
  confirmed: 'was proven',
  done: 'was done',
  unconfirmed: 'ended unconfirmed',
  'rolled-back': 'went back by itself',
  failed: 'failed',
  stopped: 'was stopped',
  started: 'is under way',
  interrupted: 'was interrupted',
};

const nameOf = ({ toVersion }: HistoryEntry): string => toVersion || 'a firmware';

export function attemptWords(attempt: HistoryEntry | undefined, isElsewhere: boolean): AttemptWords {
  if (isElsewhere || attempt?.outcome === 'started')
    return { title: ELSEWHERE_WORDS, words: 'That tab shows how far it is. When it is done, or closed, this one may write again.' };
  if (!attempt) return { title: 'No update to show', words: 'Its history knows of no update from this browser.' };
  if (attempt.outcome === 'interrupted') return interruptedWords(attempt);
  return {
    title: 'No update under way',
    words: `Its last update, to ${nameOf(attempt)}, ${OUTCOMES[attempt.outcome]} on ${formatMoment(attempt.at)}. Its proofs and its log are only in the tab that did it, for as long as that stays open; its history keeps when it was and how it ended.`,
  };
}

export function interruptedWords(attempt: HistoryEntry): AttemptWords {
  const { slot, switched } = attempt;
  const title = `The update to ${nameOf(attempt)} was interrupted`;
  if (switched) {
    const where = slot ? ` in ${slot}` : '';
    return {
      title,
      words: `It was whole${where} and about to start when this page was closed or reloaded. What the device runs now, its page shows.`,
    };
  }
  if (!slot)
    return {
      title,
      words: 'The page was closed or reloaded while it sent the file. What became of it, the version on the page of the device tells.',
    };
  return {
    title,
    words: `The page was closed or reloaded while it wrote. ${slot} may hold an unfinished write. Nothing else was touched.`,
  };
}

interface EndOfSwitch {
  readonly lamp: LampState;
  readonly word: string;
  readonly words: string;
}

/** What a change of slots by hand came to, as this tab saw it. */
export function switchEndWords({ outcome, isLost, fromVersion, toVersion, slot, endedAt }: SlotSwitch): EndOfSwitch {
  const to = nameOfOther(fromVersion, toVersion, slot);
  const when = endedAt === undefined ? '' : `, ${formatMoment(endedAt)}`;
  if (isLost) return { lamp: 'unconfirmed', word: 'Unconfirmed', words: `It was told to start ${to}; how that ended was not seen${when}` };
  if (outcome === 'failed') return { lamp: 'stopped', word: 'Not switched', words: `The other slot did not start: ${to} runs on${when}` };
  const how = `${isForward(fromVersion, toVersion) ? 'Switched' : 'Gone back'} to ${to} by hand`;
  return outcome === 'confirmed'
    ? { lamp: 'on', word: 'Confirmed', words: `${how}: it started${slot ? ` from ${slot}` : ''} and is confirmed${when}` }
    : { lamp: 'unconfirmed', word: 'Unconfirmed', words: `${how}: it started, and had not confirmed itself after ten seconds${when}` };
}

/** What the history tells of the last update of a device when this tab has no job for it. Words only. */
import type { HistoryEntry } from '../app/model.ts';
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
    words: `Its last update, to ${nameOf(attempt)}, ${OUTCOMES[attempt.outcome]} on ${formatMoment(attempt.at)}. The history of the device has the rest.`,
  };
}

export function interruptedWords(attempt: HistoryEntry): AttemptWords {
  const { slot, switched } = attempt;
  const title = `The update to ${nameOf(attempt)} was interrupted`;
  if (switched) {
    const where = slot ? ` in ${slot}` : '';
    return { title, words: `It was whole${where} and about to start when Otter was closed. What the device runs now, its page shows.` };
  }
  if (!slot)
    return { title, words: 'Otter was closed while it sent the file. What became of it, the version on the page of the device tells.' };
  return { title, words: `Otter was closed while it wrote. ${slot} may hold an unfinished write. Nothing else was touched.` };
}

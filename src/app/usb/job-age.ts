/** Whether what the end of a job tells of a board is still so, by what the history tells of other doors since. Pure. */
import type { HistoryEntry } from '../model.ts';
import type { UsbJobState } from './model.ts';

/** What changes a flash; a start of what lies there does not. */
const CHANGES: ReadonlySet<HistoryEntry['act']> = new Set(['update', 'rollback', 'factory-reset', 'flash', 'restore', 'erase']);

/** What leaves a state of the board behind that its page tells of. */
const TELLS_OF_BOARD: ReadonlySet<UsbJobState['kind']> = new Set(['flash', 'restore', 'erase', 'slots']);

export const canAge = ({ outcome, kind, past }: UsbJobState): boolean =>
  outcome !== 'running' && past === undefined && TELLS_OF_BOARD.has(kind);

/** @param entries of its device, of any age */
export const isOutdated = ({ id, startedAt }: UsbJobState, entries: readonly HistoryEntry[]): boolean =>
  entries.some((entry) => entry.id !== id && entry.at > startedAt && CHANGES.has(entry.act) && !isRefused(entry));

/** Over the air a device goes on with what it had. */
const isRefused = ({ act, outcome }: HistoryEntry): boolean => act === 'update' && (outcome === 'failed' || outcome === 'stopped');

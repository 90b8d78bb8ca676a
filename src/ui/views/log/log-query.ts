/** What somebody looks for in the log, as a test of one entry. */
import type { LogGroup } from '../../../core/trust/log-acts.ts';
import type { LogRecord } from '../../../core/trust/log-entry.ts';
import { entryWords, groupOf } from './entry-words.ts';

export interface LogQuery {
  readonly text: string;
  readonly group: LogGroup | '';
  /** Days by the reader's clock, `2025-11-20`, both included; empty: no bound. */
  readonly from: string;
  readonly to: string;
}

export const WHOLE_LOG: LogQuery = { text: '', group: '', from: '', to: '' };

export type Matches = (record: LogRecord) => boolean;

/** Without accents: whoever types `Gewachshaus` finds `Gewächshaus`. */
const fold = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();

/** `undefined`: everything is looked for. Times in UTC compare as text. */
export function matcher({ text, group, from, to }: LogQuery): Matches | undefined {
  const words = fold(text).split(/\s+/).filter(Boolean);
  const [earliest, latest] = [startOf(from, 0), startOf(to, 1)];
  if (words.length === 0 && group === '' && earliest === '' && latest === '') return undefined;
  return (record) => {
    if (group !== '' && groupOf(record) !== group) return false;
    if (earliest !== '' && record.at < earliest) return false;
    if (latest !== '' && record.at >= latest) return false;
    if (words.length === 0) return true;
    const all = searched(record);
    return words.every((word) => all.includes(word));
  };
}

/** Midnight at the reader's place, as the log writes times; `days` later. */
function startOf(day: string, days: number): string {
  const [year, month, date] = day.split('-').map(Number);
  if (year === undefined || month === undefined || date === undefined) return '';
  const start = new Date(year, month - 1, date + days);
  return Number.isNaN(start.getTime()) ? '' : start.toISOString();
}

function searched(record: LogRecord): string {
  const { seq, act, by, facts, h } = record;
  return fold([seq, entryWords(record), act, by, ...Object.values(facts), h].join('\n'));
}

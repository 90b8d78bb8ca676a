/**
 * The rows of the log, newest first, for a list that shows only some of them: without a query a row is a sequence number and is read when
 * it comes into sight, so that a hundred thousand cost what is looked at. With a query the log is gone through from its newest entry on,
 * page by page, while what was found is shown.
 */
import { TrustError } from '../../../core/trust/trust-error.ts';
import { parseLogRecord, type LogRecord } from '../../../core/trust/log-entry.ts';
import type { OpenLog } from '../../../app/services.ts';
import type { Matches } from './log-query.ts';

export interface LogRow {
  readonly seq: number;
  /** Absent: it is stored and cannot be read, or is not there at all. */
  readonly record?: LogRecord;
  readonly trouble?: 'unreadable' | 'missing';
}

/** Without rows: it is being read. */
interface Page {
  rows?: readonly LogRow[];
}

/** Entries in one read: some milliseconds. */
const PAGE = 200;
const MOST_PAGES = 40;
/** Entries in one look of a search. */
const LOOK = 400;
/** Whoever finds more looks for something else. */
export const MOST_FOUND = 5_000;

export interface SearchProgress {
  readonly looked: number;
  readonly of: number;
  readonly found: number;
}

export class LogRows {
  readonly #log: Pick<OpenLog, 'range'>;
  readonly #changed: () => void;
  readonly #failed: (error: unknown) => void;
  /** By their number, in the order of their last use. */
  readonly #pages = new Map<number, Page>();
  #newest = 0;
  #matches: Matches | undefined;
  #found: LogRow[] = [];
  #search: SearchProgress | undefined;
  #searching = new AbortController();

  /** `changed`: rows, or how far a search is. */
  constructor(log: Pick<OpenLog, 'range'>, heard: { readonly changed: () => void; readonly failed: (error: unknown) => void }) {
    this.#log = log;
    this.#changed = heard.changed;
    this.#failed = heard.failed;
  }

  get newest(): number {
    return this.#newest;
  }

  get count(): number {
    return this.#matches ? this.#found.length : this.#newest;
  }

  /** `undefined`: nothing is looked for. */
  get search(): SearchProgress | undefined {
    return this.#search;
  }

  /** `undefined`: it is being read. */
  at(index: number): LogRow | undefined {
    return this.#matches ? this.#found[index] : this.row(this.#newest - index);
  }

  row(seq: number): LogRow | undefined {
    return this.#page(Math.floor((seq - 1) / PAGE)).rows?.[(seq - 1) % PAGE];
  }

  /** Where a row is now; -1: not among those that are shown. */
  indexOf(seq: number): number {
    if (this.#matches) return this.#found.findIndex((row) => row.seq === seq);
    return seq >= 1 && seq <= this.#newest ? this.#newest - seq : -1;
  }

  /** The log grew. */
  setNewest(newest: number): void {
    const before = this.#newest;
    if (newest === before) return;
    this.#newest = newest;
    this.#pages.delete(Math.floor(before / PAGE));
    if (this.#matches) void this.#look(newest, before + 1);
    this.#changed();
  }

  setQuery(matches: Matches | undefined): void {
    this.#searching.abort();
    this.#searching = new AbortController();
    this.#matches = matches;
    this.#found = [];
    this.#search = undefined;
    if (matches) {
      this.#search = { looked: 0, of: this.#newest, found: 0 };
      void this.#look(this.#newest, 1);
    }
    this.#changed();
  }

  /** Forgets what was read; it is read again when it is shown. */
  forget(): void {
    this.#pages.clear();
    this.#changed();
  }

  /** From the newest down to the oldest; what a growing log adds comes before what was found. */
  async #look(newest: number, oldest: number): Promise<void> {
    const { signal } = this.#searching;
    const isNews = oldest > 1;
    const news: LogRow[] = [];
    try {
      for (let to = newest; to >= oldest; to -= LOOK) {
        const from = Math.max(oldest, to - LOOK + 1);
        const rows = rowsOf(await this.#log.range(from, to), from, to);
        if (signal.aborted) return;
        const found = rows.filter(({ record }) => record && this.#matches?.(record)).reverse();
        if (isNews) news.push(...found);
        this.#note(isNews ? [] : found, to - from + 1, found.length);
      }
      this.#found = [...news, ...this.#found];
      this.#changed();
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  #note(found: readonly LogRow[], looked: number, count: number): void {
    const before = this.#search ?? { looked: 0, of: 0, found: 0 };
    this.#search = { looked: before.looked + looked, of: this.#newest, found: before.found + count };
    this.#found.push(...found.slice(0, Math.max(0, MOST_FOUND - this.#found.length)));
    this.#changed();
  }

  #page(number: number): Page {
    const known = this.#pages.get(number);
    const page = known ?? {};
    this.#pages.delete(number);
    this.#pages.set(number, page);
    if (!known) void this.#load(number, page);
    return page;
  }

  async #load(number: number, page: Page): Promise<void> {
    const [from, to] = [number * PAGE + 1, Math.min((number + 1) * PAGE, this.#newest)];
    try {
      page.rows = rowsOf(await this.#log.range(from, to), from, to);
      // When the log grew meanwhile, another took its place.
      if (this.#pages.get(number) !== page) return;
      const [oldest] = this.#pages.keys();
      if (this.#pages.size > MOST_PAGES && oldest !== undefined) this.#pages.delete(oldest);
      this.#changed();
    } catch (error) {
      this.#pages.delete(number);
      this.#failed(error);
    }
  }
}

/** Oldest first, one for each number, whatever is stored there. */
function rowsOf(stored: readonly unknown[], from: number, to: number): readonly LogRow[] {
  const bySeq = new Map(stored.map((value) => [(value as { readonly seq?: unknown }).seq, value]));
  return Array.from({ length: to - from + 1 }, (_, index) => rowOf(from + index, bySeq));
}

function rowOf(seq: number, bySeq: ReadonlyMap<unknown, unknown>): LogRow {
  if (!bySeq.has(seq)) return { seq, trouble: 'missing' };
  try {
    return { seq, record: parseLogRecord(bySeq.get(seq)) };
  } catch (error) {
    if (error instanceof TrustError) return { seq, trouble: 'unreadable' };
    throw error;
  }
}

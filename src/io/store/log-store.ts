/**
 * The log on disk: one record per entry, under its sequence number. Tabs and the service worker append at once without a fork, because the
 * database runs one writing transaction after the other, and each reads the last entry and hashes the next without waiting for anything else.
 */
import type { LogStore } from '../../app/ports.ts';
import { EMPTY_LOG, appendTo } from '../../core/trust/log-chain.ts';
import type { LogHead } from '../../core/trust/log-chain.ts';
import type { LogDraft, LogEntry } from '../../core/trust/log-entry.ts';
import { allOrNothing } from './database.ts';
import type { OtterDatabaseHandle } from './database.ts';

/** Who writes, in every entry. */
export type LogAuthor = Pick<LogEntry, 'by' | 'app'>;

/** What a hand in the developer tools put beyond is none of the log. */
const ALL = IDBKeyRange.bound(1, Number.MAX_SAFE_INTEGER - 1);
const HASH = /^[0-9a-f]{64}$/;

/** An entry that cannot be read is followed all the same; the chain breaks there, and whoever verifies it says so. */
function headOf(cursor: { readonly key: IDBValidKey; readonly value: unknown } | null): LogHead {
  if (!cursor) return EMPTY_LOG;
  const { h } = cursor.value as { readonly h?: unknown };
  return { seq: Math.floor(Number(cursor.key)), h: typeof h === 'string' && HASH.test(h) ? h : EMPTY_LOG.h };
}

export class IdbLogStore implements LogStore {
  readonly #database: OtterDatabaseHandle;
  readonly #author: LogAuthor;

  constructor(database: OtterDatabaseHandle, author: LogAuthor) {
    this.#database = database;
    this.#author = author;
  }

  append(drafts: readonly LogDraft[]): Promise<LogHead> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction('log', 'readwrite');
      return allOrNothing(transaction, async () => {
        let head = headOf(await transaction.store.openCursor(ALL, 'prev'));
        for (const draft of drafts) {
          const { seq, h, ...rest } = appendTo(head, { ...draft, ...this.#author });
          await transaction.store.add({ ...rest, seq, h });
          head = { seq, h };
        }
        return head;
      });
    });
  }

  head(): Promise<LogHead> {
    return this.#database.use(async (database) => headOf(await database.transaction('log').store.openCursor(ALL, 'prev')));
  }

  range(from: number, to: number): Promise<readonly unknown[]> {
    if (to < from) return Promise.resolve([]);
    return this.#database.use((database) => database.getAll('log', IDBKeyRange.bound(from, to)));
  }
}

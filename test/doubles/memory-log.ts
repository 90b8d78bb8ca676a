/** The log in memory: the store's promises in a map, and the app's own log on top of it. */
import { StoreError } from '../../src/app/errors.ts';
import type { ChangeNotifier, ChangeTopic, LogStore } from '../../src/app/ports.ts';
import type { LogService } from '../../src/app/services.ts';
import { AuditLog } from '../../src/app/trust/audit-log.ts';
import { EMPTY_LOG, appendTo, type LogHead } from '../../src/core/trust/log-chain.ts';
import type { LogDraft, LogRecord } from '../../src/core/trust/log-entry.ts';
import { pageClock } from '../../src/io/page/clock.ts';

export class MemoryLogStore implements LogStore {
  readonly stored = new Map<number, unknown>();
  end: LogHead = EMPTY_LOG;
  isFull = false;
  /** How often it was read. */
  reads = 0;

  async append(drafts: readonly LogDraft[]): Promise<LogHead> {
    if (this.isFull) throw new StoreError('STORAGE_FULL', 'no room', {});
    for (const draft of drafts) this.put({ ...appendTo(this.end, { ...draft, by: 'page', app: '0.4.0' }) });
    return this.end;
  }

  put(record: LogRecord): void {
    this.stored.set(record.seq, record);
    this.end = { seq: record.seq, h: record.h };
  }

  async head(): Promise<LogHead> {
    if (this.isFull) throw new StoreError('STORE_FAILED', 'cannot be read', {});
    return this.end;
  }

  async range(from: number, to: number): Promise<readonly unknown[]> {
    this.reads++;
    const found: unknown[] = [];
    for (let seq = from; seq <= to; seq++) if (this.stored.has(seq)) found.push(this.stored.get(seq));
    return found;
  }
}

/** Speaks to nobody but its listeners. */
export class FakeNotifier implements ChangeNotifier {
  readonly told: ChangeTopic[] = [];
  readonly #listeners = new Set<(topic: ChangeTopic) => void>();

  tell(topic: ChangeTopic): void {
    this.told.push(topic);
  }

  /** Another tab, or the worker. */
  hear(topic: ChangeTopic): void {
    for (const listener of this.#listeners) listener(topic);
  }

  subscribe(listener: (topic: ChangeTopic) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

export class FakeLog implements LogService {
  readonly store = new MemoryLogStore();
  readonly notifier = new FakeNotifier();
  readonly audit = new AuditLog({ store: this.store, notifier: this.notifier, clock: pageClock });
  nextError: Error | undefined;

  async open(): Promise<AuditLog> {
    if (this.nextError) throw this.nextError;
    return this.audit;
  }
}

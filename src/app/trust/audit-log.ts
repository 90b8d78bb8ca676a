/**
 * The log as the app has it: writes down acts as they come, reads, verifies and exports. What the disk does not take now is kept and tried
 * again with the next act; until then `unwritten` says so.
 */
import { factsOf } from '../../core/trust/log-acts.ts';
import type { LogAct, LogGiven } from '../../core/trust/log-acts.ts';
import type { LogFacts } from '../../core/trust/log-facts.ts';
import { EMPTY_LOG } from '../../core/trust/log-chain.ts';
import type { LogHead } from '../../core/trust/log-chain.ts';
import type { LogDraft } from '../../core/trust/log-entry.ts';
import { CSV_HEAD, csvRow, headerLine, recordLine } from '../../core/trust/log-export.ts';
import { signHead } from '../../core/trust/log-head.ts';
import type { SignedHead } from '../../core/trust/log-head.ts';
import { verifyChain } from '../../core/trust/log-verify.ts';
import type { ChainVerdict } from '../../core/trust/log-verify.ts';
import { toProblem } from '../errors.ts';
import type { Problem } from '../model.ts';
import { Subject } from '../observable.ts';
import type { ChangeNotifier, Clock, LogStore } from '../ports.ts';

/** Read, spelled and handed on in a few milliseconds. */
const BATCH = 250;
/** Acts that wait for the disk; older ones are given up, and counted. */
const MOST_WAITING = 1000;

/** Acts that are not in the log, and why. */
export interface Unwritten {
  readonly acts: number;
  readonly problem: Problem;
}

export interface LogSigner {
  /** As the person calls it. */
  readonly name: string;
  /** Fingerprint. */
  readonly kid: string;
  /** Asked for only when it signs: that is written down, too. */
  readonly useKey: () => Promise<CryptoKey>;
}

export type LogForm = 'jsonl' | 'csv';

interface LongWork {
  readonly signal?: AbortSignal;
  /** Hears how many entries are done. */
  readonly onProgress?: (entries: number) => void;
}

export interface AuditLogPorts {
  readonly store: LogStore;
  readonly notifier: ChangeNotifier;
  readonly clock: Clock;
}

const FORMS = {
  jsonl: { type: 'application/jsonl', begin: headerLine, write: recordLine },
  csv: { type: 'text/csv', begin: () => CSV_HEAD, write: csvRow },
} as const satisfies Record<LogForm, object>;

/** That it happened is worth an entry, also where nobody can say of what. */
function knownFacts<Act extends LogAct>(act: Act, given: LogGiven<Act>): LogFacts {
  try {
    return factsOf(act, given);
  } catch {
    return {};
  }
}

export class AuditLog {
  /** Where the log ends, as far as this page knows; `undefined` until it was read. */
  readonly head = new Subject<LogHead | undefined>(undefined);
  readonly unwritten = new Subject<Unwritten | undefined>(undefined);
  readonly #ports: AuditLogPorts;
  #waiting: LogDraft[] = [];
  #lost = 0;

  constructor(ports: AuditLogPorts) {
    this.#ports = ports;
    ports.notifier.subscribe((topic) => {
      if (topic === 'log' && this.head.value) void this.refresh().catch(() => undefined);
    });
  }

  /** Begins to write at once; never throws. */
  write<Act extends LogAct>(act: Act, given: LogGiven<Act>, at: number = this.#ports.clock.now()): void {
    this.#waiting.push({ at: new Date(at).toISOString(), act, facts: knownFacts(act, given) });
    void this.retry();
  }

  /** Tries to write what waits. Transactions run in the order in which they were begun, so acts keep theirs. */
  async retry(): Promise<void> {
    const drafts = this.#waiting.splice(0);
    if (drafts.length === 0) return;
    try {
      const head = await this.#ports.store.append(drafts);
      this.unwritten.set(undefined);
      if (this.head.value) this.head.set(head);
      this.#ports.notifier.tell('log');
    } catch (error) {
      this.#keep(drafts, toProblem(error));
    }
  }

  #keep(drafts: readonly LogDraft[], problem: Problem): void {
    // Refusals come in the order of the writes.
    const all = [...this.#waiting, ...drafts];
    this.#waiting = all.slice(-MOST_WAITING);
    this.#lost += all.length - this.#waiting.length;
    this.unwritten.set({ acts: this.#waiting.length + this.#lost, problem });
  }

  async refresh(): Promise<void> {
    this.head.set(await this.#ports.store.head());
  }

  /** As stored, oldest first, both ends included. */
  range(from: number, to: number): Promise<readonly unknown[]> {
    return this.#ports.store.range(from, to);
  }

  async verify({ signal, onProgress }: LongWork = {}): Promise<ChainVerdict> {
    const head = await this.#ports.store.head();
    const verdict = await verifyChain(this.#batches(head), {
      pause: this.#pause,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    this.write('log-verified', { verdict: verdict.broken?.reason ?? 'whole', entries: verdict.entries });
    return verdict;
  }

  async export(form: LogForm, { signal, onProgress }: LongWork = {}): Promise<{ readonly blob: Blob; readonly fileName: string }> {
    const { type, begin, write } = FORMS[form];
    const head = await this.#ports.store.head();
    const at = new Date(this.#ports.clock.now()).toISOString();
    const parts = [new Blob([begin({ at, head })])];
    let done = 0;
    for await (const batch of this.#batches(head)) {
      parts.push(new Blob([batch.map(write).join('')]));
      done += batch.length;
      onProgress?.(done);
      await this.#pause();
      signal?.throwIfAborted();
    }
    this.write('log-exported', { form, entries: done });
    return { blob: new Blob(parts, { type }), fileName: `otter-log-${at.slice(0, 10)}.${form}` };
  }

  /** Vouches for the log as it ends now; the signature becomes an entry of it. `undefined`: there is nothing to sign yet. */
  async sign({ name, kid, useKey }: LogSigner): Promise<SignedHead | undefined> {
    const head = await this.#ports.store.head();
    if (head.seq === EMPTY_LOG.seq) return undefined;
    const signed = await signHead(head, new Date(this.#ports.clock.now()).toISOString(), { kid, key: await useKey() });
    this.write('head-signed', { ...signed, name });
    return signed;
  }

  readonly #pause = (): Promise<void> => this.#ports.clock.sleep(0);

  async *#batches({ seq }: LogHead): AsyncGenerator<readonly unknown[], void> {
    for (let from = 1; from <= seq; from += BATCH) yield await this.range(from, Math.min(from + BATCH - 1, seq));
  }
}

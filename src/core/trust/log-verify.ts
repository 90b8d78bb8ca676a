/**
 * Verifies a whole log, from a store or from the lines of an exported file, in helpings: entries come in, the first broken link comes out.
 * Reading on after it only to say what it is: an entry that is missing, or one that stands elsewhere.
 */
import type { Pause } from '../bytes/pacer.ts';
import { ChainWalk } from './log-chain.ts';
import type { BrokenLink, LinkSource, LogHead } from './log-chain.ts';
import type { LogRecord } from './log-entry.ts';
import { parseExportHeader } from './log-export.ts';
import { headInFacts } from './log-head.ts';
import type { SignedHead } from './log-head.ts';
import { TrustError } from './trust-error.ts';

/** Some milliseconds of work. */
const HELPING_ENTRIES = 200;
const MOST_SIGNED_HEADS = 1000;

export interface ChainVerdict {
  /** Intact ones, from the first on. */
  readonly entries: number;
  /** Of those. */
  readonly head: LogHead;
  readonly firstAt?: string;
  readonly lastAt?: string;
  /** Heads that were signed within the log, and agree with it. Whether the signatures are good, a key tells. */
  readonly signedHeads: readonly SignedHead[];
  /** Absent: the chain is whole. */
  readonly broken?: BrokenLink;
}

export interface VerifyOptions {
  /** Heads from elsewhere that the chain must come to. */
  readonly known?: readonly LogHead[];
  readonly pause?: Pause;
  readonly signal?: AbortSignal;
  /** Hears how many entries are looked at. */
  readonly onProgress?: (entries: number) => void;
}

type Batches = AsyncIterable<readonly LinkSource[]> | Iterable<readonly LinkSource[]>;

/** @param batches records as stored, or lines as exported */
export async function verifyChain(batches: Batches, options: VerifyOptions = {}): Promise<ChainVerdict> {
  const { known, pause, signal, onProgress } = options;
  const check = new LogCheck(known);
  let counted = 0;
  for await (const batch of batches) {
    for (const source of batch) {
      check.take(source);
      if (++counted % HELPING_ENTRIES !== 0) continue;
      onProgress?.(counted);
      await pause?.();
      signal?.throwIfAborted();
    }
    if (check.isSettled) break;
  }
  signal?.throwIfAborted();
  return check.verdict();
}

class LogCheck {
  readonly #walk: ChainWalk;
  #line = 0;
  #first: LogRecord | undefined;
  #last: LogRecord | undefined;
  readonly #signedHeads: SignedHead[] = [];
  #broken: BrokenLink | undefined;

  constructor(known: readonly LogHead[] = []) {
    this.#walk = new ChainWalk(known);
  }

  /** Nothing that comes could change the verdict. */
  get isSettled(): boolean {
    return this.#broken !== undefined && this.#broken.reason !== 'missing';
  }

  take(source: LinkSource): void {
    this.#line++;
    // An empty line is the end of a file, or a hand that left room.
    if (this.isSettled || source === '') return;
    if (this.#broken) return this.#lookForMissing(source, this.#broken);
    if (this.#line === 1 && this.#isHeader(source)) return;
    const found = this.#walk.step(source, this.#line);
    if ('reason' in found) this.#broken = found;
    else this.#accept(found);
  }

  verdict(): ChainVerdict {
    const broken = this.#broken ?? this.#walk.finish(this.#line);
    return {
      entries: this.#walk.head.seq,
      head: this.#walk.head,
      signedHeads: this.#signedHeads,
      ...(this.#first && { firstAt: this.#first.at }),
      ...(this.#last && { lastAt: this.#last.at }),
      ...(broken && { broken }),
    };
  }

  #isHeader(source: LinkSource): boolean {
    const header = typeof source === 'string' ? parseExportHeader(source) : undefined;
    if (header) this.#walk.expect(header.head);
    return header !== undefined;
  }

  #accept(record: LogRecord): void {
    this.#first ??= record;
    this.#last = record;
    if (record.act === 'head-signed') this.#takeHead(record);
  }

  /** An entry that tells of a head is part of the chain like any other; only that it tells the truth is looked at here. */
  #takeHead({ seq, facts }: LogRecord): void {
    let head: SignedHead;
    try {
      head = headInFacts(facts);
    } catch (error) {
      if (error instanceof TrustError) return;
      throw error;
    }
    const agrees = this.#walk.agrees(head);
    if (agrees === false) this.#broken = { seq, line: this.#line, reason: 'rewritten', rule: `it tells of another entry ${head.seq}` };
    else if (agrees && this.#signedHeads.length < MOST_SIGNED_HEADS) this.#signedHeads.push(head);
  }

  #lookForMissing(source: LinkSource, { seq }: BrokenLink): void {
    if (seqOf(source) === seq) this.#broken = { seq, line: this.#line, reason: 'reordered' };
  }
}

const SEQ = /"seq":\s*(\d{1,16})\b/;

function seqOf(source: LinkSource): number | undefined {
  if (typeof source === 'string') return Number(SEQ.exec(source)?.[1]);
  return (source as { readonly seq?: number } | null)?.seq;
}

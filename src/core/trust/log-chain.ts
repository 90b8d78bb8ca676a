/**
 * The chain: `h = SHA-256(prev ‖ canonical entry)`, where `prev` is the 32 bytes of the `h` before (zeros for the first entry) and the
 * canonical entry is the RFC 8785 spelling of everything in the record but `prev` and `h`. All of it answers at once, so that a store can
 * read the last entry, hash and write the next within one transaction.
 *
 * A chain proves that nothing in its middle was changed. Whoever can write all of it can also write all of it anew: against that, a head is
 * signed or kept elsewhere (`log-head.ts`), and its entry must come out the same.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex, toHex } from '../bytes/hex.ts';
import { canonicalJson } from './canonical-json.ts';
import { parseLogRecord } from './log-entry.ts';
import { spellRecord } from './log-spelling.ts';
import type { LogFacts } from './log-facts.ts';
import type { LogEntry, LogRecord } from './log-entry.ts';
import { TrustError } from './trust-error.ts';

/** Where a chain stands: its last entry, and what the next one takes up. */
export interface LogHead {
  readonly seq: number;
  readonly h: string;
}

export const EMPTY_LOG: LogHead = { seq: 0, h: '0'.repeat(64) };

const HASH_BYTES = 32;
const encoder = new TextEncoder();
/** Of one link at a time: nothing is waited for while it is in use. */
let scratch = new Uint8Array(4096);

/** @param entry in its canonical spelling */
function linkHash(prev: string, entry: string): string {
  const most = HASH_BYTES + 3 * entry.length;
  if (scratch.length < most) scratch = new Uint8Array(2 * most);
  scratch.set(fromHex(prev));
  const { written } = encoder.encodeInto(entry, scratch.subarray(HASH_BYTES));
  return toHex(sha256(scratch.subarray(0, HASH_BYTES + written)));
}

/** Names in order, as the canonical spelling has them: a log that is written like this is verified faster. */
export function appendTo(head: LogHead, body: Omit<LogEntry, 'seq'>): LogRecord {
  const { act, app, at, by, facts } = body;
  const seq = head.seq + 1;
  const entry = { act, ...(app !== undefined && { app }), at, by, facts: inOrder(facts) };
  return { ...entry, h: linkHash(head.h, canonicalJson({ ...entry, seq }, 'entry')), prev: head.h, seq };
}

const inOrder = (facts: LogFacts): LogFacts => Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));

export type BreakReason =
  /** No entry of a log: no JSON, a field of another kind, cut off. */
  | 'malformed'
  /** Its content or its own hash is not what was written. */
  | 'altered'
  /** Entries are missing before it. */
  | 'missing'
  /** The one that belongs here comes later. */
  | 'reordered'
  | 'duplicated'
  /** Whole in itself, but it follows another entry than the one before it: one of the two was replaced. */
  | 'unlinked'
  /** A known head is of an entry that is no more. */
  | 'truncated'
  /** A known head says another hash for this entry. */
  | 'rewritten';

export interface BrokenLink {
  /** Of the entry that stands there, or should. */
  readonly seq: number;
  /** From 1 on, as an editor counts. */
  readonly line: number;
  readonly reason: BreakReason;
  /** Of `malformed`: the rule that is broken. Of the others, what is known besides. */
  readonly rule?: string;
}

/** A record, or the line of text that spells one. */
export type LinkSource = unknown;

/** How far back a head in the log may lie from the entry that tells of it: others write meanwhile. */
const REMEMBERED_LINKS = 256;

/** Goes through a chain entry by entry and stops at the first broken link. */
export class ChainWalk {
  #head: LogHead = EMPTY_LOG;
  /** All that were ever told of an entry: what the file says beside what was kept elsewhere, never instead of it. */
  readonly #known = new Map<number, Set<string>>();
  readonly #recent = new Map<number, string>();

  /** @param known heads that the chain must come to, from elsewhere */
  constructor(known: readonly LogHead[] = []) {
    for (const head of known) this.expect(head);
  }

  get head(): LogHead {
    return this.#head;
  }

  /** Before the entry that it is of. */
  expect({ seq, h }: LogHead): void {
    if (seq > 0) this.#known.set(seq, (this.#known.get(seq) ?? new Set()).add(h));
  }

  /** The record, where it follows. */
  step(source: LinkSource, line: number): LogRecord | BrokenLink {
    const seq = this.#head.seq + 1;
    let record: LogRecord;
    let isWhole: boolean;
    try {
      ({ record, isWhole } = typeof source === 'string' ? readLine(source) : readValue(source));
    } catch (error) {
      if (error instanceof TrustError) return { seq, line, reason: 'malformed', rule: error.message };
      throw error;
    }
    const reason = isWhole ? this.#misplaced(record) : 'altered';
    if (reason) return { seq: reason === 'missing' ? seq : record.seq, line, reason };
    this.#head = { seq, h: record.h };
    this.#remember(this.#head);
    return record;
  }

  /** At the end of the log: a head that it must come to and does not. */
  finish(line: number): BrokenLink | undefined {
    const { seq } = this.#head;
    const later = [...this.#known.keys()].filter((known) => known > seq);
    if (later.length === 0) return undefined;
    return { seq: seq + 1, line, reason: 'truncated', rule: `a head tells of entry ${Math.max(...later)}` };
  }

  /** What an entry within the chain says of an earlier one: `undefined` when nobody can say any more. */
  agrees({ seq, h }: LogHead): boolean | undefined {
    const known = this.#recent.get(seq);
    return known === undefined ? undefined : known === h;
  }

  #misplaced({ seq, prev, h }: LogRecord): BreakReason | undefined {
    const next = this.#head.seq + 1;
    if (seq > next) return 'missing';
    if (seq < next) return 'duplicated';
    if (prev !== this.#head.h) return 'unlinked';
    const isAsTold = [...(this.#known.get(seq) ?? [])].every((told) => told === h);
    return isAsTold ? undefined : 'rewritten';
  }

  #remember({ seq, h }: LogHead): void {
    this.#recent.set(seq, h);
    this.#recent.delete(seq - REMEMBERED_LINKS);
  }
}

interface ReadLink {
  readonly record: LogRecord;
  readonly isWhole: boolean;
}

function readLine(line: string): ReadLink {
  const value = parseJson(line);
  const record = parseLogRecord(value);
  // What hashes to this is what was written, in the spelling in which it was: the rule, and the quick way.
  if (isLinked(record, entryIn(record, line))) return { record, isWhole: true };
  // Written anew by another tool. `JSON.parse` takes the last of two members of one name, and others might take the first.
  if (namesIn(line) !== countNames(value)) throw new TrustError('LOG_MALFORMED', 'entry', 'a name stands there twice');
  return readValue(value);
}

function readValue(value: unknown): ReadLink {
  const record = parseLogRecord(value);
  return { record, isWhole: isLinked(record, entryIn(record, spellRecord(value)) ?? spellEntry(value)) };
}

const isLinked = ({ prev, h }: LogRecord, entry: string | undefined): boolean => entry !== undefined && linkHash(prev, entry) === h;

/** As the log writes it, the two members before the last are no part of the entry. `undefined`: another one stands between them. */
function entryIn({ prev, h, seq }: LogRecord, spelled: string): string | undefined {
  const link = `,"h":"${h}","prev":"${prev}"`;
  const end = `,"seq":${seq}}`;
  const at = spelled.length - end.length - link.length;
  return spelled.startsWith(link, at) && spelled.endsWith(end) ? spelled.slice(0, at) + end : undefined;
}

function spellEntry(record: unknown): string {
  const { prev: _prev, h: _h, ...entry } = record as Record<string, unknown>;
  return canonicalJson(entry, 'entry');
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new TrustError('LOG_MALFORMED', 'entry', 'must be JSON', { cause });
  }
}

/** In JSON, text before a colon is a name. */
const namesIn = (line: string): number => line.match(/"(?:[^"\\]|\\.)*"\s*:/g)?.length ?? 0;

/** An entry is an object of values, and one object of facts. */
function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, inner) => sum + countNames(inner), Array.isArray(value) ? 0 : Object.keys(value).length);
}

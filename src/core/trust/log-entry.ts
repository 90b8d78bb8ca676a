/** What an entry of the log is, and how one is read that nobody vouches for. Knows nothing of what makes a chain of entries. */
import type { FactValue, LogFacts } from './log-facts.ts';
import { TrustError } from './trust-error.ts';

export const LOG_WRITERS = ['page', 'worker'] as const;
export type LogWriter = (typeof LOG_WRITERS)[number];

/** What is hashed. */
export interface LogEntry {
  /** From 1 on, without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC, ms, by the clock of the computer. */
  readonly at: string;
  /** One of `LOG_ACTS`; of a newer app, maybe another. */
  readonly act: string;
  readonly facts: LogFacts;
  readonly by: LogWriter;
  /** Version of the app that wrote it. */
  readonly app?: string;
}

/** What somebody wants written; the store knows who writes, and where the chain ends. */
export type LogDraft = Pick<LogEntry, 'at' | 'act' | 'facts'>;

/** An entry and its link. */
export interface LogRecord extends LogEntry {
  /** `h` of the entry before, 64 hex digits; of the first one, zeros. */
  readonly prev: string;
  /** SHA-256 of the 32 bytes of `prev` and of the canonical entry. */
  readonly h: string;
}

const ACT = /^[a-z]+(?:-[a-z]+){0,7}$/;
const AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const HASH = /^[0-9a-f]{64}$/;
const APP = /^[\w.+-]{1,64}$/;
const FACT_NAME = /^[a-z][A-Za-z0-9]{0,31}$/;
const MOST_FACTS = 32;
const MOST_FACT_TEXT = 1024;

const fault = (where: string, rule: string): TrustError => new TrustError('LOG_MALFORMED', where, rule);

/**
 * Members that are not known here are left out; in the hash they count. Every pattern is narrower than what `FieldReader` would let through, and
 * a log has many entries.
 *
 * @throws TrustError LOG_MALFORMED, naming the field
 */
export function parseLogRecord(value: unknown): LogRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault('entry', 'must be an object');
  const { seq, at, act, facts, by, app, prev, h } = value as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(seq) || (seq as number) < 1) throw fault('entry.seq', 'must be a whole number from 1 on');
  return {
    seq: seq as number,
    at: matching(at, AT, 'entry.at', 'a time in UTC with milliseconds'),
    act: matching(act, ACT, 'entry.act', 'the name of an act'),
    facts: parseFacts(facts),
    by: writer(by),
    prev: matching(prev, HASH, 'entry.prev', '64 hex digits'),
    h: matching(h, HASH, 'entry.h', '64 hex digits'),
    ...(app !== undefined && { app: matching(app, APP, 'entry.app', 'a version') }),
  };
}

function matching(value: unknown, pattern: RegExp, where: string, words: string): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw fault(where, `must be ${words}`);
  return value;
}

function writer(value: unknown): LogWriter {
  const known = LOG_WRITERS.find((each) => each === value);
  if (!known) throw fault('entry.by', 'is nobody who writes here');
  return known;
}

function parseFacts(value: unknown): LogFacts {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault('entry.facts', 'must be an object');
  const facts = Object.entries(value as Record<string, unknown>);
  if (facts.length > MOST_FACTS) throw fault('entry.facts', `must hold at most ${MOST_FACTS} facts`);
  for (const [name, fact] of facts) if (!FACT_NAME.test(name) || !isFactValue(fact)) throw fault('entry.facts', 'holds what is no fact');
  return value as LogFacts;
}

function isFactValue(value: unknown): value is FactValue {
  return typeof value === 'string' ? value.length <= MOST_FACT_TEXT : typeof value === 'boolean' || Number.isFinite(value);
}

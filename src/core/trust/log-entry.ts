/** What an entry of the log is, and how one is read that nobody vouches for. Knows nothing of what makes a chain of entries. */
import { FieldReader, defined } from '../fields.ts';
import type { FactValue, LogFacts } from './log-acts.ts';
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
const FACT_NAME = /^[a-z][A-Za-z0-9]{0,31}$/;
const MOST_FACTS = 32;
const MOST_FACT_TEXT = 1024;

const fault = (where: string, rule: string): TrustError => new TrustError('LOG_MALFORMED', where, rule);

/** @throws TrustError LOG_MALFORMED, naming the field */
export function parseLogRecord(value: unknown): LogRecord {
  const fields = new FieldReader(value, 'entry', fault);
  return {
    seq: fields.number('seq', { min: 1, integer: true }),
    at: fields.matching('at', AT, 'a time in UTC with milliseconds'),
    act: fields.matching('act', ACT, 'the name of an act'),
    facts: parseFacts((value as { readonly facts?: unknown }).facts),
    by: fields.oneOf('by', LOG_WRITERS),
    prev: fields.matching('prev', HASH, '64 hex digits'),
    h: fields.matching('h', HASH, '64 hex digits'),
    ...defined({ app: fields.optionalText('app', 64) }),
  };
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

/**
 * The log as files: JSON Lines, which can be verified, and CSV, which can be looked at. One line or row per entry, so that a caller may write
 * as many as it has at hand.
 *
 * A JSON Lines file begins with a line of its own that says what it is and where the log ended; each other line is a record in its canonical
 * spelling (RFC 8785). The first line is no part of the chain: whoever shortens the file can change it too.
 */
import { FieldReader } from '../fields.ts';
import { canonicalJson } from './canonical-json.ts';
import { LOG_FACTS, type FactName } from './log-facts.ts';
import type { LogHead } from './log-chain.ts';
import { parseLogRecord } from './log-entry.ts';
import { spellRecord } from './log-spelling.ts';
import { TrustError } from './trust-error.ts';

const FORMAT = 'otter-log-1';
const HASH = /^[0-9a-f]{64}$/;

export interface ExportHeader {
  readonly at: string;
  readonly head: LogHead;
}

export function headerLine({ at, head }: ExportHeader): string {
  return `${canonicalJson({ at, format: FORMAT, head }, 'header')}\n`;
}

/** `undefined`: the line is something else, an entry most likely. */
export function parseExportHeader(line: string): ExportHeader | undefined {
  if (!line.includes(FORMAT)) return undefined;
  const fault = (where: string, rule: string): TrustError => new TrustError('LOG_MALFORMED', where, rule);
  try {
    const fields = new FieldReader(JSON.parse(line), 'header', fault);
    fields.oneOf('format', [FORMAT]);
    const head = fields.child('head');
    return {
      at: fields.text('at', 32),
      head: { seq: head.number('seq', { min: 0, integer: true }), h: head.matching('h', HASH, '64 hex digits') },
    };
  } catch (error) {
    if (error instanceof TrustError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Of whatever is stored: what cannot be spelled leaves its number, and the chain breaks there. */
export function recordLine(stored: unknown): string {
  try {
    return `${spellRecord(stored)}\n`;
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    return `${JSON.stringify({ seq: Number((stored as { readonly seq?: unknown }).seq), unreadable: true })}\n`;
  }
}

// ---- CSV, RFC 4180 ----

const FACT_COLUMNS = Object.keys(LOG_FACTS) as readonly FactName[];
const COLUMNS = ['seq', 'at', 'act', 'by', 'app', ...FACT_COLUMNS, 'other', 'h'] as const;

export const CSV_HEAD = `${COLUMNS.join(',')}\r\n`;

/** A spreadsheet takes a cell that begins with one of these for a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n]/;

function cell(value: unknown): string {
  const text = value === undefined ? '' : String(value);
  const plain = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

export function csvRow(stored: unknown): string {
  const cells = csvCells(stored);
  return `${COLUMNS.map((column) => cell(cells[column])).join(',')}\r\n`;
}

function csvCells(stored: unknown): Partial<Record<(typeof COLUMNS)[number], unknown>> {
  try {
    const { seq, at, act, by, app, facts, h } = parseLogRecord(stored);
    const known = Object.fromEntries(FACT_COLUMNS.filter((name) => Object.hasOwn(facts, name)).map((name) => [name, facts[name]]));
    const others = Object.entries(facts).filter(([name]) => !Object.hasOwn(LOG_FACTS, name));
    return { seq, at, act, by, app, ...known, ...(others.length > 0 && { other: JSON.stringify(Object.fromEntries(others)) }), h };
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    return { seq: (stored as { readonly seq?: unknown }).seq, act: 'unreadable' };
  }
}

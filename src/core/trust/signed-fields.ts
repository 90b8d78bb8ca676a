/** The kinds of fields that root files, indexes and releases share, each with its bounds. */
import { FieldReader } from '../fields.ts';
import { CHIPS } from '../image/chips.ts';
import type { ChipName } from '../image/model.ts';
import { FINGERPRINT } from './key-model.ts';
import type { Fingerprint } from './key-model.ts';
import { parseStrictJson } from './strict-json.ts';
import { TrustError, failWith } from './trust-error.ts';
import type { TrustErrorCode } from './trust-error.ts';

const SHA256_HEX = /^[0-9a-f]{64}$/;
const CHIP_NAMES = Object.values(CHIPS).map(({ name }) => name);
const MOST_LABEL_LENGTH = 64;
/** Counters and versions have to fit where devices keep them. */
const MOST_COUNTER = 0xffff_ffff;
/** RFC 3339 §5.6, in UTC and without fractions: one spelling for one second. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export interface Span {
  readonly issuedMs: number;
  readonly expiresMs: number;
}

/** A fraction of a second is dropped. @throws RangeError beyond the years 0 to 9999 */
export function timestamp(ms: number): string {
  const text = new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
  if (!TIMESTAMP.test(text)) throw new RangeError(`${text} is no timestamp of RFC 3339`);
  return text;
}

export class SignedFields extends FieldReader {
  readonly #where: string;
  readonly #code: TrustErrorCode;

  constructor(value: unknown, where: string, code: TrustErrorCode) {
    super(value, where, failWith(code));
    this.#where = where;
    this.#code = code;
  }

  /** The payload of a file that states its kind. `where` is the file. */
  static parse(payload: Uint8Array, { where, code, schema }: PayloadKind): SignedFields {
    const place = `${where}.payload`;
    // Whoever handed out the payload has bounded the file around it.
    const fields = new SignedFields(parseStrictJson(payload, place, payload.length), place, code);
    if (fields.text('schema') !== schema) throw fields.broken('schema', `must be ${schema}`);
    return fields;
  }

  override child(key: string): SignedFields {
    return new SignedFields(this.value(key), `${this.#where}.${key}`, this.#code);
  }

  broken(key: string, rule: string, cause?: unknown): TrustError {
    return new TrustError(this.#code, `${this.#where}.${key}`, rule, { cause });
  }

  /** A name that people read and programs compare: one line, one spelling. */
  label(key: string): string {
    return this.#label(this.text(key, MOST_LABEL_LENGTH), key);
  }

  labels(key: string, mostItems: number): readonly string[] {
    return this.texts(key, mostItems, MOST_LABEL_LENGTH).map((text, index) => this.#label(text, `${key}[${index}]`));
  }

  chip(key: string): ChipName {
    return this.oneOf(key, CHIP_NAMES);
  }

  sha256(key: string): string {
    return this.matching(key, SHA256_HEX, 'a SHA-256: 64 lower-case hex digits');
  }

  /** Each once. */
  fingerprints(key: string, mostItems: number): readonly Fingerprint[] {
    const all = this.texts(key, mostItems, MOST_LABEL_LENGTH);
    if (!all.every((text) => FINGERPRINT.test(text))) throw this.broken(key, 'must be fingerprints of keys: 64 lower-case hex digits');
    if (new Set(all).size !== all.length) throw this.broken(key, 'must name each key once');
    return all;
  }

  counter(key: string, min = 0, max = MOST_COUNTER): number {
    return this.number(key, { min, max, integer: true });
  }

  span(): Span {
    const span = { issuedMs: this.#timestamp('issued'), expiresMs: this.#timestamp('expires') };
    if (span.issuedMs >= span.expiresMs) throw this.broken('expires', 'must be later than issued');
    return span;
  }

  #label(text: string, key: string): string {
    const isPlain = text !== '' && text === text.trim() && text === text.normalize() && !/[\t\n]/.test(text);
    if (!isPlain) throw this.broken(key, 'must be one line of text, in NFC, without spaces around it');
    return text;
  }

  #timestamp(key: string): number {
    const words = 'a moment of RFC 3339 in UTC: 2026-01-31T12:00:00Z';
    const text = this.matching(key, TIMESTAMP, words);
    const ms = Date.parse(text);
    // Neither a 30th of February nor an hour 24.
    if (Number.isNaN(ms) || timestamp(ms) !== text) throw this.broken(key, `must be ${words}`);
    return ms;
  }
}

export interface PayloadKind {
  /** The file, for errors. */
  readonly where: string;
  /** What a broken rule is called. */
  readonly code: TrustErrorCode;
  readonly schema: string;
}

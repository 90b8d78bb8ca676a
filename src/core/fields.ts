/**
 * Reads typed, bounded fields out of JSON-shaped values that nobody vouches for: a device's answer, a stored record, an
 * archive's manifest. Fields that are not asked for are ignored. The caller says which error a broken rule becomes.
 */
import { plainText } from './plain-text.ts';

export type FieldFault = (where: string, rule: string) => Error;

const DEFAULT_TEXT_LENGTH = 256;

export interface NumberRule {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
  /** Accepts `"123"` as well, as small devices write it. */
  readonly fromText?: boolean;
}

const NUMBER_TEXT = /^-?\d{1,16}(?:\.\d{1,16})?$/;

export class FieldReader {
  readonly #source: Readonly<Record<string, unknown>>;
  readonly #where: string;
  readonly #fault: FieldFault;

  /** Throws the caller's error unless `value` is a plain object. */
  constructor(value: unknown, where: string, fault: FieldFault) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault(where, 'must be an object');
    this.#source = value as Record<string, unknown>;
    this.#where = where;
    this.#fault = fault;
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  text(key: string, maxLength = DEFAULT_TEXT_LENGTH): string {
    const value = this.#get(key);
    if (typeof value !== 'string') throw this.#broken(key, 'must be text');
    if (value.length > maxLength) throw this.#broken(key, `must be at most ${maxLength} characters`);
    return plainText(value);
  }

  optionalText(key: string, maxLength = DEFAULT_TEXT_LENGTH): string | undefined {
    return this.has(key) ? this.text(key, maxLength) : undefined;
  }

  /** Text that the pattern accepts as a whole. */
  matching(key: string, pattern: RegExp, words: string): string {
    const value = this.text(key);
    if (!pattern.test(value)) throw this.#broken(key, `must be ${words}`);
    return value;
  }

  oneOf<const T extends string>(key: string, words: readonly T[]): T {
    const value = this.text(key);
    const word = words.find((word) => word === value);
    if (word === undefined) throw this.#broken(key, 'is no word that is known here');
    return word;
  }

  number(key: string, rule: NumberRule = {}): number {
    const raw = this.#get(key);
    const value = rule.fromText === true && typeof raw === 'string' && NUMBER_TEXT.test(raw.trim()) ? Number(raw) : raw;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#broken(key, 'must be a finite number');
    if (rule.integer === true && !Number.isSafeInteger(value)) throw this.#broken(key, 'must be a whole number');
    if (rule.min !== undefined && value < rule.min) throw this.#broken(key, `must be at least ${rule.min}`);
    if (rule.max !== undefined && value > rule.max) throw this.#broken(key, `must be at most ${rule.max}`);
    return value;
  }

  optionalNumber(key: string, rule: NumberRule = {}): number | undefined {
    return this.has(key) ? this.number(key, rule) : undefined;
  }

  boolean(key: string): boolean {
    const value = this.#get(key);
    if (typeof value !== 'boolean') throw this.#broken(key, 'must be true or false');
    return value;
  }

  optionalBoolean(key: string): boolean | undefined {
    return this.has(key) ? this.boolean(key) : undefined;
  }

  /** Each element read by `read`, which is told where it is. */
  list<T>(key: string, maxItems: number, read: (item: unknown, where: string) => T): readonly T[] {
    const value = this.#get(key);
    if (!Array.isArray(value)) throw this.#broken(key, 'must be a list');
    if (value.length > maxItems) throw this.#broken(key, `must hold at most ${maxItems} entries`);
    return value.map((item: unknown, index) => read(item, `${this.#where}.${key}[${index}]`));
  }

  texts(key: string, maxItems: number, maxLength: number): readonly string[] {
    return this.list(key, maxItems, (item, where) => {
      if (typeof item !== 'string' || item.length > maxLength) throw this.#fault(where, `must be text of at most ${maxLength} characters`);
      return plainText(item);
    });
  }

  child(key: string): FieldReader {
    return new FieldReader(this.#get(key), `${this.#where}.${key}`, this.#fault);
  }

  /** For readers that know more kinds of fields. */
  protected value(key: string): unknown {
    return this.#get(key);
  }

  /** `null` counts as absent; inherited properties do not count at all. */
  #get(key: string): unknown {
    return Object.hasOwn(this.#source, key) ? (this.#source[key] ?? undefined) : undefined;
  }

  #broken(key: string, rule: string): Error {
    return this.#fault(`${this.#where}.${key}`, rule);
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Leaves out what is `undefined`, as `exactOptionalPropertyTypes` wants it. */
export function defined<T extends object>(source: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>;
}

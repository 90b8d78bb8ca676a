/**
 * The one spelling of a JSON value: JSON Canonicalization Scheme, RFC 8785. For what is hashed or signed here. Whatever has no such
 * spelling (or another one after it was read back) is refused, never repaired.
 */
import { failWith } from './trust-error.ts';

/** Everything that is written here is flat; the bound is for what strangers wrote. */
const MOST_DEPTH = 32;
/** With the `u` flag, a pair is one code point and none of these. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * @param where names the value in errors
 * @throws TrustError JSON_UNFIT for `undefined`, a number that is not finite, a lone surrogate, anything but plain data, or data that is
 *   nested deeper than 32 levels
 */
export function canonicalJson(value: unknown, where = 'value'): string {
  return write(value, where, 0);
}

/** UTF-8, as it is hashed. */
export const canonicalBytes = (value: unknown, where?: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(canonicalJson(value, where));

function write(value: unknown, where: string, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeText(value, where);
    case 'number':
      // §3.2.2.3: numbers as ECMAScript writes them, so −0 becomes 0.
      if (!Number.isFinite(value)) throw unfit(where, 'must be a finite number');
      return String(value === 0 ? 0 : value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth === MOST_DEPTH) throw unfit(where, `nested deeper than ${MOST_DEPTH} levels`);
      return Array.isArray(value) ? writeList(value, where, depth) : writeObject(value, where, depth);
    default:
      throw unfit(where, `${typeof value} has no spelling in JSON`);
  }
}

/** §3.2.2.2: the escapes are those of `JSON.stringify`, which writes a lone surrogate as an escape that I-JSON forbids. */
function writeText(text: string, where: string): string {
  if (LONE_SURROGATE.test(text)) throw unfit(where, 'holds half of a surrogate pair');
  return JSON.stringify(text);
}

function writeList(list: readonly unknown[], where: string, depth: number): string {
  // By index: a hole counts as undefined, where `map` would skip it.
  let text = '';
  for (let index = 0; index < list.length; index++) {
    text += `${index === 0 ? '' : ','}${write(list[index], `${where}[${index}]`, depth + 1)}`;
  }
  return `[${text}]`;
}

/** §3.2.3: members in the order of their names as UTF-16 code units, which is how `sort` orders. */
function writeObject(value: object, where: string, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw unfit(where, 'is no plain object');
  let text = '';
  for (const name of Object.keys(value).sort()) {
    const member = write((value as Record<string, unknown>)[name], `${where}.${name}`, depth + 1);
    text += `${text === '' ? '' : ','}${writeText(name, where)}:${member}`;
  }
  return `{${text}}`;
}

const unfit = failWith('JSON_UNFIT');

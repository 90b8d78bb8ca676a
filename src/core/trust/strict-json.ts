/**
 * JSON that every reader understands in the same way: UTF-8 without a byte order mark, no member twice, no half of a surrogate pair
 * (I-JSON, RFC 7493 §2), and no characters that would be gone when it is shown. For what is signed, or says what is signed: whatever two
 * readers could read differently is refused.
 */
import { plainText } from '../plain-text.ts';
import { TrustError } from './trust-error.ts';

const MOST_DEPTH = 32;
/** Of text that is known to be JSON: its strings, and what gives it structure. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/gs;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * @param where names the text in errors
 * @throws TrustError SET_FILE_TOO_LARGE, JSON_MALFORMED
 */
export function parseStrictJson(bytes: Uint8Array, where: string, mostBytes: number): unknown {
  if (bytes.length > mostBytes) throw new TrustError('SET_FILE_TOO_LARGE', where, `has at most ${mostBytes} bytes, not ${bytes.length}`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    assertOneMeaning(text, where);
    return value;
  } catch (cause) {
    if (cause instanceof TrustError) throw cause;
    throw malformed(where, 'is no JSON in UTF-8', cause);
  }
}

/** Walks the tokens, with the names seen so far in each object that is open; a list has none. */
function assertOneMeaning(text: string, where: string): void {
  const open: (Set<string> | undefined)[] = [];
  let before = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token !== ',') readString(token, before === '{' || before === ',' ? open.at(-1) : undefined, where);
    if (open.length > MOST_DEPTH) throw malformed(where, `is nested deeper than ${MOST_DEPTH} levels`);
    before = token;
  }
}

/** @param names of the object whose member the string names; `undefined` for a value */
function readString(token: string, names: Set<string> | undefined, where: string): void {
  const text = JSON.parse(token) as string;
  if (LONE_SURROGATE.test(text)) throw malformed(where, 'holds half of a surrogate pair');
  if (plainText(text) !== text) throw malformed(where, 'holds control characters, or marks that turn the direction of text');
  if (!names) return;
  // Own properties are all that is read here; other readers are not as careful.
  if (text === '__proto__') throw malformed(where, 'names a member __proto__');
  if (names.has(text)) throw malformed(where, `names the member ${JSON.stringify(text.slice(0, 64))} twice`);
  names.add(text);
}

const malformed = (where: string, rule: string, cause?: unknown): TrustError => new TrustError('JSON_MALFORMED', where, rule, { cause });

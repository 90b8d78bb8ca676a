/**
 * The canonical spelling of a record of the log (RFC 8785), by the engine's own means where that is the same: flat members in their order. A log
 * has many records, and `JSON.stringify` is several times as fast.
 */
import { canonicalJson } from './canonical-json.ts';

/** @throws TrustError JSON_UNFIT */
export function spellRecord(value: unknown): string {
  if (typeof value !== 'object' || value === null || !isInOrder(value, isFacts)) return canonicalJson(value, 'entry');
  const spelled = JSON.stringify(value);
  // Written for half a surrogate pair, which has no canonical spelling; also within text that only looks like it, hence no error here.
  return spelled.includes('\\ud') ? canonicalJson(value, 'entry') : spelled;
}

const isFacts = (value: unknown): boolean => isPlainObject(value) && isInOrder(value, () => false);

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Names in the order of UTF-16 code units, values that every engine spells alike. */
function isInOrder(object: object, isOther: (value: unknown) => boolean): boolean {
  let before = '';
  for (const name of Object.keys(object)) {
    if (name < before) return false;
    before = name;
    const value = (object as Record<string, unknown>)[name];
    const kind = typeof value;
    if (kind !== 'string' && kind !== 'boolean' && !Number.isFinite(value) && !isOther(value)) return false;
  }
  return true;
}

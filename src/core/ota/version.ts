/**
 * The order of two firmware versions: Semantic Versioning 2.0.0 §11, read generously, because versions in the field are
 * `v1.2`, `1.2.3.4`, `2025.11.19-rc1` or `v5.3.1-dirty`. Knows nothing of where a version comes from.
 */
const MAX_VERSION_LENGTH = 128;
/** Optional `v`, 1–4 numbers, optional `-pre.release`, optional `+build` (or `-` words that `git describe` appends). */
const VERSION = /^[vV]?(\d{1,10}(?:\.\d{1,10}){0,3})(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/;

/** `-3-gabc1234`, as `git describe` says it: commits after a tag, so newer than the tag. `-dirty` has no rank. */
const COMMITS_AFTER = /^(?:(.+)-)?(\d{1,10})-g[0-9a-f]{4,40}$/;
const DIRTY = /(?:^|-)dirty$/;

interface Version {
  readonly numbers: readonly number[];
  readonly prerelease: readonly string[];
  readonly commitsAfter: number;
}

function parseVersion(text: string): Version | undefined {
  const match = text.length <= MAX_VERSION_LENGTH ? VERSION.exec(text.trim()) : null;
  if (!match) return undefined;
  const suffix = match[2]?.replace(DIRTY, '') ?? '';
  const described = COMMITS_AFTER.exec(suffix);
  const prerelease = described ? (described[1] ?? '') : suffix;
  const words = prerelease === '' ? [] : prerelease.split('.');
  // An empty word (`1.0.0-.1`) has no order.
  if (words.includes('')) return undefined;
  return { numbers: match[1]!.split('.').map(Number), prerelease: words, commitsAfter: Number(described?.[2] ?? 0) };
}

type Order = -1 | 0 | 1;
const order = (a: number | string, b: number | string): Order => (a < b ? -1 : a > b ? 1 : 0);

function compareNumbers(a: readonly number[], b: readonly number[]): Order {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const result = order(a[index] ?? 0, b[index] ?? 0);
    if (result !== 0) return result;
  }
  return 0;
}

/** §11.4: numeric words by value and below the others, which go by ASCII; more words win. None at all wins over any (§11.3). */
function comparePrerelease(a: readonly string[], b: readonly string[]): Order {
  if (a.length === 0 || b.length === 0) return order(a.length === 0 ? 1 : 0, b.length === 0 ? 1 : 0);
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const left = a[index]!;
    const right = b[index]!;
    const leftIsNumber = /^\d+$/.test(left);
    const rightIsNumber = /^\d+$/.test(right);
    let result: Order;
    if (leftIsNumber && rightIsNumber) result = order(Number(left), Number(right));
    else if (leftIsNumber !== rightIsNumber) result = leftIsNumber ? -1 : 1;
    else result = order(left, right);
    if (result !== 0) return result;
  }
  return order(a.length, b.length);
}

/**
 * −1 when `a` is older than `b`, 1 when newer, 0 when of the same rank (build metadata has none, §10) or the same text.
 * `undefined` when the texts differ and one of them is no version.
 */
export function compareVersions(a: string, b: string): -1 | 0 | 1 | undefined {
  if (a.trim() === b.trim() && a.trim() !== '') return 0;
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (!left || !right) return undefined;
  return (
    compareNumbers(left.numbers, right.numbers) ||
    comparePrerelease(left.prerelease, right.prerelease) ||
    order(left.commitsAfter, right.commitsAfter)
  );
}

/** Lines of root files as they are kept: verified again from the first to the newest whenever they are read, for a disk is no proof. */
import { OtterError } from '../../core/errors.ts';
import { hasLostKey } from '../../core/trust/release-set.ts';
import type { SeenIndex } from '../../core/trust/release-set.ts';
import { readFirstRoot, readNextRoot } from '../../core/trust/root.ts';
import type { TrustedRoot } from '../../core/trust/root.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import type { StoredRoot } from './release-ports.ts';
import type { Bytes, RootLine } from './release-services.ts';

/** `undefined` for a line that does not hold: nothing of it is believed. */
export async function readLine({ record, files, seen, index }: StoredRoot): Promise<RootLine | undefined> {
  try {
    const [first, ...others] = files;
    const roots = [await readFirstRoot(first!, record.id)];
    for (const bytes of others) roots.push(await readNextRoot(roots.at(-1)!, bytes));
    const newest = roots.at(-1)!;
    return { ...record, version: newest.root.version, files: roots, newest, seen, index };
  } catch (error) {
    if (error instanceof OtterError) return undefined;
    throw error;
  }
}

/**
 * With what was verified on top of the root files that are stored. Runs in the transaction that writes, so that two who build on the same root file
 * cannot both be kept: whoever comes second has something that does not follow.
 * @param line up to the newest root file that was verified
 * @param read an index, held against that one
 * @throws TrustError ROOT_OVERTAKEN, INDEX_ROLLBACK
 */
export function grown(
  stored: StoredRoot,
  line: readonly TrustedRoot[],
  read?: { readonly seen: SeenIndex; readonly index: StoredRoot['index'] },
): StoredRoot {
  const files = line.map(({ bytes }) => bytes);
  const isOneLine = stored.files.every((bytes, at) => at >= files.length || isSame(bytes, files[at]!));
  // Keys that signed the index may have been taken away since.
  const isIndexOld = read !== undefined && stored.files.length > files.length;
  if (!isOneLine || isIndexOld) throw overtaken(stored.record.version);
  if (read && !isLater(read.seen, stored.seen))
    throw new TrustError('INDEX_ROLLBACK', 'index.payload.version', 'must be as new as one that was read meanwhile');
  const isLonger = files.length > stored.files.length;
  return {
    ...stored,
    ...(isLonger && { record: { ...stored.record, version: line.at(-1)!.root.version }, files }),
    ...(read && { seen: read.seen, ...(read.index && { index: read.index }) }),
  };
}

/** @param newest version of the root file that came first */
export const overtaken = (newest: number): TrustError =>
  new TrustError('ROOT_OVERTAKEN', 'root.payload.version', `must follow ${newest}, which is kept here by now`);

export const isSame = (a: Bytes, b: Bytes): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** The same rule as `trustIndex` has: until a key is removed the version counts. */
const isLater = (seen: SeenIndex, before: SeenIndex | undefined): boolean =>
  !before || hasLostKey(before, seen.releaseKeys) || seen.version >= before.version;

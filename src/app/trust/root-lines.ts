/** Lines of root files as they are kept: verified again from the first to the newest whenever they are read, for a disk is no proof. */
import { OtterError } from '../../core/errors.ts';
import { hasLostKey } from '../../core/trust/release-set.ts';
import type { SeenIndex } from '../../core/trust/release-set.ts';
import { readFirstRoot, readNextRoot } from '../../core/trust/root.ts';
import type { TrustedRoot } from '../../core/trust/root.ts';
import type { StoredRoot } from './release-ports.ts';
import type { RootLine } from './release-services.ts';

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

/** With what a visit has found: root files are only added, and an index that was seen is not forgotten for an older one. */
export function grown(
  stored: StoredRoot,
  roots: readonly TrustedRoot[],
  seen?: { readonly seen: SeenIndex; readonly index: StoredRoot['index'] },
): StoredRoot {
  const version = Math.max(stored.record.version, roots.at(-1)?.root.version ?? 0);
  const added = roots.filter(({ root }) => root.version > stored.record.version).map(({ bytes }) => bytes);
  const isNewer = seen !== undefined && isLater(seen.seen, stored.seen);
  return {
    ...stored,
    record: { ...stored.record, version },
    files: [...stored.files, ...added],
    ...(isNewer && { seen: seen.seen, ...(seen.index && { index: seen.index }) }),
  };
}

/** The same rule as `trustIndex` has: until a key is removed the version counts. */
const isLater = (seen: SeenIndex, before: SeenIndex | undefined): boolean =>
  !before || hasLostKey(before, seen.releaseKeys) || seen.version >= before.version;

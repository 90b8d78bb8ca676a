/** Lines of root files as they are kept: verified again from the first to the newest whenever they are read, for a disk is no proof. */
import { OtterError } from '../../core/errors.ts';
import { parseEnvelope, unverifiedPayload } from '../../core/trust/jws.ts';
import { readSetRoot } from '../../core/trust/read-release-set.ts';
import { hasLostKey } from '../../core/trust/release-set.ts';
import type { SeenIndex } from '../../core/trust/release-set.ts';
import { MOST_ROOT_BYTES, readFirstRoot, readNextRoot } from '../../core/trust/root.ts';
import type { TrustedRoot } from '../../core/trust/root.ts';
import { readOptional, rootFile } from '../../core/trust/set-files.ts';
import type { SetSource } from '../../core/trust/set-files.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import { sha256Hex } from '../../core/bytes/sha256.ts';
import type { StoredRoot } from './release-ports.ts';
import type { RootLine } from './release-services.ts';
import { addressesOf, isAddress } from './set-origin.ts';

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
 * The line that a set continues: the one whose newest root file lies in it, or else the one that knows the set's own root file. Where a set
 * was read before, another root file than those of its line is refused.
 * @throws TrustError ROOT_UNKNOWN
 */
export async function lineOf(
  source: SetSource,
  lines: readonly RootLine[],
  where: string,
  signal: AbortSignal,
): Promise<{ readonly root: TrustedRoot; readonly line: RootLine | undefined }> {
  for (const line of lines) {
    const bytes = await readOptional(source, rootFile(line.newest.root.version), MOST_ROOT_BYTES, signal);
    if (bytes && (await payloadHash(bytes)) === line.newest.fingerprint) return { root: line.newest, line };
  }
  const root = await readSetRoot(source, { signal });
  const knows = lines.find(({ files }) => files.some(({ fingerprint }) => fingerprint === root.fingerprint));
  if (knows) return { root: knows.newest, line: knows };
  const before = isAddress(where) ? lines.find((line) => addressesOf(line).includes(where)) : undefined;
  if (!before) return { root, line: undefined };
  throw new TrustError('ROOT_UNKNOWN', 'root', `here lay the root file of ${before.name} before: ${before.newest.fingerprint}`, {
    found: root.fingerprint,
  });
}

/** `undefined` for what is no envelope; it is not believed either way. */
async function payloadHash(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  try {
    return await sha256Hex(unverifiedPayload(parseEnvelope(bytes, 'root', MOST_ROOT_BYTES), 'root'));
  } catch (error) {
    if (error instanceof TrustError) return undefined;
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

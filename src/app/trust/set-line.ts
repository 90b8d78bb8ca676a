/**
 * Which line of root files a set continues, and whether the set is at one with it. A client of The Update Framework (specification 1.0, §5.3) asks
 * for the next root file and for nothing else: it would read past a set that shows newcomers another root file, and past a second one under a
 * version that the line has already. Here both are refused by name, and the line stays what it was.
 */
import { sha256Hex } from '../../core/bytes/sha256.ts';
import { parseEnvelope, unverifiedPayload } from '../../core/trust/jws.ts';
import { readSetRoot } from '../../core/trust/read-release-set.ts';
import { MOST_ROOT_BYTES, readFirstRoot, readNextRoot } from '../../core/trust/root.ts';
import type { TrustedRoot } from '../../core/trust/root.ts';
import { ROOT_FILE, readOptional, rootFile } from '../../core/trust/set-files.ts';
import type { SetSource } from '../../core/trust/set-files.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import type { Bytes, RootLine } from './release-services.ts';
import { addressesOf, isAddress } from './set-origin.ts';

interface SetLine {
  readonly root: TrustedRoot;
  /** Absent: nobody here trusts it yet. */
  readonly line: RootLine | undefined;
  /** Another line, whose sets lay at the same address before. */
  readonly formerly: RootLine | undefined;
}

/** Of a line, what a root file is held against. */
type Line = Pick<RootLine, 'name' | 'files'>;

/**
 * The line whose newest root file lies in the set, or else the one that the set's own root file belongs to, or follows.
 * @param where the set lies
 * @throws TrustError ROOT_UNKNOWN, ROOT_FORKED, or as the root file is malformed
 */
export async function lineOf(source: SetSource, lines: readonly RootLine[], where: string, signal: AbortSignal): Promise<SetLine> {
  const read = (version: number) => readOptional(source, rootFile(version), MOST_ROOT_BYTES, signal);
  const found = (line: RootLine): SetLine => ({ root: line.newest, line, formerly: before.find(({ id }) => id !== line.id) });
  const before = isAddress(where) ? lines.filter((line) => addressesOf(line).includes(where)) : [];
  for (const line of lines) {
    const bytes = await read(line.newest.root.version);
    if (bytes && (await payloadHash(bytes)) === line.newest.fingerprint) return found(line);
  }
  const root = await readSetRoot(source, { signal });
  for (const line of lines) if (await isContinued(line, root, read)) return found(line);
  const [former] = before;
  if (former) throw stranger(former, root.fingerprint);
  return { root, line: undefined, formerly: undefined };
}

/** @param root the set's own. @param read its other ones, by version */
async function isContinued(line: RootLine, root: TrustedRoot, read: (version: number) => Promise<Bytes | undefined>): Promise<boolean> {
  let isOfLine = line.files.some(({ fingerprint }) => fingerprint === root.fingerprint);
  for (const file of line.files) {
    const { version } = file.root;
    for (const bytes of [await read(version), version === root.root.version ? root.bytes : undefined]) {
      const found = bytes && (await payloadHash(bytes));
      if (found === file.fingerprint) isOfLine = true;
      if (!bytes || found === undefined || found === file.fingerprint) continue;
      await assertNoFork(line, version, bytes);
      if (isOfLine) throw stranger(line, found);
      return false;
    }
  }
  return isOfLine || isNext(line.newest, root.bytes);
}

/**
 * What newcomers are shown is of the line, too. To be asked after new root files were followed: that is how stolen keys lose their say.
 * @throws TrustError ROOT_UNKNOWN, ROOT_FORKED, ROOT_SKIPPED, or as the root file is malformed
 */
export async function assertAtOne(source: SetSource, line: Line, signal: AbortSignal): Promise<void> {
  for (const { root, fingerprint } of line.files) {
    const kept = await readOptional(source, rootFile(root.version), MOST_ROOT_BYTES, signal);
    const found = kept && (await payloadHash(kept));
    // Hosts answer with a page of theirs where a file is missing: that is no root file.
    if (!kept || found === undefined || found === fingerprint) continue;
    await assertNoFork(line, root.version, kept);
    throw stranger(line, found);
  }
  const bytes = await readOptional(source, ROOT_FILE, MOST_ROOT_BYTES, signal);
  if (!bytes) return;
  const { root, fingerprint } = await readFirstRoot(bytes);
  if (line.files.some((file) => file.fingerprint === fingerprint)) return;
  await assertNoFork(line, root.version, bytes);
  const newest = line.files.at(-1)!.root.version;
  if (root.version <= newest) throw stranger(line, fingerprint);
  throw new TrustError('ROOT_SKIPPED', ROOT_FILE, `is version ${root.version}, and the set holds none that follows version ${newest}`);
}

/** Only keys of the line can fork it: two people rotated at once, or keys were stolen. */
async function assertNoFork({ name, files }: Line, version: number, bytes: Bytes): Promise<void> {
  const before = files.find(({ root }) => root.version === version - 1);
  const kept = files.find(({ root }) => root.version === version);
  if (!before || !kept || !(await isNext(before, bytes))) return;
  throw new TrustError('ROOT_FORKED', 'root', `version ${version} of ${name} is ${kept.fingerprint}`, {
    found: (await payloadHash(bytes)) ?? '',
  });
}

const stranger = ({ name, files }: Line, found: string): TrustError =>
  new TrustError('ROOT_UNKNOWN', 'root', `the root file of ${name} is ${files.at(-1)!.fingerprint}`, { found });

const isNext = async (before: TrustedRoot, bytes: Bytes): Promise<boolean> =>
  (await unlessRefused(() => readNextRoot(before, bytes))) !== undefined;

/** `undefined` for what is no envelope; it is not believed either way. */
const payloadHash = (bytes: Bytes): Promise<string | undefined> =>
  unlessRefused(() => sha256Hex(unverifiedPayload(parseEnvelope(bytes, 'root', MOST_ROOT_BYTES), 'root')));

async function unlessRefused<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}

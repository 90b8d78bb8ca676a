/**
 * A build with its bytes: read, checked against what was stated of them, recognised, taken apart, and each piece given its place in the flash.
 */
import { md5HexPaced } from '../bytes/md5.ts';
import { Pacer } from '../bytes/pacer.ts';
import type { Pause } from '../bytes/pacer.ts';
import { CHIPS } from '../image/chips.ts';
import { readImageChip } from '../image/image-chip.ts';
import { describeFlash, findTableOffset } from '../image/flash-layout.ts';
import { openContainer, openFirmware } from '../image/inspect.ts';
import type { ContainerKind, OpenedFirmware } from '../image/inspect.ts';
import type { ChipName, FirmwareContent, Partition } from '../image/model.ts';
import { PARTITION_TABLE_OFFSET, encodePartitionTable, hasPartitionMagic } from '../image/partition-table.ts';
import { BundleError } from './bundle-error.ts';
import { chipOfContent } from './chip-of.ts';
import { MOST_BUNDLE_BYTES } from './limits.ts';
import type { BundleBuild, BundlePart, PartRole, ResolvedBuild, ResolvedPart } from './model.ts';
import { fileName } from './paths.ts';
import { proposeOffset, roleOf, roleOfPartition, tableOf, tableOffsetOf } from './places.ts';
import type { Surroundings } from './places.ts';
import { splitRuns } from './split.ts';
import type { SplitContent } from './split.ts';

export interface ResolveOptions {
  /** Of the chip at hand; used only where neither the build nor an image names one. */
  readonly chip?: ChipName | undefined;
  /** As found on the chip; the bundle's own table counts for more. */
  readonly partitions?: readonly Partition[] | undefined;
  /** Of that table, where it is not the usual one. */
  readonly tableOffset?: number | undefined;
  readonly signal?: AbortSignal;
  /** Lets others have their turn in long work. */
  readonly pause?: Pause;
  /** Files read so far, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

interface ReadPart extends OpenedFirmware {
  readonly part: BundlePart;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** @throws BundleError, or what reading a file rejects with */
export async function resolveBuild(build: BundleBuild, options: ResolveOptions = {}): Promise<ResolvedBuild> {
  const pacer = new Pacer(options.pause, options.signal);
  const read = await readParts(build.parts, pacer, options);
  const taken: SplitContent[] = [];
  const single: ReadPart[] = [];
  for (const part of read) {
    const split = await takeApart(part, pacer);
    if (split) taken.push(split);
    else single.push(part);
  }
  const chip = agreeOnChip(build, single, taken);
  const all = [...single.map(({ part, content }) => ({ offset: part.offset, content })), ...taken.flatMap(({ parts }) => parts)];
  // The boot loader decides where it looks: its own build states that, and one that stays looks where the table is.
  const bringsBootloader = all.some(({ content }) => content.kind === 'bootloader');
  const tableOffset = tableOffsetOf(all) ?? (bringsBootloader ? undefined : options.tableOffset) ?? PARTITION_TABLE_OFFSET;
  const surroundings = { chip: chip ?? options.chip, partitions: tableOf(all) ?? options.partitions, tableOffset };
  const parts = [...single.map((part) => place(part, surroundings)), ...taken.flatMap(({ parts }) => parts)];
  assertNoSharedPlace(parts);
  return { chip, parts: parts.toSorted((a, b) => a.offset - b.offset), ...(build.settings && { settings: build.settings }) };
}

async function readParts(parts: readonly BundlePart[], pacer: Pacer, { signal, onProgress }: ResolveOptions): Promise<readonly ReadPart[]> {
  const read: ReadPart[] = [];
  let total = 0;
  for (const part of parts) {
    assertSize(total + (part.file.size ?? 0), part);
    const bytes = await part.file.read(signal);
    signal?.throwIfAborted();
    total += bytes.length;
    assertSize(total, part);
    await assertSound(part, bytes, pacer);
    const opened = await openPart(part, bytes, pacer);
    read.push({ ...opened, part, bytes: binaryTable(opened.content, bytes) ?? bytes });
    onProgress?.(read.length, parts.length);
  }
  return read;
}

function assertSize(total: number, { file }: BundlePart): void {
  if (total <= MOST_BUNDLE_BYTES) return;
  const rule = `together more than the ${MOST_BUNDLE_BYTES} bytes of the largest flash`;
  throw new BundleError('BUNDLE_TOO_LARGE', { path: file.path, rule, limit: MOST_BUNDLE_BYTES });
}

/** Not empty, and what its maker says that it is. */
async function assertSound({ file: { path }, md5 }: BundlePart, bytes: Uint8Array, pacer: Pacer): Promise<void> {
  if (bytes.length === 0) throw new BundleError('BUNDLE_FILE_EMPTY', { path, rule: 'has no bytes' });
  if (md5 === undefined) return;
  const found = await md5HexPaced(bytes, pacer);
  if (found !== md5) throw new BundleError('BUNDLE_FILE_CHANGED', { path, rule: `its MD5 is ${found}, the manifest states ${md5}` });
}

/** What is called a container and does not even begin like one is damaged: why, its parser says. */
async function openPart({ file, offset }: BundlePart, bytes: Uint8Array, pacer: Pacer): Promise<OpenedFirmware> {
  const opened = await openFirmware(bytes, pacer);
  const [, ending = ''] = /\.(uf2|hex)$/i.exec(file.path) ?? [];
  if (ending === '' || opened.content.kind !== 'unknown' || offset !== undefined) return opened;
  return openContainer(ending.toLowerCase() as ContainerKind, bytes, pacer);
}

/** A table that came as CSV, as the chip reads it. */
function binaryTable(content: FirmwareContent, bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  return content.kind === 'partition-table' && !hasPartitionMagic(bytes) ? encodePartitionTable(content.table) : undefined;
}

/** `undefined` for a file that goes to one place as it is. */
async function takeApart({ part, bytes, content, container, runs }: ReadPart, pacer: Pacer): Promise<SplitContent | undefined> {
  const encrypted = part.encrypted ?? false;
  if (container && content.kind === 'damaged') {
    const { offset, rule } = content;
    const where = container === 'hex' ? `line ${lineAt(bytes, offset)}: ` : '';
    throw new BundleError('BUNDLE_FILE_DAMAGED', { path: part.file.path, rule: `${where}${rule}`, offset });
  }
  if (runs && 'parts' in content && content.kind !== 'merged') return splitRuns(runs, content, { placed: 'stated', encrypted });
  const start = part.offset ?? mergedOffset(bytes, content);
  if (start === undefined || !(content.kind === 'merged' || hasTableFrom(bytes, start))) return undefined;
  const placed = part.offset === undefined ? 'proposed' : 'stated';
  if (runs && content.kind === 'merged' && start === 0) return splitRuns(runs, content, { placed, encrypted });
  const moved = [{ flashOffset: start, bytes }];
  return splitRuns(moved, await describeFlash(moved, { pacer }), { placed, encrypted });
}

const LINE_FEED = 0x0a;
/** From 1 on, as an editor counts them. */
function lineAt(text: Uint8Array, offset: number): number {
  let line = 1;
  for (let at = text.indexOf(LINE_FEED); at >= 0 && at < offset; at = text.indexOf(LINE_FEED, at + 1)) line += 1;
  return line;
}

/** A merged image starts at 0, or at its boot loader where the tool was told to leave out what lies before it. */
function mergedOffset(bytes: Uint8Array, content: FirmwareContent): number | undefined {
  if (content.kind === 'merged') return 0;
  const chip = readImageChip(bytes);
  const start = chip && CHIPS[chip].bootloaderOffset;
  return start !== undefined && start > 0 && hasTableFrom(bytes, start) ? start : undefined;
}

/** True when the file covers the place of the table, and there is one. */
const hasTableFrom = (bytes: Uint8Array, start: number): boolean => (findTableOffset([{ flashOffset: start, bytes }]) ?? 0) > start;

/** What the build states and its images say must be one chip. */
function agreeOnChip(build: BundleBuild, single: readonly ReadPart[], taken: readonly SplitContent[]): ChipName | undefined {
  const said = [
    ...single.map(({ part, content }) => ({ path: part.file.path, chip: chipOfContent(content) })),
    ...taken.flatMap((split) => [
      { path: '', chip: split.chip },
      ...split.parts.map(({ name, content }) => ({ path: name, chip: chipOfContent(content) })),
    ]),
  ].filter((claim): claim is { path: string; chip: ChipName } => claim.chip !== undefined);
  const chip = build.chip ?? said[0]?.chip;
  const other = said.find((claim) => claim.chip !== chip);
  if (!other || !chip) return chip;
  const rule = build.chip ? `the build is for ${chip}, this image for ${other.chip}` : `images for ${chip} and ${other.chip} in one build`;
  throw new BundleError('BUNDLE_CHIP_CONFLICT', { path: other.path, rule, chips: [chip, other.chip] });
}

function place({ part, bytes, content }: ReadPart, surroundings: Surroundings): ResolvedPart {
  const { path } = part.file;
  const recognised = roleOf(content, path, bytes);
  const looksEncrypted = content.kind === 'encrypted';
  const unplaced = { path, role: recognised, partition: part.partition, looksEncrypted };
  const offset = part.offset ?? proposeOffset(unplaced, surroundings);
  const byPlace = isRecognised(content) ? recognised : (roleOfPlace(offset, surroundings) ?? recognised);
  // Bytes that nobody knows are none of these: there they take the place of what starts, whatever they are called.
  const role = content.kind === 'unknown' && ARE_RECOGNISED.has(byPlace) ? 'data' : byPlace;
  const placed = part.offset === undefined ? 'proposed' : 'stated';
  return { name: fileName(path), role, offset, bytes, placed, content, encrypted: part.encrypted ?? false };
}

const ARE_RECOGNISED: ReadonlySet<PartRole> = new Set(['bootloader', 'partition-table', 'app']);

const isRecognised = ({ kind }: FirmwareContent): boolean => kind !== 'unknown' && kind !== 'damaged' && kind !== 'encrypted';

/** Bytes that cannot be read are what the place is for where they go. */
function roleOfPlace(offset: number, { chip, partitions, tableOffset }: Surroundings): PartRole | undefined {
  if (chip && offset === CHIPS[chip].bootloaderOffset) return 'bootloader';
  if (offset === tableOffset) return 'partition-table';
  const partition = partitions?.find((candidate) => candidate.offset === offset);
  return partition && roleOfPartition(partition);
}

/** Stated places that overlap are the plan's to judge; two proposals for one place mean that the build has two of a kind. */
function assertNoSharedPlace(parts: readonly ResolvedPart[]): void {
  const taken = new Map<number, ResolvedPart>();
  for (const part of parts) {
    const other = taken.get(part.offset);
    if (other && (part.placed === 'proposed' || other.placed === 'proposed')) {
      const rule = `belongs to the same place as ${JSON.stringify(other.name)}`;
      throw new BundleError('BUNDLE_PLACE_CONFLICT', { path: part.name, rule, offset: part.offset });
    }
    taken.set(part.offset, part);
  }
}

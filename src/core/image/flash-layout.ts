/**
 * Says what lies where in flash content that came as runs: a merged image is one run from 0, a UF2 or HEX file has several.
 * Works from the boot loader's place, the partition table and the names in it; content is parsed, never altered.
 */
import { Pacer } from '../bytes/pacer.ts';
import { erasedTailStart, looksEncrypted } from './entropy.ts';
import { BOOTLOADER_OFFSETS, CHIPS } from './chips.ts';
import type { FlashRun } from './flash-runs.ts';
import { hasImageMagic } from './header.ts';
import { parseImage } from './image.ts';
import { ImageError } from './image-error.ts';
import type { ChipName, EspImage, FirmwareContent, FlashPart, Partition, PartitionTable } from './model.ts';
import { OTADATA_BYTES, parseOtadata } from './otadata.ts';
import {
  MOVED_TABLE_OFFSETS,
  PARTITION_TABLE_OFFSET,
  PARTITION_TABLE_SECTOR,
  couldLieAt,
  hasPartitionMagic,
  parsePartitionTable,
} from './partition-table.ts';
import { APP_TYPE, DATA_TYPE, OTA_DATA_SUBTYPE } from './partition-types.ts';
import { readImageChip } from './image-chip.ts';

const SECTOR = 0x1000;

export interface FlashLayout {
  readonly chip?: ChipName;
  readonly parts: readonly FlashPart[];
}

/** A stretch of flash with a name and an expectation of what it holds. */
interface Region {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly expects: 'image' | 'partition-table' | 'otadata' | 'data' | 'anything';
}

/**
 * @param runs ascending, not overlapping
 * @param chip when the container names one
 * @param pacer for flashes of many megabytes
 */
export async function describeFlash(
  runs: readonly FlashRun[],
  { chip, pacer = new Pacer() }: { readonly chip?: ChipName | undefined; readonly pacer?: Pacer } = {},
): Promise<FlashLayout> {
  const regions = planRegions(runs, chip);
  const parts: FlashPart[] = [];
  for (const run of runs) {
    for (const region of withGaps(regions, run)) parts.push(...(await describeRegion(run, region, pacer)));
  }
  const named = chip ?? parts.map(chipOf).find((found) => found !== undefined);
  return { ...(named && { chip: named }), parts };
}

/** Where the table lies: at its usual place, or behind a boot loader where a project moved it. Only at the usual place it may be damaged. */
export function findTableOffset(runs: readonly FlashRun[]): number | undefined {
  if (readTable(runs, PARTITION_TABLE_OFFSET)) return PARTITION_TABLE_OFFSET;
  const isMovedTo = (offset: number): boolean => {
    const table = readTable(runs, offset);
    return table !== undefined && couldLieAt(table, offset);
  };
  const moved = findBootloader(runs) === undefined ? undefined : MOVED_TABLE_OFFSETS.find(isMovedTo);
  return moved ?? (hasPartitionMagic(bytesAt(runs, PARTITION_TABLE_OFFSET) ?? NOTHING) ? PARTITION_TABLE_OFFSET : undefined);
}

const NOTHING = new Uint8Array();

/** As far as it can be read; `undefined` when there is none or it is damaged. */
export function findPartitionTable(runs: readonly FlashRun[]): PartitionTable | undefined {
  const offset = findTableOffset(runs);
  return offset === undefined ? undefined : readTable(runs, offset);
}

function readTable(runs: readonly FlashRun[], offset: number): PartitionTable | undefined {
  const bytes = bytesAt(runs, offset);
  if (!bytes || !hasPartitionMagic(bytes)) return undefined;
  try {
    return parsePartitionTable(bytes);
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}

/** Where a boot loader starts in `runs`: the offset that its own chip wants. */
export function findBootloader(runs: readonly FlashRun[], chip?: ChipName): number | undefined {
  return BOOTLOADER_OFFSETS.find((offset) => {
    const bytes = bytesAt(runs, offset);
    const found = bytes && hasImageMagic(bytes) ? readImageChip(bytes) : undefined;
    return found !== undefined && CHIPS[found].bootloaderOffset === offset && (chip ?? found) === found;
  });
}

function bytesAt(runs: readonly FlashRun[], flashOffset: number): Uint8Array | undefined {
  const run = runs.find(
    (candidate) => flashOffset >= candidate.flashOffset && flashOffset < candidate.flashOffset + candidate.bytes.length,
  );
  return run?.bytes.subarray(flashOffset - run.flashOffset);
}

/** Ascending, not overlapping. */
function planRegions(runs: readonly FlashRun[], chip: ChipName | undefined): readonly Region[] {
  const tableAt = findTableOffset(runs);
  const partitions = (findPartitionTable(runs)?.partitions ?? []).map(partitionRegion).toSorted((a, b) => a.from - b.from);
  const fixed: Region[] = [];
  // Without a table nothing says where the boot loader would have to end, so it is left to be recognised.
  if (tableAt !== undefined) {
    const bootloader = findBootloader(runs, chip);
    if (bootloader !== undefined) fixed.push({ from: bootloader, to: tableAt, name: 'bootloader', expects: 'image' });
    fixed.push({ from: tableAt, to: tableAt + PARTITION_TABLE_SECTOR, name: 'partition table', expects: 'partition-table' });
  }
  // A table may name the places of boot loader and table itself; they keep the names above.
  return [...fixed, ...partitions.filter((region) => !fixed.some((other) => region.from < other.to && other.from < region.to))].toSorted(
    (a, b) => a.from - b.from,
  );
}

function partitionRegion({ label, type, subtype, offset, size }: Partition): Region {
  const isOtadata = type === DATA_TYPE && subtype === OTA_DATA_SUBTYPE && size >= OTADATA_BYTES;
  const expects = type === APP_TYPE ? 'image' : isOtadata ? 'otadata' : 'data';
  return { from: offset, to: offset + size, name: label, expects };
}

/** The regions that `run` touches, with nameless ones for what lies between. */
function withGaps(regions: readonly Region[], run: FlashRun): readonly Region[] {
  const end = run.flashOffset + run.bytes.length;
  const found: Region[] = [];
  let at = run.flashOffset;
  for (const region of regions) {
    if (region.to <= at || region.from >= end) continue;
    if (region.from > at) found.push(gap(at, region.from));
    found.push({ ...region, from: Math.max(region.from, at) });
    at = Math.min(region.to, end);
  }
  if (at < end) found.push(gap(at, end));
  return found;
}

const gap = (from: number, to: number): Region => ({ from, to, name: '', expects: 'anything' });

/** One part, or none where all is erased. A nameless stretch may hold several images, each in sectors of its own. */
async function describeRegion(run: FlashRun, region: Region, pacer: Pacer): Promise<readonly FlashPart[]> {
  const bytes = run.bytes.subarray(region.from - run.flashOffset, region.to - run.flashOffset);
  // Sought once: the erased rest of a flash dump is megabytes long.
  const writtenEnd = await erasedTailStart(bytes, pacer);
  const parts: FlashPart[] = [];
  // What has a name starts where its partition does.
  const seek = async (from: number): Promise<number> => (region.expects === 'anything' ? firstWrittenSector(bytes, from, pacer) : from);
  for (let at = await seek(0); at < writtenEnd;) {
    const content = await describeContent(bytes.subarray(at), { writtenLength: writtenEnd - at, expects: region.expects, pacer });
    const image = 'image' in content ? content.image : undefined;
    const next = image && region.expects === 'anything' ? at + alignUp(imageEnd(image), SECTOR) : bytes.length;
    const length = Math.min(Math.max(writtenEnd - at, image?.imageLength ?? 0), next - at);
    parts.push({ flashOffset: region.from + at, length, name: region.name || nameOf(content), content });
    at = await seek(next);
  }
  return parts;
}

const nameOf = ({ kind }: FirmwareContent) => (kind === 'unknown' ? 'data' : kind);

/** Behind the erased sectors at `from`. */
async function firstWrittenSector(bytes: Uint8Array, from: number, pacer: Pacer): Promise<number> {
  for (let at = from; at < bytes.length; at += SECTOR) {
    const end = Math.min(at + SECTOR, bytes.length);
    for (let i = at; i < end; i++) if (bytes[i] !== 0xff) return at;
    if (pacer.isDue(end - at)) await pacer.rest();
  }
  return bytes.length;
}

/** End of the image with the signature sector behind it. */
function imageEnd({ imageLength, secureBoot }: EspImage): number {
  const signature = secureBoot.at(-1);
  return signature?.version === 2 ? signature.offset + 1 : imageLength;
}

const alignUp = (offset: number, alignment: number) => Math.ceil(offset / alignment) * alignment;

interface Expectation {
  /** Bytes in front of the erased rest. */
  readonly writtenLength: number;
  readonly expects: Region['expects'];
  readonly pacer: Pacer;
}

/** @param bytes up to the region's end */
async function describeContent(bytes: Uint8Array, { writtenLength, expects, pacer }: Expectation): Promise<FirmwareContent> {
  if (expects === 'otadata' && bytes.length >= OTADATA_BYTES) return { kind: 'otadata', otadata: parseOtadata(bytes) };
  if (expects === 'partition-table' || (expects === 'anything' && hasPartitionMagic(bytes))) return tableContent(bytes);
  if (expects !== 'data' && hasImageMagic(bytes)) return imageContent(bytes, { writtenLength, pacer });
  const encrypted = expects === 'data' ? undefined : await looksEncrypted(bytes, pacer);
  return encrypted === undefined ? { kind: 'unknown' } : { kind: 'encrypted', entropyBits: encrypted };
}

function tableContent(bytes: Uint8Array): FirmwareContent {
  try {
    return { kind: 'partition-table', table: parsePartitionTable(bytes) };
  } catch (error) {
    return damaged('partition table', error);
  }
}

/** Parses the image at the start of `bytes`, which may go on to the end of its slot; `writtenLength` of them are not erased. */
export async function imageContent(
  bytes: Uint8Array,
  { writtenLength, pacer = new Pacer() }: Partial<Omit<Expectation, 'expects'>> = {},
): Promise<FirmwareContent> {
  const written = bytes.subarray(0, writtenLength ?? (await erasedTailStart(bytes, pacer)));
  try {
    const image = await parseImage(written, pacer).catch((error: unknown) => {
      // A hash or a segment may end in FF: what the image needs belongs to it although it looks erased.
      if (written.length === bytes.length || !(error instanceof ImageError)) throw error;
      return parseImage(bytes, pacer);
    });
    return { kind: image.role, image };
  } catch (error) {
    return damaged('image', error, readImageChip(bytes));
  }
}

/** What an `ImageError` says, as content; every other error is ours and goes on. */
export function damaged(as: string, error: unknown, chip?: ChipName): FirmwareContent {
  if (!(error instanceof ImageError)) throw error;
  return { kind: 'damaged', as, code: error.code, offset: error.details.offset, rule: error.details.rule, ...(chip && { chip }) };
}

const chipOf = ({ content }: FlashPart) => ('image' in content ? content.image.chip : undefined);

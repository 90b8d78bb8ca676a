/**
 * Takes content that covers more than one place of the flash apart: merged images, UF2 and Intel HEX. Erased stretches in between are no
 * part of it, so what lies there on the chip can stay; only otadata that is meant to be erased is kept.
 */
import { findPartitionTable } from '../image/flash-layout.ts';
import type { FlashLayout } from '../image/flash-layout.ts';
import type { FlashRun } from '../image/flash-runs.ts';
import type { ChipName, FlashPart, Partition } from '../image/model.ts';
import { OTADATA_BYTES } from '../image/otadata.ts';
import { PARTITION_TABLE_OFFSET } from '../image/partition-table.ts';
import { CHIPS } from '../image/chips.ts';
import type { PartRole, ResolvedPart } from './model.ts';
import { roleOf, roleOfPartition } from './places.ts';

export interface SplitContent {
  readonly chip: ChipName | undefined;
  readonly parts: readonly ResolvedPart[];
}

interface SplitOptions {
  readonly placed: ResolvedPart['placed'];
  readonly encrypted: boolean;
}

/**
 * @param runs ascending, not overlapping
 * @param layout what lies in them
 */
export function splitRuns(runs: readonly FlashRun[], layout: FlashLayout, { placed, encrypted }: SplitOptions): SplitContent {
  const table = findPartitionTable(runs);
  const partitions = table?.partitions ?? [];
  const common = { placed, encrypted, ...(table && { fromMerged: true as const }) };
  const found = layout.parts.map((part) => {
    const bytes = bytesOf(runs, part.flashOffset, part.length);
    const role = roleAt(part, { partitions, chip: layout.chip, bytes });
    return { name: part.name, role, offset: part.flashOffset, bytes, content: part.content, ...common };
  });
  const erased = erasedOtadata(runs, partitions, found).map((part) => ({ ...part, ...common }));
  return { chip: layout.chip, parts: [...found, ...erased].toSorted((a, b) => a.offset - b.offset) };
}

function bytesOf(runs: readonly FlashRun[], offset: number, length: number): Uint8Array<ArrayBuffer> {
  const run = runs.find(({ flashOffset, bytes }) => offset >= flashOffset && offset < flashOffset + bytes.length);
  const start = offset - (run?.flashOffset ?? 0);
  return new Uint8Array(run?.bytes.subarray(start, start + length) ?? []);
}

interface Place {
  readonly partitions: readonly Partition[];
  readonly chip: ChipName | undefined;
  readonly bytes: Uint8Array;
}

/** By what it is, then by the partition that it lies in, then by where boot loader and table always lie. */
function roleAt({ content, name, flashOffset }: FlashPart, { partitions, chip, bytes }: Place): PartRole {
  const byContent = roleOf(content, '', bytes);
  if (content.kind !== 'unknown' && content.kind !== 'damaged' && content.kind !== 'encrypted') return byContent;
  const partition = partitions.find(({ offset, size }) => flashOffset >= offset && flashOffset < offset + size);
  if (partition) return roleOfPartition(partition);
  // Bytes that nobody knows are neither boot loader nor table, wherever they lie.
  if (content.kind === 'unknown') return byContent;
  if (name === 'bootloader' || (chip && flashOffset === CHIPS[chip].bootloaderOffset)) return 'bootloader';
  return name === 'partition table' || flashOffset === PARTITION_TABLE_OFFSET ? 'partition-table' : byContent;
}

/** An image that covers otadata and leaves it erased wants the first slot to start: the old choice must go. */
function erasedOtadata(
  runs: readonly FlashRun[],
  partitions: readonly Partition[],
  found: readonly { readonly offset: number }[],
): readonly Omit<ResolvedPart, 'placed' | 'encrypted' | 'fromMerged'>[] {
  return partitions
    .filter((partition) => roleOfPartition(partition) === 'otadata' && partition.size >= OTADATA_BYTES)
    .filter(({ offset }) => runs.some((run) => run.flashOffset <= offset && offset + OTADATA_BYTES <= run.flashOffset + run.bytes.length))
    .filter(({ offset }) => !found.some((part) => part.offset === offset))
    .map(({ label, offset }) => ({
      name: label,
      role: 'otadata',
      offset,
      bytes: bytesOf(runs, offset, OTADATA_BYTES),
      content: { kind: 'unknown' },
    }));
}

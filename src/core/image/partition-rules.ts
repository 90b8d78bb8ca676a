/**
 * What every partition table must obey, binary or CSV (ESP-IDF "Partition Tables", `esp_partition_table_verify`).
 * Where a row stands is told by the caller, so that the error points into the file that the person has.
 */
import { hexNumber } from '../bytes/hex.ts';
import { ImageError } from './image-error.ts';
import type { Partition } from './model.ts';
import { APP_TYPE } from './partition-types.ts';

const APP_ALIGNMENT = 0x1_0000;
const SECTOR = 0x1000;

/** App partitions start at 64 KiB (one MMU page), all others at 4 KiB (one flash sector). */
export function partitionAlignment(type: number): number {
  return type === APP_TYPE ? APP_ALIGNMENT : SECTOR;
}

/**
 * @param rowOffset where row `index` starts in the file
 * @throws ImageError for the first row that is misaligned, leaves the 32-bit address space or overlaps another one
 */
export function checkPartitions(partitions: readonly Partition[], rowOffset: (index: number) => number): void {
  partitions.forEach((partition, index) => checkPlace(partition, rowOffset(index)));
  const byAddress = partitions
    .map((partition, index) => ({ partition, index }))
    .toSorted((a, b) => a.partition.offset - b.partition.offset);
  for (let i = 1; i < byAddress.length; i++) {
    const below = byAddress[i - 1]!.partition;
    const { partition: above, index } = byAddress[i]!;
    if (above.offset < below.offset + below.size) {
      const rule = `partition ${quote(above)} overlaps ${quote(below)}, which ends at ${hexNumber(below.offset + below.size, 1)}`;
      throw new ImageError('PARTITION_OVERLAP', rule, rowOffset(index));
    }
  }
}

function checkPlace(partition: Partition, rowOffset: number): void {
  const { type, offset, size } = partition;
  const alignment = partitionAlignment(type);
  if (offset % alignment !== 0) {
    throw new ImageError('PARTITION_ALIGNMENT', `partition ${quote(partition)} is not aligned to ${hexNumber(alignment, 1)}`, rowOffset);
  }
  if (size === 0 || offset + size > 0x1_0000_0000) {
    throw new ImageError('PARTITION_ROW', `partition ${quote(partition)} cannot have a size of ${hexNumber(size, 1)}`, rowOffset);
  }
}

/** Names come from the file: JSON quoting keeps control characters out of messages. */
const quote = ({ label, offset }: Partition) => `${JSON.stringify(label)} at ${hexNumber(offset, 1)}`;

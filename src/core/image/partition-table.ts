/**
 * The binary partition table (flash 0x8000, where nobody moved it): 32-byte rows, an MD5 row, an end row of FF.
 * Source: ESP-IDF `esp_flash_partitions.h`, `gen_esp32part.py`. Re-encoding a parsed table gives the same bytes.
 */
import { fromHex, hexNumber, toHex } from '../bytes/hex.ts';
import { md5Hex } from '../bytes/md5.ts';
import { ByteReader, textUntilNul } from '../bytes/reader.ts';
import { ImageError, failWith } from './image-error.ts';
import type { Partition, PartitionTable, StoredAndComputed } from './model.ts';
import { checkPartitions } from './partition-rules.ts';
import { BOOTLOADER_TYPE, PARTITION_TABLE_TYPE } from './partition-types.ts';

/** Where ESP-IDF and Arduino put the table unless a project moves it. */
export const PARTITION_TABLE_OFFSET = 0x8000;
/** The flash sector that the table has for itself. */
export const PARTITION_TABLE_SECTOR = 0x1000;
/** Where it is looked for in a project that moved it (CONFIG_PARTITION_TABLE_OFFSET): no boot loader needs more room than these leave. */
export const MOVED_TABLE_OFFSETS: readonly number[] = [0x9000, 0xa000, 0xb000, 0xc000, 0xd000, 0xe000, 0xf000, 0x1_0000];
/** Rows end here; the rest of the sector is kept for a signature. */
export const PARTITION_TABLE_BYTES = 0xc00;

const ROW = 32;
const LABEL = 16;
const ROW_MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;
const MD5_OFFSET_IN_ROW = 16;

/** True when the first row announces a table; says nothing about the rest. */
export function hasPartitionMagic(bytes: Uint8Array, offset = 0): boolean {
  return bytes[offset] === 0xaa && bytes[offset + 1] === 0x50;
}

/** Nothing that a table names lies in front of it, but for the boot loader and the table itself (`gen_esp32part.py`). */
export function couldLieAt({ partitions }: Pick<PartitionTable, 'partitions'>, tableOffset: number): boolean {
  const behind = tableOffset + PARTITION_TABLE_SECTOR;
  const others = partitions.filter(({ type }) => type !== BOOTLOADER_TYPE && type !== PARTITION_TABLE_TYPE);
  return others.length > 0 && others.every(({ offset }) => offset >= behind);
}

/**
 * @param bytes starts with the table; nothing behind the table's 4 KiB sector is read
 * @throws ImageError
 */
export function parsePartitionTable(bytes: Uint8Array): PartitionTable {
  const sector = bytes.subarray(0, PARTITION_TABLE_SECTOR);
  if (!hasPartitionMagic(sector)) throw new ImageError('PARTITION_ROW', 'a partition table starts with aa 50', 0);
  const reader = new ByteReader(sector, failWith('IMAGE_TRUNCATED'));
  const partitions: Partition[] = [];
  let md5: StoredAndComputed | undefined;
  while (reader.remaining > 0 && reader.position < PARTITION_TABLE_BYTES) {
    const offset = reader.position;
    const row = reader.bytes(ROW, 'a partition row');
    if (row.every((byte) => byte === 0xff)) break;
    if (md5) throw new ImageError('PARTITION_ROW', 'nothing but the end row may follow the MD5 row', offset);
    if (isMd5Row(row)) md5 = verifyMd5(sector, row, offset);
    else partitions.push(parseRow(row, offset));
  }
  checkPartitions(partitions, (index) => index * ROW);
  const tail = sector.subarray(reader.position);
  return {
    partitions,
    ...(md5 && { md5 }),
    length: sector.length,
    ...(tail.some((byte) => byte !== 0xff) && { tailHex: toHex(tail) }),
  };
}

function isMd5Row(row: Uint8Array): boolean {
  return row[0] === (MD5_MAGIC & 0xff) && row[1] === MD5_MAGIC >>> 8 && row.subarray(2, MD5_OFFSET_IN_ROW).every((byte) => byte === 0xff);
}

function verifyMd5(sector: Uint8Array, row: Uint8Array, rowOffset: number): StoredAndComputed {
  const stored = toHex(row.subarray(MD5_OFFSET_IN_ROW));
  const computed = md5Hex(sector.subarray(0, rowOffset));
  return { offset: rowOffset + MD5_OFFSET_IN_ROW, stored, computed, valid: stored === computed };
}

function parseRow(row: Uint8Array, rowOffset: number): Partition {
  const reader = new ByteReader(row, failWith('IMAGE_TRUNCATED'), rowOffset);
  const magic = reader.u16le();
  if (magic !== ROW_MAGIC) {
    throw new ImageError('PARTITION_ROW', `a row starts with aa 50, the MD5 row with eb eb, not ${toHex(row.subarray(0, 2))}`, rowOffset);
  }
  const [type, subtype, offset, size] = [reader.u8(), reader.u8(), reader.u32le(), reader.u32le()];
  const labelBytes = reader.bytes(LABEL);
  const label = textUntilNul(labelBytes);
  const flags = reader.u32le();
  const isPlain = toHex(encodeLabel(label) ?? new Uint8Array()) === toHex(labelBytes);
  return { label, type, subtype, offset, size, flags, ...(!isPlain && { labelHex: toHex(labelBytes) }) };
}

/** NUL-padded to 16 bytes; `undefined` when it needs more. */
function encodeLabel(label: string): Uint8Array | undefined {
  const text = new TextEncoder().encode(label);
  if (text.length > LABEL) return undefined;
  const field = new Uint8Array(LABEL);
  field.set(text);
  return field;
}

/**
 * The table as it lies in flash. One that was parsed comes out as it was, its MD5 made right; a new one gets an MD5 row and
 * is 0xC00 bytes long, as ESP-IDF writes it.
 * @throws RangeError when a label or a number does not fit its field, or the rows do not fit the table
 * @throws ImageError when partitions are misaligned or overlap
 */
export function encodePartitionTable(table: PartitionTable): Uint8Array<ArrayBuffer> {
  checkPartitions(table.partitions, (index) => index * ROW);
  const withMd5 = table.length === undefined || table.md5 !== undefined;
  const rowsEnd = table.partitions.length * ROW;
  const used = rowsEnd + (withMd5 ? ROW : 0);
  const length = table.length ?? PARTITION_TABLE_BYTES;
  if (used > Math.min(length, PARTITION_TABLE_BYTES)) throw new RangeError(`${table.partitions.length} partitions do not fit the table`);
  const bytes = new Uint8Array(length).fill(0xff);
  table.partitions.forEach((partition, index) => encodeRow(partition, bytes.subarray(index * ROW, (index + 1) * ROW)));
  if (withMd5) {
    bytes.fill(MD5_MAGIC & 0xff, rowsEnd, rowsEnd + 2);
    bytes.set(fromHex(md5Hex(bytes.subarray(0, rowsEnd))), rowsEnd + MD5_OFFSET_IN_ROW);
  }
  if (table.tailHex !== undefined) {
    const tail = fromHex(table.tailHex);
    if (tail.length > length - used) throw new RangeError('the bytes behind the table do not fit any more');
    bytes.set(tail, length - tail.length);
  }
  return bytes;
}

function encodeRow(partition: Partition, row: Uint8Array): void {
  const { label, labelHex, type, subtype, offset, size, flags } = partition;
  const field = labelHex === undefined ? encodeLabel(label) : fromHex(labelHex);
  if (field?.length !== LABEL) throw new RangeError(`the label ${JSON.stringify(label)} needs more than ${LABEL} bytes`);
  const fits = (value: number, most: number) => Number.isInteger(value) && value >= 0 && value <= most;
  if (!fits(type, 0xff) || !fits(subtype, 0xff) || ![offset, size, flags].every((value) => fits(value, 0xffff_ffff))) {
    throw new RangeError(`a number of partition ${JSON.stringify(label)} at ${hexNumber(offset, 1)} does not fit its field`);
  }
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  view.setUint16(0, ROW_MAGIC, true);
  view.setUint8(2, type);
  view.setUint8(3, subtype);
  view.setUint32(4, offset, true);
  view.setUint32(8, size, true);
  row.set(field, 12);
  view.setUint32(28, flags, true);
}

/**
 * `partitions.csv` as ESP-IDF's `gen_esp32part.py` reads and writes it. Offsets in errors are those of the line in the text.
 */
import { hexNumber } from '../bytes/hex.ts';
import { formatByteSize, parseByteSize } from '../bytes/units.ts';
import { ImageError } from './image-error.ts';
import type { Partition, PartitionTable } from './model.ts';
import { checkPartitions, partitionAlignment } from './partition-rules.ts';
import { PARTITION_TABLE_OFFSET, PARTITION_TABLE_SECTOR } from './partition-table.ts';
import * as types from './partition-types.ts';

/** As many as fit the binary table beside its MD5 row. */
const MOST_ROWS = 95;
/** 95 rows with comments are far shorter; a text this long is something else. */
const MOST_BYTES = 64 * 1024;

/** True when the first line that is no comment has a name, a known type and a subtype: enough to call it a partition CSV. */
export function looksLikePartitionCsv(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || bytes.length > MOST_BYTES || bytes.includes(0)) return false;
  const first = readLines(new TextDecoder().decode(bytes))[0]?.fields;
  return first !== undefined && first.length >= 4 && types.partitionTypeFromText(first[1] ?? '') !== undefined;
}

interface CsvLine {
  readonly offset: number;
  readonly number: number;
  readonly fields: readonly string[];
}

/**
 * @param tableOffset where the table will lie in flash: a first row without an offset starts in the sector after it
 * @throws ImageError
 */
export function parsePartitionCsv(text: string, { tableOffset = PARTITION_TABLE_OFFSET } = {}): PartitionTable {
  if (text.length > MOST_BYTES) throw new ImageError('PARTITION_CSV', `a partition CSV has at most ${MOST_BYTES} characters`, MOST_BYTES);
  const lines = readLines(text);
  if (lines.length === 0) throw new ImageError('PARTITION_CSV', 'the CSV names no partition', 0);
  const surplus = lines[MOST_ROWS];
  if (surplus) throw badLine(surplus, `a partition table has at most ${MOST_ROWS} rows`);
  const partitions: Partition[] = [];
  let end = tableOffset + PARTITION_TABLE_SECTOR;
  for (const line of lines) {
    const partition = parseLine(line, end);
    if (partitions.some(({ label }) => label === partition.label))
      throw badLine(line, `the name ${JSON.stringify(partition.label)} is used twice`);
    partitions.push(partition);
    end = partition.offset + partition.size;
  }
  checkPartitions(partitions, (index) => lines[index]?.offset ?? 0);
  return { partitions };
}

function readLines(text: string): readonly CsvLine[] {
  const lines: CsvLine[] = [];
  let offset = 0;
  let number = 0;
  // A byte-order mark comes with files that were saved by a spreadsheet.
  for (const raw of text.replace(/^\u{feff}/u, ' ').split('\n')) {
    number++;
    const line = raw.trim();
    if (line !== '' && !line.startsWith('#')) lines.push({ offset, number, fields: line.split(',').map((field) => field.trim()) });
    offset += raw.length + 1;
  }
  return lines;
}

function parseLine(line: CsvLine, previousEnd: number): Partition {
  const [label = '', typeText = '', subtypeText = '', offsetText = '', sizeText = '', flagsText = '', ...more] = line.fields;
  if (more.some((field) => field !== '')) throw badLine(line, 'a row has at most six fields');
  if (label === '' || new TextEncoder().encode(label).length > 16) throw badLine(line, 'a name has 1 to 16 bytes');
  const type = types.partitionTypeFromText(typeText) ?? fail(line, `${JSON.stringify(typeText)} is no partition type`);
  const subtype = parseSubtype(line, type, subtypeText);
  const offset =
    offsetText === ''
      ? alignUp(previousEnd, partitionAlignment(type))
      : (parseByteSize(offsetText) ?? fail(line, `${JSON.stringify(offsetText)} is no offset`));
  return { label, type, subtype, offset, size: parseSize(line, sizeText, offset), flags: parseFlags(line, flagsText) };
}

function parseSubtype(line: CsvLine, type: number, text: string): number {
  const written = text === '' && type !== types.APP_TYPE ? 'undefined' : text;
  const fallback = written === 'undefined' ? types.partitionSubtypeFromText(types.DATA_TYPE, written) : undefined;
  return (
    types.partitionSubtypeFromText(type, written) ??
    fallback ??
    fail(line, `${JSON.stringify(text)} is no subtype of ${types.partitionTypeName(type)}`)
  );
}

function parseSize(line: CsvLine, text: string, offset: number): number {
  // `-0x400000` means "up to flash address 0x400000".
  const size = text.startsWith('-') ? (parseByteSize(text.slice(1)) ?? Number.NaN) - offset : (parseByteSize(text) ?? Number.NaN);
  return size > 0 ? size : fail(line, `${JSON.stringify(text)} is no size`);
}

function parseFlags(line: CsvLine, text: string): number {
  let flags = 0;
  for (const name of text.split(':').map((flag) => flag.trim())) {
    if (name === '') continue;
    if (!Object.hasOwn(types.PARTITION_FLAGS, name)) throw badLine(line, `${JSON.stringify(name)} is no partition flag`);
    flags |= types.PARTITION_FLAGS[name as keyof typeof types.PARTITION_FLAGS];
  }
  return flags;
}

const alignUp = (offset: number, alignment: number) => Math.ceil(offset / alignment) * alignment;

const badLine = (line: CsvLine, rule: string) => new ImageError('PARTITION_CSV', `line ${line.number}: ${rule}`, line.offset);

function fail(line: CsvLine, rule: string): never {
  throw badLine(line, rule);
}

/**
 * A CSV that `parsePartitionCsv` and ESP-IDF read back to the same rows.
 * @throws RangeError when a label cannot stand in a CSV (a comma, a line break) or a flag has no name
 */
export function formatPartitionCsv(partitions: readonly Partition[]): string {
  const rows = partitions.map((partition) => formatRow(partition));
  return ['# Name, Type, SubType, Offset, Size, Flags', ...rows, ''].join('\n');
}

function formatRow({ label, type, subtype, offset, size, flags }: Partition): string {
  if (label === '' || label.startsWith('#') || /[,\p{Cc}]|^\s|\s$/u.test(label))
    throw new RangeError(`the name ${JSON.stringify(label)} cannot stand in a CSV`);
  const names = Object.entries(types.PARTITION_FLAGS).filter(([, bit]) => (flags & bit) !== 0);
  if (names.reduce((sum, [, bit]) => sum + bit, 0) !== flags) throw new RangeError(`flags ${hexNumber(flags)} have no names`);
  const columns = [
    label,
    types.partitionTypeName(type),
    types.partitionSubtypeName(type, subtype),
    hexNumber(offset, 1),
    formatByteSize(size),
  ];
  return [...columns, names.map(([name]) => name).join(':')].join(', ').replace(/, $/, ',');
}

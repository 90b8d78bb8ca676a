/**
 * Intel HEX ("Hexadecimal Object File Format Specification", Intel 1988): lines of `:llaaaatt…cc`.
 * Decodes straight from bytes: no string per line, no more memory than half the file.
 */
import { hexNumber } from '../bytes/hex.ts';
import { Pacer } from '../bytes/pacer.ts';
import type { FlashRun } from './flash-runs.ts';
import { FlashRunCollector } from './flash-runs.ts';
import { ImageError } from './image-error.ts';

const COLON = 0x3a;
/** Length, address (2), type and checksum around the data. */
const OVERHEAD = 5;
const MOST_RECORD_BYTES = 255 + OVERHEAD;

const DATA = 0;
const END_OF_FILE = 1;
/** Record types that set the base address, and by how much their two bytes are shifted. */
const BASE_SHIFT: Readonly<Record<number, number>> = { 2: 4, 4: 16 };
/** Start addresses: four bytes that flash has no use for. */
const START_TYPES: ReadonlySet<number> = new Set([3, 5]);
/** Line ends, spaces and tabs. */
const BLANKS: ReadonlySet<number> = new Set([0x0a, 0x0d, 0x20, 0x09]);

/** Value of each ASCII hex digit; 255 for everything else, so that `high | low` above 15 says "no digit". */
const DIGITS = Uint8Array.from({ length: 256 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? 255 : digit;
});

export function looksLikeIntelHex(bytes: Uint8Array): boolean {
  return bytes[0] === COLON && bytes.length > 2 * OVERHEAD && bytes.subarray(1, 1 + 2 * OVERHEAD).every((code) => DIGITS[code] !== 255);
}

interface IntelHex {
  readonly runs: readonly FlashRun[];
}

/** Rejects with an `ImageError` for every rule that is broken. */
export const parseIntelHex = (text: Uint8Array, pacer = new Pacer()): Promise<IntelHex> => pacer.finish(hexSteps(text));

/** Record by record, and each character between them. */
function* hexSteps(text: Uint8Array): Generator<number, IntelHex> {
  const collector = new FlashRunCollector(text.length >>> 1);
  const record = new Uint8Array(MOST_RECORD_BYTES);
  let base = 0;
  let ended = false;
  let worked = 0;
  for (let at = 0; at < text.length; at += worked) {
    yield worked;
    worked = 1;
    if (BLANKS.has(text[at]!)) continue;
    if (ended) throw new ImageError('HEX_RECORD', 'nothing may follow the end-of-file record', at);
    const length = readRecord(text, at, record);
    const data = record.subarray(4, 4 + length);
    const type = record[3] ?? 0;
    const shift = BASE_SHIFT[type];
    if (type === DATA) collector.add(base + u16be(record, 1), data, at);
    else if (type === END_OF_FILE && length === 0) ended = true;
    else if (shift !== undefined && length === 2) base = u16be(data, 0) * 2 ** shift;
    else if (!(START_TYPES.has(type) && length === 4))
      throw new ImageError('HEX_RECORD', `no record has type ${type} and ${length} bytes`, at);
    worked = 1 + 2 * (length + OVERHEAD);
  }
  if (!ended) throw new ImageError('IMAGE_TRUNCATED', 'the file ends without an end-of-file record', text.length);
  return { runs: collector.finish() };
}

/** Decodes and checks the record at `at` into `record`; its number of data bytes. */
function readRecord(text: Uint8Array, at: number, record: Uint8Array): number {
  if (text[at] !== COLON) throw new ImageError('HEX_RECORD', 'a record starts with a colon', at);
  let sum = 0;
  let size = OVERHEAD;
  for (let i = 0; i < size; i++) {
    const position = at + 1 + 2 * i;
    if (position + 1 >= text.length) throw new ImageError('IMAGE_TRUNCATED', 'the file ends within a record', text.length);
    const high = DIGITS[text[position]!]!;
    const low = DIGITS[text[position + 1]!]!;
    if ((high | low) > 15) throw new ImageError('HEX_RECORD', 'a record consists of hex digits', high > 15 ? position : position + 1);
    const byte = (high << 4) | low;
    if (i === 0) size = byte + OVERHEAD;
    record[i] = byte;
    sum += byte;
  }
  if ((sum & 0xff) !== 0) {
    const stored = record[size - 1] ?? 0;
    const right = (stored - sum) & 0xff;
    throw new ImageError('HEX_CHECKSUM', `the record’s checksum is ${hexNumber(stored, 2)}, its bytes give ${hexNumber(right, 2)}`, at);
  }
  return size - OVERHEAD;
}

const u16be = (bytes: Uint8Array, at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

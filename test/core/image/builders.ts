/**
 * Hand-made firmware files for tests: straight from the format descriptions and independent of the encoders under test.
 */
import { md5 } from '../../../src/core/bytes/md5.ts';

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export function concat(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

export const u32 = (...values: readonly number[]): Uint8Array<ArrayBuffer> => {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => view.setUint32(4 * i, value, true));
  return new Uint8Array(view.buffer);
};

/** `bytes` at the start of `length` bytes of `fill`. */
export function padded(bytes: Uint8Array, length: number, fill = 0): Uint8Array<ArrayBuffer> {
  const field = new Uint8Array(length).fill(fill);
  field.set(bytes);
  return field;
}

/** A flash image of `length` bytes, erased except for what `at` places. */
export function flash(length: number, at: Readonly<Record<number, Uint8Array>>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length).fill(0xff);
  for (const [offset, piece] of Object.entries(at)) bytes.set(piece, Number(offset));
  return bytes;
}

export interface Segment {
  readonly address: number;
  readonly data: Uint8Array;
}

const xor = (segments: readonly Segment[]) => segments.reduce((sum, { data }) => data.reduce((inner, byte) => inner ^ byte, sum), 0xef);
const bodies = (segments: readonly Segment[]) => segments.map(({ address, data }) => concat(u32(address, data.length), data));

function withChecksum(body: Uint8Array, segments: readonly Segment[]): Uint8Array<ArrayBuffer> {
  const file = padded(body, (body.length | 15) + 1);
  file[file.length - 1] = xor(segments);
  return file;
}

/** ESP32 family: 24-byte header; `header` overwrites bytes of it. */
export async function espImage(
  chipId: number,
  segments: readonly Segment[],
  { header = {}, hash = true }: { readonly header?: Readonly<Record<number, number>>; readonly hash?: boolean } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const head = new Uint8Array(24);
  head.set([0xe9, segments.length, 2, 0x20, 0x00, 0x04, 0x08, 0x40, 0xee]);
  head[12] = chipId;
  head[23] = hash ? 1 : 0;
  for (const [offset, byte] of Object.entries(header)) head[Number(offset)] = byte;
  const file = withChecksum(concat(head, ...bodies(segments)), segments);
  return hash ? concat(file, new Uint8Array(await crypto.subtle.digest('SHA-256', file))) : file;
}

/** ESP8266, V1: 8-byte header. */
export function esp8266Image(segments: readonly Segment[]): Uint8Array<ArrayBuffer> {
  const head = concat(Uint8Array.of(0xe9, segments.length, 0, 0x40), u32(0x4010_0004));
  return withChecksum(concat(head, ...bodies(segments)), segments);
}

/** ESP8266, V2 without its CRC: flash code in front, then a V1 header and the segments that are summed. */
export function esp8266V2Image(flashCode: Uint8Array, segments: readonly Segment[]): Uint8Array<ArrayBuffer> {
  const head = concat(Uint8Array.of(0xea, 4, 0, 0x40), u32(0x4010_0004, 0, flashCode.length), flashCode);
  const second = concat(Uint8Array.of(0xe9, segments.length, 2, 0x4f), u32(0x4010_0008));
  return withChecksum(concat(head, second, ...bodies(segments)), segments);
}

export interface DescriptorFields {
  readonly version?: string;
  readonly project?: string;
  readonly time?: string;
  readonly date?: string;
  readonly idf?: string;
}

/** `esp_app_desc_t`, 256 bytes. */
export function appDescriptor({
  version = '1.2.3',
  project = 'thermostat',
  time = '18:02:11',
  date = 'Nov 19 2025',
  idf = 'v5.3.1',
}: DescriptorFields = {}) {
  const elf = new Uint8Array(32).fill(0xe1);
  const texts = [
    padded(utf8(version), 32),
    padded(utf8(project), 32),
    padded(utf8(time), 16),
    padded(utf8(date), 16),
    padded(utf8(idf), 32),
  ];
  return padded(concat(u32(0xabcd5432, 7), new Uint8Array(8), ...texts, elf, Uint8Array.of(1, 0, 199, 0, 16)), 256);
}

/** `esp_bootloader_desc_t`, 80 bytes. */
export const bootloaderDescriptor = (idf = 'v5.3.1') => padded(concat(Uint8Array.of(0x50, 0, 0, 3), u32(9), padded(utf8(idf), 32)), 80);

/** A small ESP32 app with constants, RAM data and code. */
export const smallApp = (descriptor: Uint8Array = appDescriptor(), constants: Uint8Array = new Uint8Array()) =>
  espImage(0, [
    { address: 0x3f400020, data: concat(descriptor, constants) },
    { address: 0x3ffb0000, data: u32(1, 2, 3) },
    { address: 0x400d0020, data: new Uint8Array(40).fill(0x5a) },
  ]);

/** A small boot loader: RAM only. ESP32-C3 when `chipId` is 5. */
export const smallBootloader = (chipId = 0, codeBytes = 100) =>
  espImage(chipId, [
    { address: chipId === 0 ? 0x3fff0030 : 0x3fcd5820, data: bootloaderDescriptor() },
    { address: chipId === 0 ? 0x40078000 : 0x403cc710, data: new Uint8Array(codeBytes).fill(0x13) },
  ]);

export interface Row {
  readonly label: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
  readonly flags?: number;
}

export const row = ({ label, type, subtype, offset, size, flags = 0 }: Row) =>
  concat(Uint8Array.of(0xaa, 0x50, type, subtype), u32(offset, size), padded(utf8(label), 16), u32(flags));

export function partitionTable(rows: readonly Row[], length = 0xc00): Uint8Array<ArrayBuffer> {
  const body = concat(...rows.map(row));
  return padded(concat(body, Uint8Array.of(0xeb, 0xeb), new Uint8Array(14).fill(0xff), md5(body)), length, 0xff);
}

/** The table that the Arduino core calls "Default 4MB with spiffs". */
export const DEFAULT_ROWS: readonly Row[] = [
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x5000 },
  { label: 'otadata', type: 1, subtype: 0, offset: 0xe000, size: 0x2000 },
  { label: 'app0', type: 0, subtype: 0x10, offset: 0x10000, size: 0x140000 },
  { label: 'app1', type: 0, subtype: 0x11, offset: 0x150000, size: 0x140000 },
  { label: 'spiffs', type: 1, subtype: 0x82, offset: 0x290000, size: 0x160000 },
  { label: 'coredump', type: 1, subtype: 3, offset: 0x3f0000, size: 0x10000 },
];

/** Of a project with its table at 0x10000, and no place for crash dumps. */
export const MOVED_ROWS: readonly Row[] = DEFAULT_ROWS.slice(0, -1).map((row) => ({ ...row, offset: row.offset + 0x10000 }));

export interface Uf2Options {
  readonly family?: number;
  readonly flags?: number;
  readonly chunk?: number;
}

/** One sequence of UF2 blocks, with MD5 when the flags say so. */
export function uf2(
  address: number,
  data: Uint8Array,
  { family = 0x1c5f21b0, flags = 0x6000, chunk = 256 }: Uf2Options = {},
): Uint8Array<ArrayBuffer> {
  const count = Math.ceil(data.length / chunk);
  const blocks = Array.from({ length: count }, (_, number) => {
    const at = address + number * chunk;
    const payload = data.subarray(number * chunk, (number + 1) * chunk);
    const sum = (flags & 0x4000) !== 0 ? concat(u32(at, payload.length), md5(payload)) : new Uint8Array();
    const head = u32(0x0a324655, 0x9e5d5157, flags, at, payload.length, number, count, family);
    return concat(head, padded(concat(payload, sum), 476), u32(0x0ab16f30));
  });
  return concat(...blocks);
}

/** One Intel HEX record with a right checksum. */
export function hexRecord(address: number, type: number, data: readonly number[]): string {
  const bytes = [data.length, address >>> 8, address & 0xff, type, ...data];
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  return `:${[...bytes, -sum & 0xff]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()}`;
}

export const HEX_END = ':00000001FF';

/** `data` as records of 16 bytes behind an extended linear address. */
export function hexFile(address: number, data: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < data.length; at += 16) {
    const where = address + at;
    if (at === 0 || (where & 0xffff) === 0) lines.push(hexRecord(0, 4, [(where >>> 24) & 0xff, (where >>> 16) & 0xff]));
    lines.push(hexRecord(where & 0xffff, 0, [...data.subarray(at, at + 16)]));
  }
  return [...lines, HEX_END, ''].join('\r\n');
}

/** Runs `parse` and gives back the error that it threw or rejected with. */
export async function thrownBy(parse: () => unknown): Promise<unknown> {
  try {
    await parse();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

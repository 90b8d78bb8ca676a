/**
 * The payloads of the boot loader's commands and the data of their replies, as declarations that work both ways.
 * Source: Espressif, "Serial Protocol", "Commands"; all words are 32 bits, little endian.
 */
import { ByteReader } from '../bytes/reader.ts';
import { fromHex, isHex, toHex } from '../bytes/hex.ts';
import { DATA_HEADER_LENGTH } from './packet.ts';
import type { RegisterWrite } from './register-field.ts';
import { failWith, SerialProtocolError } from './serial-error.ts';

const WORD = 4;

interface WordsCodec<Required extends string, Optional extends string = never> {
  encode(values: WordValues<Required, Optional>): Uint8Array<ArrayBuffer>;
  /** @throws SerialProtocolError `PACKET_PAYLOAD` for any other number of words. */
  parse(payload: Uint8Array): WordValues<Required, Optional>;
}

export type WordValues<Required extends string, Optional extends string = never> = { readonly [Name in Required]: number } & {
  readonly [Name in Optional]?: number;
};

/** Words in wire order; the `optional` ones may be left off from the end. */
function words<const Required extends string, const Optional extends string = never>(
  required: readonly Required[],
  optional: readonly Optional[] = [],
): WordsCodec<Required, Optional> {
  const names = [...required, ...optional];
  return {
    encode(values) {
      const given: Readonly<Record<string, number | undefined>> = values;
      const count = names.findLastIndex((name) => given[name] !== undefined) + 1;
      const view = new DataView(new ArrayBuffer(WORD * count));
      names.slice(0, count).forEach((name, i) => view.setUint32(WORD * i, given[name] ?? 0, true));
      return new Uint8Array(view.buffer);
    },
    parse(payload) {
      const count = payload.length / WORD;
      if (!Number.isInteger(count) || count < required.length || count > names.length) {
        throw broken(`${required.length} to ${names.length} words are expected, ${payload.length} bytes came`);
      }
      const reader = new ByteReader(payload, failWith('PACKET_PAYLOAD'));
      // What was asked for is what is in `names`: the record has exactly the fields that its type promises.
      return Object.fromEntries(names.slice(0, count).map((name) => [name, reader.u32le(name)])) as WordValues<Required, Optional>;
    },
  };
}

/**
 * FLASH_BEGIN and FLASH_DEFL_BEGIN. `size`: bytes that are erased (for the stub's FLASH_DEFL_BEGIN: that will be there once inflated).
 * How many words a ROM insists on: `beginWords` of its target.
 */
export const flashBegin = words(['size', 'blocks', 'blockSize', 'offset'], ['encrypted']);
/** FLASH_END and FLASH_DEFL_END. `stay`: 0 starts the application. */
export const flashEnd = words(['stay']);
export const memBegin = words(['size', 'blocks', 'blockSize', 'address']);
/** `stay`: 1 does not jump to `entry`. */
export const memEnd = words(['stay', 'entry']);
export const readReg = words(['address']);
export const spiSetParams = words(['id', 'size', 'blockSize', 'sectorSize', 'pageSize', 'statusMask']);
/** `pins`: 0 = the usual ones. ROMs take a second word (0), stubs only the first. */
export const spiAttach = words(['pins'], ['legacy']);
export const readFlashSlow = words(['offset', 'length']);
/** `previous`: the rate that the stub has now; 0 for a ROM, which measures. */
export const changeBaudRate = words(['baudRate', 'previous']);
export const spiFlashMd5 = words(['offset', 'length', 'reserved1', 'reserved2']);
export const eraseRegion = words(['offset', 'length']);
export const readFlash = words(['offset', 'length', 'packetSize', 'maxInFlight']);
/** Of every packet of READ_FLASH, as a frame of its own: all the bytes that have arrived so far. */
export const readFlashAcknowledge = words(['received']);

const ALL_BITS = 0xffff_ffff;
const register = words(['address', 'value', 'mask', 'delayMicroseconds']);

/** WRITE_REG takes several writes in one command. */
export function encodeRegisterWrites(writes: readonly RegisterWrite[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    writes.flatMap(({ address, value, mask = ALL_BITS, delayMicroseconds = 0 }) => [
      ...register.encode({ address, value, mask, delayMicroseconds }),
    ]),
  );
}

/** @throws SerialProtocolError `PACKET_PAYLOAD` */
export function parseRegisterWrites(payload: Uint8Array): readonly Required<RegisterWrite>[] {
  const size = 4 * WORD;
  if (payload.length === 0 || payload.length % size !== 0) throw broken(`${payload.length} bytes are no whole number of register writes`);
  return Array.from({ length: payload.length / size }, (_, i) => register.parse(payload.subarray(size * i, size * (i + 1))));
}

interface DataBlock {
  readonly sequence: number;
  readonly data: Uint8Array;
}

/** FLASH_DATA, MEM_DATA, FLASH_DEFL_DATA and FLASH_ENCRYPT_DATA. */
export function encodeDataBlock({ sequence, data }: DataBlock): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(DATA_HEADER_LENGTH + data.length);
  const view = new DataView(payload.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(WORD, sequence, true);
  payload.set(data, DATA_HEADER_LENGTH);
  return payload;
}

/** @throws SerialProtocolError `PACKET_PAYLOAD` when the length word does not tell the length of the data. */
export function parseDataBlock(payload: Uint8Array): DataBlock {
  const reader = new ByteReader(payload, failWith('PACKET_PAYLOAD'));
  const length = reader.u32le('the length of the data');
  const sequence = reader.u32le('the sequence number');
  reader.skip(2 * WORD, 'two reserved words');
  if (length !== reader.remaining) throw broken(`the length word says ${length}, the data has ${reader.remaining} bytes`);
  return { sequence, data: reader.bytes(length) };
}

/** 07 07 12 20 and 32 × 55: long enough for a ROM to measure the baud rate. */
export const SYNC_PAYLOAD: Readonly<Uint8Array> = Uint8Array.of(0x07, 0x07, 0x12, 0x20, ...Array.from({ length: 32 }, () => 0x55));

/** SPI_SET_PARAMS for so many bytes of flash: blocks, sectors and pages of all flash chips are the same. */
export function encodeFlashSize(size: number): Uint8Array<ArrayBuffer> {
  return spiSetParams.encode({ id: 0, size, blockSize: 0x1_0000, sectorSize: 0x1000, pageSize: 0x100, statusMask: 0xffff });
}

const MD5_LENGTH = 16;

/** A ROM answers 32 hexadecimal digits, a stub the 16 bytes. */
export function encodeMd5Reply(hex: string, form: 'digits' | 'bytes'): Uint8Array<ArrayBuffer> {
  return form === 'digits' ? new TextEncoder().encode(hex) : fromHex(hex);
}

/** Lower-case hex, whoever answered. @throws SerialProtocolError `PACKET_PAYLOAD` */
export function parseMd5Reply(data: Uint8Array): string {
  if (data.length === MD5_LENGTH) return toHex(data);
  const text = String.fromCharCode(...data.subarray(0, 2 * MD5_LENGTH + 1));
  if (!isHex(text, MD5_LENGTH)) throw broken(`${data.length} bytes are no MD5`);
  return text.toLowerCase();
}

function broken(rule: string): SerialProtocolError {
  return new SerialProtocolError('PACKET_PAYLOAD', rule);
}

/**
 * Requests and replies of the boot loader: the eight-byte header, the checksum, the status at the end of a reply. For both ends.
 * Knows no payload (`commands.ts`), no framing (`slip.ts`) and no chip (`targets.ts`).
 * Source: Espressif, "Serial Protocol" (esptool documentation), "Packet Description".
 */
import { ByteReader } from '../bytes/reader.ts';
import { isStubError } from './loader-status.ts';
import { failWith, SerialProtocolError } from './serial-error.ts';

interface CommandFacts {
  readonly opcode: number;
  /** Who answers it; the others report an invalid message. */
  readonly by: 'rom' | 'stub' | 'both';
  /** Its payload is four words and data, and the header carries the checksum of the data. */
  readonly carriesData?: true;
}

/** Named as Espressif's documentation and tools name them. Who of the ROMs lacks which one: `targets.ts`. */
export const COMMANDS = {
  FLASH_BEGIN: { opcode: 0x02, by: 'both' },
  FLASH_DATA: { opcode: 0x03, by: 'both', carriesData: true },
  FLASH_END: { opcode: 0x04, by: 'both' },
  MEM_BEGIN: { opcode: 0x05, by: 'both' },
  MEM_END: { opcode: 0x06, by: 'both' },
  MEM_DATA: { opcode: 0x07, by: 'both', carriesData: true },
  SYNC: { opcode: 0x08, by: 'both' },
  WRITE_REG: { opcode: 0x09, by: 'both' },
  READ_REG: { opcode: 0x0a, by: 'both' },
  SPI_SET_PARAMS: { opcode: 0x0b, by: 'both' },
  SPI_ATTACH: { opcode: 0x0d, by: 'both' },
  /** 64 bytes a command, whatever was asked for. */
  READ_FLASH_SLOW: { opcode: 0x0e, by: 'rom' },
  CHANGE_BAUDRATE: { opcode: 0x0f, by: 'both' },
  FLASH_DEFL_BEGIN: { opcode: 0x10, by: 'both' },
  FLASH_DEFL_DATA: { opcode: 0x11, by: 'both', carriesData: true },
  FLASH_DEFL_END: { opcode: 0x12, by: 'both' },
  SPI_FLASH_MD5: { opcode: 0x13, by: 'both' },
  GET_SECURITY_INFO: { opcode: 0x14, by: 'both' },
  ERASE_FLASH: { opcode: 0xd0, by: 'stub' },
  ERASE_REGION: { opcode: 0xd1, by: 'stub' },
  READ_FLASH: { opcode: 0xd2, by: 'stub' },
  RUN_USER_CODE: { opcode: 0xd3, by: 'stub' },
  /** Data that the chip encrypts while it writes. */
  FLASH_ENCRYPT_DATA: { opcode: 0xd4, by: 'stub', carriesData: true },
} as const satisfies Record<string, CommandFacts>;

export type CommandName = keyof typeof COMMANDS;

const NAMES = new Map<number, CommandName>(Object.entries(COMMANDS).map(([name, { opcode }]) => [opcode, name as CommandName]));

export function commandByOpcode(opcode: number): CommandName | undefined {
  return NAMES.get(opcode);
}

function carriesData(command: CommandName): boolean {
  return (COMMANDS[command] satisfies CommandFacts as CommandFacts).carriesData === true;
}

/** What the ROM answers a SYNC with, eight times; a stub that is running already answers 0. */
export const SYNC_VALUE = 0x2012_0707;
export const SYNC_REPLIES = 8;

/** The words that a stub sends, in a frame of its own, once it runs. */
export const STUB_GREETING: Readonly<Uint8Array> = new TextEncoder().encode('OHAI');

const HEADER_LENGTH = 8;
/** Length, sequence and two zeros stand before the data that the checksum covers. */
export const DATA_HEADER_LENGTH = 16;
const CHECKSUM_SEED = 0xef;
const REQUEST = 0x00;
const REPLY = 0x01;

/** Bytes of status at the end of a reply: four from the ROMs of the ESP32 family (two of them mean something), two from stubs and the ESP8266. */
export type StatusLength = 2 | 4;
export const ROM_STATUS_LENGTH: StatusLength = 4;
export const STUB_STATUS_LENGTH: StatusLength = 2;

export interface LoaderRequest {
  readonly opcode: number;
  /** `undefined`: an opcode that nobody documents. */
  readonly command: CommandName | undefined;
  /** As the header states it; 0 where the command carries no data. */
  readonly checksum: number;
  readonly payload: Uint8Array;
}

/** Only `failed` decides: after a success the code may be a leftover (observed: 00 05). */
export interface LoaderStatus {
  readonly failed: boolean;
  /** One of `ROM_ERRORS` or `STUB_ERRORS`; `loaderErrorMeaning` has the words. */
  readonly code: number;
}

const SUCCESS: LoaderStatus = { failed: false, code: 0 };

export interface LoaderReply {
  readonly opcode: number;
  readonly command: CommandName | undefined;
  /** Of READ_REG and SYNC; elsewhere whatever the register held last. */
  readonly value: number;
  /** Without the status bytes. */
  readonly data: Uint8Array;
  readonly status: LoaderStatus;
}

/** 0xEF and all bytes of `data`, XORed. */
export function loaderChecksum(data: Uint8Array): number {
  let checksum = CHECKSUM_SEED;
  for (const byte of data) checksum ^= byte;
  return checksum;
}

/** The packet, not yet framed; `payload` as `commands.ts` encodes it. */
export function encodeRequest(command: CommandName, payload: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  const checksum = carriesData(command) ? loaderChecksum(payload.subarray(DATA_HEADER_LENGTH)) : 0;
  return encodePacket(REQUEST, COMMANDS[command].opcode, checksum, payload);
}

/** @throws SerialProtocolError `PACKET_LENGTH` or `PACKET_DIRECTION`. An unknown opcode and a wrong checksum are values. */
export function parseRequest(packet: Uint8Array): LoaderRequest {
  const { opcode, word, payload } = parsePacket(packet, REQUEST);
  return { opcode, command: commandByOpcode(opcode), checksum: word, payload };
}

/** True also for commands that carry no data: nobody looks at their checksum. */
export function isChecksumRight({ command, checksum, payload }: LoaderRequest): boolean {
  // The ROM keeps only the lowest byte of the field.
  return command === undefined || !carriesData(command) || (checksum & 0xff) === loaderChecksum(payload.subarray(DATA_HEADER_LENGTH));
}

/** The packet, not yet framed. */
export function encodeReply(
  reply: { readonly opcode: number; readonly value?: number; readonly data?: Uint8Array; readonly status?: LoaderStatus },
  statusLength: StatusLength,
): Uint8Array<ArrayBuffer> {
  const { opcode, value = 0, data = new Uint8Array(0), status = SUCCESS } = reply;
  const payload = new Uint8Array(data.length + statusLength);
  payload.set(data);
  payload.set(encodeStatus(status), data.length);
  return encodePacket(REPLY, opcode, value, payload);
}

/**
 * @param statusLength of whoever speaks: ROM or stub.
 * @throws SerialProtocolError `PACKET_LENGTH` (also when there is no room for the status) or `PACKET_DIRECTION`.
 */
export function parseReply(packet: Uint8Array, statusLength: StatusLength): LoaderReply {
  const { opcode, word, payload } = parsePacket(packet, REPLY);
  const dataLength = payload.length - statusLength;
  if (dataLength < 0) {
    throw new SerialProtocolError(
      'PACKET_LENGTH',
      `a reply needs ${statusLength} bytes of status, it has ${payload.length}`,
      HEADER_LENGTH,
    );
  }
  const status = parseStatus(payload[dataLength]!, payload[dataLength + 1]!);
  return { opcode, command: commandByOpcode(opcode), value: word, data: payload.subarray(0, dataLength), status };
}

/** True for a frame that can only be the greeting of a stub that just started. */
export function isStubGreeting(frame: Uint8Array): boolean {
  return frame.length === STUB_GREETING.length && frame.every((byte, i) => byte === STUB_GREETING[i]);
}

/** A ROM says 1 and its code, a stub its code and 0. */
function encodeStatus({ failed, code }: LoaderStatus): readonly [number, number] {
  if (!failed) return [0, code];
  return isStubError(code) ? [code, 0] : [1, code];
}

function parseStatus(first: number, second: number): LoaderStatus {
  return { failed: first !== 0, code: isStubError(first) ? first : second };
}

function encodePacket(direction: number, opcode: number, word: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  if (payload.length > 0xffff) throw new RangeError(`a payload of ${payload.length} bytes does not fit a 16-bit length`);
  const packet = new Uint8Array(HEADER_LENGTH + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, direction);
  view.setUint8(1, opcode);
  view.setUint16(2, payload.length, true);
  view.setUint32(4, word, true);
  packet.set(payload, HEADER_LENGTH);
  return packet;
}

function parsePacket(packet: Uint8Array, expected: number): { opcode: number; word: number; payload: Uint8Array } {
  const reader = new ByteReader(packet, failWith('PACKET_LENGTH'));
  const direction = reader.u8('the direction');
  if (direction !== expected) {
    throw new SerialProtocolError('PACKET_DIRECTION', `the direction is ${direction}, not ${expected}`);
  }
  const opcode = reader.u8('the opcode');
  const length = reader.u16le('the length');
  const word = reader.u32le('the checksum or value');
  if (length !== reader.remaining) {
    throw new SerialProtocolError('PACKET_LENGTH', `the length field says ${length}, the payload has ${reader.remaining} bytes`, 2);
  }
  return { opcode, word, payload: reader.bytes(length) };
}

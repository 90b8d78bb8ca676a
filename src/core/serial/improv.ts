/**
 * Improv over serial: Wi-Fi credentials for a device that just got its firmware. Frames and their contents, for both ends.
 * Source: https://www.improv-wifi.com/serial/ (version 1). Finding frames in console output: `improv-reader.ts`.
 */
import { ByteReader } from '../bytes/reader.ts';
import { plainText } from '../plain-text.ts';
import { failWith, SerialProtocolError } from './serial-error.ts';

export interface ImprovInfo {
  readonly firmware: string;
  readonly version: string;
  readonly chip: string;
  readonly deviceName: string;
}

export interface ImprovNetwork {
  readonly name: string;
  /** dBm */
  readonly rssi: number;
  readonly secured: boolean;
}

export const IMPROV_STATES = { 'awaiting-authorization': 0x01, ready: 0x02, provisioning: 0x03, provisioned: 0x04 } as const;
export type ImprovState = keyof typeof IMPROV_STATES;

export const IMPROV_ERRORS = {
  none: 0x00,
  'invalid-packet': 0x01,
  'unknown-command': 0x02,
  'unable-to-connect': 0x03,
  'not-authorized': 0x04,
  'bad-hostname': 0x05,
  unknown: 0xff,
} as const;
export type ImprovErrorName = keyof typeof IMPROV_ERRORS;

const IMPROV_COMMANDS = { wifi: 0x01, state: 0x02, info: 0x03, scan: 0x04 } as const;
type ImprovCommandName = keyof typeof IMPROV_COMMANDS;

export type ImprovCommand =
  | { readonly name: 'wifi'; readonly network: string; readonly password: string }
  | { readonly name: 'state' | 'info' | 'scan' };

export type ImprovPacket =
  | { readonly type: 'state'; readonly state: ImprovState }
  | { readonly type: 'error'; readonly error: ImprovErrorName }
  | { readonly type: 'command'; readonly command: ImprovCommand }
  /** A scan has one result for each network and an empty one at the end. */
  | { readonly type: 'result'; readonly command: ImprovCommandName; readonly strings: readonly string[] };

const TYPES = { state: 0x01, error: 0x02, command: 0x03, result: 0x04 } as const;

export const IMPROV_MAGIC: Readonly<Uint8Array> = new TextEncoder().encode('IMPROV');
const VERSION = 1;
/** Magic, version, type and length stand in front of the data, a checksum after it. */
export const IMPROV_HEADER_LENGTH = IMPROV_MAGIC.length + 3;
const LINE_FEED = 0x0a;

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

/** With the line feed that ends it on the wire. @throws RangeError for texts that do not fit into one frame. */
export function encodeImprov(packet: ImprovPacket): Uint8Array<ArrayBuffer> {
  const data = encodeData(packet);
  if (data.length > 0xff) throw new RangeError(`${data.length} bytes do not fit into an Improv frame`);
  const frame = Uint8Array.of(...IMPROV_MAGIC, VERSION, TYPES[packet.type], data.length, ...data, 0, LINE_FEED);
  frame[frame.length - 2] = sum(frame.subarray(0, -2));
  return frame;
}

/**
 * @param frame from the magic to the checksum, without line feed.
 * @throws SerialProtocolError `IMPROV_FRAME`, `IMPROV_CHECKSUM` or `IMPROV_PAYLOAD`
 */
export function parseImprov(frame: Uint8Array): ImprovPacket {
  const reader = new ByteReader(frame, failWith('IMPROV_FRAME'));
  if (!reader.bytes(IMPROV_MAGIC.length, 'the magic').every((byte, i) => byte === IMPROV_MAGIC[i])) throw broken('no magic');
  const version = reader.u8('the version');
  if (version !== VERSION) throw broken(`version ${version}, not ${VERSION}`);
  const type = nameOf(TYPES, reader.u8('the type'));
  const data = reader.bytes(reader.u8('the length'), 'the data');
  const checksum = reader.u8('the checksum');
  if (reader.remaining > 0) throw broken(`${reader.remaining} bytes follow the checksum`);
  const expected = sum(frame.subarray(0, -1));
  if (checksum !== expected)
    throw new SerialProtocolError('IMPROV_CHECKSUM', `the checksum is ${checksum}, not ${expected}`, frame.length - 1);
  if (type === undefined) throw broken('an unknown type of packet');
  return parseData(type, new ByteReader(data, failWith('IMPROV_PAYLOAD'), IMPROV_HEADER_LENGTH));
}

export function encodeImprovInfo({ firmware, version, chip, deviceName }: ImprovInfo): readonly string[] {
  return [firmware, version, chip, deviceName];
}

/** @throws SerialProtocolError `IMPROV_PAYLOAD`. What newer versions add at the end is ignored. */
export function parseImprovInfo(strings: readonly string[]): ImprovInfo {
  const [firmware, version, chip, deviceName] = strings.map(plainText);
  if (firmware === undefined || version === undefined || chip === undefined || deviceName === undefined) {
    throw new SerialProtocolError('IMPROV_PAYLOAD', `device information has 4 texts, not ${strings.length}`);
  }
  return { firmware, version, chip, deviceName };
}

export function encodeImprovNetwork({ name, rssi, secured }: ImprovNetwork): readonly string[] {
  return [name, String(rssi), secured ? 'YES' : 'NO'];
}

/** `undefined`: the list is complete. The name is left as it is: it has to go back to the device. @throws SerialProtocolError `IMPROV_PAYLOAD` */
export function parseImprovNetwork(strings: readonly string[]): ImprovNetwork | undefined {
  if (strings.length === 0) return undefined;
  const [name, rssi, secured] = strings;
  if (name === undefined || secured === undefined || !/^-?\d{1,3}$/.test(rssi ?? '')) {
    throw new SerialProtocolError('IMPROV_PAYLOAD', 'a network has a name, a signal strength and YES or NO');
  }
  return { name, rssi: Number(rssi), secured: secured !== 'NO' };
}

/** Of all bytes before it, modulo 256. */
function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
}

function encodeData(packet: ImprovPacket): readonly number[] {
  switch (packet.type) {
    case 'state':
      return [IMPROV_STATES[packet.state]];
    case 'error':
      return [IMPROV_ERRORS[packet.error]];
    case 'command': {
      const { command } = packet;
      const texts = command.name === 'wifi' ? [command.network, command.password] : [];
      return withLength(IMPROV_COMMANDS[command.name], encodeStrings(texts));
    }
    case 'result':
      return withLength(IMPROV_COMMANDS[packet.command], encodeStrings(packet.strings));
  }
}

function parseData(type: keyof typeof TYPES, data: ByteReader): ImprovPacket {
  switch (type) {
    case 'state': {
      const state = nameOf(IMPROV_STATES, data.u8('the state'));
      if (state === undefined) throw unknownPayload('state');
      return { type, state };
    }
    case 'error':
      return { type, error: nameOf(IMPROV_ERRORS, data.u8('the error')) ?? 'unknown' };
    case 'command':
      return { type, command: parseCommand(...readCommand(data)) };
    case 'result': {
      const [command, strings] = readCommand(data);
      return { type, command, strings };
    }
  }
}

function parseCommand(name: ImprovCommandName, texts: readonly string[]): ImprovCommand {
  if (name !== 'wifi') return { name };
  const [network, password = ''] = texts;
  if (network === undefined) throw new SerialProtocolError('IMPROV_PAYLOAD', 'Wi-Fi settings without the name of a network');
  return { name, network, password };
}

function readCommand(data: ByteReader): [ImprovCommandName, readonly string[]] {
  const command = nameOf(IMPROV_COMMANDS, data.u8('the command'));
  if (command === undefined) throw unknownPayload('command');
  const length = data.u8('the length of the texts');
  if (length !== data.remaining) {
    throw new SerialProtocolError('IMPROV_PAYLOAD', `the texts have ${data.remaining} bytes, not ${length}`, IMPROV_HEADER_LENGTH + 1);
  }
  const strings: string[] = [];
  while (data.remaining > 0) strings.push(fromUtf8.decode(data.bytes(data.u8('the length of a text'), 'a text')));
  return [command, strings];
}

function encodeStrings(texts: readonly string[]): readonly number[] {
  return texts.flatMap((text) => {
    const bytes = utf8.encode(text);
    if (bytes.length > 0xff) throw new RangeError(`a text of ${bytes.length} bytes does not fit into an Improv frame`);
    return [bytes.length, ...bytes];
  });
}

const withLength = (command: number, data: readonly number[]) => [command, data.length, ...data];

function nameOf<Name extends string>(codes: Readonly<Record<Name, number>>, code: number): Name | undefined {
  return (Object.keys(codes) as Name[]).find((name) => codes[name] === code);
}

const broken = (rule: string) => new SerialProtocolError('IMPROV_FRAME', rule);
const unknownPayload = (what: string) => new SerialProtocolError('IMPROV_PAYLOAD', `an unknown ${what}`, IMPROV_HEADER_LENGTH);

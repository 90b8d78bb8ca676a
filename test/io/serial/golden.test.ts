/**
 * Our client against the words of real mask ROMs: a chip that answers with what the reference tool's transcripts have for the same request.
 * What our client sends to write must be, byte for byte, what the reference tool sent.
 */
import { expect } from 'chai';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { encodeReply, parseRequest } from '../../../src/core/serial/packet.ts';
import type { CommandName } from '../../../src/core/serial/packet.ts';
import { encodeSlip, SlipDecoder } from '../../../src/core/serial/slip.ts';
import type { ChipConnection } from '../../../src/app/usb/ports.ts';
import { LoaderConnector } from '../../../src/io/serial/connector.ts';
import { wireOpener } from '../../../src/io/serial/wire.ts';
import { TRANSISTOR_CIRCUIT } from '../../../src/virtual/device/serial/auto-reset.ts';
import type { SerialChip } from '../../../src/virtual/device/serial/serial-chip.ts';
import { VirtualSerialPort } from '../../../src/virtual/device/serial/virtual-serial-port.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';
import { allTranscripts, framesOf } from '../../core/serial/transcripts.ts';
import type { Transcript } from '../../core/serial/transcripts.ts';
import { CP2102 } from './desk.ts';

/** Answered in general: registers that only one of us asks for. */
const GENERAL: readonly (CommandName | undefined)[] = ['READ_REG', 'WRITE_REG', 'SPI_SET_PARAMS', 'GET_SECURITY_INFO'];

interface Asked {
  readonly key: string;
  readonly opcode: number;
  readonly answers: Uint8Array[];
}

/** The recorder wrote some requests down before the answers to those before them. */
function askerOf(asked: readonly Asked[], answer: Uint8Array): Asked | undefined {
  const isReply = answer[0] === 0x01 && answer.length >= 10;
  // A refusal comes with whatever opcode; what is no reply belongs to what was asked last.
  if (!isReply || answer[8] === 1) return asked.at(-1);
  const same = asked.filter(({ opcode }) => opcode === answer[1]);
  return same.find(({ answers }) => answers.length === 0) ?? same.at(-1);
}

class ReplayChip implements SerialChip {
  readonly baudRate = 115_200;
  readonly ignoresBaudRate = true;
  /** Requests that the transcript has not, and that have no general answer. */
  readonly strange: string[] = [];
  readonly heard: string[] = [];
  readonly #answers = new Map<string, Uint8Array[][]>();
  readonly #decoder = new SlipDecoder();
  #output: ((bytes: Uint8Array) => void) | undefined;

  constructor(transcript: Transcript) {
    const asked: Asked[] = [];
    for (const { from, bytes } of framesOf(transcript).frames) {
      if (from === 'host') asked.push({ key: toHex(bytes), opcode: bytes[1]!, answers: [] });
      else askerOf(asked, bytes)?.answers.push(bytes);
    }
    for (const { key, answers } of asked) this.#answers.set(key, [...(this.#answers.get(key) ?? []), answers]);
  }

  connect(output: (bytes: Uint8Array) => void): void {
    this.#output = output;
  }
  disconnect(): void {
    this.#output = undefined;
  }
  async setPins(): Promise<void> {}
  async advance(): Promise<undefined> {
    return undefined;
  }

  async receive(bytes: Uint8Array): Promise<void> {
    for (const frame of this.#decoder.push(bytes)) this.#hear(frame);
  }

  #hear(frame: Uint8Array): void {
    const key = toHex(frame);
    this.heard.push(key);
    const answers = this.#answers.get(key);
    const answer = answers && answers.length > 1 ? answers.shift() : answers?.[0];
    if (answer) return this.#say(...answer);
    const { command, opcode } = parseRequest(frame);
    if (!GENERAL.includes(command)) this.strange.push(`${command ?? opcode} ${key.slice(0, 64)}`);
    this.#say(encodeReply({ opcode }, 4));
  }

  #say(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.#output?.(encodeSlip(frame));
  }
}

interface Replay {
  readonly chip: ReplayChip;
  readonly connection: ChipConnection;
  close(): Promise<void>;
}

async function replay(transcript: Transcript, withoutStub: boolean): Promise<Replay> {
  const clock = new OrderedClock();
  const chip = new ReplayChip(transcript);
  const settings = { circuit: TRANSISTOR_CIRCUIT, packetBytes: 62, latencyMs: 1, maxBaudRate: 0, isInstant: true };
  const port = new VirtualSerialPort({ chip, clock, usb: CP2102, settings: () => settings });
  const wire = await wireOpener(clock)(port, 115_200);
  const { signal } = new AbortController();
  const connection = await new LoaderConnector(clock).connect(wire, CP2102, { signal, baudRate: 115_200, withoutStub });
  return { chip, connection, close: () => wire.close() };
}

/** The data that the tool wrote, and its requests for it. */
function written(transcript: Transcript): { readonly bytes: Uint8Array<ArrayBuffer>; readonly frames: readonly string[] } {
  const requests = framesOf(transcript).frames.filter(({ from }) => from === 'host');
  const data = requests.filter(({ bytes }) => bytes[1] === 0x03);
  const begin = requests.find(({ bytes }) => bytes[1] === 0x02)!;
  const bytes = Uint8Array.from(data.flatMap(({ bytes: frame }) => [...frame.subarray(24)]));
  return { bytes, frames: [begin, ...data].map((frame) => toHex(frame.bytes)) };
}

const { signal } = new AbortController();

describe('our client and real mask ROMs', () => {
  let transcripts: ReadonlyMap<string, Transcript> = new Map();
  before(async () => {
    transcripts = new Map((await allTranscripts()).map((transcript) => [transcript.name, transcript]));
  });

  function named(context: Mocha.Context, name: string): Transcript {
    const transcript = transcripts.get(name);
    if (!transcript) context.skip();
    return transcript!;
  }

  for (const [name, chip, mac] of [
    ['esp32-rom-flash-id', 'ESP32', '24:0a:c4:00:01:10'],
    ['esp32c3-rom-flash-id', 'ESP32-C3', 'c4:0a:24:fe:10:01'],
  ] as const) {
    it(`knows who is there: ${name}`, async function () {
      const { chip: rom, connection, close } = await replay(named(this, name), true);
      const { identity, loader } = connection;
      expect([identity.chip, identity.mac, loader]).to.deep.equal([chip, mac, 'rom']);
      expect(identity.flash.bytes).to.equal(4 << 20);
      expect(identity.security).to.deep.equal({ flashEncryption: false, secureBoot: false, secureDownload: false });
      expect(rom.strange).to.deep.equal([]);
      await close();
    });
  }

  it('recognises secure download mode', async function () {
    const { chip, connection, close } = await replay(named(this, 'esp32c3-sdm-write-8k'), false);
    expect([connection.loader, connection.identity.security.secureDownload]).to.deep.equal(['secure-download', true]);
    expect(chip.strange).to.deep.equal([]);
    await close();
  });

  for (const [name, withoutStub] of [
    ['esp32-rom-write-8k', true],
    ['esp32c3-rom-write-8k', true],
    ['esp32c3-sdm-write-8k', false],
  ] as const) {
    it(`writes with the bytes of the reference tool: ${name}`, async function () {
      const transcript = named(this, name);
      const { bytes, frames } = written(transcript);
      const { chip, connection, close } = await replay(transcript, withoutStub);
      await connection.writeFlash(0x10000, bytes, { signal });
      const sent = chip.heard.filter((frame) => ['0002', '0003'].includes(frame.slice(0, 4)));
      // As one line of each: nobody wants to read the frames.
      expect(sent.map((frame) => `${frame.slice(0, 56)} ${frame.length}`)).to.deep.equal(
        frames.map((frame) => `${frame.slice(0, 56)} ${frame.length}`),
      );
      expect(sent.join() === frames.join()).to.equal(true);
      expect(chip.strange).to.deep.equal([]);
      await close();
    });
  }
});

import { expect } from 'chai';
import * as commands from '../../../src/core/serial/commands.ts';
import { describeChip, romBaudRate } from '../../../src/core/serial/describe-chip.ts';
import { describeFlash } from '../../../src/core/serial/jedec.ts';
import {
  encodeReply,
  encodeRequest,
  isChecksumRight,
  isStubGreeting,
  parseReply,
  parseRequest,
  ROM_STATUS_LENGTH,
  STUB_STATUS_LENGTH,
  SYNC_VALUE,
  type CommandName,
  type LoaderReply,
} from '../../../src/core/serial/packet.ts';
import { encodeSecurityInfo, parseSecurityInfo } from '../../../src/core/serial/security-info.ts';
import { SerialProtocolError } from '../../../src/core/serial/serial-error.ts';
import { encodeSlip, SlipDecoder } from '../../../src/core/serial/slip.ts';
import { driveFlash } from '../../../src/core/serial/spi-command.ts';
import { CHIP_MAGIC_ADDRESS, targetByChipId, targetByMagic, TARGETS } from '../../../src/core/serial/targets.ts';
import { SEED, withSeed } from '../../doubles/random.ts';
import { allTranscripts, framesOf, type Frame, type Transcript } from './transcripts.ts';

/** Decodes a payload and encodes it again. */
type RoundTrip = (payload: Uint8Array) => Uint8Array;

function words<Values>(codec: { parse(bytes: Uint8Array): Values; encode(values: Values): Uint8Array }): RoundTrip {
  return (payload) => codec.encode(codec.parse(payload));
}

const dataBlock: RoundTrip = (payload) => commands.encodeDataBlock(commands.parseDataBlock(payload));
const nothing: RoundTrip = () => new Uint8Array(0);

const PAYLOADS: Readonly<Record<CommandName, RoundTrip>> = {
  FLASH_BEGIN: words(commands.flashBegin),
  FLASH_DATA: dataBlock,
  FLASH_END: words(commands.flashEnd),
  MEM_BEGIN: words(commands.memBegin),
  MEM_END: words(commands.memEnd),
  MEM_DATA: dataBlock,
  SYNC: () => Uint8Array.from(commands.SYNC_PAYLOAD),
  WRITE_REG: (payload) => commands.encodeRegisterWrites(commands.parseRegisterWrites(payload)),
  READ_REG: words(commands.readReg),
  SPI_SET_PARAMS: words(commands.spiSetParams),
  SPI_ATTACH: words(commands.spiAttach),
  READ_FLASH_SLOW: words(commands.readFlashSlow),
  CHANGE_BAUDRATE: words(commands.changeBaudRate),
  FLASH_DEFL_BEGIN: words(commands.flashBegin),
  FLASH_DEFL_DATA: dataBlock,
  FLASH_DEFL_END: words(commands.flashEnd),
  SPI_FLASH_MD5: words(commands.spiFlashMd5),
  GET_SECURITY_INFO: nothing,
  ERASE_FLASH: nothing,
  ERASE_REGION: words(commands.eraseRegion),
  READ_FLASH: words(commands.readFlash),
  RUN_USER_CODE: nothing,
  FLASH_ENCRYPT_DATA: dataBlock,
};

const isRequest = ({ from, bytes }: Frame) => from === 'host' && bytes.length >= 8 && bytes[0] === 0;
/** Packets of READ_FLASH and its MD5 are raw; a reply starts with 1 and an opcode that was sent. */
const isReply = ({ from, bytes }: Frame) => from === 'chip' && bytes[0] === 1 && bytes.length >= 10 && !isStubGreeting(bytes);
const statusLength = ({ byStub }: Frame) => (byStub ? STUB_STATUS_LENGTH : ROM_STATUS_LENGTH);

/** The n-th reading and the n-th answer belong together. */
function registersOf({ frames }: { readonly frames: readonly Frame[] }): ReadonlyMap<number, number> {
  const asked = frames
    .filter(isRequest)
    .map(({ bytes }) => parseRequest(bytes))
    .filter(({ command }) => command === 'READ_REG');
  const answers = frames
    .filter(isReply)
    .map((frame) => parseReply(frame.bytes, statusLength(frame)))
    .filter(({ command }) => command === 'READ_REG');
  return new Map(asked.map(({ payload }, i) => [commands.readReg.parse(payload).address, answers[i]!.value]));
}

const reading = (registers: ReadonlyMap<number, number>) => async (address: number) => {
  const value = registers.get(address);
  if (value === undefined) throw new Error(`0x${address.toString(16)} was never read`);
  return value;
};

describe('golden transcripts', () => {
  let transcripts: readonly Transcript[] = [];
  const named = (name: string) => transcripts.find((transcript) => transcript.name === name);

  before(async function () {
    transcripts = await allTranscripts();
    if (transcripts.length === 0) this.skip();
  });

  it('every frame of the host decodes, and encodes to the same bytes', () => {
    let count = 0;
    for (const transcript of transcripts) {
      for (const { from, bytes, piece } of framesOf(transcript).frames) {
        if (from !== 'host') continue;
        expect(encodeSlip(bytes), transcript.name).to.deep.equal(piece);
        count++;
      }
    }
    expect(count).to.be.greaterThan(2500);
  });

  it('every request parses, field by field, and encodes to the same bytes', () => {
    const seen = new Set<CommandName>();
    for (const transcript of transcripts) {
      for (const { bytes } of framesOf(transcript).frames.filter(isRequest)) {
        const request = parseRequest(bytes);
        expect(isChecksumRight(request), transcript.name).to.equal(true);
        if (request.command === undefined) continue;
        seen.add(request.command);
        expect(encodeRequest(request.command, PAYLOADS[request.command](request.payload)), transcript.name).to.deep.equal(bytes);
      }
    }
    expect([...seen]).to.include.members(['FLASH_BEGIN', 'MEM_DATA', 'READ_FLASH_SLOW', 'READ_FLASH', 'ERASE_REGION']);
  });

  it('every reply parses with the status length of who speaks, and encodes to the same bytes', () => {
    for (const transcript of transcripts) {
      const { frames } = framesOf(transcript);
      const opcodes = new Set(frames.filter(isRequest).map(({ bytes }) => bytes[1]));
      for (const frame of frames.filter(isReply)) {
        if (!opcodes.has(frame.bytes[1])) continue;
        const reply = parseReply(frame.bytes, statusLength(frame));
        expect(encodeReply(reply, statusLength(frame)), transcript.name).to.deep.equal(frame.bytes);
      }
    }
  });

  it('a SYNC is answered eight times with its value, after the boot log', () => {
    const { frames, printed } = framesOf(named('esp32-rom-secinfo')!);
    expect(printed).to.match(/^ets Jul 29 2019/);
    const replies = frames.filter(isReply).map(({ bytes }) => parseReply(bytes, ROM_STATUS_LENGTH));
    expect(
      replies.slice(0, 8).every(({ command, value, status }) => command === 'SYNC' && value === SYNC_VALUE && !status.failed),
    ).to.equal(true);
    const refused = replies.filter(({ status }) => status.failed);
    expect(refused.every(({ status }) => status.code === 0x05)).to.equal(true);
    expect(refused.length).to.be.greaterThan(0);
  });

  it('security info of an ESP32-C3 names the chip, in secure download mode too', () => {
    const infoOf = (name: string) => {
      const replies: LoaderReply[] = framesOf(named(name)!)
        .frames.filter(isReply)
        .map(({ bytes }) => parseReply(bytes, ROM_STATUS_LENGTH));
      const { data } = replies.find(({ command }) => command === 'GET_SECURITY_INFO')!;
      const info = parseSecurityInfo(data);
      expect(encodeSecurityInfo(info)).to.deep.equal(Uint8Array.from(data));
      return info;
    };
    expect(infoOf('esp32c3-rom-secinfo')).to.deep.include({ flags: 0, flashCryptCount: 0, chip: { id: 5, apiVersion: 3 } });
    expect(infoOf('esp32c3-sdm-secinfo').flags).to.equal(0x04);
    expect(targetByChipId(5)?.name).to.equal('ESP32-C3');
  });

  it('both MD5 forms read the same way', () => {
    for (const name of ['esp32-rom-write-8k', 'esp32-stub2-write-8k-raw', 'esp32c3-rom-write-8k', 'esp32c3-stub2-write-8k-raw']) {
      const frames = framesOf(named(name)!).frames.filter(isReply);
      const replies = frames.map((frame) => parseReply(frame.bytes, statusLength(frame)));
      const md5 = commands.parseMd5Reply(replies.find(({ command }) => command === 'SPI_FLASH_MD5')!.data);
      expect(md5, name).to.equal('cc7fb1374b10463506b402e4db7f4fda');
    }
  });

  it('an ESP32 is described by the registers that were read from it', async () => {
    const registers = registersOf(framesOf(named('esp32-rom-flash-id')!));
    expect(targetByMagic(registers.get(CHIP_MAGIC_ADDRESS)!)?.name).to.equal('ESP32');
    // The tool has no reason to look at the first word of the eFuses; nothing is burnt there.
    const chip = await describeChip(reading(new Map([[0x3ff5_a000, 0], ...registers])), TARGETS.ESP32, 115_200);
    expect(chip).to.deep.include({ description: 'ESP32-D0WDQ6-V3', revision: 300, mac: '24:0a:c4:00:01:10', crystalMhz: 40 });
    expect(chip.features).to.include.members(['Wi-Fi', 'Bluetooth', 'Dual core + LP core']);
    expect(chip.security).to.deep.equal({ flashEncryption: false, secureBoot: false, secureDownload: false });
  });

  it('an ESP32-C3 is described by the registers that were read from it', async () => {
    const registers = registersOf(framesOf(named('esp32c3-stub2-write-8k-raw')!));
    const chip = await describeChip(async (address) => registers.get(address) ?? 0, TARGETS['ESP32-C3'], 115_200);
    expect(chip).to.deep.include({ description: 'ESP32-C3 (QFN32)', revision: 3, mac: 'c4:0a:24:fe:10:01', crystalMhz: 40 });
  });

  it('the ESP32 is asked for the baud rate that its ROM turns into the right one', async () => {
    const { frames } = framesOf(named('esp32-rom-baud')!);
    const change = frames
      .filter(isRequest)
      .map(({ bytes }) => parseRequest(bytes))
      .find(({ command }) => command === 'CHANGE_BAUDRATE')!;
    const registers = registersOf({ frames });
    const { baudRate } = commands.changeBaudRate.parse(change.payload);
    expect(await romBaudRate(reading(registers), TARGETS.ESP32, 460_800, 40)).to.equal(baudRate);
  });

  it('the flash id is asked for with the same register accesses', async () => {
    for (const [name, target] of [
      ['esp32-rom-flash-id', TARGETS.ESP32],
      ['esp32c3-rom-flash-id', TARGETS['ESP32-C3']],
    ] as const) {
      const { frames } = framesOf(named(name)!);
      const registers = registersOf({ frames });
      const spi = target.spi;
      const theirs = frames
        .filter(isRequest)
        .map(({ bytes }) => parseRequest(bytes))
        .flatMap(({ command, payload }) => {
          if (command === 'READ_REG') return [['read', commands.readReg.parse(payload).address]];
          return command === 'WRITE_REG'
            ? commands.parseRegisterWrites(payload).map(({ address, value }) => ['write', address, value])
            : [];
        });
      const ours: unknown[] = [];
      const id = await driveFlash(
        {
          read: async (address) => {
            ours.push(['read', address]);
            // W0 is read once in each transfer; this is what the first one brought.
            return address === spi.base + spi.w0 ? 0x1640c8 : (registers.get(address) ?? 0);
          },
          write: async (...writes) => void ours.push(...writes.map(({ address, value }) => ['write', address, value >>> 0])),
        },
        spi,
        ({ ask }) => ask(0x9f, 24),
      );
      const first = theirs.findIndex(([kind, address]) => kind === 'read' && address === spi.base + spi.usr);
      expect(theirs.slice(first, first + ours.length), name).to.deep.equal(ours);
      expect(describeFlash(id!)).to.deep.equal({ manufacturer: 'GigaDevice', jedecId: 'c84016', bytes: 4 * 1024 * 1024 });
    }
  });

  it('cut or flipped anywhere, nothing but dropped frames and SerialProtocolErrors come of it', () =>
    withSeed(SEED, (random) => {
      for (const { name, pieces } of transcripts) {
        const sample = pieces.filter(({ bytes }) => bytes.length < 200).slice(0, 60);
        for (const { from, bytes } of sample) {
          const variants = [...bytes.keys()].map((cut) => bytes.slice(0, cut));
          for (let i = 0; i < 20; i++) {
            const flipped = bytes.slice();
            flipped[random.below(bytes.length)]! ^= 1 << random.below(8);
            variants.push(flipped);
          }
          for (const variant of variants) survives(variant, from, name);
        }
      }
    }));

  it('a stream that loses any one byte is in step again two frames later', () => {
    const { pieces } = named('esp32c3-rom-flash-id')!;
    const chip = pieces
      .filter(({ from }) => from === 'chip')
      .map(({ bytes }) => bytes)
      .slice(0, 12);
    const stream = Uint8Array.from(chip.flatMap((bytes) => [...bytes]));
    const whole = new SlipDecoder().push(stream);
    for (let lost = 0; lost < stream.length; lost++) {
      const frames = new SlipDecoder().push(Uint8Array.from([...stream.subarray(0, lost), ...stream.subarray(lost + 1)]));
      expect(frames.length, `byte ${lost}`).to.be.within(whole.length - 2, whole.length);
    }
  });
});

function survives(wire: Uint8Array, from: 'host' | 'chip', name: string): void {
  for (const frame of new SlipDecoder({ onFault: (error) => expect(error).to.be.instanceOf(SerialProtocolError) }).push(wire)) {
    try {
      if (from === 'chip') parseSecurityInfo(parseReply(frame, ROM_STATUS_LENGTH).data);
      else {
        const { command, payload } = parseRequest(frame);
        if (command) PAYLOADS[command](payload);
      }
    } catch (error) {
      if (!(error instanceof SerialProtocolError)) throw new Error(`${name}: ${String(error)}`, { cause: error });
    }
  }
}

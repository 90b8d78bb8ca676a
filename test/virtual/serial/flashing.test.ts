/** What becomes of board, disk and port when something happens while a flasher is at work. Spoken by hand, a command at a time. */
import { expect } from 'chai';
import {
  encodeDataBlock,
  encodeFlashSize,
  flashBegin,
  flashEnd,
  memBegin,
  memEnd,
  spiFlashMd5,
  SYNC_PAYLOAD,
} from '../../../src/core/serial/commands.ts';
import {
  encodeRequest,
  parseReply,
  ROM_STATUS_LENGTH,
  STUB_STATUS_LENGTH,
  type CommandName,
  type LoaderReply,
  type StatusLength,
} from '../../../src/core/serial/packet.ts';
import { encodeSlip, SlipDecoder } from '../../../src/core/serial/slip.ts';
import type { BenchSettings } from '../../../src/virtual/bench.ts';
import { parseBoardState } from '../../../src/virtual/board-state.ts';
import { handleBench } from '../../../src/virtual/device/bench-door.ts';
import { FAULT_SETTINGS } from '../../../src/virtual/device/serial/board-port.ts';
import { loaderFacts } from '../../../src/virtual/device/serial/loader-facts.ts';
import type { VirtualSerialPort } from '../../../src/virtual/device/serial/virtual-serial-port.ts';
import { VirtualDevice } from '../../../src/virtual/device/virtual-device.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';
import { boardSurroundings, poweredBoard } from '../../doubles/powered-board.ts';
import { makeFirmware, MemoryDisk, randomFrom, seeded } from '../../doubles/virtual-bench.ts';

const OFFSET = 0x200000;
const BLOCK = 0x400;

class Flashing {
  readonly clock = new OrderedClock();
  readonly disk = new MemoryDisk();
  device!: VirtualDevice;
  port!: VirtualSerialPort;
  text = '';
  readonly replies: LoaderReply[] = [];
  #statusLength: StatusLength = ROM_STATUS_LENGTH;
  lost = false;
  #listening: Promise<void> | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  static async start(settings: Partial<BenchSettings> = {}): Promise<Flashing> {
    const made = new Flashing();
    const factory = await makeFirmware({ version: '1.0.0' });
    const surroundings = boardSurroundings({ id: 'desk', storage: made.disk, clock: made.clock, factory });
    Object.assign(made, await poweredBoard(surroundings, settings));
    made.port.addEventListener('disconnect', () => (made.lost = true));
    return made;
  }

  async connect(baudRate = 115_200): Promise<void> {
    await this.port.open({ baudRate });
    this.lost = false;
    this.#listening = this.#listen();
    await this.enterLoader();
  }

  async enterLoader(): Promise<void> {
    await this.port.setSignals({ dataTerminalReady: false, requestToSend: true });
    await this.clock.sleep(100);
    await this.port.setSignals({ dataTerminalReady: true, requestToSend: false });
    await this.clock.sleep(100);
    await this.port.setSignals({ dataTerminalReady: false });
    await this.ask('SYNC', new Uint8Array(SYNC_PAYLOAD));
    await this.clock.sleep(50);
    // A ROM takes its flash for 2 MB until it is told.
    await this.ask('SPI_SET_PARAMS', encodeFlashSize(4 << 20));
    this.replies.length = 0;
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    const slip = new SlipDecoder();
    const reader = (this.#reader = this.port.readable!.getReader());
    try {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        this.text += decoder.decode(piece.value, { stream: true });
        for (const frame of slip.push(piece.value)) if (frame[0] === 1) this.replies.push(parseReply(frame, this.#statusLength));
      }
    } catch {
      // Lost: that is what is looked at.
    } finally {
      reader.releaseLock();
    }
  }

  async send(...frames: readonly Uint8Array[]): Promise<void> {
    const writer = this.port.writable?.getWriter();
    for (const frame of frames) await writer?.write(frame).catch(() => undefined);
    writer?.releaseLock();
  }

  /** Uploads something small to where stubs live; begins a write of 64 KiB over something that has to be erased. */
  async beginByStub(): Promise<void> {
    await this.write(content(BLOCK).fill(0));
    const address = loaderFacts('ESP32').stubText[0];
    await this.ask('MEM_BEGIN', memBegin.encode({ size: 4, blocks: 1, blockSize: 4, address }));
    await this.ask('MEM_DATA', encodeDataBlock({ sequence: 0, data: new Uint8Array(4) }));
    await this.ask('MEM_END', memEnd.encode({ stay: 0, entry: address }));
    await this.clock.sleep(100);
    this.#statusLength = STUB_STATUS_LENGTH;
    await this.ask('FLASH_BEGIN', flashBegin.encode({ size: 0x10000, blocks: 64, blockSize: BLOCK, offset: OFFSET, encrypted: 0 }));
    this.replies.length = 0;
  }

  /** The reply, or `undefined` when none comes within two seconds. */
  async ask(command: CommandName, payload: Uint8Array, limitMs = 2_000): Promise<LoaderReply | undefined> {
    const before = this.replies.length;
    await this.send(encodeSlip(encodeRequest(command, payload)));
    const end = this.clock.now() + limitMs;
    while (this.replies.length === before && !this.lost && this.clock.now() < end) await this.clock.sleep(1);
    return this.replies[before];
  }

  /** How many blocks were acknowledged. */
  async write(bytes: Uint8Array): Promise<number> {
    const blocks = Math.ceil(bytes.length / BLOCK);
    const begin = await this.ask(
      'FLASH_BEGIN',
      flashBegin.encode({ size: bytes.length, blocks, blockSize: BLOCK, offset: OFFSET }),
      10_000,
    );
    if (!begin || begin.status.failed) return -1;
    for (let sequence = 0; sequence < blocks; sequence++) {
      const data = bytes.subarray(sequence * BLOCK, (sequence + 1) * BLOCK);
      const reply = await this.ask('FLASH_DATA', encodeDataBlock({ sequence, data }));
      if (!reply || reply.status.failed) return sequence;
    }
    return blocks;
  }

  async bench(change: Partial<BenchSettings>): Promise<void> {
    const request = new Request('http://device/bench', { method: 'PUT', headers: { 'X-Otter-Bench': '1' }, body: JSON.stringify(change) });
    expect((await handleBench(this.device, request, 'bench')).status).to.equal(200);
  }

  /** Closes, and waits until a cable that was pulled is back. */
  async hangUp(): Promise<void> {
    await this.#reader?.cancel().catch(() => undefined);
    await this.#listening;
    await this.port.close();
    await this.port.settled;
  }

  /** What a worker that starts now would find. */
  async stored(): Promise<Uint8Array> {
    const blocks = (await this.disk.load())!.blocks;
    const bytes = new Uint8Array(0x400000).fill(0xff);
    for (const [index, block] of blocks) bytes.set(block, index * 0x10000);
    return bytes;
  }
}

const content = (length: number): Uint8Array => randomFrom(9)(new Uint8Array(length));

describe('a virtual board while it is flashed', () => {
  it('has on its disk what an MD5 was told of', async () => {
    const desk = await Flashing.start({ serialInstant: true });
    await desk.connect();
    const bytes = content(70 * BLOCK);
    expect(await desk.write(bytes)).to.equal(70);
    const reply = await desk.ask('SPI_FLASH_MD5', spiFlashMd5.encode({ offset: OFFSET, length: bytes.length, reserved1: 0, reserved2: 0 }));
    expect(reply?.data.length).to.equal(32);
    expect((await desk.stored()).subarray(OFFSET, OFFSET + bytes.length)).to.deep.equal(bytes);
    expect(desk.disk.commits.length).to.be.lessThan(20);
  });

  it('has on its disk what was written, soon after', async () => {
    const desk = await Flashing.start();
    await desk.connect();
    const bytes = content(4 * BLOCK);
    await desk.write(bytes);
    await desk.clock.sleep(1_500);
    expect((await desk.stored()).subarray(OFFSET, OFFSET + bytes.length)).to.deep.equal(bytes);
  });

  const frameOf = (data: Uint8Array) => encodeSlip(encodeRequest('FLASH_DATA', encodeDataBlock({ sequence: 0, data })));

  it('loses what is sent ahead of a stub that erases', async () => {
    const desk = await Flashing.start();
    await desk.connect();
    await desk.beginByStub();
    const bytes = content(3 * BLOCK);
    for (const at of [0, BLOCK, 2 * BLOCK]) await desk.send(frameOf(bytes.subarray(at, at + BLOCK)));
    await desk.clock.sleep(2_000);
    expect(desk.replies.map(({ status }) => status.failed)).to.deep.equal([false, false]);
    expect(desk.device.board.flash.read(OFFSET, 2 * BLOCK)).to.deep.equal(bytes.subarray(0, 2 * BLOCK));
    expect(desk.device.board.flash.read(OFFSET + 2 * BLOCK, BLOCK)).to.deep.equal(new Uint8Array(BLOCK).fill(0xff));
  });

  it('has on its disk what a stub had still to write when its port was closed', async () => {
    const desk = await Flashing.start();
    await desk.connect();
    await desk.beginByStub();
    const bytes = content(16 * BLOCK);
    // After the first one the disk gets what is there; the second one takes longer than its answer.
    await desk.send(frameOf(bytes.subarray(0, BLOCK)), frameOf(bytes.subarray(BLOCK)));
    while (desk.replies.length < 2) await desk.clock.sleep(1);
    await desk.hangUp();
    expect((await desk.stored()).subarray(OFFSET, OFFSET + bytes.length)).to.deep.equal(bytes);
  });

  it('starts its application when the power goes during a flash operation; half of that is in the flash', async () => {
    const desk = await Flashing.start({ serialInstant: true, powerCutAtOperation: 20 });
    await desk.connect();
    const bytes = content(10 * BLOCK);
    const acknowledged = await desk.write(bytes);
    expect(acknowledged).to.be.within(-1, 9);
    await desk.clock.sleep(4_000);
    expect(desk.text).to.contain('SPI_FAST_FLASH_BOOT');
    expect(desk.device.board.state.power.kind).to.equal('on');
    expect(parseBoardState(desk.disk.state)?.power.kind).to.equal('on');
    // The same again, undisturbed.
    await desk.enterLoader();
    expect(await desk.write(bytes)).to.equal(10);
    expect(desk.device.board.flash.read(OFFSET, bytes.length)).to.deep.equal(bytes);
  });

  it('runs its application after a reset in the middle, and what was acknowledged stays', async () => {
    const desk = await Flashing.start({ serialInstant: true, serialResetAtByte: 20_000 });
    await desk.connect();
    const bytes = content(40 * BLOCK);
    const acknowledged = await desk.write(bytes);
    expect(acknowledged).to.be.within(10, 25);
    await desk.clock.sleep(3_000);
    expect(desk.text).to.contain('web server started');
    expect((await desk.stored()).subarray(OFFSET, OFFSET + acknowledged * BLOCK)).to.deep.equal(bytes.subarray(0, acknowledged * BLOCK));
  });

  it('keeps what was acknowledged when the cable is pulled, and can be flashed when it is back', async () => {
    const desk = await Flashing.start({ serialInstant: true, serialUnplugAtByte: 15_000 });
    await desk.connect();
    const bytes = content(30 * BLOCK);
    const acknowledged = await desk.write(bytes);
    expect([desk.lost, acknowledged > 5, acknowledged < 20]).to.deep.equal([true, true, true]);
    await desk.hangUp();
    expect((await desk.stored()).subarray(OFFSET, OFFSET + acknowledged * BLOCK)).to.deep.equal(bytes.subarray(0, acknowledged * BLOCK));
    await desk.connect();
    expect(await desk.write(bytes)).to.equal(30);
  });

  it('loses its port when the disk fails, and another object speaks for the board afterwards', async () => {
    const desk = await Flashing.start();
    await desk.connect();
    desk.disk.failure = new Error('no room');
    await desk.write(content(4 * BLOCK));
    for (let i = 0; i < 100 && !desk.lost; i++) await desk.clock.sleep(50);
    expect([desk.lost, desk.device.isOver]).to.deep.equal([true, true]);
  });

  it('forgets what it was doing when it is reset, however long that would have taken', async () => {
    const desk = await Flashing.start();
    await desk.connect();
    const size = 0x100000;
    const asking = desk.ask('FLASH_BEGIN', flashBegin.encode({ size, blocks: size / BLOCK, blockSize: BLOCK, offset: OFFSET }), 300);
    expect(await asking).to.equal(undefined);
    const began = desk.clock.now();
    await desk.port.setSignals({ requestToSend: true });
    await desk.clock.sleep(100);
    await desk.port.setSignals({ requestToSend: false });
    while (!desk.text.includes('web server started')) await desk.clock.sleep(50);
    expect(desk.clock.now() - began).to.be.lessThan(3_000);
  });

  it('measures the rate at which it is spoken to first', async () => {
    const desk = await Flashing.start();
    await desk.connect(57_600);
    expect(await desk.write(content(2 * BLOCK))).to.equal(2);
  });

  it('ends the write that is under way with FLASH_END, and starts what is there', async () => {
    const desk = await Flashing.start({ serialInstant: true });
    await desk.connect();
    await desk.write(content(2 * BLOCK));
    await desk.ask('FLASH_END', flashEnd.encode({ stay: 0 }));
    await desk.clock.sleep(3_000);
    expect(desk.text).to.contain('web server started');
  });

  it('can be flashed again after any bad luck: 60 runs by a seed', async function () {
    this.timeout(120_000);
    const seed = 20_261_120;
    const next = seeded(seed);
    const bytes = content(12 * BLOCK);
    const faults = Object.values(FAULT_SETTINGS);
    for (let run = 0; run < 60; run++) {
      const fault = faults[Math.floor(next() * faults.length)]!;
      const atByte = 1 + Math.floor(next() * 14_000);
      const when = `seed ${seed}, run ${run}: ${fault} at ${atByte}`;
      const desk = await Flashing.start({ serialInstant: true });
      await desk.bench({ [fault]: atByte });
      await desk.connect();
      await desk.write(bytes);
      await desk.hangUp();
      await desk.bench({ [fault]: 0 });
      await desk.connect();
      expect(await desk.write(bytes), when).to.equal(12);
      expect(desk.device.board.flash.read(OFFSET, bytes.length), when).to.deep.equal(bytes);
      await desk.hangUp();
      expect(desk.port.isOpen, when).to.equal(false);
    }
  });
});

/** The same client against the virtual board of the app: chip, line and port are another hand's work. */
import { expect } from 'chai';
import { md5Hex } from '../../../src/core/bytes/md5.ts';
import type { ChipConnection, ConnectStep, SerialWire } from '../../../src/app/usb/ports.ts';
import { LoaderConnector } from '../../../src/io/serial/connector.ts';
import { wireOpener } from '../../../src/io/serial/wire.ts';
import type { BenchSettings } from '../../../src/virtual/bench.ts';
import { VIRTUAL_CHIPS } from '../../../src/virtual/chip-model.ts';
import type { VirtualChipName } from '../../../src/virtual/chip-model.ts';
import { planFaults, serialPortOf } from '../../../src/virtual/device/serial/board-port.ts';
import type { VirtualSerialPort } from '../../../src/virtual/device/serial/virtual-serial-port.ts';
import { VirtualDevice } from '../../../src/virtual/device/virtual-device.ts';
import { retargetImage } from '../../../src/virtual/provision.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';
import { makeFirmware, MemoryDisk, randomFrom, seeded } from '../../doubles/virtual-bench.ts';
import { failure, firmware } from './desk.ts';

const { signal } = new AbortController();

class Board {
  readonly clock = new OrderedClock();
  readonly steps: ConnectStep[] = [];
  printed = '';
  device!: VirtualDevice;
  port!: VirtualSerialPort;
  wire!: SerialWire;

  static async start(settings: Partial<BenchSettings> = {}): Promise<Board> {
    const board = new Board();
    const factory = await retargetImage(await makeFirmware({ version: '1.0.0' }), settings.chip ?? 'ESP32');
    const surroundings = {
      id: 'desk',
      storage: new MemoryDisk(),
      clock: board.clock,
      random: randomFrom(5),
      factory: async () => factory,
      passwordRounds: 10,
    };
    board.device = await VirtualDevice.provision(surroundings, 'desk', settings);
    await board.clock.sleep(3_000);
    board.port = serialPortOf(board.device);
    board.wire = await wireOpener(board.clock)(board.port, 115_200);
    return board;
  }

  async connect(baudRate = 921_600, withoutStub = false): Promise<ChipConnection> {
    return await new LoaderConnector(this.clock).connect(this.wire, this.port.getInfo(), {
      signal,
      baudRate,
      withoutStub,
      onStep: (step) => this.steps.push(step),
      onText: (bytes) => (this.printed += new TextDecoder('latin1').decode(bytes)),
    });
  }

  change(settings: Partial<BenchSettings>): void {
    const { bench } = this.device.board.state;
    this.device.board.change({ bench: { ...bench, ...settings } });
    planFaults(this.device);
  }
}

describe('the virtual board, through its serial port', () => {
  for (const chip of Object.keys(VIRTUAL_CHIPS) as VirtualChipName[]) {
    it(`is an ${chip} that is identified, written, hashed, read and erased, with a stub and with its ROM`, async () => {
      const board = await Board.start({ chip });
      const bytes = firmware(30_000);
      for (const withoutStub of [false, true]) {
        const connection = await board.connect(460_800, withoutStub);
        expect([connection.identity.chip, connection.loader]).to.deep.equal([chip, withoutStub ? 'rom' : 'stub']);
        expect(connection.identity.mac).to.match(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
        expect(connection.identity.flash.bytes).to.be.greaterThan(1 << 20);
        await connection.writeFlash(0x1f0000, bytes, { signal });
        expect(await connection.md5(0x1f0000, bytes.length, { signal })).to.equal(md5Hex(bytes));
        const length = withoutStub ? 300 : bytes.length;
        expect(await connection.readFlash(0x1f0000, length, { signal })).to.deep.equal(bytes.slice(0, length));
        await connection.eraseRegion(0x1f0000, 0x8000, { signal });
        expect(await connection.md5(0x1f0000, 0x8000, { signal })).to.equal(md5Hex(new Uint8Array(0x8000).fill(0xff)));
      }
      await board.wire.close();
    });
  }

  for (const withoutStub of [false, true]) {
    it(`is connected to in few round trips, as each may cost 16 ms: ${withoutStub ? 'ROM' : 'stub'}`, async () => {
      const counts: number[] = [];
      for (const chip of Object.keys(VIRTUAL_CHIPS) as VirtualChipName[]) {
        const board = await Board.start({ chip, serialLatencyMs: 16 });
        const begun = board.clock.now();
        counts.push((await board.connect(921_600, withoutStub)).traffic.roundTrips);
        console.log(`      ${chip}: ${counts.at(-1)} round trips, ${Math.round(board.clock.now() - begun)} ms`);
        await board.wire.close();
      }
      expect(Math.max(...counts)).to.be.at.most(32);
    });
  }

  it('is written behind its first 2 MB in secure download mode, where nobody can ask how large its flash is', async () => {
    const board = await Board.start({ chip: 'ESP32-C3', fuseSecureDownload: true });
    const connection = await board.connect();
    expect([connection.loader, connection.identity.flash.bytes]).to.deep.equal(['secure-download', undefined]);
    const bytes = firmware(5_000);
    await connection.writeFlash(0x300000, bytes, { signal });
    expect(board.device.board.flash.read(0x300000, bytes.length)).to.deep.equal(bytes);
    await board.wire.close();
  });

  it('starts its application afterwards, and prints', async () => {
    const board = await Board.start();
    const connection = await board.connect();
    board.printed = '';
    await connection.run();
    await board.clock.sleep(4_000);
    expect(board.printed).to.include('boot:');
    await board.wire.close();
  });

  it('steps down from a rate that its adapter does not bear', async () => {
    const board = await Board.start({ serialMaxBaudRate: 500_000 });
    const connection = await board.connect(921_600);
    expect([connection.loader, connection.baudRate]).to.deep.equal(['stub', 460_800]);
    await board.wire.close();
  });

  it('goes on with the ROM when the stub does not start', async () => {
    const board = await Board.start({ serialStubFails: true });
    expect((await board.connect()).loader).to.equal('rom');
    expect(board.steps.map(({ step }) => step)).to.include('stub-refused');
    await board.wire.close();
  });

  it('starts its stub by way of the ROM function that reads the flash where secure boot keeps it from anything else (ESP32-S3)', async () => {
    const board = await Board.start({ chip: 'ESP32-S3', fuseSecureBoot: true });
    const connection = await board.connect();
    expect([connection.loader, connection.identity.security.secureBoot]).to.deep.equal(['stub', true]);
    expect(board.steps.map(({ step }) => step)).not.to.include('stub-refused');
    await board.wire.close();
  });

  it('is not given a stub that secure boot would not let start (ESP32-C3)', async () => {
    const board = await Board.start({ chip: 'ESP32-C3', fuseSecureBoot: true });
    expect((await board.connect()).loader).to.equal('rom');
    const steps = board.steps.map(({ step }) => step);
    expect(steps).to.include('stub-refused');
    expect(steps).not.to.include('stub');
    await board.wire.close();
  });

  it('says why it cannot be reached without an auto-reset circuit', async () => {
    const board = await Board.start({ serialWithoutAutoReset: true });
    expect(await failure(board.connect())).to.be.oneOf(['NO_ANSWER', 'NO_SYNC_BUT_TEXT', 'WRONG_MODE']);
    await board.wire.close();
  });

  it('survives every fault of its line at random moments: done, or one clear error in bounded time, and the port let go', async function () {
    this.timeout(120_000);
    const seed = 7_331;
    const next = seeded(seed);
    const kinds = [
      'serialLoseByteToChip',
      'serialLoseByteToHost',
      'serialFlipByteToChip',
      'serialFlipByteToHost',
      'serialUnplugAtByte',
      'serialResetAtByte',
    ] as const;
    const bytes = firmware(50_000);
    const outcomes = new Map<string, number>();
    for (let run = 0; run < 30; run++) {
      const board = await Board.start();
      const kind = kinds[run % kinds.length]!;
      board.change({ [kind]: 1 + Math.floor(next() * 60_000) });
      const begun = board.clock.now();
      const work = async (): Promise<void> => {
        const connection = await board.connect();
        await connection.writeFlash(0x1f0000, bytes, { signal });
        expect(await connection.md5(0x1f0000, bytes.length, { signal })).to.equal(md5Hex(bytes));
      };
      const code = await failure(work());
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      expect(code, `seed ${seed}, run ${run}: ${kind}`).to.match(/^(nothing|[A-Z0-9_]+)$/);
      expect(board.clock.now() - begun).to.be.lessThan(120_000);
      await board.wire.close();
      expect(board.port.isOpen).to.equal(false);
    }
    console.log(`      seed ${seed}: ${JSON.stringify(Object.fromEntries(outcomes))}`);
  });

  it('is started by RTS over USB Serial/JTAG, as nobody held BOOT', async () => {
    const board = await Board.start({ chip: 'ESP32-C3' });
    const connection = await board.connect();
    expect(connection.identity.connection).to.equal('usb-serial-jtag');
    const before = connection.traffic.roundTrips;
    await connection.run();
    expect(connection.traffic.roundTrips - before, 'one look at the pin, and no watchdog').to.equal(1);
    await board.wire.close();
  });

  for (const [baudRate, latency] of [
    [921_600, 1],
    [2_000_000, 1],
    [921_600, 16],
    [2_000_000, 16],
  ] as const) {
    it(`is written and read near the limit of the line: ${baudRate} baud, ${latency} ms`, async () => {
      const board = await Board.start({ serialLatencyMs: latency });
      const connection = await board.connect(baudRate);
      const bytes = firmware(400_000);
      const limit = (count: number): number => (count * 10_000) / baudRate;
      const [sent, writeBegun] = [connection.traffic.sent, board.clock.now()];
      await connection.writeFlash(0x180000, bytes, { signal });
      const write = limit(connection.traffic.sent - sent) / (board.clock.now() - writeBegun);
      const [received, readBegun] = [connection.traffic.received, board.clock.now()];
      expect(await connection.readFlash(0x180000, bytes.length, { signal })).to.deep.equal(bytes);
      const read = limit(connection.traffic.received - received) / (board.clock.now() - readBegun);
      console.log(
        `      ${baudRate} baud, ${latency} ms: write ${(100 * write).toFixed(1)} %, read ${(100 * read).toFixed(1)} % of the line`,
      );
      expect(read).to.be.greaterThan(0.9);
      await board.wire.close();
    });
  }
});

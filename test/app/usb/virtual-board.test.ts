import { expect } from 'chai';
import { bundleRules } from '../../../src/app/usb/bundle-rules.ts';
import type { UsbJobState } from '../../../src/app/usb/model.ts';
import { Usb } from '../../../src/app/usb/usb-service.ts';
import type { LiveUsbSession } from '../../../src/app/usb/usb-session.ts';
import { LineConsole } from '../../../src/core/console/line-console.ts';
import { encodeImage } from '../../../src/core/image/encode-image.ts';
import { LoaderConnector } from '../../../src/io/serial/connector.ts';
import { PortRegistry } from '../../../src/io/serial/port-registry.ts';
import { wireOpener } from '../../../src/io/serial/wire.ts';
import type { BenchSettings } from '../../../src/virtual/bench.ts';
import { planFaults, serialPortOf } from '../../../src/virtual/device/serial/board-port.ts';
import { VirtualDevice } from '../../../src/virtual/device/virtual-device.ts';
import { SEED, withSeed } from '../../doubles/random.ts';
import type { Random } from '../../doubles/random.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';
import { MemoryDisk, makeFirmware, randomFrom } from '../../doubles/virtual-bench.ts';
import { AdapterBook } from './adapter-book.ts';
import { FakeGuard, FakeLocks, filesOf } from './usb-doubles.ts';

/** A virtual board on virtual time, the real client between it and the session. */
class BoardBench {
  readonly clock = new OrderedClock();
  readonly history: unknown[] = [];
  device!: VirtualDevice;
  session!: LiveUsbSession;

  static async start(settings: Partial<BenchSettings> = {}): Promise<BoardBench> {
    const bench = new BoardBench();
    const firmware = await makeFirmware({ version: '1.0.0' });
    const surroundings = {
      id: 'board',
      storage: new MemoryDisk(),
      clock: bench.clock,
      random: randomFrom(5),
      factory: async () => firmware,
      passwordRounds: 10,
      address: 'https://otter.test/virtual/device/board/',
    };
    bench.device = await VirtualDevice.provision(surroundings, 'board', settings);
    await bench.clock.sleep(3000);
    bench.session = await bench.#usb().session('virtual:board');
    return bench;
  }

  #usb(): Usb {
    const { clock } = this;
    const port = serialPortOf(this.device);
    const registry = new PortRegistry({ webSerial: undefined, openVirtual: () => port });
    return new Usb({
      registry,
      openWire: wireOpener(clock),
      connector: new LoaderConnector(clock),
      memory: new AdapterBook(),
      bundles: bundleRules(async () => new Uint8Array()),
      newConsoleBuffer: () => new LineConsole(),
      library: {} as never,
      addHistory: async (entry) => void this.history.push(entry),
      deviceName: () => undefined,
      clock,
      newId: () => 'job',
      locks: new FakeLocks(),
      wakeLock: new FakeGuard(),
      leaveGuard: new FakeGuard(),
      isSecure: true,
    });
  }

  async job(options: { readonly full: boolean }): Promise<UsbJobState> {
    await this.session.flash({ ...options, snapshot: 'nothing' });
    return this.ended();
  }

  ended(): Promise<UsbJobState> {
    const { state } = this.session;
    return new Promise((resolve) => {
      const end = state.subscribe(({ job, phase }) => {
        if (!job || job.outcome === 'running' || phase === 'working') return;
        end();
        resolve(job);
      });
    });
  }
}

/** Half code, half table: compresses to about two thirds. */
function program(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = 7;
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = (state & 3) === 0 ? at >> 8 : state >>> 24;
  }
  return bytes;
}

function application(
  version: string,
  change: (bytes: Uint8Array) => void = () => undefined,
  length = 1_000_000,
): Promise<Uint8Array<ArrayBuffer>> {
  const data = program(length);
  change(data);
  return encodeImage({
    chip: 'ESP32',
    flashMode: 'DIO',
    flashSize: '4MB',
    flashFrequency: '40m',
    entry: 0x4008_0000,
    minChipRevision: 0,
    segments: [
      { loadAddress: 0x3f40_0020, data },
      { loadAddress: 0x400d_0020, data: data.subarray(0, 4000) },
    ],
    descriptor: { version, secureVersion: 0, projectName: 'greenhouse', date: 'Nov 19 2025', time: '18:02:11', idfVersion: 'v5.3.1' },
    appendHash: true,
  });
}

/** From the first MD5 or byte to the last proof: without connecting, without waiting for the boot log. */
function workMs(job: UsbJobState): number {
  const stages = job.stages.filter(({ stage }) => stage === 'compare' || stage === 'write' || stage === 'verify');
  return stages.reduce((sum, { startedAt, endedAt }) => sum + ((endedAt ?? 0) - (startedAt ?? 0)), 0);
}

describe('a session with a virtual board', function () {
  this.timeout(60_000);

  it('flashes a megabyte, then only what differs, then nothing', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    await session.connect({ baudRate: 921_600 });
    expect(session.state.value.layout!.slots[0]!.app!.version).to.equal('1.0.0');
    await session.bring(filesOf(['firmware.bin', await application('1.1.0')]));
    const full = await bench.job({ full: true });
    expect([full.outcome, full.result?.fromVersion, full.result?.toVersion]).to.deep.equal(['done', '1.0.0', '1.1.0']);

    const changed = await application('1.1.0', (bytes) => bytes.fill(0x5a, 400_000, 408_000));
    await session.bring(filesOf(['firmware.bin', changed]));
    const few = await bench.job({ full: false });
    expect(few.outcome).to.equal('done');
    const same = await bench.job({ full: false });
    expect([same.outcome, same.result?.bytesWritten]).to.deep.equal(['done', 0]);

    console.log(
      `921600 baud, 1 ms: full ${Math.round(workMs(full))} ms, ${few.result!.bytesWritten} bytes differ ${Math.round(workMs(few))} ms, identical ${Math.round(workMs(same))} ms`,
    );
    expect(workMs(full) / workMs(few)).to.be.above(5);
    expect(workMs(full) / workMs(same)).to.be.above(15);
  });

  it('goes on after the cable was pulled', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    await session.connect({ baudRate: 921_600 });
    await session.bring(filesOf(['firmware.bin', await application('1.1.0')]));
    bench.device.board.change({ bench: { ...bench.device.board.state.bench, serialUnplugAtByte: 300_000 } });
    planFaults(bench.device);
    const lost = await bench.job({ full: true });
    expect([lost.outcome, lost.left]).to.deep.equal(['lost', 'partly-written']);
    expect(session.state.value.phase).to.equal('unplugged');
    while (session.state.value.phase === 'unplugged') await bench.clock.sleep(100);
    await session.resume();
    const job = await bench.ended();
    expect(job.outcome).to.equal('done');
    expect(job.result!.toVersion).to.equal('1.1.0');
    expect(job.result!.bytesWritten, 'what was written before stays').to.be.below(0.9 * job.result!.bytesInFlash);
  });

  it('ends whatever happens on the line, says so, and succeeds afterwards (seeded)', async () => {
    await withSeed(SEED, async (random) => {
      const app = await application('1.1.0', undefined, 60_000);
      for (let run = 0; run < FAULT_RUNS; run += 1) await sufferOneFault(random, app);
    });
  });
});

const FAULTS = [
  'serialLoseByteToChip',
  'serialLoseByteToHost',
  'serialFlipByteToChip',
  'serialFlipByteToHost',
  'serialUnplugAtByte',
  'serialResetAtByte',
] as const satisfies readonly (keyof BenchSettings)[];
const FAULT_RUNS = 8;

async function sufferOneFault(random: Random, app: Uint8Array<ArrayBuffer>): Promise<void> {
  const bench = await BoardBench.start();
  const { session, device } = bench;
  const fault = random.pick(FAULTS);
  const at = 1 + random.below(60_000);
  const what = `${fault} ${at}`;
  device.board.change({ bench: { ...device.board.state.bench, [fault]: at } });
  planFaults(device);
  const isConnected = await session.connect({ baudRate: 460_800 }).then(
    () => true,
    () => false,
  );
  if (isConnected) {
    await session.bring(filesOf(['firmware.bin', app]));
    const { outcome, left } = await bench.job({ full: random.below(2) === 0 });
    expect(['done', 'failed', 'lost', 'unverified'], what).to.include(outcome);
    if (outcome !== 'done' && outcome !== 'unverified') expect(left, what).to.be.a('string');
  } else expect(session.state.value.problem, what).to.not.equal(undefined);
  device.board.change({ bench: { ...device.board.state.bench, [fault]: 0 } });
  planFaults(device);
  while (session.state.value.phase === 'unplugged') await bench.clock.sleep(100);
  await session.connect({ baudRate: 460_800 });
  await session.bring(filesOf(['firmware.bin', app]));
  const again = await bench.job({ full: false });
  expect([again.outcome, again.result?.toVersion], `${what}: ${JSON.stringify(again.problem)}`).to.deep.equal(['done', '1.1.0']);
  await session.close();
}

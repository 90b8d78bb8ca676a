/** A virtual board on virtual time, the real client between it and a session; and firmware to flash. */
import type { HistoryEntry, ReleaseMark } from '../../../src/app/model.ts';
import { bundleRules } from '../../../src/app/usb/bundle-rules.ts';
import type { UsbJobState } from '../../../src/app/usb/model.ts';
import type { OpenWire, SerialWire } from '../../../src/app/usb/ports.ts';
import { Usb } from '../../../src/app/usb/usb-service.ts';
import type { UsbServicePorts } from '../../../src/app/usb/usb-service.ts';
import type { LiveUsbSession } from '../../../src/app/usb/usb-session.ts';
import { LineConsole } from '../../../src/core/console/line-console.ts';
import { encodeImage, type ImageDescription } from '../../../src/core/image/encode-image.ts';
import type { SerialPortLike } from '../../../src/core/serial/port.ts';
import { LoaderConnector } from '../../../src/io/serial/connector.ts';
import { PortRegistry } from '../../../src/io/serial/port-registry.ts';
import { wireOpener } from '../../../src/io/serial/wire.ts';
import type { BenchSettings } from '../../../src/virtual/bench.ts';
import { planFaults } from '../../../src/virtual/device/serial/board-port.ts';
import type { VirtualSerialPort } from '../../../src/virtual/device/serial/virtual-serial-port.ts';
import type { VirtualDevice } from '../../../src/virtual/device/virtual-device.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';
import { boardSurroundings, poweredBoard } from '../../doubles/powered-board.ts';
import { TakenDown } from '../../doubles/taken-down.ts';
import { MemoryDisk, makeFirmware } from '../../doubles/virtual-bench.ts';
import { AdapterBook } from './adapter-book.ts';
import { FakeGuard, FakeLibrary, FakeLocks, jobEnd } from './usb-doubles.ts';
import { boardServices } from '../../doubles/board-services.ts';

export class BoardBench {
  readonly clock = new OrderedClock();
  readonly history: HistoryEntry[] = [];
  readonly library = new FakeLibrary();
  readonly locks = new FakeLocks();
  readonly guard = new FakeGuard();
  readonly meter = new WireMeter();
  /** A browser whose ports have to be opened again for another rate. */
  hidesBaudRate = false;
  readonly log = new TakenDown();
  /** Of every file, once it is set. */
  release: ReleaseMark | undefined;
  device!: VirtualDevice;
  port!: VirtualSerialPort;
  session!: LiveUsbSession;
  #jobs = 0;

  static async start(settings: Partial<BenchSettings> = {}): Promise<BoardBench> {
    const bench = new BoardBench();
    const firmware = await makeFirmware({ version: '1.0.0', chip: settings.chip ?? 'ESP32' });
    const surroundings = boardSurroundings({ id: 'board', storage: new MemoryDisk(), clock: bench.clock, factory: firmware });
    Object.assign(bench, await poweredBoard(surroundings, settings));
    bench.session = await new Usb(bench.#ports()).session('virtual:board');
    return bench;
  }

  #ports(): UsbServicePorts {
    const { clock, port, meter, guard } = this;
    const open = wireOpener(clock);
    return {
      registry: new PortRegistry({ webSerial: undefined, openVirtual: () => port }),
      openWire: meter.metered((handed, ...rest) => open(this.hidesBaudRate ? withoutBaudRate(handed) : handed, ...rest)),
      connector: new LoaderConnector(clock),
      memory: new AdapterBook(),
      bundles: bundleRules(async () => new Uint8Array()),
      newConsoleBuffer: () => new LineConsole(),
      library: this.library as unknown as UsbServicePorts['library'],
      addHistory: async (entry) => void this.history.push(entry),
      // As the store does: one entry per id, the latest.
      history: async () => [...new Map(this.history.map((entry) => [entry.id, entry])).values()],
      deviceName: () => undefined,
      clock,
      newId: () => `job-${++this.#jobs}`,
      locks: this.locks,
      wakeLock: guard,
      leaveGuard: guard,
      isSecure: true,
      record: this.log.record,
      trust: boardServices(undefined, () => this.release),
    };
  }

  /** As the bench door does it. */
  set(change: Partial<BenchSettings>): void {
    const { board } = this.device;
    board.change({ bench: { ...board.state.bench, ...change } });
    planFaults(this.device);
  }

  /** A copy of all of the flash. */
  flash(): Uint8Array<ArrayBuffer> {
    const { flash } = this.device.board;
    return flash.read(0, flash.size).slice();
  }

  async job(options: { readonly full: boolean }): Promise<UsbJobState> {
    await this.session.flash({ ...options, snapshot: 'nothing' });
    return this.ended();
  }

  /** The last state of the job that runs, or ran last. */
  ended(): Promise<UsbJobState> {
    return jobEnd(this.session);
  }
}

/** Counts what goes over the wires of a session, both ways, and calls when so much of it did. */
export class WireMeter {
  sent = 0;
  received = 0;
  #at = Infinity;
  #call: () => void = () => undefined;

  /** After `bytes` more; only the last one counts. */
  after(bytes: number, call: () => void): void {
    this.#at = this.sent + this.received + bytes;
    this.#call = call;
  }

  metered(open: OpenWire): OpenWire {
    return async (...parameters) => {
      const wire = await open(...parameters);
      return {
        get baudRate() {
          return wire.baudRate;
        },
        lost: wire.lost,
        listen: (listener) =>
          wire.listen((bytes) => {
            this.received += bytes.length;
            this.#look();
            listener(bytes);
          }),
        send: (bytes) => {
          this.sent += bytes.length;
          this.#look();
          return wire.send(bytes);
        },
        setSignals: (signals) => wire.setSignals(signals),
        setBaudRate: (baudRate) => wire.setBaudRate(baudRate),
        close: () => wire.close(),
      } satisfies SerialWire;
    };
  }

  #look(): void {
    if (this.sent + this.received < this.#at) return;
    this.#at = Infinity;
    this.#call();
  }
}

/** As before Web Serial could change the rate of an open port. */
function withoutBaudRate(port: SerialPortLike): SerialPortLike {
  return {
    get readable() {
      return port.readable;
    },
    get writable() {
      return port.writable;
    },
    open: (options) => port.open(options),
    close: () => port.close(),
    setSignals: (signals) => port.setSignals(signals),
    getInfo: () => port.getInfo(),
    addEventListener: (type, listener) => port.addEventListener(type, listener),
    removeEventListener: (type, listener) => port.removeEventListener(type, listener),
  };
}

/** Half code, half table: compresses to about two thirds. */
export function program(length: number): Uint8Array<ArrayBuffer> {
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

export interface ApplicationOrder {
  readonly version: string;
  readonly length?: number;
  readonly chip?: ImageDescription['chip'];
  readonly minChipRevision?: number;
  readonly change?: (bytes: Uint8Array) => void;
}

export function application(order: ApplicationOrder): Promise<Uint8Array<ArrayBuffer>> {
  const { version, length = 1_000_000, chip = 'ESP32', minChipRevision = 0, change } = order;
  const data = program(length);
  change?.(data);
  return encodeImage({
    chip,
    flashMode: 'DIO',
    flashSize: '2MB',
    flashFrequency: '40m',
    entry: 0x4008_0000,
    minChipRevision,
    segments: [
      { loadAddress: 0x3f40_0020, data },
      { loadAddress: 0x400d_0020, data: data.subarray(0, 4000) },
    ],
    descriptor: { version, secureVersion: 0, projectName: 'greenhouse', date: 'Nov 19 2025', time: '18:02:11', idfVersion: 'v5.3.1' },
    appendHash: true,
  });
}

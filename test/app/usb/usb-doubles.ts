/** Doubles of the USB ports: a chip with a real flash in memory behind a cable that can be pulled, and a clock that passes by sleeping. */
import { AdapterBook } from './adapter-book.ts';
import { CHIP_FLASH_BYTES, FakeChip } from './fake-chip.ts';
import { bundleRules } from '../../../src/app/usb/bundle-rules.ts';
import type { MayStart } from '../../../src/app/slot-word.ts';
import type { OpenWire, SerialPortHandle, SerialPortRegistry, SerialWire, SerialLoss } from '../../../src/app/usb/ports.ts';
import { SerialError } from '../../../src/app/usb/errors.ts';
import type { UsbJobState } from '../../../src/app/usb/model.ts';
import { Usb } from '../../../src/app/usb/usb-service.ts';
import type { FindUntrusted } from '../../../src/app/usb/untrusted.ts';
import type { LiveUsbSession } from '../../../src/app/usb/usb-session.ts';
import type { UsbServicePorts } from '../../../src/app/usb/usb-service.ts';
import type { ConsoleBuffer, ConsoleTrouble } from '../../../src/core/console/console-buffer.ts';
import { inspectFirmware } from '../../../src/core/image/inspect.ts';
import type { FirmwareRecord, FirmwareReport, HistoryEntry } from '../../../src/app/model.ts';
import { Subject } from '../../../src/app/observable.ts';
import type { Clock, Guard, TabLocks } from '../../../src/app/ports.ts';
import { recordOf } from '../../../src/app/firmware-record.ts';
import type { SerialPortLike } from '../../../src/core/serial/port.ts';
import { boardServices } from '../../doubles/board-services.ts';

/** Each sleep is over after one turn of the event loop; the time goes on by as much. */
export class FakeClock implements Clock {
  time = 1_000_000;
  now(): number {
    return this.time;
  }
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    this.time += ms;
  }
}

export class FakeGuard implements Guard {
  taken = 0;
  held = 0;
  take(): () => void {
    this.taken += 1;
    this.held += 1;
    let isOver = false;
    return () => {
      if (!isOver) this.held -= 1;
      isOver = true;
    };
  }
}

export class FakeLocks implements TabLocks {
  readonly elsewhere = new Set<string>();
  readonly #held = new Set<string>();
  async tryHold(name: string, task: () => Promise<void>): Promise<boolean> {
    if (this.elsewhere.has(name) || this.#held.has(name)) return false;
    this.#held.add(name);
    try {
      await task();
    } finally {
      this.#held.delete(name);
    }
    return true;
  }
  async held(): Promise<readonly string[]> {
    return [...this.#held, ...this.elsewhere];
  }
}

/** Lines only; what recognises trouble is tested where it lives. */
export class FakeConsole implements ConsoleBuffer {
  text = '';
  readonly troubles: ConsoleTrouble[] = [];
  readonly firstNumber = 0;
  get length(): number {
    return this.text.split('\n').length;
  }
  line(): undefined {
    return undefined;
  }
  push(bytes: Uint8Array): void {
    this.text += new TextDecoder().decode(bytes);
    if (this.text.includes('Guru Meditation')) this.troubles.push({ kind: 'panic', line: this.length, reason: 'LoadProhibited' });
    if (this.text.includes('Failed to verify partition table')) this.troubles.push({ kind: 'no-table', line: this.length });
  }
  note(text: string): void {
    this.text += `[${text}]\n`;
  }
  sent(text: string): void {
    this.text += `> ${text}`;
  }
  clear(): void {
    this.text = '';
  }
  textPieces(): readonly string[] {
    return [this.text];
  }
}

export class FakeWire implements SerialWire {
  baudRate: number;
  readonly signals: { readonly dataTerminalReady?: boolean; readonly requestToSend?: boolean }[] = [];
  readonly sent: Uint8Array[] = [];
  readonly lost: Promise<SerialLoss>;
  onSend: ((bytes: Uint8Array) => void) | undefined;
  isGone = false;
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #lose: (loss: SerialLoss) => void = () => undefined;

  constructor(baudRate: number) {
    this.baudRate = baudRate;
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }
  listen(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
  }
  async send(bytes: Uint8Array): Promise<void> {
    if (this.isGone) throw new SerialError('PORT_GONE', 'gone', {});
    this.sent.push(bytes);
    this.onSend?.(bytes);
  }
  async setSignals(signals: { readonly dataTerminalReady?: boolean; readonly requestToSend?: boolean }): Promise<void> {
    this.signals.push(signals);
  }
  async setBaudRate(baudRate: number): Promise<void> {
    this.baudRate = baudRate;
  }
  async close(): Promise<void> {
    this.#lose({ reason: 'closed' });
  }
  pull(): void {
    this.isGone = true;
    this.#lose({ reason: 'unplugged', cause: undefined });
  }
  print(printed: string | Uint8Array): void {
    this.#listener?.(typeof printed === 'string' ? new TextEncoder().encode(printed) : printed);
  }
}

class FakeRegistry implements SerialPortRegistry {
  supported = true;
  readonly handle: SerialPortHandle;
  chosen: SerialPortHandle | undefined;
  #listener: Parameters<SerialPortRegistry['subscribe']>[0] = () => undefined;

  constructor(handle: SerialPortHandle) {
    this.handle = handle;
    this.chosen = handle;
  }
  async choose(): Promise<SerialPortHandle | undefined> {
    return this.chosen;
  }
  async remembered(): Promise<readonly SerialPortHandle[]> {
    return [this.handle];
  }
  virtual(deviceId: string): SerialPortHandle {
    return { id: `virtual:${deviceId}`, kind: 'virtual', usb: {}, port: NO_PORT };
  }
  subscribe(listener: Parameters<SerialPortRegistry['subscribe']>[0]): () => void {
    this.#listener = listener;
    return () => undefined;
  }
  tell(type: 'connect' | 'disconnect', handle: SerialPortHandle = this.handle): void {
    this.#listener({ type, handle });
  }
}

/** Only the wire touches a port. */
const NO_PORT = {} as SerialPortLike;

export class FakeLibrary {
  readonly records = new Map<string, { record: FirmwareRecord; report: FirmwareReport; blob: Blob }>();

  async add(file: Blob, fileName: string, source: FirmwareRecord['source']) {
    const report = await inspectFirmware(new Uint8Array(await file.arrayBuffer()), fileName);
    const record = recordOf(report, fileName, source, 0);
    const isNew = !this.records.has(report.sha256);
    if (isNew) this.records.set(report.sha256, { record, report, blob: file });
    return { record, report, isNew };
  }
  async edit(sha256: string, change: Partial<FirmwareRecord>): Promise<FirmwareRecord> {
    const found = this.records.get(sha256)!;
    found.record = { ...found.record, ...change };
    return found.record;
  }
  get = async (sha256: string) => this.records.get(sha256)?.record;
  report = async (sha256: string) => this.records.get(sha256)!.report;
  bytes = async (sha256: string) => this.records.get(sha256)!.blob;
}

/** Everything that a session is given, and hands to play the world with. */
export class UsbBench {
  readonly clock = new FakeClock();
  readonly wakeLock = new FakeGuard();
  readonly leaveGuard = new FakeGuard();
  readonly locks = new FakeLocks();
  readonly library = new FakeLibrary();
  readonly memory = new AdapterBook();
  readonly history: HistoryEntry[] = [];
  /** What became of a device's last answer, among the entries of its history. */
  readonly forgotten: string[] = [];
  readonly historyVersion = new Subject(0);
  readonly consoleBuffer = new FakeConsole();
  readonly registry: FakeRegistry;
  readonly chip: FakeChip;
  readonly usb: Usb;
  readonly deviceNames = new Map([['greenhouse', 'Greenhouse']]);
  /** When somebody asks which devices there are. */
  onDevicesKnown: () => void = () => undefined;
  readonly fetched = new Map<string, Uint8Array<ArrayBuffer>>();
  wire: FakeWire | undefined;
  portIsThere = true;
  /** What a board may start; without it, anything. */
  mayStart: MayStart = async () => undefined;
  /** What speaks against what is brought; without it, nothing. */
  untrusted: FindUntrusted = async () => [];

  constructor(chip = new FakeChip(CHIP_FLASH_BYTES)) {
    this.chip = chip;
    this.registry = new FakeRegistry({ id: 'port-1', kind: 'usb', usb: { usbVendorId: 0x10c4, usbProductId: 0xea60 }, port: NO_PORT });
    this.usb = new Usb(this.#ports());
  }

  session() {
    return this.usb.session('port-1');
  }

  /** Somebody else did that; returns when everybody has heard. */
  async tell(entry: HistoryEntry): Promise<void> {
    this.history.push(entry);
    this.historyVersion.set(this.historyVersion.value + 1);
    await this.clock.sleep(0);
  }

  /** The cable: gone for the wire and for the registry. */
  pull(): void {
    this.portIsThere = false;
    this.wire?.pull();
    this.registry.tell('disconnect');
  }

  plugIn(handle?: SerialPortHandle): void {
    this.portIsThere = true;
    this.registry.tell('connect', handle);
  }

  #ports(): UsbServicePorts {
    const openWire: OpenWire = async (_port, baudRate) => {
      if (!this.portIsThere) throw new SerialError('PORT_GONE', 'no such port', {});
      this.wire = new FakeWire(baudRate);
      return this.wire;
    };
    return {
      trust: boardServices(() => this.mayStart),
      untrusted: (...about) => this.untrusted(...about),
      registry: this.registry,
      openWire,
      connector: { connect: (wire, _usb, options) => this.chip.connect(wire as FakeWire, options) },
      memory: this.memory,
      bundles: bundleRules(async (url) => {
        const bytes = this.fetched.get(url.href);
        if (!bytes) throw new SerialError('PORT_GONE', 'not found', {});
        return bytes;
      }),
      newConsoleBuffer: () => this.consoleBuffer,
      library: this.library as unknown as UsbServicePorts['library'],
      addHistory: async (entry) => void this.history.push(entry),
      flashChanged: async (deviceId) => void this.forgotten.push(`${deviceId} before entry ${this.history.length + 1}`),
      // As the store does: one entry per id, the latest.
      history: async (of) => {
        const entries = this.history.filter(({ deviceId }) => deviceId === of);
        return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
      },
      historyVersion: this.historyVersion,
      devicesKnown: async () => void this.onDevicesKnown(),
      deviceName: (id) => this.deviceNames.get(id),
      clock: this.clock,
      newId: () => `job-${this.history.length + 1}`,
      locks: this.locks,
      wakeLock: this.wakeLock,
      leaveGuard: this.leaveGuard,
      isSecure: true,
    };
  }
}

/** The last state of the job that runs, or ran last. */
export function jobEnd({ state }: LiveUsbSession): Promise<UsbJobState> {
  return new Promise((resolve) => {
    const look = (): void => {
      const { job, phase } = state.value;
      if (!job || job.outcome === 'running' || phase === 'working') return;
      end();
      resolve(job);
    };
    const end = state.subscribe(look);
    look();
  });
}

export const filesOf = (...files: readonly (readonly [path: string, bytes: Uint8Array<ArrayBuffer>])[]) =>
  files.map(([path, bytes]) => ({ path, blob: new Blob([bytes]) }));

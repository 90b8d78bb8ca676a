/**
 * UsbService in memory, for UI tests: states are set from outside, calls are recorded, nothing happens by itself.
 * `fakeUsb()` has one virtual port; `usbState({ phase: 'ready', … })` and its friends are ready-made states.
 */
import type {
  BundleSummary,
  ChipLayout,
  FlashStage,
  FlashStageState,
  SectorState,
  UsbJobState,
  UsbState,
} from '../../src/app/usb/model.ts';
import type { ChipIdentity } from '../../src/app/usb/ports.ts';
import type { HeldBoard, ImprovSession, UsbConsole, UsbPortSummary, UsbService, UsbSession } from '../../src/app/usb/services.ts';
import { Subject } from '../../src/app/observable.ts';
import type { FlashPlan, FlashRange, PlanChoices } from '../../src/core/bundle/plan-model.ts';
import type { ConsoleBuffer, ConsoleLine, ConsoleTrouble } from '../../src/core/console/console-buffer.ts';
import type { ImprovInfo, ImprovNetwork } from '../../src/core/serial/improv.ts';
import { partitionScheme } from '../../src/virtual/partition-schemes.ts';
import type { Call } from './services.ts';

export const PORT = 'virtual:esp32-ota';
export const STARTED = Date.UTC(2025, 10, 20, 9, 12);

/** The layout of the virtual devices. */
const PARTITIONS = partitionScheme(4);

export function chipIdentity(change: Partial<ChipIdentity> = {}): ChipIdentity {
  return {
    chip: 'ESP32',
    description: 'ESP32-D0WD-V3',
    revision: 301,
    features: ['Wi-Fi', 'BT', 'Dual Core', '240MHz'],
    mac: '24:0a:c4:5e:8a:10',
    crystalMhz: 40,
    flash: { manufacturer: 'GigaDevice', jedecId: 'c84016', bytes: 0x400000 },
    security: { flashEncryption: false, secureBoot: false, secureDownload: false },
    connection: 'uart',
    ...change,
  };
}

export function chipLayout(change: Partial<ChipLayout> = {}): ChipLayout {
  return {
    partitions: PARTITIONS,
    slots: [
      {
        label: 'ota_0',
        offset: 0x10000,
        size: 0x140000,
        otaIndex: 0,
        app: { project: 'greenhouse-node', version: '1.0.0', idfVersion: 'v5.3.1', builtAtMs: STARTED, bytes: 926_208 },
        state: 'VALID',
        next: true,
      },
      {
        label: 'ota_1',
        offset: 0x150000,
        size: 0x140000,
        otaIndex: 1,
        app: { project: 'greenhouse-node', version: '0.9.3', idfVersion: 'v5.2', bytes: 871_424 },
        state: 'VALID',
        next: false,
      },
    ],
    hasBootloader: true,
    bootloaderIdf: 'v5.3.1',
    nvs: 'used',
    ...change,
  };
}

export function usbState(change: Partial<UsbState> = {}): UsbState {
  return {
    portId: PORT,
    kind: 'virtual',
    title: 'esp32-ota',
    phase: 'closed',
    baudRate: 115_200,
    connectSteps: [],
    choices: {},
    ...change,
  };
}

export const readyState = (change: Partial<UsbState> = {}): UsbState =>
  usbState({ phase: 'ready', baudRate: 921_600, chip: chipIdentity(), loader: 'stub', layout: chipLayout(), ...change });

const bytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length);

/** A merged image over the demo chip: NVS and files are kept. */
export function flashPlan(change: Partial<FlashPlan> = {}): FlashPlan {
  const fate = (label: string, fateOf: FlashPlan['partitions'][number]['fate']) => {
    const { type, subtype, offset, size } = PARTITIONS.find((entry) => entry.label === label)!;
    return { label, type, subtype, offset, size, fate: fateOf, in: 'both' } as const;
  };
  return {
    target: {
      chip: 'ESP32',
      revision: 301,
      flashBytes: 0x400000,
      partitions: PARTITIONS,
      security: { flashEncryption: false, secureBoot: false, secureDownload: false },
    },
    writes: [
      { name: 'bootloader.bin', role: 'bootloader', offset: 0x1000, length: 25_376, bytes: bytes(25_376), patched: true },
      { name: 'partition-table.bin', role: 'partition-table', offset: 0x8000, length: 3072, bytes: bytes(3072), patched: false },
      { name: 'ota_data_initial.bin', role: 'otadata', offset: 0xe000, length: 8192, bytes: bytes(8192), patched: false },
      { name: 'greenhouse-node.bin', role: 'app', offset: 0x10000, length: 933_872, bytes: bytes(933_872), patched: false },
    ],
    erases: [],
    kept: [
      { offset: 0x9000, length: 0x5000 },
      { offset: 0x290000, length: 0x160000 },
    ],
    partitions: [
      fate('nvs', 'kept'),
      fate('otadata', 'written'),
      fate('ota_0', 'written'),
      fate('ota_1', 'kept'),
      fate('spiffs', 'kept'),
      fate('coredump', 'kept'),
    ],
    problems: [],
    bytesToWrite: 970_512,
    ...change,
  };
}

export const plannedState = (change: Partial<UsbState> = {}, plan: FlashPlan = flashPlan()): UsbState =>
  readyState({
    bundle: {
      origin: 'esp-idf',
      name: 'greenhouse-node',
      version: '1.1.0',
      chips: ['ESP32'],
      parts: plan.writes.map(({ name, role, offset, length }) => ({ name, role, offset, size: length, placed: 'stated' })),
      proposesErase: false,
      ignored: ['greenhouse-node.elf', 'greenhouse-node.map'],
    },
    plan,
    estimatedMs: 14_200,
    ...change,
  });

const STAGES: readonly FlashStage[] = ['connect', 'read', 'compare', 'erase', 'write', 'verify', 'start'];

/** Stages up to the one that is under way. */
export function stagesUpTo(active: FlashStage | undefined, done = 0, total = 933_872): readonly FlashStageState[] {
  const at = active === undefined ? STAGES.length : STAGES.indexOf(active);
  return STAGES.map((stage, index): FlashStageState => {
    const sized = stage === 'write' || stage === 'verify' || stage === 'erase' || stage === 'compare' ? total : 0;
    const startedAt = STARTED + index * 1_000;
    if (index < at) return { stage, status: 'done', done: sized, total: sized, startedAt, endedAt: startedAt + 900 };
    if (index === at) return { stage, status: 'active', done, total: sized, startedAt };
    return { stage, status: 'waiting', done: 0, total: sized };
  });
}

/** `sectorRun(['verified', 100], ['waiting', 20])` */
export const sectorRun = (...runs: readonly (readonly [SectorState, number])[]): readonly SectorState[] =>
  runs.flatMap(([state, count]) => Array.from({ length: count }, () => state));

export function usbJob(change: Partial<UsbJobState> = {}): UsbJobState {
  return {
    id: 'job-1',
    kind: 'flash',
    stages: stagesUpTo('write', 520_000),
    sectors: { offset: 0x10000, states: sectorRun(['same', 60], ['verified', 70], ['written', 6], ['erased', 4], ['waiting', 92]) },
    speed: Array.from({ length: 40 }, (_, index) => ({
      at: STARTED + index * 200,
      bytesPerSecond: 148_000 + 22_000 * Math.sin(index / 3) + (index === 22 ? -60_000 : 0),
    })),
    log: [
      { atMs: 0, who: 'otter', text: 'greenhouse-node 1.1.0, 4 parts, 970 512 bytes' },
      { atMs: 412, who: 'device', text: 'ESP32-D0WD-V3, stub at 921600' },
      { atMs: 1_840, who: 'otter', text: '60 of 232 sectors are the same: not written' },
      { atMs: 2_120, who: 'device', text: '0x010000 erased' },
    ],
    startedAt: STARTED,
    outcome: 'running',
    canStop: true,
    ...change,
  };
}

export function doneJob(change: Partial<UsbJobState> = {}): UsbJobState {
  return usbJob({
    stages: stagesUpTo(undefined),
    sectors: { offset: 0x10000, states: sectorRun(['same', 60], ['verified', 172]) },
    outcome: 'done',
    endedAt: STARTED + 12_400,
    canStop: false,
    result: {
      bytesInFlash: 970_512,
      bytesWritten: 704_512,
      wireBytes: 431_208,
      parts: flashPlan().writes.map(({ name, offset, length }, index) => ({
        name,
        offset,
        size: length,
        sha256: `${index}f1c9ab2`.repeat(8),
      })),
      fromVersion: '1.0.0',
      toVersion: '1.1.0',
      provedBy: 'boot-log',
      undo: 'ab'.repeat(32),
    },
    ...change,
  });
}

/** Lines that are there at once, without any bytes. */
export class FakeBuffer implements ConsoleBuffer {
  lines: ConsoleLine[] = [];
  firstNumber = 0;
  troubles: readonly ConsoleTrouble[] = [];
  /** How often a line was asked for: a list that is virtual asks for few. */
  reads = 0;

  get length(): number {
    return this.lines.length;
  }

  line(number: number): ConsoleLine | undefined {
    this.reads += 1;
    return this.lines[number - this.firstNumber];
  }

  push(bytesOfText: Uint8Array, at: number): void {
    for (const text of new TextDecoder().decode(bytesOfText).split('\n')) this.add({ text, at });
  }

  note(text: string, at: number): void {
    this.add({ text, at, from: 'note' });
  }

  sent(text: string, at: number): void {
    this.add({ text, at, from: 'sent' });
  }

  add(line: Partial<ConsoleLine> & { readonly text: string }): void {
    const number = this.firstNumber + this.lines.length;
    this.lines.push({ number, at: STARTED, spans: [{ text: line.text }], from: 'chip', ...line });
  }

  /** As a bounded buffer does. */
  drop(count: number): void {
    this.lines.splice(0, count);
    this.firstNumber += count;
  }

  clear(): void {
    this.drop(this.lines.length);
    this.troubles = [];
  }

  textPieces(): readonly string[] {
    return this.lines.map(({ text }) => `${text}\n`);
  }
}

export class FakeConsole implements UsbConsole {
  readonly buffer = new FakeBuffer();
  readonly version = new Subject(0);
  readonly baudRate = new Subject(115_200);
  readonly open = new Subject(false);
  readonly #calls: Call[];

  constructor(calls: Call[]) {
    this.#calls = calls;
  }

  /** Lines arrived. */
  changed(): void {
    this.version.set(this.version.value + 1);
  }

  async start(baudRate: number): Promise<void> {
    this.#calls.push(['console.start', baudRate]);
    this.baudRate.set(baudRate);
    this.open.set(true);
  }

  async setBaudRate(baudRate: number): Promise<void> {
    this.#calls.push(['console.setBaudRate', baudRate]);
    this.baudRate.set(baudRate);
  }

  async send(text: string): Promise<void> {
    this.#calls.push(['console.send', text]);
  }

  async reset(): Promise<void> {
    this.#calls.push(['console.reset']);
  }

  clear(): void {
    this.buffer.clear();
    this.changed();
  }
}

export class FakeImprov implements ImprovSession {
  readonly info: ImprovInfo = { firmware: 'greenhouse-node', version: '1.1.0', chip: 'ESP32', deviceName: 'greenhouse' };
  networks: readonly ImprovNetwork[] = [
    { name: 'Greenhouse', rssi: -48, secured: true },
    { name: 'Neighbour', rssi: -79, secured: true },
    { name: 'Greenhouse', rssi: -70, secured: true },
    { name: 'Café', rssi: -88, secured: false },
  ];
  address: string | undefined = 'http://192.168.1.42/';
  readonly #calls: Call[];
  /** What `provision` rejects with. */
  failure: unknown;

  constructor(calls: Call[]) {
    this.#calls = calls;
  }

  async scan(): Promise<readonly ImprovNetwork[]> {
    return this.networks;
  }

  async provision(network: string, password: string): Promise<string | undefined> {
    this.#calls.push(['provision', network, password]);
    if (this.failure !== undefined) throw this.failure;
    return this.address;
  }

  async close(): Promise<void> {
    this.#calls.push(['improv.close']);
  }
}

export class FakeUsbSession implements UsbSession {
  readonly state: Subject<UsbState>;
  readonly console: FakeConsole;
  readonly calls: Call[];
  improvSession: FakeImprov | undefined;
  /** What the next call of any name rejects with. */
  failure: unknown;

  constructor(state: UsbState, calls: Call[]) {
    this.state = new Subject(state);
    this.calls = calls;
    this.console = new FakeConsole(calls);
    this.improvSession = new FakeImprov(calls);
  }

  change(change: Partial<UsbState>): void {
    this.state.set({ ...this.state.value, ...change });
  }

  async #note(...call: Call): Promise<void> {
    this.calls.push(call);
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }

  connect(options?: { readonly baudRate?: number; readonly withoutStub?: boolean }): Promise<void> {
    return this.#note('connect', options);
  }
  run(): Promise<void> {
    return this.#note('run');
  }
  close(): Promise<void> {
    return this.#note('close');
  }
  bring(files: readonly { readonly path: string; readonly blob: Blob }[]): Promise<void> {
    return this.#note(
      'bring',
      files.map(({ path }) => path),
    );
  }
  bringUrl(url: string): Promise<void> {
    return this.#note('bringUrl', url);
  }
  bringFirmware(sha256: string): Promise<void> {
    return this.#note('bringFirmware', sha256);
  }
  clear(): void {
    this.calls.push(['clear']);
  }
  choose(choices: PlanChoices): void {
    this.calls.push(['choose', choices]);
    this.change({ choices });
  }
  flash(options: { readonly full: boolean; readonly snapshot: 'nothing' | 'overwritten' | 'everything' }): Promise<void> {
    return this.#note('flash', options);
  }
  resume(): Promise<void> {
    return this.#note('resume');
  }
  stop(): void {
    this.calls.push(['stop']);
  }
  dismissJob(): void {
    this.calls.push(['dismissJob']);
  }
  async read(range: FlashRange): Promise<Blob> {
    await this.#note('read', range);
    return new Blob([new Uint8Array(16)]);
  }
  erase(range: FlashRange | 'everything'): Promise<void> {
    return this.#note('erase', range);
  }
  restore(sha256: string): Promise<void> {
    return this.#note('restore', sha256);
  }
  undo(): Promise<void> {
    return this.#note('undo');
  }
  selectSlot(label: string): Promise<void> {
    return this.#note('selectSlot', label);
  }
  invalidateSlot(label: string): Promise<void> {
    return this.#note('invalidateSlot', label);
  }
  async improv(): Promise<ImprovSession | undefined> {
    await this.#note('improv');
    return this.improvSession;
  }
}

export class FakeUsb implements UsbService {
  support: UsbService['support'] = 'yes';
  readonly ports = new Subject<readonly UsbPortSummary[]>([{ portId: PORT, kind: 'virtual', title: 'esp32-ota' }]);
  readonly busy = new Subject(false);
  readonly held = new Subject<readonly HeldBoard[]>([]);
  /** What a link offers, or why it cannot be had. */
  offered: BundleSummary | Error | undefined;
  readonly calls: Call[] = [];
  /** What the chooser answers. */
  chosen: string | undefined;
  readonly #sessions = new Map<string, FakeUsbSession>();

  put(state: UsbState): FakeUsbSession {
    const session = new FakeUsbSession(state, this.calls);
    this.#sessions.set(state.portId, session);
    return session;
  }

  async refresh(): Promise<void> {
    this.calls.push(['refresh']);
  }

  async glance(url: string): Promise<BundleSummary> {
    this.calls.push(['glance', url]);
    if (this.offered === undefined || this.offered instanceof Error) throw this.offered ?? new Error('nothing is offered');
    return this.offered;
  }

  async choose(): Promise<string | undefined> {
    this.calls.push(['chooser']);
    return this.chosen;
  }

  async session(portId: string): Promise<FakeUsbSession> {
    return this.#sessions.get(portId) ?? this.put(usbState({ portId }));
  }

  called(name: string): unknown[][] {
    return this.calls.filter(([called]) => called === name).map(([, ...args]) => args);
  }
}

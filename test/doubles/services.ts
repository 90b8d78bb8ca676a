/**
 * AppServices in memory, for UI tests: states are set from outside, calls are recorded, nothing happens by itself.
 * `fakeServices({ devices: { demo: deviceState() } })` is a bench with one board.
 */
import { OtterError } from '../../src/core/errors.ts';
import { defined } from '../../src/core/fields.ts';
import type { FirmwareReport } from '../../src/core/image/model.ts';
import type { DeviceInfo, UpdateStatus } from '../../src/core/ota/device-contract.ts';
import type {
  DeviceRecord,
  DeviceState,
  FirmwareEdit,
  FirmwareRecord,
  FirmwareSource,
  HistoryEntry,
  Preflight,
  Settings,
  UpdateJobState,
} from '../../src/app/model.ts';
import { Subject } from '../../src/app/observable.ts';
import type { ChangeSignatures } from '../../src/app/ports.ts';
import type {
  AppServices,
  AppShellService,
  BenchService,
  BenchSettings,
  DemoFirmware,
  DeviceService,
  DeviceSession,
  LibraryService,
  SettingsService,
  UpdateService,
} from '../../src/app/services.ts';
import { DEFAULT_BENCH } from '../../src/virtual/bench.ts';
import { DeviceGuard } from '../../src/app/trust/device-guard.ts';
import type { TrustServices } from '../../src/app/trust/services.ts';
import { SignatureDesk } from '../../src/app/trust/signature-desk.ts';
import { HeldKeys } from './held-keys.ts';
import { FakeLog } from './memory-log.ts';
import { FakeUsb } from './usb-services.ts';
import { NOW, deviceInfo, deviceRecord, deviceState, firmwareRecord, firmwareReport, preflight } from './fixtures.ts';

/** An error with any code, as the app would reject with. */
export class FakeError extends OtterError<string, Record<string, unknown>> {
  constructor(code: string, details: Record<string, unknown> = {}) {
    super(code, `fake ${code}`, details);
  }
}

/** What was asked of the app, in order: `['login', 'esp32-ota', 'admin123']`. */
export type Call = readonly [name: string, ...args: unknown[]];

export class FakeSession implements DeviceSession {
  readonly state: Subject<DeviceState>;
  /** The password that `login` takes. */
  password = 'admin123';
  mustChange = false;
  /** Failures before the lock-out. */
  failuresLeft = 5;
  logText = 'I (31) boot: ESP-IDF v5.3.1 2nd stage bootloader\nI (412) greenhouse: 1.0.0 started\n';
  watchers = 0;
  readonly #calls: Call[];

  constructor(state: DeviceState, calls: Call[]) {
    this.state = new Subject(state);
    this.#calls = calls;
  }

  change(change: Partial<DeviceState>): void {
    this.state.set({ ...this.state.value, ...change });
  }

  watch(): () => void {
    this.watchers++;
    return () => void this.watchers--;
  }

  async refresh(): Promise<DeviceInfo> {
    return this.state.value.info ?? deviceInfo();
  }

  async login(password: string): Promise<void> {
    this.#note('login', password);
    if (this.state.value.auth.state === 'locked-out') throw new FakeError('LOCKED_OUT', { retryAfterS: 600 });
    if (password === this.password) {
      this.change({ auth: { state: 'signed-in', mustChange: this.mustChange, expiresAt: Date.now() + 300_000 } });
      return;
    }
    this.failuresLeft--;
    if (this.failuresLeft > 0) throw new FakeError('WRONG_PASSWORD');
    this.change({ auth: { state: 'locked-out', until: Date.now() + 600_000 } });
    throw new FakeError('LOCKED_OUT', { retryAfterS: 600 });
  }

  logout(): void {
    this.#note('logout');
    this.change({ auth: { state: 'signed-out' } });
  }

  async changePassword(password: string): Promise<void> {
    this.#note('changePassword', password);
    this.password = password;
    this.mustChange = false;
    this.change({ auth: { state: 'signed-in', mustChange: false, expiresAt: Date.now() + 300_000 } });
  }

  async reboot(): Promise<void> {
    this.#note('reboot');
  }

  async rollback(): Promise<DeviceInfo> {
    this.#note('rollback');
    return this.state.value.info ?? deviceInfo();
  }

  async log(): Promise<string> {
    return this.logText;
  }

  async updateStatus(): Promise<UpdateStatus> {
    return { state: 'none' };
  }

  #note(name: string, ...args: unknown[]): void {
    this.#calls.push([name, this.state.value.record.id, ...args]);
  }
}

export class FakeLibrary implements LibraryService {
  readonly records = new Subject<readonly FirmwareRecord[] | undefined>([]);
  readonly reports = new Map<string, FirmwareReport>();
  demos: readonly DemoFirmware[] = [
    { fileName: 'greenhouse-node-1.1.0.bin', title: 'greenhouse-node 1.1.0', purpose: 'A good update.', size: 933_872 },
  ];
  /** What `add` and `addDemo` turn the next file into. */
  nextRecord = firmwareRecord();
  nextReport = firmwareReport();
  nextError: Error | undefined;
  refusesUnknown = false;
  use = { usedBytes: 1_900_000, quotaBytes: 500_000_000, persisted: false };
  installed: readonly HistoryEntry[] = [];
  readonly #calls: Call[];

  constructor(calls: Call[]) {
    this.#calls = calls;
  }

  put(record: FirmwareRecord, report: FirmwareReport = firmwareReport({ sha256: record.sha256 })): void {
    this.reports.set(record.sha256, report);
    this.records.set([record, ...(this.records.value ?? []).filter((known) => known.sha256 !== record.sha256)]);
  }

  async load(): Promise<void> {}

  async add(file: Blob, fileName: string, source: FirmwareSource, options?: { readonly evenUnknown?: boolean }) {
    this.#calls.push(['add', fileName, source, file.size, ...(options ? [options] : [])]);
    if (this.refusesUnknown && !options?.evenUnknown) throw new FakeError('FILE_NOT_RECOGNISED');
    if (this.nextError) throw this.nextError;
    const isNew = !this.reports.has(this.nextRecord.sha256);
    this.put(this.nextRecord, this.nextReport);
    return { record: this.nextRecord, report: this.nextReport, isNew };
  }

  async inspect(): Promise<FirmwareReport> {
    return this.nextReport;
  }

  async get(sha256: string): Promise<FirmwareRecord | undefined> {
    return this.records.value?.find((record) => record.sha256 === sha256);
  }

  async report(sha256: string): Promise<FirmwareReport> {
    const report = this.reports.get(sha256);
    if (!report) throw new FakeError('FIRMWARE_UNKNOWN', { sha256 });
    return report;
  }

  async bytes(): Promise<Blob> {
    return new Blob(['firmware']);
  }

  async extractApplication(sha256: string): Promise<FirmwareRecord> {
    this.#calls.push(['extractApplication', sha256]);
    this.put(this.nextRecord, this.nextReport);
    return this.nextRecord;
  }

  async edit(sha256: string, change: FirmwareEdit): Promise<FirmwareRecord> {
    this.#calls.push(['edit', sha256, change]);
    const record = await this.get(sha256);
    if (!record) throw new FakeError('FIRMWARE_UNKNOWN', { sha256 });
    const edited = { ...record, ...change };
    this.records.set((this.records.value ?? []).map((known) => (known.sha256 === sha256 ? edited : known)));
    return edited;
  }

  async changeSignatures(sha256: string, change: ChangeSignatures): Promise<FirmwareRecord> {
    const record = await this.get(sha256);
    if (!record) throw new FakeError('FIRMWARE_UNKNOWN', { sha256 });
    const changed = { ...record, signatures: change(record.signatures ?? []) };
    this.records.set((this.records.value ?? []).map((known) => (known.sha256 === sha256 ? changed : known)));
    return changed;
  }

  async delete(sha256: string): Promise<void> {
    this.#calls.push(['delete', sha256]);
    this.reports.delete(sha256);
    this.records.set((this.records.value ?? []).filter((record) => record.sha256 !== sha256));
  }

  async exportArchive(sha256s?: readonly string[]) {
    this.#calls.push(['exportArchive', sha256s]);
    return { blob: new Blob(['archive']), fileName: 'otter-library.zip' };
  }

  async importArchive(file: Blob) {
    this.#calls.push(['importArchive', file.size]);
    return { added: 1, known: 0 };
  }

  async storage() {
    return this.use;
  }

  async installs(): Promise<readonly HistoryEntry[]> {
    return this.installed;
  }

  async addDemo(fileName: string) {
    this.#calls.push(['addDemo', fileName]);
    if (this.nextError) throw this.nextError;
    this.put(this.nextRecord, this.nextReport);
    return { record: this.nextRecord, report: this.nextReport };
  }
}

export class FakeDevices implements DeviceService {
  readonly records = new Subject<readonly DeviceRecord[] | undefined>([]);
  readonly historyVersion = new Subject(0);
  readonly sessions = new Map<string, FakeSession>();
  readonly histories = new Map<string, readonly HistoryEntry[]>();
  readonly #calls: Call[];

  constructor(calls: Call[]) {
    this.#calls = calls;
  }

  put(state: DeviceState): FakeSession {
    const session = new FakeSession(state, this.#calls);
    this.sessions.set(state.record.id, session);
    this.records.set([...(this.records.value ?? []), state.record]);
    return session;
  }

  setHistory(id: string, entries: readonly HistoryEntry[]): void {
    this.histories.set(id, entries);
    this.historyVersion.set(this.historyVersion.value + 1);
  }

  async load(): Promise<void> {}

  async stored(): Promise<readonly DeviceRecord[]> {
    return this.records.value ?? [];
  }

  async addNetwork(url: string, name: string): Promise<DeviceRecord> {
    this.#calls.push(['addNetwork', url, name]);
    const record = deviceRecord({ id: name || 'network', name, kind: 'network', baseUrl: url });
    this.put(deviceState({ record }));
    return record;
  }

  async addVirtual(name: string, build?: Partial<Pick<BenchSettings, 'chip' | 'flashSizeMb'>>): Promise<DeviceRecord> {
    this.#calls.push(['addVirtual', name, build]);
    const record = deviceRecord({ id: name, name });
    this.put(deviceState({ record }));
    return record;
  }

  async rename(id: string, name: string): Promise<void> {
    this.#calls.push(['rename', id, name]);
    const session = this.sessions.get(id);
    session?.change({ record: { ...session.state.value.record, name } });
  }

  async setOnlyTrusted(id: string, product: string | undefined): Promise<void> {
    this.#calls.push(['setOnlyTrusted', id, product]);
    const guarded = (record: DeviceRecord): DeviceRecord => ({
      ...record,
      onlyTrusted: product !== undefined,
      ...defined({ guardedProduct: product }),
    });
    const session = this.sessions.get(id);
    session?.change({ record: guarded(session.state.value.record) });
    this.records.set((this.records.value ?? []).map((record) => (record.id === id ? guarded(record) : record)));
  }

  async remove(id: string): Promise<void> {
    this.#calls.push(['remove', id]);
    this.sessions.delete(id);
    this.records.set((this.records.value ?? []).filter((record) => record.id !== id));
  }

  async session(id: string): Promise<FakeSession> {
    const session = this.sessions.get(id);
    if (!session) throw new FakeError('DEVICE_UNKNOWN', { id });
    return session;
  }

  async history(id: string): Promise<readonly HistoryEntry[]> {
    return this.histories.get(id) ?? [];
  }
}

export class FakeUpdates implements UpdateService {
  readonly jobs = new Subject<ReadonlyMap<string, UpdateJobState>>(new Map());
  readonly busy = new Subject(false);
  readonly elsewhere = new Subject<ReadonlySet<string>>(new Set());
  nextPreflight: Preflight = preflight();
  nextError: Error | undefined;
  readonly #calls: Call[];

  constructor(calls: Call[]) {
    this.#calls = calls;
  }

  setJob(job: UpdateJobState): void {
    this.jobs.set(new Map(this.jobs.value).set(job.deviceId, job));
    this.busy.set([...this.jobs.value.values()].some((known) => known.outcome === 'running'));
  }

  preflight(): Preflight {
    return this.nextPreflight;
  }

  noteRefusal({ decision }: Preflight, { sha256 }: FirmwareRecord, { record, link }: DeviceState): void {
    if (decision === 'blocked') this.#calls.push(['noteRefusal', record.id, sha256, link]);
  }

  async start(deviceId: string, sha256: string, options: { readonly force: boolean }): Promise<void> {
    this.#calls.push(['start', deviceId, sha256, options]);
    if (this.nextError) throw this.nextError;
  }

  stop(deviceId: string): void {
    this.#calls.push(['stop', deviceId]);
  }

  dismiss(deviceId: string): void {
    this.#calls.push(['dismiss', deviceId]);
    const left = new Map(this.jobs.value);
    left.delete(deviceId);
    this.jobs.set(left);
  }
}

export class FakeBench implements BenchService {
  readonly version = new Subject(0);
  settings: BenchSettings = { ...DEFAULT_BENCH, acceptsDefaultPassword: true, bytesPerSecond: 300_000 };
  readonly #calls: Call[];

  constructor(calls: Call[]) {
    this.#calls = calls;
  }

  async read(): Promise<BenchSettings> {
    return this.settings;
  }

  async write(deviceId: string, change: Partial<BenchSettings>): Promise<BenchSettings> {
    this.#calls.push(['bench', deviceId, change]);
    this.settings = { ...this.settings, ...change };
    this.version.set(this.version.value + 1);
    return this.settings;
  }

  async powerCycle(deviceId: string): Promise<void> {
    this.#calls.push(['powerCycle', deviceId]);
  }

  async pressBootAndReset(deviceId: string): Promise<void> {
    this.#calls.push(['pressBootAndReset', deviceId]);
  }

  async pressReset(deviceId: string): Promise<void> {
    this.#calls.push(['pressReset', deviceId]);
  }

  async factoryReset(deviceId: string): Promise<void> {
    this.#calls.push(['factoryReset', deviceId]);
  }
}

class FakeSettings implements SettingsService {
  readonly value = new Subject<Settings>({ theme: 'system', confirmTimeoutS: 60 });

  async change(change: Partial<Settings>): Promise<void> {
    this.value.set({ ...this.value.value, ...change });
  }
}

class FakeShell implements AppShellService {
  readonly offlineReady = new Subject(true);
  readonly appUpdate = new Subject(false);
  readonly canInstall = new Subject(false);
  readonly online = new Subject(true);
  readonly #calls: Call[];

  constructor(calls: Call[]) {
    this.#calls = calls;
  }

  applyAppUpdate(): void {
    this.#calls.push(['applyAppUpdate']);
  }

  async install(): Promise<void> {
    this.#calls.push(['install']);
  }
}

export class FakeServices implements AppServices {
  readonly calls: Call[] = [];
  readonly library = new FakeLibrary(this.calls);
  readonly devices = new FakeDevices(this.calls);
  readonly updates = new FakeUpdates(this.calls);
  readonly bench = new FakeBench(this.calls);
  readonly settings = new FakeSettings();
  readonly log = new FakeLog();
  readonly shell = new FakeShell(this.calls);
  readonly usb = new FakeUsb();

  /** The calls of one name, without the name. */
  called(name: string): unknown[][] {
    return this.calls.filter(([called]) => called === name).map(([, ...args]) => args);
  }
}

/** Real verdicts over what lies in the fake library, by keys that are held in a hand. */
export function withTrust(services: FakeServices, keys = new HeldKeys()): FakeServices & Required<Pick<AppServices, 'trust'>> {
  const { library, devices, bench } = services;
  const signatures = new SignatureDesk({ library, keys, clock: { now: () => NOW } });
  const guard = new DeviceGuard({ devices, bench, keys });
  const trust = { keys, signatures, guard } as unknown as TrustServices;
  return Object.assign(services, { trust: async () => trust });
}

/** A bench with the demo device on it. */
export function demoServices(state: DeviceState = deviceState()): { readonly services: FakeServices; readonly session: FakeSession } {
  const services = new FakeServices();
  return { services, session: services.devices.put(state) };
}

/**
 * What the use cases need from outside. `io/` implements these, tests double them; nothing here knows a browser API
 * by name. Every rejection is an `OtterError`, or the signal's reason.
 */
import type { LogAct, LogGiven } from '../core/trust/log-acts.ts';
import type { LogHead } from '../core/trust/log-chain.ts';
import type { LogDraft } from '../core/trust/log-entry.ts';
import type { DeviceInfo, LoginAnswer, UpdateProgress, UpdateResult, UpdateStatus } from '../core/ota/device-contract.ts';
import type { StoredSignature } from './trust/model.ts';
import type { BenchSettings, DemoFirmware } from './services.ts';
import type { DeviceRecord, FirmwareEdit, FirmwareRecord, FirmwareReport, HistoryEntry, Settings, StorageUse } from './model.ts';
import type { Observable } from './observable.ts';

// ---- devices ----

export type DeviceDialect = 'otter' | 's1';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly token?: string | undefined;
}

export interface UploadOptions extends CallOptions {
  readonly sha256: string;
  readonly md5: string;
  /** Raw, base64: for a device that asks for it. */
  readonly signature?: string;
  readonly fileName: string;
  readonly dialect: DeviceDialect;
  readonly onProgress?: (progress: UpdateProgress) => void;
}

/** One device over one wire. Stateless: the token is the caller's. */
export interface DeviceLink {
  getInfo(options?: CallOptions): Promise<{ readonly info: DeviceInfo; readonly dialect: DeviceDialect }>;
  login(password: string, options: CallOptions & { readonly dialect: DeviceDialect }): Promise<LoginAnswer>;
  changePassword(password: string, options: CallOptions): Promise<void>;
  /** Resolves with the device's own result; `undefined` when its dialect has none. */
  upload(file: Blob, options: UploadOptions): Promise<UpdateResult | undefined>;
  updateStatus(options: CallOptions): Promise<UpdateStatus>;
  reboot(options: CallOptions & { readonly dialect: DeviceDialect }): Promise<void>;
  rollback(options: CallOptions): Promise<void>;
  log(options: CallOptions): Promise<string>;
}

export type OpenDeviceLink = (record: DeviceRecord) => DeviceLink;

/** A hand on the virtual board. */
export interface VirtualBench {
  create(id: string, settings: Partial<BenchSettings> & { readonly name?: string }): Promise<void>;
  read(id: string): Promise<BenchSettings>;
  write(id: string, change: Partial<BenchSettings>): Promise<BenchSettings>;
  powerCycle(id: string): Promise<void>;
  factoryReset(id: string): Promise<void>;
  pressBootAndReset(id: string): Promise<void>;
  pressReset(id: string): Promise<void>;
  forget(id: string): Promise<void>;
}

// ---- what is kept ----

export type ChangeSignatures = (signatures: readonly StoredSignature[]) => readonly StoredSignature[];

export interface FirmwareStore {
  /** Newest first, never bytes. Records that cannot be read are left out. */
  all(): Promise<readonly FirmwareRecord[]>;
  get(sha256: string): Promise<FirmwareRecord | undefined>;
  /** Record and bytes in one transaction. A SHA-256 that is there stays as it is. */
  put(record: FirmwareRecord, bytes: Blob): Promise<{ readonly record: FirmwareRecord; readonly isNew: boolean }>;
  bytes(sha256: string): Promise<Blob | undefined>;
  /** `undefined` when there is no such record. */
  edit(sha256: string, change: FirmwareEdit): Promise<FirmwareRecord | undefined>;
  /** In one transaction; `undefined` when there is no such record. What `change` throws is thrown on, and nothing is changed. */
  changeSignatures(sha256: string, change: ChangeSignatures): Promise<FirmwareRecord | undefined>;
  /** The bytes go too, unless a device's history could still install them (and `evenFromHistory` is not set). */
  delete(sha256: string, options?: { readonly evenFromHistory?: boolean }): Promise<void>;
}

export interface DeviceStore {
  all(): Promise<readonly DeviceRecord[]>;
  put(record: DeviceRecord): Promise<void>;
  /** Reads, changes and writes in one transaction; `undefined` when there is no such record. */
  change(id: string, change: Partial<Omit<DeviceRecord, 'id'>>): Promise<DeviceRecord | undefined>;
  /** Its history goes too, and the bytes that only this history referred to. */
  delete(id: string): Promise<void>;
}

export interface HistoryStore {
  add(entry: HistoryEntry): Promise<void>;
  /** Newest first. */
  ofDevice(deviceId: string): Promise<readonly HistoryEntry[]>;
  ofFirmware(sha256: string): Promise<readonly HistoryEntry[]>;
}

export interface SettingsStore {
  read(): Promise<Settings>;
  write(change: Partial<Settings>): Promise<Settings>;
}

export interface StorageMeter {
  use(): Promise<StorageUse>;
  /** Asks the browser not to evict; never waited for. */
  askToPersist(): void;
}

// ---- firmware ----

export interface FirmwareInspector {
  inspect(file: Blob, fileName: string): Promise<FirmwareReport>;
}

export interface DemoShelf {
  list(): Promise<readonly (DemoFirmware & { readonly sha256: string })[]>;
  fetch(fileName: string): Promise<Blob>;
}

export interface ArchiveEntry {
  readonly record: FirmwareRecord;
  readonly bytes: Blob;
}

// ---- the log ----

/** Writes down what happened to what. Never throws and is never waited for. */
export type RecordAct = <Act extends LogAct>(act: Act, given: LogGiven<Act>) => void;

export interface LogStore {
  /** All of them or none, in one transaction: whoever else appends does so before or after. Resolves with where the log ends then. */
  append(drafts: readonly LogDraft[]): Promise<LogHead>;
  /** `seq` 0: nothing was written yet. */
  head(): Promise<LogHead>;
  /** As stored, oldest first, both ends included; what cannot be read too. */
  range(from: number, to: number): Promise<readonly unknown[]>;
}

// ---- the page and its time ----

export interface Clock {
  /** ms since 1970. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export type NewId = () => string;

export type ChangeTopic = 'firmware' | 'devices' | 'history' | 'settings' | 'keys' | 'releases' | 'log';

/** Tells the other tabs; does not call back the one that told. */
export interface ChangeNotifier {
  tell(topic: ChangeTopic): void;
  subscribe(listener: (topic: ChangeTopic) => void): () => void;
}

export interface PageVisibility {
  readonly visible: Observable<boolean>;
}

/** Keeps something up until released; taking it never fails, releasing twice is harmless. */
export interface Guard {
  take(): () => void;
}

/** Screen stays awake. */
export type WakeLock = Guard;
/** Asks before the page is left. */
export type LeaveGuard = Guard;

/** One holder per name over all tabs. */
export interface TabLocks {
  /** Runs the task while holding the lock; resolves `false` without running it when another tab holds it. */
  tryHold(name: string, task: () => Promise<void>): Promise<boolean>;
  /** Names of all locks that some tab holds now, this one too. */
  held(): Promise<readonly string[]>;
}

/**
 * What the UI may ask of the app. `main.ts` builds one `AppServices` and hands it to the shell; views know nothing else.
 * Every rejection is an `OtterError` (or the signal's reason).
 */
import type { DeviceInfo, UpdateStatus } from '../core/ota/device-contract.ts';
import type {
  DeviceRecord,
  DeviceState,
  FirmwareEdit,
  FirmwareRecord,
  FirmwareReport,
  FirmwareSource,
  HistoryEntry,
  Preflight,
  Settings,
  StorageUse,
  UpdateJobState,
} from './model.ts';
import type { Observable } from './observable.ts';
import type { StartWord } from './slot-word.ts';
import type { ChangeSignatures } from './ports.ts';
import type { AuditLog } from './trust/audit-log.ts';
import type { TrustServices } from './trust/services.ts';
import type { UsbService } from './usb/services.ts';

export interface LibraryService {
  /** Newest first; records only, never bytes. `undefined` until first loaded. */
  readonly records: Observable<readonly FirmwareRecord[] | undefined>;
  load(): Promise<void>;
  /**
   * X-rays and stores a file. The same bytes twice give the record that is there, with `isNew: false`. What is no firmware at all is
   * refused (`FILE_NOT_RECOGNISED`), unless the person wants it all the same.
   */
  add(
    file: Blob,
    fileName: string,
    source: FirmwareSource,
    options?: { readonly evenUnknown?: boolean },
  ): Promise<{ readonly record: FirmwareRecord; readonly report: FirmwareReport; readonly isNew: boolean }>;
  /** X-rays without storing. */
  inspect(file: Blob, fileName: string): Promise<FirmwareReport>;
  get(sha256: string): Promise<FirmwareRecord | undefined>;
  report(sha256: string): Promise<FirmwareReport>;
  bytes(sha256: string): Promise<Blob>;
  /** Puts the application inside a merged image, a UF2 or a HEX file beside it, as a firmware of its own. */
  extractApplication(sha256: string): Promise<FirmwareRecord>;
  edit(sha256: string, change: FirmwareEdit): Promise<FirmwareRecord>;
  /** For whoever keeps signatures (`trust/signature-desk.ts`). */
  changeSignatures(sha256: string, change: ChangeSignatures): Promise<FirmwareRecord>;
  /** The bytes stay while the history of a device could install them again, unless `evenFromHistory`. */
  delete(sha256: string, options?: { readonly evenFromHistory?: boolean }): Promise<void>;
  /** One file with every record and its bytes, for `importArchive`. */
  exportArchive(sha256s?: readonly string[]): Promise<{ readonly blob: Blob; readonly fileName: string }>;
  importArchive(file: Blob): Promise<{ readonly added: number; readonly known: number }>;
  storage(): Promise<StorageUse>;
  /** Where a firmware was installed, newest first. */
  installs(sha256: string): Promise<readonly HistoryEntry[]>;
  /** The firmware that ships with the app, by file name; fetched on demand. */
  readonly demos: readonly DemoFirmware[];
  addDemo(fileName: string): Promise<{ readonly record: FirmwareRecord; readonly report: FirmwareReport }>;
}

export interface DemoFirmware {
  readonly fileName: string;
  readonly title: string;
  /** What it rehearses, one sentence. */
  readonly purpose: string;
  readonly size: number;
}

export interface DeviceSession {
  readonly state: Observable<DeviceState>;
  /** Starts polling `info`; the returned function stops it. Nested calls count. */
  watch(): () => void;
  refresh(): Promise<DeviceInfo>;
  login(password: string): Promise<void>;
  logout(): void;
  changePassword(password: string): Promise<void>;
  reboot(): Promise<void>;
  /**
   * Boots the other slot; resolves when the device is back and its firmware confirmed itself, or did not within ten seconds. A guarded device
   * starts only what is trusted: what is known not to be is refused, and what nobody here knows without a word about it, too.
   */
  rollback(word?: StartWord): Promise<DeviceInfo>;
  log(): Promise<string>;
  updateStatus(): Promise<UpdateStatus>;
}

export interface DeviceService {
  readonly records: Observable<readonly DeviceRecord[] | undefined>;
  load(): Promise<void>;
  /** As they are on disk now: what another tab has guarded counts at once, for whoever is about to write. Tells nobody. */
  stored(): Promise<readonly DeviceRecord[]>;
  addNetwork(url: string, name: string): Promise<DeviceRecord>;
  addVirtual(name: string, build?: Partial<Pick<BenchSettings, 'chip' | 'flashSizeMb'>>): Promise<DeviceRecord>;
  rename(id: string, name: string): Promise<void>;
  /**
   * On its record alone: what the board itself does about it is for `trust/device-guard.ts`.
   *
   * @param product whose keys count from now on; `undefined`: it takes any firmware
   */
  setOnlyTrusted(id: string, product: string | undefined): Promise<void>;
  remove(id: string): Promise<void>;
  session(id: string): Promise<DeviceSession>;
  history(id: string): Promise<readonly HistoryEntry[]>;
  /** Rises when the history of any device changed (also in another tab). */
  readonly historyVersion: Observable<number>;
}

export interface UpdateService {
  /** The newest job of each device, by device id; survives navigation. */
  readonly jobs: Observable<ReadonlyMap<string, UpdateJobState>>;
  /** Loads what `preflight` needs: what the history of the device says of earlier tries, and who signed the firmware. The first page does without it. */
  prepare?(deviceId: string, sha256?: string): Promise<void>;
  /** After `prepare`. */
  preflight(report: FirmwareReport, firmware: FirmwareRecord, device: DeviceState): Preflight;
  /** Into the log, once each, where a device that answers is refused: for whoever was shown it. */
  noteRefusal(found: Preflight, firmware: FirmwareRecord, device: DeviceState): void;
  /** Starts writing. Rejects when a job runs on that device. Takes the wake lock and the leave-page guard while it writes. */
  start(deviceId: string, sha256: string, options: { readonly force: boolean }): Promise<void>;
  /** Stops before the slot is switched; the device keeps running what it runs. */
  stop(deviceId: string): void;
  /** Forgets a finished job. */
  dismiss(deviceId: string): void;
  /** Ids of the devices that another tab of this app writes to. */
  readonly elsewhere: Observable<ReadonlySet<string>>;
  /** True while any job writes: no reload, no service worker update then. */
  readonly busy: Observable<boolean>;
}

/** The bench of a virtual device: what a hand could do to a real board. */
export interface BenchService {
  /** Rises when a hand of this page changed a bench. */
  readonly version: Observable<number>;
  read(deviceId: string): Promise<BenchSettings>;
  /** Another chip or another size of the flash builds the board anew: as it would be delivered. */
  write(deviceId: string, change: Partial<BenchSettings>): Promise<BenchSettings>;
  powerCycle(deviceId: string): Promise<void>;
  /** BOOT held, RESET pressed: the chip waits in its boot loader. For boards whose port cannot do it. */
  pressBootAndReset(deviceId: string): Promise<void>;
  /** RESET pressed alone: the application starts. */
  pressReset(deviceId: string): Promise<void>;
  /** Back to the factory firmware and password. */
  factoryReset(deviceId: string): Promise<void>;
}

export interface BenchSettings {
  readonly flashSizeMb: 2 | 4 | 8 | 16;
  readonly chip: string;
  readonly acceptsDefaultPassword: boolean;
  /** Faults; 0 or false = off. */
  readonly cutAfterBytes: number;
  readonly flipBitAtByte: number;
  readonly bytesPerSecond: number;
  readonly fullSlot: boolean;
  readonly failingSector: number;
  readonly powerCutAtOperation: number;
  /** The serial port. ms that the adapter waits for more before it hands bytes of the chip to the computer. */
  readonly serialLatencyMs: number;
  /** Bits and flash operations take no time. */
  readonly serialInstant: boolean;
  /** Garbage above it; 0 = none is too high. */
  readonly serialMaxBaudRate: number;
  readonly serialWithoutAutoReset: boolean;
  readonly serialStubFails: boolean;
  readonly serialBootLoop: boolean;
  readonly serialPortBusy: boolean;
  /** The n-th byte from now on, once, then it is off again; the last two count both directions. */
  readonly serialLoseByteToChip: number;
  readonly serialLoseByteToHost: number;
  readonly serialFlipByteToChip: number;
  readonly serialFlipByteToHost: number;
  readonly serialUnplugAtByte: number;
  readonly serialResetAtByte: number;
  /** What is burnt into the chip: for good on a real one. */
  readonly fuseFlashEncryption: boolean;
  readonly fuseSecureBoot: boolean;
  readonly fuseSecureDownload: boolean;
  readonly fuseDownloadDisabled: boolean;
  /** It checks signatures, also when it has no key (left): it takes nothing then. */
  readonly signatureRequired: boolean;
  /** SPKI, base64: an update must be signed by one of them. */
  readonly trustedKeys: readonly string[];
}

export interface SettingsService {
  readonly value: Observable<Settings>;
  change(change: Partial<Settings>): Promise<void>;
}

/** What happened, in a chain that nobody edits unnoticed. */
export interface LogService {
  /** Loads what reads, verifies and exports it. */
  open(): Promise<OpenLog>;
}

export type OpenLog = Pick<AuditLog, keyof AuditLog>;

/** Installation, offline readiness and the update prompt of the app itself. */
export interface AppShellService {
  readonly offlineReady: Observable<boolean>;
  /** A newer version of the app waits; `apply` reloads, and never while an update of a device runs. */
  readonly appUpdate: Observable<boolean>;
  applyAppUpdate(): void;
  readonly canInstall: Observable<boolean>;
  install(): Promise<void>;
  readonly online: Observable<boolean>;
  /** Files that other apps shared to this one, once: what was taken is gone. Absent where nothing can be shared. */
  takeSharedFiles?(): Promise<readonly File[]>;
}

export interface AppServices {
  readonly library: LibraryService;
  readonly devices: DeviceService;
  readonly updates: UpdateService;
  readonly bench: BenchService;
  readonly settings: SettingsService;
  readonly log: LogService;
  readonly shell: AppShellService;
  /** Absent: this build has no USB door. */
  readonly usb?: UsbService;
  /** Keys, signatures, releases: loaded at the first call, the same from then on. */
  readonly trust?: () => Promise<TrustServices>;
}

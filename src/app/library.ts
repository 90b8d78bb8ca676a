/**
 * The firmware library: X-rays what comes in, keeps each firmware once under its SHA-256, and never loads bytes to show a
 * list. What the archive needs is loaded when somebody exports or imports.
 */
import { LibraryError } from './errors.ts';
import type { FirmwareEdit, FirmwareRecord, FirmwareReport, FirmwareSource, HistoryEntry, StorageUse } from './model.ts';
import { Subject } from './observable.ts';
import type {
  ChangeNotifier,
  ChangeSignatures,
  Clock,
  DemoShelf,
  FirmwareInspector,
  FirmwareStore,
  HistoryStore,
  RecordAct,
  StorageMeter,
} from './ports.ts';
import type { DemoFirmware, LibraryService } from './services.ts';

/** 16 MB of flash as Intel HEX text is about 45 MB; more is no firmware for these chips. */
export const MAX_FIRMWARE_FILE_BYTES = 64 * 2 ** 20;
const REMEMBERED_REPORTS = 16;

/** Needed once a firmware comes in, not to show what is there. */
const recordRules = () => import('./firmware-record.ts');
/** Needed by few, seldom. */
const exchange = () => import('./library-exchange.ts');

export interface LibraryPorts {
  readonly store: FirmwareStore;
  readonly history: HistoryStore;
  readonly inspector: FirmwareInspector;
  readonly shelf: DemoShelf;
  readonly meter: StorageMeter;
  readonly notifier: ChangeNotifier;
  readonly clock: Clock;
  readonly record?: RecordAct;
}

export class FirmwareLibrary implements LibraryService {
  readonly records = new Subject<readonly FirmwareRecord[] | undefined>(undefined);
  readonly #ports: LibraryPorts;
  readonly #reports = new Map<string, FirmwareReport>();
  #demos: readonly (DemoFirmware & { readonly sha256: string })[] = [];
  #loading: Promise<void> | undefined;

  constructor(ports: LibraryPorts) {
    this.#ports = ports;
    ports.notifier.subscribe((topic) => {
      if (topic === 'firmware' && this.records.value) void this.#read().catch(() => undefined);
    });
  }

  get demos(): readonly DemoFirmware[] {
    return this.#demos;
  }

  load(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async inspect(file: Blob, fileName: string): Promise<FirmwareReport> {
    if (file.size === 0) throw new LibraryError('FILE_EMPTY', 'the file is empty', { fileName });
    if (file.size > MAX_FIRMWARE_FILE_BYTES) {
      throw new LibraryError('FILE_TOO_LARGE', 'no firmware is that large', { fileName, size: file.size, limit: MAX_FIRMWARE_FILE_BYTES });
    }
    const { plainFileName } = await recordRules();
    const report = await this.#ports.inspector.inspect(file, plainFileName(fileName));
    this.#remember(report);
    return report;
  }

  async add(file: Blob, fileName: string, source: FirmwareSource, { evenUnknown = false }: { readonly evenUnknown?: boolean } = {}) {
    const report = await this.inspect(file, fileName);
    const { recordOf, refuseForeign } = await recordRules();
    if (!evenUnknown) await refuseForeign(file, fileName, report);
    const proposed = recordOf(report, fileName, source, this.#ports.clock.now());
    // A plain Blob: a File would drag its name and its place on the person's disk along.
    const bytes = file.slice(0, file.size, 'application/octet-stream');
    const { record, isNew } = await this.#put(proposed, bytes);
    // Some browsers ask the person: only for a firmware of their own, which nobody could fetch again.
    if (source.kind !== 'demo') this.#ports.meter.askToPersist();
    if (isNew) await this.#changed();
    return { record, report, isNew };
  }

  async get(sha256: string): Promise<FirmwareRecord | undefined> {
    const record = await this.#ports.store.get(sha256);
    if (record) return record;
    // Deleted from the library, but kept for the history of a device: can be installed again.
    const bytes = await this.#ports.store.bytes(sha256);
    if (!bytes) return undefined;
    const report = await this.report(sha256);
    const { recordOf } = await recordRules();
    return recordOf(report, `${sha256.slice(0, 8)}.bin`, { kind: 'device', detail: '' }, this.#ports.clock.now());
  }

  async report(sha256: string): Promise<FirmwareReport> {
    const known = this.#reports.get(sha256);
    if (known) return known;
    const record = await this.#ports.store.get(sha256);
    const report = await this.inspect(await this.bytes(sha256), record?.fileName ?? 'firmware.bin');
    if (report.sha256 !== sha256) {
      throw new LibraryError('FIRMWARE_CHANGED', 'the stored bytes are not what they were', { expected: sha256, found: report.sha256 });
    }
    return report;
  }

  async bytes(sha256: string): Promise<Blob> {
    const bytes = await this.#ports.store.bytes(sha256);
    if (!bytes) throw new LibraryError('FIRMWARE_UNKNOWN', 'no such firmware', { sha256 });
    return bytes;
  }

  async extractApplication(sha256: string): Promise<FirmwareRecord> {
    const { extractFrom } = await exchange();
    return extractFrom(this, sha256, this.#ports.clock);
  }

  async edit(sha256: string, change: FirmwareEdit): Promise<FirmwareRecord> {
    const { checkedEdit } = await recordRules();
    const known = await this.#ports.store.get(sha256);
    const record = await this.#changedRecord(sha256, known && this.#ports.store.edit(sha256, checkedEdit(change, known)));
    this.#ports.record?.('firmware-edited', record);
    return record;
  }

  changeSignatures(sha256: string, change: ChangeSignatures): Promise<FirmwareRecord> {
    return this.#changedRecord(sha256, this.#ports.store.changeSignatures(sha256, change));
  }

  async delete(sha256: string, options?: { readonly evenFromHistory?: boolean }): Promise<void> {
    const known = await this.#ports.store.get(sha256);
    await this.#ports.store.delete(sha256, options);
    this.#ports.record?.('firmware-deleted', known ?? { sha256 });
    this.#reports.delete(sha256);
    await this.#changed();
  }

  async exportArchive(sha256s?: readonly string[]): Promise<{ readonly blob: Blob; readonly fileName: string }> {
    const { exportLibrary } = await exchange();
    return exportLibrary(this, await this.#ports.store.all(), { sha256s, now: this.#ports.clock.now() });
  }

  async importArchive(file: Blob): Promise<{ readonly added: number; readonly known: number }> {
    const { importArchive } = await exchange();
    return importArchive(file, { ...this.#ports, put: (entry) => this.#put(entry.record, entry.bytes), changed: () => this.#changed() });
  }

  storage(): Promise<StorageUse> {
    return this.#ports.meter.use();
  }

  installs(sha256: string): Promise<readonly HistoryEntry[]> {
    return this.#ports.history.ofFirmware(sha256);
  }

  async addDemo(fileName: string) {
    await this.load();
    if (this.#demos.length === 0) this.#demos = await this.#ports.shelf.list();
    const demo = this.#demos.find((demo) => demo.fileName === fileName);
    if (!demo) throw new LibraryError('DEMO_UNAVAILABLE', 'no such demo firmware', { fileName });
    const known = await this.#ports.store.get(demo.sha256);
    if (known) return { record: known, report: await this.report(demo.sha256) };
    const bytes = await this.#ports.shelf.fetch(fileName);
    const { record, report } = await this.add(bytes, fileName, { kind: 'demo', detail: demo.title });
    return { record, report };
  }

  async #load(): Promise<void> {
    // A missing shelf (offline on the very first visit) only means that nothing is suggested.
    const shelf = this.#ports.shelf.list().catch(() => []);
    await this.#read();
    this.#demos = await shelf;
    // Observers of the records also show the demos.
    if (this.#demos.length > 0) this.records.set([...(this.records.value ?? [])]);
  }

  async #read(): Promise<void> {
    this.records.set(await this.#ports.store.all());
  }

  async #put(proposed: FirmwareRecord, bytes: Blob) {
    const put = await this.#ports.store.put(proposed, bytes);
    if (put.isNew) this.#ports.record?.('firmware-added', put.record);
    return put;
  }

  async #changedRecord(sha256: string, changing: Promise<FirmwareRecord | undefined> | undefined): Promise<FirmwareRecord> {
    const record = await changing;
    if (!record) throw new LibraryError('FIRMWARE_UNKNOWN', 'no such firmware', { sha256 });
    await this.#changed();
    return record;
  }

  async #changed(): Promise<void> {
    await this.#read();
    this.#ports.notifier.tell('firmware');
  }

  #remember(report: FirmwareReport): void {
    this.#reports.delete(report.sha256);
    this.#reports.set(report.sha256, report);
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > REMEMBERED_REPORTS && oldest !== undefined) this.#reports.delete(oldest);
  }
}

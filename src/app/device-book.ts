/** The devices that the person knows: added, renamed, removed, and one live session each. */
import type { DeviceInfo } from '../core/ota/device-contract.ts';
import { plainText } from '../core/plain-text.ts';
import { settleAttempts } from './attempts.ts';
import { LiveDeviceSession } from './device-session.ts';
import { DeviceBookError } from './errors.ts';
import type { DeviceDoor, DeviceRecord, HistoryEntry } from './model.ts';
import { Subject } from './observable.ts';
import type {
  ChangeNotifier,
  Clock,
  DeviceStore,
  HistoryStore,
  NewId,
  OpenDeviceLink,
  PageVisibility,
  RecordAct,
  TabLocks,
  VirtualBench,
} from './ports.ts';
import type { BenchSettings, DeviceService } from './services.ts';
import type { Observable } from './observable.ts';
import type { BoardServices } from './trust/services.ts';
import { deviceOfPort, isVirtualPort } from './usb/port-ids.ts';
import type { HeldBoard } from './usb/services.ts';

/** The device that is there on the first visit. */
export const BUILT_IN_DEVICE_ID = 'esp32-ota';
const MAX_NAME_LENGTH = 128;
/** Good Wi-Fi, as the first board has it: slow enough that an update can be watched. */
const BOARD_BYTES_PER_SECOND = 300_000;
/** `lastInfo` is for the next visit, not a log: no need to write it with every poll. */
const REMEMBER_EVERY_MS = 15_000;

export interface DeviceBookPorts {
  readonly store: DeviceStore;
  readonly history: HistoryStore;
  readonly locks: Pick<TabLocks, 'held'>;
  /** Loaded when a board is built or thrown away. */
  readonly bench: () => Promise<VirtualBench>;
  readonly openLink: OpenDeviceLink;
  readonly clock: Clock;
  readonly page: PageVisibility;
  readonly notifier: ChangeNotifier;
  readonly newId: NewId;
  /** Ends in `/`: below it the virtual devices answer. */
  readonly virtualBase: string;
  /** Text as typed → base URL that ends in `/`; throws a `LinkError`. */
  readonly parseAddress: (text: string) => string;
  readonly record?: RecordAct;
  readonly trust?: () => Promise<BoardServices>;
}

function checkedName(name: string): string {
  const trimmed = plainText(name).trim();
  if (trimmed === '' || trimmed.length > MAX_NAME_LENGTH)
    throw new DeviceBookError('DEVICE_NAME_INVALID', 'a name has 1 to 128 characters', {});
  return trimmed;
}

/** A virtual board is known by its port, a real one by its MAC. */
function isOf({ portId, mac }: HeldBoard, { id }: DeviceRecord, info: DeviceInfo | undefined): boolean {
  if (isVirtualPort(portId)) return deviceOfPort(portId) === id;
  return mac !== '' && mac === info?.mac?.toLowerCase();
}

export class DeviceBook implements DeviceService {
  readonly records = new Subject<readonly DeviceRecord[] | undefined>(undefined);
  readonly historyVersion = new Subject(0);
  readonly #ports: DeviceBookPorts;
  readonly #sessions = new Map<string, LiveDeviceSession>();
  readonly #rememberedAt = new Map<string, number>();
  #loading: Promise<void> | undefined;
  #held: readonly HeldBoard[] = [];

  constructor(ports: DeviceBookPorts) {
    this.#ports = ports;
    ports.notifier.subscribe((topic) => {
      if (topic === 'devices' && this.records.value) void this.#read().catch(() => undefined);
      if (topic === 'history') this.historyChanged();
    });
  }

  /** What a cable of this page holds in its boot loader is asked nothing until it is let go. */
  followCables(held: Observable<readonly HeldBoard[]>): void {
    held.subscribe((boards) => {
      this.#held = boards;
      for (const session of this.#sessions.values()) this.#tellCable(session);
    });
  }

  #tellCable(session: LiveDeviceSession): void {
    const { record, info = record.lastInfo } = session.state.value;
    session.heldBy(this.#held.find((board) => isOf(board, record, info))?.portId);
  }

  load(): Promise<void> {
    this.#loading ??= this.#read().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  stored(): Promise<readonly DeviceRecord[]> {
    return this.#ports.store.all();
  }

  async addNetwork(url: string, name: string): Promise<DeviceRecord> {
    const baseUrl = this.#ports.parseAddress(url);
    await this.load();
    const known = this.records.value?.find((record) => record.baseUrl === baseUrl);
    if (known) throw new DeviceBookError('DEVICE_EXISTS', 'a device with this address is there', { id: known.id, name: known.name });
    return this.#add({
      id: this.#ports.newId(),
      name: checkedName(name.trim() === '' ? new URL(baseUrl).host : name),
      kind: 'network',
      baseUrl,
    });
  }

  async addVirtual(name: string, build: Partial<Pick<BenchSettings, 'chip' | 'flashSizeMb'>> = {}): Promise<DeviceRecord> {
    const checked = checkedName(name);
    const id = `virtual-${this.#ports.newId().slice(0, 8)}`;
    const bench = await this.#ports.bench();
    await bench.create(id, { ...build, name: checked, bytesPerSecond: BOARD_BYTES_PER_SECOND });
    return this.#add({ id, name: checked, kind: 'virtual', baseUrl: `${this.#ports.virtualBase}${id}/` });
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#change(id, { name: checkedName(name) });
  }

  async setOnlyTrusted(id: string, product: string | undefined): Promise<void> {
    const onlyTrusted = product !== undefined;
    const { name } = await this.#change(id, { onlyTrusted, ...(onlyTrusted && { guardedProduct: product }) });
    this.#ports.record?.('trust-changed', { id, name, trustedOnly: onlyTrusted });
  }

  async remove(id: string): Promise<void> {
    const record = await this.#record(id);
    if (id === BUILT_IN_DEVICE_ID) throw new DeviceBookError('DEVICE_BUILT_IN', 'this device stays; reset it instead', { id });
    // First what can fail for reasons of the world: a device that is still listed can be removed again.
    if (record.kind === 'virtual') await (await this.#ports.bench()).forget(id);
    await this.#ports.store.delete(id);
    this.#ports.record?.('device-removed', record);
    await this.#changed();
    this.#tellHistory();
  }

  async session(id: string): Promise<LiveDeviceSession> {
    const record = await this.#record(id);
    const open = this.#sessions.get(id);
    if (open) return open;
    const { openLink } = this.#ports;
    const session = new LiveDeviceSession(record, {
      ...this.#ports,
      link: openLink(record),
      remember: (info, at) => this.#remember(id, info, at),
      rememberDoor: (door) => this.#rememberDoor(id, door),
      addHistory: (entry) => this.addHistory(entry),
    });
    this.#sessions.set(id, session);
    this.#tellCable(session);
    return session;
  }

  async history(id: string): Promise<readonly HistoryEntry[]> {
    return settleAttempts(id, await this.#ports.history.ofDevice(id), this.#ports);
  }

  /** Whoever shows a history reads it again. */
  historyChanged(): void {
    this.historyVersion.set(this.historyVersion.value + 1);
  }

  /** Also for the update runner. */
  async addHistory(entry: HistoryEntry): Promise<void> {
    await this.#ports.history.add(entry);
    this.#tellHistory();
  }

  /** What a hand did to a board, now. */
  noteAct(deviceId: string, act: 'power-cycle' | 'factory-reset'): Promise<void> {
    const { newId, clock } = this.#ports;
    return this.addHistory({ id: newId(), deviceId, at: clock.now(), act, outcome: 'done' });
  }

  async #add(record: Omit<DeviceRecord, 'addedAt'>): Promise<DeviceRecord> {
    const added: DeviceRecord = { ...record, addedAt: this.#ports.clock.now() };
    await this.#ports.store.put(added);
    this.#ports.record?.('device-added', added);
    await this.addHistory({ id: this.#ports.newId(), deviceId: added.id, at: added.addedAt, act: 'added', outcome: 'done' });
    await this.#changed();
    return added;
  }

  async #read(): Promise<void> {
    // The app may have moved to another path since; a virtual device always answers beside the app.
    const virtual = (record: DeviceRecord): DeviceRecord =>
      record.kind === 'virtual' ? { ...record, baseUrl: `${this.#ports.virtualBase}${record.id}/` } : record;
    const records = (await this.stored()).map(virtual);
    if (!records.some((record) => record.id === BUILT_IN_DEVICE_ID)) {
      const fresh = virtual({
        id: BUILT_IN_DEVICE_ID,
        name: BUILT_IN_DEVICE_ID,
        kind: 'virtual',
        baseUrl: '',
        addedAt: this.#ports.clock.now(),
      });
      await this.#ports.store.put(fresh);
      records.unshift(fresh);
    }
    this.records.set(records);
    for (const record of records) this.#sessions.get(record.id)?.rename(record);
    this.#closeSessionsBut(new Set(records.map(({ id }) => id)));
  }

  /** Also those of devices that another tab removed. */
  #closeSessionsBut(known: ReadonlySet<string>): void {
    for (const [id, session] of this.#sessions) {
      if (known.has(id)) continue;
      this.#sessions.delete(id);
      session.dispose();
    }
  }

  async #record(id: string): Promise<DeviceRecord> {
    await this.load();
    const record = this.records.value?.find((record) => record.id === id);
    if (!record) throw new DeviceBookError('DEVICE_UNKNOWN', 'no such device', { id });
    return record;
  }

  /** Gives the record as it was. */
  async #change(id: string, change: Pick<Partial<DeviceRecord>, 'name' | 'onlyTrusted' | 'guardedProduct'>): Promise<DeviceRecord> {
    const record = await this.#record(id);
    await this.#ports.store.change(id, change);
    await this.#changed();
    return record;
  }

  async #changed(): Promise<void> {
    await this.#read();
    this.#ports.notifier.tell('devices');
  }

  #remember(id: string, info: DeviceInfo, at: number): void {
    if (at - (this.#rememberedAt.get(id) ?? 0) < REMEMBER_EVERY_MS) return;
    this.#rememberedAt.set(id, at);
    // A full disk must not disturb a device that answers.
    const stored = this.#ports.store.change(id, { lastInfo: info, lastSeenAt: at });
    void stored.then(
      (record) => this.#keep(record),
      () => this.#rememberedAt.delete(id),
    );
  }

  /** As above: this page knows it in any case. */
  #rememberDoor(id: string, door: DeviceDoor): void {
    void this.#ports.store.change(id, door).then(
      (record) => {
        this.#keep(record);
        this.#ports.notifier.tell('devices');
      },
      () => undefined,
    );
  }

  #keep(record: DeviceRecord | undefined): void {
    if (!record) return;
    this.records.set(
      this.records.value?.map((known) => (known.id === record.id ? { ...known, ...record, baseUrl: known.baseUrl } : known)),
    );
  }

  #tellHistory(): void {
    this.historyChanged();
    this.#ports.notifier.tell('history');
  }
}

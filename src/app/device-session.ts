/**
 * One device as the page lives with it: what it says of itself, ten minutes of its vitals, and what is asked of it. When it is asked,
 * and what its silence means, its watch knows; who is signed in, its sign-in.
 */
import type { DeviceInfo, UpdateStatus } from '../core/ota/device-contract.ts';
import { DeviceSignIn, firstAuth } from './device-sign-in.ts';
import { DeviceWatch } from './device-watch.ts';
import { DeviceBookError, LinkError, UpdateError, isAbort, toProblem } from './errors.ts';
import type { DeviceDoor, DeviceRecord, DeviceState, HistoryEntry, VitalSample } from './model.ts';
import { Subject } from './observable.ts';
import type { CallOptions, Clock, DeviceDialect, DeviceLink, NewId, PageVisibility, RecordAct } from './ports.ts';
import type { DeviceSession } from './services.ts';
import type { StartWord } from './slot-word.ts';
import type { BoardServices } from './trust/services.ts';
import { isYounger } from './way-back.ts';

const VITALS_WINDOW_MS = 10 * 60_000;

export interface DeviceSessionPorts {
  readonly link: DeviceLink;
  readonly clock: Clock;
  readonly page: PageVisibility;
  readonly newId: NewId;
  /** Told of each answer, so that a card has something to say next time. */
  readonly remember: (info: DeviceInfo, at: number) => void;
  readonly rememberDoor: (door: DeviceDoor) => void;
  readonly addHistory: (entry: HistoryEntry) => Promise<void>;
  readonly record?: RecordAct;
  readonly trust?: () => Promise<BoardServices>;
}

function withVitals(vitals: readonly VitalSample[], sample: VitalSample): readonly VitalSample[] {
  const firstKept = vitals.findIndex((old) => sample.at - old.at <= VITALS_WINDOW_MS);
  return [...(firstKept === -1 ? [] : vitals.slice(firstKept)), sample];
}

export class LiveDeviceSession implements DeviceSession {
  readonly state: Subject<DeviceState>;
  readonly #ports: DeviceSessionPorts;
  readonly #watch: DeviceWatch;
  readonly #signIn: DeviceSignIn;
  /** Set once the device is removed. */
  #removed: DeviceBookError | undefined;

  constructor(record: DeviceRecord, ports: DeviceSessionPorts) {
    this.#ports = ports;
    const { clock, page } = ports;
    this.#watch = new DeviceWatch({
      clock,
      page,
      ask: async (signal) => {
        await this.#ask({ signal }).catch(() => undefined);
        this.#signIn.forgetExpired();
      },
    });
    const { lastInfo: info, lastSeenAt: seenAt } = record;
    this.state = new Subject<DeviceState>({
      record,
      link: this.#watch.link,
      dialect: 'unknown',
      auth: firstAuth(record, clock.now()),
      vitals: [],
      ...(info && { info }),
      ...(seenAt !== undefined && { seenAt }),
    });
    this.#signIn = new DeviceSignIn({ ...ports, state: this.state });
  }

  /** For the update runner, which talks to the same device with the same session. */
  get link(): DeviceLink {
    return this.#ports.link;
  }

  get token(): string | undefined {
    return this.#signIn.token;
  }

  watch(): () => void {
    return this.#watch.watch();
  }

  /** The device was removed, here or in another tab: it is asked nothing more, and whoever still shows it says so. */
  dispose(): void {
    this.#removed = new DeviceBookError('DEVICE_UNKNOWN', 'this device was removed', { id: this.state.value.record.id });
    this.#watch.end();
    this.logout();
    this.#change({ link: 'unreachable', problem: toProblem(this.#removed) });
  }

  rename(record: DeviceRecord): void {
    const { lastInfo: info } = record;
    // A cable changed its flash: what it said before is forgotten.
    this.#change(info?.version === '' ? { record, info } : { record });
  }

  async refresh(): Promise<DeviceInfo> {
    return this.#ask();
  }

  // ---- who is signed in ----

  async login(password: string): Promise<void> {
    await this.#signIn.login(password, await this.#dialect());
  }

  logout(): void {
    this.#signIn.logout();
  }

  async changePassword(password: string): Promise<void> {
    await this.#authorized((options) => this.#ports.link.changePassword(password, options));
    this.#signIn.passwordChanged();
  }

  /** A 401 or 429 in the middle of something: the session is over. */
  sawRefusal(error: unknown): void {
    this.#signIn.sawRefusal(error);
  }

  // ---- what is asked of it ----

  async reboot(): Promise<void> {
    const startedAt = this.#ports.clock.now();
    const before = await this.#ask();
    const dialect = await this.#dialect();
    await this.#authorized((options) => this.#ports.link.reboot({ ...options, dialect }));
    this.expectRestart();
    await this.#note({ act: 'restart', outcome: 'done', at: startedAt, fromVersion: before.version, durationMs: 0 });
  }

  async rollback(word?: StartWord): Promise<DeviceInfo> {
    const { link, newId } = this.#ports;
    const { switchSlot } = await import('./slot-switch.ts');
    const id = newId();
    return switchSlot({
      ...this.#ports,
      word,
      ask: () => this.#ask(),
      order: async () => {
        await this.#authorized((options) => link.rollback(options));
        this.expectRestart();
      },
      publish: (slotSwitch) => this.#change({ slotSwitch }),
      note: (entry) => this.#note(entry, id),
      device: this.state.value.record,
    });
  }

  async log(): Promise<string> {
    return this.#authorized((options) => this.#ports.link.log(options));
  }

  async updateStatus(): Promise<UpdateStatus> {
    return this.#authorized((options) => this.#ports.link.updateStatus(options));
  }

  // ---- what becomes of it ----

  /** It is as it was delivered. */
  wasReset(): void {
    this.#ports.record?.('device-reset', this.state.value.record);
    this.#signIn.wasReset();
    const { slotSwitch: _undone, ...rest } = this.state.value;
    this.state.set(rest);
    this.expectRestart();
  }

  /** Silence from now on is a restart, until the grace is over. */
  expectRestart(): void {
    this.#watch.expectRestart();
    this.#change({ link: this.#watch.link });
  }

  /** A cable of this page holds the chip in its boot loader, or (without a port) let go of it. */
  heldBy(portId: string | undefined): void {
    const { cable, problem: _over, ...rest } = this.state.value;
    if (cable === portId || this.#removed) return;
    if (portId === undefined) this.#watch.letGo();
    else this.#watch.hold();
    this.state.set({ ...rest, ...(portId !== undefined && { cable: portId }), link: this.#watch.link });
  }

  /** The device answered: to this session, or to a job that runs on it. */
  sawInfo(info: DeviceInfo, dialect: DeviceDialect): void {
    const at = this.#ports.clock.now();
    const { problem: _over, ...rest } = this.state.value;
    this.#watch.answered(info, rest.info);
    const vitals = withVitals(rest.vitals, { at, freeHeap: info.free_heap, rssi: info.rssi });
    this.state.set({ ...rest, info, seenAt: at, dialect, link: this.#watch.link, vitals });
    this.#ports.remember(info, at);
    // Most devices keep sessions in RAM: after a restart this one is asked whether it still knows ours, before a person needs it.
    if (rest.info && isYounger(info, rest.info) && this.token !== undefined) void this.updateStatus().catch(() => undefined);
  }

  /** The device did not answer. */
  sawSilence(error: unknown): void {
    if (isAbort(error)) return;
    const problem = this.#watch.silent(error);
    const { problem: _over, ...rest } = this.state.value;
    this.state.set({ ...rest, link: this.#watch.link, ...(problem && { problem }) });
  }

  // ---- inside ----

  async #ask(options: CallOptions = {}): Promise<DeviceInfo> {
    if (this.#removed) throw this.#removed;
    try {
      const { info, dialect } = await this.#ports.link.getInfo(options);
      if (options.signal?.aborted !== true) this.sawInfo(info, dialect);
      return info;
    } catch (error) {
      if (options.signal?.aborted !== true) this.sawSilence(error);
      throw error;
    }
  }

  async #dialect(): Promise<DeviceDialect> {
    if (this.state.value.dialect === 'unknown') await this.#ask();
    const { dialect } = this.state.value;
    return dialect === 'unknown' ? 'otter' : dialect;
  }

  async #authorized<T>(call: (options: CallOptions) => Promise<T>): Promise<T> {
    const dialect = await this.#dialect();
    const { token } = this;
    if (dialect === 'otter' && token === undefined) throw new UpdateError('NOT_SIGNED_IN', 'sign in first', {});
    try {
      return await call({ token });
    } catch (error) {
      this.sawRefusal(error);
      if (dialect === 's1' && error instanceof LinkError && error.code === 'NOT_A_DEVICE') {
        throw new LinkError('NOT_SUPPORTED', 'this device has no such call', {}, { cause: error });
      }
      throw error;
    }
  }

  #note(entry: Omit<HistoryEntry, 'id' | 'deviceId'>, id = this.#ports.newId()): Promise<void> {
    return this.#ports.addHistory({ ...entry, id, deviceId: this.state.value.record.id });
  }

  #change(change: Partial<DeviceState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}

/**
 * One device as the page lives with it: asks `info` again and again while somebody watches, keeps ten minutes of vitals,
 * knows an expected restart from an outage, and holds the session token in memory only.
 */
import type { DeviceInfo, UpdateStatus } from '../core/ota/device-contract.ts';
import { DeviceBookError, DeviceError, LinkError, UpdateError, isAbort, isAway, promisedReturnMs, toProblem } from './errors.ts';
import type { DeviceAuth, DeviceDoor, DeviceLinkState, DeviceRecord, DeviceState, HistoryEntry, VitalSample } from './model.ts';
import { Subject } from './observable.ts';
import type { CallOptions, Clock, DeviceDialect, DeviceLink, NewId, PageVisibility } from './ports.ts';
import type { DeviceSession } from './services.ts';
import { isYounger } from './way-back.ts';

const POLL_MS = 1500;
const MAX_BACK_OFF_MS = 30_000;
/** Of a device that is away for nobody knows how long, in a boot loader that this page does not hold perhaps. */
const AWAY_BACK_OFF_MS = 6000;
const VITALS_WINDOW_MS = 10 * 60_000;
/** For so long after a restart was asked for, silence is expected. */
const RESTART_GRACE_MS = 60_000;
/** From reset to an application in its network; a restart that nobody asked for and that takes longer is none. */
const BOOT_TIME_MS = 15_000;
const DEFAULT_LOCK_OUT_S = 600;

/** What the device says where nobody expects it back by itself. */
const LINK_OF_CODE: Readonly<Record<string, DeviceLinkState>> = { IN_BOOT_LOADER: 'boot-loader', NOT_STARTED: 'not-starting' };

export interface DeviceSessionPorts {
  readonly link: DeviceLink;
  readonly clock: Clock;
  readonly page: PageVisibility;
  readonly newId: NewId;
  /** Told of each answer, so that a card has something to say next time. */
  readonly remember: (info: DeviceInfo, at: number) => void;
  readonly rememberDoor: (door: DeviceDoor) => void;
  readonly addHistory: (entry: HistoryEntry) => Promise<void>;
}

/** A lock-out outlives a reload of the page. */
const firstAuth = ({ lockedUntil = 0 }: DeviceRecord, now: number): DeviceAuth =>
  lockedUntil > now ? { state: 'locked-out', until: lockedUntil } : { state: 'signed-out' };

const notBack = (cause: DeviceError): LinkError => new LinkError('TIMEOUT', 'it did not come back within its boot time', {}, { cause });

export class LiveDeviceSession implements DeviceSession {
  readonly #state: Subject<DeviceState>;
  readonly #ports: DeviceSessionPorts;
  #token: string | undefined;
  #expiry: { readonly at: number } | undefined;
  #watchers = 0;
  #polling: AbortController | undefined;
  #failures = 0;
  #promisedMs = 0;
  #restartExpectedUntil = 0;
  /** When it first did not answer. */
  #silentSince: number | undefined;
  /** Set once the device is removed. */
  #removed: DeviceBookError | undefined;
  readonly #stopWatchingPage: () => void;

  constructor(record: DeviceRecord, ports: DeviceSessionPorts) {
    this.#ports = ports;
    const { lastInfo: info, lastSeenAt: seenAt } = record;
    const known = { ...(info && { info }), ...(seenAt !== undefined && { seenAt }) };
    this.#state = new Subject<DeviceState>({
      record,
      link: 'connecting',
      dialect: 'unknown',
      auth: firstAuth(record, ports.clock.now()),
      vitals: [],
      ...known,
    });
    this.#stopWatchingPage = ports.page.visible.subscribe((visible) => {
      if (visible && this.#watchers > 0) this.#restartPolling();
    });
  }

  get state(): Subject<DeviceState> {
    return this.#state;
  }

  /** For the update runner, which talks to the same device with the same session. */
  get link(): DeviceLink {
    return this.#ports.link;
  }

  get token(): string | undefined {
    this.#forgetExpired();
    return this.#token;
  }

  watch(): () => void {
    if (++this.#watchers === 1) this.#restartPolling();
    let isWatching = true;
    return () => {
      if (!isWatching) return;
      isWatching = false;
      if (--this.#watchers === 0) this.#polling?.abort();
    };
  }

  /** The device was removed, here or in another tab: it is asked nothing more, and whoever still shows it says so. */
  dispose(): void {
    this.#removed = new DeviceBookError('DEVICE_UNKNOWN', 'this device was removed', { id: this.#state.value.record.id });
    this.#stopWatchingPage();
    this.#polling?.abort();
    this.logout();
    this.#change({ link: 'unreachable', problem: toProblem(this.#removed) });
  }

  rename(record: DeviceRecord): void {
    this.#change({ record });
  }

  async refresh(): Promise<DeviceInfo> {
    return this.#ask();
  }

  async login(password: string): Promise<void> {
    const { clock, link } = this.#ports;
    const dialect = await this.#dialect();
    try {
      const answer = await link.login(password, { dialect });
      this.#token = answer.token;
      const expiresAt = clock.now() + answer.expires_in * 1000;
      this.#expiry = { at: expiresAt };
      this.#change({ auth: { state: 'signed-in', mustChange: answer.must_change, expiresAt } });
      this.#noteDoor({ ownPassword: !answer.must_change, lockedUntil: 0 });
    } catch (error) {
      this.#noteRefusal(error);
      throw error;
    }
  }

  logout(): void {
    this.#token = undefined;
    this.#expiry = undefined;
    this.#change({ auth: { state: 'signed-out' } });
  }

  async changePassword(password: string): Promise<void> {
    await this.#authorized((options) => this.#ports.link.changePassword(password, options));
    const { auth } = this.#state.value;
    if (auth.state === 'signed-in') this.#change({ auth: { ...auth, mustChange: false } });
    this.#noteDoor({ ownPassword: true });
  }

  async reboot(): Promise<void> {
    const startedAt = this.#ports.clock.now();
    const before = await this.#ask();
    const dialect = await this.#dialect();
    await this.#authorized((options) => this.#ports.link.reboot({ ...options, dialect }));
    this.expectRestart();
    await this.#note({ act: 'restart', outcome: 'done', at: startedAt, fromVersion: before.version, durationMs: 0 });
  }

  async rollback(): Promise<DeviceInfo> {
    const { clock, link, newId } = this.#ports;
    const { switchSlot } = await import('./slot-switch.ts');
    const id = newId();
    return switchSlot({
      clock,
      ask: () => this.#ask(),
      order: async () => {
        await this.#authorized((options) => link.rollback(options));
        this.expectRestart();
      },
      publish: (slotSwitch) => this.#change({ slotSwitch }),
      note: (entry) => this.#note(entry, id),
    });
  }

  async log(): Promise<string> {
    return this.#authorized((options) => this.#ports.link.log(options));
  }

  async updateStatus(): Promise<UpdateStatus> {
    return this.#authorized((options) => this.#ports.link.updateStatus(options));
  }

  /** It is as it was delivered: its sessions, its password and its lock-out are gone. */
  wasReset(): void {
    this.logout();
    this.#noteDoor({ ownPassword: false, lockedUntil: 0 });
    const { slotSwitch: _undone, ...rest } = this.#state.value;
    this.#state.set(rest);
    this.expectRestart();
  }

  /** Silence from now on is a restart, until the grace is over. */
  expectRestart(): void {
    if (this.#state.value.cable !== undefined) return;
    this.#awaitReturn(RESTART_GRACE_MS);
  }

  /** A cable of this page holds the chip in its boot loader, or (without a port) let go of it. */
  heldBy(portId: string | undefined): void {
    const { cable, problem: _over, ...rest } = this.#state.value;
    if (cable === portId || this.#removed) return;
    if (portId !== undefined) {
      this.#polling?.abort();
      this.#state.set({ ...rest, cable: portId, link: 'boot-loader' });
      return;
    }
    this.#state.set({ ...rest, link: 'restarting' });
    this.#silentSince = undefined;
    this.#promisedMs = 0;
    // It was away: whatever answers now is another boot.
    this.#failures = 1;
    this.#awaitReturn(BOOT_TIME_MS);
    if (this.#watchers > 0) this.#restartPolling();
  }

  #awaitReturn(graceMs: number): void {
    this.#restartExpectedUntil = this.#ports.clock.now() + graceMs;
    this.#change({ link: 'restarting' });
  }

  /** The device answered: to this session, or to a job that runs on it. */
  sawInfo(info: DeviceInfo, dialect: DeviceDialect): void {
    const at = this.#ports.clock.now();
    const { problem: _over, ...rest } = this.#state.value;
    const isNewBoot = rest.info !== undefined && isYounger(info, rest.info);
    const isStillUp = this.#state.value.link === 'restarting' && !this.#isAnotherBoot(info) && at < this.#restartExpectedUntil;
    this.#failures = this.#promisedMs = 0;
    this.#silentSince = undefined;
    const link = isStillUp ? 'restarting' : rest.cable === undefined ? 'online' : 'boot-loader';
    if (link === 'online') this.#restartExpectedUntil = 0;
    this.#state.set({
      ...rest,
      info,
      seenAt: at,
      dialect,
      link,
      vitals: this.#withVitals({ at, freeHeap: info.free_heap, rssi: info.rssi }),
    });
    this.#ports.remember(info, at);
    if (isNewBoot && this.#token) void this.#checkSession();
  }

  /** The device did not answer. */
  sawSilence(error: unknown): void {
    if (isAbort(error)) return;
    this.#failures++;
    this.#promisedMs = promisedReturnMs(error);
    const now = this.#ports.clock.now();
    this.#silentSince ??= now;
    const { problem: _over, ...rest } = this.#state.value;
    const link = rest.cable === undefined ? this.#linkInSilence(error, now) : 'boot-loader';
    this.#state.set({ ...rest, link, ...(link === 'unreachable' && { problem: toProblem(isAway(error) ? notBack(error) : error) }) });
  }

  #linkInSilence(error: unknown, now: number): DeviceLinkState {
    const said = isAway(error) ? LINK_OF_CODE[error.code] : undefined;
    if (said) return said;
    const isPromised = isAway(error) && (this.#promisedMs > 0 || now - this.#silentSince! < BOOT_TIME_MS);
    return isPromised || now < this.#restartExpectedUntil ? 'restarting' : 'unreachable';
  }

  /** A 401 or 429 in the middle of something: the session is over. */
  sawRefusal(error: unknown): void {
    this.#noteRefusal(error);
  }

  // ---- polling ----

  #restartPolling(): void {
    this.#polling?.abort();
    if (this.#removed || this.#state.value.cable !== undefined) return;
    const polling = new AbortController();
    this.#polling = polling;
    this.#poll(polling.signal).catch((error: unknown) => {
      if (!polling.signal.aborted) throw error;
    });
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { clock, page } = this.#ports;
    // Hidden pages do not ask; becoming visible starts a new round.
    while (!signal.aborted && page.visible.value) {
      await this.#ask({ signal }).catch(() => undefined);
      this.#forgetExpired();
      await clock.sleep(this.#intervalMs(), signal);
    }
  }

  /** A question that is not answered is a line in the console of the browser: none is asked that the device said it will not answer. */
  #intervalMs(): number {
    const { link } = this.#state.value;
    const backOff = POLL_MS * 2 ** Math.min(this.#failures, 6);
    if (link === 'unreachable') return Math.min(backOff, MAX_BACK_OFF_MS);
    const isExpected = link === 'restarting' && this.#ports.clock.now() < this.#restartExpectedUntil;
    if (link !== 'online' && !isExpected && this.#promisedMs === 0) return Math.min(backOff / 2, AWAY_BACK_OFF_MS);
    return Math.max(POLL_MS, this.#promisedMs);
  }

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

  /** After a restart was asked for, the old boot may answer a moment longer. */
  #isAnotherBoot(info: DeviceInfo): boolean {
    const { info: before } = this.#state.value;
    if (!before || this.#failures > 0 || info.uptime_s === undefined || before.uptime_s === undefined) return true;
    return isYounger(info, before) || info.running !== before.running;
  }

  #withVitals(sample: VitalSample): readonly VitalSample[] {
    const { vitals } = this.#state.value;
    const firstKept = vitals.findIndex((old) => sample.at - old.at <= VITALS_WINDOW_MS);
    return [...(firstKept === -1 ? [] : vitals.slice(firstKept)), sample];
  }

  // ---- session ----

  async #dialect(): Promise<DeviceDialect> {
    if (this.#state.value.dialect === 'unknown') await this.#ask();
    const { dialect } = this.#state.value;
    return dialect === 'unknown' ? 'otter' : dialect;
  }

  async #authorized<T>(call: (options: CallOptions) => Promise<T>): Promise<T> {
    if ((await this.#dialect()) === 'otter' && this.token === undefined) throw new UpdateError('NOT_SIGNED_IN', 'sign in first', {});
    try {
      return await call({ token: this.#token });
    } catch (error) {
      this.#noteRefusal(error);
      if (error instanceof LinkError && error.code === 'NOT_A_DEVICE' && this.#state.value.dialect === 's1') {
        throw new LinkError('NOT_SUPPORTED', 'this device has no such call', {}, { cause: error });
      }
      throw error;
    }
  }

  /** Most devices keep sessions in RAM: after a restart this one is asked whether it still knows ours, before a person needs it. */
  async #checkSession(): Promise<void> {
    await this.updateStatus().catch(() => undefined);
  }

  #noteRefusal(error: unknown): void {
    if (!(error instanceof DeviceError)) return;
    if (error.code === 'LOCKED_OUT') {
      this.#token = undefined;
      this.#expiry = undefined;
      const until = this.#ports.clock.now() + (error.details.retryAfterS ?? DEFAULT_LOCK_OUT_S) * 1000;
      this.#change({ auth: { state: 'locked-out', until } });
      this.#noteDoor({ lockedUntil: until });
    } else if (error.code === 'NO_SESSION') {
      this.logout();
    }
  }

  #forgetExpired(): void {
    const now = this.#ports.clock.now();
    const { auth } = this.#state.value;
    if (this.#expiry && now >= this.#expiry.at) this.logout();
    else if (auth.state === 'locked-out' && now >= auth.until) this.#change({ auth: { state: 'signed-out' } });
  }

  #noteDoor(door: DeviceDoor): void {
    const { record } = this.#state.value;
    if (Object.entries(door).every(([name, value]) => record[name as keyof DeviceDoor] === value)) return;
    this.#change({ record: { ...record, ...door } });
    this.#ports.rememberDoor(door);
  }

  #note(entry: Omit<HistoryEntry, 'id' | 'deviceId'>, id = this.#ports.newId()): Promise<void> {
    return this.#ports.addHistory({ ...entry, id, deviceId: this.#state.value.record.id });
  }

  #change(change: Partial<DeviceState>): void {
    this.#state.set({ ...this.#state.value, ...change });
  }
}

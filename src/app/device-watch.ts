/**
 * When a device is asked, and what its answer or its silence says of it. Asked is while somebody watches and the page is seen: often
 * while it answers or is about to, seldom while nobody knows when it comes back, never while a cable holds it. Knows no wire, and nothing
 * of what the device says but its boots.
 */
import type { DeviceInfo } from '../core/ota/device-contract.ts';
import { LinkError, isAway, promisedReturnMs, toProblem } from './errors.ts';
import type { DeviceLinkState, Problem } from './model.ts';
import type { Clock, PageVisibility } from './ports.ts';
import { isYounger } from './way-back.ts';

const POLL_MS = 1500;
const MAX_BACK_OFF_MS = 30_000;
/** Of a device that is away for nobody knows how long, in a boot loader that this page does not hold perhaps. */
const AWAY_BACK_OFF_MS = 6000;
/** For so long after a restart was asked for, silence is expected. */
const RESTART_GRACE_MS = 60_000;
/** From reset to an application in its network; a restart that nobody asked for and that takes longer is none. */
const BOOT_TIME_MS = 15_000;

/** What the device says where nobody expects it back by itself. */
const LINK_OF_CODE: Readonly<Record<string, DeviceLinkState>> = { IN_BOOT_LOADER: 'boot-loader', NOT_STARTED: 'not-starting' };

const SAID_TO_BE_AWAY: ReadonlySet<DeviceLinkState> = new Set(Object.values(LINK_OF_CODE));

export interface DeviceWatchPorts {
  readonly clock: Clock;
  readonly page: PageVisibility;
  /** Asks once and never rejects; what comes of it is told to `answered` or `silent`. */
  readonly ask: (signal: AbortSignal) => Promise<void>;
}

export class DeviceWatch {
  readonly #ports: DeviceWatchPorts;
  readonly #stopWatchingPage: () => void;
  #link: DeviceLinkState = 'connecting';
  #watchers = 0;
  #polling: AbortController | undefined;
  #isHeld = false;
  #isOver = false;
  #failures = 0;
  #promisedMs = 0;
  #askedAt = -Infinity;
  #restartExpectedUntil = 0;
  /** When it first did not answer. */
  #silentSince: number | undefined;

  constructor(ports: DeviceWatchPorts) {
    this.#ports = ports;
    this.#stopWatchingPage = ports.page.visible.subscribe((visible) => {
      if (visible) this.#restartPolling();
    });
  }

  get link(): DeviceLinkState {
    return this.#link;
  }

  /** Nested calls count. */
  watch(): () => void {
    if (++this.#watchers === 1) this.#restartPolling(this.#owedMs());
    let isWatching = true;
    return () => {
      if (!isWatching) return;
      isWatching = false;
      if (--this.#watchers === 0) this.#polling?.abort();
    };
  }

  /** For good. */
  end(): void {
    this.#isOver = true;
    this.#stopWatchingPage();
    this.#polling?.abort();
  }

  /** A cable of this page has the chip in its boot loader: no application answers, whatever is heard. */
  hold(): void {
    this.#isHeld = true;
    this.#link = 'boot-loader';
    this.#polling?.abort();
  }

  /** The cable let go: it starts now. */
  letGo(): void {
    this.#isHeld = false;
    this.#silentSince = undefined;
    this.#promisedMs = 0;
    // It was away: whatever answers now is another boot.
    this.#failures = 1;
    this.expectRestart(BOOT_TIME_MS);
    this.#restartPolling();
  }

  /** Silence from now on is a restart, until the grace is over. */
  expectRestart(graceMs = RESTART_GRACE_MS): void {
    if (this.#isHeld) return;
    this.#restartExpectedUntil = this.#ports.clock.now() + graceMs;
    this.#link = 'restarting';
  }

  /** @param before what it said the last time */
  answered(info: DeviceInfo, before: DeviceInfo | undefined): void {
    const isStillUp = this.#link === 'restarting' && this.#isExpected && !this.#isAnotherBoot(info, before);
    this.#failures = this.#promisedMs = 0;
    this.#silentSince = undefined;
    this.#link = isStillUp ? 'restarting' : this.#isHeld ? 'boot-loader' : 'online';
    if (this.#link === 'online') this.#restartExpectedUntil = 0;
  }

  /** @returns why it cannot be reached, once that is what its silence means */
  silent(error: unknown): Problem | undefined {
    this.#failures++;
    this.#promisedMs = promisedReturnMs(error);
    this.#silentSince ??= this.#ports.clock.now();
    this.#link = this.#isHeld ? 'boot-loader' : this.#linkInSilence(error, this.#silentSince);
    if (this.#link !== 'unreachable') return undefined;
    return toProblem(isAway(error) ? new LinkError('TIMEOUT', 'it did not come back within its boot time', {}, { cause: error }) : error);
  }

  #linkInSilence(error: unknown, since: number): DeviceLinkState {
    const said = isAway(error) ? LINK_OF_CODE[error.code] : undefined;
    if (said) return said;
    const isStarting = isAway(error) && (this.#promisedMs > 0 || this.#ports.clock.now() - since < BOOT_TIME_MS);
    return isStarting || this.#isExpected ? 'restarting' : 'unreachable';
  }

  get #isExpected(): boolean {
    return this.#ports.clock.now() < this.#restartExpectedUntil;
  }

  /** After a restart was asked for, the old boot may answer a moment longer. */
  #isAnotherBoot(info: DeviceInfo, before: DeviceInfo | undefined): boolean {
    if (!before || this.#failures > 0 || info.uptime_s === undefined || before.uptime_s === undefined) return true;
    return isYounger(info, before) || info.running !== before.running;
  }

  /** What it just said to another view of it is not asked anew: the next question comes when it would have come. */
  #owedMs(): number {
    return SAID_TO_BE_AWAY.has(this.#link) ? this.#askedAt + this.#pauseMs() - this.#ports.clock.now() : 0;
  }

  #restartPolling(afterMs = 0): void {
    this.#polling?.abort();
    if (this.#watchers === 0 || this.#isOver || this.#isHeld) return;
    const polling = new AbortController();
    this.#polling = polling;
    this.#poll(polling.signal, afterMs).catch((error: unknown) => {
      if (!polling.signal.aborted) throw error;
    });
  }

  async #poll(signal: AbortSignal, afterMs: number): Promise<void> {
    const { clock, page, ask } = this.#ports;
    if (afterMs > 0) await clock.sleep(afterMs, signal);
    // Hidden pages do not ask; becoming visible starts a new round.
    while (!signal.aborted && page.visible.value) {
      this.#askedAt = clock.now();
      await ask(signal);
      await clock.sleep(this.#pauseMs(), signal);
    }
  }

  /** A question that is not answered is a line in the console of the browser: none is asked that the device said it will not answer. */
  #pauseMs(): number {
    const link = this.#link;
    const backOff = POLL_MS * 2 ** Math.min(this.#failures, 6);
    if (link === 'unreachable') return Math.min(backOff, MAX_BACK_OFF_MS);
    const isAwaited = this.#promisedMs > 0 || (link === 'restarting' && this.#isExpected);
    if (link !== 'online' && !isAwaited) return Math.min(backOff / 2, AWAY_BACK_OFF_MS);
    return Math.max(POLL_MS, this.#promisedMs);
  }
}

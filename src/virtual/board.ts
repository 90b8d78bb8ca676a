/**
 * One board and its life: it starts, confirms its firmware or does not, crashes, rolls back, runs stable. Nothing ticks; whoever
 * looks first calls `advance(now)`, and everything that was due since happens then, at the times at which it was due.
 * Knows no network, no disk and no clock of its own.
 */
import { ImageError } from '../core/image/image-error.ts';
import type { OtaState } from '../core/image/model.ts';
import { otaSlotForSeq } from '../core/image/otadata.ts';
import type { BoardState, Power } from './board-state.ts';
import {
  applicationLines,
  downloadLines,
  foreignLine,
  loadedLine,
  logLine,
  notBootableLines,
  panicLines,
  partitionLines,
  romLines,
  secondStageLines,
  segmentLines,
  type LogLevel,
} from './boot-log.ts';
import { planBoot, selectSlot } from './boot-selection.ts';
import { chipModel, type ResetReason } from './chip-model.ts';
import { FlashError, type NorFlash } from './flash.ts';
import { PARTITION } from './partition-schemes.ts';
import { storedNetwork, storeNetwork } from './network-store.ts';
import { findSecondStage, NO_SECOND_STAGE } from './second-stage.ts';
import { bootProblem, Slots, type AppSlot, type BootRules, type SlotImage } from './slots.ts';
import { vitalsAt, type Vitals } from './vitals.ts';

/** From reset to the first answer of the web server. */
export const BOOT_MS = 2_500;
const CRASH_AFTER_MS = 900;
/** After it is reachable, a healthy application tests itself and marks its slot valid. */
export const SELF_TEST_MS = 3_000;
/** S0: new firmware has 30 s, then it is reset and the boot loader goes back. */
export const CONFIRM_LIMIT_MS = 30_000;
/** S1: a minute of stable running clears the boot counter; above three starts without one it goes back. */
export const STABLE_AFTER_MS = 60_000;
export const MAX_UNSTABLE_BOOTS = 3;
const POWER_RETURNS_AFTER_MS = 200;
/** The ROM's watchdog, when nothing was started. */
const BOOT_LOOP_MS = 360;
const MAX_LOG_LINES = 400;
/** A board that nobody looks at may crash for days: what was due beyond these is skipped. */
const MAX_EVENTS_AT_ONCE = 48;

export const isPowerLost = (error: unknown): boolean => error instanceof FlashError && error.code === 'POWER_LOST';

const STAMP = /^[IWE] \((\d+)\) /;

export class Board {
  /** Hears each line with the moment at which it comes out of the UART: what a start prints is known when it begins. */
  onPrint: ((line: string, atMs: number) => void) | undefined;
  readonly flash: NorFlash;
  readonly slots: Slots;
  #state: BoardState;
  #isChanged: boolean;

  constructor(flash: NorFlash, state: BoardState, isNew: boolean) {
    this.flash = flash;
    this.slots = new Slots(flash);
    this.#state = state;
    this.#isChanged = isNew;
    flash.schedulePowerCut(state.bench.powerCutAtOperation);
  }

  get state(): BoardState {
    return this.#state;
  }

  change(change: Partial<BoardState>): void {
    this.#state = { ...this.#state, ...change };
    this.#isChanged = true;
  }

  /** The state when it changed since the last call. */
  takeChangedState(): BoardState | undefined {
    const remaining = this.flash.operationsUntilPowerCut;
    if (remaining !== this.#state.bench.powerCutAtOperation)
      this.change({ bench: { ...this.#state.bench, powerCutAtOperation: remaining } });
    const changed = this.#isChanged;
    this.#isChanged = false;
    return changed ? this.#state : undefined;
  }

  get rules(): BootRules {
    return { chip: this.#state.bench.chip, secureVersion: this.#state.secureVersion };
  }

  /** ms until it answers; 0 = it does. A board that found nothing to start, or waits for a flasher, never will. */
  answersIn(nowMs: number): number {
    const { power } = this.#state;
    if (power.kind === 'on') return Math.max(0, power.readyAt - nowMs);
    return power.kind === 'off' ? Math.max(1, power.returnsAt + BOOT_MS - nowMs) : Infinity;
  }

  /** When something happens by itself next; `undefined`: nothing will. */
  get nextEventAt(): number | undefined {
    return this.#nextEvent()?.atMs;
  }

  /** The slot whose application runs. */
  get running(): AppSlot | undefined {
    const { power } = this.#state;
    return power.kind === 'on' ? this.slots.byLabel(power.slot) : undefined;
  }

  /** The OTA slot that an update is written to: the one after the running one. */
  get updateTarget(): AppSlot | undefined {
    const { otaCount } = this.slots.layout;
    const running = this.running?.otaIndex ?? -1;
    const target = this.slots.byIndex((running + 1) % Math.max(1, otaCount));
    return target?.otaIndex === running ? undefined : target;
  }

  /** The slot that otadata names, as `esp_ota_get_boot_partition` tells it. */
  get nextBoot(): AppSlot | undefined {
    const otadata = this.slots.otadata;
    if (otadata?.active === undefined) return this.running;
    return this.slots.byIndex(otaSlotForSeq(otadata.entries[otadata.active].seq, this.slots.layout.otaCount));
  }

  /** The running firmware is on trial: it has not marked its slot valid yet. */
  get isOnTrial(): boolean {
    const otadata = this.slots.otadata;
    const entry = otadata?.active === undefined ? undefined : otadata.entries[otadata.active];
    return entry?.state === 'PENDING_VERIFY' && this.nextBoot?.otaIndex === this.running?.otaIndex;
  }

  /** What otadata says of a slot. */
  slotState(slot: AppSlot): OtaState {
    const { otaCount } = this.slots.layout;
    const entries = (this.slots.otadata?.entries ?? []).filter(
      ({ seq, state, counts }) => otaSlotForSeq(seq, otaCount) === slot.otaIndex && (counts || state === 'INVALID' || state === 'ABORTED'),
    );
    return entries.sort((a, b) => b.seq - a.seq)[0]?.state ?? 'UNDEFINED';
  }

  async imageIn(slot: AppSlot): Promise<SlotImage | ImageError> {
    return await this.slots.imageIn(slot, this.#state.fileBytes[slot.label]);
  }

  /** The last write to it did not end, or was refused, whatever lies there: its length is 0 until the last proof. */
  isUnproven(slot: AppSlot): boolean {
    return this.#state.fileBytes[slot.label] === 0;
  }

  /** Another OTA slot with an image that would start, was proven when it was written and has not failed before. */
  async rollbackTarget(): Promise<AppSlot | undefined> {
    const running = this.running?.otaIndex;
    for (const slot of this.slots.app) {
      const state = this.slotState(slot);
      if (slot.otaIndex < 0 || slot.otaIndex === running || state === 'ABORTED' || state === 'INVALID' || this.isUnproven(slot)) continue;
      if (bootProblem(await this.imageIn(slot), this.rules) === undefined) return slot;
    }
    return undefined;
  }

  /** Makes the boot loader choose this slot at the next start. Two flash operations, neither of which touches the entry in use. */
  selectNext(slot: AppSlot, state: OtaState): void {
    const { otadata, layout } = this.slots;
    if (!otadata) throw new RangeError('this board has no otadata');
    this.slots.writeEntry(selectSlot(otadata.entries, slot.otaIndex, layout.otaCount, state));
  }

  /** The network that the application was given, as its NVS has it. */
  get network(): string | undefined {
    return storedNetwork(this.flash, this.slots.data(PARTITION.nvs));
  }

  joinNetwork(network: string): void {
    storeNetwork(this.flash, this.slots.data(PARTITION.nvs), network);
  }

  vitals(nowMs: number, updating: boolean): Vitals {
    const { seed, bench, power } = this.#state;
    return vitalsAt({ seed, nowMs, bootedAtMs: power.bootedAt, heapBytes: chipModel(bench.chip).freeHeap, updating });
  }

  /** A line of the application on the console. */
  log(nowMs: number, level: LogLevel, text: string): void {
    this.#print(nowMs, logLine(level, Math.max(0, nowMs - this.#state.power.bootedAt), 'ota', text));
  }

  /** A restart that was asked for: it does not count as unstable. */
  async restart(atMs: number): Promise<void> {
    this.change({ unstableBoots: 0 });
    await this.boot(atMs, 'SW');
  }

  /** From reset on. A power cut on the way starts it again once the power is back. */
  async boot(atMs: number, reason: ResetReason): Promise<void> {
    try {
      await this.#start(atMs, reason);
    } catch (error) {
      if (!isPowerLost(error)) throw error;
      await this.boot(atMs + POWER_RETURNS_AFTER_MS, 'POWERON');
    }
  }

  /** Reset with IO0 held low: the ROM waits for a flasher, the application does not run. */
  enterDownload(atMs: number, reason: ResetReason = 'POWERON'): void {
    this.flash.powerOn();
    // Whoever flashes it asks for the starts that follow.
    this.change({ power: { kind: 'download', bootedAt: atMs, reason }, isStable: false, unstableBoots: 0 });
    this.#print(atMs, ...downloadLines(this.#state.bench, reason));
  }

  /** Without power, or held in reset; it starts again by itself at `returnsAt`. */
  switchOff(atMs: number, returnsAt: number): void {
    this.change({ power: { kind: 'off', bootedAt: atMs, reason: 'POWERON', returnsAt }, isStable: false });
  }

  /** Lets everything happen that was due until `nowMs`. */
  async advance(nowMs: number): Promise<void> {
    for (let events = 1; ; events++) {
      const event = this.#nextEvent();
      if (!event || event.atMs > nowMs) return;
      const atMs = events > MAX_EVENTS_AT_ONCE ? nowMs : event.atMs;
      try {
        await event.happen(atMs);
      } catch (error) {
        if (!isPowerLost(error)) throw error;
        await this.boot(atMs + POWER_RETURNS_AFTER_MS, 'POWERON');
      }
    }
  }

  #nextEvent(): { readonly atMs: number; readonly happen: (atMs: number) => Promise<void> | void } | undefined {
    const { power, isStable } = this.#state;
    if (power.kind === 'off') return { atMs: power.returnsAt, happen: (atMs) => this.boot(atMs, 'POWERON') };
    if (power.kind === 'halted' && power.loops) return { atMs: power.bootedAt + BOOT_LOOP_MS, happen: (atMs) => this.boot(atMs, 'WDT') };
    if (power.kind !== 'on') return undefined;
    if (power.rehearsal === 'crash-at-boot') return { atMs: power.bootedAt + CRASH_AFTER_MS, happen: (atMs) => this.#crash(atMs) };
    if (this.isOnTrial) {
      return power.rehearsal === 'never-confirms'
        ? { atMs: power.readyAt + CONFIRM_LIMIT_MS, happen: (atMs) => this.#giveUp(atMs) }
        : { atMs: power.readyAt + SELF_TEST_MS, happen: (atMs) => this.#confirm(atMs) };
    }
    return isStable ? undefined : { atMs: power.readyAt + STABLE_AFTER_MS, happen: (atMs) => this.#becomeStable(atMs) };
  }

  async #start(atMs: number, reason: ResetReason): Promise<void> {
    const { bench, bootCount } = this.#state;
    this.flash.powerOn();
    this.change({ power: { kind: 'halted', bootedAt: atMs, reason }, bootCount: bootCount + 1, isStable: false });
    const found = bench.serialBootLoop ? NO_SECOND_STAGE : await findSecondStage(this.flash, bench.chip);
    this.#print(atMs, ...romLines(bench.chip, reason), ...found.lines);
    if (!found.image) return this.change({ power: { kind: 'halted', bootedAt: atMs, reason, loops: true } });
    this.#print(atMs, ...secondStageLines(bench.chip, found.image));
    try {
      this.#print(atMs, ...partitionLines(this.slots.partitions));
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      this.#print(atMs, logLine('E', 61, 'flash_parts', error.message), logLine('E', 61, 'boot', 'Failed to verify partition table'));
      return;
    }
    const plan = planBoot(this.slots.otadata?.entries, this.slots.layout);
    for (const write of plan.writes) this.slots.writeEntry(write);
    for (const index of plan.order) {
      const slot = this.slots.byIndex(index);
      if (slot && (await this.#tryToLaunch(slot, atMs, reason))) return;
    }
    this.#print(atMs, logLine('E', 130, 'boot', 'No bootable app partitions in the partition table'));
  }

  async #tryToLaunch(slot: AppSlot, atMs: number, reason: ResetReason): Promise<boolean> {
    const found = await this.imageIn(slot);
    const problem = bootProblem(found, this.rules);
    if (problem !== undefined || found instanceof ImageError) {
      this.#print(atMs, ...notBootableLines(slot, problem ?? ''));
      return false;
    }
    const { image } = found;
    const isForeign = found.rehearsal === undefined;
    const rehearsal = found.rehearsal ?? 'healthy';
    this.#print(atMs, ...segmentLines(slot, image), loadedLine(slot), ...applicationLines(this.#state.bench.chip, image));
    const power: Power = { kind: 'on', slot: slot.label, bootedAt: atMs, readyAt: atMs + BOOT_MS, reason, rehearsal };
    const unstableBoots = this.#state.unstableBoots + 1;
    this.change({ power, unstableBoots, heapLow: chipModel(this.#state.bench.chip).freeHeap });
    // Firmware that knows nothing of a virtual board has no such guard that could be known of.
    if (!isForeign && unstableBoots > MAX_UNSTABLE_BOOTS && (await this.#goBack(atMs))) return true;
    if (isForeign) this.#print(atMs, foreignLine(BOOT_MS));
    else if (rehearsal !== 'crash-at-boot')
      this.#print(atMs, logLine('I', BOOT_MS - 40, 'wifi', 'got ip'), logLine('I', BOOT_MS, 'ota', 'web server started'));
    return true;
  }

  /** The application's own guard, early in its start. */
  async #goBack(atMs: number): Promise<boolean> {
    const target = await this.rollbackTarget();
    if (!target) return false;
    this.log(atMs + 600, 'W', `${this.#state.unstableBoots} starts without a stable minute: going back to ${target.label}`);
    this.selectNext(target, 'NEW');
    await this.restart(atMs + 700);
    return true;
  }

  async #crash(atMs: number): Promise<void> {
    this.#print(atMs, ...panicLines(this.#state.bench.chip, 0x400d0000 + (this.#state.seed & 0xfffc)));
    await this.boot(atMs, 'PANIC');
  }

  async #giveUp(atMs: number): Promise<void> {
    this.log(atMs, 'W', `firmware did not confirm itself within ${CONFIRM_LIMIT_MS / 1000} s: restarting`);
    await this.boot(atMs, 'SW');
  }

  /** `esp_ota_mark_app_valid_cancel_rollback()`, and with it the eFuse of anti-rollback follows. */
  async #confirm(atMs: number): Promise<void> {
    const otadata = this.slots.otadata;
    if (!this.running || otadata?.active === undefined) return;
    this.slots.writeEntry({ entry: otadata.active, seq: otadata.entries[otadata.active].seq, state: 'VALID' });
    const found = await this.imageIn(this.running);
    if (found instanceof ImageError) return;
    if (found.rehearsal !== undefined) this.log(atMs, 'I', `self-test passed: ${this.running.label} is valid`);
    this.change({ secureVersion: Math.max(this.#state.secureVersion, found.image.appDescriptor?.secureVersion ?? 0) });
  }

  async #becomeStable(atMs: number): Promise<void> {
    this.change({ isStable: true, unstableBoots: 0 });
    const found = this.running && (await this.imageIn(this.running));
    if (found && !(found instanceof ImageError) && found.rehearsal !== undefined)
      this.log(atMs, 'I', 'running stable: boot counter cleared');
  }

  /** @param atMs when the first of them is printed, unless it says itself how long after the start */
  #print(atMs: number, ...lines: readonly string[]): void {
    this.change({ log: [...this.#state.log, ...lines].slice(-MAX_LOG_LINES) });
    if (!this.onPrint) return;
    let dueAtMs = atMs;
    for (const line of lines) {
      const stamp = STAMP.exec(line)?.[1];
      if (stamp !== undefined) dueAtMs = Math.max(dueAtMs, this.#state.power.bootedAt + Number(stamp));
      this.onPrint(line, dueAtMs);
    }
  }
}

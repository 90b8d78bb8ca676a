/**
 * One virtual device between its board, its disk and its doors: restores it, lets the time that has passed happen, runs one request
 * at a time, and stores what changed before anything is answered. The doors themselves are `http-door.ts` and `bench-door.ts`.
 */
import { OtterError } from '../../core/errors.ts';
import type { DeviceErrorCode } from '../../core/ota/device-contract.ts';
import { DEFAULT_BENCH, type BenchSettings } from '../bench.ts';
import { parseBoardState, type Power } from '../board-state.ts';
import { Board } from '../board.ts';
import { FlashError, NorFlash } from '../flash.ts';
import { provisionBoard, upgradeBoard } from '../provision.ts';
import type { Clock, DeviceChange, DeviceStorage, RandomSource } from '../storage.ts';
import { Access } from './access.ts';
import { DeviceError } from './device-error.ts';

export interface DeviceSurroundings {
  readonly id: string;
  readonly storage: DeviceStorage;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** The application image that a board of this chip leaves the factory with. */
  readonly factory: (chip: BenchSettings['chip']) => Promise<Uint8Array>;
  readonly passwordRounds?: number | undefined;
  /** Of its web server, as it tells it to whoever gave it a network. */
  readonly address?: string;
}

/** The disk said no: what is in memory is no longer what is stored, so this object must not be used again. */
export class DeviceStorageError extends OtterError<'STORAGE_FAILED', { readonly id: string }> {
  override readonly name = 'DeviceStorageError';
}

/** Who looks at the board over the wire. */
interface DeviceWatcher {
  /** A line of the console, and when it comes out. */
  onPrint(line: string, atMs: number): void;
  /** This object speaks for the board no longer. */
  onOver(): void;
}

/** An update that has the device for itself. */
export interface UpdateClaim {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Call once, when all is over. */
  release(): void;
}

interface ActiveUpdate {
  readonly controller: AbortController;
  readonly done: Promise<void>;
  writing: string | undefined;
}

const SILENCE = {
  halted: ['NOT_STARTED', 'the boot loader found no firmware to start'],
  download: ['IN_BOOT_LOADER', 'the chip waits for a flasher on its serial port: no application runs until it is reset'],
  off: ['REBOOTING', 'the board has no power, or is held in reset'],
} as const satisfies Readonly<Record<Exclude<Power['kind'], 'on'>, readonly [DeviceErrorCode, string]>>;

/** A new board was plugged in a while ago: it runs, and has run stable. */
const POWERED_BEFORE_MS = 95_000;
/** Flash of any size has fewer 64 KiB blocks than this. */
const MAX_BLOCKS = 256;

export class VirtualDevice {
  readonly surroundings: DeviceSurroundings;
  #board: Board;
  #access: Access;
  #update: ActiveUpdate | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #over: Error | undefined;
  #watcher: DeviceWatcher | undefined;

  private constructor(surroundings: DeviceSurroundings, board: Board) {
    this.surroundings = surroundings;
    this.#board = board;
    this.#access = this.#accessTo(board);
  }

  /** As it was stored; `undefined` when it never was. */
  static async restore(surroundings: DeviceSurroundings): Promise<VirtualDevice | undefined> {
    const stored = await surroundings.storage.load();
    const known = stored && parseBoardState(stored.state);
    if (!known) return undefined;
    const flash = new NorFlash(known.bench.flashSizeMb << 20, stored.blocks);
    const state = await upgradeBoard(flash, known);
    const isCut = state.update.state === 'running';
    const board = new Board(
      flash,
      isCut ? { ...state, update: { ...state.update, state: 'interrupted' } } : state,
      isCut || state !== known,
    );
    // Whoever held it in reset went with the object that spoke for it.
    if (state.power.kind === 'off') board.switchOff(state.power.bootedAt, Math.min(state.power.returnsAt, surroundings.clock.now()));
    return new VirtualDevice(surroundings, board);
  }

  /** A new board, stored. */
  static async provision(surroundings: DeviceSurroundings, name: string, settings: Partial<BenchSettings>): Promise<VirtualDevice> {
    const bench = { ...DEFAULT_BENCH, ...settings };
    const poweredAtMs = surroundings.clock.now() - POWERED_BEFORE_MS;
    const device = new VirtualDevice(surroundings, await newBoard(surroundings, name, bench, poweredAtMs));
    await device.#board.advance(device.now);
    await device.#saveAll();
    return device;
  }

  get board(): Board {
    return this.#board;
  }

  get access(): Access {
    return this.#access;
  }

  get now(): number {
    return this.surroundings.clock.now();
  }

  /** True once the disk has failed or the object was retired: whoever needs the device restores it anew. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** Answers everything with `reason` from now on and stores nothing more, so that another object can speak for the board. */
  retire(reason: Error): void {
    this.#end(reason);
    this.#update?.controller.abort(reason);
  }

  /** One at a time; the board may be replaced under it. */
  watch(watcher: DeviceWatcher): void {
    this.#watcher = watcher;
    this.#board.onPrint = watcher.onPrint;
  }

  get isUpdating(): boolean {
    return this.#update !== undefined;
  }

  /** Label of the partition that an update writes just now. */
  get writing(): string | undefined {
    return this.#update?.writing;
  }

  set writing(label: string) {
    if (this.#update) this.#update.writing = label;
  }

  /** Runs alone, after everything that was asked for earlier, with the time that has passed made good. */
  exclusive<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      if (this.#over) throw this.#over;
      await this.#board.advance(this.now);
      return await task();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** `exclusive`, and with no update under way: one that runs is ended as a pulled plug would. */
  async withoutUpdate<T>(task: () => Promise<T>): Promise<T> {
    for (;;) {
      const running = this.#update;
      running?.controller.abort(new FlashError('POWER_LOST', 'the power was cut', { offset: 0, operation: 0 }));
      await running?.done;
      // Another may have begun while this waited for its turn.
      const outcome = await this.exclusive(async () => (this.#update ? undefined : { value: await task() }));
      if (outcome) return outcome.value;
    }
  }

  /** @throws DeviceError while no application answers: it says why, where a real board would be silent */
  assertAnswers(): void {
    const waitMs = this.#board.answersIn(this.now);
    const { kind } = this.#board.state.power;
    if (waitMs > 0 && kind !== 'on') {
      const [code, why] = SILENCE[kind];
      throw new DeviceError(code, why);
    }
    if (waitMs > 0) throw new DeviceError('REBOOTING', 'the device is starting', { retryAfterS: Math.ceil(waitMs / 1000) });
  }

  /** @throws DeviceStorageError */
  async save(durability: 'relaxed' | 'strict' = 'relaxed', end?: number): Promise<void> {
    const blocks = this.#board.flash.takeDirty(end);
    await this.#commit(blocks, durability);
  }

  /** @throws DeviceError UPDATE_RUNNING */
  claimUpdate(): UpdateClaim {
    if (this.#update) throw new DeviceError('UPDATE_RUNNING', 'another update is running');
    const controller = new AbortController();
    let resolve = (): void => undefined;
    const done = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.#update = { controller, done, writing: undefined };
    return {
      signal: controller.signal,
      abort: (reason) => controller.abort(reason),
      release: () => {
        this.#update = undefined;
        resolve();
      },
    };
  }

  /** Settles when no update runs. */
  async untilIdle(): Promise<void> {
    await this.#update?.done;
  }

  /** An update that runs is over, and nobody can say more about it. */
  cutShort(): void {
    const { update } = this.#board.state;
    if (update.state === 'running') this.#board.change({ update: { ...update, state: 'interrupted' } });
  }

  /** The supply went during a flash operation: whoever was talking hears nothing more, the board starts again. */
  async powerLost(): Promise<void> {
    this.cutShort();
    await this.#board.boot(this.now, 'POWERON');
    await this.save();
  }

  /** The same board (MAC, eFuse), everything else as new. */
  async provisionAgain(bench: BenchSettings): Promise<void> {
    const { name, mac, seed, secureVersion } = this.#board.state;
    this.#board = await newBoard(this.surroundings, name, bench, this.now);
    this.#board.change({ mac, seed, secureVersion });
    this.#board.onPrint = this.#watcher?.onPrint;
    this.#access = this.#accessTo(this.#board);
    await this.#saveAll();
  }

  #end(reason: Error): void {
    if (this.#over) return;
    this.#over = reason;
    this.#watcher?.onOver();
  }

  #accessTo(board: Board): Access {
    return new Access(board, this.surroundings.random, this.surroundings.passwordRounds);
  }

  /** Forgets stored blocks that this flash does not have. */
  async #saveAll(): Promise<void> {
    const all = Array.from({ length: MAX_BLOCKS }, (_, index) => [index, null] as const);
    await this.#commit(new Map([...all, ...this.#board.flash.takeDirty()]), 'relaxed');
  }

  async #commit(blocks: DeviceChange['blocks'], durability: 'relaxed' | 'strict'): Promise<void> {
    if (this.#over) throw this.#over;
    const state = this.#board.takeChangedState();
    if (blocks.size === 0 && !state) return;
    const { storage, id } = this.surroundings;
    try {
      await storage.commit({ blocks, durability, ...(state && { state }) });
    } catch (cause) {
      const failure = new DeviceStorageError('STORAGE_FAILED', 'the browser could not store the virtual device', { id }, { cause });
      this.#end(failure);
      throw failure;
    }
  }
}

async function newBoard(surroundings: DeviceSurroundings, name: string, bench: BenchSettings, nowMs: number): Promise<Board> {
  const { factory, random, passwordRounds } = surroundings;
  return await provisionBoard({ name, bench, firmware: await factory(bench.chip), random, nowMs, passwordRounds });
}

/**
 * One stay of the board in download mode: the boot loader over the board's flash, and the disk behind the flash. Once it is over, whatever
 * the boot loader still does reaches nobody.
 */
import { COMMANDS } from '../../../core/serial/packet.ts';
import { SLIP_END } from '../../../core/serial/slip.ts';
import type { ChipTarget } from '../../../core/serial/target-model.ts';
import { TARGETS } from '../../../core/serial/targets.ts';
import type { BenchSettings } from '../../bench.ts';
import type { Board } from '../../board.ts';
import type { VirtualDevice } from '../virtual-device.ts';
import type { ChipSecurity } from './chip-registers.ts';
import { DownloadMode } from './download-mode.ts';
import type { RestartTarget } from './loader.ts';

export type LeavingTo = RestartTarget | 'power-lost';

interface DownloadSessionParts {
  readonly device: VirtualDevice;
  /** At which the first bytes came: the ROM measured it. */
  readonly baudRate: number;
  readonly send: (bytes: Uint8Array) => void;
  readonly setBaudRate: (baudRate: number) => void;
  /** The chip started something else, or lost its power over a flash operation. */
  readonly onLeave: (how: LeavingTo) => void;
  readonly onFailure: (error: unknown) => void;
  /** `saveDueAtMs` is another. */
  readonly onDue: () => void;
}

/** While a flasher writes, the disk gets what changed as often as this. */
const SAVE_MS = 500;

/** Replies by which a flasher knows that something is in the flash: they wait for the disk. */
const PROMISES: ReadonlySet<number | undefined> = new Set([
  COMMANDS.SPI_FLASH_MD5.opcode,
  COMMANDS.FLASH_END.opcode,
  COMMANDS.FLASH_DEFL_END.opcode,
  COMMANDS.ERASE_FLASH.opcode,
]);
const REPLY = 0x01;

/** A fuse that the chip does not have cannot be burnt. */
function burntInto({ chip, fuseFlashEncryption, fuseSecureBoot, fuseSecureDownload }: BenchSettings): ChipSecurity {
  const { security }: ChipTarget = TARGETS[chip];
  const download = fuseSecureDownload && security?.secureDownload !== undefined;
  return { download, flashEncryption: fuseFlashEncryption, secureBoot: fuseSecureBoot };
}

export class DownloadSession {
  readonly #parts: DownloadSessionParts;
  readonly #board: Board;
  readonly #power: object;
  readonly #mode: DownloadMode;
  readonly #end = new AbortController();
  readonly #ended: Promise<void>;
  #sending: Promise<void> | undefined;
  #saving: Promise<void> | undefined;
  #isChanged = false;
  #savedAtMs: number;

  constructor(parts: DownloadSessionParts) {
    const { device, baudRate, setBaudRate } = parts;
    this.#parts = parts;
    this.#board = device.board;
    this.#power = device.board.state.power;
    this.#savedAtMs = device.now;
    this.#ended = new Promise((resolve) => this.#end.signal.addEventListener('abort', () => resolve(), { once: true }));
    const { bench } = this.#board.state;
    this.#mode = new DownloadMode({
      chip: bench.chip,
      secure: burntInto(bench),
      mac: this.#board.state.mac.toLowerCase(),
      flash: this.#board.flash,
      baudRate,
      ...(bench.serialStubFails && { stubFails: true }),
      send: (bytes) => this.#send(bytes),
      setBaudRate: (rate) => this.#isOver || setBaudRate(rate),
      wait: (ms) => this.#wait(ms),
      onFlashChanged: () => this.#changed(),
      onPowerLost: () => this.#leave('power-lost'),
      restart: (into) => this.#restart(into),
    });
  }

  /** The board is still in the same stay, whatever happened elsewhere. */
  get isCurrent(): boolean {
    const { device } = this.#parts;
    return !this.#isOver && device.board === this.#board && device.board.state.power === this.#power;
  }

  /** Resolves when the chip takes more, or is no longer there to take it. */
  async receive(bytes: Uint8Array): Promise<void> {
    await Promise.race([this.#mode.receive(bytes), this.#ended]);
    await this.#sending;
  }

  end(): void {
    this.#end.abort();
  }

  /** Resolves when the chip is done with all that it received. */
  async rest(): Promise<void> {
    await Promise.race([this.#mode.settle(), this.#ended]);
    await this.#sending;
  }

  /** When the disk should get what is left; `undefined`: it has it all. */
  get saveDueAtMs(): number | undefined {
    return this.#isChanged ? this.#savedAtMs + SAVE_MS : undefined;
  }

  /** Settles when the disk has all that the flash has. */
  async settle(): Promise<void> {
    await this.#saving;
    if (!this.#isChanged) return;
    this.#isChanged = false;
    this.#savedAtMs = this.#parts.device.now;
    await this.#parts.device.save();
  }

  get #isOver(): boolean {
    return this.#end.signal.aborted;
  }

  /** The reply that announced it is out by then. */
  #restart(into: RestartTarget): void {
    if (this.#sending) void this.#sending.then(() => this.#leave(into));
    else this.#leave(into);
  }

  #leave(how: LeavingTo): void {
    if (this.#isOver) return;
    this.#end.abort();
    this.#parts.onLeave(how);
  }

  /** In order, and promises only when they can be kept. */
  #send(bytes: Uint8Array): void {
    if (this.#isOver) return;
    const isPromise = bytes[0] === SLIP_END && bytes[1] === REPLY && PROMISES.has(bytes[2]);
    if (!this.#sending && !isPromise) return this.#parts.send(bytes);
    const sending = Promise.resolve(this.#sending)
      .then(() => (isPromise ? this.settle() : undefined))
      .then(() => this.#isOver || this.#parts.send(bytes))
      .catch((error: unknown) => this.#parts.onFailure(error))
      .then(() => {
        if (this.#sending === sending) this.#sending = undefined;
      });
    this.#sending = sending;
  }

  /** Behind the end of a stay nothing goes on. */
  #wait(ms: number): Promise<void> | undefined {
    const { device } = this.#parts;
    if (this.#isOver) return new Promise(() => undefined);
    if (ms <= 0 || device.board.state.bench.serialInstant) return undefined;
    return device.surroundings.clock.sleep(ms, this.#end.signal).catch(() => new Promise(() => undefined));
  }

  #changed(): void {
    if (!this.#isChanged && Object.keys(this.#board.state.fileBytes).length > 0) this.#board.change({ fileBytes: {} });
    this.#isChanged = true;
    const { device, onFailure, onDue } = this.#parts;
    if (this.#saving || device.now - this.#savedAtMs < SAVE_MS) return onDue();
    this.#isChanged = false;
    this.#savedAtMs = device.now;
    this.#saving = device
      .save()
      .catch(onFailure)
      .then(() => {
        this.#saving = undefined;
      });
  }
}

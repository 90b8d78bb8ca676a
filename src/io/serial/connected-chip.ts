/** A chip in its boot loader, with all that can be asked of it. */
import { SerialError, isSerialError } from '../../app/usb/errors.ts';
import type { ChipConnection, ChipIdentity, TransferOptions } from '../../app/usb/ports.ts';
import { assertInReach } from '../../app/usb/reach.ts';
import { carryOut } from '../../app/usb/reset.ts';
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { eraseRegion as eraseRegionWords, parseMd5Reply, spiFlashMd5 } from '../../core/serial/commands.ts';
import type { SerialUsbInfo } from '../../core/serial/port.ts';
import { fieldWrites, readField } from '../../core/serial/register-field.ts';
import { runSequence } from '../../core/serial/reset-sequence.ts';
import type { RegisterAccess } from '../../core/serial/register-field.ts';
import { FLASH_SECTOR, ROM_BAUD_RATE } from '../../core/serial/targets.ts';
import { readFlash } from './flash-read.ts';
import { registersOf } from './identify.ts';
import { eraseByBegin, writeFlash } from './flash-write.ts';
import { assertReadable, findBeat, isLineTrouble, isStillThere } from './loader-link.ts';
import type { LoaderLink } from './loader-link.ts';
import { resetByWatchdog } from './watchdogs.ts';
import { chipEraseMs, eraseMs, md5Ms } from './time-limits.ts';

/** Of what can be asked again without harm. */
const ATTEMPTS = 3;
/** Until the watchdog bites, and the chip is off the bus. */
const WATCHDOG_MS = 500;

export class ConnectedChip implements ChipConnection {
  readonly identity: ChipIdentity;
  readonly #link: LoaderLink;
  readonly #usb: SerialUsbInfo;
  #busy: string | undefined;
  /** The chip went, or nobody knows what it does. */
  #isLost = false;

  constructor(link: LoaderLink, identity: ChipIdentity, usb: SerialUsbInfo) {
    this.#link = link;
    this.identity = identity;
    this.#usb = usb;
  }

  get loader(): ChipConnection['loader'] {
    return this.#link.loader;
  }

  get baudRate(): number {
    return this.#link.client.channel.wire.baudRate;
  }

  get reach(): number {
    return this.#link.reach;
  }

  get traffic(): ChipConnection['traffic'] {
    return { ...this.#link.client.channel.traffic };
  }

  isThere(signal: AbortSignal): Promise<boolean> {
    return this.#alone('look', [], async () => !this.#isLost && (await isStillThere(this.#link, signal)));
  }

  readFlash(offset: number, length: number, options: TransferOptions): Promise<Uint8Array<ArrayBuffer>> {
    return this.#alone('read flash', [{ offset, length }], () => readFlash(this.#link, offset, length, options));
  }

  md5(offset: number, length: number, options: TransferOptions): Promise<string> {
    return this.#alone('MD5', [{ offset, length }], async () => {
      assertReadable(this.#link, 'MD5');
      const words = spiFlashMd5.encode({ offset, length, reserved1: 0, reserved2: 0 });
      const asking = { signal: options.signal, timeoutMs: md5Ms(length) };
      const reply = await this.#again(options.signal, () => this.#link.client.command('SPI_FLASH_MD5', words, asking));
      options.onProgress?.(length, length);
      return parseMd5Reply(reply.data);
    });
  }

  writeFlash(offset: number, bytes: Uint8Array<ArrayBuffer>, options: TransferOptions): Promise<void> {
    return this.#alone('write flash', [{ offset, length: bytes.length }], () => writeFlash(this.#link, offset, bytes, options));
  }

  eraseRegion(offset: number, length: number, options: TransferOptions): Promise<void> {
    assertSectors(offset, length);
    return this.#alone('erase region', [{ offset, length }], async () => {
      await this.#again(options.signal, () => this.#erase(offset, length, options.signal));
      options.onProgress?.(length, length);
    });
  }

  eraseFlash(options: TransferOptions): Promise<void> {
    const { loader, flashBytes = 0 } = this.#link;
    // A stub has one command for all of it, which has no address.
    return this.#alone('erase flash', loader === 'stub' ? [] : [{ offset: 0, length: flashBytes }], async () => {
      await this.#again(options.signal, () => this.#eraseAll(options.signal));
      options.onProgress?.(flashBytes, flashBytes);
    });
  }

  /** A pulse at EN: neither the ROM nor today's stub starts the application when it is told to (observed; esp-flasher-stub: "TODO"). */
  run(): Promise<void> {
    return this.#alone('run', [], async () => {
      const { wire, clock } = this.#link.client.channel;
      const registers = registersOf(this.#link.client, new AbortController().signal);
      await this.#unforceDownload(registers);
      if (await this.#runByWatchdog(registers)) return;
      await wire.setBaudRate(ROM_BAUD_RATE);
      await carryOut(runSequence(this.#usb), wire, clock);
    });
  }

  /**
   * An application can tell its chip to wait for a download after the next reset. Not every reset clears that, and the chip would come back in
   * download mode (espressif/arduino-esp32#6762; esptool, `ESP32S3ROM.hard_reset()`).
   */
  async #unforceDownload({ write }: RegisterAccess): Promise<void> {
    const { loader, target } = this.#link;
    const { forceDownload } = target.usb ?? {};
    if (this.#isLost || loader === 'secure-download' || !forceDownload) return;
    try {
      await write(...fieldWrites(forceDownload, 0));
    } catch (error) {
      if (!isNotDone(error)) throw error;
    }
  }

  /** False where RTS does it. */
  async #runByWatchdog(registers: RegisterAccess): Promise<boolean> {
    const { client, target } = this.#link;
    const { watchdogs } = target;
    if (!watchdogs?.canReset || !(await this.#needsWatchdog(registers))) return false;
    try {
      await resetByWatchdog(registers, watchdogs);
    } catch (error) {
      if (isNotDone(error)) return false;
      throw error;
    }
    await client.channel.clock.sleep(WATCHDOG_MS);
    return true;
  }

  /**
   * RTS reaches nothing over USB-OTG. Over USB Serial/JTAG it resets the core alone: a chip that was brought into download mode by hand still
   * takes BOOT for held, and only a reset of the whole chip looks at the pin again (esptool, "Leaving Download Mode in USB-Serial/JTAG Mode").
   */
  async #needsWatchdog({ read }: RegisterAccess): Promise<boolean> {
    const { loader, target } = this.#link;
    const { connection } = this.identity;
    if (connection === 'uart' || loader === 'secure-download') return false;
    const { strap } = target.usb ?? {};
    if (connection === 'usb-otg' || strap === undefined) return connection === 'usb-otg';
    try {
      return (await readField(strap, read)) === 0;
    } catch (error) {
      if (isSerialError(error, 'PORT_GONE', 'PORT_CLOSED')) throw error;
      return false;
    }
  }

  async #erase(offset: number, length: number, signal: AbortSignal): Promise<void> {
    if (this.#link.loader !== 'stub') return eraseByBegin(this.#link, offset, length, signal);
    const words = eraseRegionWords.encode({ offset, length });
    await this.#link.client.command('ERASE_REGION', words, { signal, timeoutMs: eraseMs(length) });
  }

  async #eraseAll(signal: AbortSignal): Promise<void> {
    const { client, loader, flashBytes } = this.#link;
    if (loader === 'stub') {
      await client.command('ERASE_FLASH', undefined, { signal, timeoutMs: chipEraseMs(flashBytes ?? 0) });
    } else if (flashBytes === undefined) {
      throw new SerialError('NEEDS_STUB', 'nobody knows how large the flash is', { operation: 'erase flash' });
    } else {
      await eraseByBegin(this.#link, 0, flashBytes, signal);
    }
  }

  async #again<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        if (attempt === ATTEMPTS || !isLineTrouble(error)) throw error;
        await findBeat(this.#link, signal, error);
      }
    }
  }

  /** @throws Error when something is under way: the caller's mistake. */
  async #alone<T>(operation: string, ranges: readonly FlashRange[], work: () => Promise<T>): Promise<T> {
    if (this.#busy !== undefined) throw new Error(`${operation} while ${this.#busy} is under way`);
    assertInReach(this.#link, ranges, operation);
    this.#busy = operation;
    try {
      return await work();
    } catch (error) {
      this.#isLost ||= isLineTrouble(error) || isSerialError(error, 'CHIP_RESTARTED');
      throw error;
    } finally {
      this.#busy = undefined;
    }
  }
}

const isNotDone = (error: unknown): boolean => isSerialError(error, 'COMMAND_REFUSED') || isLineTrouble(error);

function assertSectors(offset: number, length: number): void {
  if (offset % FLASH_SECTOR !== 0 || length % FLASH_SECTOR !== 0) {
    throw new RangeError(`0x${offset.toString(16)} + 0x${length.toString(16)} are no whole sectors`);
  }
}

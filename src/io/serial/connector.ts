/**
 * From an open port to a chip that is ready for work: into the boot loader, who is it, the stub, the fastest rate that works. Each step that
 * can fail has a slower way round it; only a chip that does not answer, or that nobody knows, ends the attempt.
 */
import type { Clock } from '../../app/ports.ts';
import { SerialError, isSerialError } from '../../app/usb/errors.ts';
import type { ChipConnection, ChipConnector, ChipIdentity, ConnectOptions, SerialWire } from '../../app/usb/ports.ts';
import { changeBaudRate, encodeFlashSize, spiAttach } from '../../core/serial/commands.ts';
import { flashPins, romBaudRate } from '../../core/serial/describe-chip.ts';
import { isSilentFlash } from '../../core/serial/jedec.ts';
import type { SerialUsbInfo } from '../../core/serial/port.ts';
import {
  CHIP_MAGIC_ADDRESS,
  flashReach,
  RAM_BLOCK,
  ROM_BAUD_RATE,
  ROM_WRITE_BLOCK,
  STUB_WRITE_BLOCK,
  USB_OTG_BLOCK,
} from '../../core/serial/targets.ts';
import { ConnectedChip } from './connected-chip.ts';
import { enterLoader } from './enter-loader.ts';
import { detectChip, identify, registersOf, UNKNOWN_FLASH } from './identify.ts';
import type { Detected } from './identify.ts';
import { powerFlash } from './flash-power.ts';
import { identifyFlash } from './identify-flash.ts';
import { LoaderChannel } from './loader-channel.ts';
import { LoaderClient } from './loader-client.ts';
import { hearSync } from './loader-link.ts';
import type { LoaderLink } from './loader-link.ts';
import { PrintedText } from './printed-text.ts';
import { loadStub } from './stub-program.ts';
import { startStub } from './stub-upload.ts';
import { stopWatchdogs } from './watchdogs.ts';

/** What UART bridges are commonly able to do. Above a rate that failed nothing is tried. */
const RATES = [2_000_000, 1_500_000, 921_600, 460_800, 230_400] as const;
/** Both UARTs change over; what they said meanwhile is nothing. */
const RATE_SETTLE_MS = 50;
const RATE_PROBES = 3;
/** One for each way in which a stub may take the ENDs of what it heard at the other rate. */
const RATE_SYNCS = 2;
const PROBE_MS = 300;
/** What a ROM is told of flash that does not tell its size, and of flash that nobody may ask (esptool, `erase_region()`). */
const UNTOLD_FLASH_BYTES = 4 << 20;
const SECURE_FLASH_BYTES = 16 << 20;

export class LoaderConnector implements ChipConnector {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async connect(wire: SerialWire, usb: SerialUsbInfo, options: ConnectOptions): Promise<ChipConnection> {
    try {
      return await new Connecting(wire, usb, options, this.#clock).run();
    } catch (error) {
      // Whatever the end looked like from within.
      options.signal.throwIfAborted();
      throw error;
    }
  }
}

class Connecting {
  readonly #usb: SerialUsbInfo;
  readonly #options: ConnectOptions;
  readonly #printed = new PrintedText();
  readonly #client: LoaderClient;

  constructor(wire: SerialWire, usb: SerialUsbInfo, options: ConnectOptions, clock: Clock) {
    this.#usb = usb;
    this.#options = options;
    const onText = (bytes: Uint8Array): void => {
      this.#printed.hear(bytes);
      options.onText?.(bytes);
    };
    this.#client = new LoaderClient(new LoaderChannel({ wire, clock, onText }));
  }

  async run(): Promise<ChipConnection> {
    const { signal } = this.#options;
    await this.#enter();
    const detected = await detectChip(this.#client, signal);
    this.#step({ step: 'identify', chip: detected.target.name });
    const partial = await identify({ client: this.#client, detected, usb: this.#usb, signal });
    let loader = await this.#prepare(detected, partial);
    const flash = loader === 'secure-download' ? UNKNOWN_FLASH : await this.#startFlash(detected);
    const identity: ChipIdentity = { ...partial, flash };
    await this.#setFlashSize(identity, detected);
    if (partial.connection === 'uart') loader = await this.#speedUp(detected, identity, loader);
    this.#printed.noteReset();
    this.#client.channel.expectsFrames = true;
    return new ConnectedChip(this.#link(detected, identity, loader), identity, this.#usb);
  }

  #step(step: Parameters<NonNullable<ConnectOptions['onStep']>>[0]): void {
    this.#options.onStep?.(step);
  }

  async #enter(): Promise<void> {
    this.#client.speakWith('rom');
    const { signal, baudRate, asksFirst = false } = this.#options;
    const onStep = this.#step.bind(this);
    await enterLoader({ client: this.#client, usb: this.#usb, printed: this.#printed, signal, baudRate, asksFirst, onStep });
  }

  /** Makes what answers ready for work: watchdogs, power of the flash, the stub, and the flash behind a ROM. */
  async #prepare(detected: Detected, identity: Omit<ChipIdentity, 'flash'>): Promise<LoaderLink['loader']> {
    const { target, secureDownload } = detected;
    await this.#wake(detected, identity);
    const mayUpload = !this.#client.isStub && !secureDownload && this.#options.withoutStub !== true;
    if (mayUpload) await this.#tryStub(detected, identity);
    if (this.#client.isStub) return 'stub';
    // It may be another stay in the boot loader than before.
    this.#client.statusLength = target.rom.statusLength;
    await this.#attachFlash(detected);
    return secureDownload ? 'secure-download' : 'rom';
  }

  /** After every reset into the boot loader, for it undoes both: the watchdogs, and the power of the flash. */
  async #wake({ target, secureDownload }: Detected, { connection, revision }: Omit<ChipIdentity, 'flash'>): Promise<void> {
    if (!this.#client.isStub) this.#client.statusLength = target.rom.statusLength;
    if (secureDownload) return;
    const { signal } = this.#options;
    const registers = registersOf(this.#client, signal);
    if (connection === 'usb-serial-jtag' && target.watchdogs) await stopWatchdogs(registers, target.watchdogs);
    if (target.flashSupply) await powerFlash(target.flashSupply, revision, { registers, clock: this.#client.channel.clock, signal });
  }

  async #tryStub(detected: Detected, identity: Omit<ChipIdentity, 'flash'>): Promise<void> {
    const { signal } = this.#options;
    const { chip, revision, connection, security } = identity;
    const start = (security.secureBoot ? detected.target.stubWithSecureBoot : undefined) ?? 'mem-end';
    if (start === 'never') return this.#step({ step: 'stub-refused', reason: 'with secure boot on, this chip does not run it' });
    this.#step({ step: 'stub' });
    try {
      const program = await loadStub(chip, revision);
      if (!program) throw new SerialError('STUB_FAILED', 'there is no stub for this chip', { operation: 'load' });
      const ramBlock = connection === 'usb-otg' ? USB_OTG_BLOCK : RAM_BLOCK;
      await startStub(this.#client, program, { ramBlock, start, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (isSerialError(error, 'PORT_GONE', 'PORT_CLOSED')) throw error;
      this.#step({ step: 'stub-refused', reason: error instanceof Error ? error.message : String(error) });
      const found = await this.#client.sync(signal);
      // Only its greeting was lost.
      if (found === 'stub') this.#client.speakWith(found);
      // A stub that died on the way took the ROM with it.
      else if (!found) {
        await this.#enter();
        await this.#wake(detected, identity);
      }
    }
  }

  async #startFlash({ target }: Detected): Promise<ChipIdentity['flash']> {
    const { signal } = this.#options;
    const flash = await identifyFlash(registersOf(this.#client, signal), target.spi, this.#client.channel.clock, signal);
    if (isSilentFlash(flash.jedecId)) this.#step({ step: 'flash-silent', jedecId: flash.jedecId });
    return flash;
  }

  async #attachFlash({ target, secureDownload }: Detected): Promise<void> {
    if (!target.rom.extended) return;
    const { signal } = this.#options;
    const pins = secureDownload ? 0 : await flashPins(registersOf(this.#client, signal).read, target);
    await this.#client.command('SPI_ATTACH', spiAttach.encode({ pins, legacy: 0 }), { signal });
  }

  /** Both loaders refuse to go beyond the size that they assume, until they are told: a ROM beyond 2 MB. */
  async #setFlashSize({ flash }: ChipIdentity, { target, secureDownload }: Detected): Promise<void> {
    const { isStub } = this.#client;
    const untold = secureDownload ? SECURE_FLASH_BYTES : UNTOLD_FLASH_BYTES;
    const size = flash.bytes ?? (isStub ? undefined : untold);
    if (size === undefined || !(isStub || target.rom.extended)) return;
    await this.#client.command('SPI_SET_PARAMS', encodeFlashSize(size), { signal: this.#options.signal });
  }

  /** Down the ladder until a rate works. A rate that does not may leave a chip that nobody hears: it is looked for, and else reset. */
  async #speedUp(detected: Detected, identity: ChipIdentity, first: LoaderLink['loader']): Promise<LoaderLink['loader']> {
    const { signal, baudRate: fastest } = this.#options;
    const { wire } = this.#client.channel;
    const { rom } = detected.target;
    if (!rom.extended && first !== 'stub') return first;
    // What such a ROM makes of a rate is in registers that secure download mode does not show.
    if (first === 'secure-download' && rom.clock.kind !== 'right') return first;
    let loader = first;
    for (const baudRate of ladder(fastest)) {
      const before = wire.baudRate;
      if (before === baudRate) break;
      this.#step({ step: 'baud', baudRate });
      try {
        await this.#changeRate(baudRate, detected, identity, loader);
        break;
      } catch (error) {
        signal.throwIfAborted();
        if (isSerialError(error, 'PORT_GONE', 'PORT_CLOSED', 'PORT_BUSY')) throw error;
        const byChip = isSerialError(error, 'COMMAND_REFUSED');
        this.#step({ step: 'baud-refused', baudRate, ...(byChip && { byChip }) });
        if (byChip) break;
        if (await this.#isHeardAt([before, baudRate], loader)) continue;
        loader = await this.#startOver(baudRate, detected, identity);
      }
    }
    return loader;
  }

  /** The chip may not have changed over, or only some of what it said there was lost: in both cases it can be told another rate. */
  async #isHeardAt(rates: readonly number[], loader: LoaderLink['loader']): Promise<boolean> {
    const { channel } = this.#client;
    const expected = loader === 'stub' ? 'stub' : 'rom';
    for (const rate of rates) {
      try {
        await channel.wire.setBaudRate(rate);
      } catch (error) {
        if (isSerialError(error, 'RATE_REFUSED')) continue;
        throw error;
      }
      if ((await hearSync(this.#client, this.#options.signal, RATE_SYNCS)) === expected) return true;
    }
    return false;
  }

  /** @throws SerialError `RATE_LOST` when the chip does not come back: only a hand at its buttons can get it out of that rate. */
  async #startOver(baudRate: number, detected: Detected, identity: ChipIdentity): Promise<LoaderLink['loader']> {
    try {
      await this.#enter();
    } catch (cause) {
      if (!isSerialError(cause, 'NO_ANSWER', 'NO_SYNC_BUT_TEXT', 'WRONG_MODE', 'NO_SYNC_IN_DOWNLOAD_MODE')) throw cause;
      const nextBaudRate = ladder(baudRate).find((rate) => rate < baudRate) ?? ROM_BAUD_RATE;
      throw new SerialError('RATE_LOST', `nothing is heard at ${baudRate} baud`, { baudRate, nextBaudRate }, { cause });
    }
    const loader = await this.#prepare(detected, identity);
    await this.#setFlashSize(identity, detected);
    return loader;
  }

  async #changeRate(baudRate: number, detected: Detected, { crystalMhz }: ChipIdentity, loader: LoaderLink['loader']): Promise<void> {
    const { signal } = this.#options;
    const { channel } = this.#client;
    const asked =
      loader === 'rom' ? await romBaudRate(registersOf(this.#client, signal).read, detected.target, baudRate, crystalMhz) : baudRate;
    const previous = loader === 'stub' ? channel.wire.baudRate : 0;
    await this.#client.command('CHANGE_BAUDRATE', changeBaudRate.encode({ baudRate: asked, previous }), { signal });
    await channel.wire.setBaudRate(baudRate);
    await channel.clock.sleep(RATE_SETTLE_MS, signal);
    channel.discard();
    for (let i = 0; i < RATE_PROBES; i++) await this.#probe(loader);
  }

  /** The cheapest thing that goes both ways. */
  async #probe(loader: LoaderLink['loader']): Promise<void> {
    const asking = { signal: this.#options.signal, timeoutMs: PROBE_MS };
    if (loader === 'secure-download') await this.#client.command('GET_SECURITY_INFO', undefined, asking);
    else await this.#client.readRegister(CHIP_MAGIC_ADDRESS, asking);
  }

  #link({ target }: Detected, { flash, connection }: ChipIdentity, loader: LoaderLink['loader']): LoaderLink {
    const block = loader === 'stub' ? STUB_WRITE_BLOCK : ROM_WRITE_BLOCK;
    const writeBlock = connection === 'usb-otg' ? Math.min(block, USB_OTG_BLOCK) : block;
    const reach = flashReach(target, loader === 'stub');
    return { client: this.#client, printed: this.#printed, loader, target, flashBytes: flash.bytes, reach, writeBlock };
  }
}

function ladder(fastest: number): readonly number[] {
  return [fastest, ...RATES.filter((rate) => rate < fastest), ROM_BAUD_RATE].filter((rate) => rate >= ROM_BAUD_RATE);
}

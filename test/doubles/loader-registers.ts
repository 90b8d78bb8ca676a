/**
 * The registers of the chip in `loader-chip.ts`: what is burnt, the watchdog, and the SPI controller with the flash chip behind it, as far as
 * both answer to a flasher. Knows no command and no frame.
 */
import { burnEfuses, clockDivider } from '../../src/core/serial/describe-chip.ts';
import { writeField } from '../../src/core/serial/register-field.ts';
import type { ChipTarget } from '../../src/core/serial/target-model.ts';
import { CHIP_MAGIC_ADDRESS } from '../../src/core/serial/targets.ts';
import type { Clock } from '../../src/virtual/storage.ts';

export interface LoaderRegistersOptions {
  readonly flashBytes?: number;
  /** What the flash answers to "read identification"; absent: a Winbond of its size. */
  readonly flashId?: number;
  /** The flash is an XMC that did not start well: its id is nobody's until it was sent to sleep and woken. */
  readonly xmcIsStuck?: boolean;
  /** Of the flash in the package, as the eFuses have them: on others there is none. A stub looks there by itself. */
  readonly flashPins?: number;
  /** major × 100 + minor, of the wafer. */
  readonly revision?: number;
  /** DOWNLOAD_MODE_XPD_ON is burnt: the ROM has switched the flash on. */
  readonly romPowersFlash?: boolean;
  /** BOOT was held when it was switched on: what resets the core alone does not look at the pin again. */
  readonly bootWasHeld?: boolean;
  /** An application had set the bit that brings the chip into download mode at every reset, until somebody clears it. */
  readonly downloadIsForced?: boolean;
}

interface Surroundings {
  readonly options: LoaderRegistersOptions & { readonly flashBytes: number };
  readonly hasFlash: () => boolean;
  readonly onWatchdog: () => void;
}

/** Their maker, and the way in and out of the two kinds of sleep that they have. */
const XMC = 0x20;
const XMC_RESTART = [0xb9, 0x79, 0xff, 0xab];
/** Of a transfer: whoever touches the controller sooner spoils it. */
const TRANSFER_MS = 0.05;
const SPOILT = -1;
/** Of the ESP32-P4, as the reference tool has them. */
const P4_POWER = { pads: 0x5011_010c, regulator: 0x5011_51b8, limit: 0x5011_51bc, forced: 0x5011_53fc } as const;
const WATCHDOG_ON = 0x8000_0000;
const P4_FUSES = 0x5012_d034;

export class LoaderRegisters {
  readonly flashCommands: number[] = [];
  readonly #clock: Clock;
  readonly #target: ChipTarget;
  readonly #around: Surroundings;
  readonly #words = new Map<number, number>();
  #transferEnds = 0;
  #padsRose = Infinity;
  #padsWereSteady = false;

  constructor(clock: Clock, target: ChipTarget, around: Surroundings) {
    this.#clock = clock;
    this.#target = target;
    this.#around = around;
    const { flashPins = 0, revision = 0, bootWasHeld = false, downloadIsForced = false } = around.options;
    burnEfuses(target, { mac: 'a0:b1:c2:d3:e4:f5', revision, flashPins }, this.#words);
    if (around.options.romPowersFlash === true) this.#words.set(P4_FUSES, 1 << 16);
    this.boot();
    writeField(target.uartClockDivider, clockDivider(target, { crystalMhz: 40, baudRate: 115_200 }), this.#words);
    this.#words.set(CHIP_MAGIC_ADDRESS, target.magics[0] ?? 0);
    const { strap, forceDownload } = target.usb ?? {};
    if (strap) writeField(strap, bootWasHeld ? 0 : 1, this.#words);
    if (forceDownload) writeField(forceDownload, downloadIsForced ? 1 : 0, this.#words);
  }

  /** What supplied the flash is as the ROM leaves it, and the watchdog of the application runs. */
  boot(): void {
    const { watchdogs } = this.#target;
    for (const address of Object.values(P4_POWER)) this.#words.set(address, 0);
    if (this.#around.options.romPowersFlash === true) this.#words.set(P4_POWER.forced, 0x1234_0003);
    this.#words.set(P4_POWER.regulator, 0x4000_0000);
    this.#padsRose = Infinity;
    this.#padsWereSteady = false;
    if (watchdogs) this.#words.set(watchdogs.rtc.config0, WATCHDOG_ON);
  }

  get watchdogRuns(): boolean {
    const { watchdogs } = this.#target;
    return watchdogs !== undefined && this.read(watchdogs.rtc.config0) >= WATCHDOG_ON;
  }

  get downloadIsForced(): boolean {
    const { forceDownload = [] } = this.#target.usb ?? {};
    return forceDownload.some(({ address, shift }) => ((this.read(address) >>> shift) & 1) === 1);
  }

  /**
   * ESP32-P4 v3.1 and v3.2. On means: the pads long enough, no limit to the current, the regulator at what the eFuses say, and held on. Where the
   * ROM did that, it must not stay held on.
   */
  get flashHasPower(): boolean {
    const { revision = 0, romPowersFlash = false } = this.#around.options;
    if (this.#target.name !== 'ESP32-P4' || revision < 301) return true;
    const isForced = (this.read(P4_POWER.forced) & 3) === 3;
    if (romPowersFlash && revision === 302) return !isForced;
    const isLimited = (this.read(P4_POWER.limit) & (1 << 27)) !== 0;
    return this.#padsWereSteady && isForced && !isLimited && this.read(P4_POWER.regulator) === 0;
  }

  read(address: number): number {
    return this.#words.get(address) ?? 0;
  }

  /** As WRITE_REG has them: address, value, mask and the time before it, again and again. */
  async write(words: DataView): Promise<void> {
    for (let at = 0; at < words.byteLength; at += 16) {
      const [address, value, mask, microseconds] = [0, 4, 8, 12].map((i) => words.getUint32(at + i, true)) as [
        number,
        number,
        number,
        number,
      ];
      if (microseconds > 0) await this.#clock.sleep(microseconds / 1000);
      this.#store(address, ((value & mask) | (this.read(address) & ~mask)) >>> 0);
    }
  }

  #store(address: number, value: number): void {
    const { spi, watchdogs } = this.#target;
    this.#words.set(address, value);
    if (address === watchdogs?.rtc.config0 && value >= WATCHDOG_ON) this.#around.onWatchdog();
    if (address === P4_POWER.pads && value === 1) this.#padsRose = this.#clock.now();
    if (address === P4_POWER.forced) this.#padsWereSteady = this.#clock.now() - this.#padsRose >= 10;
    if (address < spi.base || address > spi.base + spi.w0) return;
    if (this.#clock.now() < this.#transferEnds) this.flashCommands.push(SPOILT);
    if (address === spi.base) this.#transfer();
  }

  #transfer(): void {
    const { spi } = this.#target;
    const command = this.read(spi.base + spi.usr2) & 0xff;
    this.#words.set(spi.base, 0);
    this.#transferEnds = this.#clock.now() + TRANSFER_MS;
    this.flashCommands.push(command);
    const from = this.read(spi.base + 4) >>> (spi.addressFromTop ? 8 : 0);
    const { xmcIsStuck = false } = this.#around.options;
    if (command === 0x9f) this.#words.set(spi.base + spi.w0, this.#around.hasFlash() ? this.#flashId : 0xff_ffff);
    if (command === 0x5a) this.#words.set(spi.base + spi.w0, xmcIsStuck && from === 0x10 ? XMC : 0xff);
  }

  get #flashId(): number {
    const { flashId, xmcIsStuck = false, flashBytes } = this.#around.options;
    const size = Math.log2(flashBytes) << 16;
    if (!xmcIsStuck) return flashId ?? 0x40ef | size;
    return this.flashCommands.join().includes(XMC_RESTART.join()) ? 0x4000 | XMC | size : 0x0b_0000;
  }
}

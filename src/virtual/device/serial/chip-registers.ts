/**
 * The registers of a virtual chip: eFuses with its identity and security, the word that tells the chip, the divider of UART0, the SPI
 * controller, and the watchdog and reset registers that flashers use. Everything else is memory.
 */
import { burnEfuses, clockDivider } from '../../../core/serial/describe-chip.ts';
import { type RegisterWords, writeField } from '../../../core/serial/register-field.ts';
import type { ChipTarget, Crystal, RomClock } from '../../../core/serial/target-model.ts';
import { CHIP_MAGIC_ADDRESS, TARGETS } from '../../../core/serial/targets.ts';
import type { VirtualChipName } from '../../chip-model.ts';
import { attachFlashSupply } from './flash-supply.ts';
import { loaderFacts } from './loader-facts.ts';
import { Memory } from './memory.ts';
import type { NorChip } from './nor-chip.ts';
import { attachSpiController } from './spi-controller.ts';

/** What is burnt into the chip's eFuses, as far as the boot loader acts on it. */
export interface ChipSecurity {
  /** Secure download mode: the ROM refuses everything that reads or runs. */
  readonly download?: boolean;
  readonly flashEncryption?: boolean;
  readonly secureBoot?: boolean;
}

interface ChipRegistersParts {
  readonly chip: VirtualChipName;
  readonly mac: string;
  /** major × 100 + minor, of the wafer. */
  readonly revision: number;
  readonly secure: ChipSecurity;
  readonly nor: NorChip;
  /** The flash gets power, or loses it. */
  readonly onPower: (isOn: boolean) => void;
  /** The rate that UART0 has now. */
  readonly baudRate: () => number;
  /** A register was written that restarts the chip: at once, or when the watchdog's short time is over. */
  readonly onReset: (when: 'now' | 'soon') => void;
}

const TOP_BIT = 0x8000_0000;
/** WDTCONFIG0: enabled, and the first stage resets the system. */
const WATCHDOG_ENABLED = TOP_BIT;
const EFUSE_RC8M = 16;
/** ESP32: ticks of the calibration at 40 MHz and the nominal value of the 8 MHz oscillator. */
const CALIBRATION = 15_625 / 40;

export function createChipRegisters(parts: ChipRegistersParts): Memory {
  const { chip, nor, baudRate } = parts;
  const target: ChipTarget = TARGETS[chip];
  const facts = loaderFacts(chip);
  const memory = new Memory();
  const burnt = burnFuses(target, parts, new Map(facts.presets));
  for (const [address, word] of burnt) {
    memory.preset(address, word);
    memory.define(address, { readOnly: true });
  }
  // Nobody held BOOT when the board was switched on.
  for (const { address, shift } of target.usb?.strap ?? []) memory.preset(address, 1 << shift);
  attachSpiController(memory, nor, target.spi, facts.spiUser);
  for (const { address } of target.uartClockDivider.slice(0, 1)) {
    const facts = () => ({ crystalMhz: crystalMhz(target.crystal), baudRate: baudRate() });
    memory.define(address, { read: () => clockDivider(target, facts()) });
  }
  if (target.flashSupply?.offAt.includes(parts.revision)) attachFlashSupply(memory, target.flashSupply, parts.onPower);
  defineResets(memory, target, facts.resetRegister, parts.onReset);
  return memory;
}

function burnFuses(target: ChipTarget, { mac, revision, secure }: ChipRegistersParts, words: RegisterWords): RegisterWords {
  const { magics, rom, crystal } = target;
  const likeness = {
    mac: mac.replaceAll('-', ':'),
    revision,
    flashCryptCount: secure.flashEncryption ? 1 : 0,
    secureBoot: secure.secureBoot ?? false,
    secureDownload: secure.download ?? false,
  };
  // The oldest word is the one that every flasher knows.
  words.set(CHIP_MAGIC_ADDRESS, magics.at(-1) ?? 0);
  calibrate(rom.clock, crystalMhz(crystal), words);
  return burnEfuses(target, likeness, words);
}

/** The board has the crystal that is usual with the chip: the fastest. */
function crystalMhz(crystal: Crystal): number {
  return crystal.kind === 'fixed' ? crystal.mhz : Math.max(...crystal.candidatesMhz);
}

/** The ROM knows the crystal rightly, so that it sets the rate that it is asked for. */
function calibrate(clock: RomClock, mhz: number, words: RegisterWords): void {
  if (clock.kind === 'register') writeField(clock.mhz, mhz, words);
  if (clock.kind !== 'calibrated') return;
  writeField(clock.rc8m, EFUSE_RC8M, words);
  writeField(clock.ticks, (mhz * 1e6) / CALIBRATION / EFUSE_RC8M, words);
}

function defineResets(
  memory: Memory,
  { watchdogs }: ChipTarget,
  resetRegister: number | undefined,
  onReset: ChipRegistersParts['onReset'],
): void {
  if (resetRegister !== undefined) {
    memory.define(resetRegister, { read: () => 0, write: (value) => (value & TOP_BIT) !== 0 && onReset('now') });
  }
  if (!watchdogs) return;
  const { config0, protect, key } = watchdogs.rtc;
  memory.define(config0, {
    write: (value) => (value & WATCHDOG_ENABLED) !== 0 && memory.readWord(protect) === key && onReset('soon'),
  });
}

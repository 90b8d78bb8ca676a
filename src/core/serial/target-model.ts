/** What a flasher and a virtual chip must know about a family of chips: the shape of the rows in `targets.ts`. Data only. */
import type { ChipName } from '../image/model.ts';
import type { RegisterField } from './register-field.ts';

/** The SPI controller that the flash hangs on; offsets from `base`. CMD is at 0, ADDR at 4 on all chips. */
export interface SpiController {
  readonly base: number;
  readonly usr: number;
  readonly usr1: number;
  readonly usr2: number;
  /** Absent on the ESP8266, whose USR1 holds both lengths. */
  readonly mosiLength?: number;
  readonly misoLength?: number;
  readonly w0: number;
  /** The address goes out from the top bit of its register, not from the top of its own length. */
  readonly addressFromTop: boolean;
}

export type Crystal =
  | { readonly kind: 'fixed'; readonly mhz: number }
  /** Told from the divider with which the ROM reached the baud rate that it measured: `rate × divider / clockFactor`. */
  | { readonly kind: 'measured'; readonly clockFactor: number; readonly candidatesMhz: readonly number[] };

/** How a ROM turns the rate of CHANGE_BAUDRATE into a divider, where that goes wrong: the flasher asks for another rate. */
export type RomClock =
  | { readonly kind: 'right' }
  /** It assumes this crystal, whatever is soldered. */
  | { readonly kind: 'assumed'; readonly mhz: number }
  /** It assumes what this register says. */
  | { readonly kind: 'register'; readonly mhz: RegisterField }
  /** ESP32: it measures the crystal against the drifting 8 MHz oscillator: `ticks × 15625 × rc8m / 40` Hz. */
  | { readonly kind: 'calibrated'; readonly ticks: RegisterField; readonly rc8m: RegisterField };

export interface RomFacts {
  /** `long` has the chip id; the ESP32-S2 has the short form, older ROMs none. */
  readonly securityInfo: 'none' | 'short' | 'long';
  /** Words of FLASH_BEGIN and FLASH_DEFL_BEGIN; any other number is refused. The fifth is the encrypted flag. */
  readonly beginWords: 4 | 5;
  readonly statusLength: 2 | 4;
  /** SPI_ATTACH, SPI_SET_PARAMS, CHANGE_BAUDRATE, FLASH_DEFL_*, SPI_FLASH_MD5 and READ_FLASH_SLOW: everything but the ESP8266. */
  readonly extended: boolean;
  readonly clock: RomClock;
}

/** Conditions on fields, all of which must hold; values are compared as they are in the register. */
export type FieldConditions = { readonly [Name in IdentityFieldName]?: number };

interface NameRule {
  readonly when: FieldConditions;
  readonly name: string;
}

/** Memory in the package: code of the eFuse → size, and whose it is. */
export interface EmbeddedMemory {
  readonly capacity: RegisterField;
  readonly sizes: Readonly<Record<number, string>>;
  readonly vendor?: RegisterField;
  readonly vendors?: Readonly<Record<number, string>>;
}

export type IdentityFieldName = 'major' | 'minor' | 'package' | 'flash' | 'psram' | 'singleCore' | 'noBluetooth' | 'rated' | 'ratedLow';

export interface Identity {
  /** 48 bits, the first byte on top. */
  readonly mac: RegisterField;
  /** ESP8266: where the upper half of the MAC is empty, this selects one of Espressif's first two prefixes. */
  readonly macPrefix?: { readonly selector: RegisterField; readonly prefixes: readonly number[] };
  /** Of the wafer. `majorCodes`: what is burnt, by major version, where that is not the number itself. */
  readonly major: RegisterField;
  readonly majorCodes?: readonly number[];
  readonly minor: RegisterField;
  /** Early chips that used the bits of the revision for something else: all of them hold → v0.0. */
  readonly revisionIsZeroWhen?: readonly { readonly field: RegisterField; readonly value: number }[];
  /** Fields that tell variants apart, by the name that the rules use. */
  readonly variants: { readonly [Name in Exclude<IdentityFieldName, 'major' | 'minor'>]?: RegisterField };
  /** The first row that holds counts. */
  readonly names: readonly NameRule[];
  readonly features: readonly (string | NameRule)[];
  readonly flash?: EmbeddedMemory;
  readonly psram?: EmbeddedMemory;
}

interface SecurityFields {
  /** Any of them not 0 = secure boot. `isV1`: its first version. `fromRevision`: older chips use the bit for nothing. */
  readonly secureBoot: readonly { readonly field: RegisterField; readonly isV1?: true; readonly fromRevision?: number }[];
  /** An odd number of bits = flash encryption. */
  readonly flashCryptCount: RegisterField;
  readonly downloadDisabled: RegisterField;
  /** Absent where there is no secure download mode. */
  readonly secureDownload?: RegisterField;
  /** Plain data cannot be handed to the chip for encryption any more. */
  readonly encryptedDownloadDisabled: RegisterField;
}

/** Watchdogs that a reset over USB-Serial/JTAG leaves running, and that would bite in the middle of a write. */
export interface Watchdogs {
  readonly rtc: { readonly config0: number; readonly config1: number; readonly protect: number; readonly key: number };
  /** The super watchdog cannot be stopped, but told to feed itself. */
  readonly super?: { readonly config: number; readonly autoFeed: number; readonly protect: number; readonly key: number };
  /** A reset by the RTC watchdog starts the application where RTS cannot (USB); not where the USB port would vanish. */
  readonly canReset: boolean;
}

/** Where a ROM keeps which of its ports it talks on, and the values for USB. By wafer revision, the first row that holds counts. */
interface RomPortRow {
  readonly belowRevision: number;
  readonly address: number;
  readonly usbSerialJtag?: number;
  readonly usbOtg?: number;
}

interface UsbFacts {
  readonly serialJtag: boolean;
  /** Product id of the ROM's USB-OTG port: the chip id. */
  readonly otgProductId?: number;
  readonly romPort: readonly RomPortRow[];
  /** Over USB-OTG the chip can stay in download mode after a reset: to be cleared. */
  readonly forceDownload?: RegisterField;
  /** GPIO_STRAP, the pin of BOOT as it was when EN rose: 0 = it was held. Known where a watchdog can do something about it. */
  readonly strap?: RegisterField;
}

/** The regulator and the pads of the flash, where a ROM leaves them off (esptool, `ESP32P4ROM.power_on_flash()`). */
export interface FlashSupply {
  /** Wafers. */
  readonly offAt: readonly number[];
  /** This one of them switches the flash on by itself where the fuse is burnt. */
  readonly byRom: { readonly revision: number; readonly fuse: RegisterField };
  readonly pads: RegisterField;
  readonly currentLimit: RegisterField;
  readonly fullVoltage: RegisterField;
  readonly voltage: RegisterField;
  /** On, whatever the power management thinks. */
  readonly forced: RegisterField;
}

export interface ChipTarget {
  readonly name: ChipName;
  /** What can be read at `CHIP_MAGIC_ADDRESS`, newest revision first. */
  readonly magics: readonly number[];
  readonly rom: RomFacts;
  readonly spi: SpiController;
  /**
   * Pins of the flash, where its ROM takes the usual ones for it whatever the eFuses say: CLK, Q, D, CS and HD, as SPI_ATTACH packs them.
   * All of them 0: the usual ones.
   */
  readonly spiPads?: readonly RegisterField[];
  /** Its stub sends addresses of four bytes where the flash is that large. No ROM does, and the other stubs do not either. */
  readonly stubReachesBeyond16MB?: true;
  /**
   * How a stub is started while secure boot is on, where MEM_END does not do it: `never`, or from the word in which the ROM keeps the address
   * of its function that reads the flash (esptool, `run_stub()`).
   */
  readonly stubWithSecureBoot?: 'never' | { readonly readPointer: number };
  readonly uartClockDivider: RegisterField;
  readonly crystal: Crystal;
  readonly identity: Identity;
  readonly security?: SecurityFields;
  readonly usb?: UsbFacts;
  readonly watchdogs?: Watchdogs;
  readonly flashSupply?: FlashSupply;
  /** 0x01 power on, 0x03 software, 0x05 deep sleep, 0x0c CPU, 0x10 RTC watchdog, …; where it is known. */
  readonly resetCause?: RegisterField;
}

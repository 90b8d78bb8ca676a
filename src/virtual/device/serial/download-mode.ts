/**
 * A virtual chip in its boot loader: bytes from the line in, bytes for the line out. The mask ROM answers until a flasher's stub is
 * uploaded and started; then the stub does. Knows nothing of the line, of control signals or of what runs after a reset.
 */
import type { NorFlash } from '../../flash.ts';
import type { VirtualChipName } from '../../chip-model.ts';

/** What is burnt into the chip's eFuses, as far as the boot loader acts on it. */
export interface ChipSecurity {
  /** Secure download mode: the ROM refuses everything that reads or runs. */
  readonly download?: boolean;
  readonly flashEncryption?: boolean;
  readonly secureBoot?: boolean;
}

/** Everything around a chip in download mode. */
export interface DownloadModeSurroundings {
  readonly chip: VirtualChipName;
  /** `24:6f:28:aa:bb:cc` */
  readonly mac: string;
  readonly flash: NorFlash;
  readonly secure?: ChipSecurity;
  /** A stub is taken, MEM_END answered, and then nothing says that it runs. */
  readonly stubFails?: boolean;
  /** The rate at which the ROM was spoken to first; 115200 when absent. */
  readonly baudRate?: number;
  /** Output for the line, in order. */
  send(bytes: Uint8Array): void;
  /** The chip's UART runs at another rate from now on; everything sent before was sent at the old one. */
  setBaudRate(baudRate: number): void;
  /** The chip is busy for so long (erasing, programming, hashing); may resolve at once where time does not matter. */
  wait(milliseconds: number): Promise<void>;
  /** The flash differs from what it was: somebody may want to save it. */
  onFlashChanged?(): void | Promise<void>;
  /** The power went in the middle of a flash operation: the chip is dead until it is switched on again. */
  onPowerLost?(): void;
  /** The chip leaves download mode by itself: a reboot at the end of a write, a watchdog, a reset by register, a program in RAM. */
  restart(): void;
}

export class DownloadMode {
  readonly #around: DownloadModeSurroundings;

  constructor(around: DownloadModeSurroundings) {
    this.#around = around;
  }

  /** Bytes as they arrive over the line, cut anywhere. Resolves when the chip has acted on them; never rejects. */
  async receive(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.#around.wait(0);
  }
}

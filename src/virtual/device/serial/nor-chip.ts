/**
 * The flash chip as seen over SPI: JEDEC commands in, bytes out. A GigaDevice part of as many bytes as the flash has.
 * Sources: GD25Q32 data sheet, "Commands description"; JESD216 (SFDP). Knows no controller.
 */
import { SECTOR_BYTES } from '../../flash.ts';
import { FLASH_BLOCK_BYTES } from '../../storage.ts';
import { onFlash } from './loader.ts';
import type { TimedFlash } from './timed-flash.ts';

interface SpiTransfer {
  readonly command: number;
  /** 0 where the transfer has none. */
  readonly address: number;
  readonly sent: Uint8Array;
  /** Bytes that the host clocks in. */
  readonly expected: number;
}

type Handler = (chip: NorChipState, transfer: SpiTransfer) => Uint8Array | undefined;

interface NorChipState {
  readonly flash: TimedFlash;
  writeEnabled: boolean;
  asleep: boolean;
  /** By the command before, and for one command. */
  resetEnabled: boolean;
}

const MANUFACTURER = 0xc8;
const TYPE = 0x40;
const WRITE_ENABLE_LATCH = 0x02;
/** What WRSR can change: not "write in progress", not the latch. */
const WRITABLE = 0xfc;
const OPEN_BUS = 0xff;
const MASK_24 = 0xff_ffff;
const HALF_BLOCK_BYTES = FLASH_BLOCK_BYTES / 2;

const identity = ({ flash }: NorChipState) => Uint8Array.of(MANUFACTURER, TYPE, Math.ceil(Math.log2(flash.physicalSize)));

const readStatus =
  (index: number): Handler =>
  ({ flash: { status }, writeEnabled }, { expected }) =>
    new Uint8Array(expected).fill(status[index]! | (index === 0 && writeEnabled ? WRITE_ENABLE_LATCH : 0));

/** Every second write needs another WREN: the latch falls with the write. */
function whenEnabled(write: (chip: NorChipState, transfer: SpiTransfer) => void): Handler {
  return (chip, transfer) => {
    if (chip.writeEnabled) write(chip, transfer);
    chip.writeEnabled = false;
    return undefined;
  };
}

const writeStatus = (first: number) =>
  whenEnabled(({ flash: { status } }, { sent }) => {
    sent.forEach((byte, i) => {
      if (first + i < status.length) status[first + i] = first + i === 0 ? byte & WRITABLE : byte;
    });
  });

/** Addresses above the chip's size are not decoded: they come round. */
const inside = ({ flash }: NorChipState, address: number) => (address & MASK_24) % flash.physicalSize;

const erase = (bytes: number) =>
  whenEnabled((chip, { address }) => {
    const at = inside(chip, address);
    chip.flash.erase(at - (at % bytes), bytes);
  });

const read: Handler = (chip, { address, expected }) => {
  const bytes = new Uint8Array(expected);
  const start = inside(chip, address);
  const beforeEnd = Math.min(expected, chip.flash.physicalSize - start);
  bytes.set(chip.flash.read(start, beforeEnd));
  bytes.set(chip.flash.read(0, expected - beforeEnd), beforeEnd);
  return bytes;
};

/** JESD216 header, one parameter header, and the first two words of the basic table: 3-byte addresses, 4 KiB erase, density. */
function discoverableParameters({ flash }: NorChipState): Uint8Array {
  const table = new Uint8Array(0x54).fill(0xff);
  const view = new DataView(table.buffer);
  table.set([0x53, 0x46, 0x44, 0x50, 0x00, 0x01, 0x00, 0xff, 0x00, 0x00, 0x01, 0x09, 0x30, 0x00, 0x00, 0xff]);
  view.setUint32(0x30, 0xfff1_20e5, true);
  view.setUint32(0x34, flash.physicalSize * 8 - 1, true);
  return table;
}

const COMMANDS: Readonly<Record<number, Handler>> = {
  0x01: writeStatus(0),
  0x02: whenEnabled((chip, { address, sent }) => {
    const at = inside(chip, address);
    chip.flash.program(at, sent.subarray(0, chip.flash.physicalSize - at));
  }),
  0x03: read,
  0x04: (chip) => ((chip.writeEnabled = false), undefined),
  0x05: readStatus(0),
  0x06: (chip) => ((chip.writeEnabled = true), undefined),
  0x0b: read,
  0x11: writeStatus(2),
  0x15: readStatus(2),
  0x20: erase(SECTOR_BYTES),
  0x31: writeStatus(1),
  0x35: readStatus(1),
  0x50: (chip) => ((chip.writeEnabled = true), undefined),
  0x52: erase(HALF_BLOCK_BYTES),
  0x5a: (chip, { address, expected }) => discoverableParameters(chip).subarray(address & MASK_24, (address & MASK_24) + expected),
  0x60: whenEnabled(({ flash }) => flash.eraseChip()),
  0x9f: identity,
  0xc7: whenEnabled(({ flash }) => flash.eraseChip()),
  0xd8: erase(FLASH_BLOCK_BYTES),
  0xb9: (chip) => ((chip.asleep = true), undefined),
};
const RELEASE_POWER_DOWN = 0xab;
const ENABLE_RESET = 0x66;
const RESET = 0x99;

export class NorChip {
  readonly #state: NorChipState;

  constructor(flash: TimedFlash) {
    this.#state = { flash, writeEnabled: false, asleep: false, resetEnabled: false };
  }

  /** What came back, `expected` bytes; a worn sector stays silently as it is. @throws FlashError POWER_LOST */
  transfer(transfer: SpiTransfer): Uint8Array {
    if (!this.#state.flash.isAttached) return new Uint8Array(transfer.expected).fill(OPEN_BUS);
    const answer = new Uint8Array(transfer.expected).fill(this.#state.asleep ? OPEN_BUS : 0);
    const { resetEnabled } = this.#state;
    this.#state.resetEnabled = transfer.command === ENABLE_RESET;
    if (transfer.command === RELEASE_POWER_DOWN || (transfer.command === RESET && resetEnabled)) {
      this.#state.asleep = false;
      this.#state.writeEnabled = false;
    }
    if (this.#state.asleep) return answer;
    const data = onFlash(() => COMMANDS[transfer.command]?.(this.#state, transfer), undefined);
    if (data) answer.set(data.subarray(0, answer.length));
    return answer;
  }
}

/**
 * The SPI controller that the flash hangs on, as far as a flasher drives it by register: a transfer that USR describes, started by CMD.
 * Source: Technical Reference Manuals, "SPI Controller", "CPU-controlled transfer". Where the registers are: `targets.ts`.
 */
import { SPI_ADDR_OFFSET, SPI_CMD_OFFSET, SPI_CMD_USR, SPI_USR } from '../../../core/serial/spi-command.ts';
import type { SpiController } from '../../../core/serial/target-model.ts';
import type { Memory } from './memory.ts';
import type { NorChip } from './nor-chip.ts';

/** USR1: bits of address less one. */
const ADDRESS_LENGTH_SHIFT = 26;
/** USR2 after reset: commands have eight bits. */
const COMMAND_LENGTH_8 = 0x7000_0000;
const MAX_WORDS = 16;
const LENGTH_MASK = 0x1ff;

/** Puts the controller's registers into `memory`. `usr`: that register after reset. */
export function attachSpiController(memory: Memory, chip: NorChip, registers: SpiController, usr: number): void {
  memory.preset(registers.base + registers.usr, usr);
  memory.preset(registers.base + registers.usr2, COMMAND_LENGTH_8);
  memory.define(registers.base + SPI_CMD_OFFSET, {
    // The transfer is over before anybody can look.
    read: () => 0,
    write: (value) => {
      if ((value & SPI_CMD_USR) !== 0) transfer(memory, chip, registers);
    },
  });
}

function transfer(memory: Memory, chip: NorChip, registers: SpiController): void {
  const word = (offset: number) => memory.readWord(registers.base + offset);
  const bytesOf = (offset: number | undefined) => (offset === undefined ? 0 : ((word(offset) & LENGTH_MASK) + 8) >> 3);
  const usr = word(registers.usr);
  const answer = chip.transfer({
    command: word(registers.usr2) & 0xff,
    address: (usr & SPI_USR.address) === 0 ? 0 : addressOf(word(SPI_ADDR_OFFSET), word(registers.usr1), registers),
    sent: (usr & SPI_USR.mosi) === 0 ? new Uint8Array(0) : readBuffer(memory, registers).subarray(0, bytesOf(registers.mosiLength)),
    expected: (usr & SPI_USR.miso) === 0 ? 0 : bytesOf(registers.misoLength),
  });
  if (answer.length > 0) memory.writeBytes(registers.base + registers.w0, answer.subarray(0, MAX_WORDS * 4));
}

function addressOf(register: number, usr1: number, { addressFromTop }: SpiController): number {
  const bits = (usr1 >>> ADDRESS_LENGTH_SHIFT) + 1;
  return addressFromTop && bits < 32 ? register >>> (32 - bits) : register;
}

function readBuffer(memory: Memory, { base, w0 }: SpiController): Uint8Array {
  const bytes = new Uint8Array(MAX_WORDS * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < MAX_WORDS; i++) view.setUint32(4 * i, memory.readWord(base + w0 + 4 * i), true);
  return bytes;
}

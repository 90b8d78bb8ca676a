/**
 * Any command to the flash, by driving the chip's SPI controller through its registers: how a flasher asks a ROM for the flash id.
 * The bits are for both ends; the virtual controller reads what is written here.
 * Source: Technical Reference Manuals, "SPI Controller", "CPU-controlled transfer" (SPI_MEM_USER_REG and neighbours).
 */
import type { ReadRegister } from './register-field.ts';
import type { SpiController } from './target-model.ts';

export const SPI_CMD_OFFSET = 0x00;
export const SPI_ADDR_OFFSET = 0x04;

/** CMD: starts what USR describes; the bit falls when it is done. */
export const SPI_CMD_USR = 1 << 18;

/** USR: the phases that the transfer has. */
export const SPI_USR = { command: 0x8000_0000, address: 0x4000_0000, dummy: 0x2000_0000, miso: 0x1000_0000, mosi: 0x0800_0000 } as const;

/** USR2: length of the command in bits less one, above the command itself. */
const SPI_USR2_LENGTH_SHIFT = 28;
/** USR1 of the ESP8266: the length of the answer in bits less one. */
const SPI_USR1_MISO_SHIFT = 8;

export const FLASH_COMMANDS = { readId: 0x9f, readStatus: 0x05, readStatus2: 0x35, readStatus3: 0x15 } as const;

/** Looks at CMD this often; a transfer of a few bytes is over before the answer to the first look is here. */
const POLLS = 10;

export interface RegisterAccess {
  readonly read: ReadRegister;
  readonly write: (address: number, value: number) => Promise<void>;
}

/**
 * Sends `command` and reads `bits` (at most 32) of answer, the first byte lowest; leaves USR and USR2 as they were.
 * `undefined`: the controller did not finish.
 */
export async function runFlashCommand(
  registers: RegisterAccess,
  spi: SpiController,
  command: number,
  bits: number,
): Promise<number | undefined> {
  const { read, write } = registers;
  const usr = await read(spi.base + spi.usr);
  const usr2 = await read(spi.base + spi.usr2);
  if (spi.misoLength === undefined) await write(spi.base + spi.usr1, (bits - 1) << SPI_USR1_MISO_SHIFT);
  else await write(spi.base + spi.misoLength, bits - 1);
  await write(spi.base + spi.usr, SPI_USR.command + SPI_USR.miso);
  await write(spi.base + spi.usr2, (7 << SPI_USR2_LENGTH_SHIFT) | command);
  // What is left over of the transfer before would stay in the bits that this one does not fill.
  await write(spi.base + spi.w0, 0);
  await write(spi.base + SPI_CMD_OFFSET, SPI_CMD_USR);
  const answer = (await isDone(read, spi)) ? (await read(spi.base + spi.w0)) >>> 0 : undefined;
  await write(spi.base + spi.usr, usr);
  await write(spi.base + spi.usr2, usr2);
  return answer;
}

async function isDone(read: ReadRegister, spi: SpiController): Promise<boolean> {
  for (let poll = 0; poll < POLLS; poll++) {
    if (((await read(spi.base + SPI_CMD_OFFSET)) & SPI_CMD_USR) === 0) return true;
  }
  return false;
}

/**
 * Any command to the flash, by driving the chip's SPI controller through its registers: how a flasher asks a ROM for the flash id.
 * The bits are for both ends; the virtual controller reads what is written here.
 * Source: Technical Reference Manuals, "SPI Controller", "CPU-controlled transfer" (SPI_MEM_USER_REG and neighbours).
 */
import type { ReadRegister, RegisterAccess, RegisterWrite } from './register-field.ts';
import type { SpiController } from './target-model.ts';

export const SPI_CMD_OFFSET = 0x00;
export const SPI_ADDR_OFFSET = 0x04;

/** CMD: starts what USR describes; the bit falls when it is done. */
export const SPI_CMD_USR = 1 << 18;

/** USR: the phases that the transfer has. */
export const SPI_USR = { command: 0x8000_0000, address: 0x4000_0000, dummy: 0x2000_0000, miso: 0x1000_0000, mosi: 0x0800_0000 } as const;

/** USR2: length of the command in bits less one, above the command itself. */
const SPI_USR2_LENGTH_SHIFT = 28;
/** USR1: bits of address less one, above the bits of dummy less one. */
const SPI_USR1_ADDRESS_SHIFT = 26;
/** USR1 of the ESP8266: the length of the answer in bits less one. */
const SPI_USR1_MISO_SHIFT = 8;

export const FLASH_COMMANDS = {
  readId: 0x9f,
  readStatus: 0x05,
  readStatus2: 0x35,
  readStatus3: 0x15,
  readParameters: 0x5a,
  enableReset: 0x66,
  reset: 0x99,
  powerDown: 0xb9,
  releasePowerDown: 0xab,
  /** XMC, "Ultra-Deep Power-Down". */
  ultraDeepPowerDown: 0x79,
  exitUltraDeepPowerDown: 0xff,
} as const;

/** Of "read discoverable parameters" (JESD216). */
const PARAMETER_ADDRESS_BITS = 24;
const PARAMETER_DUMMY_BITS = 8;

/** Looks at CMD this often; a transfer of a few bytes is over before the answer to the first look is here. */
const POLLS = 10;
/** Nobody looks whether a command without an answer is over: it has eight bits, and no flash is clocked as slowly as that. */
const COMMAND_MICROSECONDS = 100;

interface FlashTransfer {
  readonly command: number;
  /** Of answer, at most 32. */
  readonly bits: number;
  /** In the parameters. */
  readonly address?: number;
}

export interface FlashDriver {
  /** One after the other, none of which has an answer. */
  send(...commands: readonly number[]): Promise<void>;
  /** `bits` (at most 32) of answer, the first byte lowest. `undefined`: the controller did not finish. */
  ask(command: number, bits: number): Promise<number | undefined>;
  /** As `ask`: from the table in which the flash chip describes itself (SFDP). */
  askParameters(address: number, bits: number): Promise<number | undefined>;
}

/** Drives the flash by hand, and leaves USR and USR2 as they were: loaders go on with what is in there. */
export async function driveFlash<T>(registers: RegisterAccess, spi: SpiController, work: (flash: FlashDriver) => Promise<T>): Promise<T> {
  const { read, write } = registers;
  const usr = await read(spi.base + spi.usr);
  const usr2 = await read(spi.base + spi.usr2);
  const result = await work({
    send: (...commands) => write(...commands.flatMap((command) => started(spi, { command, bits: 0 }))),
    ask: (command, bits) => ask(registers, spi, { command, bits }),
    askParameters: (address, bits) => ask(registers, spi, { command: FLASH_COMMANDS.readParameters, bits, address }),
  });
  await write(
    { address: spi.base + spi.usr, value: usr, delayMicroseconds: COMMAND_MICROSECONDS },
    { address: spi.base + spi.usr2, value: usr2 },
  );
  return result;
}

async function ask({ read, write }: RegisterAccess, spi: SpiController, what: FlashTransfer): Promise<number | undefined> {
  await write(...started(spi, what));
  return (await isDone(read, spi)) ? (await read(spi.base + spi.w0)) >>> 0 : undefined;
}

/** What starts a transfer, whatever went before. */
function started(spi: SpiController, what: FlashTransfer): readonly RegisterWrite[] {
  const { command, bits, address } = what;
  const phases = (bits > 0 ? SPI_USR.miso : 0) + (address === undefined ? 0 : SPI_USR.address + SPI_USR.dummy);
  const [first, ...more] = [
    ...lengths(spi, what),
    { address: spi.base + spi.usr, value: SPI_USR.command + phases },
    { address: spi.base + spi.usr2, value: (7 << SPI_USR2_LENGTH_SHIFT) | command },
  ];
  return [
    { ...first!, delayMicroseconds: COMMAND_MICROSECONDS },
    ...more,
    ...addressOf(spi, address),
    // What is left over of the transfer before would stay in the bits that this one does not fill.
    ...(bits > 0 ? [{ address: spi.base + spi.w0, value: 0 }] : []),
    { address: spi.base + SPI_CMD_OFFSET, value: SPI_CMD_USR },
  ];
}

function lengths(spi: SpiController, { bits, address }: FlashTransfer): readonly RegisterWrite[] {
  const before = address === undefined ? 0 : ((PARAMETER_ADDRESS_BITS - 1) << SPI_USR1_ADDRESS_SHIFT) + PARAMETER_DUMMY_BITS - 1;
  const answer = Math.max(0, bits - 1);
  if (spi.misoLength === undefined) return [{ address: spi.base + spi.usr1, value: before + (answer << SPI_USR1_MISO_SHIFT) }];
  return [
    ...(bits > 0 ? [{ address: spi.base + spi.misoLength, value: answer }] : []),
    ...(address === undefined ? [] : [{ address: spi.base + spi.usr1, value: before }]),
  ];
}

function addressOf({ base, addressFromTop }: SpiController, address: number | undefined): readonly RegisterWrite[] {
  if (address === undefined) return [];
  return [{ address: base + SPI_ADDR_OFFSET, value: addressFromTop ? address << (32 - PARAMETER_ADDRESS_BITS) : address }];
}

async function isDone(read: ReadRegister, spi: SpiController): Promise<boolean> {
  for (let poll = 0; poll < POLLS; poll++) {
    if (((await read(spi.base + SPI_CMD_OFFSET)) & SPI_CMD_USR) === 0) return true;
  }
  return false;
}

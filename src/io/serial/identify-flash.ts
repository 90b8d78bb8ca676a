/** Which flash chip is there, once it is in a state in which it can be asked and written. Not in secure download mode. */
import type { Clock } from '../../app/ports.ts';
import type { ChipIdentity } from '../../app/usb/ports.ts';
import { describeFlash } from '../../core/serial/jedec.ts';
import { FLASH_COMMANDS, readFlashParameters, runFlashCommand } from '../../core/serial/spi-command.ts';
import type { RegisterAccess } from '../../core/serial/spi-command.ts';
import type { SpiController } from '../../core/serial/target-model.ts';

const ID_BITS = 24;
const XMC = 0x20;
/** Of its capacities, the codes that each of XMC's series has, by the second byte of the id (esptool, `attach_flash()`). */
const XMC_SERIES: Readonly<Record<number, readonly [least: number, most: number]>> = {
  0x40: [0x13, 0x20],
  0x41: [0x17, 0x20],
  0x50: [0x15, 0x16],
};
/** In the discoverable parameters: the maker of the table behind the first one. */
const PARAMETERS_MAKER = 0x10;
const XMC_WAKE_MS = 2;
const RESET_MS = 1;

/**
 * An XMC that did not start well has an id that is not its own, and is sent to sleep and woken. And every chip is reset: an application may have
 * left it in a state that a ROM does not know how to leave (120 MHz, XIP), also when it starts again.
 */
export async function identifyFlash(
  registers: RegisterAccess,
  spi: SpiController,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<ChipIdentity['flash']> {
  const readId = async (): Promise<number> => (await runFlashCommand(registers, spi, FLASH_COMMANDS.readId, ID_BITS)) ?? 0;
  const send = async (...commands: readonly number[]): Promise<void> => {
    for (const command of commands) await runFlashCommand(registers, spi, command);
  };
  const { powerDown, ultraDeepPowerDown, exitUltraDeepPowerDown, releasePowerDown, enableReset, reset } = FLASH_COMMANDS;
  let id = await readId();
  if (!isXmc(id) && (await readFlashParameters(registers, spi, PARAMETERS_MAKER, 8)) === XMC) {
    await send(powerDown, ultraDeepPowerDown, exitUltraDeepPowerDown);
    await clock.sleep(XMC_WAKE_MS, signal);
    await send(releasePowerDown);
    id = await readId();
  }
  await send(enableReset, reset);
  await clock.sleep(RESET_MS, signal);
  return describeFlash(id);
}

function isXmc(id: number): boolean {
  const [maker, series, capacity] = [id & 0xff, (id >>> 8) & 0xff, (id >>> 16) & 0xff];
  const [least, most] = XMC_SERIES[series] ?? [Infinity, 0];
  return maker === XMC && capacity >= least && capacity <= most;
}

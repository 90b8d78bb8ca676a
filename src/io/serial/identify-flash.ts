/** Which flash chip is there, once it is in a state in which it can be asked and written. Not in secure download mode. */
import type { Clock } from '../../app/ports.ts';
import type { ChipIdentity } from '../../app/usb/ports.ts';
import { describeFlash } from '../../core/serial/jedec.ts';
import { driveFlash, FLASH_COMMANDS } from '../../core/serial/spi-command.ts';
import type { RegisterAccess } from '../../core/serial/register-field.ts';
import type { FlashDriver } from '../../core/serial/spi-command.ts';
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

export async function identifyFlash(
  registers: RegisterAccess,
  spi: SpiController,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<ChipIdentity['flash']> {
  const id = await driveFlash(registers, spi, (flash) => startFlash(flash, clock, signal));
  await clock.sleep(RESET_MS, signal);
  return describeFlash(id);
}

/**
 * An XMC that did not start well has an id that is not its own, and is sent to sleep and woken. And every chip is reset: an application may have
 * left it in a state that a ROM does not know how to leave (120 MHz, XIP), also when it starts again.
 */
async function startFlash(flash: FlashDriver, clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<number> {
  const readId = async (): Promise<number> => (await flash.ask(FLASH_COMMANDS.readId, ID_BITS)) ?? 0;
  const { powerDown, ultraDeepPowerDown, exitUltraDeepPowerDown, releasePowerDown, enableReset, reset } = FLASH_COMMANDS;
  let id = await readId();
  if (!isXmc(id) && (await flash.askParameters(PARAMETERS_MAKER, 8)) === XMC) {
    await flash.send(powerDown, ultraDeepPowerDown, exitUltraDeepPowerDown);
    await clock.sleep(XMC_WAKE_MS, signal);
    await flash.send(releasePowerDown);
    id = await readId();
  }
  await flash.send(enableReset, reset);
  return id;
}

function isXmc(id: number): boolean {
  const [maker, series, capacity] = [id & 0xff, (id >>> 8) & 0xff, (id >>> 16) & 0xff];
  const [least, most] = XMC_SERIES[series] ?? [Infinity, 0];
  return maker === XMC && capacity >= least && capacity <= most;
}

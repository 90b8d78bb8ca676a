/** What the watchdogs of a chip are made to do through its boot loader: nothing, or a reset that no control line can give. */
import { isSerialError } from '../../app/usb/errors.ts';
import { watchdogReset } from '../../core/serial/watchdogs.ts';
import type { RegisterAccess } from '../../core/serial/register-field.ts';
import type { Watchdogs } from '../../core/serial/target-model.ts';
import { isLineTrouble } from './loader-link.ts';

/** A reset over USB Serial/JTAG leaves those of the application running; they would restart the chip in the middle of a write. */
export async function stopWatchdogs({ write }: Pick<RegisterAccess, 'write'>, { rtc, super: watchdog }: Watchdogs): Promise<void> {
  const stop = [
    { address: rtc.protect, value: rtc.key },
    { address: rtc.config0, value: 0 },
    { address: rtc.protect, value: 0 },
  ];
  if (!watchdog) return await write(...stop);
  const { protect, key, config, autoFeed } = watchdog;
  await write(
    ...stop,
    { address: protect, value: key },
    { address: config, value: autoFeed, mask: autoFeed },
    { address: protect, value: 0 },
  );
}

/**
 * Starts the application where RTS does not: over USB-OTG, and over USB Serial/JTAG where BOOT was held. Rejects when the watchdog was not
 * armed.
 */
export async function resetByWatchdog({ write }: Pick<RegisterAccess, 'write'>, watchdogs: Watchdogs): Promise<void> {
  let isArmed = false;
  try {
    for (const { address, value } of watchdogReset(watchdogs)) {
      isArmed ||= address === watchdogs.rtc.config0;
      await write({ address, value });
    }
  } catch (error) {
    // It may bite before the chip has answered, and takes a port that is the chip's own along.
    if (!isArmed || !(isLineTrouble(error) || isSerialError(error, 'PORT_GONE'))) throw error;
  }
}

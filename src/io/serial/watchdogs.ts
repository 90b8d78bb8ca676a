/** A reset over USB Serial/JTAG leaves the application's watchdogs running; they would restart the chip in the middle of a write. */
import type { RegisterAccess } from '../../core/serial/spi-command.ts';
import type { Watchdogs } from '../../core/serial/target-model.ts';

export async function stopWatchdogs({ read, write }: RegisterAccess, { rtc, super: watchdog }: Watchdogs): Promise<void> {
  await write(rtc.protect, rtc.key);
  await write(rtc.config0, 0);
  await write(rtc.protect, 0);
  if (!watchdog) return;
  await write(watchdog.protect, watchdog.key);
  await write(watchdog.config, ((await read(watchdog.config)) | watchdog.autoFeed) >>> 0);
  await write(watchdog.protect, 0);
}

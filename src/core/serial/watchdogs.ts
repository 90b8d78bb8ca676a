/**
 * Register writes that keep watchdogs from biting in the middle of a flash operation, or make one bite on purpose; as data.
 * A reset over USB Serial/JTAG leaves the RTC and the super watchdog running. Source: TRMs, "Watchdog Timers".
 */
import type { Watchdogs } from './target-model.ts';

/** `set`: bits to set in what the register has; `value`: all of it. */
export type RegisterStep = { readonly address: number; readonly value: number } | { readonly address: number; readonly set: number };

/** The RTC watchdog off, the super watchdog fed by itself. */
export function quietWatchdogs({ rtc, super: superWatchdog }: Watchdogs): readonly RegisterStep[] {
  const steps: RegisterStep[] = [
    { address: rtc.protect, value: rtc.key },
    { address: rtc.config0, value: 0 },
    { address: rtc.protect, value: 0 },
  ];
  if (!superWatchdog) return steps;
  const { config, autoFeed, protect, key } = superWatchdog;
  return [...steps, { address: protect, value: key }, { address: config, set: autoFeed }, { address: protect, value: 0 }];
}

/** Ticks of the slow clock (some 140 kHz): long enough for the last reply to get out. */
const TICKS_UNTIL_RESET = 2000;
/** Enabled, first stage resets the system, reset signals of full length. */
const RESET_SYSTEM = 0x8000_0000 + (5 << 28) + (1 << 8) + 2;

/** Resets the whole chip, where RTS cannot (USB-OTG). Only for `canReset`; give it half a second. */
export function watchdogReset({ rtc }: Watchdogs): readonly RegisterStep[] {
  return [
    { address: rtc.protect, value: rtc.key },
    { address: rtc.config1, value: TICKS_UNTIL_RESET },
    { address: rtc.config0, value: RESET_SYSTEM },
    { address: rtc.protect, value: 0 },
  ];
}

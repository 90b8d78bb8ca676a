/** A reset by the RTC watchdog, as data: over a chip's own USB no control line reaches EN. Source: TRMs, "Watchdog Timers". */
import type { Watchdogs } from './target-model.ts';

interface RegisterStep {
  readonly address: number;
  readonly value: number;
}

/** Ticks of the slow clock (some 140 kHz): long enough for the last reply to get out. */
const TICKS_UNTIL_RESET = 2000;
/** Enabled, first stage resets the system, reset signals of full length. */
const RESET_SYSTEM = 0x8000_0000 + (5 << 28) + (1 << 8) + 2;

/** Resets the whole chip, where RTS cannot (USB-OTG, USB Serial/JTAG). Only for `canReset`; give it half a second. */
export function watchdogReset({ rtc }: Watchdogs): readonly RegisterStep[] {
  return [
    { address: rtc.protect, value: rtc.key },
    { address: rtc.config1, value: TICKS_UNTIL_RESET },
    { address: rtc.config0, value: RESET_SYSTEM },
    { address: rtc.protect, value: 0 },
  ];
}

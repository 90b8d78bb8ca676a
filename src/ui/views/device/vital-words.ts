/** Readings of a device in words: uptime, signal, why it started last. Pure. */

/** `42 s`, `12 min`, `04:12` in hours and minutes, `6 d 04:12`: a value and, where it needs one, its unit. */
export function uptimeParts(seconds: number): readonly { readonly value: string; readonly unit: string }[] {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (seconds < 60) return [{ value: String(Math.floor(seconds)), unit: 's' }];
  if (seconds < 3600) return [{ value: String(Math.floor(seconds / 60)), unit: 'min' }];
  const clock = { value: `${two((seconds % 86_400) / 3600)}:${two((seconds % 3600) / 60)}`, unit: 'h' };
  return seconds < 86_400
    ? [clock]
    : [
        { value: String(Math.floor(seconds / 86_400)), unit: 'd' },
        { ...clock, unit: '' },
      ];
}

export function signalWord(rssi: number): string {
  if (rssi >= -60) return 'good';
  if (rssi >= -70) return 'fair';
  return rssi >= -80 ? 'weak' : 'very weak';
}

/** `esp_reset_reason_t`, in words. */
const RESET_WORDS: Readonly<Record<string, string>> = {
  POWERON: 'since power on',
  SW: 'since a restart',
  PANIC: 'since a crash',
  INT_WDT: 'since a watchdog reset',
  TASK_WDT: 'since a watchdog reset',
  WDT: 'since a watchdog reset',
  DEEPSLEEP: 'since deep sleep',
  BROWNOUT: 'since a brown-out',
  EXT: 'since a press on EN',
};

export const resetWords = (reason: string | undefined): string =>
  reason === undefined ? '' : (RESET_WORDS[reason.replace(/^ESP_RST_/, '').toUpperCase()] ?? `reset: ${reason.slice(0, 40)}`);

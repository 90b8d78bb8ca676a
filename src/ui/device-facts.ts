/** What follows from a device's own words: which slot is written next, whether there is a way back, how it is. Pure. */
import type { DeviceState } from '../app/model.ts';
import type { DemoFirmware } from '../app/services.ts';
import type { DeviceInfo, DeviceSlot } from '../core/ota/device-contract.ts';
import { compareVersions } from '../core/ota/version.ts';
import type { LampState } from './elements/icons.ts';

export const runningSlot = (info: DeviceInfo): DeviceSlot | undefined => info.slots?.find((slot) => slot.label === info.running);

/** The slot that the next update overwrites: the first that does not run. */
export const inactiveSlot = (info: DeviceInfo): DeviceSlot | undefined => info.slots?.find((slot) => slot.label !== info.running);

/** The slot that a rollback would start: it holds an image that the boot loader has not given up. */
export function wayBack(info: DeviceInfo): DeviceSlot | undefined {
  return info.slots?.find(
    (slot) =>
      slot.label !== info.running && slot.state !== 'EMPTY' && slot.state !== 'INVALID' && slot.state !== 'ABORTED' && slot.sha256 !== '',
  );
}

export interface LinkWords {
  readonly lamp: LampState;
  readonly word: string;
}

export function linkWords(state: DeviceState): LinkWords {
  switch (state.link) {
    case 'online':
      return { lamp: 'on', word: 'Online' };
    case 'connecting':
      return { lamp: 'busy', word: 'Connecting' };
    case 'restarting':
      return { lamp: 'busy', word: 'Restarting' };
    case 'unreachable':
      return { lamp: 'stopped', word: 'Not reachable' };
  }
}

/** What the device runs, as it said last. */
export const latestInfo = (state: DeviceState): DeviceInfo | undefined => state.info ?? state.record.lastInfo;

const DEMO_TITLE = /^(?<project>\S+) (?<version>\d\S*)$/;

/** The demo firmware to look at first: the same product, the smallest step up, so that a visitor starts with the good update. */
export function suggestedDemo(info: DeviceInfo, demos: readonly DemoFirmware[]): DemoFirmware | undefined {
  const steps = demos
    .map((demo) => ({ demo, ...DEMO_TITLE.exec(demo.title)?.groups }) as { demo: DemoFirmware; project?: string; version?: string })
    .filter(({ project, version }) => project === info.project && version !== undefined && compareVersions(version, info.version) === 1);
  steps.sort((a, b) => compareVersions(a.version!, b.version!) ?? 0);
  return steps[0]?.demo;
}

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

/** `v3.1` from 301. */
export const revisionWord = (revision: number | undefined): string =>
  revision === undefined ? '' : `v${Math.floor(revision / 100)}.${revision % 100}`;

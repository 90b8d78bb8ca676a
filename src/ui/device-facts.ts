/** What follows from a device's own words: which slot is written next, whether there is a way back, how it is. Pure. */
import type { DeviceState } from '../app/model.ts';
import type { DemoFirmware } from '../app/services.ts';
import type { DeviceInfo, DeviceSlot } from '../core/ota/device-contract.ts';
import { compareVersions } from '../core/ota/version.ts';
import type { LampState } from './elements/icons.ts';

export const runningSlot = (info: DeviceInfo): DeviceSlot | undefined => info.slots?.find((slot) => slot.label === info.running);

/** The slot that the next update overwrites: the first that does not run. */
export const inactiveSlot = (info: DeviceInfo): DeviceSlot | undefined => info.slots?.find((slot) => slot.label !== info.running);

interface LinkWords {
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

/** `v3.1` from 301. */
export const revisionWord = (revision: number | undefined): string =>
  revision === undefined ? '' : `v${Math.floor(revision / 100)}.${revision % 100}`;

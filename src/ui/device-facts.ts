/** What follows from a device's own words: which slot is written next, whether there is a way back, how it is. Pure. */
import type { DeviceState } from '../app/model.ts';
import type { DemoFirmware } from '../app/services.ts';
import type { DeviceInfo, DeviceSlot } from '../core/ota/device-contract.ts';
import { compareVersions } from '../core/ota/version.ts';
import type { LampState } from './elements/icons.ts';
import { formatMoment } from './format.ts';

export const runningSlot = (info: DeviceInfo): DeviceSlot | undefined => info.slots?.find((slot) => slot.label === info.running);

/** The slot that the next update overwrites: the first that does not run. */
export const inactiveSlot = (info: DeviceInfo): DeviceSlot | undefined => info.slots?.find((slot) => slot.label !== info.running);

/** Nothing came back; with other codes something did, or nobody knows. */
const SILENT: ReadonlySet<string> = new Set(['TIMEOUT', 'UNREACHABLE', 'CONNECTION_LOST']);

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
    case 'boot-loader':
      return { lamp: 'busy', word: bootLoaderWord(state) };
    case 'not-starting':
      return { lamp: 'stopped', word: 'Does not start' };
    case 'unreachable':
      return { lamp: 'stopped', word: SILENT.has(state.problem?.code ?? '') ? 'Does not answer' : 'Not reachable' };
  }
}

export const bootLoaderWord = ({ cable }: DeviceState): string =>
  cable === undefined ? 'In its boot loader' : 'In its boot loader, by cable';

/** No application runs, and none will by itself. */
export const isStuck = ({ link }: Pick<DeviceState, 'link'>): boolean => link === 'boot-loader' || link === 'not-starting';

/** The port of the page that can talk to it while no application runs; none where nobody knows one. */
export function cableOf(state: DeviceState): string | undefined {
  const { cable, record } = state;
  if (!isStuck(state)) return undefined;
  return cable ?? (record.kind === 'virtual' ? `virtual:${record.id}` : undefined);
}

/** Nothing that it said is known to be so now: neither what runs, nor that anything does. */
export const isLastKnown = (state: DeviceState): boolean => isStuck(state) || state.link === 'unreachable';

/** `last known 21 Nov 2026, 12:04`; empty while it answers, and where nothing is known of its firmware. */
export function lastKnownWords(state: DeviceState): string {
  if (!isLastKnown(state) || !latestInfo(state)?.version) return '';
  return state.seenAt === undefined ? 'last known' : `last known ${formatMoment(state.seenAt)}`;
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

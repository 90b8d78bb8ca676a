/** A device in few words, for lists: its lamp, its place, its chip. No markup. */
import type { DeviceRecord, DeviceState, UpdateJobState } from '../../../app/model.ts';
import type { LampState } from '../../elements/icons.ts';
import { formatAgo } from '../../format.ts';
import { bootLoaderWord } from '../../device-facts.ts';
import { shortJobWords } from '../../job-words.ts';

interface DeviceLamp {
  readonly lamp: LampState;
  readonly words: string;
}

/** What the lamp of a device shows; a job that runs matters more than the link that it disturbs. */
export function deviceLamp(record: DeviceRecord, state: DeviceState | undefined, job: UpdateJobState | undefined, now: number): DeviceLamp {
  if (job?.outcome === 'running') return { lamp: 'busy', words: shortJobWords(job) };
  switch (state?.link) {
    case 'online':
      return { lamp: 'on', words: record.kind === 'virtual' ? 'Ready' : 'Online' };
    case 'restarting':
      return { lamp: 'busy', words: 'Restarting' };
    case 'boot-loader':
      return { lamp: 'busy', words: bootLoaderWord(state) };
    case 'not-starting':
      return { lamp: 'stopped', words: 'Does not start' };
    case 'unreachable':
      return { lamp: 'off', words: lastSeenWords(record, now) };
    default:
      return { lamp: 'off', words: 'Asking…' };
  }
}

function lastSeenWords(record: DeviceRecord, now: number): string {
  if (record.lastSeenAt === undefined) return 'Never answered';
  const ago = formatAgo(record.lastSeenAt, now);
  return ago === 'just now' ? 'Does not answer' : `Last seen ${ago}`;
}

/** `in this browser`, or the host of its address. */
export function placeOf(record: DeviceRecord): string {
  if (record.kind === 'virtual') return 'in this browser';
  return URL.canParse(record.baseUrl) ? new URL(record.baseUrl).host : record.baseUrl;
}

/** Everything that a search in the list of devices looks through. */
export function searchTextOf(record: DeviceRecord): string {
  const { lastInfo: info } = record;
  return [record.name, record.id, record.kind, placeOf(record), info?.project, info?.version, info?.chip, info?.mac, info?.ip]
    .filter(Boolean)
    .join('\n')
    .toLowerCase();
}

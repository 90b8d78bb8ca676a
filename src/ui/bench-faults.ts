/** The faults of a virtual board in words. */
import type { BenchSettings } from '../app/services.ts';
import { formatCount } from './format.ts';

export const NO_FAULTS = {
  cutAfterBytes: 0,
  flipBitAtByte: 0,
  failingSector: 0,
  powerCutAtOperation: 0,
  fullSlot: false,
} as const satisfies Partial<BenchSettings>;

type Fault = keyof typeof NO_FAULTS;

const WORDS = {
  cutAfterBytes: ({ cutAfterBytes }) => `the connection is cut after ${formatCount(cutAfterBytes)} bytes`,
  flipBitAtByte: ({ flipBitAtByte }) => `a bit of byte ${formatCount(flipBitAtByte)} flips on its way`,
  failingSector: ({ failingSector }) => `sector ${formatCount(failingSector)} of the slot fails`,
  powerCutAtOperation: ({ powerCutAtOperation }) => `the power goes at flash operation ${formatCount(powerCutAtOperation)}, once`,
  fullSlot: () => 'there is no room for an update',
} as const satisfies Record<Fault, (settings: BenchSettings) => string>;

/** Each as half a sentence; none when nothing is armed. */
export function armedFaults(settings: BenchSettings): readonly string[] {
  return (Object.keys(WORDS) as Fault[]).filter((fault) => Boolean(settings[fault])).map((fault) => WORDS[fault](settings));
}

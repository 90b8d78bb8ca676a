/** The faults of a virtual board in words. */
import type { BenchSettings } from '../app/services.ts';
import { formatCount } from './format.ts';

export const NO_FAULTS = {
  cutAfterBytes: 0,
  flipBitAtByte: 0,
  failingSector: 0,
  powerCutAtOperation: 0,
  fullSlot: false,
  serialStubFails: false,
  serialBootLoop: false,
  serialPortBusy: false,
  serialLoseByteToChip: 0,
  serialLoseByteToHost: 0,
  serialFlipByteToChip: 0,
  serialFlipByteToHost: 0,
  serialUnplugAtByte: 0,
  serialResetAtByte: 0,
} as const satisfies Partial<BenchSettings>;

type Fault = keyof typeof NO_FAULTS;

const WORDS = {
  cutAfterBytes: ({ cutAfterBytes }) => `the connection is cut after ${formatCount(cutAfterBytes)} bytes`,
  flipBitAtByte: ({ flipBitAtByte }) => `a bit of byte ${formatCount(flipBitAtByte)} flips on its way`,
  failingSector: ({ failingSector }) => `sector ${formatCount(failingSector)} of the slot fails`,
  powerCutAtOperation: ({ powerCutAtOperation }) => `the power goes at flash operation ${formatCount(powerCutAtOperation)}, once`,
  fullSlot: () => 'there is no room for an update',
  serialStubFails: () => 'its flasher stub does not start',
  serialBootLoop: () => 'its ROM finds no boot loader at the next start',
  serialPortBusy: () => 'another program has its serial port open',
  serialLoseByteToChip: ({ serialLoseByteToChip }) => `byte ${formatCount(serialLoseByteToChip)} to the chip is lost on the cable, once`,
  serialLoseByteToHost: ({ serialLoseByteToHost }) => `byte ${formatCount(serialLoseByteToHost)} from the chip is lost on the cable, once`,
  serialFlipByteToChip: ({ serialFlipByteToChip }) =>
    `a bit of byte ${formatCount(serialFlipByteToChip)} to the chip flips on the cable, once`,
  serialFlipByteToHost: ({ serialFlipByteToHost }) =>
    `a bit of byte ${formatCount(serialFlipByteToHost)} from the chip flips on the cable, once`,
  serialUnplugAtByte: ({ serialUnplugAtByte }) => `the cable is pulled at byte ${formatCount(serialUnplugAtByte)}, once`,
  serialResetAtByte: ({ serialResetAtByte }) => `the chip is reset at byte ${formatCount(serialResetAtByte)} on the cable, once`,
} as const satisfies Record<Fault, (settings: BenchSettings) => string>;

/** Each as half a sentence; none when nothing is armed. */
export function armedFaults(settings: BenchSettings): readonly string[] {
  return (Object.keys(WORDS) as Fault[]).filter((fault) => Boolean(settings[fault])).map((fault) => WORDS[fault](settings));
}

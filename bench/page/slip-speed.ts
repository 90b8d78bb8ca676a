/** How fast SLIP frames are made and taken apart, on what firmware looks like and on what costs most. */
import { encodeSlip, SlipDecoder } from '../../src/core/serial/slip.ts';

const BLOCK = 0x4000;
const BLOCKS = 1000;

export interface SlipSpeed {
  readonly data: 'random' | 'every byte escaped' | 'every other byte escaped';
  /** Payload, 10⁶ bytes a second. */
  readonly encode: number;
  readonly decode: number;
}

function xorshift(length: number): Uint8Array {
  let state = 0x2545_f491;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
}

const SAMPLES = {
  random: xorshift(BLOCK),
  'every byte escaped': new Uint8Array(BLOCK).fill(0xc0),
  'every other byte escaped': Uint8Array.from({ length: BLOCK }, (_, i) => (i % 2 === 0 ? 0xdb : 0x41)),
} as const satisfies Record<SlipSpeed['data'], Uint8Array>;

/** The best of `rounds`: what else runs on the machine only ever makes it slower. */
export function measureSlip(rounds = 3): readonly SlipSpeed[] {
  return Object.entries(SAMPLES).map(([data, block]) => {
    const frame = encodeSlip(block);
    const decoder = new SlipDecoder();
    return {
      data: data as SlipSpeed['data'],
      encode: best(rounds, () => encodeSlip(block).length),
      decode: best(rounds, () => decoder.push(frame).length),
    };
  });
}

function best(rounds: number, work: () => number): number {
  let fastest = 0;
  for (let round = 0; round <= rounds; round++) {
    const startedAt = performance.now();
    for (let i = 0; i < BLOCKS; i++) work();
    const speed = (BLOCK * BLOCKS) / 1e3 / (performance.now() - startedAt);
    // The first round warms up.
    if (round > 0) fastest = Math.max(fastest, speed);
  }
  return fastest;
}

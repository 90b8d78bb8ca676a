import { expect } from 'chai';
import { differingRanges, nextComparison, startDiff, step } from '../../../src/core/bundle/diff-regions.ts';
import type { DiffPrices } from '../../../src/core/bundle/diff-regions.ts';
import type { FlashRange } from '../../../src/core/bundle/plan-model.ts';
import { estimateMs } from '../../../src/core/bundle/estimate.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';

const SECTOR = 0x1000;
/** 921600 baud: 4096 bytes, compressed, take 27 ms; an erase as long as it takes. */
const FAST_LINE: DiffPrices = { roundTripMs: 2, hashSectorMs: 0.4, writeSectorMs: 28 };
const SLOW_USB: DiffPrices = { roundTripMs: 17, hashSectorMs: 0.4, writeSectorMs: 28 };
const SLOW_HASH: DiffPrices = { roundTripMs: 2, hashSectorMs: 1.4, writeSectorMs: 28 };

interface Simulated {
  readonly ranges: readonly FlashRange[];
  readonly asked: number;
  readonly ms: number;
}

/** Answers from a set of sectors that differ, and adds the prices up. */
function simulate(writes: readonly FlashRange[], differs: (sector: number) => boolean, prices: DiffPrices): Simulated {
  let state = startDiff(writes, prices);
  let ms = 0;
  for (let region = nextComparison(state); region; region = nextComparison(state)) {
    const first = region.offset / SECTOR;
    const count = Math.ceil(region.length / SECTOR);
    ms += prices.roundTripMs + count * prices.hashSectorMs;
    const isSame = !Array.from({ length: count }, (_, index) => first + index).some(differs);
    state = step(state, isSame);
  }
  const ranges = differingRanges(state);
  // Written, then verified.
  for (const { length } of ranges) ms += (length / SECTOR) * (prices.writeSectorMs + prices.hashSectorMs) + 3 * prices.roundTripMs;
  return { ranges, asked: state.asked, ms };
}

const sectorsOf = (ranges: readonly FlashRange[]): readonly number[] =>
  ranges.flatMap(({ offset, length }) => Array.from({ length: Math.ceil(length / SECTOR) }, (_, index) => offset / SECTOR + index));

const MEGABYTE = { offset: 0x10000, length: 0x100000 };
const fullMs = (prices: DiffPrices): number => 256 * (prices.writeSectorMs + prices.hashSectorMs) + 2 * prices.roundTripMs;

describe('the search for what differs', () => {
  it('asks little of an identical megabyte', () => {
    for (const prices of [FAST_LINE, SLOW_USB, SLOW_HASH]) {
      const { ranges, asked } = simulate([MEGABYTE], () => false, prices);
      expect(ranges).to.deep.equal([]);
      expect(asked).to.be.at.most(16);
    }
    expect(simulate([MEGABYTE], () => false, FAST_LINE).ms / fullMs(FAST_LINE)).to.be.below(0.02);
  });

  it('finds one function that changed, ten times faster than a full write', () => {
    const changed = new Set([17, 18, 19, 120]);
    const { ranges, asked, ms } = simulate([MEGABYTE], (sector) => changed.has(sector), FAST_LINE);
    expect(sectorsOf(ranges)).to.include.members([17, 18, 19, 120]);
    expect(sectorsOf(ranges).length, 'a neighbour may be cheaper to write than to ask for').to.be.below(8);
    expect(asked).to.be.below(60);
    expect(fullMs(FAST_LINE) / ms).to.be.above(10);
  });

  it('asks fewer questions where each of them is dear', () => {
    const one = (sector: number): boolean => sector === 99;
    expect(simulate([MEGABYTE], one, SLOW_USB).asked).to.be.below(simulate([MEGABYTE], one, FAST_LINE).asked);
  });

  it('never takes much longer than writing everything', () => {
    for (const prices of [FAST_LINE, SLOW_USB, SLOW_HASH]) {
      expect(simulate([MEGABYTE], () => true, prices).ms).to.be.below(1.35 * fullMs(prices));
    }
  });

  it('gives up on a quite different firmware, whatever few sectors happen to be the same', () => {
    // As another application over this one: padding and a common table here and there.
    const common = new Set([16, 47, 90, 131, 132, 188, 230, 271]);
    for (const prices of [FAST_LINE, SLOW_USB, SLOW_HASH, { roundTripMs: 4, hashSectorMs: 1, writeSectorMs: 55 }]) {
      const { asked, ms } = simulate([MEGABYTE], (sector) => !common.has(sector), prices);
      expect(asked, `at ${prices.roundTripMs} ms`).to.be.below(110);
      expect(ms / fullMs(prices)).to.be.below(1.08);
    }
  });

  it('finds the half that is the same behind one that is quite different', () => {
    const { ranges, ms } = simulate([MEGABYTE], (sector) => sector < 16 + 128, FAST_LINE);
    expect(sectorsOf(ranges)).to.have.length.below(140);
    expect(ms / fullMs(FAST_LINE)).to.be.below(0.6);
  });

  it('ends a range where the bytes of the write end', () => {
    const write = { offset: 0x10000, length: 0x2345 };
    const { ranges } = simulate([write], (sector) => sector === 0x12, FAST_LINE);
    expect(ranges).to.deep.equal([{ offset: 0x12000, length: 0x345 }]);
  });

  it('asks nothing about the last piece when all others are the same', () => {
    const prices = { roundTripMs: 0.001, hashSectorMs: 1, writeSectorMs: 1000 };
    const { asked } = simulate([{ offset: 0, length: 2 * SECTOR }], (sector) => sector === 1, prices);
    expect(asked).to.be.at.most(2);
  });

  it('rewrites a gap where another write would cost more', () => {
    const prices = { roundTripMs: 20, hashSectorMs: 0.1, writeSectorMs: 30 };
    const { ranges } = simulate([MEGABYTE], (sector) => sector === 40 || sector === 42, prices);
    expect(ranges).to.have.length(1);
  });

  it('covers exactly what differs, but for gaps and pieces that are cheaper to write (seeded)', () =>
    withSeed(SEED, (random: Random) => {
      for (let run = 0; run < 60; run += 1) {
        const prices = {
          roundTripMs: 1 + random.below(20),
          hashSectorMs: 0.2 + random.below(20) / 10,
          writeSectorMs: 10 + random.below(400),
        };
        const length = 1 + random.below(300 * SECTOR);
        const count = Math.ceil(length / SECTOR);
        const changed = new Set(Array.from({ length: random.below(8) }, () => 16 + random.below(count)));
        const { ranges } = simulate([{ offset: 0x10000, length }], (sector) => changed.has(sector), prices);
        const found = new Set(sectorsOf(ranges));
        for (const sector of changed) expect(found.has(sector), `sector ${sector} of run ${run}`).to.equal(true);
        if (changed.size === 0) expect(found.size).to.equal(0);
      }
    }));
});

describe('estimateMs()', () => {
  const random = new Random(7);
  const write = { name: 'app', role: 'app', offset: 0x10000, length: 0x100000, bytes: random.bytes(0x100000), patched: false } as const;

  it('follows the line, until the flash is the slower one; the start comes on top', () => {
    const at = (baudRate: number): number => estimateMs({ writes: [write], erases: [] }, { baudRate, isNativeUsb: false });
    expect(at(115_200)).to.be.within(50_000, 70_000);
    expect(at(921_600)).to.be.within(10_000, 12_500);
    expect(at(8_000_000)).to.be.within(8000, 10_000);
  });

  it('counts little for erased bytes, and something for erasing', () => {
    const line = { baudRate: 115_200, isNativeUsb: false };
    const empty = { ...write, bytes: new Uint8Array(0x100000).fill(0xff) };
    expect(estimateMs({ writes: [empty], erases: [] }, line)).to.be.below(9000);
    expect(estimateMs({ writes: [], erases: [{ offset: 0, length: 0x400000 }] }, line)).to.equal(13_700);
  });
});

import { expect } from 'chai';
import { compareSectors, compareSectorsInSlices, SECTOR_BYTES, sectorRuns } from '../../../src/core/image/compare-sectors.ts';

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

/** Deterministic bytes (mulberry32), so that a failing run can be repeated from its printed seed. */
function bytesFrom(seed: number, length: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) & 0xff;
  });
}

describe('compareSectors()', () => {
  it('says that identical images are the same in every sector, the last partial one too', () => {
    const image = bytesFrom(1, 3 * SECTOR_BYTES + 17);
    const result = compareSectors(image, image.slice());
    expect(result.sectors).to.deep.equal(['same', 'same', 'same', 'same']);
    expect(result.differingBytes).to.equal(0);
  });

  it('finds a single changed byte and only its sector', () => {
    const before = filled(4 * SECTOR_BYTES, 0xaa);
    const after = before.slice();
    after[2 * SECTOR_BYTES] = 0xab;
    const result = compareSectors(before, after);
    expect(result.sectors).to.deep.equal(['same', 'same', 'changed', 'same']);
    expect(result.differingBytes).to.equal(1);
  });

  it('finds a change in the last byte of a sector', () => {
    const before = filled(2 * SECTOR_BYTES, 0);
    const after = before.slice();
    after[SECTOR_BYTES - 1] = 1;
    expect(compareSectors(before, after).sectors).to.deep.equal(['changed', 'same']);
  });

  it('calls sectors that only one image reaches added or removed', () => {
    const long = filled(3 * SECTOR_BYTES + 1, 7);
    const short = filled(SECTOR_BYTES, 7);
    expect(compareSectors(short, long).sectors).to.deep.equal(['same', 'added', 'added', 'added']);
    expect(compareSectors(long, short).sectors).to.deep.equal(['same', 'removed', 'removed', 'removed']);
    expect(compareSectors(short, long).differingBytes).to.equal(2 * SECTOR_BYTES + 1);
  });

  it('calls the sector changed in which the shorter image ends', () => {
    const result = compareSectors(filled(100, 7), filled(200, 7));
    expect(result.sectors).to.deep.equal(['changed']);
    expect(result.differingBytes).to.equal(100);
  });

  it('has nothing to say about two empty images', () => {
    expect(compareSectors(new Uint8Array(), new Uint8Array())).to.deep.equal({
      sectors: [],
      count: { same: 0, changed: 0, removed: 0, added: 0 },
      differingBytes: 0,
    });
  });

  it('agrees with a byte-by-byte count on random images, and is symmetric', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const before = bytesFrom(seed, (seed * 977) % (5 * SECTOR_BYTES));
      const after = bytesFrom(seed % 3 ? seed : seed + 1000, (seed * 1459) % (5 * SECTOR_BYTES));
      const longest = Math.max(before.length, after.length);
      let differing = 0;
      for (let at = 0; at < longest; at += 1) if (before[at] !== after[at]) differing += 1;
      const there = compareSectors(before, after);
      const back = compareSectors(after, before);
      expect(there.differingBytes, `seed ${seed}`).to.equal(differing);
      expect(back.differingBytes, `seed ${seed}`).to.equal(differing);
      expect(there.count.added, `seed ${seed}`).to.equal(back.count.removed);
      expect(there.sectors.length, `seed ${seed}`).to.equal(Math.ceil(longest / SECTOR_BYTES));
    }
  });
});

describe('compareSectorsInSlices()', () => {
  it('stops after every slice and ends with the same answer', () => {
    const before = bytesFrom(3, 10 * SECTOR_BYTES);
    const after = before.slice();
    after[9 * SECTOR_BYTES]! ^= 1;
    const slices = compareSectorsInSlices(before, after, 4);
    expect(slices.next()).to.deep.equal({ done: false, value: { done: 4, total: 10 } });
    expect(slices.next()).to.deep.equal({ done: false, value: { done: 8, total: 10 } });
    const last = slices.next();
    expect(last.done).to.equal(true);
    expect(last.value).to.deep.equal(compareSectors(before, after));
  });

  it('refuses a slice of nothing', () => {
    expect(() => compareSectorsInSlices(new Uint8Array(), new Uint8Array(), 0).next()).to.throw(RangeError);
  });
});

describe('sectorRuns()', () => {
  it('joins neighbours of one state and covers every sector once', () => {
    expect(sectorRuns(['same', 'same', 'changed', 'same', 'added', 'added'])).to.deep.equal([
      { state: 'same', first: 0, length: 2 },
      { state: 'changed', first: 2, length: 1 },
      { state: 'same', first: 3, length: 1 },
      { state: 'added', first: 4, length: 2 },
    ]);
  });

  it('has no run for no sector', () => {
    expect(sectorRuns([])).to.deep.equal([]);
  });
});

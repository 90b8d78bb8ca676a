import { expect } from 'chai';
import { FlashError, NorFlash, PAGE_BYTES, SECTOR_BYTES } from '../../src/virtual/flash.ts';
import { FLASH_BLOCK_BYTES } from '../../src/virtual/storage.ts';
import { randomFrom, seeded } from '../doubles/virtual-bench.ts';

const MB = 1 << 20;

describe('NorFlash', () => {
  it('is FF when new, and after an erase', () => {
    const flash = new NorFlash(MB);
    flash.program(SECTOR_BYTES, Uint8Array.of(1, 2, 3));
    flash.erase(SECTOR_BYTES, SECTOR_BYTES);
    expect(flash.read(0, 3 * SECTOR_BYTES).every((byte) => byte === 0xff)).to.equal(true);
  });

  it('only clears bits: an unerased byte shows the AND of both writes', () => {
    const flash = new NorFlash(MB);
    flash.program(10, Uint8Array.of(0b1100_1100, 0x0f, 0xff));
    flash.program(10, Uint8Array.of(0b1010_1010, 0xff, 0x55));
    expect([...flash.read(10, 3)]).to.deep.equal([0b1000_1000, 0x0f, 0x55]);
  });

  it('programs the same bytes whatever the alignment of source and target (seed 11)', () => {
    const next = seeded(11);
    const flash = new NorFlash(MB);
    const model = new Uint8Array(MB).fill(0xff);
    for (let round = 0; round < 400; round++) {
      const offset = Math.floor(next() * (MB - 4_000));
      const source = randomFrom(round + 1)(new Uint8Array(4_000)).subarray(Math.floor(next() * 9), 9 + Math.floor(next() * 3_900));
      flash.program(offset, source);
      source.forEach((byte, i) => (model[offset + i]! &= byte));
    }
    expect(flash.read(0, MB).every((byte, i) => byte === model[i])).to.equal(true);
  });

  it('counts one operation for a sector erased and one for a page touched', () => {
    const flash = new NorFlash(MB);
    flash.erase(0, 3 * SECTOR_BYTES);
    expect(flash.operations).to.equal(3);
    flash.program(PAGE_BYTES - 1, Uint8Array.of(0, 0));
    expect(flash.operations).to.equal(5);
    flash.program(0, new Uint8Array(4 * PAGE_BYTES));
    expect(flash.operations).to.equal(9);
    flash.program(0, new Uint8Array(0));
    expect(flash.operations).to.equal(9);
  });

  it('does the operation of a power cut by half and is dead until powered again', () => {
    const flash = new NorFlash(MB);
    flash.schedulePowerCut(2);
    expect(flash.operationsUntilPowerCut).to.equal(2);
    expect(() => flash.program(0, new Uint8Array(3 * PAGE_BYTES)))
      .to.throw(FlashError)
      .with.property('code', 'POWER_LOST');
    expect(flash.read(0, PAGE_BYTES + PAGE_BYTES / 2).every((byte) => byte === 0)).to.equal(true);
    expect(flash.read(PAGE_BYTES + PAGE_BYTES / 2, 2 * PAGE_BYTES).every((byte) => byte === 0xff)).to.equal(true);
    expect(() => flash.erase(0, SECTOR_BYTES)).to.throw(FlashError);
    flash.powerOn();
    flash.schedulePowerCut(1);
    expect(() => flash.erase(0, SECTOR_BYTES)).to.throw(FlashError);
    flash.powerOn();
    expect(flash.operationsUntilPowerCut).to.equal(0);
    flash.erase(0, SECTOR_BYTES);
    expect(flash.read(0, SECTOR_BYTES).every((byte) => byte === 0xff)).to.equal(true);
  });

  it('refuses the failing sector only', () => {
    const flash = new NorFlash(MB);
    flash.failSectorAt(2 * SECTOR_BYTES + 5);
    flash.erase(0, 2 * SECTOR_BYTES);
    expect(() => flash.erase(0, 4 * SECTOR_BYTES))
      .to.throw(FlashError)
      .with.property('code', 'SECTOR_FAILED');
    expect(() => flash.program(3 * SECTOR_BYTES - 1, Uint8Array.of(0, 0))).to.throw(FlashError);
    flash.failSectorAt(-1);
    flash.erase(0, 4 * SECTOR_BYTES);
  });

  it('hands out changed blocks once, erased ones as null, unfinished ones not yet', () => {
    const flash = new NorFlash(MB);
    flash.program(0, Uint8Array.of(0));
    flash.program(5 * FLASH_BLOCK_BYTES, Uint8Array.of(7));
    expect([...flash.takeDirty(2 * FLASH_BLOCK_BYTES).keys()]).to.deep.equal([0]);
    flash.erase(5 * FLASH_BLOCK_BYTES, SECTOR_BYTES);
    expect([...flash.takeDirty()]).to.deep.equal([[5, null]]);
    expect(flash.takeDirty().size).to.equal(0);
  });

  it('comes back from its blocks, ignoring those that do not fit', () => {
    const block = new Uint8Array(FLASH_BLOCK_BYTES).fill(0x12);
    const flash = new NorFlash(
      MB,
      new Map([
        [1, block],
        [99, block],
        [2, new Uint8Array(3)],
      ]),
    );
    expect(flash.read(FLASH_BLOCK_BYTES, 1)[0]).to.equal(0x12);
    expect(flash.read(2 * FLASH_BLOCK_BYTES, 1)[0]).to.equal(0xff);
  });

  it('tells callers who miss the flash or its sectors', () => {
    const flash = new NorFlash(MB);
    expect(() => flash.read(MB - 1, 2)).to.throw(RangeError);
    expect(() => flash.program(-1, Uint8Array.of(0))).to.throw(RangeError);
    expect(() => flash.erase(1, SECTOR_BYTES)).to.throw(RangeError);
    expect(() => new NorFlash(12345)).to.throw(RangeError);
  });
});

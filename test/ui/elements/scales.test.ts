import { expect } from 'chai';
import { flashRegions, loupeFactor, rulerSteps, type FlashView } from '../../../src/ui/elements/flash-scale.ts';
import { fitText, formatAddress, formatCapacity, placeWords, scale, textWidth } from '../../../src/ui/elements/measure.ts';
import { cellPath, countSectors, gridBox, gridColumns } from '../../../src/ui/elements/sector-grid.ts';
import { slotLetter, slotWord, tapeWord } from '../../../src/ui/elements/slot-words.ts';
import { trace } from '../../../src/ui/elements/spark-path.ts';
import { mean } from '../../../src/ui/elements/speed.ts';
import { layoutXray } from '../../../src/ui/elements/xray-scale.ts';
import { appImage, EMPTY_B, IMAGE_SIZE, PARTITIONS, PLAN, SLOT_A, SLOT_B, SLOT_SIZE } from './fixtures.ts';

const MB = 1024 * 1024;
const view: FlashView = { flashSize: 4 * MB, partitions: PARTITIONS, slots: [SLOT_A, SLOT_B], running: 'ota_0', bootloaderOffset: 0x1000 };

describe('scale()', () => {
  it('draws bytes as their share of the line', () => expect(scale(SLOT_SIZE / 2, SLOT_SIZE, 400)).to.equal(200));
  it('never leaves the line, whatever a device reports', () => {
    expect(scale(-5, 100, 50)).to.equal(0);
    expect(scale(1e12, 100, 50)).to.equal(50);
    expect(scale(5, 0, 50)).to.equal(0);
  });
});

describe('labels', () => {
  it('fitText() takes the first wish that the room holds', () => {
    const room = textWidth('1.0.0', 13);
    expect(fitText(['greenhouse-node 1.0.0', '1.0.0'], 13, room)).to.equal('1.0.0');
    expect(fitText(['1.0.0'], 13, room - 1)).to.equal('');
  });

  it('placeWords() moves words beside a block that cannot hold them, and leaves them out where nothing can', () => {
    const names = ['greenhouse-node 1.0.0', '1.0.0'];
    expect(placeWords(names, ['904.5 KB'], { blockPx: 300, roomPx: 400, paddingPx: 14 })).to.include({
      where: 'inside',
      x: 14,
      name: names[0],
    });
    expect(placeWords(names, ['904.5 KB'], { blockPx: 30, roomPx: 400, paddingPx: 14 })).to.include({
      where: 'beside',
      x: 38,
      name: names[0],
    });
    expect(placeWords(names, ['904.5 KB'], { blockPx: 20, roomPx: 40, paddingPx: 14 }).where).to.equal('nowhere');
  });

  it('formatCapacity() says chosen sizes exactly', () => {
    expect([4 * MB, SLOT_SIZE, 0x160000, 512, 1500].map(formatCapacity)).to.deep.equal(['4 MB', '1280 KB', '1408 KB', '512 B', '1.5 KB']);
  });

  it('formatAddress() pads to the digits of flash addresses', () => expect(formatAddress(0x10000)).to.equal('0x010000'));
});

describe('flashRegions()', () => {
  it('covers every byte of the flash once, in order', () => {
    for (const flashSize of [2 * MB, 4 * MB, 16 * MB]) {
      let at = 0;
      for (const region of flashRegions({ ...view, flashSize })) {
        expect(region.offset, `${region.name} in ${flashSize}`).to.equal(at);
        at += region.size;
      }
      expect(at).to.equal(flashSize);
    }
  });

  it('does not call a slot with half a write empty', () => {
    const slots = view.slots.map((slot) => (slot.label === 'ota_1' ? { ...EMPTY_B, state: 'INVALID' as const, unfinished: true } : slot));
    const region = flashRegions({ ...view, slots }).find(({ name }) => name === 'ota_1');
    expect(region).to.include({ note: 'unfinished write', state: 'old', filled: SLOT_SIZE });
  });

  it('finds boot loader and table before the first partition, where the chip looks for them', () => {
    expect(
      flashRegions(view)
        .slice(0, 3)
        .map(({ name, offset, size }) => [name, offset, size]),
    ).to.deep.equal([
      ['', 0, 0x1000],
      ['bootloader', 0x1000, 0x7000],
      ['table', 0x8000, 0x1000],
    ]);
    expect(flashRegions({ ...view, bootloaderOffset: 0 })[0]).to.include({ name: 'bootloader', offset: 0, size: 0x8000 });
  });

  it('keeps everything but the slot and the boot choice when an update is planned', () => {
    const written = flashRegions({ ...view, plan: PLAN }).filter((region) => region.state === 'write');
    expect(written.map(({ name, note }) => [name, note])).to.deep.equal([
      ['otadata', 'boot choice'],
      ['ota_1', '0.9.3 to 1.1.0'],
    ]);
    expect(written[1]?.filled).to.equal(IMAGE_SIZE);
  });

  it('cuts overlapping partitions and those beyond the end', () => {
    const partitions = [
      { label: 'a', type: 1, subtype: 2, offset: 0x9000, size: 0x8000 },
      { label: 'b', type: 1, subtype: 2, offset: 0xa000, size: 0xffff_0000 },
      { label: 'c', type: 1, subtype: 2, offset: 9 * MB, size: 1 },
    ];
    const regions = flashRegions({ ...view, partitions, slots: [] });
    expect(regions.map((region) => region.name)).to.deep.equal(['', 'bootloader', 'table', 'a', 'b']);
    expect(regions.reduce((sum, region) => sum + region.size, 0)).to.equal(4 * MB);
  });

  it('is one gap when a device lists nothing', () => expect(flashRegions({ ...view, partitions: [] })).to.have.length(1));
});

describe('rulerSteps()', () => {
  it('ticks 256 KB and labels 1 MB on a wide 4 MB strip', () =>
    expect(rulerSteps(4 * MB, 1080)).to.deep.equal({ tick: MB / 4, label: MB }));
  it('takes larger steps where labels would touch', () => {
    expect(rulerSteps(16 * MB, 1080).label).to.equal(2 * MB);
    expect(rulerSteps(4 * MB, 300).label).to.equal(2 * MB);
  });
  it('magnifies the first 64 KB by strip and loupe', () => expect(loupeFactor(4 * MB, 1080, 540)).to.equal(32));
});

describe('slots in words', () => {
  const two = { slots: [SLOT_A, SLOT_B], running: 'ota_0', nextBoot: 'ota_0' };
  it('letters follow the OTA number', () =>
    expect(['ota_0', 'ota_1', 'ota_15', 'factory', ''].map(slotLetter)).to.deep.equal(['A', 'B', 'P', 'F', '?']));
  it('a running image that nobody confirmed is not called confirmed', () => {
    expect(slotWord({ ...SLOT_A, state: 'PENDING_VERIFY' }, two)).to.deep.equal({
      lamp: 'unconfirmed',
      word: 'Running, not confirmed yet',
    });
    expect(slotWord(SLOT_A, two).word).to.equal('Running, confirmed');
    expect(slotWord({ ...SLOT_A, state: 'UNDEFINED' }, two).word).to.equal('Running');
  });
  it('a slot that the boot loader refuses says so', () =>
    expect(slotWord({ ...SLOT_B, state: 'ABORTED' }, two)).to.deep.equal({ lamp: 'stopped', word: 'Aborted, will not start' }));
  it('half a write is called that, unless it is under way', () => {
    const half = { ...EMPTY_B, state: 'INVALID' as const, unfinished: true };
    expect(slotWord(half, two)).to.deep.equal({ lamp: 'stopped', word: 'Holds an unfinished write' });
    expect(slotWord(half, { ...two, busy: true })).to.deep.equal({ lamp: 'busy', word: 'Being written' });
  });
  it('the tape names what is lost, and nothing when nothing is', () => {
    expect(tapeWord(SLOT_B)).to.equal('0.9.3 will be overwritten');
    expect(tapeWord(EMPTY_B)).to.equal('empty, will be written');
    expect(tapeWord({ ...EMPTY_B, state: 'INVALID', unfinished: true })).to.equal('an unfinished write will be overwritten');
  });
});

describe('countSectors()', () => {
  it('adds up to the slot, and finishes with the last byte', () => {
    expect(countSectors(SLOT_SIZE, IMAGE_SIZE, 532_480, 12_288)).to.deep.equal({ total: 320, done: 130, now: 3, plan: 95, free: 92 });
    expect(countSectors(SLOT_SIZE, IMAGE_SIZE, IMAGE_SIZE, 0)).to.deep.equal({ total: 320, done: 228, now: 0, plan: 0, free: 92 });
    expect(countSectors(SLOT_SIZE, IMAGE_SIZE, IMAGE_SIZE - 1, 0).done).to.equal(227);
  });

  it('holds for any report (seed 7)', () => {
    let seed = 7;
    const next = () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    for (let i = 0; i < 500; i++) {
      const slot = Math.ceil(next() * 1000) * 4096;
      const image = Math.floor(next() * slot * 1.1);
      const counts = countSectors(slot, image, Math.floor(next() * image * 1.2) - 100, Math.floor(next() * 20_000));
      const parts = [counts.done, counts.now, counts.plan, counts.free];
      expect(
        parts.every((n) => n >= 0),
        `seed 7, round ${i}: ${JSON.stringify(counts)}`,
      ).to.equal(true);
      expect(
        parts.reduce((a, b) => a + b),
        `seed 7, round ${i}`,
      ).to.equal(counts.total);
    }
  });

  it('draws one square per cell, row by row', () => {
    expect(cellPath(0, 3, 2)).to.equal('M1 1h13.5v13.5h-13.5ZM17 1h13.5v13.5h-13.5ZM1 17h13.5v13.5h-13.5Z');
    expect(gridBox(320, 64)).to.deep.equal({ width: 1024, height: 80 });
    expect([gridColumns(320, 1000), gridColumns(320, 320), gridColumns(2048, 1000)]).to.deep.equal([64, 32, 128]);
  });
});

describe('trace()', () => {
  it('spans the field from the oldest to the newest value', () => expect(trace([0, 10], { floor: 0 })?.line).to.equal('M0 29L100 3'));
  it('draws no line from one point or from nothing', () =>
    expect([trace([]), trace([5]), trace([5, Number.NaN])]).to.deep.equal([undefined, undefined, undefined]));
  it('lays a flat trace into the middle', () => expect(trace([5, 5])?.line).to.equal('M0 16L100 16'));
  it('keeps the threshold on the field', () => {
    const y = trace([10, 12], { threshold: 30 })?.thresholdY ?? -1;
    expect(y).to.be.within(0, 32);
  });
});

describe('mean()', () => {
  it('weighs each speed by how long it lasted', () =>
    expect(
      mean([
        { at: 0, bytesPerSecond: 0 },
        { at: 100, bytesPerSecond: 100 },
        { at: 1000, bytesPerSecond: 1000 },
      ]),
    ).to.equal(910));
  it('has no answer without samples', () => expect(mean([])).to.equal(undefined));
});

describe('layoutXray()', () => {
  const px = 760;
  const layout = layoutXray(appImage(), px, 62, SLOT_SIZE);

  it('draws file and memory at one scale', () => {
    const [drom] = layout.blocks;
    expect(drom?.width).to.be.closeTo(layout.memory[0]!.width, 0.02);
    expect((layout.slotEndX! / SLOT_SIZE) * IMAGE_SIZE).to.be.closeTo(layout.imageEndX, 0.02);
  });

  it('orders memory by address and adds up what lands in the same memory', () => {
    expect(layout.memory.map(({ name, used, capacity }) => [name, used, capacity])).to.deep.equal([
      ['DROM', 173_260, undefined],
      ['DRAM', 18_964, 160 * 1024],
      ['IRAM', 4352 + 62_156, 128 * 1024],
      ['IROM', 675_020, undefined],
    ]);
  });

  it('stays inside the film', () => {
    const last = layout.memory.at(-1)!;
    expect(last.x + last.width).to.be.at.most(px + 0.1);
    expect(layout.slotEndX).to.be.at.most(px);
  });

  it('shows an image that is longer than its slot as longer', () => {
    const tooLong = layoutXray(appImage(), px, 62, IMAGE_SIZE / 2);
    expect(tooLong.imageEndX).to.be.greaterThan(tooLong.slotEndX!);
  });

  it('puts code and data of a chip with one SRAM into one box', () => {
    expect(layoutXray(appImage({ chip: 'ESP32-C3' }), px, 62).memory.map((block) => block.name)).to.deep.equal(['DROM', 'SRAM', 'IROM']);
  });

  it('leaves out padding, and survives an image without segments', () => {
    const padded = appImage({ segments: [{ offset: 32, length: 64, loadAddress: 0, region: 'PADDING' }] });
    expect(layoutXray(padded, px, 62).memory).to.deep.equal([]);
    expect(layoutXray(appImage({ segments: [], imageLength: 0 }), px, 62).blocks).to.deep.equal([]);
  });
});

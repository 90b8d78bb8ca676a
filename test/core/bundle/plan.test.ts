import { expect } from 'chai';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import type { EspImage } from '../../../src/core/image/model.ts';
import { parseImage } from '../../../src/core/image/image.ts';
import { patchFlashSettings } from '../../../src/core/bundle/header-patch.ts';
import { planFlash } from '../../../src/core/bundle/plan.ts';
import type { FlashPlan } from '../../../src/core/bundle/plan-model.ts';
import {
  TABLE,
  appBytes,
  bootloaderBytes,
  buildOf,
  dataPart,
  imagePart,
  mergedBuild,
  otadataOf,
  otadataPart,
  partOf,
  tablePart,
  targetOf,
} from './plan-fixtures.ts';

const offsets = (plan: FlashPlan): readonly number[] => plan.writes.map(({ offset }) => offset);
const fates = (plan: FlashPlan) => Object.fromEntries(plan.partitions.map(({ label, fate }) => [label, fate]));

describe('planFlash()', () => {
  it('writes an application and leaves everything else', async () => {
    const bytes = await appBytes();
    const plan = await planFlash(buildOf(await imagePart('app', 0x10000, bytes)), targetOf());
    expect(plan.writes).to.have.length(1);
    expect(plan.writes[0]).to.include({ offset: 0x10000, length: bytes.length, patched: false, name: 'app.bin' });
    expect(plan.bytesToWrite).to.equal(bytes.length);
    expect(plan.erases).to.deep.equal([]);
    expect(fates(plan)).to.deep.equal({ nvs: 'kept', otadata: 'kept', app0: 'written', app1: 'kept', spiffs: 'kept' });
    expect(plan.problems).to.deep.equal([]);
  });

  it('splits a merged image around NVS and the file system', async () => {
    const plan = await planFlash(await mergedBuild(), targetOf());
    expect(offsets(plan)).to.deep.equal([0x1000, 0x8000, 0xe000, 0x10000]);
    expect(plan.kept).to.deep.equal([
      { offset: 0x9000, length: 0x3000 },
      { offset: 0x290000, length: 0x20000 },
    ]);
    expect(fates(plan)).to.deep.equal({ nvs: 'kept', otadata: 'written', app0: 'written', app1: 'kept', spiffs: 'kept' });
    expect(plan.problems).to.deep.equal([]);
  });

  it('writes all of a merged image when nothing is to be kept', async () => {
    const plan = await planFlash(await mergedBuild(), targetOf(), { keep: [] });
    expect(offsets(plan)).to.deep.equal([0x1000, 0x8000, 0x9000, 0xe000, 0x10000, 0x290000]);
    expect(plan.kept).to.deep.equal([]);
    expect(fates(plan)).to.include({ nvs: 'written', spiffs: 'written' });
  });

  it('writes all of a merged image to a chip without a table', async () => {
    const { partitions: _, ...blank } = targetOf({ hasBootloader: false });
    expect(offsets(await planFlash(await mergedBuild(), blank))).to.have.length(6);
  });

  it('writes one piece whole or not at all: a partition in the middle of it that is kept stops it', async () => {
    const raw = dataPart('data', 0x8000, 0x10000);
    const other = dataPart('data', 0x3f0000, 0x1000);
    const plan = await planFlash(buildOf(raw, other), targetOf(), { keep: ['nvs'] });
    expect(offsets(plan)).to.deep.equal([0x3f0000]);
    expect(plan.kept).to.deep.equal([{ offset: 0x9000, length: 0x5000 }]);
    expect(plan.problems[0]).to.deep.equal({
      code: 'PART_OVER_KEPT',
      severity: 'block',
      facts: { part: 'data.bin', offset: 0x8000, partition: 'nvs' },
    });
    const both = await planFlash(buildOf(raw), targetOf(), { keep: ['nvs', 'otadata'] });
    expect(both.problems[0]!.facts).to.include({ partition: 'nvs, otadata' });
    const whole = await planFlash(buildOf(raw, other), targetOf(), { keep: [] });
    expect(whole.writes.map(({ offset, length }) => [offset, length])).to.deep.equal([
      [0x8000, 0x10000],
      [0x3f0000, 0x1000],
    ]);
  });

  it('replaces a file system that somebody brought for its own sake, unless it is kept by choice', async () => {
    const build = buildOf(dataPart('filesystem', 0x290000, 0x160000));
    expect(fates(await planFlash(build, targetOf()))).to.include({ spiffs: 'written', nvs: 'kept' });
    const kept = await planFlash(build, targetOf(), { keep: ['spiffs'] });
    expect(kept.writes).to.deep.equal([]);
    expect(kept.problems.map(({ code }) => code)).to.deep.equal(['NOTHING_TO_WRITE']);
  });

  it('erases everything but what is kept by choice', async () => {
    const build = await mergedBuild();
    const all = await planFlash(build, targetOf(), { eraseAll: true });
    expect(all.erases).to.deep.equal([{ offset: 0, length: 0x400000 }]);
    expect(fates(all)).to.include({ nvs: 'written', app1: 'erased' });
    const butNvs = await planFlash(build, targetOf(), { eraseAll: true, keep: ['nvs'] });
    expect(butNvs.erases).to.deep.equal([
      { offset: 0, length: 0x9000 },
      { offset: 0xe000, length: 0x400000 - 0xe000 },
    ]);
    expect(fates(butNvs)).to.include({ nvs: 'kept' });
  });

  it('does not keep what the new table has moved, and says so', async () => {
    const moved = TABLE.map((row) => (row.label === 'spiffs' ? { ...row, offset: 0x300000, size: 0xf0000 } : row));
    const parts = [tablePart(moved, { fromMerged: true }), dataPart('filesystem', 0x300000, 0x1000, { fromMerged: true })];
    const plan = await planFlash(buildOf(...parts), targetOf());
    expect(offsets(plan)).to.deep.equal([0x8000, 0x300000]);
    expect(plan.problems).to.deep.include({
      code: 'TABLE_CHANGES',
      severity: 'warn',
      facts: { moved: 'spiffs', gone: '', fresh: '', elsewhere: '', renamed: '', smaller: '' },
    });
    expect(plan.partitions.filter(({ label }) => label === 'spiffs').map((row) => row.in)).to.deep.equal(['chip', 'bundle']);
  });

  it('names each partition once, by what becomes of its content', async () => {
    const table = TABLE.map((row) => (row.label === 'app1' ? { ...row, label: 'spare' } : row)).filter(({ label }) => label !== 'spiffs');
    const config = { label: 'config', type: 1, subtype: 0x40, offset: 0x3f0000, size: 0x10000, flags: 0 };
    const plan = await planFlash(buildOf(tablePart([...table, config]), await imagePart('app', 0x10000, await appBytes())), targetOf());
    expect(plan.partitions.map(({ label, newLabel, fate, in: where }) => [label, newLabel, fate, where])).to.deep.equal([
      ['nvs', undefined, 'kept', 'both'],
      ['otadata', undefined, 'kept', 'both'],
      ['app0', undefined, 'written', 'both'],
      ['app1', 'spare', 'kept', 'both'],
      ['spiffs', undefined, 'gone', 'chip'],
      ['config', undefined, 'new', 'bundle'],
    ]);
  });

  it('calls an application at its old place the same one, whatever the new table calls its slot', async () => {
    const single = TABLE.filter(({ label }) => label === 'nvs').concat(
      { label: 'phy_init', type: 1, subtype: 1, offset: 0xf000, size: 0x1000, flags: 0 },
      { label: 'factory', type: 0, subtype: 0, offset: 0x10000, size: 0x100000, flags: 0 },
    );
    const chip = targetOf();
    const alone = await planFlash(buildOf(tablePart(single)), chip);
    const slot = (plan: FlashPlan) => plan.partitions.find(({ offset }) => offset === 0x10000);
    expect(slot(alone)).to.deep.include({ label: 'app0', newLabel: 'factory', fate: 'kept', in: 'both', size: 0x100000 });
    expect(alone.problems.map(({ facts }) => [facts['renamed'], facts['smaller']])).to.deep.include(['app0 → factory', 'app0']);
    const both = await planFlash(buildOf(tablePart(single), await imagePart('app', 0x10000, await appBytes())), chip);
    expect(slot(both)).to.deep.include({ label: 'app0', newLabel: 'factory', fate: 'written', in: 'both' });
    expect(fates(both)).to.include({ app1: 'gone' }).and.not.have.property('factory');
  });

  it('joins pieces that share a sector and starts each write at a sector', async () => {
    const bytes = (value: number, length: number) => new Uint8Array(length).fill(value);
    const parts = [
      partOf('data', 0x300100, bytes(1, 0x10), { kind: 'unknown' }),
      partOf('data', 0x300200, bytes(2, 0x2000), { kind: 'unknown' }),
    ];
    const plan = await planFlash(buildOf(...parts), targetOf(), { keep: [] });
    expect(plan.writes).to.have.length(1);
    const [write] = plan.writes;
    expect([write!.offset, write!.length]).to.deep.equal([0x300000, 0x2200]);
    expect([0, 0x100, 0x110, 0x200].map((at) => write!.bytes[at])).to.deep.equal([0xff, 1, 0xff, 2]);
    expect(plan.problems.filter(({ code }) => code === 'MISALIGNED')).to.have.length(2);
  });

  describe('with flash settings', () => {
    const settings = { mode: 'qio', frequency: '80m', size: 'detect' };

    it('patches the boot loader as the reference tool does, its SHA-256 made anew', async () => {
      const bytes = await bootloaderBytes();
      const plan = await planFlash(
        { ...buildOf(await imagePart('bootloader', 0x1000, bytes)), settings },
        targetOf({ flashBytes: 16 * 2 ** 20 }),
      );
      const [write] = plan.writes;
      expect(write!.patched).to.equal(true);
      expect([...write!.bytes.subarray(0, 4)]).to.deep.equal([0xe9, 1, 0, 0x4f]);
      const image = await parseImage(write!.bytes);
      expect(image.appendedHash).to.include({ valid: true });
      expect(image).to.include({ flashMode: 'QIO', flashFrequency: '80m', flashSize: '16MB' });
      expect(await sha256Hex(bytes), 'the bytes that were brought stay as they are').to.equal(await sha256Hex(await bootloaderBytes()));
    });

    // `FLASH_FREQUENCY` of the reference tool's targets; `undefined`: it refuses it, and the header stays as it is.
    for (const [chip, frequency, code] of [
      ['ESP32-C6', '80m', 0],
      ['ESP32-C6', '40m', 0],
      ['ESP32-C6', '20m', 2],
      ['ESP32-C5', '40m', 0],
      ['ESP32-C5', '26m', undefined],
      ['ESP32-S31', '26m', undefined],
      ['ESP32-C61', '26m', undefined],
      ['ESP32-C3', '26m', 1],
      ['ESP32-C2', '15m', 2],
      ['ESP32-H2', '16m', 1],
    ] as const) {
      it(`writes ${frequency} for the ${chip} as ${code ?? 'nothing'}`, async () => {
        const bytes = Uint8Array.of(0xe9, 1, 2, 0x2f);
        const image = { secureBoot: [] } as unknown as EspImage;
        const wish = { chip, settings: { mode: 'keep', frequency, size: 'keep' }, flashBytes: undefined };
        const patched = await patchFlashSettings(bytes, image, wish);
        expect(patched && patched[3]! & 0x0f).to.equal(code);
      });
    }

    it('patches no other image', async () => {
      const bytes = await appBytes();
      const plan = await planFlash({ ...buildOf(await imagePart('app', 0x10000, bytes)), settings }, targetOf());
      expect(plan.writes[0]).to.include({ bytes, patched: false });
    });

    it('leaves the header alone when all is to be kept, or is the same', async () => {
      for (const same of [
        { mode: 'keep', frequency: 'keep', size: 'keep' },
        { mode: 'dio', frequency: '40m', size: '4MB' },
      ]) {
        const bytes = await bootloaderBytes();
        const plan = await planFlash({ ...buildOf(await imagePart('bootloader', 0x1000, bytes)), settings: same }, targetOf());
        expect(plan.writes[0]).to.include({ bytes, patched: false });
      }
    });

    it('patches an image without a hash in two bytes only', async () => {
      const bytes = await bootloaderBytes({ appendHash: false });
      const plan = await planFlash({ ...buildOf(await imagePart('bootloader', 0x1000, bytes)), settings }, targetOf());
      const changed = [...plan.writes[0]!.bytes.keys()].filter((at) => plan.writes[0]!.bytes[at] !== bytes[at]);
      expect(changed).to.deep.equal([2, 3]);
    });
  });

  it('moves the application to the slot that was chosen, and resets otadata on request', async () => {
    const build = buildOf(await imagePart('app', 0x10000, await appBytes()));
    const plan = await planFlash(build, targetOf(), { appSlot: 'app1', resetOtadata: true });
    expect(offsets(plan)).to.deep.equal([0x150000]);
    expect(plan.erases).to.deep.equal([{ offset: 0xe000, length: 0x2000 }]);
    expect(fates(plan)).to.include({ app0: 'kept', app1: 'written', otadata: 'erased' });
    const brought = await planFlash(buildOf(...build.parts, otadataPart(1)), targetOf(), { resetOtadata: true });
    expect(brought.erases, 'the bundle brings one').to.deep.equal([]);
  });

  it('puts an application without an address where it starts next, unless the bundle itself decides what starts', async () => {
    const part = await imagePart('app', 0x10000, await appBytes());
    const proposed = { ...part, placed: 'proposed' as const };
    const target = { ...targetOf(), otadata: otadataOf(1, 2) };
    expect(offsets(await planFlash(buildOf(proposed), target))).to.deep.equal([0x150000]);
    expect(offsets(await planFlash(buildOf(part), target)), 'stated').to.deep.equal([0x10000]);
    expect(offsets(await planFlash(buildOf(proposed), target, { resetOtadata: true }))).to.deep.equal([0x10000]);
    expect(offsets(await planFlash(buildOf(proposed), target, { appSlot: 'app0' }))).to.deep.equal([0x10000]);
    expect(offsets(await planFlash(buildOf(proposed, otadataPart(1)), target))).to.include(0x10000);
  });
});

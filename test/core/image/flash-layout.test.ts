import { expect } from 'chai';
import { crc32 } from '../../../src/core/bytes/crc32.ts';
import { entropyBits, erasedTailStart, looksEncrypted } from '../../../src/core/image/entropy.ts';
import { describeFlash, findBootloader, findPartitionTable, findTableOffset } from '../../../src/core/image/flash-layout.ts';
import type { FlashRun } from '../../../src/core/image/flash-runs.ts';
import { encodeOtadataEntry } from '../../../src/core/image/otadata.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import { concat, DEFAULT_ROWS, flash, MOVED_ROWS, partitionTable, smallApp, smallBootloader, u32 } from './builders.ts';

const run = (flashOffset: number, bytes: Uint8Array): FlashRun => ({ flashOffset, bytes });

async function layout(runs: readonly FlashRun[]): Promise<readonly string[]> {
  const { parts } = await describeFlash(runs);
  return parts.map(
    ({ flashOffset, length, name, content }) => `${flashOffset.toString(16)}+${length.toString(16)} ${name}: ${content.kind}`,
  );
}

describe('describeFlash()', () => {
  it('names what a full merged image holds, and leaves erased partitions out', async () => {
    const boot = await smallBootloader();
    const app = await smallApp();
    const image = flash(0x400000, {
      0x1000: boot,
      0x8000: partitionTable(DEFAULT_ROWS),
      0x9000: u32(1, 2, 3),
      0xe000: encodeOtadataEntry({ seq: 1, state: 'VALID' }),
      0x10000: app,
      0x290000: Uint8Array.of(1),
    });
    const found = await describeFlash([run(0, image)]);
    expect(found.chip).to.equal('ESP32');
    expect(await layout([run(0, image)])).to.deep.equal([
      `1000+${boot.length.toString(16)} bootloader: bootloader`,
      '8000+e0 partition table: partition-table',
      '9000+c nvs: unknown',
      'e000+20 otadata: otadata',
      `10000+${app.length.toString(16)} app0: app`,
      '290000+1 spiffs: unknown',
    ]);
  });

  it('counts bytes of an image that look erased', async () => {
    const app = await smallApp();
    app.fill(0xff, app.length - 32);
    expect(await layout([run(0, flash(0x20000, { 0x8000: partitionTable(DEFAULT_ROWS), 0x10000: app }))])).to.include(
      `10000+${app.length.toString(16)} app0: app`,
    );
  });

  it('reports a damaged app, boot loader and table each for itself', async () => {
    const app = await smallApp();
    app[1] = 17;
    const boot = await smallBootloader();
    boot.set(u32(0xffff_ffff), 28);
    const table = partitionTable(DEFAULT_ROWS);
    expect(await layout([run(0, flash(0x20000, { 0x1000: boot, 0x8000: table, 0x10000: app }))])).to.deep.equal([
      `1000+${boot.length.toString(16)} bootloader: damaged`,
      '8000+e0 partition table: partition-table',
      `10000+${app.length.toString(16)} app0: damaged`,
    ]);
    table[32] = 0;
    expect(await layout([run(0, flash(0x9000, { 0x8000: table }))])).to.deep.equal(['8000+e0 partition table: damaged']);
  });

  it('recognises images without a table: boot loader and app in sectors of their own', async () => {
    const boot = await smallBootloader();
    const app = await smallApp();
    expect(await layout([run(0, flash(0x20000, { 0x1000: boot, 0x10000: app }))])).to.deep.equal([
      `1000+1000 bootloader: bootloader`,
      `10000+${app.length.toString(16)} app: app`,
    ]);
  });

  it('keeps separate runs apart and names what has no name', async () => {
    const app = await smallApp();
    expect(await layout([run(0x3000, Uint8Array.of(1, 2)), run(0x8000, partitionTable(DEFAULT_ROWS)), run(0x10000, app)])).to.deep.equal([
      '3000+2 data: unknown',
      '8000+e0 partition table: partition-table',
      `10000+${app.length.toString(16)} app0: app`,
    ]);
  });

  it('sees encrypted apps', () =>
    withSeed(SEED, async (random: Random) => {
      const noise = random.bytes(0x8000);
      // One seed in 256 would make it an image.
      noise[0] = 0;
      const image = flash(0x20000, { 0x8000: partitionTable(DEFAULT_ROWS), 0x10000: noise });
      expect((await layout([run(0, image)])).at(-1)).to.equal('10000+8000 app0: encrypted');
    }));

  it('lets its own names win over a table that names boot loader and table', async () => {
    const rows = [{ label: 'boot', type: 2, subtype: 0, offset: 0x1000, size: 0x7000 }, ...DEFAULT_ROWS];
    const image = flash(0x9000, { 0x1000: await smallBootloader(), 0x8000: partitionTable(rows) });
    expect((await layout([run(0, image)])).map((line) => line.split(' ').slice(1).join(' '))).to.deep.equal([
      'bootloader: bootloader',
      'partition table: partition-table',
    ]);
  });

  it('splits a nameless stretch behind its signature sector', async () => {
    const app = await smallApp();
    expect((await layout([run(0x10000, flash(0x4000, { 0: app, 0x2000: app }))])).map((line) => line.split('+')[0])).to.deep.equal([
      '10000',
      '12000',
    ]);
  });

  it('keeps the signature with its image, and what follows apart', async () => {
    const block = new Uint8Array(1216).fill(0x11);
    block.set([0xe7, 2, 0, 0]);
    block.set(u32(crc32(block.subarray(0, 1196))), 1196);
    const app = await smallApp();
    expect(await layout([run(0x10000, flash(0x4000, { 0: app, 0x1000: block, 0x3000: u32(1) }))])).to.deep.equal([
      '10000+2000 app: app',
      '13000+4 data: unknown',
    ]);
  });

  it('takes otadata that is cut short for data', async () => {
    const image = flash(0xe020, { 0x8000: partitionTable(DEFAULT_ROWS), 0xe000: encodeOtadataEntry({ seq: 1, state: 'VALID' }) });
    expect((await layout([run(0, image)])).at(-1)).to.equal('e000+20 otadata: unknown');
  });
});

describe('findBootloader()', () => {
  it('believes an image only where its own chip looks for it', async () => {
    const esp32 = await smallBootloader();
    const c3 = await smallBootloader(5);
    expect(findBootloader([run(0, flash(0x4000, { 0x1000: esp32 }))])).to.equal(0x1000);
    expect(findBootloader([run(0, c3)])).to.equal(0);
    expect(findBootloader([run(0, flash(0x4000, { 0x2000: esp32 }))])).to.equal(undefined);
    expect(findBootloader([run(0, c3)], 'ESP32')).to.equal(undefined);
  });
});

describe('findPartitionTable()', () => {
  it('finds it at its usual place, and only a right one', () => {
    const table = partitionTable(DEFAULT_ROWS);
    expect(findPartitionTable([run(0, flash(0x9000, { 0x8000: table }))])?.partitions.length).to.equal(6);
    expect(findPartitionTable([run(0x8000, table)])?.partitions.length).to.equal(6);
    expect(findPartitionTable([run(0x9000, table)])).to.equal(undefined);
    table[32] = 0;
    expect(findPartitionTable([run(0x8000, table)])).to.equal(undefined);
  });

  it('finds one that a project moved, behind a boot loader and in front of all that it names', async () => {
    const boot = await smallBootloader();
    const moved = partitionTable(MOVED_ROWS);
    const image = (at: number, table = moved) => [run(0, flash(0x20000, { 0x1000: boot, [at]: table }))];
    for (const at of [0x9000, 0xc000, 0x10000]) {
      expect(findTableOffset(image(at))).to.equal(at);
      expect(findPartitionTable(image(at))?.partitions.length).to.equal(5);
    }
    expect(findTableOffset([run(0, flash(0x20000, { 0x10000: moved }))]), 'no boot loader looks there').to.equal(undefined);
    expect(findTableOffset(image(0x10000, partitionTable(DEFAULT_ROWS))), 'it names what lies in front of it').to.equal(undefined);
    expect(findTableOffset(image(0x10000, moved.slice(0, 2))), 'not one row of it').to.equal(undefined);
    expect(findTableOffset([run(0, flash(0x20000, { 0x1000: boot, 0x8000: partitionTable(DEFAULT_ROWS), 0x10000: moved }))])).to.equal(
      0x8000,
    );
  });

  it('splits a flash whose table was moved', async () => {
    const boot = await smallBootloader(0, 0x9000);
    const app = await smallApp();
    const image = flash(0x40000, { 0x1000: boot, 0x10000: partitionTable(MOVED_ROWS), 0x19000: u32(1), 0x20000: app });
    expect(await layout([run(0, image)])).to.deep.equal([
      `1000+${boot.length.toString(16)} bootloader: bootloader`,
      '10000+c0 partition table: partition-table',
      '19000+4 nvs: unknown',
      `20000+${app.length.toString(16)} app0: app`,
    ]);
  });
});

describe('looksEncrypted()', () => {
  it('wants a sector of bytes that nothing distinguishes from random ones', () =>
    withSeed(SEED, async (random: Random) => {
      const noise = random.bytes(0x4000);
      expect(await looksEncrypted(noise)).to.be.within(7.9, 8);
      expect(await looksEncrypted(concat(noise, new Uint8Array(0x1000).fill(0xff)))).to.be.within(7.9, 8);
      expect(await looksEncrypted(flash(0x40000, { 0x1000: noise, 0x8000: noise.subarray(0, 0x1000) })), 'a flash dump').to.be.within(
        7.9,
        8,
      );
      expect(await looksEncrypted(noise.subarray(0, 0x800)), 'too little').to.equal(undefined);
      expect(await looksEncrypted(noise.subarray(0, 0x2001)), 'no whole blocks').to.equal(undefined);
      expect(await looksEncrypted(concat(Uint8Array.of(0x50, 0x4b, 3, 4), noise.subarray(4))), 'a zip').to.equal(undefined);
      expect(await looksEncrypted(new Uint8Array(0x4000))).to.equal(undefined);
      expect(await looksEncrypted(noise.map((byte) => byte & 0x7f))).to.equal(undefined);
    }));

  it('entropy is 0 for one value, 1 for two, 8 for all', () => {
    expect(entropyBits(new Uint8Array())).to.equal(0);
    expect(entropyBits(new Uint8Array(100))).to.equal(0);
    expect(entropyBits(Uint8Array.of(1, 2, 1, 2))).to.equal(1);
    expect(entropyBits(Uint8Array.from({ length: 256 }, (_, i) => i))).to.equal(8);
  });

  it('finds where the erased tail starts', async () => {
    expect(await erasedTailStart(Uint8Array.of(1, 0xff, 2, 0xff, 0xff))).to.equal(3);
    expect(await erasedTailStart(Uint8Array.of(0xff))).to.equal(0);
  });
});

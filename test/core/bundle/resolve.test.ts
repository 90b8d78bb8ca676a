import { expect } from 'chai';
import { md5Hex } from '../../../src/core/bytes/md5.ts';
import type { BundleFile, BundlePart, ResolvedBuild } from '../../../src/core/bundle/model.ts';
import { readBundle } from '../../../src/core/bundle/read-bundle.ts';
import { resolveBuild } from '../../../src/core/bundle/resolve.ts';
import type { ResolveOptions } from '../../../src/core/bundle/resolve.ts';
import { encodeOtadataEntry } from '../../../src/core/image/otadata.ts';
import type { Partition } from '../../../src/core/image/model.ts';
import {
  DEFAULT_ROWS,
  MOVED_ROWS,
  concat,
  espImage,
  flash,
  hexFile,
  padded,
  partitionTable,
  smallApp,
  smallBootloader,
  uf2,
  utf8,
} from '../image/builders.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import { BundleError } from '../../../src/core/bundle/bundle-error.ts';
import { bundleError, codeOf, file } from './builders.ts';

const CHIP_TABLE: readonly Partition[] = DEFAULT_ROWS.map((row) => ({ flags: 0, ...row }));
const resolve = async (brought: readonly BundleFile[], options: ResolveOptions = {}) =>
  resolveBuild((await readBundle(brought)).builds[0]!, options);
const resolveParts = (parts: readonly BundlePart[], options: ResolveOptions = {}) => resolveBuild({ chip: undefined, parts }, options);
const places = ({ parts }: ResolvedBuild) => parts.map(({ role, offset }) => [role, offset]);

const c3App = () => espImage(5, [{ address: 0x3c000020, data: new Uint8Array(300).fill(7) }]);
const table = partitionTable(DEFAULT_ROWS);
const bootApp0 = flash(0x2000, { 0: encodeOtadataEntry({ seq: 1, state: 'UNDEFINED' }) });
const data = (text: string) => padded(utf8(text), 4096);

describe('resolveBuild(): where no offset is stated', () => {
  it('places an Arduino build by what each file is and by its own table', async () => {
    const build = await resolve([
      file('b.ino.bin', await smallApp()),
      file('b.ino.bootloader.bin', await smallBootloader()),
      file('b.ino.partitions.bin', table),
      file('boot_app0.bin', bootApp0),
    ]);
    expect(build.chip).to.equal('ESP32');
    expect(places(build)).to.deep.equal([['bootloader', 0x1000], ['partition-table', 0x8000], ['otadata', 0xe000], ['app', 0x10000]]); // prettier-ignore
    expect(build.parts.every(({ placed }) => placed === 'proposed')).to.equal(true);
  });

  it('puts the boot loader where its chip wants it', async () => {
    expect(places(await resolve([file('bootloader.bin', await smallBootloader(5))]))).to.deep.equal([['bootloader', 0]]);
    const p4 = await espImage(18, [{ address: 0x4ff00000, data: padded(Uint8Array.of(0x50, 0, 0, 3), 80) }]);
    expect(places(await resolve([file('bootloader.bin', p4)]))[0]![1]).to.equal(0x2000);
  });

  it('puts a table where the boot loader that stays looks for it', async () => {
    const chip = { partitions: MOVED_ROWS.map((row) => ({ flags: 0, ...row })), tableOffset: 0x10000 };
    const moved = file('partition-table.bin', partitionTable(MOVED_ROWS));
    expect(places(await resolve([moved], chip))).to.deep.equal([['partition-table', 0x10000]]);
    const build = await resolve([file('bootloader.bin', await smallBootloader()), file('partitions.bin', table)], chip);
    expect(places(build), 'of another one nothing is known').to.deep.equal([['bootloader', 0x1000], ['partition-table', 0x8000]]); // prettier-ignore
  });

  it('puts an application into the first slot of the table on the chip', async () => {
    const moved = CHIP_TABLE.map((row) => (row.label === 'app0' ? { ...row, offset: 0x20000, size: 0x130000 } : row));
    const app = [file('app.bin', await smallApp())];
    expect(places(await resolve(app, { partitions: moved }))).to.deep.equal([['app', 0x20000]]);
    expect(places(await resolve(app))).to.deep.equal([['app', 0x10000]]);
  });

  it('takes bytes that nobody knows for no boot loader and no table, wherever they go and whatever they are called', async () => {
    const blank = file('bootloader.bin', new Uint8Array(0x1000).fill(0xff));
    for (const offset of [0x1000, 0x8000]) {
      const { parts } = await resolveParts([{ file: blank, offset }], { chip: 'ESP32', partitions: CHIP_TABLE });
      expect(parts.map(({ role }) => role)).to.deep.equal(['data']);
      const inUf2 = await resolve([file('x.uf2', uf2(offset, data('x')))], { chip: 'ESP32', partitions: CHIP_TABLE });
      expect(places(inUf2)).to.deep.equal([['data', offset]]);
    }
  });

  it('prefers factory, and the table that comes along to the one on the chip', async () => {
    const rows = [...DEFAULT_ROWS.slice(0, 2), { label: 'factory', type: 0, subtype: 0, offset: 0x200000, size: 0x100000 }, ...DEFAULT_ROWS.slice(2, 3)]; // prettier-ignore
    const app = file('app.bin', await smallApp());
    const partitions = rows.map((row) => ({ flags: 0, ...row }));
    expect(places(await resolve([app], { partitions }))).to.deep.equal([['app', 0x200000]]);
    expect(places(await resolve([app, file('partitions.bin', table)], { partitions }))).to.deep.equal([['partition-table', 0x8000], ['app', 0x10000]]); // prettier-ignore
  });

  it('puts a file system into its partition, by role, by name, by kind', async () => {
    const fs = (path: string) => file(path, data('fs'));
    expect(places(await resolve([fs('littlefs.bin')], { partitions: CHIP_TABLE }))).to.deep.equal([['filesystem', 0x290000]]);
    const fat = { label: 'media', type: 1, subtype: 0x81, offset: 0x400000, size: 0x100000, flags: 0 };
    const two = [...CHIP_TABLE, fat];
    expect(places(await resolve([fs('spiffs.bin')], { partitions: two }))).to.deep.equal([['filesystem', 0x290000]]);
    expect(places(await resolve([fs('media.bin')], { partitions: two }))).to.deep.equal([['filesystem', 0x400000]]);
    expect(await codeOf(() => resolve([fs('storage.bin')], { partitions: two }))).to.equal('BUNDLE_PLACE_UNKNOWN');
  });

  it('knows littlefs by its superblock', async () => {
    const image = file('anything.bin', data('\x00\x00\x00\x00\xf0\x0f\xff\xf7littlefs'));
    image.read = () => Promise.resolve(padded(concat(new Uint8Array(8), utf8('littlefs')), 4096));
    expect(places(await resolve([image], { partitions: CHIP_TABLE }))).to.deep.equal([['filesystem', 0x290000]]);
  });

  it('takes the partition that the manifest names', async () => {
    const parts = [{ file: file('x.bin', data('x')), offset: undefined, partition: 'coredump' }];
    expect(places(await resolveParts(parts, { partitions: CHIP_TABLE }))).to.deep.equal([['data', 0x3f0000]]);
  });

  it('writes a table that came as CSV as the chip reads it, never as text', async () => {
    const csv = 'nvs,data,nvs,0x9000,0x5000\nfactory,app,factory,0x10000,1M\n';
    const { parts } = await resolve([file('partitions.csv', csv)]);
    expect(parts[0]).to.include({ role: 'partition-table', offset: 0x8000 });
    const rows = [
      { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x5000 },
      { label: 'factory', type: 0, subtype: 0, offset: 0x10000, size: 0x100000 },
    ];
    expect(parts[0]!.bytes).to.deep.equal(partitionTable(rows));
  });

  it('says so when nothing tells where a file belongs', async () => {
    const error = await bundleError(() => resolve([file('what.bin', data('?'))], { partitions: CHIP_TABLE }));
    expect(error.code).to.equal('BUNDLE_PLACE_UNKNOWN');
    expect(error.details.path).to.equal('what.bin');
    expect(await codeOf(() => resolve([file('spiffs.bin', data('fs'))]))).to.equal('BUNDLE_PLACE_UNKNOWN');
  });

  it('takes bytes that look encrypted for no application, until somebody says where they go', async () => {
    const noise = new Random(11).bytes(0x10000);
    const named = (path: string): BundleFile => ({ path, size: noise.length, read: () => Promise.resolve(noise) });
    const random = named('random.bin');
    const { code, details } = await bundleError(() => resolve([random], { partitions: CHIP_TABLE }));
    expect([code, details.path, details.looksEncrypted]).to.deep.equal(['BUNDLE_PLACE_UNKNOWN', 'random.bin', true]);
    expect(places(await resolve([named('my_app.bin')], { partitions: CHIP_TABLE }))).to.deep.equal([['app', 0x10000]]);
    expect(await codeOf(() => resolve([named('apple.bin')], { partitions: CHIP_TABLE }))).to.equal('BUNDLE_PLACE_UNKNOWN');
    const at = async (offset: number) => places(await resolveParts([{ file: random, offset }], { partitions: CHIP_TABLE }));
    expect(await at(0x10000)).to.deep.equal([['app', 0x10000]]);
    expect(await at(0x3f0000)).to.deep.equal([['data', 0x3f0000]]);
  });

  it('takes bytes that nobody knows for no application, wherever they are put', async () => {
    const parts = [{ file: file('what.bin', data('?')), offset: 0x10000 }];
    expect(places(await resolveParts(parts, { partitions: CHIP_TABLE }))).to.deep.equal([['data', 0x10000]]);
  });

  it('refuses two applications for one slot', async () => {
    const app = await smallApp();
    expect(await codeOf(() => resolve([file('a.bin', app), file('b.bin', app)]))).to.equal('BUNDLE_PLACE_CONFLICT');
  });
});

describe('resolveBuild(): where offsets are stated', () => {
  it('keeps them, and names roles by content, place and table', async () => {
    const build = await resolve([
      file('boot_0x0.bin', await smallBootloader(5)),
      file('t_0x8000.bin', table),
      file('keep_0x9000.bin', data('nvs')),
      file('ota_0xe000.bin', flash(0x2000, {})),
      file('x_0x10000.bin', await c3App()),
      file('y_0x290000.bin', data('fs')),
    ]);
    expect(build.chip).to.equal('ESP32-C3');
    expect(places(build)).to.deep.equal([
      ['bootloader', 0],
      ['partition-table', 0x8000],
      ['nvs', 0x9000],
      ['otadata', 0xe000],
      ['app', 0x10000],
      ['filesystem', 0x290000],
    ]);
    expect(build.parts.every(({ placed }) => placed === 'stated')).to.equal(true);
  });

  it('passes on what is damaged, with its role, for the plan to judge', async () => {
    const app = (await smallApp()).slice(0, 300);
    const { parts } = await resolve([file('app_0x10000.bin', app)]);
    expect(parts[0]).to.include({ role: 'app', offset: 0x10000 });
    expect(parts[0]!.content.kind).to.equal('damaged');
  });

  it('checks the MD5 that is stated', async () => {
    const bytes = await smallApp();
    const part = { file: file('a.bin', bytes), offset: 0x10000 };
    expect((await resolveParts([{ ...part, md5: md5Hex(bytes) }])).parts).to.have.length(1);
    expect(await codeOf(() => resolveParts([{ ...part, md5: '00'.repeat(16) }]))).to.equal('BUNDLE_FILE_CHANGED');
  });

  it('carries settings and encryption over', async () => {
    const settings = { mode: 'dio', frequency: '40m', size: '4MB' };
    const parts = [{ file: file('a.bin', await smallApp()), offset: 0x10000, encrypted: true }];
    const build = await resolveBuild({ chip: 'ESP32', parts, settings });
    expect(build).to.deep.include({ settings, chip: 'ESP32' });
    expect(build.parts[0]!.encrypted).to.equal(true);
  });
});

describe('resolveBuild(): one file that holds several', () => {
  const merged = async () =>
    flash(0x12000, { 0x1000: await smallBootloader(), 0x8000: table, 0xe000: bootApp0.subarray(0, 32), 0x10000: await smallApp() });
  const WHOLE = [['bootloader', 0x1000], ['partition-table', 0x8000], ['otadata', 0xe000], ['app', 0x10000]]; // prettier-ignore

  it('splits a merged image, and leaves NVS alone that is erased in it', async () => {
    const build = await resolve([file('x-merged.bin', await merged())]);
    expect(build.chip).to.equal('ESP32');
    expect(places(build)).to.deep.equal(WHOLE);
    const whole = await merged();
    for (const { offset, bytes } of build.parts) expect(bytes).to.deep.equal(whole.slice(offset, offset + bytes.length));
  });

  it('splits a merged image whose table was moved, from 0 and from the boot loader on', async () => {
    const boot = await smallBootloader(0, 0x9000);
    const image = flash(0x22000, { 0x1000: boot, 0x10000: partitionTable(MOVED_ROWS), 0x19000: utf8('nvs'), 0x20000: await smallApp() });
    const whole = [['bootloader', 0x1000], ['partition-table', 0x10000], ['nvs', 0x19000], ['otadata', 0x1e000], ['app', 0x20000]]; // prettier-ignore
    expect(places(await resolve([file('x-merged.bin', image)]))).to.deep.equal(whole);
    const fromBootloader = [{ file: file('x.bin', image.slice(0x1000)), offset: 0x1000 }];
    expect(places(await resolveParts(fromBootloader))).to.deep.equal(whole);
  });

  it('keeps NVS of a merged image that has some', async () => {
    const image = await merged();
    image.fill(1, 0x9000, 0x9020);
    expect(places(await resolve([file('x.bin', image)]))[2]).to.deep.equal(['nvs', 0x9000]);
  });

  it('erases otadata that a merged image covers and leaves erased: the old choice must not stay', async () => {
    const image = flash(0x12000, { 0x1000: await smallBootloader(), 0x8000: table, 0x10000: await smallApp() });
    const build = await resolve([file('x.bin', image)]);
    expect(places(build)).to.deep.equal(WHOLE);
    expect(build.parts[2]!.bytes).to.deep.equal(flash(0x2000, {}));
  });

  it('splits one that starts at the boot loader, stated or not', async () => {
    const image = (await merged()).slice(0x1000);
    expect(places(await resolve([file('x.bin', image)]))).to.deep.equal(WHOLE);
    expect(places(await resolve([file('x_0x1000.bin', image)]))).to.deep.equal(WHOLE);
  });

  it('splits UF2 and Intel HEX', async () => {
    const image = (await merged()).slice(0x1000);
    expect(places(await resolve([file('x.uf2', uf2(0x1000, image))]))).to.deep.equal(WHOLE);
    expect(places(await resolve([file('x.hex', utf8(hexFile(0x1000, image)))]))).to.deep.equal(WHOLE);
    const { chip } = await resolve([file('x.uf2', uf2(0x290000, data('fs'), { family: 0xd42ba06c }))]);
    expect(chip).to.equal('ESP32-C3');
  });

  it('refuses UF2 and HEX that break their rules, and says where', async () => {
    const broken = uf2(0x1000, data('x'));
    broken[0x200 + 40]! ^= 1;
    const error = await bundleError(() => resolve([file('x.uf2', broken)]));
    expect(error.code).to.equal('BUNDLE_FILE_DAMAGED');
    expect(error.details).to.include({ path: 'x.uf2' });
    expect(error.details.offset).to.be.greaterThan(0x1ff);
    const hex = hexFile(0, data('x')).replace('FF', 'FE').slice(0, -20);
    expect(await codeOf(() => resolve([file('x.hex', utf8(hex))]))).to.equal('BUNDLE_FILE_DAMAGED');
  });

  it('says in which line Intel HEX breaks its rules, also when it does from the first on', async () => {
    const ruleOf = (text: string): Promise<string> =>
      resolve([file('x.hex', utf8(text))]).then(
        () => 'none',
        (error: BundleError) => `${error.code} ${error.details.rule}`,
      );
    expect(await ruleOf(':020000040000FA\r\n:0400000001020304F3\r\n:00000001FF\r\n')).to.match(/^BUNDLE_FILE_DAMAGED line 2: .*checksum/);
    expect(await ruleOf('nothing of the kind\n')).to.equal('BUNDLE_FILE_DAMAGED line 1: a record starts with a colon');
  });

  it('tells what came out of an image of the whole flash from what was brought for its own sake', async () => {
    const brought = [file('x.factory.bin', await merged()), file('littlefs.bin', data('fs'))];
    const { parts } = await resolve(brought);
    expect(parts.map(({ fromMerged }) => fromMerged)).to.deep.equal([true, true, true, true, undefined]);
    const alone = await resolve([file('x.uf2', uf2(0x10000, await smallApp()))]);
    expect(alone.parts[0]).not.to.have.property('fromMerged');
  });

  it('puts a file system beside a merged image by the table within it', async () => {
    const brought = [file('x.factory.bin', await merged()), file('littlefs.bin', data('fs'))];
    expect(places(await resolve(brought))).to.deep.equal([...WHOLE, ['filesystem', 0x290000]]);
  });
});

describe('resolveBuild(): contradictions', () => {
  it('refuses images for different chips', async () => {
    const error = await bundleError(async () => resolve([file('a.bin', await c3App()), file('bootloader.bin', await smallBootloader())]));
    expect(error.code).to.equal('BUNDLE_CHIP_CONFLICT');
    expect(error.details.chips).to.have.members(['ESP32', 'ESP32-C3']);
  });

  it('refuses another image than the build states, merged and in UF2 too', async () => {
    const build = async (bytes: Uint8Array<ArrayBuffer>) =>
      codeOf(() => resolveBuild({ chip: 'ESP32-S3', parts: [{ file: file('x.bin', bytes), offset: undefined }] }));
    expect(await build(await smallApp())).to.equal('BUNDLE_CHIP_CONFLICT');
    expect(await build(flash(0x9000, { 0x1000: await smallBootloader(), 0x8000: table }))).to.equal('BUNDLE_CHIP_CONFLICT');
    expect(await build(uf2(0x10000, await smallApp()))).to.equal('BUNDLE_CHIP_CONFLICT');
  });

  it('leaves it to the plan that the chip at hand is another', async () => {
    expect((await resolve([file('a.bin', await smallApp())], { chip: 'ESP32-C3' })).chip).to.equal('ESP32');
  });

  it('refuses an empty file, and more bytes than any flash has, before it reads them', async () => {
    expect(await codeOf(() => resolve([file('a.bin', new Uint8Array())]))).to.equal('BUNDLE_FILE_EMPTY');
    const huge: BundleFile = { path: 'a.bin', size: 200 << 20, read: () => Promise.reject(new Error('must not be read')) };
    expect(await codeOf(() => resolve([huge]))).to.equal('BUNDLE_TOO_LARGE');
  });

  it('stops between two files when it is told to', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopping: BundleFile = { path: 'a.bin', size: 1, read: async () => (controller.abort(reason), utf8('x')) };
    const parts = [{ file: stopping, offset: 0 }];
    expect(await resolveParts(parts, { signal: controller.signal }).catch((error: unknown) => error)).to.equal(reason);
  });
});

describe('resolveBuild(): damaged files of every kind', () => {
  it('throws nothing but its own error, and every part it gives lies within some flash', async () => {
    const merged = flash(0x12000, { 0x1000: await smallBootloader(), 0x8000: table, 0x10000: await smallApp() });
    const kinds: readonly (readonly [string, Uint8Array<ArrayBuffer>])[] = [
      ['x.bin', merged],
      ['x.bin', merged.slice(0x1000)],
      ['x.uf2', uf2(0x8000, table)],
      ['x.hex', utf8(hexFile(0x8000, table))],
      ['app.bin', await smallApp()],
      ['partitions.bin', table],
      ['boot_app0.bin', bootApp0],
    ];
    await withSeed(SEED, async (random) => {
      for (let run = 0; run < 300; run++) {
        const [name, whole] = random.pick(kinds);
        const bytes = random.below(3) === 0 ? whole.slice(0, 1 + random.below(whole.length)) : whole.slice();
        // Where the formats keep their lengths and offsets.
        const from = random.pick([0, 0x1000, 0x8000, 0x10000].filter((start) => start < bytes.length));
        for (let flips = random.below(6); flips > 0; flips--)
          bytes[Math.min(bytes.length - 1, from + random.below(300))]! ^= 1 << random.below(8);
        const resolved = await resolve([file(name, bytes)], { partitions: CHIP_TABLE }).catch((error: unknown) => error);
        if (resolved instanceof BundleError) continue;
        if (resolved instanceof Error) throw resolved;
        for (const part of (resolved as ResolvedBuild).parts) {
          expect(part.offset).to.be.within(0, 128 << 20);
          expect(part.bytes.length).to.be.greaterThan(0);
        }
      }
    });
  });
});

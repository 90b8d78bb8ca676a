import { expect } from 'chai';
import { inspectFirmware } from '../../../src/core/image/inspect.ts';
import { encodeOtadataEntry } from '../../../src/core/image/otadata.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import {
  concat,
  DEFAULT_ROWS,
  MOVED_ROWS,
  esp8266Image,
  flash,
  hexFile,
  partitionTable,
  smallApp,
  smallBootloader,
  u32,
  uf2,
  utf8,
} from './builders.ts';

const content = async (bytes: Uint8Array) => (await inspectFirmware(bytes, 'x.bin')).content;

describe('inspectFirmware()', () => {
  it('sums the whole file', async () => {
    const report = await inspectFirmware(utf8('abc'), 'abc.txt');
    expect(report).to.deep.equal({
      size: 3,
      content: { kind: 'unknown' },
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      md5: '900150983cd24fb0d6963f7d28e17f72',
      crc32: '352441c2',
      proposedVersions: [],
    });
  });

  it('survives an empty file', async () => {
    const report = await inspectFirmware(new Uint8Array(), '');
    expect(report).to.include({ size: 0, md5: 'd41d8cd98f00b204e9800998ecf8427e', crc32: '00000000' });
    expect(report.content).to.deep.equal({ kind: 'unknown' });
  });

  it('can be stored: the report is plain data', async () => {
    const report = await inspectFirmware(
      flash(0x20000, { 0x1000: await smallBootloader(), 0x8000: partitionTable(DEFAULT_ROWS) }),
      'x.bin',
    );
    expect(structuredClone(report)).to.deep.equal(report);
    expect(JSON.parse(JSON.stringify(report))).to.deep.equal(report);
  });

  it('tells the kinds apart', async () => {
    const app = await smallApp();
    const entry = encodeOtadataEntry({ seq: 1, state: 'VALID' });
    expect((await content(app)).kind).to.equal('app');
    expect((await content(await smallBootloader())).kind).to.equal('bootloader');
    expect((await content(partitionTable(DEFAULT_ROWS))).kind).to.equal('partition-table');
    expect((await content(utf8('nvs,data,nvs,,4K'))).kind).to.equal('partition-table');
    expect((await content(flash(0x2000, { 0: entry }))).kind).to.equal('otadata');
    expect((await content(uf2(0, app))).kind).to.equal('uf2');
    expect((await content(utf8(hexFile(0x10000, app)))).kind).to.equal('hex');
    expect(await content(utf8('hello'))).to.deep.equal({ kind: 'unknown' });
  });

  it('takes no other 8 KiB for otadata', async () => {
    const entry = encodeOtadataEntry({ seq: 1, state: 'VALID' });
    expect((await content(flash(0x2000, {}))).kind).to.equal('unknown');
    expect((await content(flash(0x2000, { 0: entry, 0x100: u32(0) }))).kind).to.equal('unknown');
    expect((await content(flash(0x3000, { 0: entry }))).kind).to.equal('unknown');
  });

  it('knows merged images by boot loader, by table, by both', async () => {
    const boot = await smallBootloader();
    const c3 = await smallBootloader(5);
    const table = partitionTable(DEFAULT_ROWS);
    expect(await content(flash(0x9000, { 0x1000: boot, 0x8000: table }))).to.include({ kind: 'merged', chip: 'ESP32' });
    expect(await content(flash(0x9000, { 0x1000: boot }))).to.include({ kind: 'merged', chip: 'ESP32' });
    expect(await content(flash(0x9000, { 0x8000: table }))).to.include({ kind: 'merged' });
    expect(await content(flash(0x9000, { 0: c3, 0x8000: table }))).to.include({ kind: 'merged', chip: 'ESP32-C3' });
    expect(await content(flash(0x9000, { 0: c3 }))).to.include({ kind: 'bootloader' });
    const moved = partitionTable(MOVED_ROWS);
    expect(await content(flash(0x20000, { 0x1000: boot, 0x10000: moved }))).to.include({ kind: 'merged', chip: 'ESP32' });
    expect(await content(flash(0x20000, { 0: c3, 0x10000: moved }))).to.include({ kind: 'merged', chip: 'ESP32-C3' });
  });

  it('is not led astray by a table inside of an app', async () => {
    const app = await smallApp(undefined, flash(0x9000, { [0x8000 - 288]: partitionTable(DEFAULT_ROWS) }));
    expect(app[0x8000]).to.equal(0xaa);
    expect((await content(app)).kind).to.equal('app');
    const c3 = await smallBootloader(5, 0xa000);
    c3.set(partitionTable(MOVED_ROWS), 0x9000);
    expect((await content(c3)).kind, 'and of a boot loader').not.to.equal('merged');
  });

  it('splits a merged image whose boot loader is damaged', async () => {
    const c3 = await smallBootloader(5);
    c3[1] = 40;
    const found = await content(flash(0x9000, { 0: c3, 0x8000: partitionTable(DEFAULT_ROWS) }));
    expect(found.kind).to.equal('merged');
    expect('parts' in found && found.parts.map((part) => part.content.kind)).to.deep.equal(['damaged', 'partition-table']);
  });

  it('splits what the ESP8266 Arduino core builds', async () => {
    const eboot = esp8266Image([{ address: 0x4010f000, data: u32(1, 2) }]);
    const sketch = esp8266Image([{ address: 0x40201010, data: u32(3, 4) }]);
    const found = await content(concat(flash(0x1000, { 0: eboot }), sketch));
    expect(found).to.include({ kind: 'merged', chip: 'ESP8266' });
    expect('parts' in found && found.parts.map(({ flashOffset, name }) => [flashOffset, name])).to.deep.equal([
      [0, 'bootloader'],
      [0x1000, 'app'],
    ]);
  });

  it('says which rule a damaged file breaks, where, and for which chip it was', async () => {
    const app = await smallApp();
    const truncated = await content(app.subarray(0, 300));
    expect(truncated).to.deep.include({ kind: 'damaged', as: 'image', code: 'IMAGE_TRUNCATED', chip: 'ESP32', offset: 296 });
    expect(await content(uf2(0, app).subarray(0, 700))).to.deep.include({ kind: 'damaged', as: 'UF2', code: 'IMAGE_TRUNCATED' });
    expect(await content(utf8(`${hexFile(0, app).slice(0, 100)}`))).to.deep.include({
      kind: 'damaged',
      as: 'Intel HEX',
      code: 'IMAGE_TRUNCATED',
    });
    const table = partitionTable(DEFAULT_ROWS);
    table[32] = 0;
    expect(await content(table)).to.deep.include({ kind: 'damaged', as: 'partition table', code: 'PARTITION_ROW', offset: 32 });
    expect(await content(utf8('nvs,data,what,,4K'))).to.deep.include({
      kind: 'damaged',
      as: 'partition CSV',
      code: 'PARTITION_CSV',
      offset: 0,
    });
  });

  it('keeps verdicts inside of an image that can be read', async () => {
    const app = await smallApp();
    app[300]! ^= 1;
    const found = await content(app);
    expect(found.kind).to.equal('app');
    expect(found).to.have.nested.property('image.checksum.valid', false);
    expect(found).to.have.nested.property('image.appendedHash.valid', false);
  });

  it('says that random bytes look encrypted', () =>
    withSeed(SEED, async (random: Random) => {
      const noise = random.bytes(0x10000);
      noise[0] = 0x83;
      expect((await content(noise)).kind).to.equal('encrypted');
    }));
});

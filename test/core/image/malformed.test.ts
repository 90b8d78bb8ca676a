/**
 * Hostile files: whatever is cut, flipped or invented, a parser answers or throws `ImageError` with an offset and a rule, and the
 * X-ray always answers. Anything else that escapes fails the test, as does anything slow.
 */
import { expect } from 'chai';
import { IMAGE_ERROR_CODES, ImageError } from '../../../src/core/image/image-error.ts';
import { parseImage } from '../../../src/core/image/image.ts';
import { inspectFirmware } from '../../../src/core/image/inspect.ts';
import { parseIntelHex } from '../../../src/core/image/intel-hex.ts';
import { encodeOtadataEntry, parseOtadata } from '../../../src/core/image/otadata.ts';
import { parsePartitionCsv } from '../../../src/core/image/partition-csv.ts';
import { encodePartitionTable, parsePartitionTable } from '../../../src/core/image/partition-table.ts';
import { parseUf2 } from '../../../src/core/image/uf2.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import { sharedData } from '../../doubles/shared-data.ts';
import {
  concat,
  DEFAULT_ROWS,
  esp8266Image,
  esp8266V2Image,
  flash,
  hexFile,
  partitionTable,
  smallApp,
  smallBootloader,
  u32,
  uf2,
  utf8,
} from './builders.ts';

type Parse = (bytes: Uint8Array) => unknown;

/** True when it parsed; throws when anything but an `ImageError` with an offset within the file's bounds escaped. */
async function survives(parse: Parse, bytes: Uint8Array): Promise<boolean> {
  try {
    await parse(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    expect(IMAGE_ERROR_CODES).to.include(error.code);
    expect(error.details.rule).to.not.equal('');
    expect(error.details.offset).to.be.within(0, Math.max(bytes.length, 32));
    expect(error.message).to.include(`0x${error.details.offset.toString(16)}`);
    return false;
  }
}

async function report(bytes: Uint8Array): Promise<string> {
  const started = performance.now();
  const { content, size } = await inspectFirmware(bytes, 'x-1.0.0.bin');
  expect(size).to.equal(bytes.length);
  expect(performance.now() - started).to.be.below(2000);
  return content.kind;
}

interface Sample {
  readonly name: string;
  readonly parse: Parse;
  readonly bytes: () => Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes in which every bit is flipped, one at a time. */
  readonly header: number;
  /** Fewer bytes than this never parse. */
  readonly least: number;
}

const csv = 'nvs,data,nvs,0x9000,0x5000\napp0,app,ota_0,0x10000,1M,encrypted\n';
const otadata = flash(0x2000, { 0: encodeOtadataEntry({ seq: 1, state: 'VALID' }), 0x1000: encodeOtadataEntry({ seq: 2, state: 'NEW' }) });
const iram = { address: 0x40100000, data: u32(1, 2, 3) };

const SAMPLES: readonly Sample[] = [
  { name: 'an app', parse: parseImage, bytes: () => smallApp(), header: 64, least: 400 },
  { name: 'a boot loader', parse: parseImage, bytes: () => smallBootloader(5), header: 64, least: 256 },
  { name: 'an ESP8266 image', parse: parseImage, bytes: async () => esp8266Image([iram]), header: 32, least: 32 },
  { name: 'an ESP8266 V2 image', parse: parseImage, bytes: async () => esp8266V2Image(new Uint8Array(32), [iram]), header: 72, least: 80 },
  { name: 'a partition table', parse: parsePartitionTable, bytes: async () => partitionTable(DEFAULT_ROWS, 256), header: 256, least: 32 },
  {
    name: 'a partition CSV',
    parse: (bytes) => parsePartitionCsv(new TextDecoder().decode(bytes)),
    bytes: async () => utf8(csv),
    header: csv.length,
    least: 19,
  },
  { name: 'otadata', parse: parseOtadata, bytes: async () => otadata.slice(0, 0x1020), header: 32, least: 0x1020 },
  { name: 'a UF2', parse: parseUf2, bytes: async () => uf2(0x1000, new Uint8Array(300)), header: 40, least: 1024 },
  { name: 'an Intel HEX', parse: parseIntelHex, bytes: async () => utf8(hexFile(0x1000, u32(1, 2, 3, 4, 5))), header: 90, least: 80 },
];

describe('malformed files', () => {
  for (const { name, parse, bytes, header, least } of SAMPLES) {
    it(`${name}, whole, parses`, async () => expect(await survives(parse, await bytes())).to.equal(true));

    it(`${name}, cut at every byte`, async () => {
      const file = await bytes();
      for (let length = 0; length < file.length; length++) {
        const parsed = await survives(parse, file.subarray(0, length));
        if (length < least) expect(parsed, `${length} bytes`).to.equal(false);
      }
    });

    it(`${name}, every bit of its header flipped`, async () => {
      const file = await bytes();
      for (let bit = 0; bit < 8 * Math.min(header, file.length); bit++) {
        file[bit >>> 3]! ^= 1 << (bit & 7);
        await survives(parse, file);
        file[bit >>> 3]! ^= 1 << (bit & 7);
      }
    });

    it(`${name}, mutated at random`, () =>
      withSeed(SEED, async (random: Random) => {
        const original = await bytes();
        for (let run = 0; run < 300; run++) await survives(parse, mutate(original, random));
      }));

    it(`${name}, mutated at random, always has a report`, () =>
      withSeed(SEED + 1, async (random: Random) => {
        const original = await bytes();
        for (let run = 0; run < 60; run++) await report(mutate(original, random));
      }));
  }

  it('bytes at random behind every magic have a report', () =>
    withSeed(SEED, async (random: Random) => {
      const magics = [
        [0xe9, 3],
        [0xea, 4],
        [0xaa, 0x50],
        [0x55, 0x46, 0x32, 0x0a, 0x57, 0x51, 0x5d, 0x9e],
        [...utf8(':10000000')],
        [...utf8('a,data,')],
      ];
      for (let run = 0; run < 120; run++) {
        const file = random.bytes(random.below(3000) + 8);
        file.set(random.pick(magics));
        expect(await report(file)).to.be.a('string');
      }
    }));

  it('a merged image, mutated at random, has a report', () =>
    withSeed(SEED, async (random: Random) => {
      const merged = flash(0x12000, {
        0x1000: await smallBootloader(),
        0x8000: partitionTable(DEFAULT_ROWS),
        0xe000: otadata,
        0x10000: await smallApp(),
      });
      for (let run = 0; run < 60; run++) {
        const file = merged.slice();
        const start = random.pick([0x1000, 0x8000, 0xe000, 0x10000]);
        for (let i = 0; i <= random.below(6); i++) file[start + random.below(400)] = random.below(256);
        await report(random.below(3) === 0 ? file.subarray(0, random.below(file.length)) : file);
      }
    }));
});

describe('a flipped bit in an app', () => {
  const HASH_FLAG = 23;
  /** A different bit at each offset; in the hash flag one that keeps it set. */
  const flip = (at: number) => (at === HASH_FLAG ? 0x80 : 1 << (at & 7));

  it('never goes unnoticed, wherever it is', async () => {
    const file = await smallApp();
    for (let at = 0; at < file.length; at++) {
      file[at]! ^= flip(at);
      const { content } = await inspectFirmware(file, 'x.bin');
      file[at]! ^= flip(at);
      if (content.kind === 'damaged' || content.kind === 'unknown') continue;
      expect(content, `offset ${at}`).to.have.nested.property('image.appendedHash.valid', false);
    }
  });

  it('in the flag that announces the hash leaves the checksum to speak for the rest', async () => {
    const file = await smallApp();
    file[HASH_FLAG]! ^= 1;
    const { content } = await inspectFirmware(file, 'x.bin');
    expect(content).to.have.nested.property('image.checksum.valid', true);
    expect(content).to.not.have.nested.property('image.appendedHash');
  });
});

/** One to four hostile edits: flips, extreme numbers, cuts, doubled and erased stretches. */
function mutate(original: Uint8Array, random: Random): Uint8Array {
  let file = original.slice();
  for (let edits = random.below(4); edits >= 0; edits--) {
    const at = random.below(file.length || 1);
    switch (random.below(6)) {
      case 0:
        if (file.length > 0) file[at]! ^= 1 << random.below(8);
        break;
      case 1:
        file.set(
          u32(random.pick([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff0])).subarray(0, Math.max(0, file.length - at)),
          at,
        );
        break;
      case 2:
        file = file.slice(0, at);
        break;
      case 3:
        file = concat(file.subarray(0, at), file.subarray(random.below(file.length || 1)));
        break;
      case 4:
        file.fill(random.pick([0x00, 0xff]), at, at + random.below(64));
        break;
      default:
        file[at] = random.below(256);
    }
  }
  return file;
}

describe('malformed files of a real image', () => {
  it('cut at sampled points and with every header bit flipped', async function () {
    const file = await sharedData('firmware/hello_world/esp32c6/hello_world.bin');
    if (!file) return this.skip();
    await withSeed(SEED, async (random: Random) => {
      expect(await survives(parseImage, file)).to.equal(true);
      for (let i = 0; i < 200; i++) expect(await survives(parseImage, file.subarray(0, random.below(file.length)))).to.equal(false);
      for (let bit = 0; bit < 8 * 32; bit++) {
        file[bit >>> 3]! ^= 1 << (bit & 7);
        await survives(parseImage, file);
        file[bit >>> 3]! ^= 1 << (bit & 7);
      }
    });
  });

  it('a merged image cut at sampled points has a report', async function () {
    const file = await sharedData('firmware/merged/esp32_hello_merged.bin');
    if (!file) return this.skip();
    await withSeed(SEED, async (random: Random) => {
      for (let i = 0; i < 40; i++) await report(file.subarray(0, random.below(file.length)));
    });
  });
});

describe('files that want too much', () => {
  it('UF2 blocks that claim addresses far apart take no more memory than the file', async () => {
    const scattered = concat(...Array.from({ length: 500 }, (_, i) => uf2(i * 0x40000, new Uint8Array(16))));
    const { runs } = await parseUf2(scattered);
    expect(runs.length).to.equal(500);
    expect(runs[0]!.bytes.buffer.byteLength).to.be.at.most(scattered.length);
    expect(await report(scattered)).to.equal('uf2');
  });

  it('16 MB of tiny images are listed in bounded time', async () => {
    const app = await smallApp();
    const file = flash(0x100_0000, { 0x1000: await smallBootloader() });
    for (let at = 0x10000; at < 0x80000; at += 0x1000) file.set(app, at);
    expect(await report(file)).to.equal('merged');
  });

  it('16 MB of nothing and 16 MB of colons', async () => {
    expect(await report(new Uint8Array(0x100_0000).fill(0xff))).to.equal('unknown');
    expect(await report(new Uint8Array(0x100_0000).fill(0x3a))).to.equal('unknown');
  });

  it('a table whose partitions claim all of the address space', async () => {
    const rows = [{ label: 'all', type: 0, subtype: 0, offset: 0x10000, size: 0xffff_0000 - 0x10000 }];
    const file = flash(0x20000, { 0x8000: partitionTable(rows), 0x10000: await smallApp() });
    expect(await report(file)).to.equal('merged');
    expect(encodePartitionTable(parsePartitionTable(partitionTable(rows))).length).to.equal(0xc00);
  });
});

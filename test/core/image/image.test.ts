import { expect } from 'chai';
import { crc32 } from '../../../src/core/bytes/crc32.ts';
import { CHIPS } from '../../../src/core/image/chips.ts';
import { xorChecksum } from '../../../src/core/image/checksum.ts';
import { readImageChip } from '../../../src/core/image/image-chip.ts';
import { ImageError } from '../../../src/core/image/image-error.ts';
import { parseImage, sdkCrc32 } from '../../../src/core/image/image.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import {
  appDescriptor,
  bootloaderDescriptor,
  concat,
  esp8266Image,
  esp8266V2Image,
  espImage,
  smallApp,
  smallBootloader,
  thrownBy,
  u32,
} from './builders.ts';

const code = (data: Uint8Array = u32(1, 2, 3, 4)) => ({ address: 0x400d0020, data });

async function expectError(bytes: Uint8Array, errorCode: string, offset: number): Promise<void> {
  const error = await thrownBy(() => parseImage(bytes));
  expect(error).to.be.instanceOf(ImageError);
  expect(error).to.have.property('code', errorCode);
  expect((error as ImageError).details.offset).to.equal(offset);
  expect((error as ImageError).details.rule).to.not.equal('');
}

describe('parseImage() reads an app of the ESP32 family', () => {
  it('with header, segments, sums and descriptor', async () => {
    const file = await smallApp();
    const image = await parseImage(file);
    expect(image).to.include({
      chip: 'ESP32', role: 'app', flashMode: 'DIO', flashSize: '4MB', flashFrequency: '40m', entry: 0x40080400, imageLength: file.length,
    }); // prettier-ignore
    expect(image.segments).to.deep.equal([
      { offset: 32, length: 256, loadAddress: 0x3f400020, region: 'DROM' },
      { offset: 296, length: 12, loadAddress: 0x3ffb0000, region: 'DRAM' },
      { offset: 316, length: 40, loadAddress: 0x400d0020, region: 'IROM' },
    ]);
    expect(image.checksum).to.include({ offset: 367, valid: true });
    expect(image.appendedHash).to.include({ offset: 368, valid: true });
    expect(image.secureBoot).to.deep.equal([]);
    expect(image.appDescriptor).to.deep.equal({
      secureVersion: 7,
      version: '1.2.3',
      projectName: 'thermostat',
      date: 'Nov 19 2025',
      time: '18:02:11',
      builtAtMs: Date.UTC(2025, 10, 19, 18, 2, 11),
      idfVersion: 'v5.3.1',
      elfSha256: 'e1'.repeat(32),
      minEfuseBlockRevision: 1,
      maxEfuseBlockRevision: 199,
      mmuPageSizeLog2: 16,
      isArduinoLibrary: false,
    });
  });

  it('with as many as 16 segments', async () => {
    const image = await parseImage(
      await espImage(
        0,
        Array.from({ length: 16 }, () => code()),
      ),
    );
    expect(image.segments.length).to.equal(16);
  });

  it('without an appended hash', async () => {
    const image = await parseImage(await espImage(0, [code()], { hash: false }));
    expect(image.appendedHash).to.equal(undefined);
    expect(image.imageLength % 16).to.equal(0);
  });

  it('followed by the rest of its slot', async () => {
    const file = await smallApp();
    const image = await parseImage(concat(file, new Uint8Array(5000).fill(0xff)));
    expect(image.imageLength).to.equal(file.length);
    expect(image.appendedHash?.valid).to.equal(true);
  });

  it('from a view that starts at an odd address', async () => {
    const file = await smallApp();
    const shifted = concat(Uint8Array.of(1, 2, 3), file).subarray(3);
    expect(await parseImage(shifted)).to.deep.equal(await parseImage(file));
  });

  for (const facts of Object.values(CHIPS)) {
    if (facts.id === undefined) continue;
    it(`of the ${facts.name}, with its own frequencies`, async () => {
      const mapped = facts.memory.find(([, , region]) => region === 'IROM')![0];
      const ram = facts.memory.find(([, , region]) => region === 'DIRAM' || region === 'DRAM')![0];
      const segments = [
        { address: mapped + 0x8020, data: appDescriptor() },
        { address: ram, data: u32(1) },
        { address: mapped + 0x20, data: u32(2) },
      ];
      const image = await parseImage(await espImage(facts.id, segments, { header: { 3: 0x1f } }));
      expect(image.chip).to.equal(facts.name);
      expect(image.flashSize).to.equal('2MB');
      expect(image.flashFrequency).to.equal(({ 12: '60m', 16: '48m', 25: '48m', 28: '48m' } as Record<number, string>)[facts.id] ?? '80m');
      expect(image.segments[0]!.region).to.equal(facts.unifiedFlashMap ? 'DROM' : 'IROM');
      expect(image.segments[2]!.region).to.equal('IROM');
      expect(readImageChip(await espImage(facts.id, segments))).to.equal(facts.name);
    });
  }

  it('shows header codes that no table knows as numbers', async () => {
    const image = await parseImage(await espImage(0, [code()], { header: { 2: 0x77, 3: 0xf5 } }));
    expect(image).to.include({ flashMode: '0x77', flashSize: '0x0f', flashFrequency: '0x05' });
  });

  it('reads the full revisions, and the old one-byte minimum where there is no full one', async () => {
    const full = { 14: 3, 15: 0x2d, 16: 0x01, 17: 0x8f, 18: 0x01 };
    expect(await parseImage(await espImage(0, [code()], { header: full }))).to.include({ minChipRevision: 301, maxChipRevision: 399 });
    expect(await parseImage(await espImage(0, [code()], { header: { 14: 3 } }))).to.include({ minChipRevision: 300, maxChipRevision: 0 });
    expect(await parseImage(await espImage(5, [code()], { header: { 14: 3 } }))).to.include({ minChipRevision: 3 });
    for (const major of [2, 9, 13])
      expect(await parseImage(await espImage(major, [code()], { header: { 14: 1 } }))).to.include({ minChipRevision: 100 });
  });
});

describe('parseImage() tells verdicts apart from broken structure', () => {
  it('a wrong checksum is a verdict', async () => {
    const file = await espImage(0, [code()], { hash: false });
    file[40]! ^= 0x10;
    const { checksum } = await parseImage(file);
    expect(checksum.valid).to.equal(false);
    expect(Number(checksum.stored) ^ Number(checksum.computed)).to.equal(0x10);
  });

  it('a wrong appended hash is a verdict', async () => {
    const file = await smallApp();
    file[file.length - 1]! ^= 1;
    const image = await parseImage(file);
    expect(image.appendedHash?.valid).to.equal(false);
    expect(image.checksum.valid).to.equal(true);
  });

  it('no bytes at all', () => expectError(new Uint8Array(), 'IMAGE_TRUNCATED', 0));
  it('another first byte', () => expectError(new Uint8Array(64), 'IMAGE_MAGIC', 0));
  it('no segments', async () => expectError(await espImage(0, []), 'IMAGE_SEGMENT_COUNT', 1));
  it('a 17th segment', async () =>
    expectError(
      await espImage(
        0,
        Array.from({ length: 17 }, () => code()),
      ),
      'IMAGE_SEGMENT_COUNT',
      1,
    ));
  it('an unknown chip', async () => expectError(await espImage(77, [code()]), 'IMAGE_CHIP_UNKNOWN', 12));
  it('a hash flag that is neither 0 nor 1', async () =>
    expectError(await espImage(0, [code()], { header: { 23: 2 } }), 'IMAGE_HEADER', 23));

  it('a segment longer than the file', async () => {
    const file = await espImage(0, [code()]);
    file.set(u32(0xffff_fff0), 28);
    await expectError(file, 'IMAGE_TRUNCATED', 32);
  });

  it('a missing hash', async () => {
    const file = await espImage(0, [code()]);
    await expectError(file.subarray(0, file.length - 1), 'IMAGE_TRUNCATED', file.length - 32);
  });

  it('a missing checksum', async () => {
    const file = await espImage(0, [code()], { hash: false });
    await expectError(file.subarray(0, file.length - 1), 'IMAGE_TRUNCATED', file.length - 1);
  });
});

describe('parseImage() reads a boot loader', () => {
  it('with its descriptor', async () => {
    const image = await parseImage(await smallBootloader());
    expect(image.role).to.equal('bootloader');
    expect(image.bootloaderDescriptor).to.deep.equal({ secureVersion: 3, version: 9, idfVersion: 'v5.3.1' });
    expect(image.appDescriptor).to.equal(undefined);
  });

  it('without one, as older versions are', async () => {
    const image = await parseImage(await espImage(0, [{ address: 0x3fff0030, data: u32(1, 2, 3) }]));
    expect(image.role).to.equal('bootloader');
    expect(image.bootloaderDescriptor).to.equal(undefined);
  });

  it('and believes no descriptor whose IDF version is not text', async () => {
    const image = await parseImage(await espImage(0, [{ address: 0x3fff0030, data: bootloaderDescriptor('\u{1}\u{2}') }]));
    expect(image.bootloaderDescriptor).to.equal(undefined);
  });

  it('an image with mapped flash is an app, with or without a descriptor', async () => {
    expect((await parseImage(await espImage(0, [code()]))).role).to.equal('app');
  });
});

describe('parseImage() reads ESP8266 images', () => {
  const iram = { address: 0x40100000, data: u32(5, 6, 7) };
  const irom = { address: 0x40210010, data: u32(8, 9) };

  it('V1 with mapped code is an app', async () => {
    const image = await parseImage(esp8266Image([irom, iram]));
    expect(image).to.include({
      chip: 'ESP8266',
      role: 'app',
      flashMode: 'QIO',
      flashSize: '4MB',
      flashFrequency: '40m',
      entry: 0x40100004,
    });
    expect(image.segments.map(({ region }) => region)).to.deep.equal(['IROM', 'IRAM']);
    expect(image.checksum.valid).to.equal(true);
    expect(image.appendedHash).to.equal(undefined);
  });

  it('V1 in RAM only is a boot loader, unless its flash code follows in later sectors', async () => {
    const file = esp8266Image([iram]);
    expect((await parseImage(file)).role).to.equal('bootloader');
    const image = await parseImage(concat(file, new Uint8Array(0x9000)));
    expect(image).to.include({ role: 'app', imageLength: file.length });
  });

  it('V1 with the hash that the RTOS SDK appends', async () => {
    const file = esp8266Image([irom, iram]);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', file));
    const image = await parseImage(concat(file, hash));
    expect(image.appendedHash).to.include({ offset: file.length, valid: true });
    expect(image.imageLength).to.equal(file.length + 32);
    hash[3]! ^= 1;
    expect((await parseImage(concat(file, hash))).appendedHash?.valid).to.equal(false);
    expect((await parseImage(concat(file, hash, u32(0)))).appendedHash).to.equal(undefined);
  });

  it('V2: flash code in front is a segment but not summed; the second header counts', async () => {
    const file = esp8266V2Image(new Uint8Array(48).fill(0x21), [iram]);
    const image = await parseImage(file);
    expect(image).to.include({ role: 'app', chip: 'ESP8266', flashMode: 'DIO', flashFrequency: '80m', entry: 0x40100008 });
    expect(image.segments.map(({ offset, length, region }) => [offset, length, region])).to.deep.equal([
      [16, 48, 'IROM'],
      [80, 12, 'IRAM'],
    ]);
    expect(image.checksum.valid).to.equal(true);
    expect(image.crc32Trailer).to.equal(undefined);
  });

  it('V2 with its CRC trailer, right and wrong', async () => {
    const file = esp8266V2Image(new Uint8Array(48).fill(0x21), [iram]);
    const crc = sdkCrc32(crc32(file));
    const image = await parseImage(concat(file, u32(crc)));
    expect(image.crc32Trailer).to.include({ offset: file.length, valid: true });
    expect(image.imageLength).to.equal(file.length + 4);
    expect((await parseImage(concat(file, u32(crc ^ 1)))).crc32Trailer?.valid).to.equal(false);
  });

  it('V1 with a CRC trailer: only a match is taken for one', async () => {
    const file = esp8266Image([irom]);
    expect((await parseImage(concat(file, u32(sdkCrc32(crc32(file)))))).crc32Trailer?.valid).to.equal(true);
    expect((await parseImage(concat(file, u32(0)))).crc32Trailer).to.equal(undefined);
  });

  it('the SDK folds the CRC as a signed number', () => {
    const negative = Uint8Array.of(1);
    const positive = Uint8Array.of(0x31, 0x32);
    expect(crc32(negative)).to.equal(0xa505df1b);
    expect(sdkCrc32(crc32(negative))).to.equal(0x5afa20e4);
    expect(crc32(positive)).to.equal(0x4f5344cd);
    expect(sdkCrc32(crc32(positive))).to.equal(0x4f5344ce);
  });

  it('V2 with a wrong marker or a wrong second magic', async () => {
    const file = esp8266V2Image(new Uint8Array(16), [iram]);
    file[1] = 5;
    await expectError(file, 'IMAGE_HEADER', 1);
    file[1] = 4;
    file[32] = 0;
    await expectError(file, 'IMAGE_MAGIC', 32);
    expect(readImageChip(file)).to.equal(undefined);
  });
});

describe('xorChecksum()', () => {
  it('is the XOR of all bytes at every alignment and length', () =>
    withSeed(SEED, (random: Random) => {
      const bytes = random.bytes(64);
      for (let start = 0; start < 9; start++) {
        for (let end = start; end <= 64; end++) {
          const part = bytes.subarray(start, end);
          expect(xorChecksum(part)).to.equal(part.reduce((sum, byte) => sum ^ byte, 0xef));
        }
      }
    }));
});

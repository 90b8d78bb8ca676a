/**
 * Real images, read by our parser and compared with what Espressif's own tools say of them. The values were written down from
 * those tools' output (`README.md` beside the images), never from our parser.
 */
import { expect } from 'chai';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { extractApplication } from '../../../src/core/image/extract-application.ts';
import { inspectFirmware } from '../../../src/core/image/inspect.ts';
import { parseImage } from '../../../src/core/image/image.ts';
import type { ChipName, FlashPart } from '../../../src/core/image/model.ts';
import { parseOtadata } from '../../../src/core/image/otadata.ts';
import { parsePartitionCsv } from '../../../src/core/image/partition-csv.ts';
import { encodePartitionTable, parsePartitionTable } from '../../../src/core/image/partition-table.ts';
import { sharedData } from '../../doubles/shared-data.ts';

interface Expected {
  readonly chip: ChipName;
  readonly bytes: number;
  readonly flash: string;
  readonly segments: number;
  readonly checksum: string;
  /** Undefined: the header says that none is appended. */
  readonly hash?: 'valid';
  readonly project?: string;
  readonly version?: string;
  readonly idf?: string;
}

const app = (chip: ChipName, bytes: number, flash: string, segments: number, checksum: string, more: Partial<Expected> = {}): Expected => ({
  chip, bytes, flash, segments, checksum, hash: 'valid', project: 'hello_world', version: 'v1.4.1-2-g0296947-dirty', idf: 'v5.2.2-dirty', ...more,
}); // prettier-ignore
const boot = (chip: ChipName, bytes: number, flash: string, segments: number, checksum: string, idf?: string): Expected => ({
  chip, bytes, flash, segments, checksum, hash: 'valid', ...(idf && { idf }),
}); // prettier-ignore
const old = (chip: ChipName, bytes: number, flash: string, segments: number, checksum: string): Expected => ({
  chip,
  bytes,
  flash,
  segments,
  checksum,
});

const APPS: Readonly<Record<string, Expected>> = {
  'hello_world/esp32/hello_world.bin': app('ESP32', 124416, '2MB 40m DIO', 5, '0x9a'),
  'hello_world/esp32s2/hello_world.bin': app('ESP32-S2', 126960, '2MB 80m DIO', 5, '0xad'),
  'hello_world/esp32s3/hello_world.bin': app('ESP32-S3', 135008, '2MB 80m DIO', 5, '0x47'),
  'hello_world/esp32c3/hello_world.bin': app('ESP32-C3', 124192, '2MB 80m DIO', 5, '0x2f'),
  'hello_world/esp32c6/hello_world.bin': app('ESP32-C6', 64416, '2MB 80m DIO', 5, '0x89'),
  'hello_world/esp32h2/hello_world.bin': app('ESP32-H2', 64672, '2MB 48m DIO', 4, '0x7e'),
  'hello_world/esp32p4/hello_world.bin': app('ESP32-P4', 126192, '2MB 80m DIO', 7, '0x44', {
    version: 'v1.8.0-21-g9422dc3-dirty',
    idf: 'v5.3.2-dirty',
  }),
  'hello_world/esp8266/hello-world.bin': old('ESP8266', 113744, '256KB 40m DIO', 5, '0x0f'),
  'delta/micropython-esp8266-20180511-v1.9.4.bin': old('ESP8266', 604872, '512KB 40m QIO', 3, '0x09'),
  'delta/micropython-esp8266-20190125-v1.10.bin': old('ESP8266', 615388, '512KB 40m QIO', 3, '0xbd'),
  'signed/hello-world-signed.bin': app('ESP32', 196608, '2MB 40m DIO', 7, '0x30', {
    project: 'hello-world',
    version: 'v3.3-beta3-21-g0706bd0d1-dirty',
    idf: 'v3.3-beta3-21-g0706bd0d1-dirty',
  }),
};

const BOOTLOADERS: Readonly<Record<string, Expected>> = {
  'hello_world/esp32/bootloader.bin': boot('ESP32', 24864, '2MB 40m DIO', 4, '0x96', 'v5.2.2-dirty'),
  'hello_world/esp32s2/bootloader.bin': boot('ESP32-S2', 20256, '2MB 80m DIO', 4, '0x5c', 'v5.2.2-dirty'),
  'hello_world/esp32s3/bootloader.bin': boot('ESP32-S3', 19568, '2MB 80m DIO', 4, '0x67', 'v5.2.2-dirty'),
  'hello_world/esp32c3/bootloader.bin': boot('ESP32-C3', 19152, '2MB 80m DIO', 3, '0x5b', 'v5.2.2-dirty'),
  'hello_world/esp32c6/bootloader.bin': boot('ESP32-C6', 19744, '2MB 80m DIO', 3, '0x4b'),
  'hello_world/esp32h2/bootloader.bin': boot('ESP32-H2', 19456, '2MB 48m DIO', 3, '0x44'),
  'hello_world/esp32p4/bootloader.bin': boot('ESP32-P4', 20736, '2MB 80m DIO', 3, '0x61'),
  'hello_world/esp8266/bootloader.bin': old('ESP8266', 10416, '2MB 40m DIO', 3, '0x41'),
};

for (const [role, table] of [
  ['app', APPS],
  ['bootloader', BOOTLOADERS],
] as const) {
  describe(`real images: ${role}`, () => {
    for (const [path, expected] of Object.entries(table)) {
      it(`${path} is what its README says`, async function () {
        const file = await sharedData(`firmware/${path}`);
        if (!file) return this.skip();
        const image = await parseImage(file);
        expect(file.length).to.equal(expected.bytes);
        expect(image.role).to.equal(role);
        expect(image.chip).to.equal(expected.chip);
        expect(`${image.flashSize} ${image.flashFrequency} ${image.flashMode}`).to.equal(expected.flash);
        // The tool counts no further than the header does, which leaves out the ESP8266's V2 flash segment.
        expect(image.segments.length).to.equal(expected.segments);
        expect(image.checksum).to.include({ stored: expected.checksum, computed: expected.checksum, valid: true });
        if (expected.hash) expect(image.appendedHash).to.include({ valid: true });
        if (expected.project) expect(image.appDescriptor?.projectName).to.equal(expected.project);
        if (expected.version) expect(image.appDescriptor?.version).to.equal(expected.version);
        if (expected.idf) expect((image.appDescriptor ?? image.bootloaderDescriptor)?.idfVersion).to.equal(expected.idf);
        for (const { region } of image.segments) expect(region).not.to.equal('UNKNOWN');
      });
    }
  });
}

describe('real images: regions', () => {
  for (const [path, regions] of Object.entries({
    'hello_world/esp32/hello_world.bin': 'DROM DRAM IRAM PADDING IROM',
    'hello_world/esp32c3/hello_world.bin': 'DROM DRAM IRAM PADDING IROM',
    'hello_world/esp32c6/hello_world.bin': 'DROM DIRAM DIRAM IROM DIRAM',
    'hello_world/esp32p4/hello_world.bin': 'DROM DIRAM DIRAM DIRAM DIRAM PADDING IROM',
    'hello_world/esp8266/hello-world.bin': 'IROM IROM DRAM IRAM IRAM',
  })) {
    it(`${path}: ${regions}`, async function () {
      const file = await sharedData(`firmware/${path}`);
      if (!file) return this.skip();
      expect((await parseImage(file)).segments.map(({ region }) => region).join(' ')).to.equal(regions);
    });
  }
});

describe('real images: what the reference tool was tested with', () => {
  for (const [name, expected] of Object.entries({
    'bootloader_esp32.bin': { chip: 'ESP32', secureBoot: [], hash: undefined },
    'bootloader_esp32c3.bin': { chip: 'ESP32-C3', secureBoot: [], hash: true },
    'bootloader_esp8266.bin': { chip: 'ESP8266', secureBoot: [], hash: undefined },
    'bootloader_unsigned_v2.bin': { chip: 'ESP32', secureBoot: [], hash: true },
    'bootloader_signed.bin': { chip: 'ESP32', secureBoot: [{ version: 1, scheme: 'ECDSA-P256', offset: 21696 }], hash: true },
    'bootloader_signed_v2_rsa.bin': { chip: 'ESP32', secureBoot: [{ version: 2, scheme: 'RSA-3072-PSS', offset: 0x8000 }], hash: true },
    'bootloader_signed_v2_ecdsa256.bin': { chip: 'ESP32', secureBoot: [{ version: 2, scheme: 'ECDSA-P256', offset: 0x8000 }], hash: true },
    'bootloader_multi_signed_v2_rsa.bin': {
      chip: 'ESP32',
      secureBoot: [0, 1, 2].map((i) => ({ version: 2, scheme: 'RSA-3072-PSS', offset: 0x8000 + 1216 * i })),
      hash: true,
    },
  })) {
    it(`${name}: ${expected.secureBoot.length} signature blocks`, async function () {
      const file = await sharedData(`vectors/esptool/${name}`);
      if (!file) return this.skip();
      const image = await parseImage(file);
      expect(image.role).to.equal('bootloader');
      expect(image.chip).to.equal(expected.chip);
      expect(image.checksum.valid).to.equal(true);
      expect(image.appendedHash?.valid).to.equal(expected.hash);
      expect(image.secureBoot).to.deep.equal(expected.secureBoot);
    });
  }

  it('esp_idf_blink_esp32s2.bin is an app of the S2', async function () {
    const file = await sharedData('vectors/esptool/esp_idf_blink_esp32s2.bin');
    if (!file) return this.skip();
    const image = await parseImage(file);
    expect(image).to.include({ chip: 'ESP32-S2', role: 'app', imageLength: 182368 });
    expect(image.appDescriptor).to.include({ projectName: 'blink', version: 'qa-test-v5.0-20220830-4-g4532e6', date: 'Sep 13 2022' });
  });

  it('esp32c3_header_min_rev.bin and esp32s3_header.bin show their revisions', async function () {
    const c3 = await sharedData('vectors/esptool/esp32c3_header_min_rev.bin');
    const s3 = await sharedData('vectors/esptool/esp32s3_header.bin');
    if (!c3 || !s3) return this.skip();
    expect(await parseImage(c3)).to.include({ chip: 'ESP32-C3', minChipRevision: 255, maxChipRevision: 65535, entry: 0xdeadbeef });
    expect(await parseImage(s3)).to.include({ chip: 'ESP32-S3', minChipRevision: 1000, maxChipRevision: 0 });
  });

  it('esp8266_deepsleep.bin is a boot stage and a sketch', async function () {
    const file = await sharedData('vectors/esptool/esp8266_deepsleep.bin');
    if (!file) return this.skip();
    const { content } = await inspectFirmware(file, 'esp8266_deepsleep.bin');
    expect(places(content)).to.deep.equal(['0x0 bootloader bootloader', '0x1000 app app']);
  });

  it('not_4_byte_aligned.bin is read although bytes are left over', async function () {
    const file = await sharedData('vectors/esptool/not_4_byte_aligned.bin');
    if (!file) return this.skip();
    expect(await parseImage(file)).to.deep.include({ chip: 'ESP8266', imageLength: 48 });
  });

  for (const name of ['one_kb.bin', 'onebyte.bin', 'rsa_public_key_digest.bin', 'ecdsa256_public_key_digest_v2.bin']) {
    it(`${name} is no firmware`, async function () {
      const file = await sharedData(`vectors/esptool/${name}`);
      if (!file) return this.skip();
      expect((await inspectFirmware(file, name)).content.kind).to.equal('unknown');
    });
  }
});

describe('real partition tables', () => {
  const IDF_ROWS = [
    { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x6000, flags: 0 },
    { label: 'phy_init', type: 1, subtype: 1, offset: 0xf000, size: 0x1000, flags: 0 },
    { label: 'factory', type: 0, subtype: 0, offset: 0x10000, size: 0x100000, flags: 0 },
  ];

  for (const chip of ['esp32c3', 'esp32c6', 'esp32h2', 'esp32p4', 'esp32s3']) {
    it(`${chip}: three rows with a right MD5, byte-identical after re-encoding`, async function () {
      const file = await sharedData(`firmware/hello_world/${chip}/partition-table.bin`);
      if (!file) return this.skip();
      const table = parsePartitionTable(file);
      expect(table.partitions).to.deep.equal(IDF_ROWS);
      expect(table.md5?.valid).to.equal(true);
      expect([...encodePartitionTable(table)]).to.deep.equal([...file]);
    });
  }

  it('partitions_singleapp.bin: no MD5 and no end row, byte-identical after re-encoding', async function () {
    const file = await sharedData('vectors/esptool/partitions_singleapp.bin');
    if (!file) return this.skip();
    const table = parsePartitionTable(file);
    expect(table.partitions.map(({ label, offset, size }) => `${label} ${offset.toString(16)} ${size.toString(16)}`)).to.deep.equal([
      'factory 10000 100000',
      'rfdata 110000 40000',
      'wifidata 150000 40000',
    ]);
    expect(table.md5).to.equal(undefined);
    expect([...encodePartitionTable(table)]).to.deep.equal([...file]);
  });

  it('espflash.csv reads as the default table with a 4 MB factory app', async function () {
    const file = await sharedData('firmware/espflash.csv');
    if (!file) return this.skip();
    const rows = parsePartitionCsv(new TextDecoder().decode(file)).partitions;
    expect(rows).to.deep.equal([...IDF_ROWS.slice(0, 2), { ...IDF_ROWS[2], size: 0x400000 }]);
    expect((await inspectFirmware(file, 'espflash.csv')).content.kind).to.equal('partition-table');
  });
});

describe('real otadata', () => {
  for (const [name, active, state] of [
    ['otadata_ota_0_active.bin', 0, 'UNDEFINED'],
    ['otadata_ota_1_active.bin', 1, 'VALID'],
  ] as const) {
    it(`${name}: entry ${active} wins`, async function () {
      const file = await sharedData(`firmware/otadata/${name}`);
      if (!file) return this.skip();
      const otadata = parseOtadata(file);
      expect(otadata.active).to.equal(active);
      expect(otadata.entries[active]).to.include({ seq: active + 1, state, counts: true });
      expect((await inspectFirmware(file, name)).content.kind).to.equal('otadata');
    });
  }
});

const places = (content: object) =>
  ('parts' in content ? (content.parts as readonly FlashPart[]) : []).map(
    ({ flashOffset, name, content: part }) => `0x${flashOffset.toString(16)} ${name} ${part.kind}`,
  );

describe('real containers', () => {
  const C3 = ['0x0 bootloader bootloader', '0x8000 partition table partition-table', '0x10000 factory app'];
  for (const [name, kind, chip, expected] of [
    ['esp32c3_hello_merged.bin', 'merged', 'ESP32-C3', C3],
    ['esp32c3_hello.uf2', 'uf2', 'ESP32-C3', C3],
    ['esp32c3_hello.hex', 'hex', 'ESP32-C3', C3.slice(0, 2)],
    ['esp32_hello_merged.bin', 'merged', 'ESP32', ['0x1000 bootloader bootloader', ...C3.slice(1)]],
  ] as const) {
    it(`${name} splits into ${expected.length} parts`, async function () {
      const file = await sharedData(`firmware/merged/${name}`);
      if (!file) return this.skip();
      const { content } = await inspectFirmware(file, name);
      expect(content.kind).to.equal(kind);
      expect(content).to.have.property('chip', chip);
      expect(places(content)).to.deep.equal(expected);
      const parts: readonly FlashPart[] = 'parts' in content ? content.parts : [];
      for (const { content: part } of parts)
        if ('image' in part) expect(part.image.checksum.valid && part.image.appendedHash?.valid).to.equal(true);
    });
  }
});

describe('the application of a real container', () => {
  for (const [name, original] of [
    ['esp32c3_hello_merged.bin', 'esp32c3'],
    ['esp32c3_hello.uf2', 'esp32c3'],
    ['esp32_hello_merged.bin', 'esp32'],
  ] as const) {
    it(`comes out of ${name} byte for byte`, async function () {
      const file = await sharedData(`firmware/merged/${name}`);
      const expected = await sharedData(`firmware/hello_world/${original}/hello_world.bin`);
      if (!file || !expected) return this.skip();
      const { content } = await inspectFirmware(file, name);
      const application = await extractApplication(file, content);
      const report = await inspectFirmware(application!, 'app.bin');
      expect(report.content.kind).to.equal('app');
      expect(report.sha256).to.equal(await sha256Hex(expected));
    });
  }

  it('is not there in a container without one, nor to be taken out of itself', async function () {
    const hex = await sharedData('firmware/merged/esp32c3_hello.hex');
    const app = await sharedData('firmware/hello_world/esp32c3/hello_world.bin');
    if (!hex || !app) return this.skip();
    for (const file of [hex, app]) expect(await extractApplication(file, (await inspectFirmware(file, 'x')).content)).to.equal(undefined);
  });

  it('keeps the signature that lies behind it', async function () {
    const signed = await sharedData('firmware/signed/hello-world-signed.bin');
    if (!signed) return this.skip();
    const part = {
      flashOffset: 0x10000,
      length: signed.length,
      name: 'factory',
      content: { kind: 'app', image: await parseImage(signed) },
    } as const;
    const merged = new Uint8Array(0x10000 + signed.length + 0x1000).fill(0xff);
    merged.set(signed, 0x10000);
    const application = (await extractApplication(merged, { kind: 'merged', parts: [part] }))!;
    // 64 bytes of signature behind four of version; the 12 that fill the file up are neither.
    expect(await sha256Hex(application)).to.equal(await sha256Hex(signed.subarray(0, signed.length - 12)));
  });
});

describe('real encrypted image', () => {
  it('looks encrypted, and the signed original does not', async function () {
    const encrypted = await sharedData('firmware/signed/hello-world-signed-encrypted.bin');
    const plain = await sharedData('firmware/signed/hello-world-signed.bin');
    if (!encrypted || !plain) return this.skip();
    const report = await inspectFirmware(encrypted, 'hello-world-signed-encrypted.bin');
    expect(report.content.kind).to.equal('encrypted');
    expect(report.content).to.have.property('entropyBits').above(7.99);
    expect((await inspectFirmware(plain, 'x.bin')).content.kind).to.equal('app');
    expect((await parseImage(plain)).secureBoot).to.deep.equal([{ version: 1, scheme: 'ECDSA-P256', offset: 196528 }]);
  });

  it('a compressed patch does not', async function () {
    const patch = await sharedData('firmware/delta/micropython-esp8266-20180511-v1.9.4--20190125-v1.10-heatshrink.patch');
    if (!patch) return this.skip();
    expect((await inspectFirmware(patch, 'x.patch')).content.kind).to.equal('unknown');
  });
});

describe('real sums', () => {
  for (const [path, sha256] of Object.entries({
    'hello_world/esp32/hello_world.bin': 'd98bfba1b7e4343a7d68d492a45d51248a6842ba9cb749de0d573506bb420d33',
    'merged/esp32c3_hello.uf2': '9fa9af6da622b02d257df29cadfcc939da79e5823f5dd7c586843ab3756b87a6',
    'hello_world/esp8266/bootloader.bin': 'b403022ce80345aa92d2510d8ae5f6b44998a720586e4ee0d3881527c3533519',
  })) {
    it(`${path} has the SHA-256 of its README`, async function () {
      const file = await sharedData(`firmware/${path}`);
      if (!file) return this.skip();
      expect(await inspectFirmware(file, path)).to.include({ sha256, size: file.length });
    });
  }
});

import { expect } from 'chai';
import { titleOf } from '../../../src/core/bundle/bundle-title.ts';
import { chooseBuild, variantsFor } from '../../../src/core/bundle/choose-build.ts';
import type { BundleBuild, BundleOrigin, FlashBundle } from '../../../src/core/bundle/model.ts';
import { planFlash } from '../../../src/core/bundle/plan.ts';
import { encodeImage } from '../../../src/core/image/encode-image.ts';
import { appBytes, bootloaderBytes, buildOf, imagePart, mergedBuild, targetOf } from './plan-fixtures.ts';

const bundle = (origin: BundleOrigin, name: string, version = '', builds: readonly BundleBuild[] = []): FlashBundle => ({
  origin,
  name,
  version,
  builds,
  proposesErase: false,
  ignored: [],
});
const app = async (bytes?: Uint8Array<ArrayBuffer>) => imagePart('app', 0x10000, bytes ?? (await appBytes({ version: '1.1.0' })));

/** As the Arduino core links it: the descriptor is that of the library. */
const arduinoApp = () =>
  encodeImage({
    chip: 'ESP32',
    flashMode: 'DIO',
    flashSize: '4MB',
    flashFrequency: '80m',
    entry: 0x4008_0000,
    minChipRevision: 0,
    segments: [{ loadAddress: 0x3f40_0020, data: new TextEncoder().encode('\0\u0037.7.7\0') }],
    descriptor: {
      version: 'esp-idf: v4.4.7 38eeba213a',
      projectName: 'arduino-lib-builder',
      date: 'Nov 19 2025',
      time: '18:02:11',
      idfVersion: 'v4.4.7',
      secureVersion: 0,
    },
    appendHash: true,
  });

describe('titleOf()', () => {
  it('takes name and version of loose files and merged images from the application in them', async () => {
    expect(titleOf(bundle('files', 'greenhouse-node-1.1.0'), buildOf(await app()))).to.deep.equal({ name: 'greenhouse', version: '1.1.0' });
    expect(titleOf(bundle('merged', 'image'), await mergedBuild())).to.deep.equal({ name: 'greenhouse', version: '1.0.0' });
  });

  it('leaves what a manifest states, and fills in what it does not', async () => {
    const build = buildOf(await app());
    expect(titleOf(bundle('esp-web-tools', 'Greenhouse Hub', '2025.1'), build)).to.deep.equal({
      name: 'Greenhouse Hub',
      version: '2025.1',
    });
    expect(titleOf(bundle('esp-web-tools', 'Greenhouse Hub'), build)).to.deep.equal({ name: 'Greenhouse Hub', version: '1.1.0' });
  });

  it('asks the file name where the descriptor speaks of the Arduino library, and no string of the image', async () => {
    const build = buildOf(await app(await arduinoApp()));
    expect(titleOf(bundle('arduino', 'PanicButton_v1.2.1'), build)).to.deep.equal({ name: 'PanicButton', version: '1.2.1' });
    expect(titleOf(bundle('arduino', 'PanicButton'), build)).to.deep.equal({ name: 'PanicButton', version: '' });
  });

  it('does not choose between two applications, and makes nothing up without one', async () => {
    const two = buildOf(await app(), await imagePart('app', 0x150000, await appBytes({ version: '2.0.0' })));
    expect(titleOf(bundle('files', 'both'), two)).to.deep.equal({ name: 'both', version: '' });
    const none = buildOf(await imagePart('bootloader', 0x1000, await bootloaderBytes()));
    expect(titleOf(bundle('files', 'bootloader'), none)).to.deep.equal({ name: 'bootloader', version: '' });
  });
});

describe('what a person may choose of a bundle', () => {
  it('is one of its builds for the chip, where words tell them apart', () => {
    const builds: BundleBuild[] = [
      { chip: 'ESP32', parts: [] },
      { chip: 'ESP32', variant: 'update', parts: [] },
      { chip: 'ESP32-C3', variant: 'one', parts: [] },
      { chip: 'ESP32-S3', variant: 'same', parts: [] },
      { chip: 'ESP32-S3', variant: 'same', parts: [] },
    ];
    const several = bundle('files', 'several', '', builds);
    expect(variantsFor(several, 'ESP32')).to.deep.equal(['', 'update']);
    expect(chooseBuild(several, 'ESP32', { variant: 'update' })).to.equal(builds[1]);
    expect(chooseBuild(several, 'ESP32', { variant: '' })).to.equal(builds[0]);
    expect([variantsFor(several, 'ESP32-C3'), variantsFor(several, 'ESP32-S3')]).to.deep.equal([[], []]);
  });

  it('is what the header of the boot loader says of the flash', async () => {
    const bytes = await bootloaderBytes({ flashSize: '4MB' });
    const stated = { mode: 'qio', frequency: '80m', size: '4MB' };
    const build = { ...buildOf(await imagePart('bootloader', 0x1000, bytes)), settings: stated };
    const header = async (settings?: typeof stated) => {
      const plan = await planFlash(build, targetOf({ flashBytes: 8 << 20 }), settings ? { settings } : {});
      return [plan.writes[0]!.patched, ...plan.writes[0]!.bytes.subarray(2, 4)];
    };
    expect(await header()).to.deep.equal([true, 0, 0x2f]);
    expect(await header({ mode: 'keep', frequency: 'keep', size: 'keep' })).to.deep.equal([false, 2, 0x20]);
    expect(await header({ ...stated, size: 'detect' })).to.deep.equal([true, 0, 0x3f]);
  });
});

import { expect } from 'chai';
import { chooseBuild } from '../../../src/core/bundle/choose-build.ts';
import { readManifest } from '../../../src/core/bundle/manifests/dialects.ts';
import type { BundleBuild, FlashBundle } from '../../../src/core/bundle/model.ts';
import { readBundle } from '../../../src/core/bundle/read-bundle.ts';
import { DEFAULT_ROWS, flash, partitionTable, smallApp, smallBootloader } from '../image/builders.ts';
import { bundleError, file, files, json, zip } from './builders.ts';

const places = ({ parts }: BundleBuild) => parts.map(({ file, offset }) => [file.path, offset]);
const first = ({ builds }: FlashBundle) => places(builds[0]!);

const FLASHER_ARGS = {
  write_flash_args: ['--flash_mode', 'dio'],
  flash_settings: { flash_mode: 'dio', flash_size: '4MB', flash_freq: '80m' },
  flash_files: { '0x0': 'bootloader/bootloader.bin', '0x10000': 'blink.bin', '0x8000': 'partition_table/partition-table.bin' },
  bootloader: { offset: '0x0', file: 'bootloader/bootloader.bin', encrypted: 'false' },
  app: { offset: '0x10000', file: 'blink.bin', encrypted: 'true' },
  extra_esptool_args: { after: 'hard_reset', before: 'default_reset', stub: true, chip: 'esp32s3' },
};
const IDF_FOLDER = ['build/bootloader/bootloader.bin', 'build/blink.bin', 'build/partition_table/partition-table.bin', 'build/blink.elf'];

const WEB_TOOLS = {
  name: 'Garage <b>door</b>',
  version: '2.1',
  new_install_prompt_erase: true,
  builds: [
    { chipFamily: 'ESP32', parts: [{ path: 'esp32.factory.bin', offset: 0 }], ota: { path: 'esp32.ota.bin', md5: 'aa' } },
    { chipFamily: 'ESP32-C3', parts: [{ path: 'c3/boot.bin', offset: 0 }, { path: 'c3/app.bin', offset: 65536 }] }, // prettier-ignore
  ],
};

describe('readBundle(): ESP-IDF', () => {
  it('reads a build folder by its flasher_args.json', async () => {
    const bundle = await readBundle([json('build/flasher_args.json', FLASHER_ARGS), ...files(...IDF_FOLDER)]);
    expect(bundle).to.include({ origin: 'esp-idf', name: 'blink', proposesErase: false });
    expect(bundle.builds).to.have.length(1);
    expect(bundle.builds[0]).to.deep.include({ chip: 'ESP32-S3', settings: { mode: 'dio', frequency: '80m', size: '4MB' } });
    expect(first(bundle)).to.have.deep.members([
      ['build/bootloader/bootloader.bin', 0],
      ['build/blink.bin', 0x10000],
      ['build/partition_table/partition-table.bin', 0x8000],
    ]);
    expect(bundle.ignored).to.deep.equal(['build/blink.elf']);
  });

  it('knows which files are to be encrypted, although that is written as text', async () => {
    const bundle = await readBundle([json('build/flasher_args.json', FLASHER_ARGS), ...files(...IDF_FOLDER)]);
    const encrypted = bundle.builds[0]!.parts.filter((part) => part.encrypted).map(({ file }) => file.path);
    expect(encrypted).to.deep.equal(['build/blink.bin']);
  });

  it('takes name and version from project_description.json', async () => {
    const about = json('build/project_description.json', { project_name: 'blink', project_version: 'v1.2-3-gabc' });
    const bundle = await readBundle([json('build/flasher_args.json', FLASHER_ARGS), about, ...files(...IDF_FOLDER)]);
    expect(bundle).to.include({ name: 'blink', version: 'v1.2-3-gabc' });
  });

  it('finds files that were dropped flat, and paths with backslashes', async () => {
    const args = { flash_files: { '0x10000': 'sub\\app.bin', '4096': 'bootloader/bootloader.bin' } };
    const bundle = await readBundle([json('flasher_args.json', args), ...files('app.bin', 'bootloader.bin')]);
    expect(first(bundle)).to.have.deep.members([['app.bin', 0x10000], ['bootloader.bin', 0x1000]]); // prettier-ignore
    expect(bundle.builds[0]!.chip).to.equal(undefined);
  });

  it('takes the slash off that a browser puts in front of dropped entries', async () => {
    const bundle = await readBundle(files('/drop/app.bin'));
    expect(first(bundle)).to.deep.equal([['drop/app.bin', undefined]]);
  });
});

describe('readBundle(): ESP Web Tools', () => {
  const parts = files('esp32.factory.bin', 'c3/boot.bin', 'c3/app.bin', 'readme.md');

  it('reads all builds, and says what is not flashed', async () => {
    const bundle = await readBundle([json('manifest.json', WEB_TOOLS), ...parts]);
    expect(bundle).to.include({ origin: 'esp-web-tools', name: 'Garage <b>door</b>', version: '2.1', proposesErase: true });
    expect(bundle.builds.map(({ chip }) => chip)).to.deep.equal(['ESP32', 'ESP32-C3']);
    expect(places(bundle.builds[1]!)).to.deep.equal([['c3/boot.bin', 0], ['c3/app.bin', 0x10000]]); // prettier-ignore
    expect(bundle.ignored).to.deep.equal(['readme.md', 'esp32.ota.bin']);
  });

  it('misses the files of one chip only where that chip is the one', async () => {
    const bundle = await readBundle([json('manifest.json', WEB_TOOLS), ...files('esp32.factory.bin', 'c3/boot.bin')]);
    expect(places(chooseBuild(bundle, 'ESP32'))).to.deep.equal([['esp32.factory.bin', 0]]);
    const { parts: ofC3 } = chooseBuild(bundle, 'ESP32-C3');
    const error = await bundleError(() => ofC3[1]!.file.read());
    expect(error.details).to.include({ path: 'c3/app.bin', manifest: 'manifest.json' });
    const none = await bundleError(() => readBundle([json('manifest.json', WEB_TOOLS), ...files('c3/boot.bin')]));
    expect(none).to.include({ code: 'BUNDLE_FILE_MISSING' });
    expect(none.details.path).to.equal('esp32.factory.bin');
  });

  it('reads a build that has nothing but an update over the air', async () => {
    const md5 = 'A1'.repeat(16);
    const manifest = { builds: [{ chipFamily: 'ESP32', ota: { path: 'x.ota.bin', md5 } }] };
    const [part] = (await readBundle([json('manifest.json', manifest), file('x.ota.bin')])).builds[0]!.parts;
    expect(part).to.include({ offset: undefined, md5: md5.toLowerCase() });
  });

  it('reads a manifest that came by address, its files relative to it or at addresses', async () => {
    const opened: string[] = [];
    const builds = [{ chipFamily: 'ESP32', parts: [{ path: './a/x.bin?v=2', offset: 0 }, { path: 'https://example.org/y.bin', offset: 4096 }] }]; // prettier-ignore
    await readManifest(JSON.stringify({ builds }), 'https://example.org/manifest.json', (reference) => {
      opened.push(reference);
      return file(reference);
    });
    expect(opened).to.deep.equal(['a/x.bin?v=2', 'https://example.org/y.bin']);
  });

  it('finds the file of an address among what came along', async () => {
    const builds = [{ chipFamily: 'ESP32', parts: [{ path: 'https://example.org/v1/y.bin?raw', offset: 0 }] }];
    expect(first(await readBundle([json('manifest.json', { builds }), file('y.bin')]))).to.deep.equal([['y.bin', 0]]);
  });

  it('takes a manifest of any name when it comes alone, its files from where they can be fetched', async () => {
    const builds = [{ chipFamily: 'ESP32', parts: [{ path: 'https://example.org/y.bin', offset: 0 }] }];
    const bundle = await readBundle([json('release.json', { builds })], { openAddress: (address) => file(address) });
    expect(first(bundle)).to.deep.equal([['https://example.org/y.bin', 0]]);
    const error = await bundleError(() => readBundle([json('release.json', { builds })]));
    expect(error.code).to.equal('BUNDLE_FILE_MISSING');
    expect(error.details.manifest).to.match(/\.json$/);
    expect(error.details.path).to.equal('https://example.org/y.bin');
  });
});

describe('readBundle(): Launchpad', () => {
  const toml = `esp_toml_version = 1.0
firmware_images_url = "https://example.org/images"
supported_apps = ["light", "switch one"]
[light]
chipsets = ["ESP32", "ESP32-S3"]
developKits.esp32s3 = ["esp-box"]
image.esp32 = "light-32.bin"
image.esp32-c6 = "light-c6.bin"
image.esp-box = "light-box.bin"
["switch one"]
image.esp32s3 = "sub/switch.bin"
`;

  it('reads one build per application and chip, at the start of the flash', async () => {
    const opened: string[] = [];
    const bundle = await readManifest(toml, 'config.toml', (reference) => {
      opened.push(reference);
      return file(reference);
    });
    expect(bundle.origin).to.equal('launchpad');
    expect(bundle.builds.map(({ chip, variant, parts }) => [chip, variant, parts[0]!.offset])).to.deep.equal([
      ['ESP32', 'light', 0],
      ['ESP32-C6', 'light', 0],
      ['ESP32-S3', 'light · esp-box', 0],
      ['ESP32-S3', 'switch one', 0],
    ]);
    expect(opened[3]).to.equal('https://example.org/images/sub/switch.bin');
  });

  it('finds its images beside it', async () => {
    const images = files('light-32.bin', 'light-c6.bin', 'light-box.bin', 'switch.bin');
    expect((await readBundle([file('config.toml', toml), ...images])).builds).to.have.length(4);
  });
});

describe('readBundle(): Meshtastic', () => {
  const md5 = '0123456789abcdef'.repeat(2);
  const manifest = {
    version: '2.7.1',
    mcu: 'esp32s3',
    platformioTarget: 'heltec-v4',
    part: [
      { name: 'otadata', type: 'data', subtype: 'ota', offset: '0xe000', size: '0x2000', flags: null },
      { name: 'app0', type: 'app', subtype: 'ota_0', offset: '0x10000', size: '0x640000', flags: null },
      { name: 'app1', type: 'app', subtype: 'ota_1', offset: 6619136, size: '0x10000', flags: null },
      { name: 'spiffs', type: 'data', subtype: 'spiffs', offset: '0x670000', size: '0x180000', flags: null },
    ],
    files: [
      { name: 'fw.bin', md5, bytes: 6, part_name: 'app0' },
      { name: 'fw.factory.bin', md5, bytes: 6 },
      { name: 'fw.elf', md5, bytes: 6 },
      { name: 'littlefs.bin', md5, bytes: 6, part_name: 'spiffs' },
      { name: 'mt-esp32s3-ota.bin', md5, bytes: 6, part_name: 'app1' },
    ],
  };

  it('makes a complete build and an update', async () => {
    const all = files('fw.bin', 'fw.factory.bin', 'fw.elf', 'littlefs.bin', 'mt-esp32s3-ota.bin');
    const bundle = await readBundle([json('fw.mt.json', manifest), ...all]);
    expect(bundle).to.include({ origin: 'meshtastic', name: 'heltec-v4', version: '2.7.1' });
    expect(bundle.builds.map(({ chip, variant }) => [chip, variant])).to.deep.equal([['ESP32-S3', 'factory'], ['ESP32-S3', 'update']]); // prettier-ignore
    expect(first(bundle)).to.deep.equal([['fw.factory.bin', 0], ['littlefs.bin', 0x670000], ['mt-esp32s3-ota.bin', 6619136]]); // prettier-ignore
    expect(places(bundle.builds[1]!)).to.deep.equal([['fw.bin', 0x10000]]);
    expect(bundle.builds[0]!.parts[0]).to.include({ md5 });
    expect(bundle.ignored).to.deep.equal(['fw.elf']);
  });

  it('does with what came along', async () => {
    const bundle = await readBundle([json('fw.mt.json', manifest), ...files('fw.bin', 'littlefs.bin')]);
    expect(bundle.builds.map(({ variant }) => variant)).to.deep.equal(['update']);
    expect(first(bundle)).to.deep.equal([['fw.bin', 0x10000], ['littlefs.bin', 0x670000]]); // prettier-ignore
  });
});

describe('readBundle(): files without a manifest', () => {
  const origin = async (...paths: readonly string[]) => (await readBundle(files(...paths))).origin;

  it('tells where they come from', async () => {
    expect(await origin('a.bin')).to.equal('files');
    expect(await origin('a.uf2')).to.equal('uf2');
    expect(await origin('a.hex')).to.equal('intel-hex');
    expect(await origin('x-merged.bin')).to.equal('merged');
    expect(await origin('blink.ino.bin', 'blink.ino.bootloader.bin', 'blink.ino.partitions.bin')).to.equal('arduino');
    expect(await origin('.pio/build/esp32dev/firmware.bin', '.pio/build/esp32dev/bootloader.bin')).to.equal('platformio');
    expect(await origin('esp32dev/firmware.bin', 'esp32dev/bootloader.bin', 'esp32dev/boot_app0.bin')).to.equal('platformio');
    expect(await origin('firmware.bin')).to.equal('files');
  });

  it('refuses a name that announces an address and states none', async () => {
    for (const name of ['app@-0x1000.bin', 'app@0x99999999999.bin', 'app@0x8000000.bin', 'app@0xzz.bin', 'a@0x1000@0x2000.bin']) {
      expect((await bundleError(() => readBundle(files(name)))).code, name).to.equal('BUNDLE_OFFSET');
    }
    expect(first(await readBundle(files('logo@2x.bin')))).to.deep.equal([['logo@2x.bin', undefined]]);
    expect(first(await readBundle(files('app@0x2000_v2.bin')))).to.deep.equal([['app@0x2000_v2.bin', 0x2000]]);
  });

  it('reads offsets from names', async () => {
    const bundle = await readBundle(files('boot_0x1000.bin', '0x8000.bin', 'app@0x10000.bin', 'x0x20.bin', 'plain.bin'));
    expect(first(bundle).map(([, offset]) => offset)).to.deep.equal([0x1000, 0x8000, 0x10000, undefined, undefined]);
  });

  it('prefers what the Arduino IDE merged, for it has everything', async () => {
    const bundle = await readBundle(files('b.ino.bin', 'b.ino.bootloader.bin', 'b.ino.merged.bin', 'b.ino.partitions.bin'));
    expect(first(bundle)).to.deep.equal([['b.ino.merged.bin', undefined]]);
    expect(bundle.name).to.equal('b');
    expect(bundle.ignored).to.have.length(3);
  });

  it('offers an ESPHome update beside the factory image', async () => {
    const bundle = await readBundle(files('garage.factory.bin', 'garage.ota.bin'));
    expect(bundle.name).to.equal('garage');
    expect(bundle.builds.map((build) => [build.variant, places(build)])).to.deep.equal([
      [undefined, [['garage.factory.bin', undefined]]],
      ['update', [['garage.ota.bin', undefined]]],
    ]);
  });

  it('makes a build of each environment of PlatformIO', async () => {
    const folder = async (name: string, chip: number) => [
      file(`build/${name}/firmware.bin`),
      file(`build/${name}/bootloader.bin`, await smallBootloader(chip)),
      file(`build/${name}/partitions.bin`),
      file(`build/${name}/firmware.elf`),
    ];
    const bundle = await readBundle([...(await folder('devkit', 0)), ...(await folder('c3', 5))]);
    expect(bundle.builds.map(({ chip, variant, parts }) => [chip, variant, parts.length])).to.deep.equal([
      ['ESP32', 'devkit', 3],
      ['ESP32-C3', 'c3', 3],
    ]);
    expect(bundle.ignored).to.deep.equal(['build/devkit/firmware.elf', 'build/c3/firmware.elf']);
  });

  it('tells builds apart by what differs in their paths', async () => {
    const variantsOf = async (...folders: readonly string[]) => {
      const each = await Promise.all(
        folders.map(async (name) => [file(`${name}/firmware.bin`), file(`${name}/bootloader.bin`, await smallBootloader(0))]),
      );
      return (await readBundle(each.flat())).builds.map(({ variant }) => variant);
    };
    expect(await variantsOf('a/build', 'b/build')).to.deep.equal(['a', 'b']);
    expect(await variantsOf('x/old/out/bin', 'x/new/out/bin')).to.deep.equal(['old', 'new']);
    expect(await variantsOf('a/build/esp32', 'b/build/esp32c3')).to.deep.equal(['esp32', 'esp32c3']);
    expect(await variantsOf('build', 'b/build')).to.deep.equal(['build', 'b/build']);
    expect(await variantsOf('a/x', 'a/y', 'b/x')).to.deep.equal(['a/x', 'a/y', 'b/x']);
  });

  it('makes a build of each image of a release that has one per chip', async () => {
    const image = async (chip: number) =>
      flash(0x9000, { [chip === 0 ? 0x1000 : 0]: await smallBootloader(chip), 0x8000: partitionTable(DEFAULT_ROWS) });
    const bundle = await readBundle([
      file('x-esp32.factory.bin', await image(0)),
      file('x-c3.factory.bin', await image(5)),
      file('notes.txt'),
    ]);
    expect(bundle.builds.map(({ chip, variant }) => [chip, variant])).to.deep.equal([
      ['ESP32', 'x-esp32.factory'],
      ['ESP32-C3', 'x-c3.factory'],
    ]);
    expect(bundle.ignored).to.deep.equal(['notes.txt']);
    const apps = await readBundle([file('a.bin', await smallApp()), file('b.bin', await smallApp())]);
    expect(apps.builds, 'nobody knows which of the two').to.have.length(1);
  });

  it('opens an archive of a build folder', async () => {
    const entries = {
      'out/flasher_args.json': new TextEncoder().encode(JSON.stringify(FLASHER_ARGS)),
      '__MACOSX/out/._x': new Uint8Array(3),
    };
    const rest = Object.fromEntries(IDF_FOLDER.map((path) => [path.replace('build', 'out'), new Uint8Array(100)]));
    const bundle = await readBundle([file('build.zip', zip({ ...entries, ...rest }))]);
    expect(bundle.origin).to.equal('esp-idf');
    expect(bundle.builds[0]!.parts).to.have.length(3);
  });
});

describe('readBundle(): several manifests', () => {
  it('takes the one that lies highest, then the build’s own, and reports the others', async () => {
    const all = [json('build/manifest.json', WEB_TOOLS), json('build/flasher_args.json', FLASHER_ARGS), ...files(...IDF_FOLDER)];
    const bundle = await readBundle([...all, json('build/deep/flasher_args.json', {})]);
    expect(bundle.origin).to.equal('esp-idf');
    expect(bundle.ignored).to.deep.equal(['build/manifest.json', 'build/blink.elf', 'build/deep/flasher_args.json']);
  });

  it('goes on to the next when the files of one are not there', async () => {
    const bundle = await readBundle([
      json('flasher_args.json', FLASHER_ARGS),
      json('manifest.json', { builds: [{ chipFamily: 'ESP32', parts: [{ path: 'x.bin', offset: 0 }] }] }),
      file('x.bin'),
    ]);
    expect(bundle.origin).to.equal('esp-web-tools');
    expect(bundle.ignored).to.deep.equal(['flasher_args.json']);
  });

  const webTools = (offset: unknown, path = 'app.bin', chipFamily = 'ESP32') => ({ builds: [{ chipFamily, parts: [{ path, offset }] }] });

  it('knows a manifest by what stands in it, whatever it is called', async () => {
    const bundle = await readBundle([json('over.json', webTools(0x3ff000)), json('other.json', { builds: ['x'] }), file('app.bin')]);
    expect(first(bundle)).to.deep.equal([['app.bin', 0x3ff000]]);
    expect(bundle).to.deep.include({ origin: 'esp-web-tools', ignored: ['other.json'] });
    for (const [manifest, code] of [
      [webTools(-1), 'BUNDLE_OFFSET'],
      [webTools('0x1000'), 'BUNDLE_OFFSET'],
      [webTools(2 ** 40), 'BUNDLE_OFFSET'],
      [webTools(0, '../../x.bin'), 'BUNDLE_PATH'],
      [webTools(0, 'gone.bin'), 'BUNDLE_FILE_MISSING'],
      [{ builds: [{ parts: [{ path: 'app.bin', offset: 0 }] }] }, 'BUNDLE_FIELD'],
      [{ flash_files: { '0xzz': 'app.bin' } }, 'BUNDLE_OFFSET'],
    ] as const) {
      const error = await bundleError(() => readBundle([json('over.json', manifest), file('app.bin')]));
      expect(error.code).to.equal(code);
    }
    const cut = JSON.stringify(webTools(0)).slice(0, -1);
    expect((await bundleError(() => readBundle([file('over.json', cut), file('app.bin')]))).code).to.equal('BUNDLE_SYNTAX');
    const stranger = await bundleError(() => readBundle([json('m.json', webTools(0, 'app.bin', 'ESP9')), file('app.bin')]));
    expect(stranger.code).to.equal('BUNDLE_FIELD');
  });

  it('looks into some texts only, those that lie highest, and into none that is larger than any manifest', async () => {
    let read = 0;
    const text = (path: string, size = 2) => ({ path, size, read: () => Promise.resolve((read++, new TextEncoder().encode('{}'))) });
    const folder = Array.from({ length: 500 }, (_, index) => text(`deep/er/${index}.json`));
    const bundle = await readBundle([...folder, json('over.json', webTools(0x20000)), text('large.json', 2 ** 21), file('app.bin')]);
    expect(first(bundle)).to.deep.equal([['app.bin', 0x20000]]);
    expect(read).to.equal(63);
  });

  it('lets a person choose between several of a kind, and passes over none that breaks the rules', async () => {
    const bundle = await readBundle([
      json('stable.json', { name: 'lamp', version: '1', ...webTools(0x10000, 'one.bin') }),
      json('beta.json', { name: 'lamp', version: '2', ...webTools(0x20000, 'two.bin') }),
      ...files('one.bin', 'two.bin', 'notes.md'),
    ]);
    expect(bundle).to.deep.include({ name: 'lamp', version: '', ignored: ['notes.md'] });
    expect(bundle.builds.map((build) => [build.variant, ...places(build)[0]!])).to.deep.equal([
      ['beta', 'two.bin', 0x20000],
      ['stable', 'one.bin', 0x10000],
    ]);
    const builds = [
      json('a/flasher_args.json', { flash_files: { 0: 'x.bin' } }),
      json('b/flasher_args.json', { flash_files: { 0: 'x.bin' } }),
    ];
    const idf = await readBundle([...builds, ...files('a/x.bin', 'b/x.bin')]);
    expect(idf.builds.map(({ variant }) => variant)).to.deep.equal(['a', 'b']);
    const broken = [json('manifest.json', webTools(0)), json('over.json', webTools(-1)), file('app.bin')];
    expect((await bundleError(() => readBundle(broken))).code).to.equal('BUNDLE_OFFSET');
  });

  it('is not held up by the manifest of a web page', async () => {
    const bundle = await readBundle([json('manifest.json', { name: 'page', icons: [] }), file('app.bin')]);
    expect(first(bundle)).to.deep.equal([['app.bin', undefined]]);
  });
});

describe('chooseBuild()', () => {
  const bundleOf = (...builds: readonly Partial<BundleBuild>[]): FlashBundle => ({
    origin: 'files', name: '', version: '', proposesErase: false, ignored: [], builds: builds.map((build) => ({ chip: undefined, parts: [], ...build })),
  }); // prettier-ignore

  it('takes the build for the chip, else one that names none', () => {
    const bundle = bundleOf({ chip: 'ESP32' }, { chip: undefined }, { chip: 'ESP32-C3' });
    expect(chooseBuild(bundle, 'ESP32-C3').chip).to.equal('ESP32-C3');
    expect(chooseBuild(bundle, 'ESP32-S2').chip).to.equal(undefined);
  });

  it('takes the one that uses the flash best, or the wished variant', () => {
    const variants = [4, 16, 8].map((mb) => ({ chip: 'ESP32' as const, variant: `${mb}MB`, flashBytes: mb << 20 }));
    expect(chooseBuild(bundleOf(...variants), 'ESP32', { flashBytes: 8 << 20 }).variant).to.equal('8MB');
    expect(chooseBuild(bundleOf(...variants), 'ESP32').variant).to.equal('4MB');
    expect(chooseBuild(bundleOf(...variants), 'ESP32', { variant: '16MB', flashBytes: 8 << 20 }).variant).to.equal('16MB');
  });

  it('says for which chips there are builds', async () => {
    const error = await bundleError(() => chooseBuild(bundleOf({ chip: 'ESP32' }, { chip: 'ESP32' }), 'ESP32-H2'));
    expect(error.code).to.equal('BUNDLE_NO_BUILD');
    expect(error.details.chips).to.deep.equal(['ESP32']);
    expect(error.details).to.not.have.property('manifest');
  });

  it('names the manifest that says so, which somebody brought among other files', async () => {
    const webTools = { builds: [{ chipFamily: 'ESP32-C3', parts: [{ path: 'app.bin', offset: 0x10000 }] }] };
    const missing = async (...manifests: readonly string[]) => {
      const bundle = await readBundle([...manifests.map((path) => json(path, webTools)), file('app.bin')]);
      return (await bundleError(() => chooseBuild(bundle, 'ESP32'))).details.manifest;
    };
    expect(await missing('old-manifest.json')).to.equal('old-manifest.json');
    expect(await missing('a-manifest.json', 'b-manifest.json')).to.equal('a-manifest.json, b-manifest.json');
  });
});

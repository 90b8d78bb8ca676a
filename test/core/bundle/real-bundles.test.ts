/** What Espressif's own tools built and merged, as bundles. */
import { expect } from 'chai';
import type { BundleFile, ResolvedBuild } from '../../../src/core/bundle/model.ts';
import { readBundle } from '../../../src/core/bundle/read-bundle.ts';
import { resolveBuild } from '../../../src/core/bundle/resolve.ts';
import type { ChipName } from '../../../src/core/image/model.ts';
import { sharedData } from '../../doubles/shared-data.ts';
import { file, zip } from './builders.ts';

const CHIPS: Readonly<Record<string, { readonly chip: ChipName; readonly bootloader: number; readonly hasTable: boolean }>> = {
  esp32: { chip: 'ESP32', bootloader: 0x1000, hasTable: false },
  esp32s2: { chip: 'ESP32-S2', bootloader: 0x1000, hasTable: false },
  esp32s3: { chip: 'ESP32-S3', bootloader: 0, hasTable: true },
  esp32c3: { chip: 'ESP32-C3', bootloader: 0, hasTable: true },
  esp32c6: { chip: 'ESP32-C6', bootloader: 0, hasTable: true },
  esp32h2: { chip: 'ESP32-H2', bootloader: 0, hasTable: true },
  esp32p4: { chip: 'ESP32-P4', bootloader: 0x2000, hasTable: true },
};

const places = ({ parts }: ResolvedBuild) => parts.map(({ role, offset, content }) => [role, offset, content.kind]);
const whole = (bootloader: number) => [
  ['bootloader', bootloader, 'bootloader'],
  ['partition-table', 0x8000, 'partition-table'],
  ['app', 0x10000, 'app'],
];

describe('builds of the hello world', () => {
  for (const [folder, { chip, bootloader, hasTable }] of Object.entries(CHIPS)) {
    it(`are placed for the ${chip} without a word about offsets`, async () => {
      const names = ['bootloader.bin', 'hello_world.bin', ...(hasTable ? ['partition-table.bin'] : [])];
      const brought: BundleFile[] = [];
      for (const name of names) {
        const bytes = await sharedData(`firmware/hello_world/${folder}/${name}`);
        if (!bytes) return;
        brought.push(file(name, bytes));
      }
      const bundle = await readBundle(brought);
      const build = await resolveBuild(bundle.builds[0]!);
      expect(build.chip).to.equal(chip);
      expect(bundle.name).to.equal('hello_world');
      expect(places(build)).to.deep.equal(whole(bootloader).filter(([role]) => hasTable || role !== 'partition-table'));
    });
  }

  it('come the same from pieces, a merged image, UF2, and all of them in an archive', async () => {
    const piece = async (path: string) => sharedData(`firmware/${path}`);
    const merged = await piece('merged/esp32c3_hello_merged.bin');
    const container = await piece('merged/esp32c3_hello.uf2');
    const [boot, app, table] = [await piece('hello_world/esp32c3/bootloader.bin'), await piece('hello_world/esp32c3/hello_world.bin'), await piece('hello_world/esp32c3/partition-table.bin')]; // prettier-ignore
    if (!merged || !container || !boot || !app || !table) return;
    const archive = zip({ 'x/boot.bin': boot, 'x/app.bin': app, 'x/table.bin': table });
    const builds = [file('merged.bin', merged), file('hello.uf2', container), file('hello.zip', archive)].map(async (brought) =>
      resolveBuild((await readBundle([brought])).builds[0]!),
    );
    const all = await Promise.all(builds);
    for (const build of all) {
      expect(places(build)).to.deep.equal(whole(0));
      expect(build.parts[2]!.bytes).to.deep.equal(app);
    }
  });

  it('are split where the merged image of an ESP32 begins with erased bytes', async () => {
    const merged = await sharedData('firmware/merged/esp32_hello_merged.bin');
    if (!merged) return;
    const build = await resolveBuild((await readBundle([file('esp32_hello_merged.bin', merged)])).builds[0]!);
    expect(build.chip).to.equal('ESP32');
    expect(places(build)).to.deep.equal(whole(0x1000));
  });

  it('are read from Intel HEX', async () => {
    const hex = await sharedData('firmware/merged/esp32c3_hello.hex');
    if (!hex) return;
    const build = await resolveBuild((await readBundle([file('esp32c3_hello.hex', hex)])).builds[0]!);
    expect(places(build)).to.deep.equal(whole(0).slice(0, 2));
  });

  it('keep the place of otadata that an encrypted application has beside it', async () => {
    const otadata = await sharedData('firmware/otadata/otadata_ota_1_active.bin');
    const encrypted = await sharedData('firmware/signed/hello-world-signed-encrypted.bin');
    if (!otadata || !encrypted) return;
    const brought = [file('otadata_0xd000.bin', otadata), file('app.bin', encrypted)];
    const build = await resolveBuild((await readBundle(brought)).builds[0]!);
    expect(places(build)).to.deep.equal([['otadata', 0xd000, 'otadata'], ['app', 0x10000, 'encrypted']]); // prettier-ignore
  });
});

import { expect } from 'chai';
import { md5Hex } from '../../../src/core/bytes/md5.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { readManifest } from '../../../src/core/bundle/manifests/dialects.ts';
import type { PublishedImage } from '../../../src/core/trust/install-manifest.ts';
import { readSetRoot } from '../../../src/core/trust/read-release-set.ts';
import type { Release } from '../../../src/core/trust/release.ts';
import { INDEX_FILE, firmwareFile, manifestFile, releaseFile } from '../../../src/core/trust/set-files.ts';
import type { SetFile } from '../../../src/core/trust/set-files.ts';
import { writeReleaseSet } from '../../../src/core/trust/write-release-set.ts';
import { utf8 } from '../image/builders.ts';
import { file } from '../bundle/builders.ts';
import { Client, EXPIRED, IMAGE, NOW_MS, ReleaseHost, releaseOf } from '../../doubles/release-host.ts';
import { codeOf, refusal } from './refusals.ts';

/** Publishes these releases from a workshop, and returns it with what was written. */
async function publish(images: readonly PublishedImage[], releases: readonly Release[]) {
  const workshop = await ReleaseHost.open();
  const signed = [];
  for (const release of releases) signed.push(await workshop.publishRelease(release));
  await workshop.publishIndex(signed);
  const parts = {
    roots: [workshop.files.get('1.root.json')!],
    index: workshop.files.get(INDEX_FILE)!,
    releases: signed.map(({ bytes }) => bytes),
    images,
  };
  return { workshop, parts, files: await writeReleaseSet(parts, NOW_MS) };
}

const paths = (files: readonly SetFile[]): readonly string[] => files.map(({ path }) => path);

/** What a static host makes of the files. */
async function hosted(files: readonly SetFile[]): Promise<ReleaseHost> {
  const host = await ReleaseHost.open();
  host.files.clear();
  for (const { path, bytes } of files) host.files.set(path, bytes);
  return host;
}

const manifestIn = (files: readonly SetFile[], path = 'manifest.json') =>
  JSON.parse(new TextDecoder().decode(files.find((file) => file.path === path)!.bytes)) as Record<string, unknown>;

describe('writeReleaseSet()', () => {
  it('lays out plain files that a reader follows to the image', async () => {
    const { files } = await publish([IMAGE], [await releaseOf(IMAGE.bytes)]);
    expect(paths(files)).to.deep.equal([
      '1.root.json',
      'root.json',
      'index.json',
      'releases/greenhouse-1.2.0.release.json',
      firmwareFile(await sha256Hex(IMAGE.bytes)),
      'manifest.json',
    ]);
    const host = await hosted(files);
    const { image } = await (await Client.of(host)).update(host);
    expect(image).to.deep.equal(IMAGE.bytes);
  });

  it('writes the whole line of root files, so that whoever trusts the first finds the last', async () => {
    const { workshop, parts } = await publish([IMAGE], [await releaseOf(IMAGE.bytes)]);
    const client = await Client.of(workshop);
    await workshop.rotate();
    await workshop.rotate();
    const roots = [1, 2, 3].map((version) => workshop.files.get(`${version}.root.json`)!);
    const host = await hosted(await writeReleaseSet({ ...parts, roots }, NOW_MS));
    await client.update(host);
    expect(client.root.root.version).to.equal(3);
    expect((await readSetRoot(host)).root.version).to.equal(3);
    expect(await codeOf(() => writeReleaseSet({ ...parts, roots: [roots[0]!, roots[2]!] }, NOW_MS))).to.equal('ROOT_SKIPPED');
    expect(await codeOf(() => writeReleaseSet({ ...parts, roots: [] }, NOW_MS))).to.equal('SET_INCONSISTENT');
  });

  it('tells releases of one name apart, and keeps an image that they share once', async () => {
    const release = await releaseOf(IMAGE.bytes);
    const { files } = await publish([IMAGE], [release, { ...release, hardware: ['gh-3'] }, { ...release, product: 'Greenhouse' }]);
    const releases = paths(files).filter((path) => path.startsWith('releases/'));
    expect(new Set(releases.map((path) => path.toLowerCase())).size).to.equal(3);
    for (const path of releases) expect(path).to.match(/^releases\/[Gg]reenhouse-1\.2\.0-[0-9a-f]{12}\.release\.json$/);
    expect(paths(files).filter((path) => path.startsWith('firmware/'))).to.have.length(1);
  });

  it('refuses what a reader would refuse', async () => {
    const { workshop, parts } = await publish([IMAGE], [await releaseOf(IMAGE.bytes)]);
    const write = (changes: Partial<typeof parts>) => writeReleaseSet({ ...parts, ...changes }, NOW_MS);
    expect(await refusal(() => write({ releases: [] }))).to.equal(`SET_INCONSISTENT ${workshop.entries[0]!.path}`);
    expect(await refusal(() => write({ images: [{ bytes: utf8('another') }] }))).to.equal(
      `SET_INCONSISTENT ${firmwareFile(await sha256Hex(IMAGE.bytes))}`,
    );
    workshop.index = { ...workshop.index, ...EXPIRED };
    await workshop.publishEntries();
    expect(await codeOf(() => write({ index: workshop.files.get(INDEX_FILE)! }))).to.equal('INDEX_EXPIRED');
  });
});

describe('the ESP Web Tools manifest of a set', () => {
  const bootloader = { offset: 0x1000, bytes: utf8('boot loader') };
  const full = (text: string, offset = 0x1_0000): PublishedImage => ({ bytes: utf8(text), offset, beside: [bootloader] });

  it('installs the newest version, for each chip that has it', async () => {
    const images = ['old', 'esp32', 's3', 's3 older'].map((text) => full(text));
    const [old, esp32, s3, behind] = images.map(({ bytes }) => bytes);
    const { files } = await publish(images, [
      await releaseOf(old!, { version: '1.1.0', counter: 11, chip: 'ESP32' }),
      await releaseOf(behind!, { version: '1.1.0', counter: 11 }),
      await releaseOf(esp32!, { chip: 'ESP32' }),
      await releaseOf(s3!),
    ]);
    const path = async (bytes: Uint8Array): Promise<string> => firmwareFile(await sha256Hex(bytes));
    const build = async (chipFamily: string, bytes: Uint8Array) => ({
      chipFamily,
      parts: [
        { path: await path(bootloader.bytes), offset: 0x1000 },
        { path: await path(bytes), offset: 0x1_0000 },
      ],
      ota: { path: await path(bytes), md5: md5Hex(bytes), summary: 'Waters on Sundays too.' },
    });
    expect(manifestIn(files)).to.deep.equal({
      name: 'greenhouse',
      version: '1.2.0',
      new_install_prompt_erase: false,
      builds: [await build('ESP32', esp32!), await build('ESP32-S3', s3!)],
    });
    expect(paths(files)).to.include(await path(bootloader.bytes));
  });

  it('is one that the bundle reader takes', async () => {
    const { files } = await publish([full('app')], [await releaseOf(utf8('app'))]);
    const open = (path: string) => {
      const found = files.find((file) => file.path === path);
      return found && file(path, found.bytes);
    };
    const bundle = await readManifest(JSON.stringify(manifestIn(files)), 'manifest.json', open);
    expect(bundle.builds[0]!.parts.map(({ offset }) => offset)).to.deep.equal([0x1000, 0x1_0000]);
  });

  it('is one for each product where there are several', async () => {
    const release = await releaseOf(IMAGE.bytes);
    const { files } = await publish([IMAGE], [release, { ...release, product: 'Tür & Tor' }]);
    expect(paths(files).filter((path) => path.endsWith('manifest.json'))).to.deep.equal([
      'greenhouse.manifest.json',
      'T-r-Tor.manifest.json',
    ]);
    expect(manifestIn(files, 'T-r-Tor.manifest.json')).to.include({ name: 'Tür & Tor' });
  });

  const board = async (text: string, counter: number, hardware: readonly string[], version = '1.2.0') =>
    releaseOf(utf8(text), { counter, hardware, version });
  const imagesOf = (...texts: readonly string[]) => texts.map((text) => full(text));
  const pathOf = async (text: string): Promise<string> => firmwareFile(await sha256Hex(utf8(text)));
  const otaIn = (files: readonly SetFile[], path: string) =>
    (manifestIn(files, path)['builds'] as readonly { readonly ota: { readonly path: string } }[]).map(({ ota }) => ota.path);
  const manifests = (files: readonly SetFile[]) => paths(files).filter((path) => path.endsWith('manifest.json'));

  it('is one for each board where a chip has several, each with its own build, and none that guesses', async () => {
    const { files } = await publish(imagesOf('two', 'three'), [await board('two', 12, ['gh-2']), await board('three', 13, ['gh-3'])]);
    expect(manifests(files)).to.deep.equal(['gh-2.manifest.json', 'gh-3.manifest.json']);
    expect(otaIn(files, 'gh-2.manifest.json')).to.deep.equal([await pathOf('two')]);
    expect(otaIn(files, 'gh-3.manifest.json')).to.deep.equal([await pathOf('three')]);
    expect(manifestIn(files, 'gh-3.manifest.json')).to.include({ name: 'greenhouse for gh-3', version: '1.2.0' });
  });

  it('of a board offers the newest that fits it, whatever other boards have by now', async () => {
    const { files } = await publish(imagesOf('old', 'two', 'new three', 'any'), [
      await board('old', 10, ['gh-2'], '1.0.0'),
      await board('two', 12, ['gh-2']),
      await board('new three', 14, ['gh-3'], '1.4.0'),
      await board('any', 13, [], '1.3.0'),
    ]);
    expect(manifests(files)).to.deep.equal(['manifest.json', 'gh-2.manifest.json', 'gh-3.manifest.json']);
    expect(otaIn(files, 'manifest.json')).to.deep.equal([await pathOf('any')]);
    expect(otaIn(files, 'gh-2.manifest.json'), 'for every board, and newer').to.deep.equal([await pathOf('any')]);
    expect(otaIn(files, 'gh-3.manifest.json')).to.deep.equal([await pathOf('new three')]);
  });

  it('stays one where its newest build is for all the boards that were ever named', async () => {
    const { files } = await publish(imagesOf('old', 'new'), [
      await board('old', 11, ['gh-2'], '1.1.0'),
      await board('new', 12, ['gh-3', 'gh-2']),
    ]);
    expect(manifests(files)).to.deep.equal(['manifest.json']);
    expect(otaIn(files, 'manifest.json')).to.deep.equal([await pathOf('new')]);
  });

  it('loses no board, and no product, whose name is written like that of another', async () => {
    const { files } = await publish(imagesOf('a', 'b', 'c'), [
      await board('a', 12, ['GH 2']),
      await board('b', 13, ['gh/2']),
      await board('c', 14, ['../../gh-2']),
    ]);
    const names = manifests(files);
    expect(new Set(names.map((name) => name.toLowerCase())).size).to.equal(3);
    for (const name of names) expect(name).to.match(/^[Gg][Hh]-2(?:-\d)?\.manifest\.json$/);
    expect(new Set(names.flatMap((name) => otaIn(files, name))).size).to.equal(3);
    const release = await releaseOf(IMAGE.bytes);
    const two = await publish(
      [IMAGE],
      [
        { ...release, product: 'Tür Tor' },
        { ...release, product: 'T&r Tor' },
      ],
    );
    expect(manifests(two.files)).to.deep.equal(['T-r-Tor.manifest.json', 'T-r-Tor-2.manifest.json']);
  });

  it('is left out where nobody knows where an image goes', async () => {
    const { files } = await publish([{ bytes: IMAGE.bytes }], [await releaseOf(IMAGE.bytes)]);
    expect(paths(files)).to.not.include('manifest.json');
  });
});

describe('file names of a set', () => {
  for (const [product, version, path] of [
    ['greenhouse', '1.2.0', 'releases/greenhouse-1.2.0.release.json'],
    ['Green House', '1.2.0+7', 'releases/Green-House-1.2.0+7.release.json'],
    ['../../etc/passwd', '%2e%2e', 'releases/etc-passwd-2e-2e.release.json'],
    ['..', '..', 'releases/unnamed.release.json'],
    ['日本', '版', 'releases/unnamed.release.json'],
    ['C:\\x', '<b>', 'releases/C-x-b-.release.json'],
  ] as const) {
    it(`${product} ${version}: ${path}`, () => expect(releaseFile(product, version)).to.equal(path));
  }

  it('of manifests', () => {
    expect(manifestFile()).to.equal('manifest.json');
    expect(manifestFile('../x')).to.equal('x.manifest.json');
  });
});

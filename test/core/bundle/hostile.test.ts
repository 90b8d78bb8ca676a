/** Manifests, paths and archives of somebody who means no good, or whose tool failed: one clear error each, in bounded memory. */
import { expect } from 'chai';
import { zipSync } from 'fflate';
import { BundleError } from '../../../src/core/bundle/bundle-error.ts';
import { readManifest } from '../../../src/core/bundle/manifests/dialects.ts';
import type { BundleFile } from '../../../src/core/bundle/model.ts';
import { normalisePath } from '../../../src/core/bundle/paths.ts';
import { readBundle } from '../../../src/core/bundle/read-bundle.ts';
import { readArchive } from '../../../src/core/bundle/archive.ts';
import { SEED, withSeed } from '../../doubles/random.ts';
import { utf8 } from '../image/builders.ts';
import { bundleError, codeOf, file, files, json, zip } from './builders.ts';

const webTools = (part: unknown): string => JSON.stringify({ builds: [{ chipFamily: 'ESP32', parts: [part] }] });
const open = (path: string): BundleFile => file(path);
const codeOfText = (text: string, path = 'manifest.json') => codeOf(() => readManifest(text, path, open));

describe('hostile manifests', () => {
  for (const [name, offset] of Object.entries({
    giant: '1e300',
    'beyond every flash': '4294967296',
    negative: '-1',
    fraction: '0.5',
    'hex text': '"0x1000"',
    text: '"here"',
    'null-like list': '[0]',
    boolean: 'true',
  })) /* prettier-ignore */ {
    it(`refuses an offset that is ${name}, and says where it stands`, async () => {
      const error = await bundleError(() =>
        readManifest(webTools({ path: 'a.bin' }).replace('}]', `,"offset":${offset}}]`), 'manifest.json', open),
      );
      expect(error.code).to.equal('BUNDLE_OFFSET');
      expect(error.details).to.include({ path: 'manifest.json', field: 'manifest.builds[0].parts[0].offset' });
    });
  }

  it('refuses NaN, which JSON does not have and TOML does', async () => {
    expect(await codeOfText('{"builds":[{"offset":NaN}]}')).to.equal('BUNDLE_SYNTAX');
    const toml = (offset: string) => `supported_apps = ["a"]\n[a]\noffset = ${offset}\nimage.esp32 = "x.bin"\n`;
    for (const offset of ['nan', 'inf', '-1', '1.5', '"0x"', '"-0x10"'])
      expect(await codeOfText(toml(offset), 'a.toml'), offset).to.equal('BUNDLE_OFFSET');
    expect((await readManifest(toml('"0x1000"'), 'a.toml', open)).builds[0]!.parts[0]!.offset).to.equal(0x1000);
  });

  it('refuses keys of flasher_args.json that are no offsets', async () => {
    for (const key of ['-0x10', '0xzz', '1e9', '', '__proto__x', '0x100000000', 'constructor']) {
      const text = JSON.stringify({ flash_files: { [key]: 'a.bin' } });
      expect(await codeOfText(text, 'flasher_args.json'), key).to.equal('BUNDLE_OFFSET');
    }
  });

  it('refuses 10,000 parts, before it opens one', async () => {
    let opened = 0;
    const parts = Array.from({ length: 10_000 }, (_, i) => ({ path: `${i}.bin`, offset: i * 4096 }));
    const counting = (path: string) => (opened++, file(path));
    const text = JSON.stringify({ builds: [{ chipFamily: 'ESP32', parts }] });
    expect(await codeOf(() => readManifest(text, 'manifest.json', counting))).to.equal('BUNDLE_TOO_MANY');
    const flash_files = Object.fromEntries(parts.map(({ path, offset }) => [String(offset), path]));
    expect(await codeOf(() => readManifest(JSON.stringify({ flash_files }), 'flasher_args.json', counting))).to.equal('BUNDLE_TOO_MANY');
    const rows = parts.map(({ path }) => ({ name: path }));
    expect(await codeOf(() => readManifest(JSON.stringify({ mcu: 'esp32', files: rows }), 'a.mt.json', counting))).to.equal(
      'BUNDLE_TOO_MANY',
    );
    expect(opened).to.equal(0);
  });

  it('refuses 10,000 builds', async () => {
    const builds = Array.from({ length: 10_000 }, () => ({ chipFamily: 'ESP32', parts: [] }));
    expect(await codeOfText(JSON.stringify({ builds }))).to.equal('BUNDLE_TOO_MANY');
  });

  it('keeps HTML in names as the text that it is', async () => {
    const name = '<img src=x onerror=alert(1)>';
    const value = { name, builds: [{ chipFamily: 'ESP32', chipVariant: name, parts: [{ path: '<b>.bin', offset: 0 }] }] };
    const bundle = await readManifest(JSON.stringify(value), 'manifest.json', open);
    expect(bundle.name).to.equal(name);
    expect(bundle.builds[0]).to.deep.include({ variant: name });
    expect(bundle.builds[0]!.parts[0]!.file.path).to.equal('<b>.bin');
  });

  it('refuses __proto__ as a key, at any depth and in TOML too', async () => {
    expect(await codeOfText('{"__proto__":{"builds":[]}}')).to.equal('BUNDLE_SYNTAX');
    expect(await codeOfText('{"builds":[{"chipFamily":"ESP32","parts":[{"__proto__":{"path":"x","offset":0}}]}]}')).to.equal(
      'BUNDLE_SYNTAX',
    );
    expect(await codeOfText('supported_apps = ["a"]\n[a]\nimage.__proto__ = "x"\n', 'a.toml')).to.equal('BUNDLE_SYNTAX');
    expect(({} as Record<string, unknown>)['builds']).to.equal(undefined);
  });

  it('does not find an inherited property where a section should be', async () => {
    expect(await codeOfText('supported_apps = ["constructor"]\n', 'a.toml')).to.equal('BUNDLE_FIELD');
  });

  for (const address of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'data:text/plain,x',
    'ftp://example.org/x.bin',
    'blob:https://example.org/1',
    'chrome://settings',
  ]) {
    it(`refuses the address ${address}`, async () => {
      expect(await codeOfText(webTools({ path: address, offset: 0 }))).to.equal('BUNDLE_ADDRESS');
    });
  }

  it('refuses addresses with a user or a password, in Launchpad’s folder too', async () => {
    for (const address of ['https://me@example.org/x', 'https://me:secret@example.org/x', 'http://:secret@example.org/x', 'https://'])
      expect(await codeOfText(webTools({ path: address, offset: 0 })), address).to.equal('BUNDLE_ADDRESS');
    const toml = (url: string) => `firmware_images_url = "${url}"\nsupported_apps = ["a"]\n[a]\nimage.esp32 = "x.bin"\n`;
    expect(await codeOfText(toml('https://a:b@example.org/'), 'a.toml')).to.equal('BUNDLE_ADDRESS');
    expect(await codeOfText(toml('ftp://example.org/'), 'a.toml')).to.equal('BUNDLE_ADDRESS');
    expect(await codeOfText(toml('../x'), 'a.toml')).to.equal('BUNDLE_ADDRESS');
  });

  it('refuses nesting without end, in JSON and in TOML', async () => {
    const deep = (levels: number) => `{"builds":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    for (const levels of [40, 5000, 400_000]) expect(await codeOfText(deep(levels)), String(levels)).to.equal('BUNDLE_SYNTAX');
    for (const levels of [40, 5000, 400_000])
      expect(await codeOfText(`a = ${'['.repeat(levels)}${']'.repeat(levels)}`, 'a.toml')).to.equal('BUNDLE_SYNTAX');
  });

  it('refuses a manifest of more than a megabyte without parsing it', async () => {
    expect(await codeOfText(`{"builds":[],"x":"${'x'.repeat(1 << 20)}"}`)).to.equal('BUNDLE_TOO_LARGE');
    const huge: BundleFile = { path: 'manifest.json', size: 1 << 30, read: () => Promise.reject(new Error('must not be read')) };
    expect(await codeOf(() => readBundle([huge]))).to.equal('BUNDLE_TOO_LARGE');
  });

  it('refuses wrong types, one field at a time', async () => {
    const broken: Readonly<Record<string, unknown>> = {
      'builds is text': { builds: 'ESP32' },
      'builds is an object': { builds: {} },
      'a build is null': { builds: [null] },
      'a build is a list': { builds: [[]] },
      'chipFamily is missing': { builds: [{ parts: [] }] },
      'chipFamily is a number': { builds: [{ chipFamily: 32, parts: [] }] },
      'chipFamily is unknown': { builds: [{ chipFamily: 'Z80', parts: [] }] },
      'parts are missing': { builds: [{ chipFamily: 'ESP32' }] },
      'parts are text': { builds: [{ chipFamily: 'ESP32', parts: 'x' }] },
      'a part is text': { builds: [{ chipFamily: 'ESP32', parts: ['x'] }] },
      'path is missing': { builds: [{ chipFamily: 'ESP32', parts: [{ offset: 0 }] }] },
      'path is a list': { builds: [{ chipFamily: 'ESP32', parts: [{ path: ['a'], offset: 0 }] }] },
      'name is an object': { name: {}, builds: [] },
      'erase is text': { new_install_prompt_erase: 'yes', builds: [] },
      'flash_files is a list': { flash_files: ['a'] },
      'flash_files is null-like': { flash_files: 7 },
      'a flash file is a number': { flash_files: { '0x0': 7 } },
      'chip is unknown': { flash_files: {}, extra_esptool_args: { chip: 'z80' } },
      'mcu is unknown': { mcu: 'nrf52840', files: [] },
      'files is text': { mcu: 'esp32', files: 'x' },
      'md5 is short': { mcu: 'esp32', files: [{ name: 'a.bin', md5: 'abc' }] },
    };
    for (const [name, value] of Object.entries(broken)) {
      const error = await bundleError(() => readManifest(JSON.stringify(value), 'm.json', open));
      expect(error.code, name).to.equal('BUNDLE_FIELD');
      expect(error.details.field, name).to.be.a('string');
    }
  });

  it('refuses what is no manifest, no text, or nothing', async () => {
    expect(await codeOfText('{}')).to.equal('BUNDLE_UNKNOWN_MANIFEST');
    expect(await codeOfText('[]')).to.equal('BUNDLE_UNKNOWN_MANIFEST');
    expect(await codeOfText('null')).to.equal('BUNDLE_UNKNOWN_MANIFEST');
    expect(await codeOfText('')).to.equal('BUNDLE_SYNTAX');
    expect(await codeOfText('\u0000\u0001')).to.equal('BUNDLE_SYNTAX');
    expect(await codeOfText('{"builds":[]}')).to.equal('BUNDLE_EMPTY');
    expect(await codeOfText('{"flash_files":{}}')).to.equal('BUNDLE_EMPTY');
  });

  it('throws nothing but its own error, whatever is done to a manifest', async () => {
    const whole = JSON.stringify({
      name: 'n',
      builds: [{ chipFamily: 'ESP32', ota: { path: 'o' }, parts: [{ path: 'a/b.bin', offset: 4096 }] }],
    });
    const flasher = JSON.stringify({ flash_settings: {}, flash_files: { '0x0': 'b.bin' }, app: { file: 'b.bin' } });
    await withSeed(SEED, async (random) => {
      for (let run = 0; run < 400; run++) {
        const text = [...random.pick([whole, flasher])];
        for (let edits = 1 + random.below(4); edits > 0; edits--)
          text.splice(random.below(text.length), random.below(3), random.pick([...'{}[]":,0-\\\u0000x']));
        const error = await readManifest(text.join(''), 'm.json', open).catch((error: unknown) => error);
        if (error instanceof Error && !(error instanceof BundleError)) throw error;
      }
    });
  });
});

describe('hostile paths', () => {
  const refused = {
    'climbs': '../x.bin', 'climbs later': 'a/../../x.bin', 'climbs inside': 'a/../b.bin', 'climbs with backslashes': '..\\x.bin', 'climbs in hiding': '%2e%2e/x.bin', 'climbs half in hiding': 'a/.%2E/x', 'hides a slash': '..%2fx.bin',
    'is absolute': '/etc/passwd', 'is absolute with backslashes': '\\\\server\\share', 'names another host': '//example.org/x.bin', 'names a drive': 'C:\\x.bin', 'names a drive without a slash': 'c:x.bin',
    'holds NUL': 'a\0b.bin', 'holds a tab that URL parsers drop': '.\t./x.bin', 'holds a line end': 'a\nb', 'is empty': '', 'is a dot': '.', 'is endless': 'a/'.repeat(1000),
  }; /* prettier-ignore */
  for (const [name, path] of Object.entries(refused)) {
    it(`refuses a path that ${name}`, async () => {
      expect(await codeOf(() => normalisePath(path))).to.equal('BUNDLE_PATH');
    });
  }

  it('refuses them in every dialect', async () => {
    for (const path of ['../x.bin', '/x.bin', 'C:\\x.bin']) {
      expect(await codeOfText(webTools({ path, offset: 0 }))).to.equal('BUNDLE_PATH');
      expect(await codeOfText(JSON.stringify({ flash_files: { '0x0': path } }))).to.equal('BUNDLE_PATH');
      expect(await codeOfText(JSON.stringify({ mcu: 'esp32', files: [{ name: path }] }))).to.equal('BUNDLE_PATH');
      expect(await codeOfText(`supported_apps = ["a"]\n[a]\nimage.esp32 = '${path}'\n`, 'a.toml')).to.equal('BUNDLE_PATH');
    }
  });

  it('normalises backslashes, dots and empty segments', () => {
    expect(normalisePath('.\\build//bootloader\\.\\bootloader.bin')).to.equal('build/bootloader/bootloader.bin');
    expect(normalisePath('a..b/...x')).to.equal('a..b/...x');
  });

  it('refuses files that came twice, also when only the slashes differ', async () => {
    expect(await codeOf(() => readBundle(files('a/b.bin', 'a\\b.bin')))).to.equal('BUNDLE_DUPLICATE');
  });

  it('refuses more than 10,000 files, and none', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => file(`${i}.txt`));
    expect(await codeOf(() => readBundle(many))).to.equal('BUNDLE_TOO_MANY');
    expect(await codeOf(() => readBundle([]))).to.equal('BUNDLE_EMPTY');
    expect(await codeOf(() => readBundle(files('a.txt', 'b.txt')))).to.equal('BUNDLE_EMPTY');
  });
});

/** Changes what every header of the archive says: `patch` gets the bytes, a view and the place of each directory entry. */
function patched(archive: Uint8Array<ArrayBuffer>, patch: (view: DataView, central: number) => void): Uint8Array<ArrayBuffer> {
  const copy = archive.slice();
  const view = new DataView(copy.buffer);
  for (let at = 0; at + 4 <= copy.length; at++) if (view.getUint32(at, true) === 0x02014b50) patch(view, at);
  return copy;
}

describe('hostile archives', () => {
  const codeOfZip = (bytes: Uint8Array<ArrayBuffer>) => codeOf(() => readArchive(bytes, 'x.zip'));
  const readAll = async (bytes: Uint8Array) => {
    for (const entry of await readArchive(bytes, 'x.zip')) await entry.read();
  };
  const zeros = (length: number) => new Uint8Array(length);
  const good = zip({ 'a.bin': utf8('hello '.repeat(100)), 'b/c.bin': [utf8('stored'), { level: 0 }] });

  it('opens one that is none of these', async () => {
    const entries = await readArchive(good, 'x.zip');
    expect(entries.map(({ path, size }) => [path, size])).to.deep.equal([['a.bin', 600], ['b/c.bin', 6]]); // prettier-ignore
    expect(new TextDecoder().decode(await entries[1]!.read())).to.equal('stored');
    expect(await entries[0]!.read()).to.deep.equal(utf8('hello '.repeat(100)));
  });

  for (const name of ['../x.bin', 'a/../../x.bin', '/x.bin', 'C:/x.bin', '..\\x.bin', 'a\0.bin']) {
    it(`refuses an entry named ${JSON.stringify(name)}`, async () => {
      expect(await codeOfZip(new Uint8Array(zipSync({ [name]: utf8('x') })))).to.equal('BUNDLE_PATH');
    });
  }

  it('refuses two entries of one name', async () => {
    const two = zip({ 'aa.bin': utf8('1'), 'bb.bin': utf8('2') });
    const same = patched(two, (view, at) => [0, 1].forEach((i) => view.setUint8(at + 46 + i, 0x61)));
    expect(await codeOfZip(same)).to.equal('BUNDLE_DUPLICATE');
    expect(await codeOfZip(zip({ 'a/b.bin': utf8('1'), 'a\\b.bin': utf8('2') }))).to.equal('BUNDLE_DUPLICATE');
  });

  it('refuses more than 10,000 entries', async () => {
    const entries = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`${i}`, [new Uint8Array(), { level: 0 }] as const]));
    expect(await codeOfZip(zip(entries as never))).to.equal('BUNDLE_TOO_MANY');
  });

  it('refuses a bomb by what it states: more than 128 MB in all', async () => {
    const half = zeros(65 << 20);
    const bomb = zip({ 'a.bin': half, 'b.bin': half });
    expect(bomb.length).to.be.lessThan(200_000);
    expect(await codeOfZip(bomb)).to.equal('BUNDLE_TOO_LARGE');
    expect(await codeOf(() => readBundle([file('bomb.zip', bomb)]))).to.equal('BUNDLE_TOO_LARGE');
  });

  it('stops a bomb that lies about its size while it unpacks', async () => {
    const lying = patched(zip({ 'a.bin': zeros(64 << 20) }), (view, at) => view.setUint32(at + 24, 1000, true));
    expect(await codeOf(() => readAll(lying))).to.equal('BUNDLE_ZIP_BOMB');
  });

  it('refuses a size that its bytes cannot have, before there is memory for it', async () => {
    const boasting = patched(zip({ 'a.bin': utf8('x') }), (view, at) => view.setUint32(at + 24, 100 << 20, true));
    expect(['BUNDLE_ZIP_BOMB', 'BUNDLE_ZIP_DAMAGED']).to.include(await codeOf(() => readAll(boasting)));
  });

  it('refuses entries that share their bytes', async () => {
    const shared = patched(zip({ 'aa.bin': utf8('1'), 'bb.bin': utf8('1') }), (view, at) => view.setUint32(at + 42, 0, true));
    expect(await codeOfZip(shared)).to.equal('BUNDLE_ZIP_BOMB');
  });

  it('refuses what it cannot read: encryption, other methods, ZIP64', async () => {
    expect(await codeOfZip(patched(good, (view, at) => view.setUint16(at + 8, 1, true)))).to.equal('BUNDLE_ZIP_UNSUPPORTED');
    expect(await codeOfZip(patched(good, (view, at) => view.setUint16(at + 10, 14, true)))).to.equal('BUNDLE_ZIP_UNSUPPORTED');
    expect(await codeOfZip(patched(good, (view, at) => view.setUint32(at + 42, 0xffffffff, true)))).to.equal('BUNDLE_ZIP_UNSUPPORTED');
  });

  it('refuses bytes that do not match their checksum', async () => {
    const wrong = patched(good, (view, at) => view.setUint32(at + 16, 1, true));
    expect(await codeOf(() => readAll(wrong))).to.equal('BUNDLE_ZIP_DAMAGED');
  });

  it('throws nothing but its own error when cut at any byte', async () => {
    for (let length = 0; length < good.length; length++) await codeOf(() => readAll(good.slice(0, length)));
  });

  it('throws nothing but its own error when bytes are flipped', async () => {
    await withSeed(SEED, async (random) => {
      for (let run = 0; run < 1500; run++) {
        const copy = good.slice();
        copy[random.below(copy.length)]! ^= 1 << random.below(8);
        const error = await readAll(copy).catch((error: unknown) => error);
        if (error !== undefined && !(error instanceof BundleError)) throw error;
      }
    });
  });

  it('does not open an archive within an archive', async () => {
    const nested = zip({ 'inner.zip': good, 'app.bin': utf8('x') });
    const bundle = await readBundle([file('outer.zip', nested)]);
    expect(bundle.ignored).to.deep.equal(['inner.zip']);
  });

  it('pauses while it unpacks', async () => {
    let pauses = 0;
    const content = new Uint8Array(3 * 1024 * 1024).map((_, index) => index ^ (index >> 7));
    const [entry] = await readArchive(zip({ 'app.bin': content }), 'x.zip', async () => void pauses++);
    expect(await entry!.read()).to.deep.equal(content);
    expect(pauses).to.be.at.least(3);
  });

  it('stops reading when it is told to', async () => {
    const [entry] = await readArchive(good, 'x.zip');
    const reason = new Error('enough');
    expect(await entry!.read(AbortSignal.abort(reason)).catch((error: unknown) => error)).to.equal(reason);
    expect(json('x', {}).size).to.equal(2);
  });
});

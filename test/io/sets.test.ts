import { expect } from 'chai';
import { zipSync } from 'fflate';
import { fileSet, zipSet } from '../../src/io/sets/file-set.ts';
import { folderSet, writeToFolder } from '../../src/io/sets/folder-set.ts';
import { setAddress } from '../../src/app/trust/set-origin.ts';
import { urlSet } from '../../src/io/sets/url-set.ts';
import { readOptional, readRequired } from '../../src/core/trust/set-files.ts';
import type { SetSource } from '../../src/core/trust/set-files.ts';

const BASE = new URL('https://example.org/gh/');
const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const pause = () => Promise.resolve();

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => value,
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  );
}

/** An answer as if it had come from `url`. */
function answer(body: BodyInit | null, { url = '', ...init }: ResponseInit & { readonly url?: string } = {}): Response {
  const response = new Response(body, init);
  Object.defineProperty(response, 'url', { value: url });
  return response;
}

describe('a release set at an address', () => {
  const reading = (response: () => Response | Promise<Response>): SetSource => urlSet(BASE, async () => response());

  it('is the folder, whichever of its files a person names', () => {
    expect(setAddress(' https://example.org/gh ').href).to.equal('https://example.org/gh/');
    expect(setAddress('https://example.org/gh/root.json?x=1#y').href).to.equal('https://example.org/gh/');
    expect(setAddress('http://192.168.1.4:8080').href).to.equal('http://192.168.1.4:8080/');
  });

  it('must be http(s), without a password in it', () => {
    for (const text of ['file:///etc/', 'javascript:alert(1)', 'https://me:secret@example.org/', 'gh/', '']) {
      expect(() => setAddress(text), text)
        .to.throw()
        .with.property('code', 'BUNDLE_ADDRESS');
    }
  });

  it('asks for each file below it, fresh, and without saying who asks', async () => {
    const asked: [string, RequestInit][] = [];
    const source = urlSet(BASE, async (url, init) => {
      asked.push([url.href, init]);
      return answer('{}');
    });
    expect(textOf(await readRequired(source, 'releases/a+b.release.json', 10))).to.equal('{}');
    const [href, init] = asked[0]!;
    expect(href).to.equal('https://example.org/gh/releases/a%2Bb.release.json');
    expect(init).to.include({ credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-cache' });
  });

  it('tells what is not there from what cannot be read', async () => {
    for (const status of [403, 404, 410]) {
      expect(
        await readOptional(
          reading(() => answer('', { status })),
          '2.root.json',
          10,
        ),
        String(status),
      ).to.equal(undefined);
    }
    expect(await codeOf(reading(() => answer('', { status: 500 })).read('root.json', 10))).to.equal('MANIFEST_UNREACHABLE');
    expect(await codeOf(reading(() => Promise.reject(new TypeError('Failed to fetch'))).read('root.json', 10))).to.equal(
      'MANIFEST_UNREACHABLE',
    );
  });

  it('takes the web page of a host that answers everything for a file that is not there', async () => {
    const page = () => answer('<!doctype html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(await readOptional(reading(page), '2.root.json', 1000)).to.equal(undefined);
  });

  it('reads no more than it was told to, whatever the host says of the length', async () => {
    let pulled = 0;
    const endless = () =>
      answer(
        new ReadableStream({
          pull(controller) {
            pulled++;
            controller.enqueue(new Uint8Array(1024));
          },
        }),
      );
    expect(await codeOf(reading(endless).read('index.json', 10_000))).to.equal('SET_FILE_TOO_LARGE');
    expect(pulled).to.be.below(20);
  });

  it('does not follow to another scheme', async () => {
    const elsewhere = () => answer('{}', { url: 'http://example.org/gh/root.json' });
    expect(await codeOf(reading(elsewhere).read('root.json', 10))).to.equal('MANIFEST_UNREACHABLE');
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const source = urlSet(
      BASE,
      (_, { signal }) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    );
    const read = source.read('root.json', 10, abort.signal);
    abort.abort(new Error('enough'));
    expect(await read.catch((error: Error) => error.message)).to.equal('enough');
  });
});

describe('a release set as files', () => {
  it('begins where its root file lies, however deep it was packed', async () => {
    const source = fileSet([
      { path: 'dist/set/root.json', blob: new Blob(['root']) },
      { path: 'dist/set/old/deep/root.json', blob: new Blob(['other']) },
      { path: 'dist/set/firmware/a.bin', blob: new Blob(['image']) },
    ]);
    expect(textOf(await source.read('root.json', 10))).to.equal('root');
    expect(textOf(await source.read('firmware/a.bin', 10))).to.equal('image');
    expect(await source.read('index.json', 10)).to.equal(undefined);
  });

  it('hands out no more than one byte beyond the bound', async () => {
    const source = fileSet([{ path: 'root.json', blob: new Blob(['0123456789']) }]);
    expect((await source.read('root.json', 4))?.length).to.equal(5);
    expect(await codeOf(readRequired(source, 'root.json', 4))).to.equal('SET_FILE_TOO_LARGE');
  });

  it('refuses paths that lead out of it', () => {
    for (const path of ['../root.json', '/etc/root.json', 'C:\\root.json', 'a/../../root.json', 'a/%2e%2e/root.json']) {
      expect(() => fileSet([{ path, blob: new Blob(['x']) }]), path)
        .to.throw()
        .with.property('code', 'BUNDLE_PATH');
    }
  });
});

describe('a release set in an archive', () => {
  const zipped = (files: Record<string, Uint8Array>) => new Blob([zipSync(files) as Uint8Array<ArrayBuffer>]);

  it('is read whoever packed it, with or without a folder around it', async () => {
    const source = await zipSet(
      zipped({ 'gh/root.json': bytesOf('root'), 'gh/firmware/a.bin': bytesOf('image'.repeat(100)) }),
      'gh.zip',
      pause,
    );
    expect(textOf(await source.read('root.json', 10))).to.equal('root');
    expect((await source.read('firmware/a.bin', 1000))?.length).to.equal(500);
    expect(await source.read('index.json', 10)).to.equal(undefined);
  });

  it('unpacks nothing that states more than it may have', async () => {
    const source = await zipSet(zipped({ 'root.json': new Uint8Array(100_000) }), 'bomb.zip', pause);
    expect(await codeOf(source.read('root.json', 1000))).to.equal('SET_FILE_TOO_LARGE');
  });

  it('refuses path tricks, and what is no archive', async () => {
    for (const path of ['../root.json', '/root.json', 'a/../../root.json', '..\\root.json']) {
      expect(await codeOf(zipSet(zipped({ [path]: bytesOf('x') }), 'x.zip', pause)), path).to.equal('BUNDLE_PATH');
    }
    expect(await codeOf(zipSet(new Blob(['no archive at all, only text']), 'x.zip', pause))).to.equal('BUNDLE_ZIP_DAMAGED');
  });

  it('escapes with nothing but errors of its own when it is cut at any byte', async () => {
    const whole = new Uint8Array(await zipped({ 'root.json': bytesOf('root file') }).arrayBuffer());
    for (let length = 0; length < whole.length; length++) {
      const code = await codeOf(zipSet(new Blob([whole.slice(0, length)]), 'cut.zip', pause).then((set) => set.read('root.json', 100)));
      expect(code, String(length)).to.match(/^BUNDLE_/);
    }
  });
});

describe('a release set in a folder that was opened', () => {
  it('is written, and read again, with folders and all', async () => {
    const origin = await navigator.storage.getDirectory();
    const name = `set-${crypto.randomUUID()}`;
    const folder = await origin.getDirectoryHandle(name, { create: true });
    await writeToFolder(folder, [
      { path: 'firmware/a.bin', bytes: bytesOf('image') },
      { path: 'root.json', bytes: bytesOf('root') },
    ]);
    const source = folderSet(folder);
    expect(textOf(await source.read('firmware/a.bin', 10))).to.equal('image');
    expect(textOf(await source.read('root.json', 2))).to.equal('roo');
    expect(await source.read('firmware/b.bin', 10)).to.equal(undefined);
    expect(await source.read('nowhere/b.bin', 10)).to.equal(undefined);
    expect(await source.read('root.json/b.bin', 10)).to.equal(undefined);
    await origin.removeEntry(name, { recursive: true });
  });
});

import { expect } from 'chai';
import { UsbError } from '../../src/app/usb/usb-errors.ts';
import type { BundleError } from '../../src/core/bundle/bundle-error.ts';
import { bundleRules } from '../../src/app/usb/bundle-rules.ts';
import { httpFileFetcher } from '../../src/io/http/fetch-file.ts';
import { smallApp, thrownBy, utf8 } from '../core/image/builders.ts';
import { zip } from '../core/bundle/builders.ts';

type Answers = Readonly<Record<string, () => Response | Promise<Response>>>;

/** A network that knows these addresses, and notes what it was asked. */
function networkOf(answers: Answers) {
  const asked: string[] = [];
  const fetch = async (url: URL): Promise<Response> => {
    asked.push(url.href);
    const answer = answers[url.href];
    if (!answer) throw new TypeError('Failed to fetch');
    return answer();
  };
  return { asked, rules: bundleRules(httpFileFetcher(fetch)) };
}

const MANIFEST = JSON.stringify({
  name: 'Lamp',
  builds: [{ chipFamily: 'ESP32', parts: [{ path: 'fw/app.bin?v=1', offset: 65536 }] }],
});

describe('bundles by address', () => {
  it('reads a manifest, and fetches its files relative to it when they are needed, once', async () => {
    const app = await smallApp();
    const { asked, rules } = networkOf({
      'https://example.org/x/manifest.json': () => new Response(MANIFEST),
      'https://example.org/x/fw/app.bin?v=1': () => new Response(app),
    });
    const bundle = await rules.readBundleFrom('https://example.org/x/manifest.json');
    expect(bundle).to.include({ name: 'Lamp', origin: 'esp-web-tools' });
    expect(asked).to.have.length(1);
    const build = rules.chooseBuild(bundle, 'ESP32', {});
    for (let round = 0; round < 2; round++) {
      const [part] = (await rules.resolveBuild(build, {})).parts;
      expect(part).to.include({ role: 'app', offset: 65536, name: 'app.bin' });
    }
    expect(asked).to.have.length(2);
  });

  it('takes an image or an archive at the other end as well', async () => {
    const app = await smallApp();
    const { rules } = networkOf({
      'https://example.org/app%200x10000.bin': () => new Response(app),
      'https://example.org/build.zip': () => new Response(zip({ 'a.bin': app, 'b.txt': utf8('x') })),
    });
    expect((await rules.readBundleFrom('https://example.org/app%200x10000.bin')).builds[0]!.parts[0]!.offset).to.equal(0x10000);
    expect((await rules.readBundleFrom('https://example.org/build.zip')).ignored).to.deep.equal(['b.txt']);
  });

  it('fetches what a manifest that was dropped names by address', async () => {
    const app = await smallApp();
    const { rules } = networkOf({ 'https://example.org/app.bin': () => new Response(app) });
    const text = JSON.stringify({ builds: [{ chipFamily: 'ESP32', parts: [{ path: 'https://example.org/app.bin', offset: 65536 }] }] });
    const bundle = await rules.readBundle([{ path: 'manifest.json', size: text.length, read: async () => utf8(text) }]);
    expect((await rules.resolveBuild(bundle.builds[0]!, {})).parts[0]!.bytes).to.deep.equal(app);
  });

  it('says which address could not be read, and tries again when asked again', async () => {
    let calls = 0;
    const { rules } = networkOf({
      'https://example.org/404.json': () => new Response('gone', { status: 404 }),
      'https://example.org/m.json': () => new Response(MANIFEST),
      'https://example.org/fw/app.bin?v=1': async () => (calls++ === 0 ? Response.error() : new Response(await smallApp())),
    });
    for (const url of ['https://example.org/404.json', 'https://nowhere.example/m.json']) {
      const error = (await thrownBy(() => rules.readBundleFrom(url))) as UsbError;
      expect(error).to.be.instanceOf(UsbError);
      expect([error.code, error.details['url']]).to.deep.equal(['MANIFEST_UNREACHABLE', url]);
    }
    const bundle = await rules.readBundleFrom('https://example.org/m.json');
    expect(((await thrownBy(() => rules.resolveBuild(bundle.builds[0]!, {}))) as UsbError).code).to.equal('MANIFEST_UNREACHABLE');
    expect((await rules.resolveBuild(bundle.builds[0]!, {})).parts).to.have.length(1);
  });

  it('asks for nothing at addresses that are not http(s) or carry a password', async () => {
    const { asked, rules } = networkOf({});
    for (const url of ['javascript:alert(1)', 'file:///etc/passwd', 'data:application/json,{}', 'https://me:secret@example.org/m.json']) {
      expect(((await thrownBy(() => rules.readBundleFrom(url))) as BundleError).code, url).to.equal('BUNDLE_ADDRESS');
    }
    expect(asked).to.deep.equal([]);
  });

  it('stops a download that does not end, by what it states or by what arrives', async () => {
    let cancelled = 0;
    const endless = () =>
      new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(8 << 20)), cancel: () => void cancelled++ });
    const { rules } = networkOf({
      'https://example.org/stated.bin': () => new Response(endless(), { headers: { 'content-length': '999999999' } }),
      'https://example.org/endless.bin': () => new Response(endless()),
    });
    for (const url of ['https://example.org/stated.bin', 'https://example.org/endless.bin']) {
      expect(((await thrownBy(() => rules.readBundleFrom(url))) as BundleError).code, url).to.equal('BUNDLE_TOO_LARGE');
    }
    expect(cancelled).to.equal(2);
  });

  it('stops when it is told to', async () => {
    const { rules } = networkOf({ 'https://example.org/m.json': () => new Response(MANIFEST) });
    const bundle = await rules.readBundleFrom('https://example.org/m.json');
    const reason = new Error('enough');
    const read = bundle.builds[0]!.parts[0]!.file.read(AbortSignal.abort(reason));
    expect(await read.catch((error: unknown) => error)).to.equal(reason);
  });
});

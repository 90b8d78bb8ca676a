import { expect } from 'chai';
import { SHARE_FIELD } from '../../src/io/store/share-shelf.ts';

interface Icon {
  readonly src: string;
  readonly sizes: string;
  readonly type: string;
  readonly purpose: string;
}

async function loadManifest() {
  const answer = await fetch('/manifest.webmanifest');
  expect(answer.status).to.equal(200);
  return JSON.parse(await answer.text());
}

async function loadIcon(src: string): Promise<ImageBitmap | undefined> {
  const answer = await fetch(new URL(src, new URL('/manifest.webmanifest', location.href)));
  expect(answer.status, src).to.equal(200);
  return src.endsWith('.svg') ? undefined : createImageBitmap(await answer.blob());
}

/** Alpha of the corner pixel: a maskable icon fills its square, any other leaves corners to the eye. */
function cornerAlpha(bitmap: ImageBitmap): number {
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, 1, 1).data[3]!;
}

describe('the web app manifest', () => {
  it('has every icon in the size that it states', async () => {
    const { icons } = (await loadManifest()) as { icons: Icon[] };
    for (const { src, sizes, type } of icons) {
      const bitmap = await loadIcon(src);
      expect(type, src).to.equal(bitmap ? 'image/png' : 'image/svg+xml');
      expect(bitmap ? `${bitmap.width}x${bitmap.height}` : 'any', src).to.equal(sizes);
    }
  });

  it('has what browsers ask of an installable app: 192 and 512 px, and a maskable icon without transparent corners', async () => {
    const manifest = await loadManifest();
    const icons = manifest.icons as Icon[];
    const sizesFor = (purpose: string): string[] => icons.filter((icon) => icon.purpose === purpose).map(({ sizes }) => sizes);
    expect(sizesFor('any')).to.include.members(['192x192', '512x512']);
    const maskable = icons.find(({ purpose }) => purpose === 'maskable')!;
    expect(cornerAlpha((await loadIcon(maskable.src))!)).to.equal(255);
    expect([manifest.name, manifest.display]).to.deep.equal(['Otter', 'standalone']);
  });

  it('works from any sub-path: every address is relative and stays inside the scope', async () => {
    const manifest = await loadManifest();
    const base = new URL('https://example.org/some/where/manifest.webmanifest');
    const addresses: string[] = [
      manifest.start_url,
      manifest.scope,
      manifest.share_target.action,
      ...manifest.file_handlers.map((handler: { action: string }) => handler.action),
      ...manifest.shortcuts.map((shortcut: { url: string }) => shortcut.url),
      ...(manifest.icons as Icon[]).map(({ src }) => src),
    ];
    for (const address of addresses) expect(new URL(address, base).href).to.match(/^https:\/\/example\.org\/some\/where\//);
  });

  it('opens and receives firmware files, under the field name that the service worker reads', async () => {
    const { file_handlers: [handler], share_target: share } = await loadManifest(); // prettier-ignore
    expect(handler.accept['application/octet-stream']).to.include.members(['.bin', '.uf2', '.hex']);
    expect([share.method, share.enctype]).to.deep.equal(['POST', 'multipart/form-data']);
    expect(share.params.files[0].name).to.equal(SHARE_FIELD);
  });
});

describe('the shell document', () => {
  async function loadDocument(): Promise<Document> {
    const answer = await fetch('/index.html');
    return new DOMParser().parseFromString(await answer.text(), 'text/html');
  }

  it('allows scripts and styles of our own only, and asks for Trusted Types', async () => {
    const page = await loadDocument();
    const policy = page.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content') ?? '';
    const rules = new Map(policy.split(';').map((rule) => [rule.trim().split(' ')[0], rule.trim().split(' ').slice(1).join(' ')]));
    expect(rules.get('default-src')).to.equal("'none'");
    expect([rules.get('script-src'), rules.get('style-src'), rules.get('worker-src')]).to.deep.equal(["'self'", "'self'", "'self'"]);
    expect([rules.get('base-uri'), rules.get('form-action')]).to.deep.equal(["'none'", "'none'"]);
    expect(rules.get('require-trusted-types-for')).to.equal("'script'");
    expect(rules.get('trusted-types')).to.equal('lit-html otter');
    expect(policy).to.not.include('unsafe');
  });

  it('has no inline script, style or handler', async () => {
    const page = await loadDocument();
    const inline = [...page.querySelectorAll('*')].filter((element) => {
      const hasHandler = [...element.attributes].some(({ name }) => name === 'style' || name.startsWith('on'));
      const isInline = element.matches('style, script:not([src])');
      return hasHandler || isInline;
    });
    expect(inline.map((element) => element.outerHTML)).to.deep.equal([]);
  });

  it('declares the policy before anything that could load', async () => {
    const page = await loadDocument();
    const first = page.head.querySelector('link, script, img');
    const policy = page.head.querySelector('meta[http-equiv]')!;
    expect(policy.compareDocumentPosition(first!) & Node.DOCUMENT_POSITION_FOLLOWING).to.not.equal(0);
  });
});

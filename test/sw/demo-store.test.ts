import { expect } from 'chai';
import { DemoStore, isDemoFirmware } from '../../sw/demo-store.ts';

const FILE = 'demo/greenhouse-node-1.1.0-esp32c3.bin';
const SCOPE = new URL('/', location.href).href;
const CACHE = 'otter-demo';

const storeOf = (...entries: [url: string, revision: string][]): DemoStore =>
  new DemoStore(
    entries.map(([url, revision]) => ({ url, revision })),
    SCOPE,
  );

async function storedAddresses(): Promise<string[]> {
  return (await (await caches.open(CACHE)).keys()).map(({ url }) => url.slice(SCOPE.length));
}

describe('DemoStore', () => {
  beforeEach(() => caches.delete(CACHE));
  after(() => caches.delete(CACHE));

  it('stores by revision, and forgets what no longer ships', async () => {
    await storeOf([FILE, 'a']).complete();
    expect(await storedAddresses()).to.deep.equal([`${FILE}?revision=a`]);
    await storeOf([FILE, 'b']).complete();
    expect(await storedAddresses()).to.deep.equal([`${FILE}?revision=b`]);
  });

  it('answers from the cache once stored, with this release’s bytes only', async () => {
    const cache = await caches.open(CACHE);
    await cache.put(`${SCOPE}${FILE}?revision=old`, new Response('old bytes'));
    const store = storeOf([FILE, 'new']);
    expect((await (await store.load(SCOPE + FILE))!.arrayBuffer()).byteLength, 'from the network').to.be.above(100_000);
    await cache.put(`${SCOPE}${FILE}?revision=new`, new Response('new bytes'));
    expect(await (await store.load(SCOPE + FILE))!.text()).to.equal('new bytes');
  });

  it('rejects when a file cannot be had, and keeps what it got', async () => {
    const store = storeOf([FILE, 'a'], ['demo/none.bin', 'a']);
    const failed = await store.complete().then(
      () => false,
      () => true,
    );
    expect(failed).to.equal(true);
    expect(await storedAddresses()).to.deep.equal([`${FILE}?revision=a`]);
  });

  it('knows nothing of other addresses', async () => {
    const store = storeOf([FILE, 'a']);
    expect([store.has(SCOPE + FILE), store.has(`${SCOPE}index.html`)]).to.deep.equal([true, false]);
    expect(await store.load(`${SCOPE}index.html`)).to.equal(undefined);
    expect(['demo/a.bin', 'demo/index.json', 'x/demo/a.bin'].map((url) => isDemoFirmware({ url, revision: '' }))).to.deep.equal([
      true,
      false,
      false,
    ]);
  });
});

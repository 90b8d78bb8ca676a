import { expect } from 'chai';
import type { KeyRecord } from '../../src/app/trust/model.ts';
import { KeyRing } from '../../src/app/trust/key-ring.ts';
import { OtterDatabaseHandle } from '../../src/io/store/database.ts';
import { IdbKeyStore } from '../../src/io/store/key-store.ts';
import { FakeNotifier } from '../doubles/memory-log.ts';

const RELEASE = { name: 'Release 2026', purpose: '', exportable: false };
const PRODUCT = 'greenhouse-node';

describe('the key ring on disk', () => {
  let name: string;
  const handles: OtterDatabaseHandle[] = [];
  const open = (): OtterDatabaseHandle => {
    const handle = new OtterDatabaseHandle(name);
    handles.push(handle);
    return handle;
  };
  const newRing = (notifier = new FakeNotifier()): KeyRing =>
    new KeyRing({
      store: new IdbKeyStore(open()),
      notifier,
      clock: { now: () => 1000 },
      newId: () => crypto.randomUUID(),
      random: (bytes) => crypto.getRandomValues(bytes),
      meter: { askToPersist: () => undefined },
    });
  const put = async (value: Record<string, unknown>, store: 'keys' | 'products' = 'keys'): Promise<void> => {
    const database = await open().open();
    await database.put(store, value);
  };
  const stored = async (id: string): Promise<Record<string, unknown>> =>
    (await (await open().open()).get('keys', id)) as Record<string, unknown>;
  const close = async (): Promise<void> => {
    for (const handle of handles.splice(0)) await handle.close();
  };

  beforeEach(() => {
    name = `otter-test-${crypto.randomUUID()}`;
  });

  afterEach(async () => {
    await close();
    indexedDB.deleteDatabase(name);
  });

  it('keeps a key that signs after the browser was closed, and that nothing exports', async () => {
    const { id } = await newRing().make('RSA-2048', RELEASE);
    await close();
    const { privateKey, publicKey } = await newRing().useToSign(id);
    expect(privateKey.extractable).to.equal(false);
    const message = new TextEncoder().encode('firmware');
    const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, message);
    const verifier = await crypto.subtle.importKey('spki', publicKey.spki, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, [
      'verify',
    ]);
    expect(await crypto.subtle.verify('RSASSA-PKCS1-v1_5', verifier, signature, message)).to.equal(true);
    for (const format of ['pkcs8', 'jwk'] as const) {
      const error = await crypto.subtle.exportKey(format, privateKey).catch((error: unknown) => error);
      expect(error).to.be.instanceOf(DOMException).with.property('name', 'InvalidAccessError');
    }
  });

  it('keeps what can be exported, secrets and pins', async () => {
    const ring = newRing();
    const { id } = await ring.make('Ed25519', { ...RELEASE, exportable: true });
    const { id: pskId } = await ring.makeSecret('psk', { name: 'Devices', exportable: true });
    await ring.pin(PRODUCT, id);
    const header = await (await ring.exportKeysHeader(id, { pskId })).blob.text();
    await close();
    const again = newRing();
    await again.load();
    expect(again.records.value?.map((record) => [record.id, record.privateKey])).to.deep.equal([[id, 'exportable']]);
    expect(again.products.value).to.deep.equal([{ product: PRODUCT, keyIds: [id] }]);
    expect(again.secrets.value?.map(({ use, exportable }) => [use, exportable])).to.deep.equal([['psk', true]]);
    expect(await (await again.exportKeysHeader(id, { pskId })).blob.text()).to.equal(header);
    expect(await (await again.exportPrivate(id, 'correct horse')).blob.text()).to.contain('ENCRYPTED PRIVATE KEY');
  });

  it('keeps that a key was revoked after it was deleted', async () => {
    const ring = newRing();
    const { id } = await ring.make('Ed25519', { ...RELEASE, exportable: true });
    const publicHalf = new Uint8Array(await (await ring.exportPublic(id, 'der')).blob.arrayBuffer());
    await ring.setStatus(id, 'revoked');
    await ring.delete(id);
    await close();
    const again = newRing();
    await again.load();
    expect(again.records.value).to.deep.equal([]);
    expect(again.deleted.value.map((record) => [record.id, record.status])).to.deep.equal([[id, 'revoked']]);
    expect(await again.importPublic(publicHalf, RELEASE)).to.include({ id, status: 'revoked' });
    // A hand that makes it active, and leaves the rest, has no key.
    await again.delete(id);
    await put({ ...(await stored(id)), status: 'active' });
    await again.load();
    expect([again.records.value, again.deleted.value]).to.deep.equal([[], []]);
  });

  it('stores nothing of what follows from the key, and believes no record about it', async () => {
    const { id } = await newRing().make('Ed25519', RELEASE);
    const record = await stored(id);
    expect(record).not.to.have.any.keys('algorithm', 'privateKey');
    await put({ ...record, algorithm: 'RSA-3072', privateKey: 'exportable' });
    expect((await new IdbKeyStore(open()).read()).keys[0]).to.include({ algorithm: 'Ed25519', privateKey: 'here' });
  });

  it('leaves out what was tampered with, and shows the rest', async () => {
    const ring = newRing();
    const good = await ring.make('Ed25519', RELEASE);
    const other = await ring.make('ECDSA P-256', RELEASE);
    const record = await stored(other.id);
    const breaks: readonly Partial<Record<keyof KeyRecord, unknown>>[] = [
      { name: 5 },
      { name: 'x'.repeat(65) },
      { status: 'trusted' },
      { createdAt: Number.NaN },
      { spki: 'AAAA' },
      { spki: 'not base64!' },
      // Another key under a name that a product trusts.
      { spki: good.spki },
    ];
    for (const broken of breaks) {
      await put({ ...record, ...broken });
      const { keys } = await new IdbKeyStore(open()).read();
      expect(
        keys.map(({ id }) => id),
        JSON.stringify(broken),
      ).to.deep.equal([good.id]);
    }
    await put({ ...record, ['__proto__x']: 1, toString: 'x' });
    expect((await new IdbKeyStore(open()).read()).keys).to.have.length(2);
  });

  it('has no private half where something else lies in its place', async () => {
    const ring = newRing();
    const { id } = await ring.make('Ed25519', RELEASE);
    const { privateKey } = await ring.useToSign((await ring.make('ECDSA P-256', RELEASE)).id);
    const database = await open().open();
    for (const material of [privateKey, { key: 'x' }, 'secret', null]) {
      await database.put('keyMaterial', material, id);
      expect((await new IdbKeyStore(open()).read()).keys.find((key) => key.id === id)?.privateKey).to.equal('none');
      expect(await new IdbKeyStore(open()).privateKey(id)).to.equal(undefined);
    }
  });

  it('takes a product whose keys cannot be read for one that trusts nobody', async () => {
    await put({ product: PRODUCT, keyIds: 'all of them' }, 'products');
    await put({ product: 'a\u202Eb', keyIds: [] }, 'products');
    await put({ product: 'lamp', keyIds: ['ab'.repeat(32), 'nonsense'] }, 'products');
    expect((await new IdbKeyStore(open()).read()).products).to.deep.equal([
      { product: PRODUCT, keyIds: [] },
      { product: 'lamp', keyIds: ['ab'.repeat(32)] },
    ]);
  });

  it('changes all or nothing', async () => {
    const ring = newRing();
    const { id } = await ring.make('Ed25519', RELEASE);
    const store = new IdbKeyStore(open());
    const failure = await store
      .change(async (change) => {
        await change.deleteKey(id);
        await change.putProduct({ product: PRODUCT, keyIds: [id] });
        throw new RangeError('half way');
      })
      .catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'STORE_FAILED');
    const { keys, products } = await store.read();
    expect(keys).to.have.length(1);
    expect(products).to.deep.equal([]);
    expect(await store.privateKey(id)).to.be.instanceOf(CryptoKey);
  });

  it('is one ring for two tabs that write at once', async () => {
    const [here, there] = [newRing(), newRing()];
    const { id } = await here.make('Ed25519', RELEASE);
    const products = Array.from({ length: 20 }, (_, index) => `product-${index}`);
    await Promise.all(products.map((product, index) => (index % 2 ? here : there).pin(product, id)));
    await Promise.all([here.pin(PRODUCT, id), there.pin(PRODUCT, id), here.edit(id, { name: 'Here' }), there.setStatus(id, 'retired')]);
    await here.load();
    expect(here.products.value).to.have.length(21);
    expect(here.records.value?.[0]).to.include({ name: 'Here', status: 'retired', privateKey: 'here' });
  });
});

import { expect } from 'chai';
import { KeyRing } from '../../../src/app/trust/key-ring.ts';
import type { KeyRecord } from '../../../src/app/trust/model.ts';
import { fromBase64 } from '../../../src/core/bytes/base64.ts';
import { OtterError } from '../../../src/core/errors.ts';
import { signDetached, verifyDetached } from '../../../src/core/trust/detached-signature.ts';
import { fingerprint } from '../../../src/core/trust/fingerprint.ts';
import { parsePrivateKey } from '../../../src/core/trust/private-key.ts';
import { parsePublicKey } from '../../../src/core/trust/public-key.ts';
import { MADE_ALGORITHMS, type MadeAlgorithm } from '../../../src/core/trust/signing-key.ts';
import { MemoryKeyStore } from '../../doubles/memory-keys.ts';
import { FakeNotifier } from '../../doubles/memory-log.ts';
import { pemFile } from '../../vectors/keys/keys.ts';

const MESSAGE = new TextEncoder().encode('firmware');
const RELEASE = { name: 'Release 2026', purpose: 'Signs what is shipped', exportable: false };
const PRODUCT = 'greenhouse-node';

class Bench {
  readonly store: MemoryKeyStore;
  readonly notifier = new FakeNotifier();
  readonly acts: (readonly [act: string, given: Readonly<Record<string, unknown>>])[] = [];
  askedToPersist = 0;
  now = 1000;
  readonly ring: KeyRing;

  constructor(store = new MemoryKeyStore()) {
    this.store = store;
    let ids = 0;
    this.ring = new KeyRing({
      store: this.store,
      notifier: this.notifier,
      clock: { now: () => this.now },
      newId: () => `secret-${++ids}`,
      random: (bytes) => bytes.fill(0xab),
      meter: { askToPersist: () => void this.askedToPersist++ },
      record: (act, given) => void this.acts.push([act, given as unknown as Readonly<Record<string, unknown>>]),
      firmwareBy: async () => ['ab'.repeat(32)],
      releasesBy: async () => 2,
    });
  }

  make(algorithm: MadeAlgorithm = 'Ed25519', options: Partial<typeof RELEASE> = {}): Promise<KeyRecord> {
    return this.ring.make(algorithm, { ...RELEASE, ...options });
  }

  get noted(): string[] {
    return this.acts.map(([act]) => act);
  }
}

async function refused(work: Promise<unknown>): Promise<OtterError<string, object>> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OtterError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const textOf = ({ blob }: { readonly blob: Blob }): Promise<string> => blob.text();
const bytesOf = async ({ blob }: { readonly blob: Blob }): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

describe('making a key', () => {
  for (const algorithm of MADE_ALGORITHMS) {
    it(`makes ${algorithm}, which signs what its public half verifies, and which nothing takes out`, async () => {
      const bench = new Bench();
      const record = await bench.make(algorithm);
      expect(record).to.include({ name: 'Release 2026', algorithm, privateKey: 'here', status: 'active', source: 'made', createdAt: 1000 });
      expect(record.id).to.equal(await fingerprint(parsePublicKey(fromBase64(record.spki))));
      const { privateKey, publicKey } = await bench.ring.useToSign(record.id);
      expect(privateKey.extractable).to.equal(false);
      expect(await verifyDetached(publicKey, MESSAGE, await signDetached(privateKey, MESSAGE))).to.include({ verdict: 'valid' });
      expect((await refused(bench.ring.exportPrivate(record.id, 'correct horse'))).code).to.equal('KEY_NOT_EXPORTABLE');
    });
  }

  it('asks the browser not to lose it, writes it down, and tells the other tabs', async () => {
    const bench = new Bench();
    const { id } = await bench.make();
    expect(bench.askedToPersist).to.equal(1);
    expect(bench.acts).to.deep.equal([
      ['key-made', { keyId: id, name: 'Release 2026', algorithm: 'Ed25519', purpose: 'Signs what is shipped' }],
    ]);
    expect(bench.notifier.told).to.deep.equal(['keys']);
    expect(bench.ring.records.value?.map((record) => record.id)).to.deep.equal([id]);
  });

  it('takes a name that is plain and short, and needs one', async () => {
    const bench = new Bench();
    expect((await bench.make('Ed25519', { name: '  Rel\u202Eease \n 1 ' })).name).to.equal('Release 1');
    expect((await refused(bench.make('Ed25519', { name: ' \u0007 ' }))).details).to.deep.equal({ field: 'name' });
    expect((await refused(bench.make('Ed25519', { purpose: 'x'.repeat(257) }))).details).to.deep.equal({ field: 'purpose', limit: 256 });
    expect(bench.ring.records.value).to.have.length(1);
  });

  it('leaves nothing behind when the disk is full', async () => {
    const bench = new Bench();
    bench.store.isFull = true;
    expect((await refused(bench.make())).code).to.equal('STORAGE_FULL');
    expect(bench.noted).to.deep.equal([]);
    bench.store.isFull = false;
    await bench.ring.load();
    expect(bench.ring.records.value).to.deep.equal([]);
  });
});

describe('a backup', () => {
  it('is PKCS#8 under a passphrase, of a key that was made for it', async () => {
    const bench = new Bench();
    const { id } = await bench.make('ECDSA P-256', { exportable: true });
    const file = await bench.ring.exportPrivate(id, 'correct horse');
    expect(file.fileName).to.equal('Release-2026.backup.pem');
    const pem = await textOf(file);
    expect(pem).to.match(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    const { publicKey } = await parsePrivateKey(new TextEncoder().encode(pem), 'correct horse');
    expect(await fingerprint(publicKey)).to.equal(id);
    expect((await refused(parsePrivateKey(new TextEncoder().encode(pem), 'battery staple'))).code).to.equal('KEY_PASSPHRASE_WRONG');
    expect(bench.acts.at(-1)).to.deep.equal([
      'key-exported',
      { keyId: id, name: 'Release 2026', algorithm: 'ECDSA P-256', purpose: 'Signs what is shipped', form: 'backup' },
    ]);
  });

  it('comes back in another browser', async () => {
    const [here, there] = [new Bench(), new Bench()];
    const { id } = await here.make('RSA-2048', { exportable: true });
    const backup = await bytesOf(await here.ring.exportPrivate(id, 'correct horse'));
    expect((await refused(there.ring.importPrivate(backup, RELEASE))).code).to.equal('KEY_PASSPHRASE_NEEDED');
    const record = await there.ring.importPrivate(backup, { ...RELEASE, passphrase: 'correct horse' });
    expect(record).to.include({ id, privateKey: 'here', source: 'imported' });
    const { privateKey, publicKey } = await there.ring.useToSign(id);
    expect(await verifyDetached(publicKey, MESSAGE, await signDetached(privateKey, MESSAGE))).to.include({ verdict: 'valid' });
  });

  it('never puts the passphrase where it does not belong', async () => {
    const bench = new Bench();
    const error = await refused(bench.ring.importPrivate(pemFile('ed25519.encrypted'), { ...RELEASE, passphrase: 'my secret phrase' }));
    expect(error.code).to.equal('KEY_PASSPHRASE_WRONG');
    expect(JSON.stringify([error.message, error.details, bench.acts])).not.to.contain('my secret phrase');
  });
});

describe('importing', () => {
  it('knows a public key that is here already, and gives it the private half that it lacked', async () => {
    const bench = new Bench();
    const first = await bench.ring.importPublic(pemFile('ed25519.public'), { name: 'From the server', purpose: '' });
    const again = await bench.ring.importPublic(pemFile('ed25519.public'), { name: 'Another name', purpose: '' });
    expect(again).to.deep.equal(first);
    expect(first.privateKey).to.equal('none');
    expect((await refused(bench.ring.useToSign(first.id))).code).to.equal('KEY_WITHOUT_PRIVATE_HALF');
    const whole = await bench.ring.importPrivate(pemFile('ed25519'), { ...RELEASE, exportable: true });
    expect(whole).to.deep.equal({ ...first, privateKey: 'exportable' });
    expect(bench.noted).to.deep.equal(['key-imported', 'key-imported']);
    expect(bench.ring.records.value).to.have.length(1);
  });

  for (const name of ['rsa-2048', 'rsa-2048.pkcs1', 'ec-P-256.sec1', 'ec-P-384', 'ec-P-521', 'rsa-pss']) {
    it(`takes ${name} and signs with it`, async () => {
      const bench = new Bench();
      const { id } = await bench.ring.importPrivate(pemFile(name), RELEASE);
      const { privateKey, publicKey } = await bench.ring.useToSign(id);
      expect(await verifyDetached(publicKey, MESSAGE, await signDetached(privateKey, MESSAGE))).to.include({ verdict: 'valid' });
    });
  }

  it('says what is wrong with a file, by its name', async () => {
    const bench = new Bench();
    const proc = await refused(bench.ring.importPrivate(pemFile('rsa-2048.proc-type'), RELEASE));
    expect(proc.code).to.equal('KEY_ENCRYPTION_UNSUPPORTED');
    expect(proc.details).to.include({ found: 'AES-128-CBC' });
    const cut = await refused(bench.ring.importPublic(new TextEncoder().encode('no key'), RELEASE));
    expect(cut.code).to.equal('KEY_MALFORMED');
    expect(bench.ring.records.value).to.equal(undefined);
  });
});

describe('an RSA key below 2048 bits', () => {
  it('is kept to look at what it signed, and is neither trusted nor signed with', async () => {
    const bench = new Bench();
    const record = await bench.ring.importPrivate(pemFile('rsa-1024'), { ...RELEASE, exportable: true });
    expect(record).to.include({ algorithm: 'RSA-1024', isWeak: true, privateKey: 'none' });
    expect(await bench.store.privateKey(record.id)).to.equal(undefined);
    for (const work of [bench.ring.pin(PRODUCT, record.id), bench.ring.useToSign(record.id), bench.ring.exportKeysHeader(record.id)]) {
      const { code, details } = await refused(work);
      expect([code, details]).to.deep.equal(['KEY_TOO_WEAK', { name: 'Release 2026', algorithm: 'RSA-1024', least: 2048 }]);
    }
    expect((await bench.ring.glance(pemFile('rsa-1024'))).isWeak).to.equal(true);
    expect((await bench.ring.glance(pemFile('rsa-2048'))).isWeak).to.equal(false);
  });

  it('signs no more either where its private half was kept before', async () => {
    const bench = new Bench();
    const record = await bench.ring.importPublic(pemFile('rsa-1024.public'), RELEASE);
    const { privateKey } = await bench.ring.useToSign((await bench.make('RSA-2048')).id);
    await bench.store.change((change) => change.putKey({ ...record, privateKey: 'here' }, privateKey));
    expect((await refused(bench.ring.useToSign(record.id))).code).to.equal('KEY_TOO_WEAK');
  });

  it('does not count where it was pinned before; its successor takes over', async () => {
    const bench = new Bench();
    const { id } = await bench.ring.importPublic(pemFile('rsa-1024.public'), RELEASE);
    await bench.store.change((change) => change.putProduct({ product: PRODUCT, keyIds: [id] }));
    await bench.ring.load();
    expect((await bench.ring.knownKeys(PRODUCT)).map(({ trusted }) => trusted)).to.deep.equal([false]);
    const next = await bench.ring.makeSuccessor(id, 'Ed25519', { ...RELEASE, name: 'Release 2027' });
    expect((await bench.ring.knownKeys(PRODUCT)).filter(({ trusted }) => trusted).map(({ name }) => name)).to.deep.equal([next.name]);
  });
});

describe('giving the public half out', () => {
  it('writes every form that reads back as the same key', async () => {
    const bench = new Bench();
    const { id } = await bench.make('RSA-2048');
    const names: string[] = [];
    for (const format of ['pem', 'pkcs1', 'jwk', 'der'] as const) {
      const file = await bench.ring.exportPublic(id, format);
      names.push(file.fileName);
      expect(await fingerprint(parsePublicKey(await bytesOf(file))), format).to.equal(id);
    }
    expect(names).to.deep.equal(['Release-2026.pub.pem', 'Release-2026.pkcs1.pem', 'Release-2026.pub.jwk', 'Release-2026.pub.der']);
  });

  it('has no PKCS#1 for what is not RSA, and no JWK for P-192', async () => {
    const bench = new Bench();
    const { id } = await bench.make('Ed25519');
    expect((await refused(bench.ring.exportPublic(id, 'pkcs1'))).code).to.equal('KEY_HAS_NO_SUCH_FORM');
    const old = await bench.ring.importPublic(pemFile('ec-P-192.public'), RELEASE);
    expect((await refused(bench.ring.exportPublic(old.id, 'jwk'))).code).to.equal('KEY_HAS_NO_SUCH_FORM');
    expect(await textOf(await bench.ring.exportPublic(old.id, 'pem'))).to.contain('BEGIN PUBLIC KEY');
  });

  it('names files so that no name leaves its folder', async () => {
    const bench = new Bench();
    const { id } = await bench.make('Ed25519', { name: '../../etc/<b>passwd' });
    expect((await bench.ring.exportPublic(id, 'pem')).fileName).to.equal('etc-b-passwd.pub.pem');
  });
});

describe('the life of a key', () => {
  it('is retired, and can be made active again', async () => {
    const bench = new Bench();
    const { id } = await bench.make();
    bench.now = 2000;
    expect(await bench.ring.setStatus(id, 'retired')).to.include({ status: 'retired', statusAt: 2000 });
    expect((await refused(bench.ring.useToSign(id))).code).to.equal('KEY_NOT_ACTIVE');
    await bench.ring.setStatus(id, 'active');
    bench.now = 3000;
    expect((await bench.ring.useToSign(id)).record.usedAt).to.equal(3000);
    expect(bench.ring.records.value?.[0]?.usedAt).to.equal(3000);
    expect(bench.noted).to.deep.equal(['key-made', 'key-retired', 'key-activated', 'key-used']);
  });

  it('is not given to devices once it was revoked', async () => {
    const bench = new Bench();
    const { id } = await bench.make();
    await bench.ring.setStatus(id, 'revoked');
    expect((await refused(bench.ring.exportKeysHeader(id))).code).to.equal('KEY_REVOKED_FOR_GOOD');
  });

  it('is revoked for good, and its private half is gone then', async () => {
    const bench = new Bench();
    const { id } = await bench.make('Ed25519', { exportable: true });
    const backup = await bytesOf(await bench.ring.exportPrivate(id, 'correct horse'));
    expect(await bench.ring.setStatus(id, 'revoked')).to.include({ status: 'revoked', privateKey: 'none' });
    expect(await bench.store.privateKey(id)).to.equal(undefined);
    for (const status of ['active', 'retired'] as const) {
      expect((await refused(bench.ring.setStatus(id, status))).code).to.equal('KEY_REVOKED_FOR_GOOD');
    }
    const again = await bench.ring.importPrivate(backup, { ...RELEASE, passphrase: 'correct horse' });
    expect(again).to.include({ status: 'revoked', privateKey: 'none' });
    expect(await bench.store.privateKey(id)).to.equal(undefined);
  });

  it('stays revoked when it is deleted: whoever brings it again gets a revoked key, and no private half', async () => {
    const bench = new Bench();
    const { id } = await bench.make('Ed25519', { exportable: true });
    const backup = await bytesOf(await bench.ring.exportPrivate(id, 'correct horse'));
    const publicHalf = await bytesOf(await bench.ring.exportPublic(id, 'pem'));
    bench.now = 2000;
    await bench.ring.setStatus(id, 'revoked');
    await bench.ring.pin('pump', (await bench.make('Ed25519', { name: 'Another' })).id);
    await bench.ring.delete(id);
    expect(bench.ring.records.value?.map(({ name }) => name)).to.deep.equal(['Another']);
    expect(bench.ring.deleted.value).to.have.length(1);
    expect(bench.ring.deleted.value[0]).to.deep.include({ id, name: 'Release 2026', purpose: '', status: 'revoked', statusAt: 2000 });
    expect((await bench.ring.knownKeys('pump')).find(({ fingerprint }) => fingerprint === id)).to.include({
      name: 'Release 2026',
      status: 'revoked',
      trusted: false,
    });
    expect((await bench.ring.glance(publicHalf)).known).to.include({ status: 'revoked', deletedAt: 2000 });

    const another = new Bench(bench.store);
    const again = await another.ring.importPrivate(backup, {
      name: 'Quite new',
      purpose: '',
      exportable: true,
      passphrase: 'correct horse',
    });
    expect(again).to.deep.include({ id, name: 'Release 2026', status: 'revoked', statusAt: 2000, privateKey: 'none' });
    expect(again).not.to.have.property('deletedAt');
    expect(await bench.store.privateKey(id)).to.equal(undefined);
    expect(another.acts).to.deep.equal([
      ['key-imported', { keyId: id, name: 'Release 2026', algorithm: 'Ed25519', purpose: '', outcome: 'revoked' }],
    ]);
    expect((await refused(another.ring.setStatus(id, 'active'))).code).to.equal('KEY_REVOKED_FOR_GOOD');
    expect((await refused(another.ring.pin(PRODUCT, id))).code).to.equal('KEY_REVOKED_FOR_GOOD');
    expect((await refused(another.ring.useToSign(id))).code).to.equal('KEY_NOT_ACTIVE');
    expect(another.ring.deleted.value).to.deep.equal([]);
    await another.ring.delete(id);
    expect((await another.ring.importPublic(publicHalf, RELEASE)).status).to.equal('revoked');
  });

  it('keeps its pins when it is revoked and deleted: no product is opened by that, and a person can take them away', async () => {
    const bench = new Bench();
    const { id } = await bench.make();
    const publicHalf = await bytesOf(await bench.ring.exportPublic(id, 'pem'));
    await bench.ring.pin(PRODUCT, id);
    await bench.ring.setStatus(id, 'revoked');
    const before = await bench.ring.knownKeys(PRODUCT);
    await bench.ring.delete(id);
    expect(bench.ring.products.value).to.deep.equal([{ product: PRODUCT, keyIds: [id] }]);
    expect(await bench.ring.knownKeys(PRODUCT)).to.deep.equal(before);
    await bench.ring.importPublic(publicHalf, RELEASE);
    expect(await bench.ring.uses(id)).to.deep.include({ products: [PRODUCT] });
    await bench.ring.delete(id);
    await bench.ring.unpin(PRODUCT, id);
    expect(bench.ring.products.value).to.deep.equal([]);
  });

  it('is followed by a key that the same products trust', async () => {
    const bench = new Bench();
    const old = await bench.make();
    const other = await bench.make('Ed25519', { name: 'Another' });
    await bench.ring.pin(PRODUCT, old.id);
    await bench.ring.pin('pump', old.id);
    await bench.ring.pin('pump', other.id);
    await bench.ring.pin('lamp', other.id);
    bench.acts.length = 0;
    const next = await bench.ring.makeSuccessor(old.id, 'ECDSA P-256', { ...RELEASE, name: 'Release 2027' });
    expect(bench.ring.products.value).to.deep.equal([
      { product: PRODUCT, keyIds: [old.id, next.id] },
      { product: 'pump', keyIds: [old.id, other.id, next.id] },
      { product: 'lamp', keyIds: [other.id] },
    ]);
    expect(bench.ring.records.value?.map(({ name, status }) => [name, status])).to.deep.equal([
      ['Release 2027', 'active'],
      ['Another', 'active'],
      ['Release 2026', 'retired'],
    ]);
    expect(bench.noted).to.deep.equal(['key-made', 'pin-added', 'pin-added', 'key-retired']);
  });

  it('ends with its pins, and says before what depends on it', async () => {
    const bench = new Bench();
    const { id } = await bench.make();
    await bench.ring.pin(PRODUCT, id);
    expect(await bench.ring.uses(id)).to.deep.equal({ products: [PRODUCT], firmware: ['ab'.repeat(32)], releases: 2 });
    await bench.ring.delete(id);
    expect(bench.ring.records.value).to.deep.equal([]);
    expect(bench.ring.products.value).to.deep.equal([]);
    expect((await refused(bench.ring.useToSign(id))).code).to.equal('KEY_UNKNOWN');
  });

  it('can be called otherwise', async () => {
    const bench = new Bench();
    const { id } = await bench.make();
    expect(await bench.ring.edit(id, { name: 'Factory' })).to.include({ name: 'Factory', purpose: 'Signs what is shipped' });
    expect((await refused(bench.ring.edit(id, { name: '' }))).code).to.equal('KEY_NAME_INVALID');
  });
});

describe('whom a product trusts', () => {
  it('knows every key as the product sees it', async () => {
    const bench = new Bench();
    const trusted = await bench.make();
    const other = await bench.make('Ed25519', { name: 'Another' });
    await bench.ring.pin(` ${PRODUCT}\n`, trusted.id);
    await bench.ring.pin(PRODUCT, trusted.id);
    expect(bench.ring.products.value).to.deep.equal([{ product: PRODUCT, keyIds: [trusted.id] }]);
    const known = await bench.ring.knownKeys(PRODUCT);
    expect(known.map(({ fingerprint, name, status, trusted }) => [fingerprint, name, status, trusted])).to.deep.equal([
      [other.id, 'Another', 'active', false],
      [trusted.id, 'Release 2026', 'active', true],
    ]);
    expect((await bench.ring.knownKeys('pump')).some((key) => key.trusted)).to.equal(false);
    await bench.ring.unpin(PRODUCT, trusted.id);
    expect(bench.ring.products.value).to.deep.equal([]);
    expect(bench.noted.slice(-2)).to.deep.equal(['pin-added', 'pin-removed']);
  });

  it('needs a name, and a key that is here', async () => {
    const bench = new Bench();
    const { id } = await bench.make();
    expect((await refused(bench.ring.pin('  ', id))).code).to.equal('KEY_NAME_INVALID');
    expect((await refused(bench.ring.pin(PRODUCT, 'ab'.repeat(32)))).code).to.equal('KEY_UNKNOWN');
  });

  it('is not fooled by names that objects have already', async () => {
    const bench = new Bench();
    const { id } = await bench.make();
    expect((await bench.ring.knownKeys('__proto__')).some((key) => key.trusted)).to.equal(false);
    await bench.ring.pin('constructor', id);
    expect((await bench.ring.knownKeys('constructor'))[0]?.trusted).to.equal(true);
    expect((await bench.ring.knownKeys('toString'))[0]?.trusted).to.equal(false);
  });
});

describe('secrets', () => {
  const HEX = 'AB'.repeat(32);

  it('are in a keys.h only when they are asked for, as they were written', async () => {
    const bench = new Bench();
    const { id } = await bench.make();
    const aes = await bench.ring.makeSecret('aes-256', { name: 'Firmware', exportable: true });
    const psk = await bench.ring.importSecret('psk', { name: 'Devices', exportable: true, from: HEX });
    const open = await textOf(await bench.ring.exportKeysHeader(id));
    expect(open).to.contain('Nothing in this file is secret').and.not.to.contain('HMAC_PSK');
    const file = await bench.ring.exportKeysHeader(id, { aesId: aes.id, pskId: psk.id });
    expect(file.fileName).to.equal('keys.h');
    const closed = await textOf(file);
    expect(closed).to.contain('THIS FILE HOLDS SECRETS').and.to.contain(`"${HEX}"`).and.to.contain('AES_FIRMWARE_KEY[32]');
    expect(closed.match(/0xab/g)).to.have.length(32);
    expect(bench.noted.slice(-2)).to.deep.equal(['secret-exported', 'secret-exported']);
    expect(JSON.stringify(bench.acts).toLowerCase()).not.to.contain('abab');
  });

  it('stay in the browser unless they were kept to be given out', async () => {
    const bench = new Bench();
    const { id } = await bench.make();
    const aes = await bench.ring.makeSecret('aes-256', { name: 'Firmware', exportable: false });
    expect((await bench.store.secretKeys(aes.id))?.key.extractable).to.equal(false);
    expect((await refused(bench.ring.exportKeysHeader(id, { aesId: aes.id }))).code).to.equal('SECRET_NOT_EXPORTABLE');
    expect((await refused(bench.ring.exportKeysHeader(id, { pskId: aes.id }))).code).to.equal('SECRET_UNKNOWN');
  });

  it('compute what the device computes: over the digits for S2, over the bytes for S4', async () => {
    const bench = new Bench();
    const { id } = await bench.ring.importSecret('psk', { name: 'Devices', exportable: false, from: HEX });
    const keys = await bench.store.secretKeys(id);
    const hmac = (bytes: Uint8Array<ArrayBuffer>) =>
      crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    const mac = async (key: CryptoKey) => Array.from(new Uint8Array(await crypto.subtle.sign('HMAC', key, MESSAGE)));
    expect(await mac(keys!.key)).to.deep.equal(await mac(await hmac(new Uint8Array(32).fill(0xab))));
    expect(await mac(keys!.ofDigits!)).to.deep.equal(await mac(await hmac(new TextEncoder().encode(HEX))));
  });

  it('are never quoted when they are wrong', async () => {
    const bench = new Bench();
    const error = await refused(bench.ring.importSecret('psk', { name: 'Devices', exportable: false, from: 'hunter2hunter2' }));
    expect(error.code).to.equal('KEY_MALFORMED');
    expect(JSON.stringify([error.message, error.details])).not.to.contain('hunter2');
    expect(bench.ring.secrets.value).to.equal(undefined);
  });

  it('can be deleted', async () => {
    const bench = new Bench();
    const { id } = await bench.ring.makeSecret('psk', { name: 'Devices', exportable: false });
    await bench.ring.deleteSecret(id);
    await bench.ring.deleteSecret(id);
    expect(bench.ring.secrets.value).to.deep.equal([]);
    expect(bench.noted).to.deep.equal(['secret-made', 'secret-deleted']);
  });
});

describe('two tabs', () => {
  it('hear of each other once they look', async () => {
    const store = new MemoryKeyStore();
    const [here, there] = [new Bench(store), new Bench(store)];
    await there.ring.load();
    const { id } = await here.make();
    there.notifier.hear('keys');
    await new Promise((resolve) => setTimeout(resolve));
    expect(there.ring.records.value?.map((record) => record.id)).to.deep.equal([id]);
  });

  it('tell nobody that they looked when all is as it was', async () => {
    const bench = new Bench(new MemoryKeyStore());
    await bench.make();
    let told = 0;
    for (const watched of [bench.ring.records, bench.ring.products, bench.ring.secrets]) watched.subscribe(() => told++);
    const before = told;
    await bench.ring.load();
    expect(told).to.equal(before);
  });

  it('cannot take back what one of them revoked', async () => {
    const store = new MemoryKeyStore();
    const [here, there] = [new Bench(store), new Bench(store)];
    const { id } = await here.make();
    await there.ring.load();
    await here.ring.setStatus(id, 'revoked');
    expect(there.ring.records.value?.[0]?.status).to.equal('active');
    expect((await refused(there.ring.useToSign(id))).code).to.equal('KEY_NOT_ACTIVE');
    expect((await refused(there.ring.setStatus(id, 'retired'))).code).to.equal('KEY_REVOKED_FOR_GOOD');
  });
});

import { expect } from 'chai';
import type { KeyRecord } from '../../../src/app/trust/model.ts';
import { StoreError } from '../../../src/app/errors.ts';
import '../../../src/ui/live-region.ts';
import { nextName } from '../../../src/ui/dialogs/make-key-dialog.ts';
import { nameFrom } from '../../../src/ui/dialogs/import-key-dialog.ts';
import type { RouteOf } from '../../../src/ui/router.ts';
import { bringKeys } from '../../../src/ui/views/keys/bring-key.ts';
import { KeysView } from '../../../src/ui/views/keys-view.ts';
import { deviceRecord, deviceState, firmwareRecord, updatedInfo } from '../../doubles/fixtures.ts';
import {
  allByRole,
  byRole,
  clickOn,
  expectAccessible,
  findByRole,
  mount,
  nameOf,
  typeInto,
  unmountAll,
  until,
} from '../../doubles/mount.ts';
import { TrustingServices, memoryKeyRing } from '../../doubles/trusting-services.ts';
import { pemFile, pemText } from '../../vectors/keys/keys.ts';

const HOSTILE = '<img src=x onerror="window.__hostile=1">';
const NAMING = { name: 'Release 2026', purpose: 'Signs what is shipped', exportable: false };
const PRODUCT = 'greenhouse-node';

async function open(services: TrustingServices, route: RouteOf<'keys'> = { view: 'keys' }): Promise<KeysView> {
  const view = new KeysView();
  view.services = services;
  view.route = route;
  mount(view, { in: 'main' });
  mount(document.createElement('ot-live-region'));
  await until(() => byRole('heading') && !document.body.textContent.includes('Opening the key ring'), 'the key ring');
  return view;
}

const openKey = (services: TrustingServices, { id }: KeyRecord): Promise<KeysView> => open(services, { view: 'keys', fingerprint: id });
const field = (label: string | RegExp): Promise<HTMLElement> => findByRole('textbox', label);
const fill = async (label: string | RegExp, text: string): Promise<void> => typeInto(await field(label), text);
const dialogGone = (): Promise<unknown> => until(() => !document.querySelector('dialog'), 'the dialog to go');
const page = (): string => document.querySelector('.main')?.textContent.replace(/\s+/g, ' ') ?? '';
const inDialog = (): string => document.querySelector('dialog')?.textContent.replace(/\s+/g, ' ') ?? '';

/** Files that the page hands to the browser's downloads. */
function downloads(): { readonly files: string[]; readonly end: () => void } {
  const files: string[] = [];
  const { click } = HTMLAnchorElement.prototype;
  HTMLAnchorElement.prototype.click = function (this: HTMLAnchorElement) {
    if (this.download) files.push(this.download);
    else click.call(this);
  };
  return { files, end: () => void (HTMLAnchorElement.prototype.click = click) };
}

let saved: ReturnType<typeof downloads>;

beforeEach(() => {
  history.replaceState(null, '', '#/keys');
  saved = downloads();
});

afterEach(() => {
  unmountAll();
  saved.end();
  history.replaceState(null, '', ' ');
});

describe('the key ring on its page', () => {
  it('teaches when it is empty, with one filled key, and makes the first one', async () => {
    const services = new TrustingServices();
    await open(services);
    expect(byRole('heading', 'No keys yet')).not.to.equal(undefined);
    expect([...document.querySelectorAll('.key-go')].map(nameOf)).to.deep.equal(['Make a key']);
    await expectAccessible();
    await clickOn('button', 'Make a key');
    await clickOn('button', 'Make the key');
    await until(() => inDialog().includes('Give it a name'), 'the fault');
    await expectAccessible();
    await fill('Name', 'Release 2026');
    await clickOn('button', 'Make the key');
    const record = await until(() => services.keys.records.value?.[0], 'the key');
    expect(record).to.include({ name: 'Release 2026', algorithm: 'ECDSA P-256', privateKey: 'here' });
    await until(() => location.hash === `#/keys/${record.id}`, 'its page');
  });

  it('lists what there is to know of each key, the ones that sign first', async () => {
    const services = new TrustingServices();
    const old = await services.keys.make('RSA-2048', { ...NAMING, name: 'Release 2025' });
    await services.keys.pin(PRODUCT, old.id);
    await services.keys.setStatus(old.id, 'revoked');
    await services.keys.importPublic(pemFile('ec-P-384.public'), { name: 'Vendor', purpose: '' });
    await open(services);
    const rows = [...document.querySelectorAll('.ring-row')].map((row) => row.textContent.replace(/\s+/g, ' '));
    expect(rows[0]).to.contain('Vendor').and.to.contain('ECDSA P-384').and.to.contain('Only verifies');
    expect(rows[1])
      .to.contain('Revoked')
      .and.to.contain(`Trusted by nobody; ${PRODUCT} still names it`)
      .and.to.contain(`${old.id.slice(0, 8)}…${old.id.slice(-8)}`);
    expect(allByRole('button', 'Delete it')).to.deep.equal([]);
    await expectAccessible();
  });

  it('shows names, purposes and products of strangers as text, however they are written', async () => {
    const services = new TrustingServices();
    const { id } = await services.keys.make('Ed25519', { name: HOSTILE, purpose: 'x'.repeat(200), exportable: true });
    await services.keys.pin(`"><script>window.__hostile=1</script>${'W'.repeat(60)}`, id);
    await services.keys.makeSecret('psk', { name: HOSTILE, exportable: true });
    const view = await open(services);
    expect(page()).to.contain(HOSTILE);
    expect(document.querySelector('.main :is(img, script)')).to.equal(null);
    view.remove();
    await openKey(services, { id } as KeyRecord);
    expect(byRole('heading', HOSTILE)).not.to.equal(undefined);
    await clickOn('button', 'Revoke it');
    await until(() => inDialog().includes(HOSTILE), 'the question');
    expect(document.querySelector(':is(dialog, .main) :is(img, script)')).to.equal(null);
    expect((globalThis as { __hostile?: number }).__hostile).to.equal(undefined);
    expect(document.documentElement.scrollWidth).to.be.at.most(document.documentElement.clientWidth);
  });

  it('says why it cannot be opened, and tries again', async () => {
    const services = new TrustingServices();
    const { read } = services.keyStore;
    services.keyStore.read = () => Promise.reject(new StoreError('STORE_UNAVAILABLE', 'no storage', {}));
    await open(services);
    await until(() => page().includes('STORE_UNAVAILABLE'), 'the reason');
    services.keyStore.read = read;
    await clickOn('button', 'Try again');
    await findByRole('heading', 'No keys yet');
  });

  it('has a page for a link to a key that is not here', async () => {
    await open(new TrustingServices(), { view: 'keys', fingerprint: 'ab'.repeat(32) });
    expect(byRole('heading', 'This key is not in your key ring')).not.to.equal(undefined);
    expect(byRole('link', 'Go to the keys')).not.to.equal(undefined);
  });

  it('hears what another tab does', async () => {
    const services = new TrustingServices();
    const { id } = await services.keys.make('Ed25519', NAMING);
    await open(services);
    await memoryKeyRing(services.keyStore).setStatus(id, 'revoked');
    services.notifier.hear('keys');
    await until(() => page().includes('Revoked'), 'the other tab');
  });
});

describe('importing a key', () => {
  async function paste(text: string): Promise<void> {
    await clickOn('button', /^Import (a key|it)$/);
    await fill('Or paste it', text);
    await clickOn('button', 'Look into it');
  }

  it('asks for the passphrase of an encrypted key until it is right, and says what is in it before it is kept', async () => {
    const services = new TrustingServices();
    const other = memoryKeyRing();
    const made = await other.make('ECDSA P-256', { ...NAMING, exportable: true });
    const backup = await (await other.exportPrivate(made.id, 'correct horse')).blob.text();
    await open(services);
    await paste(backup);
    await fill('Passphrase', 'wrong');
    await clickOn('button', 'Open it');
    await until(() => inDialog().includes('KEY_PASSPHRASE_WRONG'), 'the refusal');
    await expectAccessible();
    await fill('Passphrase', 'correct horse');
    await clickOn('button', 'Open it');
    await until(() => inDialog().includes('private and public half'), 'what is in it');
    expect(inDialog()).to.contain(made.id.slice(0, 8));
    await expectAccessible();
    expect(services.keys.records.value).to.deep.equal([]);
    await fill('Name', 'From the safe');
    await clickOn('button', 'Import the private key');
    await dialogGone();
    expect(services.keys.records.value?.[0]).to.include({ id: made.id, name: 'From the safe', privateKey: 'here' });
  });

  it('names what it refuses', async () => {
    await open(new TrustingServices());
    await paste(pemText('rsa-2048.proc-type'));
    await until(() => inDialog().includes('Encrypted with AES-128-CBC'), 'the refusal');
    await fill('Or paste it', pemText('ec-secp256k1.public'));
    await clickOn('button', 'Look into it');
    await until(() => inDialog().includes('What it holds is secp256k1: nothing here can check or sign with that.'), 'the other refusal');
    await fill('Or paste it', 'hello');
    await clickOn('button', 'Look into it');
    await until(() => inDialog().includes('It holds no key at all'), 'the sentence');
    expect(inDialog()).to.match(/Choose the file again.* In detail: file must be PEM, DER or JWK\. KEY_MALFORMED/);
    const cut = pemText('ec-P-256').replace(/.{10}\n-----END/, '\n-----END');
    await fill('Or paste it', cut);
    await clickOn('button', 'Look into it');
    await until(() => inDialog().includes('It looks like a key, and something in it is missing or wrong'), 'what is wrong');
    await expectAccessible();
  });

  it('knows a key that is here, and adds to it what it lacks', async () => {
    const services = new TrustingServices();
    const { id } = await services.keys.importPublic(pemFile('ed25519.public'), { name: 'Vendor', purpose: '' });
    await open(services);
    await paste(pemText('ed25519.public'));
    await until(() => inDialog().includes('in your key ring already, as Vendor.'), 'that it is here');
    await clickOn('button', 'Cancel');
    await dialogGone();
    await paste(pemText('ed25519'));
    await until(() => inDialog().includes('This adds the private half.'), 'that half of it is');
    await clickOn('button', 'Import the private key');
    await until(() => services.keys.records.value?.[0]?.privateKey === 'here', 'the other half');
    expect(services.keys.records.value?.map((record) => [record.id, record.name])).to.deep.equal([[id, 'Vendor']]);
  });

  it('takes a file that is let go anywhere, under a name made of its own', async () => {
    const services = new TrustingServices();
    await open(services);
    void bringKeys(services, [new File([pemText('ed25519.public')], 'Sensor_vendor.pub.pem')]);
    expect((await field('Name')) as HTMLInputElement).to.have.property('value', 'Sensor vendor');
    await clickOn('button', 'Import the public key');
    await until(() => services.keys.records.value?.[0]?.name === 'Sensor vendor', 'the key');
  });

  it('makes names of file names, and of the names before', () => {
    expect(['a/b/Release-2026.backup.pem', 'key.der', '.pem', 'C:\\x\\my_key.txt'].map(nameFrom)).to.deep.equal([
      'Release 2026',
      'key',
      '',
      'my key',
    ]);
    expect(['Release 2026', 'Factory', 'v099', '7'].map(nextName)).to.deep.equal(['Release 2027', 'Factory 2', 'v100', '8']);
  });
});

describe('the page of a key', () => {
  it('shows what it is, and offers what is missing first', async () => {
    const services = new TrustingServices();
    services.library.put(firmwareRecord({ name: PRODUCT }));
    services.devices.put(deviceState({ record: deviceRecord({ lastInfo: { ...updatedInfo(), project: 'pump-controller' } }) }));
    const record = await services.keys.make('Ed25519', NAMING);
    await openKey(services, record);
    expect(byRole('img', /Ed25519.*fingerprint/)).not.to.equal(undefined);
    expect([...document.querySelectorAll('.main .key-go')].map(nameOf)).to.deep.equal(['Trust it for a product']);
    await expectAccessible();
    await clickOn('button', 'Trust it for a product');
    await findByRole('button', 'pump-controller');
    await expectAccessible();
    await clickOn('button', PRODUCT);
    await until(() => services.keys.products.value?.[0]?.product === PRODUCT, 'the pin');
    await until(() => document.querySelectorAll('.main .key-go').length === 0, 'nothing to be missing');
  });

  it('makes a backup under a passphrase that is long, and typed twice', async () => {
    const services = new TrustingServices();
    await openKey(services, await services.keys.make('Ed25519', { ...NAMING, exportable: true }));
    await clickOn('button', 'Back it up');
    await fill('Passphrase', 'short');
    await clickOn('button', 'Save the backup');
    await until(() => inDialog().includes('7 more characters are needed.'), 'the fault');
    await fill('Passphrase', 'four words that nobody');
    await fill('The same again', 'four words that somebody');
    await clickOn('button', 'Save the backup');
    await until(() => inDialog().includes('The two are not the same.'), 'the other fault');
    await expectAccessible();
    await fill('The same again', 'four words that nobody');
    await clickOn('button', 'Save the backup');
    await dialogGone();
    expect(saved.files).to.deep.equal(['Release-2026.backup.pem']);
  });

  it('offers no backup of a key that nothing takes out', async () => {
    const services = new TrustingServices();
    await openKey(services, await services.keys.make('Ed25519', NAMING));
    expect(byRole('button', 'Back it up')).to.equal(undefined);
    expect(page()).to.contain('nothing takes it out of this browser');
  });

  it('saves its public half in the form that is chosen', async () => {
    const services = new TrustingServices();
    await openKey(services, await services.keys.make('Ed25519', NAMING));
    const form = document.querySelector<HTMLSelectElement>('#public-format')!;
    expect([...form.options].map(({ value }) => value)).to.deep.equal(['pem', 'jwk', 'der']);
    form.value = 'jwk';
    form.dispatchEvent(new Event('change'));
    await clickOn('button', 'Save it');
    await until(() => saved.files[0] === 'Release-2026.pub.jwk', 'the file');
  });

  it('is followed by another that the same products trust', async () => {
    const services = new TrustingServices();
    const old = await services.keys.make('Ed25519', NAMING);
    await services.keys.pin(PRODUCT, old.id);
    await openKey(services, old);
    await clickOn('button', 'Make its successor');
    expect((await field('Name')) as HTMLInputElement).to.have.property('value', 'Release 2027');
    expect(inDialog()).to.contain(`${PRODUCT} will trust the new key`).and.to.contain('Release 2026 is retired');
    await expectAccessible();
    await clickOn('button', 'Make the key');
    await dialogGone();
    const [next] = services.keys.records.value ?? [];
    expect(next).to.include({ name: 'Release 2027', algorithm: 'Ed25519', status: 'active' });
    expect(services.keys.products.value).to.deep.equal([{ product: PRODUCT, keyIds: [old.id, next?.id] }]);
    await until(() => page().includes('Signs no more'), 'the old one to be retired');
  });

  it('is retired and made active again', async () => {
    const services = new TrustingServices();
    await openKey(services, await services.keys.make('Ed25519', NAMING));
    await clickOn('button', 'Retire it');
    await until(() => inDialog().includes('It can be made active again.'), 'what it means');
    expect(inDialog()).to.contain('Nothing in this browser depends on it.');
    (await until(() => document.querySelector<HTMLElement>('dialog .key-go'), 'the key')).click();
    await clickOn('button', 'Make it active');
    await until(() => services.keys.records.value?.[0]?.status === 'active', 'it to be active');
  });

  it('says of a revoked key that nobody trusts it any more, and does not offer it to devices', async () => {
    const services = new TrustingServices();
    const record = await services.keys.make('Ed25519', NAMING);
    await services.keys.pin(PRODUCT, record.id);
    await services.keys.setStatus(record.id, 'revoked');
    await open(services);
    expect(page()).to.contain(`Trusted by nobody; ${PRODUCT} still names it`).and.not.to.contain('Trusted by greenhouse');
    expect(page()).to.contain('None of them counts: nothing is trusted as its firmware.');
    expect(byRole('button', 'Save a keys.h')).to.have.property('disabled', true);
    unmountAll();
    await openKey(services, record);
    expect(page()).to.contain('Nobody: it was revoked. These products still name it, and that counts for nothing.');
    expect(byRole('button', 'Save a keys.h')).to.equal(undefined);
    await expectAccessible();
    await clickOn('button', 'Delete it');
    await until(() => inDialog().includes(`${PRODUCT} still names it.`), 'what depends on it');
    expect(inDialog()).to.contain(`It stays named by ${PRODUCT}: nothing is taken unsigned again because of this.`);
    await clickOn('button', 'Keep it as it is');
    await dialogGone();
    await clickOn('button', `Remove it there: Release 2026, ${PRODUCT}`);
    await clickOn('button', 'Remove it');
    await until(() => services.keys.products.value?.length === 0, 'the pin to go');
  });

  it('says of a retired key that only what it signed is trusted, and warns where it would go into new devices', async () => {
    const services = new TrustingServices();
    services.library.put(firmwareRecord({ name: PRODUCT }));
    const { id } = await services.keys.make('Ed25519', NAMING);
    await services.keys.make('Ed25519', { ...NAMING, name: 'Release 2027' });
    await openKey(services, await services.keys.setStatus(id, 'retired'));
    expect(byRole('button', 'Trust it for a product')).to.equal(undefined);
    await clickOn('button', 'Trust what it signed');
    await until(() => inDialog().includes('it counts for what it signed, and signs nothing new'), 'what it means');
    await clickOn('button', PRODUCT);
    await until(() => page().includes(`What it signed stays good for: ${PRODUCT}`), 'the pin');
    await clickOn('button', 'Save a keys.h');
    await until(() => inDialog().includes('nothing that is signed from now on'), 'the warning');
    await expectAccessible();
    const choice = document.querySelector<HTMLSelectElement>('#header-key')!;
    expect([...choice.options].map(({ text }) => text)).to.deep.equal(['Release 2027, Ed25519', 'Release 2026, Ed25519, retired']);
    choice.selectedIndex = 0;
    choice.dispatchEvent(new Event('change'));
    await until(() => !inDialog().includes('nothing that is signed from now on'), 'the warning to go');
  });

  it('says of an RSA key that is too short that pins of it do not count', async () => {
    const services = new TrustingServices();
    const record = await services.keys.importPublic(pemFile('rsa-1024.public'), NAMING);
    await services.keyStore.change((change) => change.putProduct({ product: PRODUCT, keyIds: [record.id] }));
    await openKey(services, record);
    expect(page()).to.contain('Too short').and.not.to.contain('Active');
    expect(page()).to.contain('Nobody: RSA-1024 is too short. These products named it before');
    expect(allByRole('button', /^Trust|keys\.h/)).to.deep.equal([]);
    await expectAccessible();
  });

  it('says which guarded boards do not have it yet, and gives them the keys of today', async () => {
    const services = new TrustingServices();
    const record = deviceRecord({ id: 'board', name: 'Bench 1', kind: 'virtual', onlyTrusted: true, guardedProduct: PRODUCT });
    services.devices.put(deviceState({ record, info: { ...updatedInfo(), project: PRODUCT } }));
    const key = await services.keys.make('Ed25519', NAMING);
    await openKey(services, key);
    expect(page()).not.to.contain('do not have it yet');
    await services.keys.pin(PRODUCT, key.id);
    await until(() => page().includes('1 virtual board does not have it yet: Bench 1.'), 'the board');
    await expectAccessible();
    await clickOn('button', 'Give it the keys of today');
    await until(() => !page().includes('does not have it yet'), 'the board to have it');
    await until(() => document.activeElement?.textContent === 'Who trusts it', 'the focus to stay there');
    expect(services.bench.settings.trustedKeys).to.deep.equal([key.spki]);
    expect(document.querySelector('ot-live-region')?.textContent).to.contain('Bench 1 has the keys of today.');
  });

  it('is revoked only when its name was typed, and for good', async () => {
    const services = new TrustingServices();
    const record = await services.keys.make('Ed25519', NAMING);
    await services.keys.pin(PRODUCT, record.id);
    await openKey(services, record);
    await clickOn('button', 'Revoke it');
    await until(() => inDialog().includes(`${PRODUCT} trusts it.`), 'who trusts it');
    expect(inDialog()).to.contain('nothing that it signed is trusted, however old').and.to.contain('Its private half is deleted');
    expect(document.activeElement?.textContent).to.contain('Keep it as it is');
    await clickOn('button', 'Revoke it for good');
    await until(() => inDialog().includes('Type Release 2026'), 'the word');
    await expectAccessible();
    await fill(/type its name/, 'Release 2026');
    await clickOn('button', 'Revoke it for good');
    await dialogGone();
    expect(services.keys.records.value?.[0]).to.include({ status: 'revoked', privateKey: 'none' });
    await until(() => page().includes('Nothing that it signed is trusted'), 'the page');
    expect(allByRole('button', /Retire|Revoke|Make it active|Trust it/)).to.deep.equal([]);
    await expectAccessible();
  });

  it('says before it is imported that an RSA key below 2048 bits only checks, and keeps its public half', async () => {
    const services = new TrustingServices();
    await open(services);
    await clickOn('button', 'Import it');
    await fill('Or paste it', pemText('rsa-1024'));
    await clickOn('button', 'Look into it');
    await until(() => inDialog().includes('RSA-1024 is too short to be relied on: at least 2048 bits'), 'the word');
    expect(byRole('checkbox')).to.equal(undefined);
    await expectAccessible();
    await fill('Name', 'Release 2019');
    await clickOn('button', 'Import the public key');
    await dialogGone();
    expect(services.keys.records.value?.[0]).to.include({ isWeak: true, privateKey: 'none' });
  });

  it('stays revoked when it is deleted: the list says so, and importing it again gives a revoked key', async () => {
    const services = new TrustingServices();
    const record = await services.keys.importPublic(pemFile('ed25519.public'), NAMING);
    await services.keys.setStatus(record.id, 'revoked');
    await openKey(services, record);
    await clickOn('button', 'Delete it');
    await until(() => inDialog().includes('stays refused, by its name'), 'what it means');
    expect(inDialog()).to.contain('that it was revoked are kept for good').and.not.to.contain('forgets');
    await fill(/type its name/, 'Release 2026');
    (await until(() => document.querySelector<HTMLElement>('dialog .key-stop'), 'the key')).click();
    await dialogGone();
    unmountAll();
    await open(services);
    await until(() => page().includes('Deleted, and stays revoked: Release 2026'), 'the word of it');
    await clickOn('button', 'Import it');
    await fill('Or paste it', pemText('ed25519'));
    await clickOn('button', 'Look into it');
    await until(() => inDialog().includes('as Release 2026, and deleted later'), 'what is known of it');
    expect(inDialog()).to.contain('It can only come back revoked');
    expect(byRole('checkbox')).to.equal(undefined);
    await expectAccessible();
    await clickOn('button', 'Take it back as revoked');
    await dialogGone();
    expect(services.keys.records.value?.[0]).to.include({ id: record.id, status: 'revoked', privateKey: 'none' });
  });

  it('is deleted when its name was typed, and leads back', async () => {
    const services = new TrustingServices();
    const record = await services.keys.make('Ed25519', NAMING);
    history.replaceState(null, '', `#/keys/${record.id}`);
    await openKey(services, record);
    await clickOn('button', 'Delete it');
    await until(() => inDialog().includes('There is no backup'), 'what is lost');
    await fill(/type its name/, 'Release 2026');
    (await until(() => document.querySelector<HTMLElement>('dialog .key-stop'), 'the key')).click();
    await until(() => location.hash === '#/keys', 'the list');
    expect(services.keys.records.value).to.deep.equal([]);
  });

  it('can be called otherwise', async () => {
    const services = new TrustingServices();
    await openKey(services, await services.keys.make('Ed25519', NAMING));
    await clickOn('button', 'Rename');
    await fill('Name', 'Factory');
    await clickOn('button', 'Save');
    await findByRole('heading', 'Factory');
  });
});

describe('products and secrets beside the keys', () => {
  it('trusts a key for a product of the library, and says what it means to stop', async () => {
    const services = new TrustingServices();
    services.library.put(firmwareRecord({ name: PRODUCT }));
    const record = await services.keys.make('Ed25519', NAMING);
    await open(services);
    expect(page()).to.contain('Trusts nobody yet');
    await clickOn('button', `Trust a key for ${PRODUCT}`);
    await clickOn('button', /^Release 2026/);
    await until(() => services.keys.products.value?.[0]?.keyIds[0] === record.id, 'the pin');
    await clickOn('button', `Stop trusting: Release 2026, ${PRODUCT}`);
    await until(() => inDialog().includes('takes it unsigned again'), 'what it means');
    await clickOn('button', 'Stop trusting it');
    await until(() => services.keys.products.value?.length === 0, 'the pin to go');
  });

  it('makes a keys.h with secrets only after its warning was ticked', async () => {
    const services = new TrustingServices();
    await services.keys.make('Ed25519', NAMING);
    await open(services);
    await clickOn('button', 'Make a secret');
    await fill('Name', 'Greenhouse');
    await expectAccessible();
    (await until(() => document.querySelector<HTMLElement>('dialog .key-go'), 'the key')).click();
    await dialogGone();
    await clickOn('button', 'Save a keys.h');
    const choice = await until(() => document.querySelector<HTMLSelectElement>('#header-aes-256'), 'the choice');
    expect(byRole('checkbox', /I want the secrets/)).to.equal(undefined);
    choice.value = choice.options[1]!.value;
    choice.dispatchEvent(new Event('change'));
    await findByRole('checkbox', /I want the secrets/);
    await clickOn('button', 'Save it with its secrets');
    await until(() => inDialog().includes('Read the warning'), 'the fault');
    await expectAccessible();
    expect(saved.files).to.deep.equal([]);
    await clickOn('checkbox', /I want the secrets/);
    await clickOn('button', 'Save it with its secrets');
    await dialogGone();
    expect(saved.files).to.deep.equal(['keys.h']);
    await until(() => page().includes('written into a keys.h just now'), 'that it was');
  });

  it('imports a secret that nothing takes out again, and quotes none that is wrong', async () => {
    const services = new TrustingServices();
    await open(services);
    await clickOn('button', 'Import a secret');
    await fill('Name', 'Devices');
    await fill('The secret', 'hunter2');
    (await until(() => document.querySelector<HTMLElement>('dialog .key-go'), 'the key')).click();
    await until(() => inDialog().includes('That is no secret of 256 bits'), 'the refusal');
    expect(inDialog()).not.to.contain('hunter2');
    await fill('The secret', 'ab'.repeat(32));
    (document.querySelector('dialog .key-go') as HTMLElement).click();
    await dialogGone();
    expect(services.keys.secrets.value?.[0]).to.include({ name: 'Devices', exportable: false });
    expect(page()).to.contain('Stays in this browser').and.not.to.contain('abab');
    await clickOn('button', 'Delete Devices');
    await clickOn('button', 'Delete it');
    await until(() => services.keys.secrets.value?.length === 0, 'it to go');
  });
});

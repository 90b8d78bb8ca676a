import { expect } from 'chai';
import '../../src/ui/views/preflight-view.ts';
import type { Preflight } from '../../src/app/model.ts';
import {
  SHA_100,
  SHA_110,
  check,
  deviceRecord,
  deviceState,
  firmwareRecord,
  firmwareReport,
  preflight,
  updateJob,
} from '../doubles/fixtures.ts';
import { byRole, clickOn, expectAccessible, findByRole, mount, unmountAll, until } from '../doubles/mount.ts';
import { makeKey } from '../core/trust/keys-for-tests.ts';
import { HeldKeys } from '../doubles/held-keys.ts';
import { FakeError, withTrust, demoServices, type FakeServices } from '../doubles/services.ts';

const PASSES = [
  check('kind', 'pass', 'app'),
  check('version', 'pass', 'newer', { from: '1.0.0', to: '1.1.0' }),
  check('signature', 'note', 'unsigned'),
];
const OLDER = preflight({
  decision: 'force',
  checks: [check('kind', 'pass', 'app'), check('version', 'warn', 'older', { from: '1.2.0', to: '1.1.0' })],
});
const WRONG_CHIP = preflight({
  decision: 'blocked',
  checks: [check('chip', 'block', 'differs', { image: 'ESP32-C3', device: 'ESP32' }), ...PASSES],
});

function open(services: FakeServices, decision: Preflight = preflight({ checks: PASSES })) {
  services.updates.nextPreflight = decision;
  services.library.put(firmwareRecord(), firmwareReport());
  const view = document.createElement('ot-preflight-view');
  view.services = services;
  view.route = { view: 'preflight', id: 'esp32-ota', sha256: SHA_110 };
  return mount(view, { in: 'main' });
}

const signedIn = deviceState({ auth: { state: 'signed-in', mustChange: false, expiresAt: Date.now() + 300_000 } });

describe('<ot-preflight-view>', () => {
  beforeEach(() => (location.hash = ''));
  afterEach(() => {
    unmountAll();
    location.hash = '';
  });

  it('shows X-ray, checks and plan, and names the result on its key', async () => {
    const { services } = demoServices();
    const view = open(services);
    await findByRole('button', 'Write 1.1.0 to ota_1');
    expect((await findByRole('region', 'Held against esp32-ota')).textContent)
      .to.include('1.1.0 is newer than 1.0.0')
      .and.include('2 pass, 1 note');
    const words = (await findByRole('region', 'Write')).textContent.replace(/\s+/g, ' ');
    expect(words).to.include('Fills ota_1 (empty) and flips otadata. Keeps bootloader, nvs, ota_0, spiffs, coredump.');
    expect(view.querySelectorAll('h1')).to.have.length(1);
    expect(view.querySelectorAll('.key-go')).to.have.length(1);
    await expectAccessible();
  });

  it('has a refusal written down once it is shown', async () => {
    const { services, session } = demoServices(deviceState({ link: 'connecting' }));
    open(services, WRONG_CHIP);
    await findByRole('button', 'Choose another file');
    session.change({ link: 'online' });
    await until(() => services.called('noteRefusal').some(([, , link]) => link === 'online'), 'it to be written down');
    expect(services.called('noteRefusal').at(-1)).to.deep.equal(['esp32-ota', SHA_110, 'online']);
  });

  it('asks for the password on the click that needs it, writes, and opens the job', async () => {
    const { services } = demoServices();
    open(services);
    await clickOn('button', 'Write 1.1.0 to ota_1');
    await clickOn('button', 'Sign in and write');
    await until(() => location.hash === '#/devices/esp32-ota/job', 'the job');
    expect(services.called('start')).to.deep.equal([['esp32-ota', SHA_110, { force: false }]]);
  });

  it('opens the job as soon as there is one, though start() goes on', async () => {
    const { services } = demoServices(signedIn);
    services.updates.start = () => new Promise(() => setTimeout(() => services.updates.setJob(updateJob()), 20));
    open(services);
    await clickOn('button', 'Write 1.1.0 to ota_1');
    await until(() => location.hash === '#/devices/esp32-ota/job', 'the job');
  });

  it('does not write while another tab does', async () => {
    const { services } = demoServices(signedIn);
    open(services);
    services.updates.elsewhere.set(new Set(['esp32-ota']));
    await until(() => byRole('status', 'Not now')?.textContent.includes('Another tab is writing'), 'the reason');
    expect(byRole('button', /^Write/)).to.equal(undefined);
    expect((await findByRole('link', 'Watch it')).getAttribute('href')).to.equal('#/devices/esp32-ota/job');
  });

  it('writes nothing when the sign-in is dismissed', async () => {
    const { services } = demoServices();
    open(services);
    await clickOn('button', 'Write 1.1.0 to ota_1');
    await clickOn('button', 'Cancel');
    await until(() => !byRole('dialog'), 'the dialog to close');
    expect(services.called('start')).to.deep.equal([]);
    await until(() => byRole('button', 'Write 1.1.0 to ota_1')?.getAttribute('aria-busy') === null, 'the key to rest');
  });

  it('says in a dialog why a write did not start', async () => {
    const { services } = demoServices(signedIn);
    services.updates.nextError = new FakeError('UPDATE_IN_OTHER_TAB');
    open(services);
    await clickOn('button', 'Write 1.1.0 to ota_1');
    await expectAccessible(await findByRole('dialog', 'Another tab updates this device'));
    await clickOn('button', 'Close');
    expect(location.hash).to.equal('');
  });

  it('lets an older version through only with the box ticked', async () => {
    const { services } = demoServices(signedIn);
    open(services, OLDER);
    const key = await findByRole('button', 'Write 1.1.0 to ota_1');
    expect(key.getAttribute('aria-disabled')).to.equal('true');
    key.click();
    expect(services.called('start')).to.deep.equal([]);
    await expectAccessible();
    await clickOn('checkbox', /Write it all the same\. 1\.1\.0 is older than 1\.2\.0/);
    await until(() => key.getAttribute('aria-disabled') === null, 'the key to open');
    key.click();
    await until(() => services.called('start').length === 1, 'the write');
    expect(services.called('start')[0]?.[2]).to.deep.equal({ force: true });
  });

  it('stops a firmware for another chip with an alert, a drawing, the story and a report', async () => {
    const { services } = demoServices();
    const view = open(services, WRONG_CHIP);
    await findByRole('heading', 'This firmware is for another chip');
    expect((await findByRole('alert')).querySelector('[role=img]')?.getAttribute('aria-label'))
      .to.include('ESP32-C3')
      .and.include('ESP32;');
    expect(view.textContent).to.include('Nothing was written').and.include('PREFLIGHT_BLOCKED chip-differs');
    expect((await findByRole('button', 'Write 1.1.0 to ota_1')).hasAttribute('disabled')).to.equal(true);
    await expectAccessible();
  });

  it('takes the application out of a merged image and goes on with it', async () => {
    const { services } = demoServices();
    const view = open(services, preflight({ decision: 'blocked', checks: [check('kind', 'block', 'merged', { parts: 3 })] }));
    const part = { flashOffset: 0x10000, length: 933_872, name: 'factory', content: firmwareReport().content };
    services.library.put(firmwareRecord({ kind: 'merged' }), firmwareReport({ content: { kind: 'merged', parts: [part] } }));
    await findByRole('heading', 'This is a whole flash, not one firmware');
    expect(view.querySelectorAll('.key-go')).to.have.length(1);
    services.library.nextRecord = firmwareRecord({ sha256: SHA_100 });
    await clickOn('button', 'Take the application out of it');
    await until(() => location.hash === `#/devices/esp32-ota/update/${SHA_100}`, 'its own pre-flight');
    expect(services.called('extractApplication')).to.deep.equal([[SHA_110]]);
  });

  it('stops a damaged firmware and shows its X-ray', async () => {
    const { services } = demoServices();
    const view = open(
      services,
      preflight({ decision: 'blocked', checks: [check('whole', 'block', 'hash-wrong', { offset: 933_840, stored: 'a', computed: 'b' })] }),
    );
    await findByRole('heading', 'This firmware was changed after its build');
    expect((await findByRole('alert')).textContent).to.include('0xE3FD0');
    expect(view.querySelector('ot-xray')).to.not.equal(null);
    await expectAccessible();
  });

  it('waits for a device that does not answer', async () => {
    const { services, session } = demoServices();
    open(services);
    session.change({ link: 'unreachable' });
    await until(() => byRole('button', 'Write 1.1.0 to ota_1')?.getAttribute('aria-disabled') === 'true', 'the key to close');
    expect((await findByRole('region', 'Write')).textContent).to.include('does not answer now');
  });

  it('hands the file over when the browser stands between', async () => {
    const problem = { code: 'CORS_BLOCKED', message: '', details: {} };
    const record = deviceRecord({ kind: 'network', baseUrl: 'http://192.168.4.1/' });
    const { info: _none, ...silent } = deviceState({ record, link: 'unreachable', problem });
    const { services } = demoServices(silent);
    open(services);
    await findByRole('button', 'Save greenhouse-node-1.1.0.bin');
    await findByRole('heading', 'Inside greenhouse-node 1.1.0');
    expect((await findByRole('link', 'Open its own page')).getAttribute('href')).to.equal('http://192.168.4.1/');
    await expectAccessible();
  });

  it('does not write over an update that runs', async () => {
    const { services } = demoServices(signedIn);
    services.updates.setJob(updateJob());
    open(services);
    expect((await findByRole('status', 'Not now')).textContent).to.include('under way');
    expect(byRole('button', /^Write/)).to.equal(undefined);
    expect(byRole('checkbox')).to.equal(undefined);
    expect(document.body.textContent).to.not.include('unfinished write');
    await expectAccessible();
  });

  it('says that a firmware is not in this library', async () => {
    const { services } = demoServices();
    const view = document.createElement('ot-preflight-view');
    view.services = services;
    view.route = { view: 'preflight', id: 'esp32-ota', sha256: 'f'.repeat(64) };
    mount(view, { in: 'main' });
    await until(() => /not in your library/.test(byRole('alert')?.textContent ?? ''), 'the words');
  });

  it('tells in full that a device gets only trusted firmware, and leads to where it can be signed', async () => {
    const { services } = demoServices();
    const refused = check('signature', 'block', 'only-trusted-unsigned', { product: 'greenhouse-node', key: '', why: '' });
    open(services, preflight({ decision: 'blocked', checks: [...PASSES.slice(0, 2), refused] }));
    await findByRole('heading', 'This firmware is not signed');
    const sheet = await findByRole('region', 'Held against esp32-ota');
    expect(sheet.textContent).to.include('Not signed, and this device gets only what greenhouse-node trusts');
    expect((await findByRole('link', 'Open this firmware')).getAttribute('href')).to.equal(`#/firmware/${SHA_110}`);
    await expectAccessible();
  });

  it('asks again who signed it when a key or a signature changes', async () => {
    const keys = new HeldKeys();
    const keyId = await keys.add('Release 2026', await makeKey('P-256'));
    const { services } = demoServices();
    const prepared: unknown[] = [];
    Object.assign(services.updates, { prepare: async (...asked: unknown[]) => void prepared.push(asked) });
    const { signatures } = await withTrust(services, keys).trust();
    open(services);
    await findByRole('button', 'Write 1.1.0 to ota_1');
    await until(() => prepared.length > 0, 'the first look');
    const before = prepared.length;
    await signatures.sign(SHA_110, keyId);
    await until(() => prepared.length > before, 'another look');
    expect(prepared.at(-1)).to.deep.equal(['esp32-ota', SHA_110]);
  });
});

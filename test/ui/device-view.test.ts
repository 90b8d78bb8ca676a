import { expect } from 'chai';
import '../../src/ui/views/device-view.ts';
import { brokenWrite } from '../../src/ui/views/device/broken-write.ts';
import type { DeviceView } from '../../src/ui/views/device-view.ts';
import { withoutFirmware } from '../../src/app/usb/stale-answer.ts';
import { FilesEvent } from '../../src/ui/files-event.ts';
import { parseLog } from '../../src/ui/views/device/device-log.ts';
import {
  NOW,
  SHA_110,
  confirmedJob,
  deviceInfo,
  deviceState,
  firmwareRecord,
  historyEntry,
  updateJob,
  updatedInfo,
} from '../doubles/fixtures.ts';
import { allByRole, byRole, clickOn, expectAccessible, findByRole, mount, typeInto, unmountAll, until } from '../doubles/mount.ts';
import { makeKey } from '../core/trust/keys-for-tests.ts';
import { HeldKeys } from '../doubles/held-keys.ts';
import { demoServices, withTrust, type FakeServices } from '../doubles/services.ts';

function open(services: FakeServices, id = 'esp32-ota'): DeviceView {
  const view = document.createElement('ot-device-view');
  view.services = services;
  view.route = { view: 'device', id };
  return mount(view, { in: 'main' });
}

const signedIn = { state: 'signed-in', mustChange: true, expiresAt: Date.now() + 300_000 } as const;

describe('<ot-device-view>', () => {
  beforeEach(() => (location.hash = ''));
  afterEach(() => {
    unmountAll();
    location.hash = '';
  });

  it('says who the device is, draws it, and has one heading of the first level and one filled key', async () => {
    const { services, session } = demoServices();
    const view = open(services);
    await findByRole('heading', 'esp32-ota');
    await until(() => /Nothing happened/.test(view.textContent), 'the history');
    expect(view.textContent).to.include('Online').and.include('24:0a:c4:5e:8a:10').and.include('greenhouse-node');
    expect(view.querySelectorAll('h1')).to.have.length(1);
    expect(view.querySelectorAll('.key-go')).to.have.length(1);
    expect(document.querySelectorAll('[role=img][aria-label^="Slot A, ota_0"]')).to.have.length(1);
    expect(session.watchers).to.equal(1);
    await expectAccessible();
    view.remove();
    expect(session.watchers).to.equal(0);
  });

  it('says that the chip is in its boot loader, leads to the cable, and shows nothing as running', async () => {
    const { services, session } = demoServices();
    const view = open(services);
    await findByRole('heading', 'Vitals');
    expect(view.textContent).to.include('Running');
    session.change({ link: 'boot-loader', cable: 'virtual:esp32-ota', seenAt: NOW });
    const link = await findByRole('link', 'Go to its cable');
    expect(link.getAttribute('href')).to.equal('#/usb/virtual%3Aesp32-ota');
    const words = view.textContent.replace(/\s+/g, ' ');
    expect(words).to.include('In its boot loader, by cable').and.include('last known').and.include('Ran, last known');
    expect(words).to.not.match(/Running|Restarting/);
    expect(view.querySelector('.tray[data-as=run], .tag[data-as=run]')).to.equal(null);
    expect(view.querySelector('ot-device-vitals')!.textContent).to.include('last known');
    await expectAccessible();
    const { cable: _let_go, ...free } = session.state.value;
    session.state.set({ ...free, link: 'online' });
    await until(() => !byRole('link', 'Go to its cable'), 'the end of it');
    expect(view.textContent).to.not.include('last known');
  });

  it('knows nothing as last known of a board that never answered', async () => {
    const { services, session } = demoServices();
    const view = open(services);
    await findByRole('heading', 'Vitals');
    const { info: _info, record, ...rest } = session.state.value;
    const { lastInfo: _last, ...fresh } = record;
    session.state.set({ ...rest, record: fresh, link: 'boot-loader' });
    await until(() => view.textContent.includes('firmware not known'), 'the head');
    expect(view.textContent).to.not.include('last known').and.not.include('reading its firmware');
  });

  it('says that a write by cable broke off, until something else was written over it', async () => {
    const { services, session } = demoServices();
    const ranges = [{ offset: 0x10000, length: 0x20000 }];
    const broken = historyEntry({ id: 'a', at: NOW - 60_000, act: 'flash', outcome: 'stopped', ranges });
    services.devices.histories.set('esp32-ota', [broken]);
    const view = open(services);
    await findByRole('heading', 'Vitals');
    session.change({ link: 'not-starting' });
    await until(() => view.querySelector('ot-silence-strip')?.textContent?.includes('broke off half-way'), 'the broken write');
    const elsewhere = historyEntry({ ...broken, id: 'b', at: NOW, outcome: 'done', ranges: [{ offset: 0x200000, length: 0x1000 }] });
    expect(brokenWrite([elsewhere, broken])).to.equal(broken);
    expect(brokenWrite([{ ...elsewhere, ranges: [{ offset: 0, length: 0x400000 }] }, broken])).to.equal(undefined);
    expect(brokenWrite([{ ...elsewhere, act: 'factory-reset', ranges: [] }, broken])).to.equal(undefined);
  });

  it('says nothing of a flash that a cable changed since it answered', async () => {
    const { services, session } = demoServices();
    const view = open(services);
    session.change({ info: updatedInfo(), link: 'not-starting', seenAt: NOW });
    await until(() => /last known/.test(view.textContent), 'what it said');
    session.change({ info: withoutFirmware(updatedInfo()) });
    await until(() => /firmware not known/.test(view.textContent), 'that nobody knows');
    expect(view.textContent)
      .to.match(/24:0a:c4/)
      .and.not.match(/last known|1\.[01]\.0|does not tell its slots|Switch to|lies in/);
    expect(view.querySelector('ot-slots, ot-flash')).to.equal(null);
    await expectAccessible();
  });

  it('says that a board does not start, and that one that is silent does not answer', async () => {
    const { services, session } = demoServices();
    const view = open(services);
    session.change({ link: 'not-starting' });
    expect((await findByRole('link', 'Open by cable')).getAttribute('href')).to.equal('#/usb/virtual%3Aesp32-ota');
    expect(view.querySelector('.head')!.textContent).to.include('Does not start');
    session.change({ link: 'unreachable', problem: { code: 'TIMEOUT', message: '', details: {} } });
    await until(() => view.querySelector('.head')!.textContent.includes('Does not answer'), 'the silence');
  });

  it('proposes the demo firmware while the library holds nothing newer, and leads to the pre-flight', async () => {
    const { services } = demoServices();
    open(services);
    await clickOn('button', 'Look at greenhouse-node 1.1.0');
    await until(() => location.hash === `#/devices/esp32-ota/update/${SHA_110}`, 'the pre-flight');
    expect(services.called('addDemo')).to.deep.equal([['greenhouse-node-1.1.0.bin']]);
  });

  it('proposes what is newer in the library instead, and nothing once it runs', async () => {
    const { services, session } = demoServices();
    services.library.put(firmwareRecord());
    open(services);
    const link = await findByRole('link', 'Look at greenhouse-node 1.1.0');
    expect(link.getAttribute('href')).to.equal(`#/devices/esp32-ota/update/${SHA_110}`);
    session.change({ info: updatedInfo() });
    await until(() => !byRole('link', /Look at/), 'the proposal to go');
    expect((await findByRole('button', 'Choose firmware')).classList.contains('key-go')).to.equal(true);
  });

  it('tells the password of a virtual board', async () => {
    const { services } = demoServices();
    const view = open(services);
    await until(() => /password admin123, and takes updates with it/.test(view.textContent.replace(/\s+/g, ' ')), 'the password');
  });

  it('restarts after signing in, and asks nobody who is signed in', async () => {
    const { services, session } = demoServices();
    open(services);
    await clickOn('button', 'Restart');
    await clickOn('button', 'Sign in and restart');
    await until(() => services.called('reboot').length === 1, 'the restart');
    session.change({ auth: signedIn });
    await clickOn('button', 'Restart');
    await until(() => services.called('reboot').length === 2, 'the second restart');
  });

  it('offers the way back by version when there is one', async () => {
    const { services } = demoServices(deviceState({ info: updatedInfo(), auth: signedIn }));
    open(services);
    await clickOn('button', 'Roll back to 1.0.0');
    await until(() => services.called('rollback').length === 1, 'the rollback');
  });

  it('hides the way back while the other slot is empty', async () => {
    const { services } = demoServices();
    open(services);
    await findByRole('button', 'Restart');
    expect(byRole('button', /Roll back/)).to.equal(undefined);
  });

  it('has a menu for the keyboard: arrows move, Escape returns to its key', async () => {
    const { services } = demoServices();
    open(services);
    const key = await findByRole('button', 'More actions');
    key.click();
    const items = await until(() => (allByRole('menuitem').length > 3 ? allByRole('menuitem') : undefined), 'the menu');
    await until(() => document.activeElement === items[0], 'the focus in the menu');
    await expectAccessible();
    items[0]!.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }));
    expect(document.activeElement).to.equal(items.at(-1));
    items.at(-1)!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    await until(() => !byRole('menuitem'), 'the menu to close');
    expect(document.activeElement).to.equal(key);
  });

  it('renames through the menu', async () => {
    const { services } = demoServices();
    open(services);
    await clickOn('button', 'More actions');
    await clickOn('menuitem', 'Rename');
    const field = await findByRole('textbox', 'Name');
    await expectAccessible(await findByRole('dialog', 'Rename esp32-ota'));
    typeInto(field, 'north bench');
    await clickOn('button', 'Rename');
    await findByRole('heading', 'north bench');
    expect(services.called('rename')).to.deep.equal([['esp32-ota', 'north bench']]);
  });

  it('resets to the factory state only after a second yes', async () => {
    const { services } = demoServices();
    open(services);
    const ask = async () => {
      await clickOn('button', 'More actions');
      await clickOn('menuitem', 'Factory reset');
    };
    await ask();
    await clickOn('button', 'Cancel');
    await until(() => !byRole('dialog'), 'the dialog to close');
    expect(services.called('factoryReset')).to.deep.equal([]);
    await ask();
    await expectAccessible(await findByRole('dialog'));
    await clickOn('button', 'Reset esp32-ota');
    await until(() => services.called('factoryReset').length === 1, 'the reset');
  });

  it('says which faults are armed, and clears all of them at the bench', async () => {
    const { services } = demoServices();
    services.bench.settings = { ...services.bench.settings, cutAfterBytes: 400_000, fullSlot: true };
    const view = open(services);
    const isArmed = () => /Faults armed:/.test(view.textContent);
    await until(isArmed, 'the armed faults');
    expect(view.querySelector('ot-bench-faults')?.textContent).to.match(/after 400.000 bytes; there is no room/);
    await clickOn('button', 'Open the bench');
    await clickOn('button', 'Clear all faults');
    await until(() => !isArmed(), 'the line to go');
    expect(services.bench.settings).to.include({ cutAfterBytes: 0, fullSlot: false, bytesPerSecond: 300_000 });
  });

  it('sets faults on the bench of a virtual board', async () => {
    const { services } = demoServices();
    open(services);
    await clickOn('button', 'More actions');
    await clickOn('menuitem', 'Bench and faults');
    const faults = await until(() => document.querySelector<HTMLDetailsElement>('ot-bench-dialog details'), 'the faults');
    faults.querySelector('summary')!.click();
    const field = await findByRole('textbox', 'Cut the power at this flash operation');
    await expectAccessible(await findByRole('dialog', 'Bench of esp32-ota'));
    typeInto(field, '120');
    await clickOn('button', 'Set the bench');
    await until(() => services.called('bench').length === 1, 'the bench to be set');
    expect(services.called('bench')[0]?.[1]).to.include({
      powerCutAtOperation: 120,
      cutAfterBytes: 0,
      bytesPerSecond: 300_000,
      acceptsDefaultPassword: true,
    });
  });

  it('reads the log once signed in', async () => {
    const { services } = demoServices();
    open(services);
    await clickOn('button', 'Sign in to read it');
    await clickOn('button', 'Sign in');
    await until(() => /2nd stage bootloader/.test(document.querySelector('[role=log]')?.textContent ?? ''), 'the log');
    await expectAccessible();
  });

  it('lets a quick hand sign in before the device answered for the first time, and asks once', async () => {
    const { services } = demoServices(deviceState({ link: 'connecting' }));
    open(services);
    const key = await findByRole('button', 'Sign in to read it');
    key.click();
    key.click();
    await findByRole('dialog', 'esp32-ota asks who you are');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(document.querySelectorAll('dialog')).to.have.length(1);
  });

  it('changes the password of someone who is signed in', async () => {
    const { services, session } = demoServices();
    open(services);
    await clickOn('button', 'More actions');
    expect(byRole('menuitem', 'Change password')).to.equal(undefined);
    session.change({ auth: signedIn });
    await clickOn('menuitem', 'Change password');
    const field = await findByRole('textbox', 'New password');
    await until(() => document.activeElement === field, 'the focus in the field');
    const dialog = await findByRole('dialog', 'A new password for esp32-ota');
    expect(dialog.textContent).to.not.contain('default one. Choose');
    await expectAccessible(dialog);
    typeInto(field, 'long enough 1');
    typeInto(await findByRole('textbox', 'The same again'), 'long enough 1');
    await clickOn('button', 'Change password');
    await until(() => services.called('changePassword').length === 1, 'the new password');
  });

  it('does not cut an update short: what would is refused, with the reason', async () => {
    const { services } = demoServices(deviceState({ auth: signedIn }));
    services.updates.setJob(updateJob());
    open(services);
    expect((await findByRole('button', /^Restart/)).title).to.equal('An update is under way.');
    await clickOn('button', 'More actions');
    const reset = await findByRole('menuitem', /^Factory reset/);
    reset.click();
    expect(reset.textContent).to.contain('An update is under way.');
    expect((await findByRole('menuitem', /^Sign out/)).getAttribute('aria-disabled')).to.equal('true');
    expect((await findByRole('menuitem', 'Bench and faults')).hasAttribute('aria-disabled')).to.equal(false);
    expect(byRole('dialog')).to.equal(undefined);
  });

  it('calls the way to a newer firmware in the other slot a switch, in the keys and in the history', async () => {
    const back = updatedInfo();
    const [a, b] = back.slots!;
    const { services } = demoServices(deviceState({ info: { ...back, version: a!.version, running: a!.label }, auth: signedIn }));
    services.devices.setHistory('esp32-ota', [
      historyEntry({ id: 'h2', act: 'rollback', fromVersion: '1.1.0', toVersion: '1.0.0', slot: a!.label, at: 2_000 }),
      historyEntry({ toVersion: '1.1.0', slot: b!.label, at: 1_000 }),
    ]);
    open(services);
    await until(() => allByRole('button', 'Switch to 1.1.0').length === 3, 'the keys of head, proposal and history');
    expect(byRole('button', /Roll back/)).to.equal(undefined);
    expect(document.querySelector('.key-go')?.textContent.trim(), 'nothing has to be written').to.equal('Switch to 1.1.0');
  });

  it('installs an earlier firmware again from the history', async () => {
    const { services } = demoServices(deviceState({ info: deviceInfo() }));
    services.library.put(firmwareRecord());
    services.devices.setHistory('esp32-ota', [
      historyEntry({ id: 'h2', toVersion: '1.0.0', sha256: 'ee'.repeat(32), slot: 'ota_0' }),
      historyEntry(),
    ]);
    open(services);
    await clickOn('button', 'Install 1.1.0 again');
    await until(() => location.hash.endsWith(`/update/${SHA_110}`), 'the pre-flight');
    expect(byRole('button', 'Install 1.0.0 again'), 'bytes that are gone').to.equal(undefined);
  });

  it('says why it is not reachable, with the remedy and a code to copy', async () => {
    const problem = { code: 'NETWORK_UNREACHABLE_OR_CORS', message: 'x', details: {} };
    const { services } = demoServices(deviceState({ link: 'unreachable', problem }));
    open(services);
    const alert = await findByRole('alert');
    await until(() => /CORS/.test(alert.textContent), 'the words');
    expect(alert.textContent).to.include('NETWORK_UNREACHABLE_OR_CORS');
    expect((await findByRole('button', /^Restart/)).getAttribute('aria-disabled')).to.equal('true');
    await expectAccessible();
  });

  it('shows the way to an update that runs', async () => {
    const { services } = demoServices();
    services.updates.setJob(updateJob());
    open(services);
    expect((await findByRole('link', 'Watch it')).getAttribute('href')).to.equal('#/devices/esp32-ota/job');
  });

  it('says of a change of slots what happens, then what came of it, and nothing of the update before', async () => {
    const { services, session } = demoServices(deviceState({ info: updatedInfo(), auth: signedIn }));
    services.updates.setJob(confirmedJob());
    open(services);
    const strip = await findByRole('region', 'Newest update');
    await until(() => strip.textContent.includes('Last update: 1.0.0 to 1.1.0'), 'the update');
    const slotSwitch = { startedAt: NOW + 60_000, fromVersion: '1.1.0', toVersion: '1.0.0', slot: 'ota_0' };
    session.change({ slotSwitch: { ...slotSwitch, outcome: 'running' } });
    await until(() => strip.textContent.includes('Going back to 1.0.0…'), 'what happens');
    expect((await findByRole('button', /^Restart/)).getAttribute('aria-disabled')).to.equal('true');
    session.change({ slotSwitch: { ...slotSwitch, outcome: 'confirmed', endedAt: NOW + 65_000 } });
    await until(() => strip.textContent.includes('Gone back to 1.0.0 by hand: it started from ota_0 and is confirmed'), 'the end');
    expect(strip.textContent).to.not.include('Last update');
  });

  it('names a device that is not there', async () => {
    const { services } = demoServices();
    open(services, 'gone');
    await until(() => /No such device/.test(byRole('alert')?.textContent ?? ''), 'the words');
    expect(await findByRole('link', 'Go to the devices')).to.not.equal(undefined);
  });

  it('hands chosen files to whoever takes them in', async () => {
    const { services } = demoServices();
    const view = open(services);
    await findByRole('button', 'Choose firmware');
    const heard = new Promise<FilesEvent>((resolve) =>
      view.addEventListener(FilesEvent.type, (event) => resolve(event as FilesEvent), { once: true }),
    );
    const input = HTMLInputElement.prototype;
    const click = input.click;
    const file = new File(['x'], 'a.bin');
    input.click = function pick(this: HTMLInputElement) {
      const transfer = new DataTransfer();
      transfer.items.add(file);
      this.files = transfer.files;
      this.dispatchEvent(new Event('change'));
    };
    try {
      await clickOn('button', 'Choose firmware');
      expect((await heard).files[0]?.name).to.equal('a.bin');
    } finally {
      input.click = click;
    }
  });
});

describe('parseLog()', () => {
  it('keeps clock and level of ESP-IDF lines and leaves all others as they are', () => {
    expect(parseLog('I (31) boot: hello\nE (42) ota: bad\n\nets Jun  8 2016\n')).to.deep.equal([
      { atMs: 31, who: 'device', text: 'boot: hello' },
      { atMs: 42, who: 'error', text: 'ota: bad', level: 'fault' },
      { text: '' },
      { text: 'ets Jun  8 2016' },
    ]);
    expect(parseLog('')).to.deep.equal([]);
  });

  it('reads coloured lines, and takes what could turn or break them out', () => {
    expect(parseLog('\u001b[0;31mE (42) ota: bad\u001b[0m\r\na\u202ebc\u0007d\n')).to.deep.equal([
      { atMs: 42, who: 'error', text: 'ota: bad', level: 'fault' },
      { text: 'abcd' },
    ]);
  });
});

describe('<ot-device-guard>', () => {
  beforeEach(() => (location.hash = ''));
  afterEach(() => {
    unmountAll();
    location.hash = '';
  });

  const keyed = async () => {
    const keys = new HeldKeys();
    const keyId = await keys.add('Release 2026', await makeKey('P-256'));
    const { services, session } = demoServices();
    const view = open(withTrust(services, keys));
    const section = await findByRole('region', 'What it takes');
    const box = section.querySelector<HTMLInputElement>('input')!;
    return { keys, keyId, services, session, view, section, box };
  };
  const says = (section: HTMLElement, words: RegExp) => until(() => words.test(section.textContent.replace(/\s+/g, ' ')), String(words));

  it('is set to trusted firmware only: the board gets the keys, and the page says who refuses', async () => {
    const { keyId, services, session, section, box } = await keyed();
    await says(section, /Any firmware that fits.*what a key has signed that greenhouse-node trusts/);
    box.click();
    await until(() => services.bench.settings.trustedKeys.length === 1, 'the key on the board');
    session.change({ info: deviceInfo({ signature_required: true, trusted_keys: [keyId] }) });
    await says(
      section,
      /Otter gives it only what .* trusts, over the air and by cable\. The board verifies for itself, with Release 2026\./,
    );
    expect(box.checked).to.equal(true);
    await expectAccessible();
    box.click();
    await clickOn('button', 'Take any firmware');
    await until(() => services.bench.settings.trustedKeys.length === 0, 'the key to go');
    await until(() => !box.checked, 'the box');
  });

  it('refuses while no key is trusted, says why, and stays as it was', async () => {
    const { keys, keyId, services, box } = await keyed();
    keys.change(keyId, { trusted: false });
    box.click();
    await until(() => /greenhouse-node trusts no key yet/.test(document.querySelector('dialog')?.textContent ?? ''), 'the reason');
    expect(box.checked).to.equal(false);
    expect(services.called('setOnlyTrusted')).to.deep.equal([]);
  });

  it('notices that the board has other keys than its product trusts now, and gives it those', async () => {
    const { keys, keyId, services, session, section, box } = await keyed();
    box.click();
    await until(() => services.bench.settings.trustedKeys.length === 1, 'the key on the board');
    session.change({ info: deviceInfo({ signature_required: true, trusted_keys: [keyId] }) });
    await says(section, /with Release 2026/);
    expect(section.textContent).to.not.include('other keys');
    await keys.add('Release 2027', await makeKey('P-256'));
    await says(section, /The board has other keys than its product trusts now\. It does not have Release 2027 yet\./);
    await clickOn('button', 'Give it the keys of today');
    await until(() => services.bench.settings.trustedKeys.length === 2, 'both keys on the board');
  });

  it('says that a board without a key refuses everything, and what to do: trust a key, then give it that', async () => {
    const { keys, keyId, services, session, section, box } = await keyed();
    box.click();
    await until(() => services.bench.settings.trustedKeys.length === 1, 'the key on the board');
    keys.change(keyId, { status: 'revoked' });
    services.bench.settings = { ...services.bench.settings, trustedKeys: [] };
    session.change({ info: deviceInfo({ signature_required: true, trusted_keys: [] }) });
    await says(section, /has no key: it refuses everything.*The board has no key, and refuses every update\..*trusts no key that counts/);
    expect(section.querySelector('.warn a')?.getAttribute('href')).to.equal('#/keys');
    await expectAccessible();
    await keys.add('Release 2027', await makeKey('P-256'));
    await clickOn('button', 'Give it the keys of today');
    await until(() => services.bench.settings.trustedKeys.length === 1, 'the new key on the board');
  });

  it('shows that a device asks for signatures by itself', async () => {
    const { session, section, box } = await keyed();
    session.change({ info: deviceInfo({ signature_required: true, trusted_keys: [SHA_110] }) });
    await says(section, new RegExp(`Only trusted firmware.*verifies for itself, with the key ${SHA_110.slice(0, 8)}…${SHA_110.slice(-8)}`));
    expect(box.checked).to.equal(false);
  });
});

import { expect } from 'chai';
import '../../src/ui/shell.ts';
import { confirmedJob, firmwareRecord, stagesAt, updateJob } from '../doubles/fixtures.ts';
import { allByRole, byRole, clickOn, expectAccessible, findByRole, typeInto, unmountAll, until } from '../doubles/mount.ts';
import { demoServices, type FakeServices } from '../doubles/services.ts';

const open = (services: FakeServices) => {
  const shell = document.createElement('ot-shell');
  shell.services = services;
  document.body.append(shell);
  return shell;
};
const go = (hash: string) => (location.hash = hash);
const live = () => document.querySelector('ot-live-region [role=status]')?.textContent ?? '';
const pressCtrlK = () =>
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true, cancelable: true }));

describe('<ot-shell>', () => {
  afterEach(() => {
    document.querySelector('ot-shell')?.remove();
    unmountAll();
    go('');
  });

  it('has its landmarks, marks the open drawer, and titles the page', async () => {
    const { services } = demoServices();
    go('#/devices/esp32-ota');
    open(services);
    await findByRole('heading', 'esp32-ota');
    expect(document.querySelector('header nav[aria-label="Main"]')).to.not.equal(null);
    expect(document.querySelectorAll('main')).to.have.length(1);
    expect(byRole('link', 'Devices')?.getAttribute('aria-current')).to.equal('page');
    await until(() => document.title === 'esp32-ota · Otter', 'the title');
    await expectAccessible();
  });

  it('moves the focus to the heading when the view changes, and back at the top', async () => {
    const { services } = demoServices();
    go('#/devices/esp32-ota');
    open(services);
    await findByRole('heading', 'esp32-ota');
    expect(document.activeElement).to.equal(document.body);
    go('#/devices/esp32-ota/job');
    const heading = await findByRole('heading', 'No update to show');
    await until(() => document.activeElement === heading, 'the focus on the heading');
  });

  it('skips to the content without touching the address', async () => {
    const { services } = demoServices();
    go('#/devices/esp32-ota');
    open(services);
    await findByRole('heading', 'esp32-ota');
    await clickOn('link', 'Skip to content');
    expect(document.activeElement?.tagName).to.equal('MAIN');
    expect(location.hash).to.equal('#/devices/esp32-ota');
  });

  it('answers an address that leads nowhere', async () => {
    const { services } = demoServices();
    go('#/nowhere');
    open(services);
    await findByRole('heading', 'Nothing lives at this address');
    await expectAccessible();
  });

  it('tells the truth about working offline', async () => {
    const { services } = demoServices();
    services.shell.offlineReady.set(false);
    go('#/devices/esp32-ota');
    const shell = open(services);
    await until(() => /Getting ready to work offline/.test(shell.textContent), 'the honest note');
    services.shell.offlineReady.set(true);
    await until(() => /Works offline\. Nothing leaves this tab/.test(shell.textContent), 'the note');
    services.shell.online.set(false);
    await until(() => /You are offline/.test(shell.textContent), 'the offline note');
  });

  it('offers a newer Otter, but never while a device is written', async () => {
    const { services } = demoServices();
    go('#/devices/esp32-ota');
    open(services);
    services.updates.setJob(updateJob());
    services.shell.appUpdate.set(true);
    await findByRole('link', /Writing/);
    expect(byRole('button', 'Reload now')).to.equal(undefined);
    services.updates.setJob(confirmedJob());
    await clickOn('button', 'Reload now');
    expect(services.called('applyAppUpdate')).to.have.length(1);
  });

  it('says that a part of Otter is missing, and how to get it, when code does not come', async () => {
    const { services } = demoServices();
    go('#/settings');
    open(services);
    await findByRole('heading', 'Settings');
    const missing = './gone-with-the-last-version.js';
    void import(/* @vite-ignore */ missing);
    const alert = await findByRole('alert');
    expect(alert.textContent).to.match(/A part of Otter could not be loaded\..*newer version replaced it/s);
    await findByRole('button', 'Reload Otter');
    await expectAccessible();
  });

  it('announces stages and ends of a job from any view, and no bytes', async () => {
    const { services } = demoServices();
    go('#/settings/none');
    open(services);
    await findByRole('heading', 'Nothing lives at this address');
    services.updates.setJob(updateJob({ stages: stagesAt('erase') }));
    await until(() => live() === 'Stage 2 of 6, erase: esp32-ota.', 'the first stage');
    services.updates.setJob(updateJob({ stages: stagesAt('write', 4_096) }));
    await until(() => live() === 'Stage 3 of 6, write: esp32-ota.', 'the second stage');
    services.updates.setJob(updateJob({ stages: stagesAt('write', 800_000) }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(live()).to.equal('Stage 3 of 6, write: esp32-ota.');
    services.updates.setJob(confirmedJob());
    await until(() => live() === 'Done. esp32-ota runs 1.1.0, read back and confirmed.', 'the end');
  });
});

describe('The command palette', () => {
  afterEach(() => {
    document.querySelector('ot-shell')?.remove();
    unmountAll();
    go('');
  });

  const start = async () => {
    const { services, session } = demoServices();
    services.library.put(firmwareRecord());
    go('#/devices/esp32-ota');
    open(services);
    await findByRole('heading', 'esp32-ota');
    pressCtrlK();
    const field = await until(() => document.querySelector<HTMLInputElement>('[role=combobox]'), 'the palette');
    await until(() => document.activeElement === field, 'the focus in the field');
    return { services, session, field };
  };
  const press = (field: HTMLElement, key: string) =>
    field.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));

  it('reaches every place, device action and firmware', async () => {
    await start();
    const names = allByRole('option').map((option) => option.textContent.replace(/\s+/g, ' ').trim());
    for (const wanted of [
      /^Devices/,
      /^Firmware/,
      /^Settings/,
      /^esp32-ota/,
      /^Restart: esp32-ota/,
      /^Sign in: esp32-ota/,
      /^Rename: esp32-ota/,
      /^Bench and faults: esp32-ota/,
      /^Factory reset: esp32-ota/,
      /^greenhouse-node 1\.1\.0/,
      /^Hold greenhouse-node 1\.1\.0 against esp32-ota/,
      /^Add a network device/,
      /^Add a virtual board/,
      /^Add a firmware file/,
      /^Export the library/,
      /^Dark/,
    ]) {
      expect(
        names.some((name) => wanted.test(name)),
        String(wanted),
      ).to.equal(true);
    }
    await expectAccessible(await findByRole('dialog'));
  });

  it('finds by words in any order, moves by arrows around the end, and runs by Enter', async () => {
    const { services, field } = await start();
    typeInto(field, 'ota rest');
    await until(
      () => /Restart: esp32-ota/.test(document.querySelector('[role=option][aria-selected=true]')?.textContent ?? ''),
      'the restart',
    );
    press(field, 'ArrowUp');
    await until(() => allByRole('option').at(-1)?.getAttribute('aria-selected') === 'true', 'the last one');
    press(field, 'ArrowDown');
    await until(() => allByRole('option')[0]?.getAttribute('aria-selected') === 'true', 'the first one again');
    expect(document.getElementById(field.getAttribute('aria-activedescendant') ?? '')).to.equal(allByRole('option')[0]);
    press(field, 'Enter');
    await clickOn('button', 'Sign in and restart');
    await until(() => services.called('reboot').length === 1, 'the restart');
  });

  it('goes to a firmware by a click', async () => {
    const { field } = await start();
    typeInto(field, 'hold greenhouse');
    const option = await until(() => allByRole('option').find((entry) => /Hold greenhouse-node/.test(entry.textContent)), 'the entry');
    option.click();
    await findByRole('heading', 'Look before you write');
  });

  it('says when nothing is found, and installs the app only where that is possible', async () => {
    const { services, field } = await start();
    typeInto(field, 'install otter');
    await until(() => /Nothing here is called/.test(document.querySelector('ot-command-palette')?.textContent ?? ''), 'the empty answer');
    await clickOn('button', 'Close');
    services.shell.canInstall.set(true);
    await until(() => !document.querySelector('ot-command-palette'), 'the palette to close');
    pressCtrlK();
    const again = await until(() => document.querySelector<HTMLInputElement>('[role=combobox]'), 'the palette');
    typeInto(again, 'install otter');
    await until(() => allByRole('option').length === 1, 'the entry');
    press(again, 'Enter');
    await until(() => services.called('install').length === 1, 'the installation');
  });
});

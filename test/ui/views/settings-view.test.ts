import { expect } from 'chai';
import { SettingsView } from '../../../src/ui/views/settings-view.ts';
import { byRole, clickOn, expectAccessible, mount, unmountAll, until } from '../../doubles/mount.ts';
import { FakeServices } from '../../doubles/services.ts';

async function open(services = new FakeServices()): Promise<FakeServices> {
  const view = new SettingsView();
  view.services = services;
  mount(view, { in: 'main' });
  await view.updateComplete;
  return services;
}

describe('the settings', () => {
  afterEach(unmountAll);

  it('has one heading, labelled parts and no flaw that axe finds', async () => {
    await open();
    expect(byRole('heading', 'Settings')?.tagName).to.equal('H1');
    for (const name of ['Theme', 'Updates', 'Storage']) expect(byRole('region', name), name).to.not.equal(undefined);
    await expectAccessible();
  });

  it('changes the theme', async () => {
    const services = await open();
    document.querySelector<HTMLInputElement>('input[value=dark]')!.click();
    await until(() => services.settings.value.value.theme === 'dark', 'the theme');
  });

  it('changes how long a device may take to confirm, and keeps a value that is not in the list', async () => {
    const services = new FakeServices();
    await services.settings.change({ confirmTimeoutS: 45 });
    await open(services);
    const select = document.querySelector('select')!;
    expect(select.value).to.equal('45');
    select.value = '120';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await until(() => services.settings.value.value.confirmTimeoutS === 120, 'the time');
  });

  it('offers to install only where the browser can, and says whether it works offline', async () => {
    const services = await open();
    expect(byRole('button', 'Install the app')).to.equal(undefined);
    expect(document.body.textContent).to.contain('Works offline');
    services.shell.canInstall.set(true);
    services.shell.online.set(false);
    await clickOn('button', 'Install the app');
    expect(services.called('install')).to.have.length(1);
    expect(document.body.textContent).to.contain('No network');
  });

  it('does not reload into a newer Otter while a device is written', async () => {
    const services = await open();
    services.shell.appUpdate.set(true);
    services.updates.busy.set(true);
    const key = (await until(() => byRole('button', 'Reload into the newer Otter'), 'the key')) as HTMLButtonElement;
    expect(key.disabled).to.equal(true);
    services.updates.busy.set(false);
    await until(() => !key.disabled, 'the key to wake');
    await clickOn('button', 'Reload into the newer Otter');
    expect(services.called('applyAppUpdate')).to.have.length(1);
  });
});

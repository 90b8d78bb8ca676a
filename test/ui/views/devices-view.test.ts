import { expect } from 'chai';
import '../../../src/ui/live-region.ts';
import { DevicesView } from '../../../src/ui/views/devices-view.ts';
import { deviceInfo, deviceRecord, deviceState, firmwareRecord, NOW, SHA_110 } from '../../doubles/fixtures.ts';
import { allByRole, byRole, clickOn, expectAccessible, findByRole, mount, typeInto, unmountAll, until } from '../../doubles/mount.ts';
import { demoServices, FakeError, type FakeServices } from '../../doubles/services.ts';

const HOSTILE = '<img src=x onerror="window.__hostile = true">';

async function open(services: FakeServices): Promise<DevicesView> {
  const view = new DevicesView();
  view.services = services;
  view.route = { view: 'devices' };
  mount(view, { in: 'main' });
  mount(document.createElement('ot-live-region'));
  await view.updateComplete;
  return view;
}

const networkState = (id: string, name = id) =>
  deviceState({
    record: deviceRecord({ id, name, kind: 'network', baseUrl: 'http://192.168.1.42/', lastSeenAt: NOW, lastInfo: deviceInfo() }),
  });

describe('the devices view', () => {
  beforeEach(() => history.replaceState(null, '', '#/devices'));
  afterEach(() => {
    unmountAll();
    history.replaceState(null, '', ' ');
  });

  it('greets a first visit with three doors, one filled key, and what happens to a firmware', async () => {
    await open(demoServices().services);
    expect(byRole('heading', 'Put a board on the bench')?.tagName).to.equal('H1');
    expect(byRole('link', 'Open the virtual board')?.getAttribute('href')).to.equal('#/devices/esp32-ota');
    expect(document.querySelectorAll('.key-go')).to.have.length(1);
    expect(allByRole('heading').filter((each) => each.tagName === 'H3')).to.have.length(5);
    await until(() => document.querySelector('.lamp')?.textContent.includes('Ready'), 'the lamp');
    expect((await findByRole('link', 'Connect by USB')).getAttribute('href')).to.equal('#/usb');
    await expectAccessible();
  });

  it('offers the door before the list of devices has been read', async () => {
    const { services } = demoServices();
    services.devices.records.set(undefined);
    await open(services);
    expect(byRole('link', 'Open the virtual board')?.getAttribute('href')).to.equal('#/devices/esp32-ota');
  });

  it('shows several devices with lamp, version and slots, and proposes only a newer firmware', async () => {
    const { services } = demoServices();
    services.devices.put(networkState('workshop-7'));
    services.library.put(firmwareRecord());
    await open(services);
    expect(byRole('heading', 'Devices')?.tagName).to.equal('H1');
    const update = await findByRole('link', /^Update to 1\.1\.0: workshop-7/);
    expect(update.getAttribute('href')).to.equal(`#/devices/workshop-7/update/${SHA_110}`);
    expect(document.querySelectorAll('.key-go').length).to.be.at.most(1);
    expect(document.querySelectorAll('.mini-ab')).to.have.length(2);
    await expectAccessible();
  });

  it('says of a board in its boot loader where it can be reached, and shows its version as last known', async () => {
    const { services, session } = demoServices();
    await open(services);
    session.change({ link: 'boot-loader', cable: 'virtual:esp32-ota', seenAt: NOW });
    expect((await findByRole('link', 'By cable')).getAttribute('href')).to.equal('#/usb/virtual%3Aesp32-ota');
    expect(document.body.textContent).to.include('In its boot loader, by cable').and.include('last known');
    services.devices.put(networkState('workshop-7'));
    await findByRole('heading', 'Devices');
    const link = await findByRole('link', /^By cable: esp32-ota/);
    expect(link.getAttribute('href')).to.equal('#/usb/virtual%3Aesp32-ota');
    expect(document.querySelectorAll('.mini-ab')[0]!.textContent).to.not.include('runs');
  });

  it('does not promise a chooser where the browser has none', async () => {
    const { services } = demoServices();
    services.usb.support = 'no-web-serial';
    await open(services);
    expect(document.body.textContent).to.include('This browser has no Web Serial').and.not.include('Your browser asks which one');
  });

  it('says since when a device is silent, and watches a job instead of proposing another', async () => {
    const { services } = demoServices();
    const silent = services.devices.put(networkState('door'));
    silent.change({ link: 'unreachable' });
    await open(services);
    await until(() => document.body.textContent.includes('Last seen'), 'the silence');
  });

  it('searches when there are many, and says how many are left', async () => {
    const { services } = demoServices();
    for (let at = 0; at < 8; at += 1) services.devices.put(networkState(`node-${at}`));
    await open(services);
    typeInto(document.querySelector<HTMLInputElement>('#device-search')!, 'node-3');
    await until(() => document.querySelectorAll('ot-device-card').length === 1, 'one card');
    expect(byRole('status', '1 device found')).to.not.equal(undefined);
    typeInto(document.querySelector<HTMLInputElement>('#device-search')!, 'nobody');
    await until(() => document.body.textContent.includes('No device matches'), 'the sentence');
  });

  it('shows hostile names as the text they are', async () => {
    const { services } = demoServices();
    services.devices.put(networkState('hostile', HOSTILE));
    await open(services);
    await findByRole('link', HOSTILE);
    expect(document.querySelector('.main img')).to.equal(null);
  });
});

describe('adding a device', () => {
  beforeEach(() => history.replaceState(null, '', '#/devices'));
  afterEach(() => {
    unmountAll();
    history.replaceState(null, '', ' ');
  });

  it('refuses a wrong address with the sentence that mends it, and goes on with a right one', async () => {
    const { services } = demoServices();
    await open(services);
    await clickOn('button', 'Add network device');
    await findByRole('dialog', 'Add a network device');
    await expectAccessible();
    const address = await findByRole('textbox', 'Address');
    expect(document.activeElement).to.equal(address);
    typeInto(address, '192.168.1.420');
    expect(address.getAttribute('aria-invalid'), 'no complaint while typing').to.equal(null);
    await clickOn('button', 'Add device');
    await until(() => document.body.textContent.includes('Not an address: 420 is more than 255.'), 'the fault');
    expect(address.getAttribute('aria-invalid')).to.equal('true');
    await expectAccessible();
    typeInto(address, '192.168.1.42');
    await until(() => !address.hasAttribute('aria-invalid'), 'the fault to go');
    await clickOn('button', 'Add device');
    await until(() => location.hash === '#/devices/192.168.1.42', 'the page of the device');
    expect(services.called('addNetwork')).to.deep.equal([['http://192.168.1.42/', '192.168.1.42']]);
  });

  it('keeps what was typed when the device does not answer, and says why', async () => {
    const { services } = demoServices();
    services.devices.addNetwork = () => Promise.reject(new FakeError('CORS_BLOCKED'));
    await open(services);
    await clickOn('button', 'Add network device');
    const address = await findByRole('textbox', 'Address');
    typeInto(address, 'greenhouse.local');
    await clickOn('button', 'Add device');
    await until(() => document.querySelector('dialog [role=alert]')?.textContent.includes('CORS'), 'the reason');
    expect((address as HTMLInputElement).value).to.equal('greenhouse.local');
    await expectAccessible();
  });

  it('gives the focus back when it is dismissed', async () => {
    await open(demoServices().services);
    const key = await findByRole('button', 'Add network device');
    key.focus();
    key.click();
    await findByRole('dialog');
    await clickOn('button', 'Cancel');
    await until(() => document.activeElement === key, 'the focus to come back');
  });

  it('adds another virtual board under a name that is free', async () => {
    const { services } = demoServices();
    await open(services);
    await clickOn('button', 'Add another');
    await findByRole('dialog', 'Add a virtual board');
    await expectAccessible();
    expect((byRole('textbox', 'Name') as HTMLInputElement).value).to.equal('bench-2');
    typeInto(await findByRole('textbox', 'Name'), ' ');
    await clickOn('button', 'Add board');
    await until(() => document.body.textContent.includes('Give it a name'), 'the fault');
    typeInto(await findByRole('textbox', 'Name'), 'ESP32-OTA');
    await until(() => document.body.textContent.includes('Another device has this name already'), 'the hint');
    typeInto(await findByRole('textbox', 'Name'), 'attic');
    await until(() => !document.body.textContent.includes('Another device has this name already'), 'the hint to go');
    const select = (id: string, value: string) => (document.querySelector<HTMLSelectElement>(id)!.value = value);
    select('#virtual-chip', 'ESP32-C3');
    select('#virtual-flash', '8');
    await clickOn('button', 'Add board');
    await until(() => location.hash === '#/devices/attic', 'the page of the board');
    expect(services.called('addVirtual')).to.deep.equal([['attic', { chip: 'ESP32-C3', flashSizeMb: 8 }]]);
  });
});

import { expect } from 'chai';
import type { FirmwareRecord } from '../../../src/app/model.ts';
import { Subject } from '../../../src/app/observable.ts';
import type { TrustServices } from '../../../src/app/trust/services.ts';
import { readTags } from '../../../src/ui/dialogs/edit-firmware-dialog.ts';
import type { RouteOf } from '../../../src/ui/router.ts';
import '../../../src/ui/live-region.ts';
import { FirmwareView } from '../../../src/ui/views/firmware-view.ts';
import { deviceRecord, deviceState, firmwareRecord, firmwareReport, SHA_100, SHA_110, updatedInfo } from '../../doubles/fixtures.ts';
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
import { ReleaseDesk } from '../../doubles/release-desk.ts';
import { ReleaseHost } from '../../doubles/release-host.ts';
import { FakeError, FakeServices } from '../../doubles/services.ts';

const HOSTILE = '<img src=x onerror="window.__hostile = true"><script>window.__hostile = true</script>';

function library(...records: readonly FirmwareRecord[]): FakeServices {
  const services = new FakeServices();
  services.devices.put(deviceState({ record: deviceRecord({ lastInfo: updatedInfo() }), info: updatedInfo() }));
  for (const record of records.toReversed()) services.library.put(record, firmwareReport({ sha256: record.sha256 }));
  return services;
}

const release100 = firmwareRecord({ sha256: SHA_100, version: '1.0.0', size: 926_208 });
const release110 = firmwareRecord();

async function open(services: FakeServices, route: RouteOf<'firmware'> = { view: 'firmware' }): Promise<FirmwareView> {
  const view = new FirmwareView();
  view.services = services;
  view.route = route;
  mount(view, { in: 'main' });
  mount(document.createElement('ot-live-region'));
  await view.updateComplete;
  return view;
}

const searchField = (): HTMLInputElement => document.querySelector<HTMLInputElement>('#shelf-search')!;
const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('a.release')];

describe('the firmware library', () => {
  beforeEach(() => history.replaceState(null, '', '#/firmware'));
  afterEach(() => {
    unmountAll();
    history.replaceState(null, '', ' ');
  });

  it('teaches when it is empty: one key, and firmware to rehearse with its purpose', async () => {
    await open(library());
    expect(byRole('heading', 'No firmware yet')).to.not.equal(undefined);
    expect(byRole('button', 'Add firmware')).to.not.equal(undefined);
    expect(document.body.textContent).to.contain('A good update.');
    await expectAccessible();
  });

  it('takes a demo into the library and opens it', async () => {
    const services = library();
    await open(services);
    await clickOn('button', 'Take greenhouse-node 1.1.0');
    await until(() => location.hash === `#/firmware/${SHA_110}`, 'the demo to open');
    expect(services.called('addDemo')).to.deep.equal([['greenhouse-node-1.1.0.bin']]);
  });

  it('says why a demo could not be fetched', async () => {
    const services = library();
    services.library.nextError = new FakeError('DEMO_UNAVAILABLE');
    await open(services);
    await clickOn('button', 'Take greenhouse-node 1.1.0');
    const alert = await until(() => allByRole('alert').find((each) => each.textContent.includes('DEMO_UNAVAILABLE')), 'the refusal');
    expect(alert.textContent.length).to.be.greaterThan(30);
  });

  for (const [kind, isFirst] of [
    ['app', false],
    ['merged', true],
    ['uf2', true],
  ] as const) {
    it(`offers the cable for what is of kind ${kind}`, async () => {
      await open(library(firmwareRecord({ kind })), { view: 'firmware', sha256: SHA_110 });
      const link = await findByRole('link', 'Write by cable');
      expect(link.getAttribute('href')).to.equal(`#/usb?firmware=${SHA_110}`);
      expect(link.classList.contains('key-go')).to.equal(isFirst);
      expect(document.querySelectorAll('.key-go')).to.have.length(1);
      await expectAccessible();
    });
  }

  it('offers no cable for what no chip would start', async () => {
    await open(library(firmwareRecord({ intact: false })), { view: 'firmware', sha256: SHA_110 });
    await findByRole('button', 'Export');
    expect(byRole('link', 'Write by cable')).to.equal(undefined);
  });

  it('lists releases by project with size and where they run', async () => {
    await open(library(release110, release100));
    const links = allByRole('link', /^greenhouse-node/);
    expect(links.map((link) => nameOf(link))).to.have.length(2);
    expect(links[0]?.textContent).to.contain('1.1.0').and.to.contain('912.0 KB').and.to.contain('runs on esp32-ota');
    expect(links[1]?.textContent).to.contain('in 1 slot');
    await expectAccessible();
  });

  it('says which one came as a signed release, by whom, and asks nobody where none did', async () => {
    const desk = new ReleaseDesk();
    const host = await ReleaseHost.open();
    const visit = await desk.visit(host);
    await visit.confirm('Garden');
    const { sha256 } = (await visit.accept(visit.state.value.offers[0]!.entry))!;
    let asked = 0;
    const signatures = { version: new Subject(0) };
    const trust = async () => (asked++, { releases: desk.releases, signatures } as unknown as TrustServices);
    await open(Object.assign(library(release100, release110), { trust }));
    await until(() => rows().length === 2);
    expect(asked).to.equal(0);
    unmountAll();

    const taken = firmwareRecord({ sha256, version: '1.2.0', source: { kind: 'release', detail: 'greenhouse 1.2.0 of Garden' } });
    await open(Object.assign(library(release110, taken), { trust }));
    await until(() => document.body.textContent.includes('signed release 12'));
    const [row] = rows().filter(({ textContent }) => textContent.includes('signed release'));
    expect(row?.getAttribute('href')).to.equal(`#/firmware/${sha256}`);
    expect(row?.querySelector('[title]')?.getAttribute('title')).to.equal('greenhouse 1.2.0, number 12, by Garden');
    await expectAccessible();

    await desk.releases.forgetRoot(desk.releases.roots.value![0]!.id);
    await until(() => !document.body.textContent.includes('signed release 12'));
  });

  it('opens a release with film, fingerprints, where it is and one filled key', async () => {
    const services = library(release110, release100);
    await open(services, { view: 'firmware', sha256: SHA_110 });
    await findByRole('region', /^X-ray/);
    expect(allByRole('heading', 'Firmware').filter((each) => each.tagName === 'H1')).to.have.length(1);
    for (const name of ['Fingerprints', 'Where it is', 'Where it was installed'])
      expect(byRole('region', name), name).to.not.equal(undefined);
    expect(document.querySelectorAll('.key-go')).to.have.length(1);
    expect(byRole('button', 'Write to esp32-ota')).to.not.equal(undefined);
    await expectAccessible();
  });

  it('holds a release against the one before it', async () => {
    const services = library(release110, release100, firmwareRecord({ sha256: 'b'.repeat(64), version: '1.0.5', intact: false }));
    await open(services, { view: 'firmware', sha256: SHA_110 });
    const against = await findByRole('region', 'Against 1.0.0');
    expect(against.querySelector('a')?.getAttribute('href')).to.equal(`#/firmware/compare/${SHA_100}/${SHA_110}`);
    expect(against.querySelectorAll('tbody tr')).to.have.length(4);
    await expectAccessible();
  });

  it('leads to the pre-flight of the only device, and asks which one when there are several', async () => {
    const services = library(release110);
    const view = await open(services, { view: 'firmware', sha256: SHA_110 });
    await clickOn('button', 'Write to esp32-ota');
    expect(location.hash).to.equal(`#/devices/esp32-ota/update/${SHA_110}`);
    services.devices.put(
      deviceState({ record: deviceRecord({ id: 'w7', name: 'workshop-7', kind: 'network', baseUrl: 'http://10.0.0.7/' }) }),
    );
    await view.updateComplete;
    await clickOn('button', 'Write to a device');
    await findByRole('dialog', 'Which device?');
    await expectAccessible();
    await clickOn('button', /^workshop-7/);
    await until(() => location.hash === `#/devices/w7/update/${SHA_110}`, 'the pre-flight');
  });

  it('offers no writing for what cannot go over the air, and says why', async () => {
    const record = firmwareRecord({ kind: 'partition-table', name: '', version: '', fileName: 'partitions.bin' });
    await open(library(record), { view: 'firmware', sha256: SHA_110 });
    await findByRole('heading', /partitions\.bin/);
    expect(byRole('button', /^Write/)).to.equal(undefined);
    expect(document.body.textContent).to.contain('A partition table is written by cable');
  });

  it('says that a firmware is damaged, in the list and where it lies open, and promises no writing', async () => {
    const services = library(firmwareRecord({ intact: false }), release100);
    await open(services, { view: 'firmware', sha256: SHA_110 });
    await findByRole('heading', /1\.1\.0/);
    expect(rows()[0]?.textContent).to.contain('Damaged');
    expect(document.querySelector('ot-release .fault')?.textContent).to.contain('No boot loader would start it');
    expect(byRole('button', /^Write/)).to.equal(undefined);
    await clickOn('button', 'Check against esp32-ota');
    await until(() => location.hash === `#/devices/esp32-ota/update/${SHA_110}`, 'the pre-flight');
  });

  it('asks for the version when the file does not say it for sure', async () => {
    const services = library();
    const record = firmwareRecord({ versionCertain: false });
    services.library.put(record, {
      ...firmwareReport({ sha256: SHA_110 }),
      proposedVersions: [
        { version: '2.0.17', from: 'descriptor', certain: false },
        { version: '0.3', from: 'file-name', certain: false },
      ],
    });
    await open(services, { view: 'firmware', sha256: SHA_110 });
    await findByRole('heading', 'Which version is it?');
    await expectAccessible();
    await clickOn('button', /^0\.3/);
    expect(services.called('edit')).to.deep.equal([[SHA_110, { version: '0.3' }]]);
  });

  it('edits name, version, tags and notes, and sends only what changed', async () => {
    const services = library(release110);
    await open(services, { view: 'firmware', sha256: SHA_110 });
    await clickOn('button', 'Edit');
    await findByRole('dialog', 'Name and notes');
    await expectAccessible();
    typeInto(await findByRole('textbox', /^Tags/), 'beta, corridor , beta');
    typeInto(await findByRole('textbox', 'Notes'), HOSTILE);
    await clickOn('button', 'Save');
    await until(() => !byRole('dialog'), 'the dialog to close');
    expect(services.called('edit')).to.deep.equal([[SHA_110, { notes: HOSTILE, tags: ['beta', 'corridor'] }]]);
  });

  it('shows hostile names, notes, tags and file names as the text they are', async () => {
    const hostile = firmwareRecord({
      name: HOSTILE,
      version: HOSTILE,
      notes: HOSTILE,
      tags: [HOSTILE],
      fileName: HOSTILE,
      source: { kind: 'file', detail: HOSTILE },
    });
    await open(library(hostile, release100), { view: 'firmware', sha256: SHA_110 });
    await findByRole('region', 'Fingerprints');
    expect(document.querySelector('.main img, .main script')).to.equal(null);
    expect('__hostile' in globalThis).to.equal(false);
    expect(document.querySelector('#release')?.textContent).to.contain(HOSTILE);
    expect(document.documentElement.scrollWidth).to.be.at.most(innerWidth);
  });

  it('deletes only after a yes that says where it runs, and puts the focus on the heading', async () => {
    const services = library(release110, release100);
    location.hash = `#/firmware/${SHA_110}`;
    const view = await open(services, { view: 'firmware', sha256: SHA_110 });
    await clickOn('button', 'Delete');
    const dialog = await findByRole('dialog', 'Delete greenhouse-node 1.1.0?');
    expect(dialog.textContent).to.contain('esp32-ota: ota_1, runs, confirmed');
    expect(document.activeElement?.textContent.trim()).to.equal('Keep it');
    await expectAccessible();
    await clickOn('button', 'Keep it');
    await until(() => !byRole('dialog'), 'the dialog to close');
    expect(services.called('delete')).to.deep.equal([]);

    await clickOn('button', 'Delete');
    await clickOn('button', 'Delete 1.1.0');
    await until(() => location.hash === '#/firmware', 'the list');
    view.route = { view: 'firmware' };
    await until(() => document.activeElement?.tagName === 'H1', 'the focus on the heading');
    expect(services.called('delete').map(([sha256]) => sha256)).to.deep.equal([SHA_110]);
    expect(document.querySelector('ot-live-region')?.textContent).to.contain('greenhouse-node 1.1.0 is deleted.');
  });

  it('moves the focus to the release that a click on the shelf opened', async () => {
    const view = await open(library(release110, release100));
    view.route = { view: 'firmware', sha256: SHA_100 };
    await until(() => document.activeElement?.id === 'release', 'the focus on the release');
    expect(document.activeElement?.textContent).to.contain('1.0.0');
  });

  it('compares with another one, the older first', async () => {
    await open(library(release110, release100), { view: 'firmware', sha256: SHA_110 });
    await clickOn('button', 'Compare');
    await findByRole('dialog', /^Compare greenhouse-node/);
    await expectAccessible();
    await clickOn('button', /^1\.0\.0/);
    await until(() => location.hash.includes('compare'), 'the comparison');
    expect(location.hash).to.equal(`#/firmware/compare/${SHA_100}/${SHA_110}`);
  });

  it('does not let anybody edit the version that the image states, and says why', async () => {
    const dialog = document.createElement('ot-edit-firmware-dialog');
    dialog.library = library().library;
    dialog.firmware = firmwareRecord({ imageVersion: '1.1.0' });
    void dialog.ask();
    const field = await until(() => dialog.querySelector<HTMLInputElement>('#edit-version'), 'the field');
    expect(field.readOnly).to.equal(true);
    expect(document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent).to.include('The image itself states it');
    dialog.remove();
  });

  it('says so when a link leads to a firmware that is not here', async () => {
    await open(library(release100), { view: 'firmware', sha256: SHA_110 });
    expect(byRole('heading', 'This firmware is not in the library')).to.not.equal(undefined);
  });

  it('tells what to do when the room is nearly full', async () => {
    const services = library(release110);
    services.library.use = { usedBytes: 95, quotaBytes: 100, persisted: true };
    await open(services);
    await until(() => document.body.textContent.includes('Nearly full'), 'the warning');
  });

  it('opens and filters 1,000 records without a task over 50 ms, and reads no bytes', async function () {
    const services = library();
    services.library.bytes = () => Promise.reject(new Error('bytes were read'));
    const records = Array.from({ length: 1000 }, (_, at) =>
      firmwareRecord({
        sha256: at.toString(16).padStart(64, '0'),
        name: `project-${at % 40}`,
        version: `${at % 7}.${at % 11}.${at}`,
        tags: at % 5 ? [] : ['beta'],
      }),
    );
    services.library.records.set(records);
    const tasks: number[] = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
    observer.observe({ type: 'longtask' });

    await open(services);
    await until(() => rows().length === 1000, 'all rows');
    for (const text of ['p', 'project-1', 'project-17', '']) {
      typeInto(searchField(), text);
      const expected = records.filter(({ name }) => name.includes(text)).length;
      await until(() => rows().length === expected, `${expected} rows for “${text}”`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    observer.disconnect();
    // Under coverage or another worker's load a slice may be late; a shelf that draws all rows at once takes several times as long.
    expect(Math.max(0, ...tasks), `long tasks: ${tasks.join(', ')}`).to.be.lessThan(100);
  });

  it('says how many it found, and shows all again', async () => {
    const services = library();
    services.library.records.set(
      Array.from({ length: 6 }, (_, at) => firmwareRecord({ sha256: `${at}`.padStart(64, '0'), version: `1.0.${at}` })),
    );
    await open(services);
    typeInto(searchField(), 'nothing like this');
    await until(() => byRole('status', '0 of 6 found'), 'the count');
    await clickOn('button', 'Show all 6');
    await until(() => rows().length === 6, 'all rows');
    expect(document.activeElement).to.equal(searchField());
  });
});

describe('readTags()', () => {
  it('splits at commas, drops doubles and blanks', () => {
    expect(readTags(' beta,, corridor  west ,beta')).to.deep.equal(['beta', 'corridor west']);
  });
});

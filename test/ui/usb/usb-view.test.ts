import { expect } from 'chai';
import { gatherCommands, type Command } from '../../../src/ui/command-palette/commands.ts';
import '../../../src/ui/live-region.ts';
import type { ChipLayout, UsbState } from '../../../src/app/usb/model.ts';
import type { FlashPlan, PlanProblem } from '../../../src/core/bundle/plan-model.ts';
import '../../../src/ui/views/usb-view.ts';
import '../../../src/ui/intake.ts';
import { cableLink, takeAlong, takenAlong } from '../../../src/ui/views/usb/along.ts';
import { askToConnect } from '../../../src/ui/views/usb/along.ts';
import { bringFiles, filesOfEntries } from '../../../src/ui/views/usb/bring.ts';
import { manifestOfAddress } from '../../../src/ui/views/usb/manifest-link.ts';
import { firmwareRecord, SHA_110 } from '../../doubles/fixtures.ts';
import { allByRole, byRole, clickOn, expectAccessible, findByRole, mount, typeInto, unmountAll, until } from '../../doubles/mount.ts';
import { demoServices, FakeError, type FakeServices } from '../../doubles/services.ts';
import {
  chipIdentity,
  doneJob,
  flashPlan,
  plannedState,
  PORT,
  readyState,
  sectorRun,
  stagesUpTo,
  usbJob,
  usbState,
  type FakeUsbSession,
} from '../../doubles/usb-services.ts';

function openDoor(services: FakeServices = demoServices().services) {
  const view = document.createElement('ot-usb-view');
  view.services = services;
  view.route = { view: 'usb' };
  mount(view, { in: 'main' });
  return services;
}

function open(state: UsbState): { readonly services: FakeServices; readonly session: FakeUsbSession; readonly view: HTMLElement } {
  const { services } = demoServices();
  const session = services.usb.put(state);
  const view = document.createElement('ot-usb-view');
  view.services = services;
  view.route = { view: 'usb', portId: state.portId };
  mount(view, { in: 'main' });
  return { services, session, view };
}

const real = { portId: 'usb-1', kind: 'usb', title: 'CP2102 (10c4:ea60)' } as const;
const text = (): string => document.body.textContent.replace(/\s+/g, ' ');
const problem = (code: PlanProblem['code'], severity: PlanProblem['severity'], facts: PlanProblem['facts'] = {}): PlanProblem => ({
  code,
  severity,
  facts,
});

describe('<ot-usb-view> without a port', () => {
  beforeEach(() => (location.hash = ''));
  afterEach(() => {
    unmountAll();
    location.hash = '';
  });

  it('asks for a port only on the click, and goes where it leads', async () => {
    const services = openDoor();
    services.usb.chosen = 'usb-1';
    await findByRole('heading', 'Connect a board by cable');
    expect(services.usb.called('chooser')).to.have.length(0);
    await expectAccessible();
    await clickOn('button', 'Choose a port');
    await until(() => location.hash === '#/usb/usb-1', 'the page of the port');
  });

  it('an empty chooser is no error, and help is at hand for every system', async () => {
    const services = openDoor();
    await clickOn('button', 'Choose a port');
    await until(() => services.usb.called('chooser').length === 1, 'the chooser');
    expect(location.hash).to.equal('');
    expect(byRole('dialog')).to.equal(undefined);
    for (const word of ['Windows', 'macOS', 'Linux', 'dialout', 'snap', '10c4:ea60']) expect(text()).to.include(word);
  });

  it('lists boards that were allowed before, and virtual ones', async () => {
    const services = openDoor();
    services.usb.ports.set([{ portId: 'usb-1', kind: 'usb', title: 'CP2102 (10c4:ea60)' }]);
    const link = await findByRole('link', 'Open CP2102 (10c4:ea60)');
    expect(link.getAttribute('href')).to.equal('#/usb/usb-1');
    expect((await findByRole('link', 'Open esp32-ota')).getAttribute('href')).to.equal(`#/usb/${encodeURIComponent(PORT)}`);
    await expectAccessible();
  });

  it('says which browsers have Web Serial, and still offers the virtual board', async () => {
    const { services } = demoServices();
    services.usb.support = 'no-web-serial';
    openDoor(services);
    await findByRole('link', 'Open esp32-ota');
    expect(text()).to.include('Chromium').and.include('Firefox from version 151');
    expect(byRole('button', /Choose a port/)).to.equal(undefined);
  });
});

describe('<ot-usb-view> of a port', () => {
  beforeEach(() => (location.hash = ''));
  afterEach(() => {
    unmountAll();
    location.hash = '';
  });

  it('connects on the click, and shows the steps as they come', async () => {
    const { services, session } = open(usbState({ ...real }));
    await clickOn('button', 'Connect');
    expect(services.usb.called('connect')).to.have.length(1);
    session.change({ phase: 'connecting', connectSteps: [{ step: 'reset', strategy: 'classic', attempt: 1 }, { step: 'sync' }] });
    await until(() => document.querySelector('[aria-current=step]')?.textContent?.includes('Calling the boot loader'), 'the present step');
    session.change({
      connectSteps: [
        ...session.state.value.connectSteps,
        { step: 'identify', chip: 'ESP32' },
        { step: 'baud-refused', baudRate: 2_000_000 },
      ],
    });
    await until(() => text().includes('did not hold'), 'the setback');
    await expectAccessible();
    await clickOn('button', 'Stop');
    expect(services.usb.called('close')).to.have.length(1);
  });

  it('connects at the speed that is chosen, and offers a faster one where a rate failed once', async () => {
    const { services, session } = open(usbState({ ...real }));
    const speed = await until(() => document.querySelector<HTMLSelectElement>('#cable-speed'), 'the speed');
    expect([...speed.options].map(({ label }) => label.replaceAll(/\s/g, ' '))).to.include.members(['Automatic', '2 000 000 baud']);
    speed.value = '230400';
    speed.dispatchEvent(new Event('change', { bubbles: true }));
    await clickOn('button', 'Connect');
    session.change({ ...readyState(), ...real, baudRate: 460_800, fasterBaudRate: 921_600 });
    await until(() => text().includes('slower than it could be'), 'that it is slow');
    await clickOn('button', 'Try faster');
    expect(services.usb.called('connect')).to.deep.equal([[{ baudRate: 230_400 }], [{ baudRate: 921_600 }]]);
    session.change({ baudRate: 921_600, fasterBaudRate: undefined });
    await until(() => !text().includes('slower than it could be'), 'nothing to say');
  });

  it('connects at once, and once, where somebody just asked for the cable of this very board', async () => {
    askToConnect('virtual:another');
    const other = open(usbState());
    await findByRole('button', 'Connect');
    expect(other.services.usb.called('connect')).to.have.length(0);
    unmountAll();
    askToConnect(PORT);
    const { services, session } = open(usbState());
    await until(() => services.usb.called('connect').length === 1, 'the connection');
    session.change({ problem: { code: 'PORT_BUSY', message: '', details: {} } });
    await until(() => text().includes('Another tab of Otter'), 'who holds a virtual cable');
    expect(services.usb.called('connect')).to.have.length(1);
    session.change({ kind: 'usb' });
    await until(() => text().includes('A serial monitor'), 'who may hold a real one');
  });

  it('shows what a hand can do when the chip does not answer, and other ways to try', async () => {
    const { services, session } = open(
      usbState({
        ...real,
        connectSteps: [
          { step: 'reset', strategy: 'classic', attempt: 1 },
          { step: 'sync' },
          { step: 'reset', strategy: 'classic, long', attempt: 2 },
          { step: 'reset', strategy: 'classic', attempt: 3 },
        ],
        problem: { code: 'NO_ANSWER', message: '', details: {} },
      }),
    );
    await findByRole('heading', /by hand/);
    expect(byRole('button', 'Hold BOOT, press RESET')).to.equal(undefined);
    expect(text()).to.include('The chip does not answer').and.include('Hold BOOT').and.include('Calling the boot loader: no answer');
    expect([...document.querySelectorAll<HTMLElement>('.steps li')].map(({ dataset }) => dataset['state'])).to.deep.equal([
      'done',
      'failed',
      'failed',
      'failed',
    ]);
    await expectAccessible();
    expect(byRole('button', /^Slower/), 'it was no faster').to.equal(undefined);
    await clickOn('button', 'ROM only');
    session.change({ connectSteps: [...session.state.value.connectSteps, { step: 'baud', baudRate: 921_600 }] });
    await findByRole('button', /^Slower/);
    await clickOn('button', /^Slower/);
    await clickOn('button', 'Try again');
    expect(services.usb.called('connect')).to.deep.equal([[{ baudRate: 115_200, withoutStub: true }], [{ baudRate: 115_200 }], [{}]]);
  });

  it('presses the buttons of a virtual board, and connects', async () => {
    const { services } = open(
      usbState({
        connectSteps: [{ step: 'reset', strategy: 'classic', attempt: 1 }, { step: 'sync' }],
        problem: { code: 'NO_ANSWER', message: '', details: {} },
      }),
    );
    await clickOn('button', 'Hold BOOT, press RESET');
    await until(() => services.usb.called('connect').length === 1, 'the connection');
    expect(services.calls).to.deep.include(['pressBootAndReset', 'esp32-ota']);
  });

  it('offers no other speed for a port that does not open', async () => {
    open(usbState({ ...real, problem: { code: 'PORT_BUSY', message: '', details: {} } }));
    await findByRole('button', 'Try again');
    expect(byRole('button', 'ROM only')).to.equal(undefined);
    expect(byRole('button', /^Slower/)).to.equal(undefined);
  });

  it('offers nothing by cable where a fuse forbids it for good', async () => {
    const forbidden = {
      connectSteps: [{ step: 'reset', strategy: 'classic', attempt: 1 }],
      problem: { code: 'DOWNLOAD_DISABLED', message: '', details: {} },
    } as const;
    open(usbState({ ...real, ...forbidden }));
    await findByRole('link', 'To the devices on the network');
    for (const name of ['Try again', /^Slower/, 'ROM only', /RESET/]) expect(byRole('button', name)).to.equal(undefined);
    expect(byRole('heading', /by hand/)).to.equal(undefined);
    expect(text(), 'nobody knows whether there is one').to.not.include('application runs again');
    await expectAccessible();
    unmountAll();
    open(usbState(forbidden));
    expect((await findByRole('link', 'Open device')).getAttribute('href')).to.include('esp32-ota');
  });

  it('does not offer to mark the only slot that could start', async () => {
    const { layout } = readyState();
    const { services } = open(readyState({ layout: { ...layout!, slots: layout!.slots.slice(0, 1) } }));
    const key = await findByRole('button', 'Mark invalid: ota_0');
    expect(key.getAttribute('aria-disabled')).to.equal('true');
    expect(text()).to.include('No other slot could start.');
    key.click();
    expect(services.usb.called('invalidateSlot')).to.have.length(0);
  });

  it('has no hand to lend where the port of a virtual board did not even open', async () => {
    open(usbState({ problem: { code: 'PORT_BUSY', message: '', details: {} } }));
    await findByRole('heading', 'What happened');
    expect(byRole('button', 'Hold BOOT, press RESET')).to.equal(undefined);
  });

  it('draws the chip, and says what protects it', async () => {
    open(readyState({ ...real, chip: chipIdentity({ security: { flashEncryption: true, secureBoot: false, secureDownload: false } }) }));
    await findByRole('heading', 'ESP32-D0WD-V3');
    for (const word of ['24:0a:c4:5e:8a:10', 'v3.1', '4 MB', 'GigaDevice', 'Flash encryption is on']) expect(text()).to.include(word);
    await expectAccessible();
  });

  it('calls nothing known that a chip in secure download mode lets nobody read', async () => {
    const silent = chipIdentity({
      description: 'ESP32-C5',
      revision: undefined,
      features: [],
      mac: '',
      crystalMhz: 0,
      flash: { manufacturer: '', jedecId: '', bytes: undefined },
      security: { flashEncryption: false, secureBoot: false, secureDownload: true },
    });
    const layout: ChipLayout = { slots: [], hasBootloader: false, nvs: 'none', tableProblem: 'UNREADABLE' };
    open(readyState({ chip: silent, loader: 'secure-download', layout }));
    await findByRole('heading', 'Firmware slots');
    const found = [...document.querySelectorAll('dd')].map((node) => node.textContent.replace(/\s+/g, ' ').trim());
    expect(found).to.include.members([
      'the chip does not tell it',
      'ESP32-C5, revision unknown',
      'the chip lets nobody ask it',
      'the chip does not tell them',
    ]);
    expect(text()).to.include('what lies there is not known').and.not.include('UNREADABLE').and.not.include('v0.0');
  });

  it('changes slots by hand: roll back, and invalid only after a question', async () => {
    const { services } = open(readyState());
    await clickOn('button', 'Roll back to 0.9.3');
    await until(() => services.usb.called('selectSlot').length === 1, 'the choice');
    expect(services.usb.called('selectSlot')).to.deep.equal([['ota_1']]);
    await clickOn('button', 'Mark invalid: ota_0');
    await findByRole('heading', 'Mark ota_0 invalid?');
    await clickOn('button', 'Cancel');
    await clickOn('button', 'Mark invalid: ota_0');
    await clickOn('button', 'Mark ota_0 invalid');
    await until(() => services.usb.called('invalidateSlot').length === 1, 'the mark');
    expect(services.usb.called('invalidateSlot')).to.deep.equal([['ota_0']]);
  });

  it('erases a partition only after its name was typed', async () => {
    const { services } = open(readyState());
    await clickOn('button', 'Erase');
    const key = (await findByRole('button', 'Erase nvs')) as HTMLButtonElement;
    expect(key.disabled).to.equal(true);
    await expectAccessible();
    typeInto(await findByRole('textbox', /^Type nvs/), 'nvs');
    await until(() => !key.disabled, 'the key');
    key.click();
    await until(() => services.usb.called('erase').length === 1, 'the erase');
    expect(services.usb.called('erase')).to.deep.equal([[{ offset: 0x9000, length: 0x5000 }]]);
  });

  it('says of a stretch behind the flash where the flash ends, whole sectors or not', async () => {
    open(readyState());
    await clickOn('button', 'Erase');
    await findByRole('button', 'Erase nvs');
    const what = document.querySelector<HTMLSelectElement>('#range-what')!;
    what.value = '#';
    what.dispatchEvent(new Event('change', { bubbles: true }));
    typeInto(await findByRole('textbox', 'From'), '0xFFFFFFFFFFFF');
    await until(() => text().includes('The flash ends at 0x400000.'), 'the end');
  });

  it('erases everything only after more than a name', async () => {
    const { services } = open(readyState());
    await clickOn('button', 'Erase');
    const what = await until(() => document.querySelector<HTMLSelectElement>('#range-what'), 'the choice');
    what.value = '*';
    what.dispatchEvent(new Event('change'));
    typeInto(await findByRole('textbox', /^Type erase everything/), 'everything');
    expect(((await findByRole('button', 'Erase everything')) as HTMLButtonElement).disabled).to.equal(true);
    typeInto(await findByRole('textbox', /^Type erase everything/), 'Erase everything');
    await until(() => !(byRole('button', 'Erase everything') as HTMLButtonElement).disabled, 'the key');
    await clickOn('button', 'Erase everything');
    await until(() => services.usb.called('erase').length === 1, 'the erase');
    expect(services.usb.called('erase')).to.deep.equal([['everything']]);
  });

  it('shows what an act was refused for', async () => {
    const { session } = open(readyState());
    session.failure = new FakeError('USB_BUSY');
    await clickOn('button', 'Run the application');
    await findByRole('heading', 'Something is under way on this port');
  });
});

describe('<ot-usb-plan>', () => {
  afterEach(unmountAll);

  const plan = (change: Partial<FlashPlan> = {}) => open(plannedState({}, flashPlan(change)));

  it('names what is written and what stays before the one key', async () => {
    plan();
    await findByRole('heading', 'Look before you write');
    await until(
      () => text().includes('Writes boot loader, partition table, otadata, ota_0. Keeps nvs, ota_1, spiffs, coredump.'),
      'the sentence',
    );
    expect(text())
      .to.include('0x010000')
      .and.include('flash settings changed to')
      .and.include('About 14 s')
      .and.include('2 files came along');
    expect(document.querySelector('ot-flash svg')?.getAttribute('aria-label'))
      .to.include('ota_0 at 0x010000')
      .and.include('will be written');
    await expectAccessible();
  });

  it('calls a size the same wherever it stands', async () => {
    plan({
      writes: [{ name: 'ota_0.bin', role: 'app', offset: 0x10000, length: 0x140000, bytes: new Uint8Array(0x140000), patched: false }],
      bytesToWrite: 0x140000,
    });
    await findByRole('button', 'Write 1.1.0');
    expect(text().match(/1280 KB/g)?.length).to.be.greaterThan(2);
    expect(text()).to.not.include('1.3 MB');
  });

  it('names the application of a table that is new, and what it gives up', async () => {
    const of = (label: string, type: number, offset: number, size: number) => ({ label, type, subtype: 0, offset, size });
    plan({
      partitions: [
        { ...of('ota_0', 0, 0x10000, 0x140000), fate: 'gone', in: 'chip' },
        { ...of('factory', 0, 0x10000, 0x100000), fate: 'written', in: 'bundle' },
        { ...of('storage', 1, 0x110000, 0x100000), fate: 'new', in: 'bundle' },
      ],
    });
    await until(
      () => text().includes('Writes boot loader, partition table, 0x00E000, greenhouse-node to factory. Gives up ota_0.'),
      'the sentence',
    );
    expect(text()).to.include('is no more: the new table does not name it; greenhouse-node 1.0.0 in it cannot start any more');
  });

  it('draws nothing of what has no room', async () => {
    plan({ problems: [problem('PART_TOO_LARGE', 'block', { part: 'big.bin', size: 5_242_880, partition: 'ota_0', room: 0x140000 })] });
    await findByRole('heading', 'What was brought');
    expect(document.querySelector('ot-flash')).to.equal(null);
    expect(text()).to.include('Nothing is written: there is no room for it.').and.not.include('Will change').and.not.include('Keeps');
    await expectAccessible();
    unmountAll();
    plan({ problems: [problem('PARTS_OVERLAP', 'block', { part: 'a.bin', other: 'b.bin', offset: 0x20000 })] });
    await until(() => text().includes('Nothing is written: two parts of it want the same place.'), 'the reason');
  });

  it('shortens a version that git describes in its key only', async () => {
    const { bundle } = plannedState();
    open(plannedState({ bundle: { ...bundle!, version: 'v1.4.1-2-g0296947-dirty' } }));
    const key = await findByRole('button', 'Write v1.4.1-2…7-dirty');
    expect(key.title).to.equal('Write v1.4.1-2-g0296947-dirty');
  });

  it('writes only after the click, saving first what would be lost', async () => {
    const { services } = plan();
    await clickOn('button', 'Write 1.1.0');
    await until(() => services.usb.called('flash').length === 1, 'the start');
    expect(services.usb.called('flash')).to.deep.equal([[{ full: false, snapshot: 'overwritten' }]]);
  });

  it('takes the choices: all of it, and nothing saved', async () => {
    const { services } = plan();
    await findByRole('button', 'Write 1.1.0');
    const pick = (label: string) => [...document.querySelectorAll('label')].find((node) => node.textContent.includes(label))!.click();
    pick('Save nothing');
    pick('Write all of it');
    await clickOn('button', 'Write 1.1.0');
    await until(() => services.usb.called('flash').length === 1, 'the start');
    expect(services.usb.called('flash')).to.deep.equal([[{ full: true, snapshot: 'nothing' }]]);
  });

  it('lets a partition that is kept be given up, and one that would be written be kept', async () => {
    const { services } = plan();
    (await findByRole('checkbox', 'Keep nvs')).click();
    expect(services.usb.called('choose')[0]).to.deep.equal([{ keep: ['spiffs'] }]);
    (await findByRole('checkbox', 'Keep otadata')).click();
    expect(services.usb.called('choose')[1]).to.deep.equal([{ keep: ['spiffs', 'otadata'] }]);
    // Nothing of the bundle is for it: there is nothing to choose.
    expect(byRole('checkbox', 'Keep coredump')).to.equal(undefined);
  });

  it('says what stops it, the gravest first, and writes nothing', async () => {
    const { services } = plan({
      problems: [
        problem('FLASH_SIZE_UNKNOWN', 'note'),
        problem('WRONG_CHIP', 'block', { part: 'app.bin', expected: 'ESP32-S3', found: 'ESP32' }),
      ],
    });
    await until(() => text().includes('app.bin was built for ESP32-S3, and this is an ESP32.'), 'the reason');
    const verdicts = [...document.querySelectorAll('.plan-problems .check')].map((node) => node.getAttribute('data-verdict'));
    expect(verdicts).to.deep.equal(['block', 'note']);
    expect(((await findByRole('button', 'Write 1.1.0')) as HTMLButtonElement).disabled).to.equal(true);
    expect(services.usb.called('flash')).to.have.length(0);
    await expectAccessible();
  });

  it('names what is written outside of every partition', async () => {
    const write = { name: 'blob.bin', role: 'data', offset: 0x3f8000, length: 4096, bytes: new Uint8Array(4096), patched: false } as const;
    plan({ writes: [write], partitions: [], bytesToWrite: 4096 });
    await until(() => text().includes('Writes 0x3F8000.'), 'the sentence');
    expect(text()).to.include('with blob.bin, outside of every partition').and.not.include('Nothing.');
  });

  it('names boot loader and partition table among what stays, and what would be written over them', async () => {
    const app = flashPlan().writes.find(({ role }) => role === 'app')!;
    const target = { ...flashPlan().target, hasBootloader: true };
    plan({ target, writes: [app] });
    await until(() => text().includes('Keeps boot loader, partition table, nvs'), 'the sentence');
    expect(text()).to.match(/Stays as it is\s*boot loader\s*starts the chip\s*partition table/);
    unmountAll();
    plan({ target, writes: [{ ...app, offset: 0x1000, length: 0x8000 }], partitions: [] });
    await until(() => text().includes('Writes boot loader, partition table.'), 'the sentence');
    expect(text())
      .to.match(/boot loader\s*will be written over, with greenhouse-node.bin/)
      .and.not.include('Keeps boot loader');
  });

  it('writes to another address than the one that was brought', async () => {
    const { bundle } = plannedState();
    const { services } = open(plannedState({ bundle: { ...bundle!, files: [{ path: 'app.bin', offset: 0x10000 }] } }));
    await findByRole('button', 'Write 1.1.0');
    [...document.querySelectorAll('summary')].find((node) => node.textContent.includes('other addresses'))!.click();
    const field = await findByRole('textbox', 'Address of app.bin');
    expect((field as HTMLInputElement).value).to.equal('0x010000');
    typeInto(field, '0x150000');
    await clickOn('button', 'Plan with these');
    expect(services.usb.called('choose')).to.deep.equal([[{ offsets: new Map([['app.bin', 0x150000]]) }]]);
  });

  it('says that nothing is written where a part is left out', async () => {
    plan({ writes: [], problems: [problem('PART_OVER_KEPT', 'block', { part: 'a.bin', offset: 0x1000, partition: 'nvs' })] });
    await until(() => text().includes('Nothing is written.'), 'the sentence');
    expect(text()).to.include('a.bin at 0x001000 goes over nvs').and.not.include('0 regions');
  });

  it('mends a slot that would not start, with one key each', async () => {
    const { services } = plan({
      problems: [
        problem('OTADATA_SELECTS_OTHER', 'note', { written: 'ota_0', starts: 'ota_1', startsSize: 0x140000, resetStarts: 'ota_0' }),
      ],
    });
    await clickOn('button', 'Write it to ota_1 instead');
    await clickOn('button', 'Let ota_0 start again');
    expect(services.usb.called('choose').map(([choices]) => choices)).to.deep.equal([
      { appSlot: 'ota_1' },
      { appSlot: 'ota_1', resetOtadata: true },
    ]);
  });

  it('tells whose version is overwritten', async () => {
    const facts = () => document.querySelector('.facts')?.textContent?.replace(/\s+/g, ' ').trim();
    plan();
    await until(() => /^greenhouse-node 1\.0\.0 ?1\.1\.0 from an ESP-IDF build$/.test(facts() ?? ''), 'both versions');
    unmountAll();
    const { bundle } = plannedState();
    open(plannedState({ bundle: { ...bundle!, origin: 'files', name: 'blink', version: '2.0.0' } }));
    await until(() => /^greenhouse-node 1\.0\.0 ?blink ?2\.0\.0$/.test(facts() ?? ''), 'both projects');
  });

  it('says why there is no plan', async () => {
    const { plan: _plan, ...state } = plannedState({
      problem: { code: 'BUNDLE_NO_BUILD', message: '', details: { rule: 'no build is for ESP32' } },
    });
    open(state);
    await findByRole('heading', 'What happened');
    expect(text()).not.to.include('Working out');
  });

  it('lets a person choose among builds, and what the header says of the flash', async () => {
    const { bundle } = plannedState();
    const settings = { mode: 'dio', frequency: '40m', size: '4MB' };
    const { services } = open(
      plannedState({ bundle: { ...bundle!, variants: ['', 'update'], variant: '', settings }, choices: { keep: ['nvs'] } }),
    );
    const pick = async (name: string, label: string) => {
      await until(() => text().includes(name), name);
      const select = [...document.querySelectorAll('label')].find(({ textContent }) => textContent === name)!.control as HTMLSelectElement;
      select.value = [...select.options].find((option) => option.label.includes(label))!.value;
      select.dispatchEvent(new Event('change'));
    };
    await pick('Flash settings in the header', 'size as found on this ESP32: 4 MB');
    await pick('Flash settings in the header', 'as its boot loader has them');
    await pick('Flash settings in the header', 'as the bundle says: DIO, 40 MHz, 4 MB');
    await pick('Of its builds for this chip', 'update');
    expect(services.usb.called('choose').map(([choices]) => choices)).to.deep.equal([
      { keep: ['nvs'], settings: { ...settings, size: 'detect' } },
      { keep: ['nvs'], settings: { mode: 'keep', frequency: 'keep', size: 'keep' } },
      { keep: ['nvs'] },
      { variant: 'update' },
    ]);
  });

  it('offers no saving and no comparing where the chip cannot be read', async () => {
    const { services } = open(plannedState({ loader: 'secure-download' }));
    await findByRole('button', /^Write/);
    expect(text()).to.include('nobody can read it back').and.not.include('proven at the end');
    await clickOn('button', 'Write 1.1.0');
    await until(() => services.usb.called('flash').length === 1, 'the start');
    expect(services.usb.called('flash')).to.deep.equal([[{ full: true, snapshot: 'nothing' }]]);
  });
});

describe('<ot-usb-job>', () => {
  afterEach(unmountAll);

  const withJob = (job: UsbState['job'], change: Partial<UsbState> = {}) =>
    open(plannedState({ phase: 'working', ...change, ...(job && { job }) }));

  it('shows stages, sectors and speed, and stops', async () => {
    const { services } = withJob(usbJob());
    await findByRole('heading', '1.1.0 is on its way to the chip');
    expect(document.querySelector('ot-usb-sectors svg')?.getAttribute('aria-label')).to.equal(
      '232 sectors of 4 KB: 70 written and verified, 6 written, not proven yet, 4 erased, 92 will be written, 60 the same already',
    );
    expect(document.querySelector('.track [aria-current=step]')?.textContent).to.include('Write').and.include('508 of 912 KB');
    await expectAccessible();
    await clickOn('button', 'Stop');
    expect(services.usb.called('stop')).to.have.length(1);
  });

  it('says why it cannot be stopped at this moment', async () => {
    const { services } = withJob(usbJob({ canStop: false }));
    await clickOn('button', 'Stop');
    expect(services.usb.called('stop')).to.have.length(0);
    expect(text()).to.include('Not at this moment');
  });

  it('goes on after the cable was lost', async () => {
    const lost = usbJob({
      outcome: 'lost',
      canStop: false,
      left: 'partly-written',
      stages: stagesUpTo('write', 400_000).map((stage) => (stage.status === 'active' ? { ...stage, status: 'failed' } : stage)),
      sectors: { offset: 0, states: sectorRun(['verified', 3], ['waiting', 2]) },
    });
    const { services } = withJob(lost, { phase: 'unplugged' });
    await findByRole('heading', 'The cable was lost in the middle');
    expect(text()).to.include('2 not written'.split(' ').slice(1).join(' '));
    await expectAccessible();
    await clickOn('button', 'Go on from where it was');
    expect(services.usb.called('resume')).to.have.length(1);
  });

  it('ends with old and new, what proves it, and verbs', async () => {
    const { services } = withJob(doneJob(), { phase: 'console' });
    await findByRole('heading', 'esp32-ota runs 1.1.0');
    expect(text())
      .to.include('It started and printed 1.1.0')
      .and.include('688 KB; 259.8 KB were found to be the same, and left')
      .and.include('431 208 bytes'.replaceAll(' ', '\u00a0').replaceAll('\u00a0', ' '));
    expect(document.querySelectorAll('details.hash')).to.have.length(4);
    expect((await findByRole('link', 'Open device')).getAttribute('href')).to.equal('#/devices/esp32-ota');
    await expectAccessible();
    await clickOn('button', 'Undo, back to 1.0.0');
    expect(services.usb.called('undo')).to.have.length(1);
    await clickOn('button', 'Flash another');
    expect(services.usb.calls.map(([name]) => name)).to.include.members(['clear', 'dismissJob']);
  });

  it('does not call a version proven that only stands in the flash', async () => {
    const job = doneJob();
    withJob({ ...job, result: { ...job.result!, provedBy: 'descriptor' } }, { phase: 'console' });
    await findByRole('heading', 'The chip holds 1.1.0');
    expect(text()).to.include('it did not print it');
  });

  it('proves what was the same by the comparison, and offers no way back to it', async () => {
    const job = doneJob();
    const stages = job.stages.map((stage) =>
      stage.stage === 'verify' || stage.stage === 'write' ? { ...stage, status: 'skipped' as const } : stage,
    );
    withJob({ ...job, stages, result: { ...job.result!, bytesWritten: 0 } }, { phase: 'console' });
    await findByRole('heading', 'esp32-ota runs 1.1.0');
    expect(text()).to.include('Content: proven').and.include('were the same already').and.not.include('Way back');
    expect(byRole('button', /^Undo/)).to.equal(undefined);
  });

  it('writes the name of a file as it is', async () => {
    const job = doneJob({ outcome: 'unverified', left: 'complete', problem: { code: 'DOES_NOT_START', message: '', details: {} } });
    const { written: _, toVersion: __, ...result } = job.result!;
    const bundle = { ...plannedState().bundle!, name: 'ff', version: '' };
    withJob({ ...job, result }, { phase: 'console', bundle });
    await findByRole('heading', 'ff is on the chip, but does not start');
  });

  it('says that it does not start, and offers the way back first', async () => {
    const { services } = withJob(
      doneJob({ outcome: 'unverified', left: 'complete', problem: { code: 'DOES_NOT_START', message: '', details: { kind: 'panic' } } }),
      { phase: 'console' },
    );
    await findByRole('heading', '1.1.0 is on the chip, but does not start');
    expect(text()).to.include('that it crashes').and.include('Start, failed').and.not.include('Version: proven');
    expect((await findByRole('button', 'Undo, back to 1.0.0')).className).to.include('key-go');
    await expectAccessible();
    await clickOn('button', 'Undo, back to 1.0.0');
    expect(services.usb.called('undo')).to.have.length(1);
  });

  it('goes on after Stop where it can, and connects before it shows the plan', async () => {
    const { services } = withJob(usbJob({ outcome: 'stopped', left: 'partly-written', canStop: false }), {
      phase: 'console',
      canResume: true,
    });
    await clickOn('button', 'Go on from where it was');
    expect(services.usb.called('resume')).to.have.length(1);
    await clickOn('button', 'Connect, then back to the plan');
    expect(services.usb.called('connect')).to.have.length(1);
  });

  it('calls what was read and erased by their own words', async () => {
    const { stages: _stages, ...job } = doneJob();
    const result = { bytesInFlash: 0x5000, bytesWritten: 0, wireBytes: 1, parts: [], readSha256: 'ab'.repeat(32) };
    const read = { stage: 'read', status: 'done', done: 1, total: 1 } as const;
    withJob({ ...job, kind: 'read', stages: [read], result }, { phase: 'ready' });
    await findByRole('heading', 'The flash was read');
    expect(text()).to.include('Read: proven').and.not.include('Save first').and.not.include('Proven');
    unmountAll();
    const erase = { stage: 'erase', status: 'done', done: 1, total: 1 } as const;
    withJob({ ...job, kind: 'erase', stages: [erase], result: { ...result, bytesErased: 0x400000 } }, { phase: 'ready' });
    await findByRole('heading', 'It is erased');
    expect(text()).to.include('4 MB: the chip says so').and.not.include('were the same');
  });

  it('says what state the chip was left in', async () => {
    withJob(usbJob({ outcome: 'stopped', left: 'partly-written', canStop: false }));
    await findByRole('heading', 'Stopped half-way');
    expect(text()).to.include('will most likely not start');
  });

  it('shows no speed of what ended before a byte was timed', async () => {
    withJob(usbJob({ outcome: 'stopped', left: 'untouched', canStop: false, speed: [] }));
    await findByRole('heading', 'Stopped before anything was changed');
    expect(byRole('heading', 'Speed')).to.equal(undefined);
  });

  it('gives the board its Wi-Fi, and leads to its page', async () => {
    const { services } = withJob(doneJob(), { phase: 'console' });
    await clickOn('button', 'Set Wi-Fi');
    await findByRole('heading', 'Wi-Fi for greenhouse');
    await until(() => document.querySelectorAll('.network').length === 4, 'three networks and the other');
    await expectAccessible();
    typeInto(document.querySelector<HTMLInputElement>('#improv-password')!, 'secret-enough');
    await clickOn('button', 'Join');
    expect((await findByRole('link', 'Open device')).getAttribute('href')).to.be.a('string');
    await until(() => document.querySelector('dialog a[href="http://192.168.1.42/"]'), 'the address');
    expect(services.usb.called('provision')).to.deep.equal([['Greenhouse', 'secret-enough']]);
    await clickOn('button', 'Close');
    await until(() => services.usb.called('improv.close').length === 1, 'the line to be free');
  });

  it('says in words why the board did not join, until another network is chosen, and what a virtual network wants', async () => {
    const { session } = open(usbState({ phase: 'console' }));
    session.improvSession!.failure = new FakeError('IMPROV_REFUSED', { reason: 'unable-to-connect' });
    await clickOn('button', 'Set Wi-Fi');
    const password = await until(() => document.querySelector<HTMLInputElement>('#improv-password'), 'the form');
    expect(text()).to.include('any 8 to 63 characters');
    typeInto(password, 'not the one');
    await clickOn('button', 'Join');
    const fault = await until(() => document.querySelector('dialog .fault'), 'why not');
    expect(fault.textContent)
      .to.include('could not connect')
      .and.not.match(/IMPROV_|unable-to/);
    document.querySelector<HTMLInputElement>('.network input[value=Neighbour]')!.click();
    await until(() => !document.querySelector('dialog .fault'), 'nothing said of this one');
    await expectAccessible();
    await clickOn('button', 'Cancel');
  });

  it('gives it also to a board whose application is listened to, whatever was done before, from its page and from the palette', async () => {
    const { services, session } = open(usbState({ ...real, phase: 'console' }));
    await clickOn('button', 'Set Wi-Fi');
    await findByRole('heading', 'Wi-Fi for greenhouse');
    await clickOn('button', 'Cancel');
    const named = async (): Promise<Command | undefined> =>
      (await gatherCommands(services)).find(({ label }) => label === `Set Wi-Fi: ${real.title}`);
    services.usb.ports.set([real]);
    const command = await named();
    void command?.run();
    await findByRole('heading', 'Wi-Fi for greenhouse');
    session.change({ phase: 'unplugged' });
    expect(await named(), 'nobody is there to ask').to.equal(undefined);
  });

  it('says so when the firmware does not offer Improv', async () => {
    const { session } = withJob(doneJob(), { phase: 'console' });
    session.improvSession = undefined;
    await clickOn('button', 'Set Wi-Fi');
    await findByRole('heading', 'This firmware does not take its Wi-Fi over the cable');
  });
});

describe('what is brought to a chip', () => {
  afterEach(unmountAll);

  const file = (fullPath: string) =>
    ({
      isFile: true,
      isDirectory: false,
      fullPath,
      file: (done: (file: File) => void) => done(new File(['x'], fullPath)),
    }) as unknown as FileSystemEntry;
  const folder = (entries: readonly FileSystemEntry[]) => {
    const parts = [entries.slice(0, 1), entries.slice(1), []];
    return {
      isFile: false,
      isDirectory: true,
      createReader: () => ({ readEntries: (done: (some: readonly FileSystemEntry[]) => void) => done(parts.shift() ?? []) }),
    } as unknown as FileSystemEntry;
  };

  it('calls a text without a place a text, and asks for no address of it', async () => {
    const { session, services } = open(readyState());
    session.change({ problem: { code: 'BUNDLE_PLACE_UNKNOWN', message: '', details: {} } });
    void bringFiles(session, [{ path: 'notes.txt', blob: new Blob(['Water the tomatoes on Monday.\n']) }]);
    await findByRole('heading', 'This is a text file, not a firmware');
    expect(services.usb.called('clear')).to.have.length(1);
  });

  it('asks for the address of what has no place, and says what is wrong with one', async () => {
    const { bundle } = plannedState();
    const problem = { code: 'BUNDLE_PLACE_UNKNOWN', message: '', details: { path: 'ff.bin' } };
    const { services } = open(readyState({ bundle: { ...bundle!, parts: [], files: [{ path: 'ff.bin' }] }, problem }));
    await findByRole('heading', 'Where does it go?');
    const field = await findByRole('textbox', 'Address of ff.bin');
    for (const [typed, fault] of [
      ['', 'Write an address, like 0x10000.'],
      ['-0x1000', 'Write it like 0x10000.'],
      ['0x10800', 'take a multiple of 0x1000'],
      ['0x400000', 'The flash ends at 0x400000.'],
    ] as const) {
      typeInto(field, typed);
      await clickOn('button', 'Plan with these');
      await until(() => text().includes(fault), fault);
      expect(field.getAttribute('aria-describedby')).to.include('place-fault-0');
      expect(document.activeElement).to.equal(field);
    }
    await expectAccessible();
    typeInto(field, '0x3F0000');
    await clickOn('button', 'Plan with these');
    expect(services.usb.called('choose')).to.deep.equal([[{ offsets: new Map([['ff.bin', 0x3f0000]]) }]]);
  });

  it('takes another file while it still says why the first failed', async () => {
    const { session, services } = open(readyState());
    const intake = document.createElement('ot-intake');
    Object.assign(intake, { services, route: { view: 'usb', portId: PORT } });
    mount(intake);
    session.failure = new FakeError('BUNDLE_FILE_EMPTY');
    void bringFiles(session, [{ path: 'empty.bin', blob: new Blob([]) }]);
    await findByRole('heading', 'A file is empty');
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'app.bin'));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    await until(() => services.usb.called('bring').length === 2, 'the second file');
    expect(allByRole('dialog')).to.have.length(0);
  });

  it('walks folders to their end, and keeps the paths', async () => {
    const inner = folder([file('/build/a/x.bin')]);
    const found = await filesOfEntries([folder([file('/build/flasher_args.json'), inner, file('/build/app.bin')])]);
    expect(found.map(({ path }) => path).sort()).to.deep.equal(['build/a/x.bin', 'build/app.bin', 'build/flasher_args.json']);
  });

  it('reads a manifest out of the address', () => {
    expect(manifestOfAddress({ search: '?manifest=https://example.org/m.json', hash: '' })).to.equal('https://example.org/m.json');
    expect(manifestOfAddress({ search: '', hash: '#/usb?manifest=https%3A%2F%2Fexample.org%2Fm.json' })).to.equal(
      'https://example.org/m.json',
    );
    expect(manifestOfAddress({ search: '?manifest=', hash: '#/usb' })).to.equal(undefined);
  });

  describe('a firmware of the library', () => {
    const follow = (sha256: string): void => history.replaceState(null, '', cableLink(sha256));
    afterEach(() => history.replaceState(null, '', ' '));

    it('leads the choice of a board, and goes along to the one that is chosen, once', async () => {
      follow(SHA_110);
      const services = demoServices().services;
      services.library.put(firmwareRecord({ kind: 'merged' }));
      openDoor(services);
      await findByRole('heading', 'greenhouse-node');
      const head = document.querySelector('.head')!.textContent.replace(/\s+/g, ' ');
      expect(head).to.include('1.1.0').and.include('for ESP32').and.include('from your library');
      await expectAccessible();
      await clickOn('link', /^Open esp32-ota/);
      for (const round of [1, 2]) {
        unmountAll();
        const view = document.createElement('ot-usb-view');
        view.services = services;
        view.route = { view: 'usb', portId: PORT };
        mount(view, { in: 'main' });
        await findByRole('button', 'Connect');
        expect(services.usb.called('bringFirmware'), `visit ${round}`).to.deep.equal([[SHA_110]]);
      }
    });

    for (const [canResume, dismissed] of [
      [false, 1],
      [true, 0],
    ] as const) {
      it(`puts the end of an earlier job away ${canResume ? 'unless it can go on' : 'for the plan'}`, async () => {
        takeAlong({ sha256: SHA_110 });
        const { services } = open(readyState({ job: doneJob(), canResume }));
        await until(() => services.usb.called('bringFirmware').length === 1, 'the firmware');
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(services.usb.called('dismissJob')).to.have.length(dismissed);
      });
    }

    it('says when it is not there, and takes nothing along', async () => {
      follow('0'.repeat(64));
      openDoor();
      await findByRole('heading', 'This firmware is not in the library');
      await clickOn('link', /^Open esp32-ota/);
      expect(takenAlong()).to.equal(undefined);
    });
  });

  describe('a link to a firmware', () => {
    const HOSTILE = '<img src=x onerror="window.__hostile = true">';
    const offer = { ...plannedState().bundle!, name: HOSTILE, version: '1.1.0', chips: ['ESP32', 'ESP32-C3'] as const, parts: [] };
    const follow = (manifest: string): void => history.replaceState(null, '', `#/usb?manifest=${encodeURIComponent(manifest)}`);
    afterEach(() => history.replaceState(null, '', ' '));

    it('says which host would be asked, asks it once it may, and leads the page with what it offers', async () => {
      follow('https://firmware.example.org/a/manifest.json');
      const services = demoServices().services;
      services.usb.support = 'no-web-serial';
      services.usb.offered = offer;
      openDoor(services);
      await findByRole('heading', 'A firmware by link');
      expect(document.body.textContent).to.include('names a firmware at firmware.example.org');
      expect(services.usb.called('glance')).to.have.length(0);
      expect(document.querySelectorAll('.key-go')).to.have.length(1);
      await expectAccessible();
      await clickOn('button', 'Fetch it from firmware.example.org');
      await findByRole('heading', HOSTILE);
      expect(services.usb.called('glance')).to.deep.equal([['https://firmware.example.org/a/manifest.json']]);
      const head = document.querySelector('.head')!.textContent.replace(/\s+/g, ' ');
      expect(head).to.include('1.1.0').and.include('for ESP32 and ESP32-C3').and.include('from firmware.example.org');
      expect(window).to.not.have.property('__hostile');
      await expectAccessible();
    });

    it('goes along to the board that is chosen, once and without another question', async () => {
      follow('https://firmware.example.org/b/manifest.json');
      const services = demoServices().services;
      services.usb.offered = offer;
      openDoor(services);
      await clickOn('button', 'Fetch it from firmware.example.org');
      await findByRole('heading', HOSTILE);
      await clickOn('link', /^Open esp32-ota/);
      unmountAll();
      const view = document.createElement('ot-usb-view');
      view.services = services;
      view.route = { view: 'usb', portId: PORT };
      mount(view, { in: 'main' });
      await until(() => services.usb.called('bringUrl').length === 1, 'the firmware');
      expect(services.usb.called('bringUrl')).to.deep.equal([['https://firmware.example.org/b/manifest.json']]);
      unmountAll();
      const again = document.createElement('ot-usb-view');
      again.services = services;
      again.route = { view: 'usb', portId: PORT };
      mount(again, { in: 'main' });
      await findByRole('button', 'Connect');
      expect(services.usb.called('bringUrl')).to.have.length(1);
    });

    it('fetches from its own host at once', async () => {
      follow(new URL('firmware/manifest.json', location.origin).href);
      const services = demoServices().services;
      services.usb.offered = { ...offer, name: 'own' };
      openDoor(services);
      await findByRole('heading', 'own');
      expect(services.usb.called('glance')).to.have.length(1);
    });

    it('says why it cannot be had, and tries again where that can help', async () => {
      follow('https://firmware.example.org/c/manifest.json');
      const services = demoServices().services;
      services.usb.offered = new FakeError('MANIFEST_UNREACHABLE', { url: 'https://firmware.example.org/c/manifest.json' });
      openDoor(services);
      await clickOn('button', 'Fetch it from firmware.example.org');
      await findByRole('heading', 'The firmware of this link cannot be had');
      expect(document.body.textContent).to.include('CORS').and.include('MANIFEST_UNREACHABLE');
      services.usb.offered = { ...offer, name: 'there now' };
      await clickOn('button', 'Try again');
      await findByRole('heading', 'there now');
    });

    for (const bad of ['javascript:alert(1)', 'firmware/manifest.json', 'file:///etc/passwd', 'https://me:secret@example.org/m.json']) {
      it(`asks nobody for ${bad}, and says why`, async () => {
        follow(bad);
        const services = openDoor();
        await findByRole('heading', 'The firmware of this link cannot be had');
        expect(document.body.textContent).to.include('BUNDLE_ADDRESS');
        expect(byRole('button', /Copy report/), 'a report to give to whoever made it').to.not.equal(undefined);
        expect(byRole('button', 'Try again')).to.equal(undefined);
        expect(services.usb.called('glance')).to.have.length(0);
        await expectAccessible();
      });
    }
  });

  it('says at once that a file arrived before the chip is connected, and takes it away again', async () => {
    const { services, session } = open(usbState({ phase: 'console' }));
    await findByRole('heading', 'Into its boot loader');
    session.change({ bundle: { ...plannedState().bundle!, name: 'blink-1.2', parts: [] } });
    await findByRole('heading', 'blink-1.2 is here');
    expect(allByRole('button', 'Connect')).to.have.length(1);
    await expectAccessible();
    await clickOn('button', 'Put it away');
    expect(services.usb.called('clear')).to.have.length(1);
    session.change({ phase: 'connecting' });
    await until(() => document.body.textContent.includes('once the chip is connected'), 'what waits');
  });

  it('asks whether to erase everything as the maker wishes, only where another firmware runs, and keeps by default', async () => {
    const planned = plannedState();
    const bundle = { ...planned.bundle!, proposesErase: true };
    const { session } = open({ ...planned, bundle: { ...bundle, name: 'another-product' }, layout: { ...planned.layout!, slots: [] } });
    const question = await until(() => document.querySelector<HTMLFieldSetElement>('fieldset:has([name=erase-first])'), 'the question');
    expect(question.textContent).to.include('Erase everything first? Recommended for a first install');
    const [keep, erase] = question.querySelectorAll('input');
    expect([keep!.checked, erase!.checked]).to.deep.equal([true, false]);
    await expectAccessible();
    erase!.click();
    expect(session.state.value.choices.eraseAll).to.equal(true);
    const project = planned.layout!.slots.find(({ app }) => app)!.app!.project;
    session.change({ bundle: { ...bundle, name: project }, layout: planned.layout! });
    await until(() => !document.querySelector('[name=erase-first]'), 'the question to go');
  });

  it('takes a pasted link to the question, not straight to the net', async () => {
    const { services, session } = open(readyState());
    await findByRole('heading', 'Drop a build here');
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'https://example.org/manifest.json');
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    await findByRole('heading', 'Fetch from an address');
    expect(services.usb.called('bringUrl')).to.have.length(0);
    session.failure = new FakeError('BUNDLE_EMPTY');
    await clickOn('button', 'Fetch it');
    await until(() => document.querySelector('dialog .fault') !== null, 'why it failed');
    const field = await findByRole('textbox', 'Address');
    typeInto(field, 'foo');
    await until(() => document.querySelector('dialog .fault') === null, 'the old error to go');
    session.failure = undefined;
    typeInto(field, 'https://example.org/manifest.json');
    await clickOn('button', 'Fetch it');
    await until(() => services.usb.called('bringUrl').length === 2, 'the fetch');
    expect(allByRole('dialog')).to.have.length(0);
  });
});

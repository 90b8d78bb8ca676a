/** What the page says of a chip on which something is missing: a table, a choice between slots, a firmware, the way in. */
import { expect } from 'chai';
import type { UsbState } from '../../../src/app/usb/model.ts';
import '../../../src/ui/live-region.ts';
import { wifiPasswordFault } from '../../../src/ui/dialogs/wifi-password.ts';
import '../../../src/ui/elements/flash.ts';
import { loadUsbStyles } from '../../../src/ui/styles/usb-styles.ts';
import '../../../src/ui/views/usb-view.ts';
import { layoutRegions } from '../../../src/ui/views/usb/plan-regions.ts';
import { byRole, clickOn, expectAccessible, findByRole, mount, unmountAll, until } from '../../doubles/mount.ts';
import { demoServices } from '../../doubles/services.ts';
import { chipIdentity, chipLayout, doneJob, plannedState, readyState, usbJob, usbState } from '../../doubles/usb-services.ts';

function open(state: UsbState) {
  const { services } = demoServices();
  const session = services.usb.put(state);
  const view = document.createElement('ot-usb-view');
  view.services = services;
  view.route = { view: 'usb', portId: state.portId };
  mount(view, { in: 'main' });
  return { services, session };
}

const text = (): string => document.body.textContent.replace(/\s+/g, ' ');
const bare = { slots: [], hasBootloader: false, nvs: 'none' } as const;

describe('a chip that is identified', () => {
  afterEach(unmountAll);

  it('names the ids of its flash, the mode and the counter of its encryption, secure boot, and where each partition lies', async () => {
    const chip = chipIdentity({
      security: { flashEncryption: true, secureBoot: true, secureDownload: false },
      encryption: { cryptCount: 7, mode: 'release' },
    });
    open(readyState({ chip }));
    await findByRole('heading', 'Flash map');
    const facts = document.querySelector('.chip-facts')!.textContent.replace(/\s+/g, ' ');
    expect(facts)
      .to.include('GigaDevice, manufacturer 0xC8, device 0x4016')
      .and.include('on, release mode: its boot loader encrypts nothing, counter 7')
      .and.match(/Secure boot\s*on/);
    const rows = [...document.querySelectorAll('.partition-list tbody tr')].map(({ textContent }) =>
      textContent.replace(/\s+/g, ' ').trim(),
    );
    expect(rows[0]).to.equal('nvs data, nvs 0x009000 0x00DFFF 20 KB');
    document.querySelector<HTMLDetailsElement>('.partition-list')!.open = true;
    await expectAccessible();
  });

  it('says that nothing is burnt where nothing is', async () => {
    open(readyState({ chip: chipIdentity({ encryption: { cryptCount: 0, mode: 'development' } }) }));
    await findByRole('heading', 'Flash map');
    expect(document.querySelector('.chip-facts')!.textContent.replace(/\s+/g, ' ')).to.match(/Flash encryption\s*off, counter 0/);
  });
});

describe('a chip on which something is missing', () => {
  afterEach(unmountAll);

  it('says in words why nothing is known of its flash', async () => {
    const said: readonly (readonly [string, RegExp])[] = [
      ['ERASED', /There is no partition table, nor is there a boot loader\. A whole build brings both along\./],
      ['UNREADABLE', /lets nobody read its flash/],
      ['TABLE_ENTRY', /The partition table is damaged/],
    ];
    for (const [tableProblem, words] of said) {
      open(readyState({ layout: { ...bare, tableProblem } }));
      await findByRole('heading', 'Firmware slots');
      expect(text()).to.match(words).and.not.include(tableProblem);
      unmountAll();
    }
  });

  it('draws no switch where nothing chooses between slots, and no panel for it', async () => {
    const { partitions = [], slots } = chipLayout();
    open(
      readyState({ layout: chipLayout({ partitions: partitions.filter(({ label }) => label !== 'otadata'), slots: slots.slice(0, 1) }) }),
    );
    await findByRole('heading', 'Firmware slots');
    await until(() => document.querySelector('ot-slots .tray-bed'), 'the trays');
    expect(document.querySelector('ot-slots .switch')).to.equal(null);
    expect(byRole('heading', 'Slots by hand')).to.equal(undefined);
    await expectAccessible();
  });

  it('has no firmware that could take a network, and says so', async () => {
    const { session } = open(usbState({ phase: 'console', layout: { ...bare, tableProblem: 'ERASED' } }));
    session.improvSession = undefined;
    await clickOn('button', 'Set Wi-Fi');
    await findByRole('heading', 'No firmware runs on this board');
  });

  it('is asked again although it said that it never answers: a fuse of the bench may be taken back', async () => {
    const { services } = open(
      usbState({ phase: 'console', connectSteps: [], problem: { code: 'DOWNLOAD_DISABLED', message: '', details: {} } }),
    );
    await clickOn('button', 'Ask the chip again');
    expect(services.usb.called('connect')).to.have.length(1);
  });

  it('that is virtual is not said to have lost a cable that nobody pulled', async () => {
    for (const code of ['PORT_GONE', 'PORT_BUSY'] as const) {
      open(usbState({ problem: { code, message: '', details: {} } }));
      await until(() => document.querySelector('ot-problem')?.textContent, 'the problem');
      expect(text()).to.include('its bench').and.not.include('The cable was pulled');
      unmountAll();
    }
  });
});

describe('what a person would stumble over', () => {
  before(loadUsbStyles);
  afterEach(unmountAll);

  it('no password that no network can have goes to the board, and it can be looked at', async () => {
    const { session, services } = open(usbState({ phase: 'console' }));
    expect(session.improvSession).to.not.equal(undefined);
    await clickOn('button', 'Set Wi-Fi');
    const field = await until(() => document.querySelector<HTMLInputElement>('#improv-password'), 'the password');
    for (const [typed, said] of [
      ['', 'This network wants a password.'],
      ['short', 'at least 8 characters'],
      ['x'.repeat(64), 'at most 63 characters'],
    ] as const) {
      field.value = typed;
      await clickOn('button', 'Join');
      await until(() => text().includes(said), said);
    }
    expect(services.usb.called('provision')).to.have.length(0);
    await expectAccessible();
    await clickOn('checkbox', 'Show it');
    await until(() => field.type === 'text', 'the password to be seen');
    field.value = 'long enough';
    await clickOn('button', 'Join');
    await until(() => services.usb.called('provision').length === 1, 'the answer');
  });

  it('takes a raw key, and no password where nobody knows whether there is one', () => {
    expect(wifiPasswordFault('0f'.repeat(32), { mayBeOpen: false })).to.equal('');
    expect(wifiPasswordFault('', { mayBeOpen: true })).to.equal('');
    expect(wifiPasswordFault('äöüß', { mayBeOpen: false }), 'bytes count').to.equal('');
  });

  it('goes on with the chip, and not with a page that has to connect, where another one is flashed', async () => {
    const { services } = open(plannedState({ phase: 'console', job: doneJob() }));
    await clickOn('button', 'Flash another');
    expect(services.usb.calls.map(([name]) => name)).to.include.members(['clear', 'dismissJob', 'connect']);
  });

  it('writes a version as its maker does, and makes no news of a way back from nowhere', async () => {
    const done = doneJob({ kind: 'restore' });
    const { fromVersion: _none, ...result } = { ...done.result!, toVersion: 'v1.4.1' };
    open(plannedState({ phase: 'console', job: { ...done, result } }));
    await findByRole('button', /^Write .* again$/);
    expect(document.querySelector('ot-leap')).to.equal(null);
    unmountAll();
    open(plannedState({ phase: 'working', bundle: { ...plannedState().bundle!, version: 'v1.4.1' }, job: usbJob() }));
    await findByRole('heading', 'v1.4.1 is on its way to the chip');
  });

  it('offers to save and to clear a log once there is one, and says that a pause still listens', async () => {
    const { session } = open(usbState({ phase: 'console' }));
    session.console.open.set(true);
    const save = await findByRole('button', 'Save');
    expect(save.getAttribute('aria-disabled')).to.equal('true');
    session.console.buffer.add({ text: 'hello' });
    session.console.changed();
    await until(() => save.getAttribute('aria-disabled') === null, 'something to save');
    await clickOn('button', 'Pause');
    await until(() => text().includes('Paused: it still listens'), 'the word');
  });

  it('names below a narrow map what has no room in it', async () => {
    const drawn = (px: number): void => {
      const flash = document.createElement('ot-flash');
      flash.regions = layoutRegions({ chip: 'ESP32', flashBytes: 0x400000, layout: chipLayout() });
      flash.style.cssText = `display: block; inline-size: ${px}px`;
      mount(flash, { in: 'main' });
    };
    drawn(280);
    const legend = await until(() => document.querySelector('.flash-legend'), 'the legend');
    expect(legend.textContent.replace(/\s+/g, ' ')).to.include('coredump 64 KB');
    unmountAll();
    drawn(900);
    await until(() => document.querySelector('.leader'), 'the drawing');
    expect(document.querySelector('.flash-legend')).to.equal(null);
  });
});

/** What is done to a flash as a whole: brought back, read, erased. What it means is said before it is done. */
import { expect } from 'chai';
import type { UsbState } from '../../../src/app/usb/model.ts';
import '../../../src/ui/live-region.ts';
import '../../../src/ui/views/usb-view.ts';
import { firmwareRecord } from '../../doubles/fixtures.ts';
import { allByRole, byRole, clickOn, expectAccessible, findByRole, mount, typeInto, unmountAll, until } from '../../doubles/mount.ts';
import { demoServices } from '../../doubles/services.ts';
import { chipIdentity, chipLayout, flashPlan, plannedState, readyState } from '../../doubles/usb-services.ts';

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
const fused = (name: keyof ReturnType<typeof chipIdentity>['security']) => {
  const chip = chipIdentity();
  return { ...chip, security: { ...chip.security, [name]: true } };
};

const snapshot = (name: string, deviceId: string, addedAt: number, kind: 'merged' | 'uf2') =>
  firmwareRecord({ sha256: name.padEnd(64, '0'), name, kind, addedAt, version: '', source: { kind: 'device', detail: deviceId } });

function choose(value: string): void {
  const what = document.querySelector<HTMLSelectElement>('#range-what')!;
  what.value = value;
  what.dispatchEvent(new Event('change'));
}

describe('Restore', () => {
  afterEach(unmountAll);

  it('lists what was saved from this board first, each with its board, its moment and how much it is; the choice only makes a plan', async () => {
    const { services } = open(readyState());
    services.library.records.set([
      snapshot('other', 'usb:11:22:33:44:55:66', 3_000_000_000, 'uf2'),
      snapshot('older', 'esp32-ota', 1_000_000_000, 'merged'),
      snapshot('newer', 'esp32-ota', 2_000_000_000, 'uf2'),
    ]);
    await clickOn('button', 'Restore');
    await findByRole('heading', 'Bring a saved flash back');
    expect(allByRole('heading').map(({ textContent }) => textContent)).to.include.members([
      'Saved from this board',
      'Saved from another board',
    ]);
    expect([...document.querySelectorAll('.choice b')].map(({ textContent }) => textContent)).to.deep.equal(['newer', 'older', 'other']);
    expect(text())
      .to.include('from esp32-ota')
      .and.include('the whole flash')
      .and.include('a part of the flash')
      .and.include('from 11:22:33:44:55:66');
    await expectAccessible();
    await clickOn('button', /^older/);
    await until(() => services.usb.called('bringFirmware').length === 1, 'the plan');
    expect(services.usb.called('bringFirmware')).to.deep.equal([['older'.padEnd(64, '0')]]);
    expect(services.usb.called('restore')).to.have.length(0);
  });

  it('looks before it writes: from which board and when, what changes, saved first, and a word for another board', async () => {
    const planned = plannedState();
    const saved = { board: '11:22:33:44:55:66', takenAt: 1_000_000_000, isWhole: false };
    const problems = [{ code: 'OTHER_BOARD', severity: 'warn', facts: { board: saved.board, isWhole: 0 } }] as const;
    const { services } = open({ ...planned, bundle: { ...planned.bundle!, snapshot: saved }, plan: flashPlan({ problems }) });
    await findByRole('heading', 'Look before you write');
    expect(text()).to.include('11:22:33:44:55:66').and.include('a part of the flash').and.include('This was saved from another board');
    expect(text()).to.include('Saves first what is overwritten');
    expect(byRole('combobox', 'The application goes to')).to.equal(undefined);
    await clickOn('button', 'Write what was saved');
    expect(services.usb.called('flash')).to.have.length(0);
    await clickOn('checkbox', /^Write it all the same/);
    await clickOn('button', 'Write what was saved');
    expect(services.usb.called('flash')).to.deep.equal([[{ full: false, snapshot: 'overwritten' }]]);
  });

  it('calls no application what is named after its board', async () => {
    const saved = { board: 'a', takenAt: 1_000_000_000, isWhole: true };
    const partitions = flashPlan().partitions.map((entry) => ({ ...entry, in: 'bundle' as const }));
    const planned = plannedState({}, flashPlan({ partitions }));
    open({ ...planned, bundle: { ...planned.bundle!, name: 'Snapshot of a', snapshot: saved } });
    await findByRole('button', 'Write what was saved');
    expect(text()).to.include('ota_0').and.not.include('Snapshot of a to');
  });

  it('asks no word for another board where nothing is written', async () => {
    const saved = { board: '11:22:33:44:55:66', takenAt: 1_000_000_000, isWhole: true };
    const problems = [{ code: 'OTHER_BOARD', severity: 'warn', facts: { board: saved.board, isWhole: 1, kept: '' } }] as const;
    const plan = flashPlan({ problems });
    const planned = plannedState({ onChip: plan.writes.map(({ offset }) => offset) }, plan);
    const { services } = open({ ...planned, bundle: { ...planned.bundle!, snapshot: saved } });
    await clickOn('button', 'Start what was saved');
    expect(byRole('checkbox', /^Write it all the same/)).to.equal(undefined);
    expect(services.usb.called('flash')).to.have.length(1);
  });

  it('is refused at once where plain bytes are not readable to the chip, as Erase is, with the reason', async () => {
    const { services } = open(readyState({ chip: fused('flashEncryption') }));
    for (const name of ['Restore', 'Erase']) await clickOn('button', name);
    expect(byRole('dialog')).to.equal(undefined);
    expect(services.usb.calls).to.deep.equal([]);
    expect(document.querySelector('#flash-acts-why')!.textContent).to.include('Flash encryption is on');
    expect(byRole('button', 'Read to a file')!.getAttribute('aria-disabled')).to.equal(null);
  });
});

describe('what is saved before a write', () => {
  afterEach(unmountAll);
  const saves = (): string | undefined =>
    document.querySelector<HTMLInputElement>('[name=usb-snapshot]:checked')?.closest('label')?.innerText;

  it('is what is overwritten also where no partition table says what that is', async () => {
    open(plannedState({ layout: { slots: [], hasBootloader: false, nvs: 'none', tableProblem: 'ERASED' } }));
    await findByRole('heading', 'Look before you write');
    expect(saves()).to.include('Save what is overwritten');
  });

  it('is nothing where the chip says that it is blank', async () => {
    open(plannedState({ savingMs: { nothing: 0, overwritten: 0, everything: 90_000 } }));
    await findByRole('heading', 'Look before you write');
    expect(saves()).to.include('Save nothing');
  });
});

describe('a stretch of flash', () => {
  afterEach(unmountAll);

  it('is offered by the name of what lies there, boot loader and partition table as well', async () => {
    const { services } = open(readyState());
    await clickOn('button', 'Read to a file');
    await findByRole('heading', /^Read from/);
    choose('boot loader');
    await clickOn('button', 'Read boot loader');
    await until(() => services.usb.called('read').length === 1, 'the read');
    expect(services.usb.called('read')).to.deep.equal([[{ offset: 0x1000, length: 0x7000 }]]);
  });

  it('that a board does not start without is erased only by its name, with that said', async () => {
    const { services } = open(readyState());
    await clickOn('button', 'Erase');
    await findByRole('heading', /^Erase on/);
    choose('#');
    typeInto(await findByRole('textbox', 'From'), '0x1000');
    typeInto(await findByRole('textbox', 'Length'), '0x9000');
    await until(() => text().includes('It touches boot loader, partition table and nvs.'), 'the names');
    expect(text()).to.include('Without boot loader and partition table the board does not start until that is written again.');
    await expectAccessible();
    typeInto(await findByRole('textbox', /^Type/), 'erase');
    const key = byRole('button', 'Erase this stretch') as HTMLButtonElement;
    expect(key.disabled).to.equal(true);
    typeInto(await findByRole('textbox', /^Type erase boot loader/), 'erase boot loader');
    await until(() => !key.disabled, 'the key');
    key.click();
    await until(() => services.usb.called('erase').length === 1, 'the erase');
  });

  it('says what starts once the slot is erased that starts next', async () => {
    open(readyState({ layout: chipLayout() }));
    await clickOn('button', 'Erase');
    await findByRole('heading', /^Erase on/);
    choose('ota_0');
    await until(() => text().includes('ota_0 starts next: without it another slot starts, or nothing.'), 'the warning');
    choose('otadata');
    await until(() => text().includes('The boot choice is lost: the first slot starts again.'), 'the warning');
  });
});

import { expect } from 'chai';
import type { UsbState } from '../../../src/app/usb/model.ts';
import type { FlashPlan } from '../../../src/core/bundle/plan-model.ts';
import '../../../src/ui/views/usb-view.ts';
import { planRegions } from '../../../src/ui/views/usb/plan-regions.ts';
import { leftOf } from '../../../src/ui/views/usb/plan-found.ts';
import { appBytes } from '../../core/bundle/plan-fixtures.ts';
import { clickOn, expectAccessible, findByRole, mount, unmountAll, until } from '../../doubles/mount.ts';
import { demoServices } from '../../doubles/services.ts';
import { chipLayout, flashPlan, plannedState } from '../../doubles/usb-services.ts';

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
const column = (heading: RegExp): string =>
  [...document.querySelectorAll('.mat .plan')].find((node) => heading.test(node.textContent))!.textContent.replace(/\s+/g, ' ');
const radio = (label: string): HTMLInputElement | undefined =>
  [...document.querySelectorAll<HTMLLabelElement>('label.option')]
    .find((node) => node.textContent.includes(label))
    ?.querySelector('input') ?? undefined;
const appAt = ({ writes }: FlashPlan): number => writes.find(({ role }) => role === 'app')!.offset;

describe('a plan, once the chip has said what it has', () => {
  afterEach(unmountAll);

  it('changes nothing and saves nothing where all of it is there', async () => {
    const plan = flashPlan();
    const { services } = open(plannedState({ onChip: plan.writes.map(({ offset }) => offset) }, plan));
    await findByRole('button', 'Start 1.1.0');
    expect(column(/Will change/))
      .to.include('Nothing.')
      .and.not.include('ota_0');
    expect(column(/Stays as it is/)).to.match(/ota_0\s*application, the same is there already/);
    expect(radio('Save what is overwritten')).to.equal(undefined);
    expect(radio('Save nothing')!.checked).to.equal(true);
    expect(text()).to.include('nothing is overwritten').and.not.include('no way back');
    await expectAccessible();
    await clickOn('button', 'Start 1.1.0');
    expect(services.usb.called('flash')).to.deep.equal([[{ full: false, snapshot: 'nothing' }]]);
  });

  it('does not say that it is started where the boot loader does not get to it', async () => {
    const plan = flashPlan({ problems: [{ code: 'NO_PARTITION_TABLE', severity: 'warn', facts: { expected: 0x8000 } }] });
    open(plannedState({ onChip: plan.writes.map(({ offset }) => offset) }, plan));
    await findByRole('button', 'Restart the chip');
    expect(text()).to.include('nothing is written, and it does not start: read above why.').and.not.include('is started');
  });

  it('names what stays of a table that comes along, where the same is there already', async () => {
    const { partitions, ...rest } = flashPlan();
    const [slot] = rest.writes;
    const nvs = { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x5000, fate: 'written', in: 'bundle' } as const;
    const plan = flashPlan({
      partitions: [nvs, ...partitions.filter(({ label }) => label !== 'nvs')],
      writes: [slot!, { name: 'nvs', role: 'nvs', offset: 0x9000, length: 4, bytes: new Uint8Array(4), patched: false }],
    });
    open(plannedState({ onChip: [0x9000] }, plan));
    await findByRole('button', 'Write 1.1.0');
    expect(column(/Stays as it is/)).to.match(/nvs\s*Wi-Fi and settings, the same is there already/);
  });

  it('writes and saves all of it when that is asked for', async () => {
    const plan = flashPlan();
    const { services } = open(plannedState({ onChip: plan.writes.map(({ offset }) => offset) }, plan));
    await clickOn('checkbox', /Write all of it/);
    await findByRole('button', 'Write 1.1.0');
    expect(column(/Will change/)).to.include('ota_0');
    await clickOn('button', 'Write 1.1.0');
    expect(services.usb.called('flash')).to.deep.equal([[{ full: true, snapshot: 'overwritten' }]]);
  });

  it('goes write by write', async () => {
    const plan = flashPlan();
    open(plannedState({ onChip: [appAt(plan)] }, plan));
    await findByRole('button', 'Write 1.1.0');
    expect(column(/Will change/))
      .to.include('otadata')
      .and.not.include('ota_0');
    expect(text()).to.include('35.8 KB, one click brings it back');
    const drawn = (of: FlashPlan) => planRegions(of, chipLayout(), '1.1.0').find(({ name }) => name === 'ota_0')!;
    expect(drawn(plan).state).to.equal('write');
    expect(drawn(leftOf(plan, [appAt(plan)]))).to.include({
      state: drawn({ ...plan, writes: [] }).state,
      note: drawn({ ...plan, writes: [] }).note,
    });
  });

  it('names what might be a manifest and is none, where no other one was read', async () => {
    const planned = plannedState();
    const ignored = ['flash-map.json', 'notes.txt'];
    open({ ...planned, bundle: { ...planned.bundle!, origin: 'files', ignored } });
    await until(() => text().includes('flash-map.json: no manifest that Otter can read.'), 'the notice');
    await expectAccessible();
    unmountAll();
    open({ ...planned, bundle: { ...planned.bundle!, ignored } });
    await findByRole('button', 'Write 1.1.0');
    expect(text()).to.not.include('no manifest that Otter can read');
  });

  it('says how it is proven, and that only the slow loader runs', async () => {
    const { session } = open(plannedState());
    await until(() => text().includes('About 14 s, proven at the end by the chip’s own MD5.'), 'the proof');
    expect(text()).to.not.include('slower');
    session.change({ loader: 'rom' });
    await until(() => text().includes('only its ROM: that is slower'), 'the loader');
    session.change({ loader: 'secure-download' });
    await until(() => text().includes('nobody can read it back'), 'what cannot be proven');
  });

  it('says that another project comes', async () => {
    const plan = flashPlan();
    const bytes = await appBytes({ version: '1.1.0', bytes: 1000 });
    const writes = plan.writes.map((write) => (write.role === 'app' ? { ...write, bytes } : write));
    open(plannedState({}, { ...plan, writes }));
    await until(() => text().includes('Another project: the chip starts greenhouse-node now.'), 'the hint');
    expect(text()).to.include('Settings and files that stay are of that one.');
    unmountAll();
    const brought = plan.partitions.map((entry) => ({ ...entry, fate: 'written' as const }));
    open(plannedState({}, { ...plan, writes, partitions: brought }));
    await until(() => text().includes('Another project'), 'the hint');
    expect(text(), 'none of them stay').to.not.include('Settings and files that stay');
    unmountAll();
    const layout = chipLayout();
    const slots = layout.slots.map((slot) => ({ ...slot, app: { ...slot.app!, project: 'greenhouse' } }));
    open(plannedState({ layout: { ...layout, slots } }, { ...plan, writes }));
    await findByRole('button', 'Write 1.1.0');
    expect(text()).to.not.include('Another project');
  });

  it('adds up only what is left to write', async () => {
    const plan = flashPlan();
    const sum = (): string => document.querySelector('[aria-labelledby="writes"] .row-head p')!.textContent;
    const { session } = open(plannedState({ onChip: [appAt(plan)] }, plan));
    await findByRole('heading', 'What is written');
    expect(sum()).to.equal('35.8 KB of 947.8 KB');
    session.change({ onChip: plan.writes.map(({ offset }) => offset) });
    await until(() => sum() === 'nothing of 947.8 KB: the same is there', 'the sum');
  });

  it('does not start what is blocked', async () => {
    const plan = flashPlan({ problems: [{ code: 'DAMAGED_IMAGE', severity: 'block', facts: {} }] });
    open(plannedState({ onChip: plan.writes.map(({ offset }) => offset) }, plan));
    await findByRole('button', 'Write 1.1.0');
    expect(column(/Will change/)).to.include('ota_0');
    expect(text()).to.not.include('is on the chip already');
  });

  it('starts the application of the chip where none came along', async () => {
    const { writes } = flashPlan();
    const plan = flashPlan({ writes: writes.filter(({ role }) => role === 'otadata') });
    open(plannedState({ onChip: [0xe000] }, plan));
    await findByRole('button', 'Start the application');
    expect(text()).to.include('nothing is written, and the application of the chip is started');
  });

  it('still shows what is erased around what is there', () => {
    const plan = flashPlan({ erases: [{ offset: 0xe000, length: 0x2000 }] });
    const left = leftOf(
      plan,
      plan.writes.map(({ offset }) => offset),
    );
    expect(left.partitions.find(({ label }) => label === 'otadata')!.fate).to.equal('written');
    expect(left.partitions.find(({ label }) => label === 'ota_0')!.fate).to.equal('kept');
  });
});

describe('a plan over an unfinished write', () => {
  afterEach(unmountAll);
  const [first, second] = chipLayout().slots;
  const layout = chipLayout({ slots: [{ ...first!, unfinished: true }, second!] });

  it('does not call it a firmware', async () => {
    open(plannedState({ layout }));
    await until(() => text().includes('will be written, over an unfinished write'), 'what gives way');
    expect(planRegions(flashPlan(), layout, '1.1.0').find(({ name }) => name === 'ota_0')!.note).to.equal(
      'gets 1.1.0, over an unfinished write',
    );
  });

  it('saves first all the same where settings or files give way too', async () => {
    const plan = flashPlan();
    const partitions = plan.partitions.map((entry) => (entry.label === 'nvs' ? { ...entry, fate: 'gone' as const } : entry));
    const { services } = open(plannedState({ layout }, { ...plan, partitions }));
    await clickOn('button', 'Write 1.1.0');
    expect(services.usb.called('flash')).to.deep.equal([[{ full: false, snapshot: 'overwritten' }]]);
  });
});

describe('the question of the maker whether to erase first', () => {
  afterEach(unmountAll);
  const asking = (plan: FlashPlan): UsbState => {
    const planned = plannedState({}, plan);
    return {
      ...planned,
      bundle: { ...planned.bundle!, name: 'another-product', proposesErase: true },
      layout: { ...planned.layout!, slots: [] },
    };
  };
  const questions = (): readonly string[] =>
    [...document.querySelectorAll('label.option')]
      .map((node) => node.textContent.replace(/\s+/g, ' '))
      .filter((words) => /erase/i.test(words));

  it('is asked once', async () => {
    open(asking(flashPlan()));
    await findByRole('heading', 'How');
    expect(questions().join('; ')).to.equal('Erase everything firstnothing of the firmware before is left');
    expect(text()).to.include('settings and files of the firmware before stay');
    unmountAll();
    open(plannedState());
    await findByRole('heading', 'How');
    expect(questions().join('; '), 'by a box, where the maker asks nothing').to.include('Erase everything else first');
  });

  it('does not promise to keep what another table gives up', async () => {
    const plan = flashPlan();
    const partitions = plan.partitions.map((entry) => (entry.label === 'nvs' ? { ...entry, fate: 'gone' as const } : entry));
    open(asking({ ...plan, partitions }));
    await until(() => text().includes('the new partition table gives up nvs all the same'), 'the note');
    expect(text()).to.not.include('settings and files of the firmware before stay');
    await expectAccessible();
  });
});

describe('a partition that only the new table has', () => {
  it('is drawn as what changes, not as what stays', () => {
    const plan = flashPlan();
    const partitions = plan.partitions.map((entry) =>
      entry.label === 'spiffs'
        ? { ...entry, label: 'rfdata', fate: 'new' as const, in: 'bundle' as const }
        : { ...entry, in: 'both' as const },
    );
    const drawn = planRegions({ ...plan, partitions }, chipLayout()).find(({ name }) => name === 'rfdata')!;
    expect(drawn).to.include({ state: 'write', note: 'is new' });
  });
});

/** What the page claims after a job, and before one: of what was written, what started, what is doubtful, and what broke off. */
import { expect } from 'chai';
import type { UsbJobResult, UsbJobState, UsbState } from '../../../src/app/usb/model.ts';
import '../../../src/ui/live-region.ts';
import '../../../src/ui/views/usb-view.ts';
import { byRole, clickOn, expectAccessible, findByRole, mount, unmountAll, until } from '../../doubles/mount.ts';
import { firmwareRecord } from '../../doubles/fixtures.ts';
import { demoServices } from '../../doubles/services.ts';
import {
  chipLayout,
  doneJob,
  flashPlan,
  plannedState,
  readyState,
  sectorRun,
  stagesUpTo,
  usbJob,
  STARTED,
} from '../../doubles/usb-services.ts';

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
const withJob = (job: UsbJobState, change: Partial<UsbState> = {}) => open(plannedState({ phase: 'console', ...change, job }));
const resulting = (change: Partial<UsbJobResult>, job: Partial<UsbJobState> = {}): UsbJobState => {
  const done = doneJob(job);
  return { ...done, result: { ...done.result!, ...change } };
};
const { undo: _undo, ...withoutUndo } = doneJob().result!;

describe('the end of a job by cable', () => {
  afterEach(unmountAll);

  it('does not call read what was known to be blank', async () => {
    withJob(resulting({ bytesInFlash: 0x400000, bytesBlank: 0x300000, readSha256: 'ab'.repeat(32) }, { kind: 'snapshot' }));
    await findByRole('heading', 'How we know');
    expect(text()).to.include('1 MB; the other 3 MB are blank, as the MD5 of the chip says without reading').and.not.include('all 4 MB');
  });

  it('asks for RESET where the page cannot press it, with a way out', async () => {
    const { services } = withJob(usbJob({ canStop: false, needsReset: true }), { phase: 'working' });
    await findByRole('heading', 'Press RESET on the board');
    expect(byRole('button', 'Stop')).to.equal(undefined);
    await expectAccessible();
    await clickOn('button', 'Press RESET');
    expect(services.calls).to.deep.include(['pressReset', 'esp32-ota']);
    await clickOn('button', 'Go on without');
    expect(services.usb.called('stop')).to.have.length(1);
  });

  it('has what was written as its news where another slot starts, and a key that makes it start', async () => {
    const { services } = withJob(
      resulting({
        fromVersion: '1.2.0-crash',
        toVersion: '1.2.0-crash',
        written: { version: '1.1.0', slot: 'ota_1', startsNext: false },
        otherTrouble: { kind: 'panic', line: 'Guru Meditation Error' },
      }),
    );
    await findByRole('heading', '1.1.0 is in ota_1; it does not start by itself');
    expect(text()).to.include('1.2.0-crash, from the other slot, and is in trouble: Guru Meditation Error').and.not.include('Proven');
    expect(document.querySelector('ot-leap')).to.equal(null);
    expect(byRole('button', /back to 1\.2\.0/)).to.equal(undefined);
    await expectAccessible();
    await clickOn('button', 'Start ota_1 next');
    expect(services.usb.called('selectSlot')).to.deep.equal([['ota_1']]);
  });

  it('blames the version that the log names, and no other', async () => {
    const problem = { code: 'APP_CRASHES', message: '', details: { version: '1.2.0-crash', kind: 'panic' } } as const;
    const written = { version: '1.1.0', slot: 'ota_0', startsNext: true };
    withJob(resulting({ written }, { outcome: 'unverified', left: 'complete', problem }));
    await findByRole('heading', '1.2.0-crash starts, and crashes');
  });

  it('talks of the switch after a switch, and leads back', async () => {
    const problem = { code: 'APP_CRASHES', message: '', details: { version: '1.2.0-crash', kind: 'panic' } } as const;
    const job: UsbJobState = {
      ...doneJob({ kind: 'slots', outcome: 'unverified', left: 'complete', problem }),
      result: { ...withoutUndo, toVersion: '1.2.0-crash', chosenSlot: { now: 'ota_0', before: 'ota_1' } },
    };
    const { services } = withJob(job);
    await findByRole('heading', 'ota_0 starts, and crashes');
    await clickOn('button', 'Start ota_1 next again');
    expect(services.usb.called('selectSlot')).to.deep.equal([['ota_1']]);
  });

  it('says first which slot was marked invalid', async () => {
    const marked = { ...withoutUndo, toVersion: '1.1.0', invalidSlot: 'ota_0', chosenSlot: { now: 'ota_1', before: 'ota_0' } };
    withJob(doneJob({ kind: 'slots', result: { ...marked, provedBy: 'boot-log' } }));
    await findByRole('heading', 'ota_0 is marked invalid; esp32-ota runs 1.1.0');
    unmountAll();
    withJob(doneJob({ kind: 'slots', result: { ...marked, provedBy: 'descriptor' } }));
    await findByRole('heading', 'ota_0 is marked invalid; ota_1 starts next');
  });

  it('tells in the receipt what was sent twice', async () => {
    withJob(resulting({ repeatedBlocks: 1 }));
    await until(() => text().includes('Sent twice 1 block that the line had damaged'), 'the receipt');
  });

  it('names what an Undo brought back, and offers what was undone again', async () => {
    const { services } = withJob(doneJob({ kind: 'restore', result: { ...withoutUndo, fromVersion: '1.1.0', toVersion: '1.0.0' } }));
    await findByRole('heading', 'esp32-ota runs 1.0.0');
    expect(text()).to.include('1.0.0, as it was saved');
    await clickOn('button', 'Write 1.1.0 again');
    expect(services.usb.calls.map(([name]) => name))
      .to.include('dismissJob')
      .and.not.include('clear');
  });

  it('does not call a way back what leads to what did not start, nor puts it first', async () => {
    const { fromVersion: _from, ...result } = doneJob().result!;
    withJob(doneJob({ result: { ...result, overBroken: true } }));
    await findByRole('button', 'Put back what did not start');
    expect(document.querySelector('ot-leap')!.textContent).to.include('broken');
    unmountAll();
    const problem = { code: 'DOES_NOT_START', message: '', details: { kind: 'panic' } } as const;
    withJob(doneJob({ outcome: 'unverified', left: 'complete', problem, result: { ...result, overBroken: true } }));
    expect((await findByRole('button', 'Connect, then back to the plan')).className).to.include('key-go');
  });

  it('puts no way back first where all is written and only nothing was printed', async () => {
    const problem = { code: 'NOTHING_PRINTED', message: '', details: {} } as const;
    withJob(doneJob({ outcome: 'unverified', left: 'complete', problem }));
    expect((await findByRole('button', 'Undo, back to 1.0.0')).className).to.not.include('key-go');
    expect((await findByRole('button', 'Connect, then back to the plan')).className).to.include('key-go');
  });

  it('says of a slot on the chip, and in the plan, that it did not start', async () => {
    const layout = chipLayout();
    const slots = layout.slots.map((slot) =>
      slot.next ? { ...slot, lastStart: 'no-start' as const } : { ...slot, damaged: true as const },
    );
    open(readyState({ layout: { ...layout, slots } }));
    await until(() => text().includes('Did not start the last time'), 'the slot');
    expect(text()).to.include('Damaged, cannot start').and.not.include('Starts at the next boot');
    unmountAll();
    open(plannedState({ layout: { ...layout, slots } }));
    await until(() => text().includes('over greenhouse-node 1.0.0 that did not start'), 'the plan');
  });

  it('leaves a version as it is written at the start of a heading', async () => {
    const written = { version: 'v1.4.1-2-g0296947', slot: 'ota_1', startsNext: false };
    withJob(resulting({ written }));
    await findByRole('heading', 'v1.4.1-2-g0296947 is in ota_1; it does not start by itself');
  });

  it('knows an average from the bytes and the time, where a sample says nothing', async () => {
    const stages = stagesUpTo('write', 124 * 1024).map((stage) =>
      stage.stage === 'write' ? { ...stage, status: 'failed' as const, endedAt: stage.startedAt! + 2000 } : { ...stage, done: 0 },
    );
    const speed = [100_000, 0].map((bytesPerSecond, index) => ({ at: STARTED + index * 1000, bytesPerSecond }));
    withJob(usbJob({ outcome: 'failed', left: 'partly-written', canStop: false, stages: stages.slice(2), speed }));
    await until(() => text().includes('average 62.0 KB/s'), 'the average');
  });

  it('claims nothing of a board that was changed since, and leads no way back', async () => {
    for (const [past, words] of [
      ['changed', 'the board was changed another way'],
      ['unplugged', 'the cable was out'],
    ] as const) {
      for (const job of [doneJob({ past }), doneJob({ past, outcome: 'unverified', left: 'complete' })]) {
        const { services } = withJob(job);
        await findByRole('heading', '1.1.0 was written');
        expect(text()).to.include(words).and.include('Past').and.not.include('Proven');
        expect(byRole('button', /Undo|again/)).to.equal(undefined);
        if (job.outcome === 'done') {
          await clickOn('button', 'Connect, then back to the chip');
          expect(services.usb.calls.map(([name]) => name)).to.deep.equal(['clear', 'dismissJob', 'connect']);
        }
        unmountAll();
      }
    }
  });

  it('adds up over the attempts', async () => {
    withJob(resulting({ bytesInFlash: 1000 * 1024, bytesWritten: 900 * 1024, bytesWrittenBefore: 300 * 1024, earlierMs: 30_000 }));
    await until(() => text().includes('42 s in all') && text().includes('Took 42 s'), 'the time');
    await until(() => text().includes('600 KB now; 300 KB before it broke off; 100 KB were found to be the same, and left'), 'the sum');
  });

  it('does not call what a person stopped a failure, and says whether anything was saved', async () => {
    const stages = stagesUpTo('write', 400_000).map((stage) =>
      stage.status === 'active' ? { ...stage, status: 'stopped' as const } : stage,
    );
    const job = usbJob({ outcome: 'stopped', left: 'partly-written', canStop: false, stages });
    const { services } = withJob({ ...job, saved: 'cd'.repeat(32) });
    await findByRole('heading', 'Stopped half-way');
    expect(text()).to.include('Write, stopped').and.include('stopped by you').and.not.include('failed');
    expect(text()).to.include('is saved in the library');
    await expectAccessible();
    await clickOn('button', 'Put back what was there');
    expect(services.usb.called('undo')).to.have.length(1);
    await clickOn('button', 'Disconnect');
    expect(services.usb.called('close')).to.have.length(1);
    unmountAll();
    withJob(job);
    await until(() => text().includes('Nothing was saved before'), 'no way back');
  });

  it('counts what was erased as erased, in cells of the usual size', async () => {
    const job = doneJob({
      kind: 'erase',
      sectors: { offset: 0x9000, states: sectorRun(['erased', 5]) },
      result: { ...withoutUndo, parts: [] },
    });
    withJob(job, { phase: 'ready' });
    await until(() => text().includes('5 of 5 erased'), 'the count');
    const [, , columns] = document.querySelector('ot-usb-sectors svg')!.getAttribute('viewBox')!.split(' ').map(Number);
    expect(columns, 'a row of 32 cells at least').to.be.at.least(32 * 16);
  });
});

describe('a plan by cable', () => {
  afterEach(unmountAll);

  it('needs a word for what is doubtful, and another one for other doubts', async () => {
    const doubtful = (code: 'IMAGE_ENCRYPTED' | 'TABLE_CHANGES') => flashPlan({ problems: [{ code, severity: 'warn', facts: {} }] });
    const { services, session } = open(plannedState({}, doubtful('IMAGE_ENCRYPTED')));
    const write = await findByRole('button', 'Write 1.1.0');
    expect(write.getAttribute('aria-disabled')).to.equal('true');
    await clickOn('button', 'Write 1.1.0');
    expect(services.usb.called('flash')).to.have.length(0);
    await expectAccessible();
    await clickOn('checkbox', /Write it all the same\. This image looks encrypted/);
    session.change({ plan: doubtful('TABLE_CHANGES') });
    await until(() => text().includes('Write it all the same. The partitions change'), 'the other doubt');
    await clickOn('button', 'Write 1.1.0');
    expect(services.usb.called('flash')).to.have.length(0);
    await clickOn('checkbox', /Write it all the same\. The partitions change/);
    await clickOn('button', 'Write 1.1.0');
    expect(services.usb.called('flash')).to.have.length(1);
  });

  it('goes from what the chip starts now, and not from what lies where it writes', async () => {
    const [first, second] = chipLayout().slots;
    const slots = [
      { ...first!, state: 'INVALID' as const, next: false },
      { ...second!, next: true },
    ];
    open(plannedState({ layout: chipLayout({ slots }) }));
    await findByRole('heading', 'Look before you write');
    const facts = (): string => document.querySelector('.head .facts')!.textContent.replace(/\s+/g, ' ');
    expect(facts()).to.include('0.9.3').and.not.include('1.0.0');
    unmountAll();
    open(plannedState({ layout: chipLayout({ slots: [slots[0]!, { ...slots[1]!, unfinished: true }] }) }));
    await findByRole('heading', 'Look before you write');
    expect(facts(), 'half of one and half of another').to.not.include('0.9.3');
  });

  it('says what is on the chip already, and then only starts it', async () => {
    const plan = flashPlan();
    open(plannedState({ onChip: plan.writes.map(({ offset }) => offset), estimatedMs: 17_000, differingMs: 4_000 }, plan));
    await findByRole('button', 'Start 1.1.0');
    expect(text())
      .to.include('on the chip already: nothing is written')
      .and.include('About 4 s')
      .and.include('application, is on the chip already');
    await clickOn('checkbox', /Write all of it/);
    await findByRole('button', 'Write 1.1.0');
    expect(text()).to.include('About 17 s');
  });

  it('offers no mix of two firmwares as the way back', async () => {
    const { slots } = chipLayout();
    const { services } = open(plannedState({ layout: chipLayout({ slots: [{ ...slots[0]!, unfinished: true }, slots[1]!] }) }));
    await clickOn('button', 'Write 1.1.0');
    expect(services.usb.called('flash')).to.deep.equal([[{ full: false, snapshot: 'nothing' }]]);
    expect(text()).to.include('ota_0 holds an unfinished write');
  });
});

describe('the page of a chip', () => {
  afterEach(unmountAll);

  it('says what broke off in a slot, and brings it again', async () => {
    const { slots } = chipLayout();
    const sha256 = 'ef'.repeat(32);
    const brokenOff = { act: 'flash', at: 0, outcome: 'interrupted', project: 'greenhouse-node', toVersion: '1.1.0', sha256 } as const;
    const { services } = open(readyState({ layout: chipLayout({ slots: [{ ...slots[0]!, unfinished: true, brokenOff }, slots[1]!] }) }));
    services.library.put(firmwareRecord({ sha256 }));
    await until(() => text().includes('ota_0 is unfinished. Writing greenhouse-node 1.1.0 broke off'), 'the notice');
    expect(text()).to.include('the page was closed or reloaded');
    await expectAccessible();
    await clickOn('button', 'Bring greenhouse-node 1.1.0 again');
    expect(services.usb.called('bringFirmware')).to.deep.equal([[sha256]]);
  });

  it('asks before it chooses what crashed the last time, and tells a choice of the board itself', async () => {
    const { slots } = chipLayout();
    const layout = chipLayout({
      slots: [slots[0]!, { ...slots[1]!, lastStart: 'crashed' }],
      changedItself: { from: 'ota_1', to: 'ota_0' },
    });
    const { services } = open(readyState({ layout }));
    await clickOn('button', /Roll back to 0\.9\.3/);
    await findByRole('heading', 'Start ota_1 next?');
    expect(services.usb.called('selectSlot')).to.have.length(0);
    expect(text()).to.include('Otter left ota_1 to start. Since then the board itself went over to ota_0');
    await clickOn('button', 'Start ota_1 next');
    await until(() => services.usb.called('selectSlot').length === 1, 'the choice');
  });
});

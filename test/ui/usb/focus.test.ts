/** Where the focus is once the thing that had it is gone. */
import type { UsbState } from '../../../src/app/usb/model.ts';
import '../../../src/ui/live-region.ts';
import { openImprov } from '../../../src/ui/dialogs/improv-dialog.ts';
import '../../../src/ui/views/usb-view.ts';
import { clickOn, findByRole, mount, unmountAll, until } from '../../doubles/mount.ts';
import { demoServices } from '../../doubles/services.ts';
import { FakeImprov, chipLayout, doneJob, flashPlan, plannedState, usbJob } from '../../doubles/usb-services.ts';

function open(state: UsbState) {
  const { services } = demoServices();
  const session = services.usb.put(state);
  const view = document.createElement('ot-usb-view');
  view.services = services;
  view.route = { view: 'usb', portId: state.portId };
  mount(view, { in: 'main' });
  return { services, session };
}

const focused = (): string => {
  const { activeElement: element } = document;
  return element?.getAttribute('aria-label') ?? element?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
};

async function focusOn(role: string, name: string | RegExp): Promise<void> {
  (await findByRole(role, name)).focus();
}

const { problem: _problem, ...lost } = usbJob({ outcome: 'lost', left: 'partly-written', canStop: false, resumeFrom: 0 });

describe('the focus on the page of a port', () => {
  afterEach(unmountAll);

  it('goes to the heading of what follows: Undo, its end, Go on, Stop', async () => {
    const { session } = open(plannedState({ phase: 'console', job: doneJob() }));
    await focusOn('button', 'Undo, back to 1.0.0');
    session.change({ phase: 'working', job: usbJob({ id: 'job-2', kind: 'restore' }) });
    await until(() => focused() === 'The saved flash is on its way back', 'the heading of the job');
    await focusOn('button', 'Stop');
    session.change({ phase: 'console', job: doneJob({ id: 'job-2', kind: 'restore' }) });
    await until(() => focused() === 'esp32-ota runs 1.1.0', 'the heading of its end');

    session.change({ job: lost, phase: 'console', canResume: true });
    await focusOn('button', 'Go on from where it was');
    session.change({ job: usbJob(), phase: 'working', canResume: false });
    await until(() => focused() === '1.1.0 is on its way to the chip', 'the heading of what goes on');
    await focusOn('button', 'Stop');
    session.change({ phase: 'console', job: usbJob({ outcome: 'stopped', left: 'partly-written', canStop: false }) });
    await until(() => focused() === 'Stopped half-way', 'the heading of what was stopped');
  });

  it('stays on the tick whose row goes to the other list', async () => {
    const plan = flashPlan();
    const { session } = open(plannedState({}, plan));
    await focusOn('checkbox', 'Keep nvs');
    await clickOn('checkbox', 'Keep nvs');
    const partitions = plan.partitions.map((entry) => (entry.label === 'nvs' ? { ...entry, fate: 'written' as const } : entry));
    session.change({ plan: { ...plan, partitions } });
    await until(() => focused() === 'Keep nvs' && document.activeElement!.isConnected, 'the same tick');
  });

  it('is on the heading of a page that was opened again', async () => {
    const { services } = demoServices();
    services.usb.put(plannedState({ phase: 'console', job: doneJob(), layout: chipLayout() }));
    const view = document.createElement('ot-usb-view');
    view.services = services;
    view.route = { view: 'usb', portId: 'virtual:esp32-ota' };
    mount(view, { in: 'main' });
    const heading = await until(() => document.querySelector('h1'));
    heading.tabIndex = -1;
    heading.focus();
    await until(() => focused() === 'esp32-ota runs 1.1.0', 'the heading');
  });
});

describe('the focus in the dialog for Wi-Fi', () => {
  afterEach(() => document.querySelector<HTMLElement>('ot-improv-dialog')?.remove());

  it('is on the network once there are some, and on the way on once it is joined', async () => {
    void openImprov(new FakeImprov([]), false);
    await until(() => document.activeElement instanceof HTMLInputElement && document.activeElement.name === 'network', 'the network');
    document.querySelector<HTMLInputElement>('#improv-password')!.value = 'a long password';
    await clickOn('button', 'Join');
    await until(() => focused() === 'Open device', 'the way on');
  });
});

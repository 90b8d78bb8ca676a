import { expect } from 'chai';
import '../../src/ui/views/job-view.ts';
import type { StageState, UpdateJobState } from '../../src/app/model.ts';
import { NOW, SHA_100, confirmedJob, deviceState, historyEntry, stagesAt, updateJob, updatedInfo } from '../doubles/fixtures.ts';
import { byRole, clickOn, expectAccessible, findByRole, mount, unmountAll, until } from '../doubles/mount.ts';
import { demoServices, type FakeServices } from '../doubles/services.ts';

function open(services: FakeServices, job?: UpdateJobState) {
  if (job) services.updates.setJob(job);
  const view = document.createElement('ot-job-view');
  view.services = services;
  view.route = { view: 'job', id: 'esp32-ota' };
  return mount(view, { in: 'main' });
}

const failedAt = (stage: StageState['stage']): readonly StageState[] =>
  stagesAt(stage, 400_000).map((entry) => (entry.status === 'active' ? { ...entry, status: 'failed' } : entry));

const updated = () =>
  demoServices(deviceState({ info: updatedInfo(), auth: { state: 'signed-in', mustChange: false, expiresAt: Date.now() + 300_000 } }));

describe('<ot-job-view>', () => {
  beforeEach(() => (location.hash = ''));
  afterEach(() => {
    unmountAll();
    location.hash = '';
  });

  it('says so when there is no job', async () => {
    open(demoServices().services);
    await findByRole('heading', 'No update to show');
    await expectAccessible();
  });

  it('tells of an attempt that was interrupted by a reload, and how to go on', async () => {
    const { services } = demoServices();
    services.devices.setHistory('esp32-ota', [historyEntry({ outcome: 'interrupted', slot: 'ota_1' })]);
    const view = open(services);
    await findByRole('heading', 'The update to 1.1.0 was interrupted');
    expect(view.textContent).to.include('ota_1 may hold an unfinished write. Nothing else was touched.');
    await findByRole('link', 'Look and write again');
    services.devices.setHistory('esp32-ota', [historyEntry({ outcome: 'interrupted', slot: 'ota_1', switched: true })]);
    await until(() => view.textContent.includes('about to start'), 'what is known after the switch');
    expect(view.textContent).to.not.include('Nothing else was touched');
    await expectAccessible();
  });

  it('says that another tab is writing', async () => {
    const { services } = demoServices();
    services.updates.elsewhere.set(new Set(['esp32-ota']));
    open(services);
    await findByRole('heading', 'Another tab is writing to this device');
  });

  it('shows stages, sectors, speed and log while it writes, and can be stopped', async () => {
    const { services } = demoServices();
    const view = open(services, updateJob());
    await findByRole('heading', '1.1.0 is on its way to ota_1');
    expect(view.querySelector('[aria-current=step]')?.textContent).to.match(/Write.*520 of 912 KB, \d s left/s);
    await until(() => view.querySelector('[role=img][aria-label*="130 written"]'), 'the sectors');
    expect(view.querySelector('[role=log]')?.getAttribute('aria-live')).to.equal('off');
    await expectAccessible();
    await clickOn('button', 'Stop, keep 1.0.0');
    expect(services.called('stop')).to.deep.equal([['esp32-ota']]);
  });

  it('cannot be stopped once the slot is switched, and says why', async () => {
    const { services } = demoServices();
    open(services, updateJob({ stages: stagesAt('restart') }));
    await findByRole('heading', 'Rebooting… waiting for 1.1.0');
    const key = await findByRole('button', 'Stop, keep 1.0.0');
    expect(document.getElementById(key.getAttribute('aria-describedby') ?? '')?.textContent).to.include('nothing left to stop');
    key.click();
    expect(services.called('stop')).to.deep.equal([]);
    await expectAccessible();
  });

  it('does not call it done before the firmware confirmed itself', async () => {
    const { services } = demoServices();
    const view = open(services, updateJob({ stages: stagesAt('confirm') }));
    await findByRole('heading', /has yet to confirm itself/);
    expect(view.textContent).to.not.match(/proven|100 ?%/i);
  });

  it('ends with old → new, proofs, receipt and verbs', async () => {
    const { services } = updated();
    const view = open(services, confirmedJob());
    await findByRole('heading', 'esp32-ota runs 1.1.0');
    expect(view.querySelector('[role=img][aria-label="from 1.0.0 to 1.1.0, confirmed"]')).to.not.equal(null);
    expect((await findByRole('region', 'How we know')).textContent)
      .to.include('5 proofs')
      .and.include('3.0 s after its return')
      .and.include('ota_0: the same SHA-256');
    expect((await findByRole('region', 'Receipt')).textContent)
      .to.match(/933\s872 bytes/)
      .and.include('2.6 s without an answer');
    await findByRole('link', 'Update another');
    await findByRole('link', 'Open device');
    await expectAccessible();
    await clickOn('button', 'Undo, back to 1.0.0');
    await until(() => services.called('rollback').length === 1, 'the rollback');
    expect(location.hash).to.equal('#/devices/esp32-ota');
  });

  it('says by whom it was signed, and whether the device looked for itself', async () => {
    const { services } = updated();
    open(services, { ...confirmedJob(), signedBy: 'Release 2026', isVerifiedByDevice: true });
    expect((await findByRole('region', 'How we know')).textContent)
      .to.include('6 proofs')
      .and.include('Signed by Release 2026, which its product trusts. The device verified it with a key of its own');
    expect((await findByRole('region', 'Receipt')).textContent).to.match(/Signed by\s*Release 2026/);
  });

  it('tells two of the same version apart by their slots', async () => {
    const { services } = updated();
    const view = open(services, { ...confirmedJob(), fromVersion: '1.1.0', fromSlot: 'ota_0' });
    await findByRole('button', 'Undo, back to 1.1.0 in ota_0');
    expect(view.querySelector('[role=img][aria-label="from A 1.1.0 to B 1.1.0, confirmed"]')).to.not.equal(null);
  });

  it('is told as past once the slot was changed by hand', async () => {
    const { services, session } = updated();
    open(services, confirmedJob());
    await findByRole('heading', 'esp32-ota runs 1.1.0');
    const slotSwitch = { startedAt: NOW + 60_000, fromVersion: '1.1.0', toVersion: '1.0.0', slot: 'ota_0' };
    session.change({ slotSwitch: { ...slotSwitch, outcome: 'confirmed', endedAt: NOW + 65_000 } });
    await findByRole('heading', 'esp32-ota ran 1.1.0');
    expect(document.body.textContent).to.include('Gone back to 1.0.0 by hand');
    expect(byRole('button', /Undo/)).to.equal(undefined);
  });

  it('says the version that the device states, not the one that the library calls the file', async () => {
    const { services } = updated();
    const job = confirmedJob();
    const view = open(services, { ...job, firmware: { ...job.firmware, version: '9.9.9' } });
    await findByRole('heading', 'esp32-ota runs 1.1.0');
    expect((await findByRole('region', 'How we know')).textContent)
      .to.include('5 proofs')
      .and.include('in the library the file is 9.9.9');
    expect(view.querySelector('[role=img][aria-label="from 1.0.0 to 1.1.0, confirmed"]')).to.not.equal(null);
  });

  it('says unconfirmed when it is unconfirmed', async () => {
    const { services } = updated();
    const proof = { version: '1.1.0', runningSlot: 'ota_1', slotState: 'PENDING_VERIFY', awayMs: 2_600, keptSlots: ['ota_0'] };
    const view = open(
      services,
      updateJob({
        outcome: 'unconfirmed',
        stages: failedAt('confirm'),
        endedAt: NOW + 60_000,
        proof,
        problem: { code: 'NOT_CONFIRMED', message: '', details: {} },
      }),
    );
    await findByRole('heading', 'esp32-ota runs 1.1.0, unconfirmed');
    expect(view.textContent).to.include('NOT_CONFIRMED').and.include('Not by the firmware, so far');
    await expectAccessible();
  });

  it('tells an automatic rollback plainly and proves the return', async () => {
    const { services } = demoServices();
    const proof = { version: '1.0.0', runningSlot: 'ota_0', slotSha256: SHA_100, slotState: 'VALID', awayMs: 9_000, keptSlots: ['ota_0'] };
    const view = open(services, updateJob({ outcome: 'rolled-back', stages: failedAt('confirm'), endedAt: NOW + 60_000, proof }));
    await findByRole('heading', 'esp32-ota went back to 1.0.0');
    expect(view.textContent).to.include('Automatic rollback').and.include('ROLLED_BACK');
    expect((await findByRole('region', 'How we know')).textContent)
      .to.include('3 proofs')
      .and.include('started from ota_0, not from ota_1');
    await expectAccessible();
    await clickOn('button', 'Read the device log');
    await until(() => document.activeElement?.closest('ot-device-log'), 'the log to have the focus');
  });

  describe('with a classic device, which says nothing until it is back', () => {
    const classic = (change: Partial<UpdateJobState>): UpdateJobState => {
      const stages = (change.stages ?? stagesAt('write')).filter(({ stage }) => stage !== 'erase' && stage !== 'verify');
      return updateJob({ slot: '', speed: [], log: [], ...change, stages: stages.map((entry) => ({ ...entry, done: 0, total: 0 })) });
    };

    it('shows no bytes, no time and no speed while it writes', async () => {
      const view = open(demoServices().services, classic({}));
      await findByRole('heading', '1.1.0 is on its way to esp32-ota');
      expect(view.querySelector('[aria-current=step]')?.textContent).to.match(/Write.*no reports/s);
      expect(view.textContent)
        .to.include('does not report its progress')
        .and.not.match(/\d ?%|KB\/s|s left|sectors/);
      await expectAccessible();
    });

    it('tells how long the last proven update took, where one is in the history', async () => {
      const { services } = demoServices();
      services.devices.histories.set('esp32-ota', [historyEntry({ outcome: 'failed' }), historyEntry({ durationMs: 41_200 })]);
      const view = open(services, classic({}));
      await until(() => view.textContent?.includes('Its last update took 42 s in all.'), 'the earlier time');
    });

    it('claims no more than the version it says', async () => {
      const proof = { version: '1.1.0', awayMs: 2_600, confirmMs: 0, keptSlots: [] };
      const view = open(
        demoServices().services,
        classic({ stages: stagesAt(undefined), outcome: 'confirmed', endedAt: NOW + 9_000, proof }),
      );
      expect((await findByRole('region', 'How we know')).textContent)
        .to.include('1 of 2 proven')
        .and.not.include('By the firmware itself');
      expect(view.textContent)
        .to.include('By its version')
        .and.include('where they went, the device does not say')
        .and.not.match(/Proven|read back|otadata|sectors/);
      await expectAccessible();
    });

    it('does not make a boot loader’s decision out of an old version', async () => {
      const proof = { version: '1.0.0', awayMs: 2_600, keptSlots: [] };
      const problem = { code: 'ROLLED_BACK', message: '', details: { by: 'version' } };
      const view = open(
        demoServices().services,
        classic({ stages: failedAt('confirm'), outcome: 'rolled-back', endedAt: NOW + 9_000, proof, problem }),
      );
      await findByRole('heading', 'esp32-ota went back to 1.0.0');
      expect(view.textContent)
        .to.include('does not say whether 1.1.0 was started at all')
        .and.not.match(/boot loader/);
    });

    it('does not promise what a stopped transfer leaves behind', async () => {
      const view = open(demoServices().services, classic({ outcome: 'stopped', stages: failedAt('write'), endedAt: NOW + 9_000 }));
      await findByRole('heading', 'Stopped sending to esp32-ota');
      expect(view.textContent).to.include('unless esp32-ota had the whole file already');
    });
  });

  it('says what failed, why, what next, and keeps the log', async () => {
    const { services } = demoServices();
    const view = open(
      services,
      updateJob({
        outcome: 'failed',
        stages: failedAt('write'),
        endedAt: NOW + 6_000,
        problem: { code: 'UPDATE_ERROR_WRITE', message: 'sector 40', details: { status: 500 } },
      }),
    );
    await findByRole('heading', '1.1.0 was not installed');
    expect(view.textContent)
      .to.include('The flash did not take the data')
      .and.include('UPDATE_ERROR_WRITE')
      .and.include('still runs 1.0.0');
    expect(view.querySelector('[role=log]')).to.not.equal(null);
    await expectAccessible();
    await clickOn('button', 'Forget this');
    expect(services.called('dismiss')).to.deep.equal([['esp32-ota']]);
    expect(location.hash).to.equal('#/devices/esp32-ota');
  });

  it('says which step the flash refused, and what is lost with it', async () => {
    const problem = { code: 'UPDATE_ERROR_WRITE', message: 'sector 40', details: {} };
    const change = { outcome: 'failed', endedAt: NOW + 6_000, problem, overwrites: '0.9.0' } as const;
    const view = open(demoServices().services, updateJob({ ...change, stages: failedAt('erase') }));
    await findByRole('heading', '1.1.0 was not installed');
    expect(view.textContent).to.include('The flash could not be erased').and.include('0.9.0, which was in ota_1, is gone');
    unmountAll();

    const untouched = failedAt('erase').map(({ startedAt: _none, ...stage }) => stage);
    const early = open(demoServices().services, updateJob({ ...change, stages: untouched }));
    await findByRole('heading', '1.1.0 was not installed');
    expect(early.textContent).to.not.include('is gone');
  });

  it('says what stays after a stop', async () => {
    const { services } = demoServices();
    const view = open(services, updateJob({ outcome: 'stopped', stages: failedAt('write'), endedAt: NOW + 6_000 }));
    await findByRole('heading', 'Stopped: esp32-ota keeps 1.0.0');
    expect(view.textContent).to.include('can never start');
    await expectAccessible();
  });

  it('keeps the focus on the page when the key that had it goes', async () => {
    const { services } = demoServices();
    open(services, updateJob());
    (await findByRole('button', 'Stop, keep 1.0.0')).focus();
    services.updates.setJob(updateJob({ outcome: 'stopped', stages: failedAt('write'), endedAt: NOW + 6_000 }));
    await until(() => document.activeElement?.tagName === 'H1', 'the heading to take the focus');
    expect(byRole('heading', /Stopped/)).to.equal(document.activeElement);
  });
});

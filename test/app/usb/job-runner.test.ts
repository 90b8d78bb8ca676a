import { expect } from 'chai';
import { JobRunner } from '../../../src/app/usb/job-runner.ts';
import type { UsbState } from '../../../src/app/usb/model.ts';
import type { JobOrder } from '../../../src/app/usb/usb-jobs.ts';
import { TakenDown } from '../../doubles/taken-down.ts';
import { FakeClock, FakeGuard, FakeLocks } from './usb-doubles.ts';

const ORDER: JobOrder = {
  id: 'job-1',
  kind: 'erase',
  stages: [],
  deviceId: 'usb:a0:b1:c2:d3:e4:f5',
  run: async () => ({ outcome: 'done' }),
  ranges: () => [],
  left: () => 'untouched',
  verifiedBytes: () => 0,
};

type Change = Pick<Partial<UsbState>, 'job' | 'canResume'>;

function runnerWhere(ended: () => Promise<void>) {
  const changes: Change[] = [];
  const log = new TakenDown();
  const runner = new JobRunner({
    ports: {
      clock: new FakeClock(),
      locks: new FakeLocks(),
      wakeLock: new FakeGuard(),
      leaveGuard: new FakeGuard(),
      addHistory: async () => undefined,
      record: log.record,
    },
    isLoss: () => false,
    refuseWhileBusy: () => undefined,
    follow: () => undefined,
    change: (change) => changes.push(change),
    leaveLoader: async () => undefined,
    ended,
    free: () => undefined,
  });
  return { runner, changes, log };
}

describe('JobRunner', () => {
  it('is free after a job whose traces cannot be read again, and tells how it ended', async () => {
    const { runner, changes } = runnerWhere(() => Promise.reject(new Error('no history')));
    const completed = runner.complete(ORDER);
    expect(runner.isBusy).to.equal(true);
    await completed;
    expect(runner.isBusy).to.equal(false);
    expect(changes.at(-1)!.job!.outcome).to.equal('done');
  });

  it('takes down how a job ended, whatever its end', async () => {
    const { runner, log } = runnerWhere(async () => undefined);
    const erase = { ...ORDER, history: { act: 'erase', region: 'nvs' } } as const;
    await runner.complete(erase);
    const broken = { ...ORDER, kind: 'flash', run: () => Promise.reject(new Error('cable')) } as const;
    await runner.complete(broken).catch(() => undefined);
    expect(log.acts).to.deep.equal(['usb-erase', 'usb-flash']);
    expect(log.entries[0]![1]).to.include({ deviceId: ORDER.deviceId, outcome: 'done', region: 'nvs' });
    expect(log.entries[1]![1]).to.include({ outcome: 'failed', code: 'UNEXPECTED' });
  });
});

/** The way back from a job, when the board is no longer what that job left. */
import { expect } from 'chai';
import type { HistoryEntry } from '../../../src/app/model.ts';
import type { LiveUsbSession } from '../../../src/app/usb/usb-session.ts';
import { encodePartitionTable } from '../../../src/core/image/partition-table.ts';
import { TABLE, appBytes, bootloaderBytes, otadataBytes } from '../../core/bundle/plan-fixtures.ts';
import { CHIP_FLASH_BYTES, FakeChip } from './fake-chip.ts';
import { UsbBench, filesOf, jobEnd } from './usb-doubles.ts';

const APP_OFFSET = 0x10000;
const DEVICE = 'usb:a0:b1:c2:d3:e4:f5';

const application = (version: string) => appBytes({ version, bytes: 200_000 });

async function board(): Promise<FakeChip> {
  const chip = new FakeChip(CHIP_FLASH_BYTES);
  chip.put(0x1000, await bootloaderBytes());
  chip.put(0x8000, encodePartitionTable({ partitions: TABLE }));
  chip.put(0xe000, otadataBytes(1));
  chip.put(APP_OFFSET, await application('1.0.0'));
  chip.bootLog = 'ets Jul 29 2019\nI (31) app_init: App version:      1.1.0\n';
  return chip;
}

async function written(): Promise<{ readonly bench: UsbBench; readonly session: LiveUsbSession }> {
  const bench = new UsbBench(await board());
  const session = await bench.session();
  await session.connect();
  await session.bring(filesOf(['firmware.bin', await application('1.1.0')]));
  await session.flash({ full: false, snapshot: 'overwritten' });
  expect((await jobEnd(session)).outcome).to.equal('done');
  bench.chip.bootLog = 'ets Jul 29 2019\n';
  return { bench, session };
}

const entry = (change: Partial<HistoryEntry>): HistoryEntry => ({
  id: 'by another',
  deviceId: DEVICE,
  at: 9_000_000,
  act: 'update',
  outcome: 'confirmed',
  ...change,
});

describe('Undo', () => {
  it('puts back what was overwritten where the chip still holds what was written', async () => {
    const { bench, session } = await written();
    await session.undo();
    const { outcome, kind, result } = await jobEnd(session);
    expect([kind, outcome, result!.toVersion]).to.deep.equal(['restore', 'done', '1.0.0']);
    expect(bench.chip.flash.subarray(APP_OFFSET, APP_OFFSET + 0x20000)).to.deep.equal(
      (await board()).flash.subarray(APP_OFFSET, APP_OFFSET + 0x20000),
    );
  });

  it('changes nothing where something else lies there now, and says so', async () => {
    const { bench, session } = await written();
    bench.chip.put(APP_OFFSET, await application('1.2.0'));
    const before = bench.chip.flash.slice();
    await session.undo();
    const { outcome, problem, left } = await jobEnd(session);
    expect([outcome, problem?.code, left]).to.deep.equal(['failed', 'CHANGED_SINCE', 'untouched']);
    expect(bench.chip.flash).to.deep.equal(before);
    expect(bench.history.at(-1)).to.include({ act: 'restore', outcome: 'failed', code: 'CHANGED_SINCE' });
  });

  it('of what broke off goes by what was to stay', async () => {
    const bench = new UsbBench(await board());
    const original = bench.chip.flash.slice();
    const session = await bench.session();
    await session.connect();
    await session.bring(filesOf(['firmware.bin', await appBytes({ version: '1.1.0', bytes: 200_000 })]));
    bench.chip.onBlock = () => session.stop();
    for (const isChanged of [true, false]) {
      await session.flash({ full: false, snapshot: 'overwritten' });
      expect([(await jobEnd(session)).outcome, session.state.value.job!.left]).to.deep.equal(['stopped', 'partly-written']);
      bench.chip.onBlock = () => undefined;
      if (isChanged) bench.chip.flash[APP_OFFSET + 0x8000]! ^= 0xff;
      await session.undo();
      expect((await jobEnd(session)).problem?.code).to.equal(isChanged ? 'CHANGED_SINCE' : undefined);
      if (isChanged) bench.chip.flash.set(original);
      bench.chip.onBlock = () => session.stop();
    }
    expect(bench.chip.flash).to.deep.equal(original);
  });

  it('has nothing to put back after a job that saved nothing', async () => {
    const bench = new UsbBench(await board());
    const session = await bench.session();
    await session.connect();
    const code = await session.undo().then(
      () => 'nothing',
      (error: { readonly code: string }) => error.code,
    );
    expect(code).to.equal('NOTHING_TO_UNDO');
  });
});

describe('the end of a job', () => {
  it('is past once the history tells of another change of the board', async () => {
    for (const change of [{}, { act: 'factory-reset', outcome: 'done' }, { act: 'flash', outcome: 'started' }] as const) {
      const { bench, session } = await written();
      expect(session.state.value.job).to.not.have.property('past');
      await bench.tell(entry({ ...change, deviceId: 'usb:other' }));
      await bench.tell(entry({ act: 'power-cycle', outcome: 'done' }));
      await bench.tell(entry({ act: 'update', outcome: 'failed' }));
      expect(session.state.value.job).to.not.have.property('past');
      await bench.tell(entry({ id: 'the one', ...change }));
      expect(session.state.value.job!.past).to.equal('changed');
    }
  });

  it('is past once the cable was out: it may be another board', async () => {
    const { bench, session } = await written();
    bench.pull();
    bench.plugIn();
    expect(session.state.value.job!.past).to.equal('unplugged');
  });
});

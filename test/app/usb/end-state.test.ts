/** What the end of a job says of the board: by what lies in its flash then, and by what was seen of it. */
import { expect } from 'chai';
import type { UsbJobState } from '../../../src/app/usb/model.ts';
import { encodePartitionTable } from '../../../src/core/image/partition-table.ts';
import { TABLE, appBytes, bootloaderBytes, otadataBytes } from '../../core/bundle/plan-fixtures.ts';
import { CHIP_FLASH_BYTES, FakeChip } from './fake-chip.ts';
import { UsbBench, filesOf, jobEnd } from './usb-doubles.ts';

const APP_OFFSET = 0x10000;

async function board(): Promise<FakeChip> {
  const chip = new FakeChip(CHIP_FLASH_BYTES);
  chip.put(0x1000, await bootloaderBytes());
  chip.put(0x8000, encodePartitionTable({ partitions: TABLE }));
  chip.put(0xe000, otadataBytes(1));
  chip.put(APP_OFFSET, await appBytes({ version: '1.0.0', bytes: 100_000 }));
  chip.bootLog = 'ets Jul 29 2019\nI (31) app_init: App version:      1.1.0\n';
  return chip;
}

/** One application, where the first of two slots was. */
const SINGLE = [
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x6000, flags: 0 },
  { label: 'phy_init', type: 1, subtype: 1, offset: 0xf000, size: 0x1000, flags: 0 },
  { label: 'factory', type: 0, subtype: 0, offset: APP_OFFSET, size: 0x10_0000, flags: 0 },
] as const;

async function merged(): Promise<Uint8Array<ArrayBuffer>> {
  const app = await appBytes({ version: '1.1.0', bytes: 100_000 });
  const bytes = new Uint8Array(APP_OFFSET + app.length).fill(0xff);
  bytes.set(await bootloaderBytes(), 0x1000);
  bytes.set(encodePartitionTable({ partitions: SINGLE }), 0x8000);
  bytes.set(app, APP_OFFSET);
  return bytes;
}

describe('the end of a job by cable', () => {
  it('goes by the partition table that is on the chip then', async () => {
    const bench = new UsbBench(await board());
    const session = await bench.session();
    await session.connect();
    await session.bring(filesOf(['merged.bin', await merged()]));
    await session.flash({ full: false, snapshot: 'nothing' });
    const { outcome, result } = await jobEnd(session);
    expect([outcome, result!.written]).to.deep.equal([
      'done',
      { version: '1.1.0', project: 'greenhouse', slot: 'factory', startsNext: true },
    ]);
    expect(bench.history.at(-1)).to.include({ slot: 'factory', toVersion: '1.1.0', outcome: 'confirmed' });
  });

  it('names the place where there is no slot: without a table, and of what is no application', async () => {
    const chip = await board();
    chip.put(0x8000, new Uint8Array(0x1000).fill(0xff));
    const bench = new UsbBench(chip);
    const session = await bench.session();
    const written = async (name: string, bytes: Uint8Array<ArrayBuffer>) => {
      await session.connect();
      await session.bring(filesOf([name, bytes]));
      await session.flash({ full: false, snapshot: 'nothing' });
      await jobEnd(session);
      const { slot, region, project } = bench.history.at(-1)!;
      return { slot, region, project };
    };
    const app = await appBytes({ version: '1.1.0', bytes: 100_000 });
    const end = (APP_OFFSET + app.length).toString(16).padStart(6, '0');
    expect(await written('firmware.bin', app)).to.deep.equal({ slot: undefined, region: `0x010000 – 0x${end}`, project: 'greenhouse' });
    chip.put(0x8000, encodePartitionTable({ partitions: TABLE }));
    const spiffs = TABLE.find(({ label }) => label === 'spiffs')!;
    const image = new Uint8Array(0x3000).fill(0x11);
    image.set(new TextEncoder().encode('littlefs'), 8);
    expect(await written('littlefs.bin', image)).to.deep.equal({ slot: undefined, region: spiffs.label, project: undefined });
  });

  it('is remembered of a slot that did not start, until something else is written there', async () => {
    const bench = new UsbBench(await board());
    const session = await bench.session();
    const write = async (version: string, bootLog: string): Promise<UsbJobState> => {
      bench.chip.bootLog = bootLog;
      await session.connect();
      await session.bring(filesOf(['firmware.bin', await appBytes({ version, bytes: 100_000 })]));
      await session.flash({ full: false, snapshot: 'overwritten' });
      return jobEnd(session);
    };
    const crashed = await write('1.1.0', 'Guru Meditation Error\n');
    expect([crashed.outcome, crashed.problem?.code, crashed.result!.fromVersion]).to.deep.equal(['unverified', 'DOES_NOT_START', '1.0.0']);
    await session.connect();
    expect(session.state.value.layout!.slots[0]).to.deep.include({ label: 'app0', lastStart: 'no-start' });
    bench.consoleBuffer.troubles.length = 0;
    bench.consoleBuffer.clear();
    const { result, outcome } = await write('1.2.0', 'App version:      1.2.0\n');
    expect([outcome, result!.toVersion, result!.overBroken]).to.deep.equal(['done', '1.2.0', true]);
    expect(result, 'there is no going back to what did not start').to.not.have.property('fromVersion');
    await session.connect();
    expect(session.state.value.layout!.slots[0]!.lastStart).to.equal('proven');
  });

  it('is remembered of what was put back and did not start, too', async () => {
    const bench = new UsbBench(await board());
    const session = await bench.session();
    await session.connect();
    await session.bring(filesOf(['firmware.bin', await appBytes({ version: '1.1.0', bytes: 100_000 })]));
    await session.flash({ full: false, snapshot: 'overwritten' });
    await jobEnd(session);
    bench.chip.bootLog = 'Guru Meditation Error\n';
    await session.undo();
    expect((await jobEnd(session)).problem?.code).to.equal('DOES_NOT_START');
    await session.connect();
    expect(session.state.value.layout!.slots[0]).to.deep.include({ label: 'app0', lastStart: 'no-start' });
  });

  it('calls an application damaged that does not end in its slot', async () => {
    const bench = new UsbBench(await board());
    const session = await bench.session();
    new DataView(bench.chip.flash.buffer).setUint32(APP_OFFSET + 28, 0x00ff_0000, true);
    await session.connect();
    expect(session.state.value.layout!.slots.map(({ damaged }) => damaged)).to.deep.equal([true, undefined]);
  });
});

import { expect } from 'chai';
import { encodePartitionTable } from '../../../src/core/image/partition-table.ts';
import { wordsFor } from '../../../src/ui/messages.ts';
import { appBytes, TABLE } from '../../core/bundle/plan-fixtures.ts';
import { CHIP_FLASH_BYTES, FakeChip } from './fake-chip.ts';
import { filesOf, UsbBench } from './usb-doubles.ts';

describe('a flash that is larger than the addresses of the loader', () => {
  it('is not touched by a job of which a part lies beyond them', async () => {
    const chip = new FakeChip(CHIP_FLASH_BYTES);
    chip.put(0x8000, encodePartitionTable({ partitions: TABLE }));
    chip.reach = 0x3_0000;
    const bench = new UsbBench(chip);
    const session = await bench.session();
    await session.connect();
    await session.bring(filesOf(['app@0x10000.bin', await appBytes({ version: '1.1.0', bytes: 200_000 })]));
    await session.flash({ full: true, snapshot: 'nothing' });
    const job = await new Promise<NonNullable<typeof session.state.value.job>>((resolve) => {
      session.state.subscribe(({ job: now }) => now && now.outcome !== 'running' && resolve(now));
    });
    expect([job.outcome, job.left, job.problem?.code]).to.deep.equal(['failed', 'untouched', 'BEYOND_REACH']);
    expect(chip.calls.filter((call) => /^(write|erase)/.test(call))).to.deep.equal([]);
    expect(wordsFor(job.problem!).why).to.include('192');
  });
});

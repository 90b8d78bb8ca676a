import { expect } from 'chai';
import type { UsbJobState } from '../../../src/app/usb/model.ts';
import { makeFirmware } from '../../doubles/virtual-bench.ts';
import { BoardBench, application } from './board-bench.ts';
import { filesOf } from './usb-doubles.ts';

/** From the first MD5 or byte to the last proof: without connecting, without waiting for the boot log. */
function workMs(job: UsbJobState): number {
  const stages = job.stages.filter(({ stage }) => stage === 'compare' || stage === 'write' || stage === 'verify');
  return stages.reduce((sum, { startedAt, endedAt }) => sum + ((endedAt ?? 0) - (startedAt ?? 0)), 0);
}

describe('a session with a virtual board', function () {
  this.timeout(60_000);

  it('flashes a megabyte, then only what differs, then nothing', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    await session.connect({ baudRate: 921_600 });
    expect(session.state.value.layout!.slots[0]!.app!.version).to.equal('1.0.0');
    await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0' })]));
    const full = await bench.job({ full: true });
    expect([full.outcome, full.result?.fromVersion, full.result?.toVersion]).to.deep.equal(['done', '1.0.0', '1.1.0']);

    const changed = await application({ version: '1.1.0', change: (bytes) => bytes.fill(0x5a, 400_000, 408_000) });
    await session.bring(filesOf(['firmware.bin', changed]));
    const few = await bench.job({ full: false });
    expect(few.outcome).to.equal('done');
    const same = await bench.job({ full: false });
    expect([same.outcome, same.result?.bytesWritten]).to.deep.equal(['done', 0]);

    console.log(
      `921600 baud, 1 ms: full ${Math.round(workMs(full))} ms, ${few.result!.bytesWritten} bytes differ ${Math.round(workMs(few))} ms, identical ${Math.round(workMs(same))} ms`,
    );
    expect(workMs(full) / workMs(few)).to.be.above(5);
    expect(workMs(full) / workMs(same)).to.be.above(15);
  });

  it('does not take a firmware for proven that names itself and then crashes', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    await session.connect({ baudRate: 921_600 });
    await session.bring(filesOf(['firmware.bin', await makeFirmware({ version: '1.2.0', rehearsal: 'crash-at-boot' })]));
    const job = await bench.job({ full: false });
    expect([job.outcome, job.problem?.code]).to.deep.equal(['unverified', 'APP_CRASHES']);
    expect(job.problem!.details).to.include({ version: '1.2.0', kind: 'panic' });
    expect(job.problem!.details.line).to.match(/^Guru Meditation Error: .*LoadProhibited/);
  });

  it('goes on after the cable was pulled', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    await session.connect({ baudRate: 921_600 });
    await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0' })]));
    bench.set({ serialUnplugAtByte: 300_000 });
    const lost = await bench.job({ full: true });
    expect([lost.outcome, lost.left]).to.deep.equal(['lost', 'partly-written']);
    expect(session.state.value.phase).to.equal('unplugged');

    await session.resume();
    const tooEarly = await bench.ended();
    expect([tooEarly.outcome, tooEarly.problem!.code, tooEarly.left]).to.deep.equal(['lost', 'CABLE_LOST', 'partly-written']);
    while (session.state.value.phase === 'unplugged') await bench.clock.sleep(100);
    await session.resume();
    const job = await bench.ended();
    expect(job.outcome).to.equal('done');
    expect(job.result!.toVersion).to.equal('1.1.0');
    expect(job.result!.bytesWritten, 'what was written before stays').to.be.below(0.9 * job.result!.bytesInFlash);
  });

  for (const baudRate of [115_200, 921_600]) {
    it(`shows nothing of the boot loader in the console when a job is stopped, at ${baudRate} baud`, async () => {
      const bench = await BoardBench.start();
      const { session } = bench;
      await session.connect({ baudRate });
      const stops: (() => Promise<unknown>)[] = [
        () => session.read({ offset: 0, length: 0x40_0000 }),
        async () => {
          await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0' })]));
          await bench.job({ full: true });
        },
      ];
      for (const begin of stops) {
        const stopped = new Promise<void>((resolve) => {
          const end = session.state.subscribe(({ job }) => {
            if (!job?.stages.some(({ stage, done }) => (stage === 'read' || stage === 'write') && done > 0x1_0000)) return;
            end();
            session.stop();
            resolve();
          });
        });
        await Promise.all([begin().catch(() => undefined), stopped]);
        expect(session.state.value.job!.outcome).to.equal('stopped');
        await bench.clock.sleep(3_000);
        expect(oddLines(session)).to.deep.equal([]);
        expect(textOf(session)).to.match(/-- left in its boot loader[^\n]*\n$/);

        await session.console.reset();
        await bench.clock.sleep(3_000);
        expect(oddLines(session)).to.deep.equal([]);
        expect(textOf(session)).to.match(/-- reset\n[^]*(rst:0x|ets )/);
        session.dismissJob();
        session.console.clear();
        await session.connect({ baudRate });
      }
    });
  }
});

const textOf = ({ console: { buffer } }: BoardBench['session']): string => [...buffer.textPieces({ timestamps: false })].join('');

/** What no chip prints as text: control characters, or bytes that are no UTF-8. */
const isOdd = (character: string): boolean => (character < ' ' && !'\t\r\u001b'.includes(character)) || character === '\ufffd';

const oddLines = (session: BoardBench['session']): readonly string[] =>
  textOf(session)
    .split('\n')
    .filter((line) => [...line].some(isOdd));

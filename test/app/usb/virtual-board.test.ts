import { expect } from 'chai';
import { jobMs, type UsbJobState, type UsbState } from '../../../src/app/usb/model.ts';
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

  it('says in receipt, history and log as which release it came, and of what came as none nothing', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    await session.connect({ baudRate: 921_600 });
    const release = { id: 'aa'.repeat(32), counter: 12, publisher: 'Garden', product: 'greenhouse', version: '1.1.0' };
    bench.release = release;
    await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0' })]));
    const { result } = await bench.job({ full: false });
    expect(result?.release).to.deep.equal(release);
    expect(bench.history.at(-1)?.release).to.deep.equal(release);
    expect(bench.log.entries.at(-1)).to.have.nested.property('[1].publisher', 'Garden');
    expect(bench.log.entries.at(-1)![1]).to.include({ product: 'greenhouse', release: '1.1.0', counter: 12 });
    bench.release = undefined;
    await session.bring(filesOf(['firmware.bin', await application({ version: '1.2.0' })]));
    expect((await bench.job({ full: false })).result).to.not.have.property('release');
    expect(bench.log.entries.at(-1)![1]).to.not.have.any.keys('publisher', 'counter');
  });

  it('flashes a megabyte, then only what differs, then nothing', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    await session.connect({ baudRate: 921_600 });
    expect(session.state.value.layout!.slots[0]!.app!.version).to.equal('1.0.0');
    expect(session.state.value.layout!.slots[0]!.app!.appendedHash, 'by which a release knows what runs').to.match(/^[0-9a-f]{64}$/);
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

  it('does not call done what leaves the chip without a partition table', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    await session.connect({ baudRate: 921_600 });
    await session.bring(filesOf(['ff@0x8000.bin', new Uint8Array(0x1000).fill(0xff)]));
    expect(session.state.value.plan!.problems.map(({ severity, code }) => `${severity} ${code}`)).to.deep.equal([
      'warn BOOT_CHAIN_OVERWRITTEN',
    ]);
    const { outcome, problem } = await bench.job({ full: false });
    expect([outcome, problem!.code, problem!.details['kind']]).to.deep.equal(['unverified', 'DOES_NOT_START', 'no-table']);
  });

  it('takes what was written to the other slot for what it is, and blames only what the log names', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    await session.connect({ baudRate: 921_600 });
    await session.bring(filesOf(['firmware.bin', await makeFirmware({ version: '1.2.0', rehearsal: 'crash-at-boot' })]));
    expect((await bench.job({ full: false })).problem?.code).to.equal('APP_CRASHES');
    session.dismissJob();
    await session.connect();
    await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0', length: 200_000 })]));
    session.choose({ appSlot: 'ota_1' });
    const job = await bench.job({ full: false });
    expect([job.outcome, job.problem]).to.deep.equal(['done', undefined]);
    expect(job.result!.written).to.deep.equal({ version: '1.1.0', project: 'greenhouse', slot: 'ota_1', startsNext: false });
    expect(job.result).to.include({ fromVersion: '1.2.0', toVersion: '1.2.0' });
    expect(job.result!.otherTrouble).to.include({ kind: 'panic' });
    expect(bench.history.at(-1))
      .to.include({ toVersion: '1.1.0', slot: 'ota_1', outcome: 'done' })
      .and.not.have.any.keys('fromVersion', 'code');

    await bench.clock.sleep(20_000);
    await session.connect();
    expect(session.state.value.layout!.changedItself, 'its application went back').to.deep.equal({ from: 'ota_0', to: 'ota_1' });
    expect(session.state.value.layout!.slots.map(({ lastStart }) => lastStart)).to.deep.equal(['crashed', 'not-proven']);
    const since = { id: 'x', deviceId: bench.history[0]!.deviceId, at: bench.clock.now(), act: 'factory-reset', outcome: 'done' } as const;
    bench.history.push(since);
    await session.connect();
    expect(session.state.value.layout, 'somebody did that, by the other door').to.not.have.property('changedItself');
    bench.history.pop();

    await session.selectSlot('ota_0');
    const { result, problem, outcome } = session.state.value.job!;
    expect([outcome, problem!.code, problem!.details.version]).to.deep.equal(['unverified', 'APP_CRASHES', '1.2.0']);
    expect(result!.chosenSlot).to.deep.equal({ now: 'ota_0', before: 'ota_1' });
    expect(bench.history.at(-1)).to.include({ act: 'rollback', slotChange: 'chosen', slot: 'ota_0', toVersion: '1.2.0' });
    expect(session.state.value.layout, 'that was chosen here').to.not.have.property('changedItself');
  });

  it('knows before it writes what is on the chip already, and how long the rest will take', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    const probed = async (): Promise<UsbState> => {
      for (let asked = 0; session.state.value.onChip === undefined && asked < 100; asked++) await bench.clock.sleep(50);
      return session.state.value;
    };
    await session.connect({ baudRate: 921_600 });
    await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0', change: asCode })]));
    const fresh = await probed();
    expect(fresh.onChip).to.deep.equal([]);
    const promised = fresh.differingMs! + fresh.savingMs!.overwritten;
    await session.flash({ full: false, snapshot: 'overwritten' });
    const took = jobMs(await bench.ended());
    console.log(`saved, written and started: promised ${promised} ms, took ${Math.round(took)} ms`);
    expect(promised / took).to.be.within(0.75, 1.25);

    session.dismissJob();
    await session.connect({ baudRate: 921_600 });
    const same = await probed();
    expect(same.onChip).to.deep.equal([same.plan!.writes[0]!.offset]);
    expect(same.savingMs).to.include({ overwritten: 0 });
    await session.flash({ full: false, snapshot: 'overwritten' });
    expect(same.differingMs! / jobMs(await bench.ended())).to.be.within(0.75, 1.25);
  });

  it('promises no more than the ROM alone can do', async () => {
    const bench = await BoardBench.start();
    const { session } = bench;
    await session.connect({ baudRate: 921_600, withoutStub: true });
    await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0', length: 300_000, change: asCode })]));
    for (let asked = 0; session.state.value.onChip === undefined && asked < 100; asked++) await bench.clock.sleep(50);
    const { loader, differingMs, savingMs } = session.state.value;
    const promised = differingMs! + savingMs!.overwritten;
    await session.flash({ full: false, snapshot: 'overwritten' });
    const { stages, ...job } = await bench.ended();
    const took = jobMs({ stages, ...job });
    const parts = stages.map(({ stage, startedAt = 0, endedAt = 0 }) => `${stage} ${Math.round(endedAt - startedAt)}`).join(', ');
    console.log(`${loader}: promised ${promised} ms (saving ${savingMs!.overwritten}), took ${Math.round(took)} ms: ${parts}`);
    expect(promised / took).to.be.within(0.75, 1.25);
  });

  it('asks for RESET where the page cannot pull it, and then proves the version', async () => {
    for (const isPressed of [true, false]) {
      const bench = await BoardBench.start({ serialWithoutAutoReset: true });
      const { session } = bench;
      await bench.port.pressBootAndReset();
      await session.connect({ baudRate: 921_600 });
      await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0', length: 200_000 })]));
      const over = bench.job({ full: false });
      while (!session.state.value.job?.needsReset) await bench.clock.sleep(100);
      if (isPressed) await bench.port.pressReset();
      else session.stop();
      const job = await over;
      expect(job).to.not.have.property('needsReset');
      expect([job.outcome, job.problem?.code, job.result?.provedBy]).to.deep.equal(
        isPressed ? ['done', undefined, 'boot-log'] : ['unverified', 'NOTHING_PRINTED', 'descriptor'],
      );
    }
  });

  for (const fault of ['serialFlipByteToChip', 'serialLoseByteToChip'] as const) {
    it(`tells of the block that the line damaged: ${fault}`, async () => {
      const bench = await BoardBench.start();
      const { session } = bench;
      await session.connect({ baudRate: 921_600 });
      await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0', length: 200_000 })]));
      bench.set({ [fault]: 100_000 });
      const { outcome, result, log } = await bench.job({ full: true });
      expect([outcome, result?.repeatedBlocks]).to.deep.equal(['done', 1]);
      expect(log.map((line) => line.text)).to.include('repeated 1 block that the line had damaged');
    });
  }

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
    const { bytesInFlash, bytesWritten, bytesWrittenBefore } = job.result!;
    expect(bytesWrittenBefore, 'what was written before stays').to.be.above(0.1 * bytesInFlash);
    const stage = job.stages.find((entry) => entry.stage === 'write')!;
    expect(bytesWritten, 'the attempts together').to.equal(stage.total + bytesWrittenBefore!);
    expect(bytesWritten).to.be.at.most(bytesInFlash);
    expect(jobMs(job)).to.equal(job.endedAt! - job.startedAt + job.result!.earlierMs!);
    expect(job.result!.earlierMs, 'as long as both attempts that broke off').to.be.at.least(lost.endedAt! - lost.startedAt);
    expect(bench.history.at(-1)!.durationMs).to.equal(jobMs(job));
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

/** Compresses as applications do. */
function asCode(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 4096) bytes.fill(0, at, at + 1400);
}

/** What no chip prints as text: control characters, or bytes that are no UTF-8. */
const isOdd = (character: string): boolean => (character < ' ' && !'\t\r\u001b'.includes(character)) || character === '\ufffd';

const oddLines = (session: BoardBench['session']): readonly string[] =>
  textOf(session)
    .split('\n')
    .filter((line) => [...line].some(isOdd));

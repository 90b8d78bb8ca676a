import { expect } from 'chai';
import { wordsFor } from '../../../src/ui/messages.ts';
import { BoardBench, application } from './board-bench.ts';
import { filesOf } from './usb-doubles.ts';

const READY_MS = 20_000;

describe('a chip that restarts in the middle of a job', function () {
  this.timeout(60_000);

  for (const [baudRate, atByte, left] of [
    [115_200, 300_000, 'partly-written'],
    [921_600, 300_000, 'partly-written'],
    [921_600, 200, 'untouched'],
  ] as const) {
    it(`says so, and goes on from there: ${baudRate} baud, after ${atByte} bytes`, async () => {
      const bench = await BoardBench.start();
      const { session } = bench;
      await session.connect({ baudRate });
      await session.bring(filesOf(['firmware.bin', await application({ version: '1.1.0' })]));
      bench.set({ serialResetAtByte: atByte });
      const begun = bench.clock.now();
      const broken = await bench.job({ full: left === 'partly-written' });
      expect([broken.outcome, broken.problem?.code, broken.left]).to.deep.equal(['failed', 'CHIP_RESTARTED', left]);
      const lineMs = (atByte * 10_000) / baudRate;
      expect(bench.clock.now() - begun, 'told soon').to.be.below(lineMs + READY_MS);
      expect(wordsFor(broken.problem!).title).to.equal('The chip restarted in the middle');
      expect([session.state.value.phase, session.state.value.canResume]).to.deep.equal(['console', true]);

      await session.resume();
      const job = await bench.ended();
      expect([job.outcome, job.result?.toVersion]).to.deep.equal(['done', '1.1.0']);
      if (left === 'partly-written')
        expect(job.result!.bytesWrittenBefore, 'what was written before stays').to.be.above(0.1 * job.result!.bytesInFlash);
    });
  }
});

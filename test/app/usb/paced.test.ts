import { expect } from 'chai';
import { finishPaced, md5HexPaced } from '../../../src/app/usb/paced.ts';
import { md5Hex } from '../../../src/core/bytes/md5.ts';

const MIB = 2 ** 20;

class CountingClock {
  pauses = 0;
  async sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.pauses += 1;
    await Promise.resolve();
  }
}

describe('long work', () => {
  it('hashes as in one go, with pauses in between', async () => {
    for (const length of [0, 1, MIB, 3 * MIB + 5]) {
      const clock = new CountingClock();
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 31) ^ (index >> 8));
      expect(await md5HexPaced(bytes, { clock })).to.equal(md5Hex(bytes));
      expect(clock.pauses, `${length}`).to.be.at.least(Math.floor(length / MIB));
    }
  });

  it('stops when nobody wants it any more', async () => {
    const clock = new CountingClock();
    const stopped = md5HexPaced(new Uint8Array(2 * MIB), { clock, signal: AbortSignal.abort() });
    expect(await stopped.catch((error: unknown) => (error as Error).name)).to.equal('AbortError');
    expect(clock.pauses).to.equal(0);
  });

  it('takes steps one at a time to their result', async () => {
    const clock = new CountingClock();
    const steps: number[] = [];
    const work = (function* () {
      yield 1;
      yield 2;
      return 'done';
    })();
    expect(await finishPaced(work, { clock }, (step) => steps.push(step))).to.equal('done');
    expect([steps, clock.pauses]).to.deep.equal([[1, 2], 2]);
  });
});

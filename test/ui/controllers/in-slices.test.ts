import { expect } from 'chai';
import { compareSectorsInSlices } from '../../../src/core/image/compare-sectors.ts';
import { runInSlices } from '../../../src/ui/controllers/in-slices.ts';

function* counting(to: number): Generator<number, string> {
  for (let at = 1; at <= to; at += 1) {
    const end = performance.now() + 2;
    while (performance.now() < end);
    yield at;
  }
  return 'done';
}

describe('runInSlices()', () => {
  it('gives the result, and lets others have their turn in between', async () => {
    const seen: number[] = [];
    const result = await runInSlices(counting(30), { signal: new AbortController().signal, onProgress: (at) => seen.push(at) });
    expect(result).to.equal('done');
    expect(seen.length).to.be.greaterThan(1);
    expect(seen.length).to.be.lessThan(30);
  });

  it('stops with the reason of the signal', async () => {
    const work = new AbortController();
    const reason = new Error('left the page');
    const running = runInSlices(counting(1000), { signal: work.signal, onProgress: () => work.abort(reason) });
    expect(await running.catch((error: unknown) => error)).to.equal(reason);
  });

  it('compares two images of 16 MB without a task over 50 ms', async () => {
    const [a, b] = [new Uint8Array(16 << 20), new Uint8Array(16 << 20).fill(1)];
    const tasks: number[] = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
    await new Promise((resolve) => setTimeout(resolve, 100));
    observer.observe({ type: 'longtask' });
    const { count } = await runInSlices(compareSectorsInSlices(a, b, 16), { signal: new AbortController().signal });
    await new Promise((resolve) => setTimeout(resolve, 50));
    observer.disconnect();
    expect(count.changed).to.equal(4096);
    // A busy machine may stretch a slice of 16 ms; all at once would be several times this.
    expect(Math.max(0, ...tasks), `long tasks: ${tasks.join(', ')}`).to.be.lessThan(100);
  });
});

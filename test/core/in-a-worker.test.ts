import { expect } from 'chai';
import type { SuiteResults } from '../doubles/tiny-mocha.ts';

describe('the core in a worker', () => {
  it('passes every test that it passes in a page', async function () {
    this.timeout(240_000);
    const worker = new Worker(new URL('./core-suite.worker.ts', import.meta.url), { type: 'module' });
    try {
      const results = await new Promise<SuiteResults>((resolve, reject) => {
        worker.addEventListener('message', (event: MessageEvent<SuiteResults>) => resolve(event.data));
        worker.addEventListener('error', (event) => reject(new Error(event.message)));
      });
      console.log(`in a worker: ${results.passed} passed, ${results.skipped} skipped`);
      expect(results.failures).to.deep.equal([]);
      expect(results.passed).to.be.greaterThan(0);
    } finally {
      worker.terminate();
    }
  });
});

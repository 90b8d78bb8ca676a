import { expect } from 'chai';
import { encodeUf2 } from '../../../src/core/image/encode-uf2.ts';
import { parseUf2 } from '../../../src/core/image/uf2.ts';
import { SEED, withSeed } from '../../doubles/random.ts';

describe('encodeUf2()', () => {
  it('is read back as it was, run by run (seeded)', () =>
    withSeed(SEED, (random) => {
      let flashOffset = 0x1000;
      const runs = Array.from({ length: 5 }, () => {
        const run = { flashOffset, bytes: random.bytes(1 + random.below(9000)) };
        flashOffset += run.bytes.length + 1 + random.below(5000);
        return run;
      });
      const read = parseUf2(encodeUf2(runs, 'ESP32-S3'));
      expect(read.chip).to.equal('ESP32-S3');
      expect(read.runs.map((run) => run.flashOffset)).to.deep.equal(runs.map((run) => run.flashOffset));
      read.runs.forEach((run, index) => expect(new Uint8Array(run.bytes)).to.deep.equal(runs[index]!.bytes));
    }));

  it('carries erased bytes too: putting it back erases', () => {
    const bytes = new Uint8Array(0x1000).fill(0xff);
    expect(parseUf2(encodeUf2([{ flashOffset: 0x9000, bytes }], 'ESP32')).runs[0]!.bytes.length).to.equal(0x1000);
  });
});

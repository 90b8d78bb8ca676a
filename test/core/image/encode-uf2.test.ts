import { expect } from 'chai';
import { uf2Pieces } from '../../../src/core/image/encode-uf2.ts';
import type { FlashRun } from '../../../src/core/image/flash-runs.ts';
import type { ChipName } from '../../../src/core/image/model.ts';
import { parseUf2 } from '../../../src/core/image/uf2.ts';
import { SEED, withSeed } from '../../doubles/random.ts';

async function encodeUf2(runs: readonly FlashRun[], chip: ChipName): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob([...uf2Pieces(runs, chip)]).arrayBuffer());
}

describe('uf2Pieces()', () => {
  it('is read back as it was, run by run (seeded)', () =>
    withSeed(SEED, async (random) => {
      let flashOffset = 0x1000;
      const runs = Array.from({ length: 5 }, () => {
        const run = { flashOffset, bytes: random.bytes(1 + random.below(9000)) };
        flashOffset += run.bytes.length + 1 + random.below(5000);
        return run;
      });
      const read = await parseUf2(await encodeUf2(runs, 'ESP32-S3'));
      expect(read.chip).to.equal('ESP32-S3');
      expect(read.runs.map((run) => run.flashOffset)).to.deep.equal(runs.map((run) => run.flashOffset));
      read.runs.forEach((run, index) => expect(new Uint8Array(run.bytes)).to.deep.equal(runs[index]!.bytes));
    }));

  it('carries erased bytes too: putting it back erases', async () => {
    const bytes = new Uint8Array(0x1000).fill(0xff);
    expect((await parseUf2(await encodeUf2([{ flashOffset: 0x9000, bytes }], 'ESP32'))).runs[0]!.bytes.length).to.equal(0x1000);
  });

  it('comes in pieces of whole blocks, numbered through', async () => {
    const bytes = new Uint8Array(1024 * 1024).fill(7);
    const pieces = [...uf2Pieces([{ flashOffset: 0x1_0000, bytes }], 'ESP32')];
    expect(pieces.length).to.be.greaterThan(1);
    expect(pieces.every(({ length }) => length % 512 === 0)).to.equal(true);
    expect(new Uint8Array((await parseUf2(new Uint8Array(await new Blob(pieces).arrayBuffer()))).runs[0]!.bytes)).to.deep.equal(bytes);
  });
});

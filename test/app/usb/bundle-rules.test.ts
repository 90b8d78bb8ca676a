/** The rules of bundles as the page uses them: long work leaves others their turn, on the clock that it is given. */
import { expect } from 'chai';
import { bundleRules } from '../../../src/app/usb/bundle-rules.ts';
import { HELPING_BYTES } from '../../../src/core/bytes/pacer.ts';
import { file } from '../../core/bundle/builders.ts';
import { uf2 } from '../../core/image/builders.ts';

const container = uf2(0x1_0000, new Uint8Array(2 ** 20).fill(0x5a));
/** Pauses that one look at all of it takes, at least. */
const ONE_LOOK = Math.floor(container.length / HELPING_BYTES);

function benchOf() {
  const slept: number[] = [];
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  return { slept, rules: bundleRules(async () => container, clock) };
}

describe('bundleRules()', () => {
  it('pauses while a build is resolved', async () => {
    const { slept, rules } = benchOf();
    const bundle = await rules.readBundle([file('x.uf2', container)]);
    expect(slept).to.deep.equal([]);
    await rules.resolveBuild(bundle.builds[0]!, { chip: 'ESP32' });
    expect(slept.length).to.be.at.least(ONE_LOOK);
    expect(new Set(slept)).to.deep.equal(new Set([0]));
  });

  it('pauses while several images are asked for their chips', async () => {
    const { slept, rules } = benchOf();
    await rules.readBundle([file('a.bin', container), file('b.bin', container)]);
    expect(slept.length).to.be.at.least(2 * ONE_LOOK);
  });

  it('pauses with what came from an address, too', async () => {
    const { slept, rules } = benchOf();
    const bundle = await rules.readBundleFrom('https://example.org/x.uf2');
    await rules.resolveBuild(bundle.builds[0]!, { chip: 'ESP32' });
    expect(slept.length).to.be.at.least(ONE_LOOK);
  });
});

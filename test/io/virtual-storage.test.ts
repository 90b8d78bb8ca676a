import { expect } from 'chai';
import { seeded } from '../doubles/virtual-bench.ts';
import { RUN_BLOCKS, VirtualDatabase } from '../../src/io/store/virtual-storage.ts';
import { FLASH_BLOCK_BYTES, type DeviceStorage } from '../../src/virtual/storage.ts';

const NAME = 'otter-virtual test';
const block = (fill: number): Uint8Array<ArrayBuffer> => new Uint8Array(FLASH_BLOCK_BYTES).fill(fill);

describe('VirtualDatabase', () => {
  let database: VirtualDatabase;
  const store = async (device: DeviceStorage, fill: number): Promise<void> =>
    await device.commit({ blocks: new Map([[3, block(fill)]]), state: { fill }, durability: 'relaxed' });
  const stored = async (id: string): Promise<unknown> => (await database.device(id).load())?.state;

  beforeEach(() => (database = new VirtualDatabase(NAME)));
  afterEach(async () => {
    database.close();
    await new Promise((resolve) => (indexedDB.deleteDatabase(NAME).onsuccess = resolve));
  });

  it('gives back blocks and state, by device, and forgets erased blocks', async () => {
    const device = database.device('a');
    expect(await device.load()).to.equal(undefined);
    await device.commit({
      blocks: new Map([
        [0, block(1)],
        [63, block(2)],
      ]),
      state: { name: 'a' },
      durability: 'strict',
    });
    await store(database.device('b'), 7);
    const loaded = await database.device('a').load();
    expect(loaded?.state).to.deep.equal({ name: 'a' });
    expect([...(loaded?.blocks ?? [])]).to.deep.equal([
      [0, block(1)],
      [63, block(2)],
    ]);
    const next = database.device('a');
    await next.commit({ blocks: new Map([[63, null]]), durability: 'relaxed' });
    const left = (await database.device('a').load())?.blocks;
    expect([left?.get(0), left?.get(63) ?? block(0xff)]).to.deep.equal([block(1), block(0xff)]);
  });

  it('is what was written last, however blocks, runs of blocks and erasures follow each other', async function () {
    this.timeout(20_000);
    const seed = 20_251_120;
    const next = seeded(seed);
    let device = database.device('a');
    const expected = new Map<number, number>();
    for (let round = 0; round < 40; round++) {
      const first = Math.floor(next() * 40);
      const count = 1 + Math.floor(next() * 3 * RUN_BLOCKS);
      const blocks = new Map<number, Uint8Array<ArrayBuffer> | null>();
      for (let index = first; index < first + count; index++) {
        const fill = next() < 0.3 ? 0xff : Math.floor(next() * 255);
        blocks.set(index, fill === 0xff ? null : block(fill));
        expected.set(index, fill);
      }
      await device.commit({ blocks, state: { round }, durability: 'relaxed' });
      if (round % 8 !== 7) continue;
      device = database.device('a');
      const loaded = (await device.load())?.blocks;
      for (const [index, fill] of expected) {
        const found = loaded?.get(index);
        const isRight = found ? found.length === FLASH_BLOCK_BYTES && found.every((byte) => byte === fill) : fill === 0xff;
        expect(isRight, `seed ${seed}, round ${round}, block ${index} is ${found?.[0]}, not ${fill}`).to.equal(true);
      }
    }
  });

  it('refuses the commits of whoever held the device before, and writes nothing of them', async () => {
    const old = database.device('a');
    await store(old, 1);
    const successor = new VirtualDatabase(NAME);
    const current = successor.device('a');
    expect((await current.load())?.state).to.deep.equal({ fill: 1 });
    const refused = await store(old, 2).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Error).and.have.property('name', 'LostDeviceError');
    await store(current, 3);
    successor.close();
    const loaded = await database.device('a').load();
    expect([loaded?.state, loaded?.blocks.get(3)?.[0]]).to.deep.equal([{ fill: 3 }, 3]);
  });

  it('does not let a forgotten device come back by a late commit', async () => {
    const device = database.device('a');
    await store(device, 1);
    await database.forget('a');
    expect(await store(device, 2).catch((error: unknown) => (error as Error).name)).to.equal('LostDeviceError');
    expect(await stored('a')).to.equal(undefined);
  });

  it('begins anew where an unreleased version kept its devices in another way', async () => {
    await new Promise<void>((resolve) => {
      const opening = indexedDB.open(NAME, 2);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore('runs').put(new Uint8Array(4), ['a', 0]);
        opening.result.createObjectStore('states').put({ name: 'old' }, 'a');
      };
      opening.onsuccess = () => resolve(opening.result.close());
    });
    expect(await stored('a')).to.equal(undefined);
    const device = database.device('a');
    await store(device, 1);
    expect(await stored('a')).to.deep.equal({ fill: 1 });
  });
});

import { expect } from 'chai';
import { HASH_BYTES, imageExtent } from '../../../src/app/usb/image-extent.ts';
import { appBytes } from '../../core/bundle/plan-fixtures.ts';

const HEAD_BYTES = 0x120;

async function lengthOf(image: Uint8Array, room: number) {
  const reads: number[] = [];
  const read = (offset: number, length: number) => {
    reads.push(length);
    return Promise.resolve(image.subarray(offset, offset + length));
  };
  const extent = await imageExtent({ head: image.subarray(0, HEAD_BYTES), room, read });
  return { length: extent?.length, hashAt: extent?.hashAt, reads };
}

describe('imageExtent()', () => {
  it('adds the segments up, and asks for their headers only', async () => {
    const image = await appBytes({ version: '1.1.0' });
    const { length, hashAt, reads } = await lengthOf(image, 0x140000);
    expect(length).to.equal(image.length);
    expect(hashAt).to.equal(image.length - HASH_BYTES);
    expect(new Set(reads))
      .to.be.a('set')
      .that.satisfies((lengths: Set<number>) => [...lengths].every((bytes) => bytes === 8));
  });

  it('does not believe segments that are longer than the slot, nor asks beyond it', async () => {
    const image = (await appBytes({ version: '1.1.0' })).slice();
    expect((await lengthOf(image, image.length - 1)).length).to.equal(undefined);
    new DataView(image.buffer).setUint32(28, 0xffff_fff0, true);
    const { length, reads } = await lengthOf(image, 0x140000);
    expect([length, reads]).to.deep.equal([undefined, []]);
  });

  it('knows no length of what is no image', async () => {
    expect((await lengthOf(new Uint8Array(HEAD_BYTES).fill(0xff), 0x140000)).length).to.equal(undefined);
  });
});

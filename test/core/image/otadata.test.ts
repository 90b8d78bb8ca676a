import { expect } from 'chai';
import { ImageError } from '../../../src/core/image/image-error.ts';
import type { OtaState } from '../../../src/core/image/model.ts';
import { encodeOtadataEntry, nextSeqForSlot, otadataCrc, otaSlotForSeq, parseOtadata } from '../../../src/core/image/otadata.ts';
import { concat, flash, padded, thrownBy, u32, utf8 } from './builders.ts';

const STATES: readonly OtaState[] = ['NEW', 'PENDING_VERIFY', 'VALID', 'INVALID', 'ABORTED', 'UNDEFINED'];
const otadata = (first?: Uint8Array, second?: Uint8Array) =>
  parseOtadata(flash(0x2000, { ...(first && { 0: first }), ...(second && { 0x1000: second }) }));
const entry = (seq: number, state: OtaState = 'VALID') => encodeOtadataEntry({ seq, state });

describe('otadata', () => {
  it('protects the sequence number with the CRC of the ROM', () => {
    expect(otadataCrc(1)).to.equal(0x4743989a);
    expect(otadataCrc(2)).to.equal(0x55f63774);
  });

  for (const state of STATES) {
    it(`${state} survives encoding, and counts ${state === 'INVALID' || state === 'ABORTED' ? 'not' : 'for booting'}`, () => {
      const [parsed] = otadata(entry(7, state)).entries;
      expect(parsed).to.deep.equal({ seq: 7, label: '', state, counts: state !== 'INVALID' && state !== 'ABORTED' });
    });
  }

  it('erased: nothing counts', () => {
    const empty = otadata();
    expect(empty.active).to.equal(undefined);
    expect(empty.entries[0]).to.deep.equal({ seq: 0xffff_ffff, label: '', state: 'UNDEFINED', counts: false });
  });

  it('the higher sequence number wins, wherever it lies', () => {
    expect(otadata(entry(1), entry(2)).active).to.equal(1);
    expect(otadata(entry(3), entry(2)).active).to.equal(0);
    expect(otadata(entry(2), entry(2)).active).to.equal(0);
  });

  it('an entry that does not count never wins', () => {
    expect(otadata(entry(1), entry(9, 'ABORTED')).active).to.equal(0);
    const torn = entry(9);
    torn[28]! ^= 1;
    expect(otadata(torn, entry(1)).active).to.equal(1);
    expect(otadata(torn, entry(9, 'INVALID')).active).to.equal(undefined);
  });

  it('reads a label and a state that nobody knows', () => {
    const bytes = concat(u32(1), padded(utf8('factory'), 20), u32(77), u32(otadataCrc(1)));
    expect(otadata(bytes).entries[0]).to.deep.equal({ seq: 1, label: 'factory', state: 'UNDEFINED', counts: true });
  });

  it('is refused when it is shorter than its second entry', async () => {
    const error = await thrownBy(() => parseOtadata(new Uint8Array(0x101f)));
    expect(error).to.be.instanceOf(ImageError).with.property('code', 'OTADATA_SIZE');
  });

  it('writes no sequence number that does not fit', () => {
    for (const seq of [-1, 2 ** 32, 0.5]) expect(() => entry(seq)).to.throw(RangeError);
  });

  it('maps sequence numbers to slots', () => {
    expect([1, 2, 3, 4].map((seq) => otaSlotForSeq(seq, 2))).to.deep.equal([0, 1, 0, 1]);
    expect([1, 2, 3, 4].map((seq) => otaSlotForSeq(seq, 3))).to.deep.equal([0, 1, 2, 0]);
    expect(otaSlotForSeq(0, 2)).to.equal(1);
  });

  it('finds the next sequence number for a slot', () => {
    expect(nextSeqForSlot(undefined, 0, 2)).to.equal(1);
    expect(nextSeqForSlot(undefined, 1, 2)).to.equal(2);
    expect(nextSeqForSlot(1, 1, 2)).to.equal(2);
    expect(nextSeqForSlot(2, 1, 2)).to.equal(4);
    expect(nextSeqForSlot(5, 2, 3)).to.equal(6);
  });
});

import { expect } from 'chai';
import { ByteReader, textUntilNul } from '../../../src/core/bytes/reader.ts';

class RoomError extends Error {
  readonly offset: number;
  constructor(rule: string, offset: number) {
    super(rule);
    this.offset = offset;
  }
}
const fail = (rule: string, offset: number) => new RoomError(rule, offset);
const reader = (bytes: readonly number[], baseOffset = 0) => new ByteReader(Uint8Array.from(bytes), fail, baseOffset);

describe('ByteReader', () => {
  it('reads numbers in the endianness that is asked for, in order', () => {
    const r = reader([0x01, 0x34, 0x12, 0xef, 0xbe, 0xad, 0xde, 0xde, 0xad, 0xbe, 0xef]);
    expect([r.u8(), r.u16le(), r.u32le(), r.u32be()]).to.deep.equal([0x01, 0x1234, 0xdeadbeef, 0xdeadbeef]);
    expect([r.position, r.remaining, r.length]).to.deep.equal([11, 0, 11]);
  });

  it('respects the offset of a view into a larger buffer', () => {
    const view = Uint8Array.of(9, 9, 0x78, 0x56, 0x34, 0x12).subarray(2);
    expect(new ByteReader(view, fail).u32le()).to.equal(0x12345678);
  });

  it('hands out views, not copies', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    expect(new ByteReader(bytes, fail).skip(1).bytes(2).buffer).to.equal(bytes.buffer);
  });

  it('reads fixed text up to its NUL and moves past the whole field', () => {
    const r = reader([0x68, 0x69, 0, 0x21, 0x7a]);
    expect(r.text(4)).to.equal('hi');
    expect(r.u8()).to.equal(0x7a);
  });

  it('turns bytes that are not UTF-8 into replacement characters', () => {
    expect(textUntilNul(Uint8Array.of(0x61, 0xff, 0x62))).to.equal('a\u{fffd}b');
  });

  for (const [name, read] of [
    ['u8()', (r: ByteReader) => r.u8()],
    ['u16le()', (r: ByteReader) => r.u16le()],
    ['u32le()', (r: ByteReader) => r.u32le()],
    ['u32be()', (r: ByteReader) => r.u32be()],
    ['bytes()', (r: ByteReader) => r.bytes(0xffff_ffff)],
    ['text()', (r: ByteReader) => r.text(5)],
    ['skip()', (r: ByteReader) => r.skip(2 ** 40)],
    ['bytes(-1)', (r: ByteReader) => r.bytes(-1)],
    ['bytes(NaN)', (r: ByteReader) => r.bytes(Number.NaN)],
  ] as const) {
    it(`${name} beyond the end throws the caller's error with the offset in the file`, () => {
      const r = reader([1, 2, 3], 0x100).skip(3);
      expect(() => read(r))
        .to.throw(RoomError)
        .with.property('offset', 0x103);
      expect(r.position).to.equal(3);
    });
  }

  it('seeks anywhere up to the end, and nowhere else', () => {
    const r = reader([1, 2, 3]);
    expect(r.seek(3).remaining).to.equal(0);
    for (const position of [4, -1, 0.5]) expect(() => r.seek(position)).to.throw(RoomError, /outside of 3 bytes/);
  });
});

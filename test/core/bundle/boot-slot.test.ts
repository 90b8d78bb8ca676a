import { expect } from 'chai';
import { nextBootSlot, otadataAfter } from '../../../src/core/bundle/boot-slot.ts';
import type { PlannedWrite } from '../../../src/core/bundle/plan-model.ts';
import { parseOtadata } from '../../../src/core/image/otadata.ts';
import { TABLE, otadataBytes, otadataOf } from './plan-fixtures.ts';

const AT = 0xe000;
const write = (bytes: Uint8Array<ArrayBuffer>, offset = AT): PlannedWrite => ({
  name: 'otadata',
  role: 'otadata',
  offset,
  length: bytes.length,
  bytes,
  patched: false,
});
const chip = (...seqs: readonly (number | undefined)[]) => ({ partitions: TABLE, otadata: otadataOf(...seqs) });
const seqsAfter = (...parameters: Parameters<typeof otadataAfter>) => otadataAfter(...parameters)?.entries.map(({ seq }) => seq);
const NONE = 0xffff_ffff;

describe('otadataAfter()', () => {
  it('is what was there where nothing reaches it', () => {
    expect(otadataAfter(chip(1, 2), TABLE, { writes: [], erases: [{ offset: 0x290000, length: 0x1000 }] })).to.deep.equal(otadataOf(1, 2));
    expect(otadataAfter({ partitions: TABLE }, TABLE, { writes: [], erases: [] })).to.equal(undefined);
  });

  it('takes each entry from whatever reaches its sector last', () => {
    const second = write(otadataBytes(4).slice(0, 32), AT + 0x1000);
    expect(seqsAfter(chip(3, 2), TABLE, { writes: [second], erases: [] })).to.deep.equal([3, 4]);
    expect(seqsAfter(chip(3, 2), TABLE, { writes: [second], erases: [{ offset: 0, length: 0x400000 }] })).to.deep.equal([NONE, 4]);
    expect(seqsAfter(chip(3, 2), TABLE, { writes: [write(otadataBytes(1))], erases: [] })).to.deep.equal([1, NONE]);
    expect(seqsAfter(chip(3, 2), TABLE, { writes: [], erases: [{ offset: AT, length: 0x1000 }] })).to.deep.equal([NONE, 2]);
    expect(seqsAfter(chip(3, 2), TABLE, { writes: [write(Uint8Array.of(1), AT + 0x100)], erases: [] }), 'its sector').to.deep.equal([
      NONE,
      2,
    ]);
  });

  it('knows nothing of what lies where another table has it', () => {
    const moved = TABLE.map((row) => (row.label === 'otadata' ? { ...row, offset: 0x300000 } : row));
    expect(otadataAfter(chip(1, 2), moved, { writes: [], erases: [] })).to.equal(undefined);
    expect(otadataAfter(chip(1), [], { writes: [], erases: [] })).to.equal(undefined);
  });

  it('does not mend an entry that the boot loader does not count', () => {
    const bytes = otadataBytes(1, 2);
    bytes[0x1000 + 28]! ^= 1;
    const damaged = { partitions: TABLE, otadata: parseOtadata(bytes) };
    const invalid = write(otadataBytes(1).slice(0, 0x1000));
    const after = otadataAfter(damaged, TABLE, { writes: [invalid], erases: [] });
    expect(nextBootSlot(TABLE, after)?.label).to.equal('app0');
  });
});

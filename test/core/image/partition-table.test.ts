import { expect } from 'chai';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { ImageError } from '../../../src/core/image/image-error.ts';
import { encodePartitionTable, parsePartitionTable } from '../../../src/core/image/partition-table.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import { concat, DEFAULT_ROWS, padded, partitionTable, row, thrownBy, utf8 } from './builders.ts';
import type { Row } from './builders.ts';

const nvs: Row = { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x5000 };
const app0: Row = { label: 'app0', type: 0, subtype: 0x10, offset: 0x10000, size: 0x10000 };

async function expectError(bytes: Uint8Array, code: string, offset: number): Promise<void> {
  const error = await thrownBy(() => parsePartitionTable(bytes));
  expect(error).to.be.instanceOf(ImageError);
  expect([(error as ImageError).code, (error as ImageError).details.offset]).to.deep.equal([code, offset]);
}

describe('parsePartitionTable()', () => {
  it('reads rows and MD5, and encodePartitionTable() gives the same bytes', () => {
    const bytes = partitionTable(DEFAULT_ROWS);
    const table = parsePartitionTable(bytes);
    expect(table.partitions).to.deep.equal(DEFAULT_ROWS.map((expected) => ({ flags: 0, ...expected })));
    expect(table.md5).to.include({ offset: 6 * 32 + 16, valid: true });
    expect(table).not.to.have.property('tailHex');
    expect([...encodePartitionTable(table)]).to.deep.equal([...bytes]);
  });

  it('reads no further than the table’s sector', () => {
    const table = parsePartitionTable(concat(partitionTable(DEFAULT_ROWS, 0x1000), new Uint8Array(0x10000)));
    expect(table.length).to.equal(0x1000);
    expect(table).not.to.have.property('tailHex');
  });

  it('keeps what follows the end row', () => {
    const bytes = partitionTable(DEFAULT_ROWS, 0x1000);
    bytes.set([1, 2, 3], 0xc00);
    const table = parsePartitionTable(bytes);
    expect(table.tailHex).to.match(/^(ff)+010203(ff)+$/);
    expect([...encodePartitionTable(table)]).to.deep.equal([...bytes]);
  });

  it('says that an MD5 is wrong, as a verdict', () => {
    const bytes = partitionTable([nvs, app0]);
    bytes[2 * 32 + 20]! ^= 1;
    expect(parsePartitionTable(bytes).md5?.valid).to.equal(false);
    expect([...encodePartitionTable(parsePartitionTable(bytes))]).to.deep.equal([...partitionTable([nvs, app0])]);
  });

  it('keeps flags, custom types and subtypes', () => {
    const custom = { label: 'cfg', type: 0x40, subtype: 0xfe, offset: 0x20000, size: 0x1000, flags: 0x8000_0003 };
    const bytes = partitionTable([custom]);
    expect(parsePartitionTable(bytes).partitions).to.deep.equal([custom]);
    expect([...encodePartitionTable(parsePartitionTable(bytes))]).to.deep.equal([...bytes]);
  });

  it('keeps labels that are not plain text', () => {
    for (const label of [fromHex('ff'.repeat(16)), padded(concat(utf8('a'), Uint8Array.of(0, 7)), 16), utf8('sixteen-bytes-ok')]) {
      const body = row(nvs);
      body.set(label, 12);
      const table = parsePartitionTable(body);
      expect([...encodePartitionTable(table)]).to.deep.equal([...body]);
    }
  });

  it('accepts a full table without an end row', () => {
    const rows = Array.from({ length: 96 }, (_, i) => ({ ...nvs, label: `p${i}`, offset: 0x10000 + i * 0x1000, size: 0x1000 }));
    const bytes = concat(...rows.map(row));
    expect(parsePartitionTable(bytes).partitions.length).to.equal(96);
    expect([...encodePartitionTable(parsePartitionTable(bytes))]).to.deep.equal([...bytes]);
  });

  it('another first row', () => expectError(new Uint8Array(64), 'PARTITION_ROW', 0));
  it('no bytes', () => expectError(new Uint8Array(), 'PARTITION_ROW', 0));
  it('half a row', () => expectError(row(nvs).subarray(0, 31), 'IMAGE_TRUNCATED', 0));
  it('a second row that is none', () => expectError(concat(row(nvs), new Uint8Array(32)), 'PARTITION_ROW', 32));
  it('a row behind the MD5', () => expectError(concat(partitionTable([nvs], 64), row(app0)), 'PARTITION_ROW', 64));
  it('overlapping partitions', () => expectError(partitionTable([nvs, { ...nvs, label: 'b', offset: 0xd000 }]), 'PARTITION_OVERLAP', 32));
  it('overlapping partitions in any order', () =>
    expectError(partitionTable([app0, nvs, { ...nvs, offset: 0x9000 }]), 'PARTITION_OVERLAP', 64));
  it('an app that is not aligned to 64 KiB', () =>
    expectError(partitionTable([nvs, { ...app0, offset: 0x11000 }]), 'PARTITION_ALIGNMENT', 32));
  it('data that is not aligned to 4 KiB', () => expectError(partitionTable([{ ...nvs, offset: 0x9004 }]), 'PARTITION_ALIGNMENT', 0));
  it('an empty partition', () => expectError(partitionTable([{ ...nvs, size: 0 }]), 'PARTITION_ROW', 0));
  it('a partition beyond 4 GiB', () => expectError(partitionTable([{ ...nvs, size: 0xffff_f000 }]), 'PARTITION_ROW', 0));
  it('names partitions safely in its messages', async () => {
    const error = await thrownBy(() => parsePartitionTable(partitionTable([{ ...nvs, label: '\u{1b}[31m', offset: 1 }])));
    expect((error as Error).message).to.include('\\u001b');
  });
});

describe('encodePartitionTable()', () => {
  it('writes a new table as ESP-IDF does: 0xC00 bytes with MD5', () => {
    const partitions = DEFAULT_ROWS.map((expected) => ({ flags: 0, ...expected }));
    expect([...encodePartitionTable({ partitions })]).to.deep.equal([...partitionTable(DEFAULT_ROWS)]);
  });

  it('any table that parses is byte-identical after re-encoding', () =>
    withSeed(SEED, (random: Random) => {
      for (let run = 0; run < 30; run++) {
        const rows: Row[] = [];
        for (let end = 0x9000, i = 0; i < random.below(20) + 1; i++) {
          const type = random.pick([0, 1, 2, 3, 0x40, 0xfe]);
          const offset = type === 0 ? Math.ceil(end / 0x10000) * 0x10000 : end;
          const size = (random.below(40) + 1) * 0x1000;
          rows.push({ label: `p${i}-${random.below(1000)}`, type, subtype: random.below(256), offset, size, flags: random.u32() });
          end = offset + size;
        }
        const bytes = partitionTable(rows, random.pick([0xc00, 0x1000]));
        expect([...encodePartitionTable(parsePartitionTable(bytes))]).to.deep.equal([...bytes]);
      }
    }));

  it('refuses what no table can hold', () => {
    const partition = { ...nvs, flags: 0 };
    const many = Array.from({ length: 96 }, (_, i) => ({ ...partition, offset: 0x10000 + i * 0x1000, size: 0x1000 }));
    expect(() => encodePartitionTable({ partitions: many })).to.throw(RangeError, 'do not fit');
    expect(() => encodePartitionTable({ partitions: [{ ...partition, label: 'seventeen-bytes-x' }] })).to.throw(RangeError, 'label');
    for (const wrong of [{ type: 256 }, { subtype: -1 }, { flags: 2 ** 32 }, { size: 0.5 }]) {
      expect(() => encodePartitionTable({ partitions: [{ ...partition, ...wrong }] })).to.throw(RangeError, 'does not fit its field');
    }
    expect(() => encodePartitionTable({ partitions: [{ ...partition, offset: 1 }] })).to.throw(ImageError);
    expect(() => encodePartitionTable({ partitions: [partition], length: 64, tailHex: '00'.repeat(64) })).to.throw(
      RangeError,
      'behind the table',
    );
  });
});

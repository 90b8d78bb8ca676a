import { expect } from 'chai';
import { ImageError } from '../../../src/core/image/image-error.ts';
import { formatPartitionCsv, looksLikePartitionCsv, parsePartitionCsv } from '../../../src/core/image/partition-csv.ts';
import {
  partitionSubtypeFromText,
  partitionSubtypeName,
  partitionTypeFromText,
  partitionTypeName,
} from '../../../src/core/image/partition-types.ts';
import { DEFAULT_ROWS, thrownBy, utf8 } from './builders.ts';

const rows = (text: string) =>
  parsePartitionCsv(text).partitions.map(
    ({ label, type, subtype, offset, size, flags }) => `${label} ${type}/${subtype} ${offset.toString(16)}+${size.toString(16)} ${flags}`,
  );

describe('parsePartitionCsv()', () => {
  it('reads ESP-IDF’s own example, offsets left out', () => {
    const text = [
      '# ESP-IDF Partition Table',
      '# Name,   Type, SubType, Offset,  Size, Flags',
      'nvs,      data, nvs,     ,        0x6000,',
      'phy_init, data, phy,     ,        0x1000,',
      '',
      'factory,  app,  factory, ,        1M,',
      'ota_0,    app,  ota_0,   ,        1M,',
      'ota_1,    app,  ota_1,   ,        1M,',
      'storage,  data, littlefs,,        64K, encrypted:readonly',
    ].join('\r\n');
    expect(rows(text)).to.deep.equal([
      'nvs 1/2 9000+6000 0',
      'phy_init 1/1 f000+1000 0',
      'factory 0/0 10000+100000 0',
      'ota_0 0/16 110000+100000 0',
      'ota_1 0/17 210000+100000 0',
      'storage 1/131 310000+10000 3',
    ]);
  });

  it('aligns an app without an offset, and starts behind a table that was moved', () => {
    expect(rows('a,data,nvs,,4K\nb,app,factory,,64K')).to.deep.equal(['a 1/2 9000+1000 0', 'b 0/0 10000+10000 0']);
    expect(parsePartitionCsv('a,data,nvs,,4K', { tableOffset: 0x10000 }).partitions[0]!.offset).to.equal(0x11000);
  });

  it('reads numbers for types, an empty subtype, a size up to an address, and a byte-order mark', () => {
    expect(rows('\u{feff}x,0x40,0xFE,0x20000,4096')).to.deep.equal(['x 64/254 20000+1000 0']);
    expect(rows('x,data,,0x20000,4K')).to.deep.equal(['x 1/6 20000+1000 0']);
    expect(rows('x,0x40,,0x20000,4K')).to.deep.equal(['x 64/6 20000+1000 0']);
    expect(rows('x,data,fat,0x20000,-0x400000')).to.deep.equal(['x 1/129 20000+3e0000 0']);
  });

  for (const [name, text, code, offset] of [
    ['nothing', '# only a comment\n', 'PARTITION_CSV', 0],
    ['a type that does not exist', 'nvs,data,nvs,,4K\nx,foo,bar,,4K', 'PARTITION_CSV', 17],
    ['a subtype of another type', 'x,app,spiffs,,64K', 'PARTITION_CSV', 0],
    ['an app without a subtype', 'x,app,,,64K', 'PARTITION_CSV', 0],
    ['a name from Object.prototype', 'x,data,constructor,,64K', 'PARTITION_CSV', 0],
    ['no size', 'x,data,nvs,0x9000,', 'PARTITION_CSV', 0],
    ['a size of words', 'x,data,nvs,0x9000,big', 'PARTITION_CSV', 0],
    ['a size that ends before it starts', 'x,data,nvs,0x9000,-0x1000', 'PARTITION_CSV', 0],
    ['an offset of words', 'x,data,nvs,here,4K', 'PARTITION_CSV', 0],
    ['an unknown flag', 'x,data,nvs,,4K,secret', 'PARTITION_CSV', 0],
    ['a seventh field', 'x,data,nvs,,4K,,more', 'PARTITION_CSV', 0],
    ['no name', ',data,nvs,,4K', 'PARTITION_CSV', 0],
    ['a long name', 'seventeen-bytes-x,data,nvs,,4K', 'PARTITION_CSV', 0],
    ['the same name twice', 'x,data,nvs,,4K\nx,data,nvs,,4K', 'PARTITION_CSV', 15],
    ['overlapping partitions', 'a,data,nvs,0x9000,8K\nb,data,nvs,0xa000,4K', 'PARTITION_OVERLAP', 21],
    ['a misaligned app', 'a,app,factory,0x9000,64K', 'PARTITION_ALIGNMENT', 0],
    ['a text that is far too long', '#'.repeat(70_000), 'PARTITION_CSV', 65_536],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const error = await thrownBy(() => parsePartitionCsv(text));
      expect(error).to.be.instanceOf(ImageError);
      expect([(error as ImageError).code, (error as ImageError).details.offset]).to.deep.equal([code, offset]);
    });
  }
});

describe('formatPartitionCsv()', () => {
  it('writes what parsePartitionCsv() reads back', () => {
    const partitions = [
      ...DEFAULT_ROWS.map((expected) => ({ flags: 0, ...expected })),
      { label: 'own', type: 0x40, subtype: 0x77, offset: 0x400000, size: 0x1234, flags: 3 },
    ];
    const text = formatPartitionCsv(partitions);
    expect(text).to.include('app0, app, ota_0, 0x10000, 1280K,\n');
    expect(text).to.include('own, 0x40, 0x77, 0x400000, 0x1234, encrypted:readonly\n');
    expect(parsePartitionCsv(text).partitions).to.deep.equal(partitions);
  });

  it('refuses names and flags that a CSV cannot carry', () => {
    const partition = { label: 'a', type: 1, subtype: 2, offset: 0x9000, size: 0x1000, flags: 0 };
    for (const label of ['', 'a,b', 'a\nb', ' a', '#a'])
      expect(() => formatPartitionCsv([{ ...partition, label }])).to.throw(RangeError, 'cannot stand');
    expect(() => formatPartitionCsv([{ ...partition, flags: 4 }])).to.throw(RangeError, 'have no names');
  });
});

describe('looksLikePartitionCsv()', () => {
  it('wants a row with a type', () => {
    expect(looksLikePartitionCsv(utf8('# x\nnvs,data,nvs,,4K'))).to.equal(true);
    for (const other of ['', 'name,age,city,street', 'hello', 'nvs,data', '\0nvs,data,nvs,,4K']) {
      expect(looksLikePartitionCsv(utf8(other)), other).to.equal(false);
    }
  });
});

describe('partition types', () => {
  it('have names both ways', () => {
    for (const [type, subtype, typeName, subtypeName] of [
      [0, 0x1f, 'app', 'ota_15'],
      [1, 0x82, 'data', 'spiffs'],
      [2, 0, 'bootloader', 'primary'],
      [0x40, 0x05, '0x40', '0x05'],
    ] as const) {
      expect([partitionTypeName(type), partitionSubtypeName(type, subtype)]).to.deep.equal([typeName, subtypeName]);
      expect(partitionTypeFromText(typeName)).to.equal(type);
      expect(partitionSubtypeFromText(type, subtypeName)).to.equal(subtype);
    }
    expect(partitionTypeFromText('256')).to.equal(undefined);
    expect(partitionSubtypeFromText(1, '')).to.equal(undefined);
  });

  it('stops at the 96th row, which no table can hold', () => {
    const rows = Array.from({ length: 96 }, (_, i) => `p${i}, data, nvs, , 0x1000,`);
    expect(parsePartitionCsv(rows.slice(0, 95).join('\n')).partitions).to.have.length(95);
    expect(() => parsePartitionCsv(rows.join('\n'))).to.throw(ImageError, 'line 96: a partition table has at most 95 rows');
  });
});

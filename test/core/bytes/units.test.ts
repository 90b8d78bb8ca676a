import { expect } from 'chai';
import { formatByteSize, parseByteSize } from '../../../src/core/bytes/units.ts';

describe('parseByteSize()', () => {
  for (const [text, bytes] of [
    ['4096', 4096],
    ['0x180000', 0x180000],
    ['0X1000', 0x1000],
    ['64K', 65536],
    ['64 k', 65536],
    ['1M', 1048576],
    [' 4m ', 4194304],
    ['0x10K', 16384],
    ['0', 0],
    ['0xffffffff', 0xffff_ffff],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => expect(parseByteSize(text)).to.equal(bytes));
  }

  for (const bad of ['', '1G', '1.5M', '-1', '0x', 'K', '1KK', '4096M', '1e3', '0xfg', '99999999999999999999']) {
    it(`refuses ${JSON.stringify(bad)}`, () => expect(parseByteSize(bad)).to.equal(undefined));
  }
});

describe('formatByteSize()', () => {
  for (const [bytes, text] of [
    [1048576, '1M'],
    [0x140000, '1280K'],
    [0x6000, '24K'],
    [0x1234, '0x1234'],
    [0, '0x0'],
  ] as const) {
    it(`writes ${text}, and reads it back`, () => {
      expect(formatByteSize(bytes)).to.equal(text);
      expect(parseByteSize(text)).to.equal(bytes);
    });
  }
});

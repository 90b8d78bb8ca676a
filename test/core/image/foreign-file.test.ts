import { expect } from 'chai';
import { foreignFormat } from '../../../src/core/image/foreign-file.ts';

const ascii = (text: string) => new TextEncoder().encode(text);

describe('foreignFormat()', () => {
  for (const [format, head] of [
    ['elf', [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0]],
    ['zip', [0x50, 0x4b, 3, 4, 20, 0]],
    ['gzip', [0x1f, 0x8b, 8, 0, 0, 0]],
    ['png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]],
    ['jpeg', [0xff, 0xd8, 0xff, 0xe0]],
  ] as const) {
    it(`knows ${format}`, () => expect(foreignFormat(Uint8Array.from(head))).to.equal(format));
  }

  it('knows what begins with words', () => {
    expect(foreignFormat(ascii('GIF89a…'))).to.equal('gif');
    expect(foreignFormat(ascii('%PDF-1.7\n'))).to.equal('pdf');
    expect(foreignFormat(ascii('# Release notes\r\n\tFixes für alle.\n'))).to.equal('text');
  });

  it('says nothing of what it does not know, of cut signatures, and of too little', () => {
    expect(foreignFormat(new Uint8Array())).to.equal(undefined);
    expect(foreignFormat(Uint8Array.of(0x89, 0x50, 0x4e))).to.equal(undefined);
    expect(foreignFormat(Uint8Array.of(0xe9, 2, 2, 0x20, 0, 0, 0, 0, 0, 0))).to.equal(undefined);
    expect(foreignFormat(Uint8Array.from({ length: 64 }, () => 0xff))).to.equal(undefined);
    expect(foreignFormat(ascii('short'))).to.equal(undefined);
  });
});

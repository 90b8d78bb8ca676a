import { expect } from 'chai';
import { ImageError } from '../../../src/core/image/image-error.ts';
import { looksLikeIntelHex, parseIntelHex } from '../../../src/core/image/intel-hex.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import { HEX_END, hexFile, hexRecord, thrownBy, utf8 } from './builders.ts';

const parse = async (...lines: readonly string[]) =>
  (await parseIntelHex(utf8(lines.join('\n')))).runs.map(({ flashOffset, bytes }) => [flashOffset, ...bytes]);

async function expectError(text: string, code: string, offset: number): Promise<void> {
  const error = await thrownBy(() => parseIntelHex(utf8(text)));
  expect(error).to.be.instanceOf(ImageError);
  expect([(error as ImageError).code, (error as ImageError).details.offset]).to.deep.equal([code, offset]);
}

describe('parseIntelHex()', () => {
  it('reads the specification’s classic example', async () => {
    const text = ':10010000214601360121470136007EFE09D2190140\n:100110002146017E17C20001FF5F16002148011928\n:00000001FF\n';
    const [run] = (await parseIntelHex(utf8(text))).runs;
    expect(run?.flashOffset).to.equal(0x100);
    expect(run?.bytes.length).to.equal(32);
    expect([...run!.bytes.subarray(0, 4)]).to.deep.equal([0x21, 0x46, 0x01, 0x36]);
  });

  it('takes lower case, CR LF, blank lines and blanks at line ends', async () => {
    expect(await parse(hexRecord(0, 0, [1, 2]).toLowerCase() + ' \r', '', HEX_END, '')).to.deep.equal([[0, 1, 2]]);
  });

  it('adds linear and segment bases to addresses', async () => {
    expect(
      await parse(hexRecord(0, 4, [0, 1]), hexRecord(0x10, 0, [7]), hexRecord(0, 2, [0x10, 0]), hexRecord(4, 0, [8]), HEX_END),
    ).to.deep.equal([
      [0x10004, 8],
      [0x10010, 7],
    ]);
  });

  it('skips start addresses', async () => {
    expect(await parse(hexRecord(0, 3, [0, 0, 0, 0]), hexRecord(0, 5, [0, 0, 0, 0]), hexRecord(0, 0, [1]), HEX_END)).to.deep.equal([
      [0, 1],
    ]);
  });

  it('gives back any bytes at any address', () =>
    withSeed(SEED, async (random: Random) => {
      for (let run = 0; run < 20; run++) {
        const address = 16 * random.below(0x40000);
        const data = random.bytes(random.below(80_000) + 1);
        const { runs } = await parseIntelHex(utf8(hexFile(address, data)));
        expect(runs.length).to.equal(1);
        expect(runs[0]!.flashOffset).to.equal(address);
        expect(runs[0]!.bytes.every((byte, i) => byte === data[i]) && runs[0]!.bytes.length === data.length).to.equal(true);
      }
    }));

  it('no colon', () => expectError('hello', 'HEX_RECORD', 0));
  it('a letter that is no digit', () => expectError(':0000000Z', 'HEX_RECORD', 8));
  it('a record cut short', () => expectError(':10010000214601', 'IMAGE_TRUNCATED', 15));
  it('a wrong checksum', () => expectError(`${HEX_END.slice(0, -1)}E`, 'HEX_CHECKSUM', 0));
  it('a type that does not exist', () => expectError(hexRecord(0, 6, []), 'HEX_RECORD', 0));
  it('an end record with data', () => expectError(hexRecord(0, 1, [1]), 'HEX_RECORD', 0));
  it('a base of three bytes', () => expectError(hexRecord(0, 4, [0, 0, 0]), 'HEX_RECORD', 0));
  it('a file without an end', () => expectError(hexRecord(0, 0, [1]), 'IMAGE_TRUNCATED', 13));
  it('an empty file', () => expectError('', 'IMAGE_TRUNCATED', 0));
  it('something behind the end', () => expectError(`${HEX_END}\n${HEX_END}`, 'HEX_RECORD', 12));
  it('an address beyond every flash', () =>
    expectError(`${hexRecord(0, 4, [0xff, 0xff])}\n${hexRecord(0, 0, [1])}`, 'CONTAINER_LIMIT', 16));
  it('an address given twice', () =>
    expectError([hexRecord(0, 0, [1, 2]), hexRecord(1, 0, [3]), HEX_END].join('\n'), 'CONTAINER_OVERLAP', 16));

  it('a million single bytes become one typed error, quickly', async () => {
    const line = (i: number) => hexRecord((i * 2) & 0xffff, 0, [1]);
    const text = Array.from({ length: 10_000 }, (_, i) => line(i)).join('\n');
    const started = performance.now();
    await expectError(text.repeat(100), 'CONTAINER_LIMIT', 4096 * 14);
    expect(performance.now() - started).to.be.below(1000);
  });

  it('looksLikeIntelHex() wants a colon and digits', () => {
    expect(looksLikeIntelHex(utf8(HEX_END))).to.equal(true);
    expect(looksLikeIntelHex(utf8(':hello world'))).to.equal(false);
    expect(looksLikeIntelHex(utf8(':00'))).to.equal(false);
  });
});

import { expect } from 'chai';
import { EMPTY_LOG, appendTo } from '../../../src/core/trust/log-chain.ts';
import { CSV_HEAD, csvRow, headerLine, parseExportHeader, recordLine } from '../../../src/core/trust/log-export.ts';
import { linesOf } from '../../../src/core/trust/log-lines.ts';
import { verifyChain } from '../../../src/core/trust/log-verify.ts';
import { Random } from '../../doubles/random.ts';
import { atOf, bodyOf, chainOf, exportOf } from './log-fixtures.ts';

/** RFC 4180, as a spreadsheet reads it. */
function cellsOf(row: string): string[] {
  return [...row.replace(/\r\n$/, '').matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}

const COLUMNS = cellsOf(CSV_HEAD);
const columnOf = (row: string, name: string): string => cellsOf(row)[COLUMNS.indexOf(name)]!;

async function linesIn(bytes: Uint8Array<ArrayBuffer>, pieces: readonly number[] = []): Promise<string[]> {
  const cuts = [0, ...pieces, bytes.length];
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 1; i < cuts.length; i++) controller.enqueue(bytes.subarray(cuts[i - 1], cuts[i]));
      controller.close();
    },
  });
  const lines: string[] = [];
  for await (const batch of linesOf(stream)) lines.push(...batch);
  return lines;
}

describe('the exported log', () => {
  const chain = chainOf(20);

  it('is whole when it is read back in pieces of any size', async () => {
    const bytes = new TextEncoder().encode(exportOf(chain));
    const random = new Random(7);
    for (let round = 0; round < 20; round++) {
      const cuts = Array.from({ length: random.below(9) }, () => random.below(bytes.length)).sort((a, b) => a - b);
      const verdict = await verifyChain([await linesIn(bytes, cuts)]);
      expect(verdict.broken).to.equal(undefined);
      expect(verdict.entries).to.equal(20);
    }
  });

  it('is whole with the line ends and the byte order mark of another system', async () => {
    const text = `\ufeff${exportOf(chain).replaceAll('\n', '\r\n')}`;
    expect((await verifyChain([await linesIn(new TextEncoder().encode(text))])).entries).to.equal(20);
  });

  it('does not end a line where JSON does not', async () => {
    const record = appendTo(EMPTY_LOG, { at: atOf(0), act: 'signed-in', facts: { device: 'a\u2028b\u0085c' }, by: 'page' });
    expect(await linesIn(new TextEncoder().encode(recordLine(record)))).to.have.length(2);
  });

  it('holds no line longer than its bound in memory', async () => {
    const lines = await linesIn(new TextEncoder().encode('x'.repeat(300_000)), [100_000, 200_000]);
    expect(Math.max(...lines.map(({ length }) => length))).to.be.at.most(165_000);
    expect((await verifyChain([lines])).broken).to.include({ line: 1, reason: 'malformed' });
  });

  it('is broken where bytes are no UTF-8', async () => {
    const bytes = new TextEncoder().encode(exportOf(chain));
    const at = bytes.indexOf(0xc3);
    expect(at).to.be.above(0);
    bytes[at] = 0xff;
    expect((await verifyChain([await linesIn(bytes)])).broken).to.include({ reason: 'altered', seq: 3, line: 4 });
  });

  it('begins with a line that says where the log ended, and nothing else is taken for it', () => {
    const { seq, h } = chain[19]!;
    const header = headerLine({ at: atOf(0), head: { seq, h } });
    expect(parseExportHeader(header)).to.deep.equal({ at: atOf(0), head: { seq, h } });
    for (const line of ['', '{}', 'otter-log-1', '{"format":"otter-log-1"}', recordLine({ ...chain[0], act: 'otter-log-1' })])
      expect(parseExportHeader(line)).to.equal(undefined);
  });

  it('cannot switch off a head that was kept elsewhere: a log written anew with a first line that says so is rewritten', async () => {
    const { seq, h } = chain[19]!;
    const anew = chainOf(20, (index) => ({ ...bodyOf(index), app: '6.6.6' }));
    const forged = await linesIn(new TextEncoder().encode(exportOf(anew)));
    expect((await verifyChain([forged])).broken).to.equal(undefined);
    expect((await verifyChain([forged], { known: [{ seq, h }] })).broken).to.include({ seq: 20, line: 21, reason: 'rewritten' });
    const shorter = await linesIn(new TextEncoder().encode(exportOf(anew.slice(0, 19))));
    expect((await verifyChain([shorter], { known: [{ seq, h }] })).broken).to.include({ seq: 20, reason: 'truncated' });
  });

  it('has a line for what cannot be read, where the chain breaks', async () => {
    const unreadable = { seq: 2, at: new Date(0) };
    const lines = [recordLine(chain[0]), recordLine(unreadable), recordLine(chain[2])].map((line) => line.trimEnd());
    expect((await verifyChain([lines])).broken).to.include({ line: 2, reason: 'malformed' });
  });
});

describe('the log as a table', () => {
  const rowOf = (facts: Record<string, string | number>) =>
    csvRow(appendTo(EMPTY_LOG, { at: atOf(0), act: 'signed-in', facts, by: 'page', app: '0.4.0' }));

  it('has a column for every fact', () => {
    expect(COLUMNS.slice(0, 6)).to.deep.equal(['seq', 'at', 'act', 'by', 'app', 'device']);
    for (const row of chainOf(3).map(csvRow)) expect(cellsOf(row)).to.have.length(COLUMNS.length);
    const row = rowOf({ device: 'greenhouse', durationMs: 27_400 });
    expect([columnOf(row, 'seq'), columnOf(row, 'device'), columnOf(row, 'durationMs')]).to.deep.equal(['1', 'greenhouse', '27400']);
  });

  for (const text of ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1']) {
    it(`is no place for formulas: ${JSON.stringify(text)} is prefixed`, () => {
      expect(columnOf(rowOf({ device: text }), 'device')).to.equal(`'${text}`);
    });
  }

  it('prefixes numbers below zero too, and nothing that is harmless', () => {
    expect(columnOf(rowOf({ bytes: -1 }), 'bytes')).to.equal("'-1");
    expect(columnOf(rowOf({ device: 'a=b' }), 'device')).to.equal('a=b');
  });

  it('quotes what would end a cell', () => {
    const text = 'a "b", c\r\nd';
    const row = rowOf({ device: text });
    expect(row).to.contain('"a ""b"", c\r\nd"');
    expect(cellsOf(row)).to.have.length(COLUMNS.length);
  });

  it('puts facts of a newer app into one cell', () => {
    expect(columnOf(rowOf({ device: 'd', moon: 'full' }), 'other')).to.equal('{"moon":"full"}');
  });

  it('names what cannot be read', () => {
    const row = csvRow({ seq: 5, at: 'never' });
    expect([columnOf(row, 'seq'), columnOf(row, 'act')]).to.deep.equal(['5', 'unreadable']);
  });
});

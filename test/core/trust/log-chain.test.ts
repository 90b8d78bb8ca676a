import { expect } from 'chai';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { canonicalJson } from '../../../src/core/trust/canonical-json.ts';
import { EMPTY_LOG, appendTo, type BreakReason, type LogHead } from '../../../src/core/trust/log-chain.ts';
import type { LogRecord } from '../../../src/core/trust/log-entry.ts';
import { headerLine } from '../../../src/core/trust/log-export.ts';
import { verifyChain, type ChainVerdict } from '../../../src/core/trust/log-verify.ts';
import { SEED, withSeed } from '../../doubles/random.ts';
import { atOf, bodyOf, chainOf, linesOfChain } from './log-fixtures.ts';

type Tamper = (records: LogRecord[]) => readonly unknown[];

/** Says the same of the records and of their lines. */
async function verdictOf(records: readonly unknown[], known: readonly LogHead[] = []): Promise<ChainVerdict> {
  const ofRecords = await verifyChain([records], { known });
  const ofLines = await verifyChain([linesOfChain(records)], { known });
  expect(ofLines).to.deep.equal(ofRecords);
  return ofLines;
}

const replaced = (records: readonly LogRecord[], index: number, change: object): LogRecord[] =>
  records.map((record, at) => (at === index ? ({ ...record, ...change } as LogRecord) : record));

/** The nth entry another one, and its own hash right. */
function forged(records: readonly LogRecord[], index: number): LogRecord[] {
  const before = records[index - 1] ?? EMPTY_LOG;
  return records.map((record, at) => (at === index ? appendTo(before, { ...bodyOf(index), act: 'signed-out' }) : record));
}

describe('the chain of the log', () => {
  const chain = chainOf(12);

  it('is h = SHA-256(prev ‖ canonical entry), by another SHA-256 too', async () => {
    let prev = '0'.repeat(64);
    for (const record of chain) {
      const { prev: _prev, h, ...entry } = record;
      const entryHex = toHex(new TextEncoder().encode(canonicalJson(entry)));
      expect(record.prev).to.equal(prev);
      expect(h).to.equal(await sha256Hex(fromHex(prev + entryHex)));
      prev = h;
    }
  });

  it('is whole as written, and says where it ends', async () => {
    const verdict = await verdictOf(chain);
    const { seq, h } = chain[11]!;
    expect(verdict).to.deep.equal({ entries: 12, head: { seq, h }, signedHeads: [], firstAt: atOf(0), lastAt: atOf(11) });
  });

  it('of no entries is whole', async () => {
    expect(await verifyChain([])).to.deep.equal({ entries: 0, head: EMPTY_LOG, signedHeads: [] });
  });

  const TAMPERED: readonly [what: string, tamper: Tamper, reason: BreakReason, seq: number, line: number][] = [
    ['a changed fact', (all) => replaced(all, 4, { facts: { ...all[4]!.facts, device: 'another' } }), 'altered', 5, 5],
    ['a removed fact', (all) => replaced(all, 4, { facts: {} }), 'altered', 5, 5],
    ['another time', (all) => replaced(all, 0, { at: atOf(99) }), 'altered', 1, 1],
    ['another act', (all) => replaced(all, 11, { act: 'signed-out' }), 'altered', 12, 12],
    ['another writer', (all) => replaced(all, 6, { by: 'worker' }), 'altered', 7, 7],
    ['an added field', (all) => replaced(all, 6, { note: 'x' }), 'altered', 7, 7],
    ['another hash', (all) => replaced(all, 6, { h: '0'.repeat(64) }), 'altered', 7, 7],
    ['another link', (all) => replaced(all, 6, { prev: '0'.repeat(64) }), 'altered', 7, 7],
    ['another number', (all) => replaced(all, 6, { seq: 8 }), 'altered', 8, 7],
    ['an entry taken out', (all) => all.toSpliced(4, 1), 'missing', 5, 5],
    ['the first entries taken out', (all) => all.slice(3), 'missing', 1, 1],
    ['an entry that stands there twice', (all) => all.toSpliced(5, 0, all[4]!), 'duplicated', 5, 6],
    ['an old entry at the end', (all) => [...all, all[2]!], 'duplicated', 3, 13],
    ['two entries in each other’s place', (all) => all.toSpliced(4, 2, all[5]!, all[4]!), 'reordered', 5, 6],
    ['an entry moved to the end', (all) => [...all.toSpliced(4, 1), all[4]!], 'reordered', 5, 12],
    ['an entry written anew, its hash too', (all) => forged(all, 6), 'unlinked', 8, 8],
    ['the end of another chain', (all) => [...all.slice(0, 6), ...chainOf(12, (n) => bodyOf(n + 1)).slice(6)], 'unlinked', 7, 7],
    ['no entry', (all) => [...all.slice(0, 6), { hello: 'world' }, ...all.slice(6)], 'malformed', 7, 7],
    ['a number', (all) => [...all.slice(0, 6), 7, ...all.slice(6)], 'malformed', 7, 7],
    ['facts that are a list', (all) => replaced(all, 3, { facts: [] }), 'malformed', 4, 4],
    ['a fact within a fact', (all) => replaced(all, 3, { facts: { device: { name: 'x' } } }), 'malformed', 4, 4],
  ];
  for (const [what, tamper, reason, seq, line] of TAMPERED) {
    it(`breaks at ${what}`, async () => {
      const { broken, entries } = await verdictOf(tamper(chain.slice()));
      expect(broken).to.include({ reason, seq, line });
      expect(entries).to.be.below(seq === line ? seq : line);
    });
  }

  it('breaks at the very entry, whichever bit of whichever line is flipped', () =>
    withSeed(SEED, async (random) => {
      const lines = linesOfChain(chain);
      for (let round = 0; round < 400; round++) {
        const index = random.below(lines.length);
        const line = lines[index]!;
        const at = random.below(line.length);
        const flipped = line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ (1 << random.below(7))) + line.slice(at + 1);
        const { broken, entries } = await verifyChain([lines.with(index, flipped)]);
        expect(broken?.line, flipped).to.equal(index + 1);
        expect(entries).to.equal(index);
      }
    }));

  it('breaks at a line that is cut, at whichever byte', async () => {
    const lines = linesOfChain(chain.slice(0, 3));
    for (let length = 1; length < lines[2]!.length; length++) {
      const { broken } = await verifyChain([lines.with(2, lines[2]!.slice(0, length))]);
      expect(broken, String(length)).to.include({ seq: 3, line: 3, reason: 'malformed' });
    }
  });

  describe('whose end was cut off', () => {
    it('looks whole by itself, and is short of a head that somebody kept', async () => {
      const cut = chain.slice(0, 9);
      expect((await verdictOf(cut)).broken).to.equal(undefined);
      expect((await verdictOf(cut, [chain[11]!])).broken).to.include({ seq: 10, line: 9, reason: 'truncated' });
      expect((await verdictOf([], [chain[11]!])).broken).to.include({ seq: 1, reason: 'truncated' });
    });

    it('is short of what its first line says', async () => {
      const lines = [headerLine({ at: atOf(0), head: chain[11]! }).trimEnd(), ...linesOfChain(chain)];
      expect((await verifyChain([lines])).broken).to.equal(undefined);
      expect((await verifyChain([lines.slice(0, 10)])).broken).to.include({ seq: 10, line: 10, reason: 'truncated' });
    });
  });

  it('that was written anew is not what a kept head says', async () => {
    const anew = chainOf(12, (index) => ({ ...bodyOf(index), act: 'signed-out' }));
    expect((await verdictOf(anew)).broken).to.equal(undefined);
    expect((await verdictOf(anew, [chain[7]!])).broken).to.include({ seq: 8, line: 8, reason: 'rewritten' });
    expect((await verdictOf(chain, [chain[7]!, chain[11]!])).broken).to.equal(undefined);
  });

  describe('in lines that another tool wrote', () => {
    const spaced = (record: LogRecord): string =>
      JSON.stringify(Object.fromEntries(Object.entries(record).reverse()), null, 1).replaceAll(/\n\s*/g, ' ');

    it('is whole, whatever the order of the names and the spaces between', async () => {
      expect((await verifyChain([chain.map(spaced)])).broken).to.equal(undefined);
      expect((await verifyChain([[...linesOfChain(chain), '', '']])).entries).to.equal(12);
    });

    it('is not, where a name stands twice: one reader would see the one, another the other', async () => {
      const [first, ...others] = linesOfChain(chain);
      for (const twice of [first!.replace('{"act"', '{"act":"signed-out","act"'), first!.replace('"facts":{', '"facts":{"device":"x",')])
        expect((await verifyChain([[twice, ...others]])).broken).to.include({ line: 1, reason: 'malformed' });
    });

    it('takes no inherited and no polluting name', async () => {
      const [first, ...others] = linesOfChain(chain);
      const polluted = first!.replace('"facts":{', '"facts":{"__proto__":{"seq":1},');
      expect((await verifyChain([[polluted, ...others]])).broken).to.include({ line: 1, reason: 'malformed' });
      expect(({} as { seq?: number }).seq).to.equal(undefined);
    });

    it('refuses half a surrogate pair, which has no single spelling', async () => {
      const [first, ...others] = linesOfChain(chain);
      const half = first!.replace('esp32-ota', String.raw`\ud83d`);
      expect((await verifyChain([[half, ...others]])).broken).to.include({ line: 1, reason: 'malformed' });
    });
  });

  it('is verified in helpings, says how far it is, and stops when nobody wants to know', async () => {
    const long = chainOf(2000);
    let pauses = 0;
    const seen: number[] = [];
    const stop = new AbortController();
    await verifyChain([long], { pause: async () => void pauses++, onProgress: (entries) => seen.push(entries) });
    expect(pauses).to.equal(10);
    expect(seen.slice(0, 2)).to.deep.equal([200, 400]);
    expect(seen.at(-1)).to.equal(2000);
    const stopped = await verifyChain([long], { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) }).then(
      () => 'went on',
      (error: Error) => error.message,
    );
    expect(stopped).to.equal('enough');
  });
});

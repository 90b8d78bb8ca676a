import { expect } from 'chai';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { contextTag, DerReader, readDer } from '../../../src/core/trust/der.ts';
import {
  derBitString,
  derElement,
  derNull,
  derNumber,
  derOctetString,
  derOid,
  derSequence,
  derUnsigned,
} from '../../../src/core/trust/der-writer.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';

class Broken extends Error {
  readonly field: string;
  constructor(field: string, rule: string) {
    super(`${field}: ${rule}`);
    this.field = field;
  }
}
const fault = (field: string, rule: string) => new Broken(field, rule);
const read = <T>(hex: string, body: (der: DerReader) => T): T => readDer(fromHex(hex), { field: 'key', fault }, body);

describe('readDer()', () => {
  it('reads what keys are made of, in order', () => {
    const value = read('301a020100060a2a864886f70d0102030405000403aabbcc03020041', (der) =>
      der.sequence('', (inside) => {
        const read = [inside.number('version', 1), inside.oid('algorithm')];
        inside.null('parameters');
        return [...read, toHex(inside.octetString('a')), toHex(inside.bitString('b'))];
      }),
    );
    expect(value).to.deep.equal([0, '1.2.840.113549.1.2.3.4', 'aabbcc', '41']);
  });

  it('gives an unsigned number without its leading zero, and zero without a byte', () => {
    expect(toHex(read('02020080', (der) => der.unsigned('n')))).to.equal('80');
    expect(toHex(read('02017f', (der) => der.unsigned('n')))).to.equal('7f');
    expect(read('020100', (der) => der.unsigned('n'))).to.have.length(0);
  });

  it('looks ahead for what is optional, and reads tagged elements', () => {
    const value = read('a003020105', (der) => {
      expect([der.nextIs(contextTag(1)), der.nextIs(contextTag(0))]).to.deep.equal([false, true]);
      return der.constructed(contextTag(0), 'parameters', (inside) => inside.number('p', 9));
    });
    expect(value).to.equal(5);
    expect(toHex(read('810300aabb', (der) => der.bitString('b', contextTag(1, 'primitive'))))).to.equal('aabb');
  });

  it('reads DER in an OCTET STRING', () => {
    expect(read('0403020107', (der) => der.encapsulated('inner', (inside) => inside.number('n', 9)))).to.equal(7);
  });

  it('skips an element without going into it', () => {
    const value = read('3006ffffffffffff020101', (der) => {
      der.skip('attributes');
      return der.number('n', 1);
    });
    expect(value).to.equal(1);
  });

  const number = (der: DerReader) => der.unsigned('n');
  const oid = (der: DerReader) => der.oid('algorithm');
  for (const [what, hex, body, rule] of [
    ['nothing', '', number, /^key\.n: is missing \(byte 0\)/],
    ['another tag', '0401aa', number, /must have the tag INTEGER, not OCTET STRING/],
    ['a tag with a high number', '1f8101', number, /unknown tag, 0x1f/],
    ['no length', '02', number, /has no length \(byte 1\)/],
    ['an indefinite length', '02800000', number, /must have a definite length/],
    ['a length in more octets than it takes', '02810101', number, /as shortly/],
    ['a length with a leading zero', `0282007f${'01'.repeat(127)}`, number, /as shortly/],
    ['a length of five octets', '028500000000010a', number, /length that fits/],
    ['a length that is cut', '0282', number, /length that fits/],
    ['a huge length', '0284ffffffff', number, /needs 4294967295 bytes, 0 are left/],
    ['content that is cut', '020301', number, /needs 3 bytes, 1 are left/],
    ['bytes behind', '02010100', number, /^key: must end here, 1 bytes are left \(byte 3\)/],
    ['an empty INTEGER', '0200', number, /must have a byte/],
    ['a negative INTEGER', '020180', number, /must not be negative/],
    ['an INTEGER with a zero too many', '0202007f', number, /as short as it can/],
    ['an INTEGER with FF too many', '0202ff80', number, /as short as it can/],
    ['a number above what is allowed', '020102', (der: DerReader) => der.number('version', 1), /version: must be at most 1/],
    ['a number beyond all numbers', `0209${'7f'.repeat(9)}`, (der: DerReader) => der.number('n', 2 ** 40), /at most/],
    ['a BIT STRING with unused bits', '03020780', (der: DerReader) => der.bitString('b'), /whole bytes/],
    ['an empty BIT STRING', '0300', (der: DerReader) => der.bitString('b'), /how many bits/],
    ['NULL with something in it', '050100', (der: DerReader) => der.null('p'), /must be empty/],
    ['an empty OBJECT IDENTIFIER', '0600', oid, /1 to 32 bytes/],
    ['an OBJECT IDENTIFIER without end', '06022a80', oid, /as short as it can|whole arc/],
    ['an OBJECT IDENTIFIER that stops in an arc', '06022a86', oid, /whole arc/],
    ['an arc with a zero too many', '06032a8001', oid, /as short as it can/],
    ['a huge arc', `060b2a${'ff'.repeat(9)}7f`, oid, /below 2\^53/],
    ['an endless OBJECT IDENTIFIER', `0621${'01'.repeat(33)}`, oid, /1 to 32 bytes/],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => read<unknown>(hex, body as (der: DerReader) => unknown)).to.throw(Broken, rule);
    });
  }

  it('names the field and the byte of what is deep inside', () => {
    const deep = (der: DerReader) =>
      der.sequence('', (outer) => outer.encapsulated('privateKey', (key) => key.sequence('', (inner) => inner.unsigned('n'))));
    expect(() => read('3006040430020401', deep)).to.throw(Broken, 'key.privateKey.n: must have the tag INTEGER, not OCTET STRING (byte 7)');
  });

  it('goes no deeper than who reads, whatever the bytes are', () => {
    let nested: Uint8Array<ArrayBuffer> = derNull();
    for (let depth = 0; depth < 20_000; depth++) nested = derElement(0x30, nested.subarray(0, 60_000));
    expect(() => readDer(nested, { field: 'key', fault }, (der) => der.sequence('', (inside) => inside.number('version', 0)))).to.throw(
      Broken,
    );
  });
});

describe('the DER writer', () => {
  it('writes what readDer() reads', () =>
    withSeed(SEED, (random: Random) => {
      for (let run = 0; run < 200; run++) {
        const [a, b] = [random.bytes(random.below(400)), random.bytes(random.below(70_000))];
        const oidText = `2.${random.below(200)}.${random.below(2 ** 31)}.1`;
        const bytes = derSequence(
          derOid(oidText),
          derSequence(derOctetString(a)),
          derBitString(b),
          derNumber(run * 977),
          derUnsigned(a),
          derNull(),
        );
        const back = readDer(bytes, { field: 'x', fault }, (der) =>
          der.sequence('', (inside) => {
            const value = {
              oid: inside.oid('oid'),
              a: inside.sequence('s', (inner) => inner.octetString('a')),
              b: inside.bitString('b'),
              number: inside.number('number', 1e6),
              unsigned: inside.unsigned('unsigned'),
            };
            inside.null('null');
            return value;
          }),
        );
        const start = a.findIndex((byte) => byte !== 0);
        expect(back).to.deep.equal({ oid: oidText, a, b, number: run * 977, unsigned: start < 0 ? new Uint8Array() : a.slice(start) });
      }
    }));

  it('takes one more octet for the length exactly where it must', () => {
    const head = (length: number) => toHex(derOctetString(new Uint8Array(length)).subarray(0, 5)).replace(/(00)+$/, '');
    expect([127, 128, 255, 256, 65_535, 65_536].map(head)).to.deep.equal([
      '047f',
      '048180',
      '0481ff',
      '048201',
      '0482ffff',
      '0483010000'.replace(/(00)+$/, ''),
    ]);
  });
});

import { expect } from 'chai';
import { parseStrictJson } from '../../../src/core/trust/strict-json.ts';
import { utf8 } from '../image/builders.ts';
import { SEED, withSeed } from '../../doubles/random.ts';
import { codeOf } from './refusals.ts';

const parse = (text: string | Uint8Array): unknown => parseStrictJson(typeof text === 'string' ? utf8(text) : text, 'file', 4096);

describe('parseStrictJson()', () => {
  it('reads JSON', () => {
    const text = String.raw`{"a":[1,{"a":"\"{a,:]\\"},"\u00e4\n\t"],"b":null,"A":{"a":1},"":true}`;
    expect(parse(text)).to.deep.equal(JSON.parse(text));
    expect(parse(' [ "a" , "a" ] ')).to.deep.equal(['a', 'a']);
    expect(parse('"a"')).to.equal('a');
  });

  for (const [name, text] of Object.entries({
    'nothing at all': '',
    'a member twice': '{"a":1,"a":1}',
    'a member twice, spelled in two ways': String.raw`{"a":1,"\u0061":1}`,
    'a member twice, further in': '[{"b":{"c":[],"d":{},"c":1}}]',
    'a member twice, after an object': '{"a":{"b":1},"b":2,"a":3}',
    __proto__: '{"__proto__":{}}',
    'half of a surrogate pair': String.raw`["\ud83d"]`,
    'half of a surrogate pair in a name': String.raw`{"\ude00":1}`,
    'a control character': String.raw`["a\u0000"]`,
    'a mark that turns text around': '["\u202egnp.exe"]',
    'a byte order mark': '\ufeff{}',
    'a trailing comma': '[1,]',
    'two values': '{}{}',
    NaN: 'NaN',
    'a comment': '{}//',
    'nesting that is too deep': `${'['.repeat(33)}${']'.repeat(33)}`,
    'nesting that never ends': '['.repeat(4000),
  })) {
    it(`refuses ${name}`, async () => expect(await codeOf(() => parse(text))).to.equal('JSON_MALFORMED'));
  }

  it('refuses what is not UTF-8', async () => {
    expect(await codeOf(() => parse(Uint8Array.of(0x22, 0xff, 0x22)))).to.equal('JSON_MALFORMED');
    // An overlong slash, and a surrogate as CESU-8 writes it.
    expect(await codeOf(() => parse(Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)))).to.equal('JSON_MALFORMED');
    expect(await codeOf(() => parse(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)))).to.equal('JSON_MALFORMED');
  });

  it('refuses what is too long, before it is read', async () => {
    expect(await codeOf(() => parse(' '.repeat(4097)))).to.equal('SET_FILE_TOO_LARGE');
    expect(parse(`1${' '.repeat(4095)}`)).to.equal(1);
  });

  it('lets nothing but its own error escape', async () => {
    await withSeed(SEED, async (random) => {
      const pieces = ['{', '}', '[', ']', ',', ':', '"', '\\', '\\u', 'd83d', '1', 'true', '"a"', '"a":', ' ', '\u0000', 'é'];
      for (let round = 0; round < 3000; round++) {
        const text = Array.from({ length: random.below(12) }, () => random.pick(pieces)).join('');
        let parsed: unknown;
        try {
          parsed = parse(text);
        } catch {
          await codeOf(() => parse(text));
          continue;
        }
        expect(parsed).to.deep.equal(JSON.parse(text));
      }
    });
  });
});

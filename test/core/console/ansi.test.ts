import { expect } from 'chai';
import { parseAnsi } from '../../../src/core/console/ansi.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';

const ESC = '\u001b';

describe('parseAnsi()', () => {
  it('leaves text without sequences in one piece', () => {
    expect(parseAnsi('plain ünd 🦦\ttext')).to.deep.equal([{ text: 'plain ünd 🦦\ttext' }]);
    expect(parseAnsi('')).to.deep.equal([]);
  });

  it('colours as ESP-IDF does', () => {
    expect(parseAnsi(`${ESC}[0;31mE (1) boot: no${ESC}[0m rest`)).to.deep.equal([
      { text: 'E (1) boot: no', color: 'red' },
      { text: ' rest' },
    ]);
    expect(parseAnsi(`${ESC}[1;32mI${ESC}[22m x${ESC}[39my${ESC}[m`)).to.deep.equal([
      { text: 'I', color: 'green', bold: true },
      { text: ' x', color: 'green' },
      { text: 'y' },
    ]);
  });

  it('reads bright and indexed colours as their names, and skips the others whole', () => {
    expect(
      parseAnsi(`${ESC}[91ma${ESC}[38;5;4mb${ESC}[38;5;12mc${ESC}[0m${ESC}[38;2;1;31;32md${ESC}[44;4me${ESC}[48;5;33mf`),
    ).to.deep.equal([{ text: 'a', color: 'red' }, { text: 'bc', color: 'blue' }, { text: 'def' }]);
  });

  it('keeps the colours of what is not overwritten', () => {
    expect(parseAnsi(`${ESC}[31mabcd\r${ESC}[32mX🦦`)).to.deep.equal([
      { text: 'X🦦', color: 'green' },
      { text: 'cd', color: 'red' },
    ]);
  });

  it('swallows other sequences, titles, and what was cut off', () => {
    expect(parseAnsi(`${ESC}[2J${ESC}[1;1Ha${ESC}]0;title\u0007b${ESC}]8;;x${ESC}\\c${ESC}(Bd${ESC}[?25le`)).to.deep.equal([
      { text: 'abcde' },
    ]);
    for (const cut of [ESC, `${ESC}[`, `${ESC}[0;3`, `${ESC}]0;tit`, `${ESC}(`])
      expect(parseAnsi(`x${cut}`), JSON.stringify(cut)).to.deep.equal([{ text: 'x' }]);
  });

  it('lets no mark through that turns the direction of text', () => {
    expect(parseAnsi('a\u202eb')).to.deep.equal([{ text: 'ab' }]);
    expect(parseAnsi('\u202e')).to.deep.equal([]);
  });

  it('ends for every input, and gives no control characters', async () => {
    await withSeed(SEED, (random: Random) => {
      for (let run = 0; run < 3000; run++) {
        const text = Array.from({ length: random.below(40) }, () =>
          random.pick([...'\u001b[]();?0123456789mKJHhl\r\b\u0007\u009b\\a🦦']),
        ).join('');
        for (const span of parseAnsi(text)) {
          expect(span.text).not.to.equal('');
          expect(span.text).not.to.match(/[\u0000-\u001f\u007f-\u009f]/); // oxlint-disable-line no-control-regex
        }
      }
    });
  });
});

import { expect } from 'chai';
import { FieldReader } from '../../src/core/fields.ts';
import { plainText } from '../../src/core/plain-text.ts';

describe('plainText()', () => {
  it('takes out what controls a terminal or turns the direction of a sentence, and nothing else', () => {
    expect(plainText('a\u0000b\u001b[2Jc\u202ed\u2066e\u2069f\u009fg')).to.equal('ab[2Jcdefg');
    for (const kept of ['line\n\ttwo', 'Gewächshaus № 4 🦦', 'بيت', '1.2.0-rc.1+7'])
      expect(plainText(kept), JSON.stringify(kept)).to.equal(kept);
  });

  it('is what every text of a device and of a record goes through', () => {
    const fields = new FieldReader({ version: '1.0\u202e.0', tags: ['a\u0007'] }, 'info', () => new Error());
    expect(fields.text('version')).to.equal('1.0.0');
    expect(fields.texts('tags', 5, 5)).to.deep.equal(['a']);
  });
});

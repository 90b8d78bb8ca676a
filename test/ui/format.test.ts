import { expect } from 'chai';
import { formatAgo, formatBytes, formatCount, formatDay, formatMany, formatMoment, shortName } from '../../src/ui/format.ts';

describe('figures in words', () => {
  it('writes sizes with one figure behind the point, and never 1024.0 KB', () => {
    expect([0, 312, 1024, 933_888, 1024 * 1024 - 1, 1024 * 1024, 5 * 2 ** 30].map(formatBytes)).to.deep.equal([
      '0 B',
      '312 B',
      '1.0 KB',
      '912.0 KB',
      '1.0 MB',
      '1.0 MB',
      '5.0 GB',
    ]);
  });

  it('groups thousands with spaces that do not break', () => {
    expect(formatCount(933_872)).to.equal('933\u00a0872');
    expect(formatCount(12)).to.equal('12');
    expect(formatMany(1, 'sector')).to.equal('1 sector');
    expect(formatMany(1200, 'sector')).to.equal('1\u00a0200 sectors');
  });

  it('says the year only when it is another one, and survives a time that is none', () => {
    const now = new Date(2025, 10, 20, 12).getTime();
    expect(formatDay(new Date(2025, 10, 19, 12).getTime(), now)).to.equal('19 Nov');
    expect(formatDay(new Date(2024, 10, 19, 12).getTime(), now)).to.equal('19 Nov 2024');
    expect(formatDay(Number.NaN, now)).to.equal('an unknown day');
    expect(formatMoment(Number.NaN)).to.equal('at an unknown time');
  });

  it('says how long ago something was', () => {
    const now = 1e12;
    expect([5, 240, 3 * 3600, 72 * 3600].map((seconds) => formatAgo(now - seconds * 1000, now))).to.deep.equal([
      'just now',
      '4 min ago',
      '3 h ago',
      '3 d ago',
    ]);
    expect(formatAgo(now + 5000, now)).to.equal('just now');
  });
});

describe('shortName()', () => {
  it('takes the middle out of what is too long, and nothing of the rest', () => {
    expect(shortName('firmware.bin')).to.equal('firmware.bin');
    const short = shortName(`${'a'.repeat(300)}-1.2.0.bin`, 25);
    expect(short).to.have.length(25);
    expect(short.startsWith('aaaa') && short.endsWith('a-1.2.0.bin')).to.equal(true);
  });
});

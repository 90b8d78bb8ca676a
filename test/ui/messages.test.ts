import { expect } from 'chai';
import { PREFLIGHT_REASONS } from '../../src/app/preflight-reasons.ts';
import type { CheckId, PreflightCheck } from '../../src/app/model.ts';
import { wordsFor } from '../../src/ui/messages.ts';
import { checkSentence, countVerdicts } from '../../src/ui/preflight-words.ts';
import { blockStory } from '../../src/ui/views/preflight/block-stories.ts';

describe('wordsFor()', () => {
  it('says what, why and what next for a known code', () => {
    const words = wordsFor({ code: 'CORS_BLOCKED', message: '', details: {} });
    expect(words.title).to.include('CORS');
    expect(words.why).to.include('Access-Control-Allow-Origin');
    expect(words.next).to.match(/\.$/);
  });

  it('tells how long a lock-out lasts when the device said so', () => {
    expect(wordsFor({ code: 'LOCKED_OUT', message: '', details: { retryAfterS: 240 } }).next).to.include('4 min');
    expect(wordsFor({ code: 'LOCKED_OUT', message: '', details: {} }).next).to.include('ten minutes');
  });

  it('names a file that is no firmware, and what to take instead', () => {
    const words = wordsFor({ code: 'FILE_NOT_RECOGNISED', message: '', details: { format: 'elf' } });
    expect(words.title).to.equal('This is an ELF file, not a firmware');
    expect(words.next).to.include('.bin that lies beside it');
    expect(wordsFor({ code: 'FILE_NOT_RECOGNISED', message: '', details: {} }).title).to.include('does not recognise');
  });

  it('quotes a device that refuses in words of its own, cut short', () => {
    const { why } = wordsFor({ code: 'DEVICE_REFUSED', message: '', details: { status: 418, text: 'x'.repeat(5_000) } });
    expect(why).to.include('418');
    expect(why.length).to.be.below(300);
  });

  it('names the manifest that has builds for other chips only', () => {
    const of = (details: Readonly<Record<string, unknown>>) => wordsFor({ code: 'BUNDLE_NO_BUILD', message: '', details });
    expect(of({ chips: ['ESP32-C3'], manifest: 'manifest.json' }).why).to.equal('manifest.json has builds for ESP32-C3.');
    expect(of({ chips: ['ESP32-C3'] }).why).to.equal('It has builds for ESP32-C3.');
  });

  it('offers Undo only where something was saved', () => {
    const next = (canUndo: boolean) => wordsFor({ code: 'DOES_NOT_START', message: '', details: { canUndo } }).next;
    expect(next(true)).to.match(/^Undo brings back/);
    expect(next(false)).to.match(/^Read the console below/);
  });

  it('says of bytes that look encrypted that they have one address only', () => {
    const of = (details: Readonly<Record<string, unknown>>) => wordsFor({ code: 'BUNDLE_PLACE_UNKNOWN', message: '', details });
    expect(of({ path: 'random.bin', looksEncrypted: true }).why).to.include('It may be encrypted');
    expect(of({ path: 'what.bin' }).why).not.to.include('encrypted');
  });

  it('tells GitHub, which lets no page read its releases, from a host that does not answer and a file that is not there', () => {
    const of = (url: string, more = {}) =>
      wordsFor({ code: 'MANIFEST_UNREACHABLE', message: '', details: { url, host: new URL(url).host, ...more } });
    const release = 'https://github.com/o/r/releases/download/v1/firmware.bin';
    expect(of(release).title).to.include('GitHub');
    expect(of(release).next).to.match(/Download it there, and drop it here.*raw\.githubusercontent\.com/);
    expect(of(release, { status: 404 }).why).to.include('answers with 404');
    expect(of('https://github.com.example.org/x.bin').title).to.equal('The address could not be read');
  });

  it('quotes the line of a crash without the stop that ends it', () => {
    const { why } = wordsFor({
      code: 'APP_CRASHES',
      message: '',
      details: { version: '1.2.0', line: 'Guru Meditation Error: unhandled.' },
    });
    expect(why).to.match(/“Guru Meditation Error: unhandled”\.$/);
  });

  it('has words for a code that nobody knows, even one named like a method of objects', () => {
    for (const code of ['NEVER_HEARD', 'toString', '__proto__', ''])
      expect(wordsFor({ code, message: '', details: {} }).title).to.match(/inside Otter/);
  });
});

describe('checkSentence()', () => {
  const everyReason = (Object.keys(PREFLIGHT_REASONS) as CheckId[]).flatMap((id) =>
    Object.entries(PREFLIGHT_REASONS[id]).map(([reason, { verdict, facts }]): PreflightCheck => ({
      id,
      reason,
      verdict,
      facts: Object.fromEntries(
        (facts as readonly string[]).map((fact) => [
          fact,
          /size|free|over|offset|min|max|parts|blocks/i.test(fact) ? 4096 : fact === 'device' && id === 'revision' ? 301 : fact,
        ]),
      ),
    })),
  );

  it('has a sentence for every reason that the pre-flight can give, with nothing unfilled in it', () => {
    for (const check of everyReason) {
      const sentence = checkSentence(check);
      expect(sentence, `${check.id} ${check.reason}`).to.not.equal(check.reason);
      expect(sentence, `${check.id} ${check.reason}`).to.not.match(/undefined|NaN|null|\[object/);
    }
  });

  it('shows a reason that it does not know instead of hiding it', () => {
    expect(checkSentence({ id: 'chip', verdict: 'block', reason: 'from-the-future', facts: {} })).to.equal('from-the-future');
  });

  it('tells a story of its own for every reason that blocks', () => {
    const untold = blockStory({ id: 'chip', reason: 'from-the-future' });
    for (const check of everyReason.filter(({ verdict }) => verdict === 'block'))
      expect(blockStory(check).title, `${check.id} ${check.reason}`).to.not.equal(untold.title);
  });
});

describe('countVerdicts()', () => {
  it('names the worst first and leaves out what there is none of', () => {
    const of = (verdict: PreflightCheck['verdict']): PreflightCheck => ({ id: 'chip', verdict, reason: 'match', facts: {} });
    expect(countVerdicts([of('pass'), of('pass'), of('note')])).to.equal('2 pass, 1 note');
    expect(countVerdicts([of('pass'), of('block'), of('warn'), of('note'), of('note')])).to.equal(
      '1 blocked, 1 to look at, 1 pass, 2 notes',
    );
  });
});

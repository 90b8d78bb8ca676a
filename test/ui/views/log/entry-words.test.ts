import { expect } from 'chai';
import { LOG_ACTS } from '../../../../src/core/trust/log-acts.ts';
import { LOG_FACTS } from '../../../../src/core/trust/log-facts.ts';
import type { LogRecord } from '../../../../src/core/trust/log-entry.ts';
import { FACT_WORDS, GROUP_WORDS, entryWords, groupOf, toneOf } from '../../../../src/ui/views/log/entry-words.ts';
import { chainOf } from '../../../core/trust/log-fixtures.ts';

const [ANY] = chainOf(1);
const entry = (act: string, facts: LogRecord['facts'] = {}): LogRecord => ({ ...ANY!, act, facts });

describe('an entry in words', () => {
  it('is a sentence for every act, also without a single fact', () => {
    for (const act of Object.keys(LOG_ACTS)) {
      expect(entryWords(entry(act)), act).to.match(/^\S.{6,}\S$/);
      expect(entryWords(entry(act)), act).to.not.match(/undefined|null|NaN/);
      expect(GROUP_WORDS, act).to.have.property(groupOf(entry(act))!);
    }
  });

  it('has a name for every fact', () => {
    for (const name of Object.keys(LOG_FACTS)) expect(FACT_WORDS, name).to.have.property(name);
  });

  it('is red for what was refused or failed, and wants a look where nobody knows', () => {
    for (const act of ['sign-in-failed', 'locked-out', 'update-failed', 'release-refused']) expect(toneOf(entry(act))).to.equal('fault');
    expect(toneOf(entry('usb-flash', { outcome: 'lost' }))).to.equal('fault');
    expect(toneOf(entry('signature-checked', { verdict: 'tampered' }))).to.equal('fault');
    expect(toneOf(entry('log-verified', { verdict: 'altered' }))).to.equal('fault');
    expect(toneOf(entry('log-verified', { verdict: 'whole' }))).to.equal('plain');
    for (const act of ['update-unconfirmed', 'key-revoked']) expect(toneOf(entry(act))).to.equal('doubt');
    expect(toneOf(entry('usb-erase', { outcome: 'done' }))).to.equal('plain');
    expect(toneOf(entry('usb-erase', { outcome: 'constructor' }))).to.equal('plain');
  });

  it('says what a device runs, and why something failed', () => {
    const facts = { device: 'greenhouse', firmware: 'node', version: '1.1.0', fromVersion: '1.0.0', code: 'SIGNATURE_INVALID' };
    expect(entryWords(entry('update-finished', facts))).to.equal('greenhouse runs node 1.1.0, confirmed, 1.0.0 → 1.1.0');
    expect(entryWords(entry('update-failed', facts))).to.equal('greenhouse did not take node 1.1.0: SIGNATURE_INVALID');
  });
});

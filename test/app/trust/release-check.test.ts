import { expect } from 'chai';
import { preflight } from '../../../src/app/preflight.ts';
import { PREFLIGHT_REASONS } from '../../../src/app/preflight-reasons.ts';
import type { HistoryEntry } from '../../../src/app/model.ts';
import type { KnownRelease } from '../../../src/app/trust/release-services.ts';
import type { Release } from '../../../src/core/trust/release.ts';
import { checkSentence } from '../../../src/ui/preflight-words.ts';
import { OLD_SHA, firmwareOf, infoOf, reportOf } from '../fixtures.ts';
import { knownRelease as known } from '../../doubles/known-release.ts';
import { EXPIRED, NOW_MS } from '../../doubles/release-host.ts';

/** What runs, as a release. */
const running = (counter: number, more: Partial<Release> & { readonly rootId?: string } = {}) => {
  const { rootId, ...change } = more;
  return known({ counter, sha256: OLD_SHA, ...change }, { ...(rootId !== undefined && { rootId }) });
};

const OTHER_ROOT = { rootId: 'cc'.repeat(32) };

function check(releases: readonly KnownRelease[], info: Parameters<typeof infoOf>[0] = {}, history: readonly HistoryEntry[] = []) {
  const found = preflight(reportOf(), firmwareOf(), { info: infoOf(info), history, releases: { known: releases, nowMs: NOW_MS } });
  return found.checks.find(({ id }) => id === 'release');
}

describe('the pre-flight of a firmware that came as a release', () => {
  const seen = new Set<string>();
  const cases: readonly [what: string, reason: string, releases: readonly KnownRelease[], info?: Parameters<typeof infoOf>[0]][] = [
    ['follows the release that runs', 'next', [known(), running(11)]],
    ['is the release that runs', 'again', [known({ appendedHash: OLD_SHA })]],
    ['has the counter of what runs, and other bytes', 'same-counter', [known(), running(12)]],
    ['follows nothing that is known', 'first', [known()]],
    ['would take the counter back', 'rollback', [known(), running(13)]],
    ['skips a step that has to be taken', 'step-too-large', [known({ minFromCounter: 11 }), running(10)]],
    ['has to follow a release, and nobody knows which runs', 'from-unknown', [known({ minFromCounter: 11 })]],
    ['is of another product', 'wrong-product', [known({ product: 'heating' })]],
    ['is for another chip', 'wrong-chip', [known({ chip: 'ESP32-C3' })]],
    ['is for other boards', 'wrong-hardware', [known({ hardware: ['gh-9'] })], { hardware: 'gh-2' }],
    [
      'is for certain boards, and the device does not say which it is',
      'hardware-unknown',
      [known({ hardware: ['gh-9'] })],
      { hardware: '' },
    ],
    [
      'is of a product, and the device does not say which it is',
      'product-unknown',
      [known()],
      { project: '', slots: infoOf().slots!.map((slot) => ({ ...slot, project: '' })) },
    ],
    ['is for a chip, and the device does not say which it has', 'chip-unknown', [known()], { ...({ chip: undefined } as object) }],
    ['has expired', 'expired', [known(EXPIRED)]],
    ['was signed by a key that was stolen', 'revoked', [known({}, { code: 'KEY_REVOKED' })]],
    ['was signed by keys that have no say any more', 'not-trusted', [known({}, { code: 'THRESHOLD_NOT_MET' })]],
  ];
  for (const [what, reason, releases, info] of cases) {
    it(`${what}: ${reason}`, () => {
      const found = check(releases, info);
      expect(found?.reason).to.equal(reason);
      const table: Readonly<Record<string, { readonly verdict: string; readonly facts: readonly string[] }>> = PREFLIGHT_REASONS.release;
      expect(found?.verdict).to.equal(table[reason]?.verdict);
      for (const fact of table[reason]?.facts ?? []) expect(found?.facts, fact).to.have.property(fact);
      expect(checkSentence(found!)).to.not.match(/undefined|NaN/);
      seen.add(reason);
    });
  }

  it('has a case for every reason', () => {
    expect([...seen].toSorted()).to.deep.equal(Object.keys(PREFLIGHT_REASONS.release).toSorted());
  });

  it('asks nothing of a firmware that came as no release', () => {
    expect(check([running(11)])).to.equal(undefined);
  });

  it('says what nobody can override before what a person can', () => {
    expect(check([known({ ...EXPIRED, minFromCounter: 0 }), running(13)])?.reason).to.equal('rollback');
  });

  it('knows what runs by the hash inside the image, too, as real devices tell it', () => {
    expect(check([known(), running(13, { sha256: '77'.repeat(32), appendedHash: OLD_SHA })])?.reason).to.equal('rollback');
  });

  it('does not compare the counters of two publishers', () => {
    expect(check([known(), running(13, OTHER_ROOT)])?.reason).to.equal('first');
  });

  for (const [reason, releases] of [
    ['rollback', [known(), running(13)]],
    ['revoked', [known({}, { code: 'KEY_REVOKED' })]],
    ['expired', [known(EXPIRED)]],
    ['wrong-hardware', [known({ hardware: ['gh-9'] })]],
  ] as const) {
    it(`masking: a second publisher with a higher counter hides no ${reason}`, () => {
      const masked = [...releases, known({ counter: 99 }, OTHER_ROOT), running(98, OTHER_ROOT)];
      expect(check(masked)?.reason).to.equal(reason);
      expect(check(masked.toReversed())?.reason).to.equal(reason);
    });
  }

  it('rollback by a detour: what runs now is no release, and a later one was confirmed here before', () => {
    const later = known({ counter: 13, sha256: '77'.repeat(32) });
    const masking = known({ counter: 99, sha256: later.release.sha256 }, OTHER_ROOT);
    const mark = { id: masking.record.id, counter: 99 };
    const entry = {
      id: 'h',
      deviceId: 'd',
      at: 1,
      act: 'update',
      outcome: 'confirmed',
      sha256: later.release.sha256,
      release: mark,
    } as const;
    const found = check([known(), later, masking], {}, [entry]);
    expect(found).to.include({ reason: 'rollback', verdict: 'block' });
    expect(checkSentence(found!)).to.contain('13 was confirmed here before');
    expect(check([known(), later], {}, [{ ...entry, outcome: 'rolled-back' }])?.reason).to.equal('first');
  });
});

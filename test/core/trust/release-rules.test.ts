import { expect } from 'chai';
import { assertInstallable, releaseObstacles } from '../../../src/core/trust/release-rules.ts';
import type { OverridableCode, ReleaseTarget } from '../../../src/core/trust/release-rules.ts';
import type { Release } from '../../../src/core/trust/release.ts';
import { EXPIRED, IMAGE, NOW_MS, releaseOf } from '../../doubles/release-host.ts';
import { codeOf } from './refusals.ts';

const TARGET: ReleaseTarget = { product: 'greenhouse', chip: 'ESP32-S3', hardware: 'gh-2', counter: 11 };

async function obstacles(target: Partial<ReleaseTarget>, release: Partial<Release> = {}): Promise<readonly string[]> {
  const found = releaseObstacles(await releaseOf(IMAGE.bytes, release), { ...TARGET, ...target }, NOW_MS);
  return found.map(({ code }) => code);
}

describe('releaseObstacles()', () => {
  for (const [name, target, release, expected] of [
    ['what it is made for', {}, {}, []],
    ['the same release again', { counter: 12 }, {}, []],
    ['another product', { product: 'doorbell' }, {}, ['RELEASE_WRONG_PRODUCT']],
    ['a device that does not say which product it is', { product: undefined }, {}, ['RELEASE_PRODUCT_UNKNOWN']],
    ['a device that does not say which chip it has', { chip: undefined }, {}, ['RELEASE_CHIP_UNKNOWN']],
    ['another chip', { chip: 'ESP32' }, {}, ['RELEASE_WRONG_CHIP']],
    ['another board', { hardware: 'gh-1' }, {}, ['RELEASE_WRONG_HARDWARE']],
    ['a board that does not say what it is', { hardware: undefined }, {}, ['RELEASE_HARDWARE_UNKNOWN']],
    ['any board', { hardware: undefined }, { hardware: [] }, []],
    ['one of several boards', {}, { hardware: ['gh-1', 'gh-2'] }, []],
    ['rollback: a counter that would go back', { counter: 13 }, {}, ['RELEASE_ROLLBACK']],
    ['a step that is too large', { counter: 2 }, {}, ['RELEASE_STEP_TOO_LARGE']],
    ['the first counter that can be updated from', { counter: 3 }, {}, []],
    ['a device of which nobody knows what runs', { counter: undefined }, {}, ['RELEASE_FROM_UNKNOWN']],
    ['the same, for a release that can come from anything', { counter: undefined }, { minFromCounter: 0 }, []],
    ['freeze: a release that has expired', {}, EXPIRED, ['RELEASE_EXPIRED']],
    [
      'everything at once',
      { product: 'doorbell', chip: 'ESP32', hardware: 'db', counter: 99 },
      EXPIRED,
      ['RELEASE_WRONG_PRODUCT', 'RELEASE_WRONG_CHIP', 'RELEASE_WRONG_HARDWARE', 'RELEASE_ROLLBACK', 'RELEASE_EXPIRED'],
    ],
  ] as const) {
    it(name, async () => expect(await obstacles(target, release)).to.deep.equal(expected));
  }

  it('is valid until the moment it expires', async () => {
    const release = await releaseOf(IMAGE.bytes);
    expect(releaseObstacles(release, TARGET, release.expiresMs - 1)).to.deep.equal([]);
    expect(releaseObstacles(release, TARGET, release.expiresMs)).to.have.length(1);
  });
});

describe('assertInstallable()', () => {
  it('lets a person decide about what is old or cannot be told, each by name', async () => {
    const release = await releaseOf(IMAGE.bytes, EXPIRED);
    const target = { ...TARGET, hardware: undefined };
    const attempt = (...overridden: readonly OverridableCode[]) => assertInstallable(release, target, { nowMs: NOW_MS, overridden });
    expect(await codeOf(() => attempt())).to.equal('RELEASE_HARDWARE_UNKNOWN');
    expect(await codeOf(() => attempt('RELEASE_HARDWARE_UNKNOWN'))).to.equal('RELEASE_EXPIRED');
    attempt('RELEASE_EXPIRED', 'RELEASE_HARDWARE_UNKNOWN');
  });

  it('lets nobody decide about a rollback', async () => {
    const release = await releaseOf(IMAGE.bytes);
    const overridden = ['RELEASE_ROLLBACK' as OverridableCode];
    expect(await codeOf(() => assertInstallable(release, { ...TARGET, counter: 13 }, { nowMs: NOW_MS, overridden }))).to.equal(
      'RELEASE_ROLLBACK',
    );
  });
});

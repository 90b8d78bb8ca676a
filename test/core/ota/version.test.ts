import { expect } from 'chai';
import { compareVersions } from '../../../src/core/ota/version.ts';

describe('compareVersions()', () => {
  // Each is older than the next: Semantic Versioning 2.0.0 §11, with what the field adds.
  const ASCENDING = [
    [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '2.0.0',
      '2.1.0',
      '2.1.1',
    ],
    ['v0.9', 'v0.10', 'v0.10.1', '1'],
    ['2024.12.31', '2025.1.1', '2025.1.1.1'],
    ['v5.3.1', 'v5.3.1-3-gabc1234', 'v5.3.1-12-gabc1234-dirty', 'v5.3.2-rc1'],
  ];

  for (const versions of ASCENDING) {
    it(`orders ${versions[0]} … ${versions.at(-1)}, both ways`, () => {
      for (let low = 0; low < versions.length; low++) {
        for (let high = low + 1; high < versions.length; high++) {
          expect(compareVersions(versions[low]!, versions[high]!), `${versions[low]} < ${versions[high]}`).to.equal(-1);
          expect(compareVersions(versions[high]!, versions[low]!), `${versions[high]} > ${versions[low]}`).to.equal(1);
        }
      }
    });
  }

  for (const [a, b] of [
    ['1.0.0', 'v1.0.0'],
    ['1.2', '1.2.0'],
    ['1.0.0+build.5', '1.0.0+build.6'],
    ['1.0.0', '1.0.0+x'],
    ['V1.0', '1.0.0.0'],
    ['nightly', 'nightly'],
  ] as const) {
    it(`gives ${a} and ${b} the same rank`, () => expect(compareVersions(a, b)).to.equal(0));
  }

  for (const [a, b] of [
    ['1.0.0', ''],
    ['', ''],
    ['1.0.0', 'nightly'],
    ['1..0', '1.0'],
    ['1.0.0.0.0', '1.0'],
    ['1.0.0-', '1.0.0'],
    ['1.0.0-a..b', '1.0.0'],
    ['abc1234', 'def5678'],
    ['1.0', '1.'.repeat(100)],
  ] as const) {
    it(`does not compare ${JSON.stringify(a.slice(0, 12))} with ${JSON.stringify(b.slice(0, 12))}`, () =>
      expect(compareVersions(a, b)).to.equal(undefined));
  }
});

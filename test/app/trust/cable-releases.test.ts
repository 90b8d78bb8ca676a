import { expect } from 'chai';
import type { DeviceRecord, HistoryEntry } from '../../../src/app/model.ts';
import { PREFLIGHT_REASONS } from '../../../src/app/preflight-reasons.ts';
import { cableReleases, cableRules } from '../../../src/app/trust/cable-releases.ts';
import type { CableRulesPorts } from '../../../src/app/trust/cable-releases.ts';
import type { KnownRelease } from '../../../src/app/trust/release-services.ts';
import { assertTrusted, type BroughtPart, type WhereFrom } from '../../../src/app/usb/untrusted.ts';
import type { UsbError } from '../../../src/app/usb/usb-errors.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import type { Release } from '../../../src/core/trust/release.ts';
import { planProblemWords } from '../../../src/ui/plan-words.ts';
import { deviceInfo, deviceRecord } from '../../doubles/fixtures.ts';
import { knownRelease } from '../../doubles/known-release.ts';
import { EXPIRED, NOW_MS } from '../../doubles/release-host.ts';
import { OLD_SHA, imageOf } from '../fixtures.ts';

const BOARD = 'usb:24:6f:28:aa:bb:cc';
const app: BroughtPart = {
  name: 'node.bin',
  role: 'app',
  offset: 0x10000,
  bytes: new TextEncoder().encode('an application'),
  content: { kind: 'app', image: imageOf() },
};
let sha256: string;
before(async () => {
  sha256 = await sha256Hex(app.bytes);
});

const known = (change: Partial<Release> = {}, more: Parameters<typeof knownRelease>[1] = {}) => knownRelease({ sha256, ...change }, more);
const running = (counter: number): KnownRelease => knownRelease({ counter, sha256: 'dd'.repeat(32), appendedHash: OLD_SHA });
const HERE: WhereFrom = { chip: 'ESP32', running: { project: 'greenhouse-node', sha256: OLD_SHA } };

interface World {
  readonly records?: readonly DeviceRecord[];
  readonly history?: Readonly<Record<string, readonly HistoryEntry[]>>;
}

function portsOf(releases: readonly KnownRelease[], { records = [], history = {} }: World = {}): CableRulesPorts {
  return {
    devices: {
      stored: async () => records,
      history: async (id) => history[id] ?? [],
    },
    trust: async () => ({ releases: { known: async () => releases } }) as unknown as Awaited<ReturnType<CableRulesPorts['trust']>>,
    clock: { now: () => NOW_MS },
  };
}

const find = (releases: readonly KnownRelease[], from: WhereFrom = HERE, world: World = {}) =>
  cableReleases(portsOf(releases, world))(BOARD, [app], from);

const told = async (...asked: Parameters<typeof find>): Promise<readonly string[]> =>
  (await find(...asked)).map(({ code, severity, facts }) => `${code} ${severity} ${facts['reason']}`);

describe('a signed release by cable', () => {
  const seen = new Set<string>();
  const cases: readonly [
    what: string,
    expected: string,
    releases: () => readonly KnownRelease[],
    from?: WhereFrom,
    records?: readonly DeviceRecord[],
  ][] = [
    ['of another product', 'warn wrong-product', () => [known({ product: 'heating' })]],
    ['for another chip', 'block wrong-chip', () => [known({ chip: 'ESP32-C3' })]],
    ['with a counter behind what runs', 'block rollback', () => [known(), running(13)]],
    ['too far ahead of what runs', 'block step-too-large', () => [known({ minFromCounter: 11 }), running(10)]],
    ['of a stolen key', 'block revoked', () => [known({}, { code: 'KEY_REVOKED' })]],
    ['that nobody stands behind any more', 'warn not-trusted', () => [known({}, { code: 'THRESHOLD_NOT_MET' })]],
    ['that has expired', 'warn expired', () => [known(EXPIRED)]],
    ['for certain boards, and nobody knows which this is', 'warn hardware-unknown', () => [known({ hardware: ['gh-2'] })]],
    ['that has to follow another, and nobody knows what runs', 'warn from-unknown', () => [known({ minFromCounter: 3 })]],
    ['with the number of what runs', 'warn same-counter', () => [known(), running(12)]],
    [
      'for a board that runs something without a name',
      'warn product-unknown',
      () => [known()],
      { chip: 'ESP32', running: { project: '' } },
    ],
    ['for a board whose chip nobody knows', 'warn chip-unknown', () => [known()], { running: HERE.running }],
    [
      'for other boards than the one that is known by its MAC',
      'block wrong-hardware',
      () => [known({ hardware: ['gh-9'] })],
      HERE,
      [deviceRecord({ lastInfo: deviceInfo({ mac: '24:6F:28:AA:BB:CC', hardware: 'gh-2' }) })],
    ],
  ];
  for (const [what, expected, releases, from, records] of cases) {
    it(`${what}: ${expected}`, async () => {
      const problems = await find(releases(), from ?? HERE, records ? { records } : {});
      expect(problems.map(({ severity, facts }) => `${severity} ${facts['reason']}`)).to.deep.equal([expected]);
      expect(problems[0]?.facts).to.include({ part: 'node.bin' });
      const { title, why, remedy } = planProblemWords(problems[0]!);
      for (const words of [title, why, remedy])
        expect(words)
          .to.match(/^[A-Zn].{10,}/)
          .and.not.match(/undefined|NaN/);
      seen.add(expected.split(' ')[1]!);
    });
  }

  it('has a case for every reason that stops or warns', () => {
    const unfit = Object.entries(PREFLIGHT_REASONS.release).flatMap(([reason, { verdict }]) => (verdict === 'pass' ? [] : [reason]));
    expect([...seen].toSorted()).to.deep.equal(unfit.toSorted());
  });

  it('that fits is nothing to tell, and so is what came as no release', async () => {
    expect(await find([known(), running(11)])).to.deep.equal([]);
    expect(await find([known({ appendedHash: OLD_SHA })])).to.deep.equal([]);
    expect(await find([running(11)])).to.deep.equal([]);
    expect(await find([])).to.deep.equal([]);
  });

  it('goes onto an empty board', async () => {
    expect(await find([known()], { chip: 'ESP32' })).to.deep.equal([]);
    expect(await told([known({ hardware: ['gh-2'] })], { chip: 'ESP32' })).to.deep.equal(['RELEASE_UNFIT warn hardware-unknown']);
  });

  it('says that the product changes beside whatever else there is', async () => {
    expect(await told([known({ product: 'heating', chip: 'ESP32-C3' })])).to.deep.equal([
      'RELEASE_UNFIT warn wrong-product',
      'RELEASE_UNFIT block wrong-chip',
    ]);
  });

  it('is found by the whole file, where none of its parts is it', async () => {
    const other = [knownRelease({ sha256: 'ee'.repeat(32), product: 'heating' })];
    expect(await told(other, { ...HERE, sha256: 'ee'.repeat(32) })).to.deep.equal(['RELEASE_UNFIT warn wrong-product']);
  });

  it('does not go back behind what this board has confirmed, by either door, also on an erased flash', async () => {
    const taken: HistoryEntry = { id: 'e', deviceId: 'x', at: 1, act: 'update', outcome: 'confirmed', sha256: 'dd'.repeat(32) };
    const record = deviceRecord({ id: 'n1', lastInfo: deviceInfo({ mac: '24:6F:28:AA:BB:CC' }) });
    for (const id of [BOARD, 'n1']) {
      const found = await told(
        [known(), running(13)],
        { chip: 'ESP32', erasesAll: true },
        { records: [record], history: { [id]: [taken] } },
      );
      expect(found, id).to.deep.equal(['RELEASE_UNFIT block rollback']);
    }
  });

  it('makes another product of a board on a word, without one where everything is erased first, and never of a guarded one', async () => {
    const heating = [known({ product: 'heating' })];
    expect(await told(heating, { ...HERE, erasesAll: true })).to.deep.equal([]);
    const guarded = deviceRecord({
      onlyTrusted: true,
      guardedProduct: 'greenhouse-node',
      lastInfo: deviceInfo({ mac: '24:6F:28:AA:BB:CC' }),
    });
    expect(await told(heating, { ...HERE, erasesAll: true }, { records: [guarded] })).to.deep.equal(['RELEASE_UNFIT block wrong-product']);
  });

  it('is asked beside the guard of the board, and again before it is written', async () => {
    const rules = cableRules(portsOf([known(EXPIRED)]));
    const seenThen = await rules(BOARD, [app], HERE);
    await assertTrusted(rules, BOARD, { ...HERE, parts: [app], seen: seenThen });
    const now = cableRules(portsOf([known({ ...EXPIRED, hardware: ['gh-2'] }, {}), running(13)]));
    const error = (await assertTrusted(now, BOARD, { ...HERE, parts: [app], seen: seenThen }).catch((error: unknown) => error)) as UsbError;
    expect(error.code).to.equal('PLAN_BLOCKED');
    const otherDoubt = cableRules(portsOf([known({ minFromCounter: 3 })]));
    const doubt = (await assertTrusted(otherDoubt, BOARD, { ...HERE, parts: [app], seen: seenThen }).catch(
      (error: unknown) => error,
    )) as UsbError;
    expect(doubt.code, 'a word about one doubt is none about another').to.equal('PLAN_BLOCKED');
  });
});

import { expect } from 'chai';
import { defined } from '../../src/core/fields.ts';
import type { FirmwareContent, FirmwareReport } from '../../src/core/image/model.ts';
import type { DeviceInfo } from '../../src/core/ota/device-contract.ts';
import type { CheckId, CheckVerdict, FirmwareRecord, HistoryEntry, PreflightCheck } from '../../src/app/model.ts';
import { PREFLIGHT_REASONS } from '../../src/app/preflight-reasons.ts';
import { preflight, targetSlotOf, type PreflightTarget } from '../../src/app/preflight.ts';
import type { FirmwareTrust } from '../../src/app/trust/model.ts';
import type { FirmwareSignature, FirmwareSignatureStatus, SignatureFinding } from '../../src/core/trust/firmware-signature.ts';
import type { PublicKey } from '../../src/core/trust/key-model.ts';
import { checkSentence } from '../../src/ui/preflight-words.ts';
import type { KnownRelease } from '../../src/app/trust/release-services.ts';
import { knownRelease } from '../doubles/known-release.ts';
import { NOW_MS } from '../doubles/release-host.ts';
import { UNSIGNED, FILE_SIZE, NEW_SHA, OLD_SHA, firmwareOf, imageOf, infoOf, reportOf, s1InfoOf, withImage } from './fixtures.ts';

interface Case {
  readonly name: string;
  readonly report?: FirmwareReport;
  readonly firmware?: FirmwareRecord;
  readonly info?: DeviceInfo;
  readonly history?: readonly HistoryEntry[];
  /** `undefined`: it could not be found out; nobody signed it unless said otherwise. */
  readonly trust?: FirmwareTrust | undefined;
  readonly onlyTrusted?: boolean;
  readonly guardedProduct?: string;
  /** `undefined`: the check must not appear. */
  readonly expect: readonly [CheckId, string, CheckVerdict] | readonly [CheckId, undefined];
  readonly decision: 'go' | 'force' | 'blocked';
}

const content = (value: FirmwareContent): FirmwareReport => reportOf({ content: value });
const descriptor = imageOf().appDescriptor!;
const part = { flashOffset: 0x10000, length: 10, name: 'app', content: { kind: 'unknown' } as const };
const slots = infoOf().slots!;

const tried = (outcome: HistoryEntry['outcome'], sha256 = NEW_SHA): HistoryEntry => ({
  id: outcome,
  deviceId: 'esp32-ota',
  at: 1,
  act: 'update',
  outcome,
  sha256,
});

const KEY = { fingerprint: 'ab'.repeat(32), name: 'Release 2026', publicKey: {} as PublicKey, status: 'active', trusted: true } as const;
const BESIDE = { form: 'detached' } as const;
const VALID: SignatureFinding = { verdict: 'valid', source: BESIDE, fingerprint: KEY.fingerprint, publicKey: KEY.publicKey };

/** Of each status one. */
const SIGNATURES = {
  trusted: { status: 'trusted', key: KEY, source: BESIDE },
  tampered: { status: 'tampered', reason: 'content', source: BESIDE },
  'revoked-key': { status: 'revoked-key', key: KEY, source: BESIDE },
  'unknown-key': { status: 'unknown-key', fingerprint: KEY.fingerprint, publicKey: KEY.publicKey, source: BESIDE },
  'cannot-check': { status: 'cannot-check', reason: 'no-key' },
  unsigned: { status: 'unsigned' },
} as const satisfies { readonly [Status in FirmwareSignatureStatus]: FirmwareSignature & { readonly status: Status } };

const IS_VALID: readonly string[] = ['trusted', 'revoked-key', 'unknown-key'];

const trustOf = (status: FirmwareSignatureStatus, isPinned = false): FirmwareTrust => ({
  product: 'greenhouse-node',
  signature: SIGNATURES[status],
  findings: IS_VALID.includes(status) ? [VALID] : [],
  signatures: [],
  isPinned,
});

/** What the status of a firmware comes to: where nobody asks, where its product trusts keys, and on a device that gets only trusted firmware. */
const STATUSES = {
  trusted: ['trusted pass', 'trusted pass', 'trusted pass'],
  tampered: ['tampered block', 'tampered block', 'tampered block'],
  'revoked-key': ['revoked-key warn', 'revoked-key warn', 'only-trusted-revoked-key block'],
  'unknown-key': ['unknown-key note', 'pinned-unknown-key warn', 'only-trusted-unknown-key block'],
  'cannot-check': ['cannot-check note', 'pinned-cannot-check warn', 'only-trusted-cannot-check block'],
  unsigned: ['unsigned note', 'pinned-unsigned warn', 'only-trusted-unsigned block'],
} as const satisfies Record<FirmwareSignatureStatus, readonly [free: string, pinned: string, onlyTrusted: string]>;

const DECISIONS = { pass: 'go', note: 'go', warn: 'force', block: 'blocked' } as const;

function signed(
  name: string,
  answer: string,
  more: Pick<Case, 'report' | 'firmware' | 'trust' | 'onlyTrusted' | 'guardedProduct' | 'info'>,
): Case {
  const [reason = '', verdict] = answer.split(' ') as [string, CheckVerdict];
  return { name, ...more, expect: ['signature', reason, verdict], decision: DECISIONS[verdict] };
}

const asks = (...trusted_keys: readonly string[]): DeviceInfo => infoOf({ signature_required: true, trusted_keys });

const SIGNED: readonly Case[] = [
  ...(Object.keys(STATUSES) as FirmwareSignatureStatus[]).flatMap((status) => {
    const [free, pinned, onlyTrusted] = STATUSES[status];
    return [
      signed(`${status}, where nobody asks`, free, { trust: trustOf(status) }),
      signed(`${status}, of a product that trusts keys`, pinned, { trust: trustOf(status, true) }),
      signed(`${status}, for a device that gets only trusted firmware`, onlyTrusted, {
        trust: trustOf(status, true),
        onlyTrusted: true,
        guardedProduct: 'greenhouse-node',
      }),
    ];
  }),
  signed('keys that could not be read, and a device that gets only trusted firmware', 'only-trusted-unjudged block', {
    trust: undefined,
    onlyTrusted: true,
    guardedProduct: 'greenhouse-node',
  }),
  signed('keys that could not be read, and a device that asks itself', 'only-trusted-unjudged block', {
    trust: undefined,
    info: asks(KEY.fingerprint),
  }),
  signed('no signature, and a device that asks for one', 'device-unsigned block', {
    trust: trustOf('unsigned'),
    info: asks(KEY.fingerprint),
  }),
  signed('one that cannot be checked, and a device that asks', 'device-unsigned block', {
    trust: trustOf('cannot-check'),
    info: asks(OLD_SHA),
  }),
  signed('any, and a device that checks and has no key left', 'device-no-key block', { trust: trustOf('trusted', true), info: asks() }),
  signed('none, and a device that checks and has no key left', 'device-no-key block', { trust: trustOf('unsigned'), info: asks() }),
  signed('one by a key that the device does not have', 'device-other-key block', { trust: trustOf('trusted', true), info: asks(OLD_SHA) }),
  signed('one by a key that the device has', 'trusted pass', { trust: trustOf('trusted', true), info: asks(OLD_SHA, KEY.fingerprint) }),
  signed('a device that asks and does not say for which keys', 'trusted pass', {
    trust: trustOf('trusted'),
    info: infoOf({ signature_required: true }),
  }),
  signed('one that the device trusts, and the page nobody', 'unknown-key note', {
    trust: trustOf('unknown-key'),
    info: asks(KEY.fingerprint),
  }),
  signed('one that the device trusts, on a page that does not', 'only-trusted-unknown-key block', {
    trust: trustOf('unknown-key', true),
    info: asks(KEY.fingerprint),
    onlyTrusted: true,
    guardedProduct: 'greenhouse-node',
  }),
];

/** The key is trusted, by the product that the image claims to be. */
const CLAIMS = { trust: { ...trustOf('trusted', true), product: 'toy' }, onlyTrusted: true } as const;
const claiming = (projectName: string): FirmwareReport => withImage({ appDescriptor: { ...imageOf().appDescriptor!, projectName } });
const ESCAPES: readonly Case[] = [
  signed('a claim to be another product, trusted there', 'only-trusted-other-product block', {
    ...CLAIMS,
    guardedProduct: 'sensor',
    report: claiming('toy'),
    info: infoOf({ project: 'toy' }),
  }),
  signed('an image without a project, named in the library as a product that trusts its key', 'only-trusted-other-product block', {
    ...CLAIMS,
    guardedProduct: 'toy',
    report: claiming(''),
  }),
  signed('a guard that remembers no product', 'only-trusted-other-product block', { ...CLAIMS, report: claiming('') }),
];

const CASES: readonly Case[] = [
  { name: 'an application for this board', expect: ['kind', 'app', 'pass'], decision: 'go' },
  {
    name: 'a boot loader',
    report: content({ kind: 'bootloader', image: imageOf({ role: 'bootloader' }) }),
    expect: ['kind', 'bootloader', 'block'],
    decision: 'blocked',
  },
  {
    name: 'a partition table',
    report: content({ kind: 'partition-table', table: { partitions: [] } }),
    expect: ['kind', 'partition-table', 'block'],
    decision: 'blocked',
  },
  {
    name: 'a merged image',
    report: content({ kind: 'merged', chip: 'ESP32', parts: [part] }),
    expect: ['kind', 'merged', 'block'],
    decision: 'blocked',
  },
  { name: 'UF2', report: content({ kind: 'uf2', chip: 'ESP32', parts: [part] }), expect: ['kind', 'uf2', 'block'], decision: 'blocked' },
  { name: 'Intel HEX', report: content({ kind: 'hex', parts: [part] }), expect: ['kind', 'hex', 'block'], decision: 'blocked' },
  {
    name: 'something encrypted',
    report: content({ kind: 'encrypted', entropyBits: 7.99 }),
    expect: ['kind', 'encrypted', 'block'],
    decision: 'blocked',
  },
  { name: 'anything else', report: content({ kind: 'unknown' }), expect: ['kind', 'unknown', 'block'], decision: 'blocked' },
  {
    name: 'a damaged file',
    report: content({ kind: 'damaged', as: 'app', code: 'IMAGE_CHECKSUM', offset: 77, rule: 'r' }),
    expect: ['whole', 'damaged', 'block'],
    decision: 'blocked',
  },
  {
    name: 'a wrong checksum',
    report: withImage({ checksum: { offset: 5, stored: 'aa', computed: 'ab', valid: false } }),
    expect: ['whole', 'checksum-wrong', 'block'],
    decision: 'blocked',
  },
  {
    name: 'a wrong appended hash',
    report: withImage({ appendedHash: { offset: 5, stored: 'aa', computed: 'ab', valid: false } }),
    expect: ['whole', 'hash-wrong', 'block'],
    decision: 'blocked',
  },
  {
    name: 'no appended hash',
    report: reportOf({ content: { kind: 'app', image: omit(imageOf(), 'appendedHash') } }),
    expect: ['whole', 'checksum-only', 'pass'],
    decision: 'go',
  },
  { name: 'another chip', report: withImage({ chip: 'ESP32-C3' }), expect: ['chip', 'differs', 'block'], decision: 'blocked' },
  {
    name: 'another chip: its revision says nothing',
    report: withImage({ chip: 'ESP32-C3', minChipRevision: 999 }),
    expect: ['revision', undefined],
    decision: 'blocked',
  },
  {
    name: 'a device that does not name its chip',
    info: omit(infoOf(), 'chip'),
    expect: ['chip', 'device-unknown', 'note'],
    decision: 'go',
  },
  {
    name: 'a chip that is too old',
    report: withImage({ minChipRevision: 302 }),
    expect: ['revision', 'too-old', 'block'],
    decision: 'blocked',
  },
  {
    name: 'a chip of exactly the oldest revision',
    report: withImage({ minChipRevision: 301 }),
    expect: ['revision', 'fits', 'pass'],
    decision: 'go',
  },
  {
    name: 'a chip that is too new',
    report: withImage({ maxChipRevision: 300 }),
    expect: ['revision', 'too-new', 'block'],
    decision: 'blocked',
  },
  {
    name: 'a maximum of 0xffff, which is none',
    report: withImage({ maxChipRevision: 0xffff }),
    expect: ['revision', undefined],
    decision: 'go',
  },
  {
    name: 'a device without a revision',
    report: withImage({ minChipRevision: 100 }),
    info: omit(infoOf(), 'chip_revision'),
    expect: ['revision', 'device-unknown', 'note'],
    decision: 'go',
  },
  { name: 'a file of exactly the slot’s size', report: reportOf({ size: 0x140000 }), expect: ['size', 'fits', 'pass'], decision: 'go' },
  {
    name: 'one byte more than the slot',
    report: reportOf({ size: 0x140001 }),
    expect: ['size', 'too-large', 'block'],
    decision: 'blocked',
  },
  { name: 'a device with a single slot', info: infoOf({ slots: [slots[0]!] }), expect: ['size', 'no-slot', 'block'], decision: 'blocked' },
  { name: 'S1 with room', info: s1InfoOf('1.0.0'), expect: ['size', 'fits-free-space', 'pass'], decision: 'go' },
  {
    name: 'S1 without room',
    info: s1InfoOf('1.0.0', { free_sketch_space: FILE_SIZE - 1 }),
    expect: ['size', 'too-large', 'block'],
    decision: 'blocked',
  },
  { name: 'S1 that does not say', info: s1InfoOf('1.0.0', { free_sketch_space: 0 }), expect: ['size', 'unknown', 'note'], decision: 'go' },
  {
    name: 'another project',
    report: withImage({ appDescriptor: { ...descriptor, projectName: 'blink' } }),
    expect: ['project', 'differs', 'warn'],
    decision: 'force',
  },
  { name: 'a newer version', expect: ['version', 'newer', 'pass'], decision: 'go' },
  {
    name: 'a higher version of another project',
    info: infoOf({ project: 'barometer' }),
    expect: ['version', 'other-project', 'note'],
    decision: 'force',
  },
  { name: 'the same version', info: infoOf({ version: '1.1.0' }), expect: ['version', 'same', 'warn'], decision: 'force' },
  { name: 'an older version', info: infoOf({ version: '1.2.0' }), expect: ['version', 'older', 'warn'], decision: 'force' },
  {
    name: 'versions without an order',
    info: infoOf({ version: 'nightly' }),
    expect: ['version', 'uncomparable', 'warn'],
    decision: 'force',
  },
  {
    name: 'no version at all',
    firmware: firmwareOf({ version: '' }),
    report: reportOf({ proposedVersions: [] }),
    expect: ['version', 'unknown', 'note'],
    decision: 'go',
  },
  {
    name: 'a label that claims more than the image states',
    firmware: firmwareOf({ version: '9.9.9' }),
    info: infoOf({ version: '1.1.0' }),
    expect: ['version', 'same', 'warn'],
    decision: 'force',
  },
  {
    name: 'the very bytes that run',
    info: infoOf({ slots: [{ ...slots[0]!, sha256: NEW_SHA }, slots[1]!] }),
    expect: ['version', 'identical', 'warn'],
    decision: 'force',
  },
  { name: 'bytes that were never here', history: [tried('rolled-back', OLD_SHA)], expect: ['past', undefined], decision: 'go' },
  {
    name: 'bytes that went back by themselves',
    history: [tried('rolled-back')],
    expect: ['past', 'rolled-back', 'warn'],
    decision: 'force',
  },
  {
    name: 'bytes that never confirmed, whatever was stopped since',
    history: [tried('stopped'), tried('failed'), tried('unconfirmed')],
    expect: ['past', 'unconfirmed', 'warn'],
    decision: 'force',
  },
  {
    name: 'bytes that failed once and were proven later',
    history: [tried('confirmed'), tried('rolled-back')],
    expect: ['past', undefined],
    decision: 'go',
  },
  {
    name: 'bytes that the boot loader gave up on',
    info: infoOf({ slots: [slots[0]!, { ...slots[1]!, version: '1.1.0', sha256: NEW_SHA, state: 'ABORTED' }] }),
    expect: ['past', 'slot-given-up', 'warn'],
    decision: 'force',
  },
  {
    name: 'a lower secure version',
    info: infoOf({ secure_version: 2 }),
    expect: ['secure-version', 'lower', 'block'],
    decision: 'blocked',
  },
  {
    name: 'an equal secure version',
    report: withImage({ appDescriptor: { ...descriptor, secureVersion: 2 } }),
    info: infoOf({ secure_version: 2 }),
    expect: ['secure-version', 'fits', 'pass'],
    decision: 'go',
  },
  { name: 'no secure version in use', expect: ['secure-version', undefined], decision: 'go' },
  {
    name: 'a header for more flash than there is',
    report: withImage({ flashSize: '16MB' }),
    expect: ['flash', 'larger-than-chip', 'warn'],
    decision: 'force',
  },
  { name: 'a header for less flash', report: withImage({ flashSize: '2MB' }), expect: ['flash', 'fits', 'pass'], decision: 'go' },
  {
    name: 'a header for as much flash as there is',
    report: withImage({ flashSize: '4MB' }),
    expect: ['flash', 'match', 'pass'],
    decision: 'go',
  },
  { name: 'another flash mode', report: withImage({ flashMode: 'QIO' }), expect: ['flash', 'differs', 'note'], decision: 'go' },
  {
    name: 'a device that does not name its flash',
    info: omit(infoOf(), 'flash_size'),
    expect: ['flash', 'device-unknown', 'note'],
    decision: 'go',
  },
  { name: 'two slots', expect: ['way-back', 'automatic', 'pass'], decision: 'go' },
  { name: 'S1, whose way back is not known', info: s1InfoOf('1.0.0'), expect: ['way-back', 'unknown', 'note'], decision: 'go' },
  signed('keys that could not be read', 'unjudged warn', { trust: undefined }),
  signed('keys that could not be read, and a signature beside it', 'signed-unjudged block', {
    trust: undefined,
    firmware: firmwareOf({ signatures: [{ value: 'c2ln', addedAt: 1 }] }),
  }),
  signed('keys that could not be read, and a signature behind the image', 'signed-unjudged block', {
    trust: undefined,
    firmware: firmwareOf({ hasSecureBoot: true }),
  }),
  ...SIGNED,
  ...ESCAPES,
];

function omit<T extends object, K extends keyof T>(value: T, key: K): T {
  const { [key]: _gone, ...rest } = value;
  return rest as T;
}

/** As it is where nobody signed it, unless something else is said. */
const targetOf = ({ trust, ...target }: Partial<Case>): PreflightTarget => ({ info: infoOf(), ...target, ...defined({ trust }) });

describe('preflight()', () => {
  const seen = new Set<string>();

  for (const { name, report = reportOf(), firmware = firmwareOf(), expect: wanted, decision, ...target } of CASES) {
    it(`${name}: ${wanted[0]} ${wanted[1] ?? 'is not asked'}`, () => {
      const found = preflight(report, firmware, targetOf({ trust: UNSIGNED, ...target }));
      for (const check of found.checks) seen.add(`${check.id}/${check.reason}`);
      const check = found.checks.find((check) => check.id === wanted[0]);
      expect(check?.reason).to.equal(wanted[1]);
      if (wanted[1] !== undefined) expect(check?.verdict).to.equal(wanted[2]);
      expect(found.decision).to.equal(decision);
    });
  }

  it('gives every fact that the sentence of its reason needs', () => {
    for (const { report = reportOf(), firmware = firmwareOf(), ...target } of CASES) {
      for (const check of preflight(report, firmware, targetOf({ trust: UNSIGNED, ...target })).checks) {
        const reasons: Record<string, { readonly facts: readonly string[] }> = PREFLIGHT_REASONS[check.id];
        expect(Object.keys(check.facts), `${check.id}/${check.reason}`).to.include.members([...reasons[check.reason]!.facts]);
      }
    }
  });

  it('has a case here for every reason but those that a single slot shares', () => {
    // Those of releases are in trust/release-check.test.ts.
    const { release: _release, ...others } = PREFLIGHT_REASONS;
    const all = Object.entries(others).flatMap(([id, reasons]) => Object.keys(reasons).map((reason) => `${id}/${reason}`));
    expect(all.filter((reason) => !seen.has(reason))).to.deep.equal(['kind/otadata']);
  });

  it('says who released what a guarded device does not take, as long as they stand behind it', () => {
    const factsOf = (status: FirmwareSignatureStatus, ...known: readonly KnownRelease[]) => {
      const guard = { trust: trustOf(status, true), onlyTrusted: true, guardedProduct: 'greenhouse-node' };
      const { checks, decision } = preflight(reportOf(), firmwareOf(), { info: infoOf(), ...guard, releases: { known, nowMs: NOW_MS } });
      return { ...checks.find(({ id }) => id === 'signature'), decision };
    };
    const found = factsOf('unsigned', knownRelease());
    expect(found).to.include({ reason: 'only-trusted-unsigned', decision: 'blocked' });
    expect(found.facts).to.include({ publisher: 'Garden' });
    expect(checkSentence(found as PreflightCheck)).to.match(
      /Garden released it, but .* signature of the file itself .* their set .* known here, or you sign it$/,
    );
    expect(factsOf('unknown-key', knownRelease()).facts).to.include({ publisher: 'Garden' });
    for (const other of [[], [knownRelease({}, { code: 'KEY_REVOKED' })], [knownRelease({ sha256: OLD_SHA })]]) {
      const { facts = {}, ...check } = factsOf('unsigned', ...other);
      expect(facts).to.include({ publisher: '' });
      expect(checkSentence({ ...check, facts } as PreflightCheck)).to.not.contain('released');
    }
  });

  it('blocks while the device has said nothing', () => {
    expect(preflight(reportOf(), firmwareOf(), {})).to.deep.equal({ checks: [], decision: 'blocked' });
  });

  it('names the slot that will be overwritten: the next one after the running', () => {
    const three = [0, 1, 2].map((index) => ({ ...slots[0]!, label: `ota_${index}` }));
    expect(targetSlotOf(infoOf({ slots: three, running: 'ota_0' }))?.label).to.equal('ota_1');
    expect(targetSlotOf(infoOf({ slots: three, running: 'ota_2' }))?.label).to.equal('ota_0');
    const factory = { ...slots[0]!, label: 'factory', state: 'FACTORY' as const };
    expect(targetSlotOf(infoOf({ slots: [factory, ...three], running: 'factory' }))?.label).to.equal('ota_0');
  });
});

import { expect } from 'chai';
import { canonicalBytes, canonicalJson } from '../../../src/core/trust/canonical-json.ts';
import { encodeIndex, parseIndex } from '../../../src/core/trust/release-index.ts';
import type { IndexEntry } from '../../../src/core/trust/release-index.ts';
import { encodeRelease, parseRelease } from '../../../src/core/trust/release.ts';
import type { Release } from '../../../src/core/trust/release.ts';
import { Random, SEED, withSeed } from '../../doubles/random.ts';
import { IMAGE, SPAN, releaseOf } from '../../doubles/release-host.ts';
import { codeOf, refusal } from './refusals.ts';

const HASH = 'ab'.repeat(32);
const DELTA = { from_sha256: HASH, format: 'detools', size: 9, sha256: HASH };
const PAYLOAD = {
  schema: 'otter-release/1',
  product: 'greenhouse',
  hardware: ['gh-2'],
  chip: 'ESP32-S3',
  version: '1.2.0',
  counter: 12,
  size: 4096,
  sha256: HASH,
  appended_hash: null,
  notes: '',
  issued: '2026-01-14T12:00:00Z',
  expires: '2026-02-14T12:00:00Z',
  min_from_counter: 3,
  deltas: [DELTA],
};
const parse = (changes: object): Release => parseRelease(canonicalBytes({ ...PAYLOAD, ...changes }));

function randomRelease(random: Random): Release {
  const label = (): string => Array.from({ length: 1 + random.below(20) }, () => random.pick([...'abcXYZ019.-_+ü日'])).join('');
  const hash = (): string => Array.from({ length: 64 }, () => random.pick([...'0123456789abcdef'])).join('');
  const counter = random.u32();
  const issuedMs = random.u32() * 1000;
  return {
    product: label(),
    hardware: Array.from({ length: random.below(4) }, label),
    chip: random.pick(['ESP8266', 'ESP32', 'ESP32-C61', 'ESP32-P4']),
    version: label(),
    counter,
    size: 1 + random.below(0x100_0000),
    sha256: hash(),
    appendedHash: random.below(2) === 0 ? undefined : hash(),
    notes: Array.from({ length: random.below(5) }, label).join('\n'),
    issuedMs,
    expiresMs: issuedMs + 1000 * (1 + random.u32()),
    minFromCounter: random.below(counter + 1),
    deltas: Array.from({ length: random.below(3) }, () => ({
      fromSha256: hash(),
      format: label(),
      size: 1 + random.below(999),
      sha256: hash(),
    })),
  };
}

describe('a release', () => {
  it('is written in one spelling', async () => {
    const text = new TextDecoder().decode(encodeRelease(await releaseOf(IMAGE.bytes)));
    expect(text).to.equal(canonicalJson(JSON.parse(text)));
    expect(Object.keys(JSON.parse(text) as object)).to.have.members(Object.keys(PAYLOAD));
    expect(text).to.contain('"appended_hash":null').and.to.contain('"issued":"2026-01-14T12:00:00Z"');
  });

  it('reads back as what was written', async () => {
    await withSeed(SEED, (random) => {
      for (let round = 0; round < 300; round++) {
        const release = randomRelease(random);
        const payload = encodeRelease(release);
        expect(parseRelease(payload)).to.deep.equal(release);
        expect(encodeRelease(parseRelease(payload))).to.deep.equal(payload);
      }
    });
  });

  it('loses from its notes what cannot be shown', async () => {
    const release = await releaseOf(IMAGE.bytes, { notes: 'one\r\ntwo\u202e\u0007' });
    expect(parseRelease(encodeRelease(release)).notes).to.equal('one\ntwo');
  });

  it('keeps markup as the text that it is', async () => {
    const notes = '<img src=x onerror=alert(1)>';
    expect(parse({ product: notes, notes })).to.include({ product: notes, notes });
  });

  it('ignores members that it does not know: they are signed like all others', () => {
    expect(parse({ more: { than: 'this' } })).to.deep.equal(parse({}));
  });

  for (const [field, value] of [
    ['schema', 'otter-release/2'],
    ['schema', 'otter-root/1'],
    ['schema', 1],
    ['product', ''],
    ['product', ' greenhouse'],
    ['product', 'green\nhouse'],
    ['product', 'u\u0308'],
    ['product', 'x'.repeat(65)],
    ['product', ['greenhouse']],
    ['hardware', 'gh-2'],
    ['hardware[1]', ['gh-2', '']],
    ['hardware[0]', [7]],
    ['hardware', Array(33).fill('gh-2')],
    ['chip', 'esp32s3'],
    ['chip', 'constructor'],
    ['version', ''],
    ['version', null],
    ['counter', -1],
    ['counter', 1.5],
    ['counter', '12'],
    ['counter', 0x1_0000_0000],
    ['size', 0],
    ['size', 1e300],
    ['sha256', HASH.toUpperCase()],
    ['sha256', HASH.slice(2)],
    ['sha256', null],
    ['appended_hash', 'x'],
    ['notes', 'x'.repeat(16 * 1024 + 1)],
    ['notes', undefined],
    ['issued', '2026-01-14'],
    ['issued', '2026-01-14T12:00:00+00:00'],
    ['issued', '2026-01-14T12:00:00.5Z'],
    ['issued', '2026-01-14 12:00:00Z'],
    ['issued', '2026-02-30T12:00:00Z'],
    ['issued', '2026-01-14T24:00:00Z'],
    ['issued', '2026-06-30T23:59:60Z'],
    ['issued', 1_768_392_000],
    ['expires', '2026-01-14T12:00:00Z'],
    ['expires', '2025-01-14T12:00:00Z'],
    ['min_from_counter', 13],
    ['min_from_counter', -1],
    ['deltas', {}],
    ['deltas', Array.from({ length: 65 }, () => DELTA)],
    ['deltas[0]', [HASH]],
    ['deltas[0].from_sha256', [{ ...DELTA, from_sha256: 'x' }]],
    ['deltas[0].format', [{ ...DELTA, format: '' }]],
    ['deltas[0].size', [{ ...DELTA, size: 0 }]],
    ['deltas[0].sha256', [{ ...DELTA, sha256: '' }]],
  ] as const) {
    it(`refuses ${field.split('[')[0]}: ${JSON.stringify(value)?.slice(0, 60) ?? 'none'}`, async () => {
      const { [field.split(/[.[]/)[0] as keyof typeof PAYLOAD]: _, ...others } = PAYLOAD;
      const changed = value === undefined ? others : { ...others, [field.split(/[.[]/)[0]!]: value };
      expect(await refusal(() => parseRelease(canonicalBytes(changed)))).to.equal(`RELEASE_MALFORMED release.payload.${field}`);
    });
  }

  it('is not signed when nobody could read it back', async () => {
    for (const changes of [{ product: '' }, { counter: 2 ** 40 }, { expiresMs: SPAN.issuedMs }, { sha256: 'x' }, { minFromCounter: 13 }])
      expect(await codeOf(async () => encodeRelease(await releaseOf(IMAGE.bytes, changes)))).to.equal('RELEASE_MALFORMED');
    expect(await codeOf(async () => encodeRelease(await releaseOf(IMAGE.bytes, { counter: Number.NaN })))).to.equal('JSON_UNFIT');
    expect(await codeOf(async () => encodeRelease(await releaseOf(IMAGE.bytes, { version: '\ud800' })))).to.equal('JSON_UNFIT');
  });
});

describe('an index', () => {
  const ENTRY: IndexEntry = {
    product: 'greenhouse',
    version: '1.2.0',
    chip: 'ESP32',
    counter: 12,
    path: 'releases/greenhouse-1.2.0.release.json',
    size: 900,
    sha256: HASH,
  };
  const index = (...releases: readonly object[]) => ({ version: 3, ...SPAN, releases: releases as readonly IndexEntry[] });

  it('reads back as what was written', () => {
    const written = index(ENTRY, { ...ENTRY, path: 'releases/other.release.json' });
    expect(parseIndex(encodeIndex(written))).to.deep.equal(written);
  });

  it('may be empty', () => expect(parseIndex(encodeIndex(index())).releases).to.deep.equal([]));

  for (const path of [
    '',
    '/etc/passwd',
    '../x.release.json',
    'releases/../x.release.json',
    'releases/..%2fx.release.json',
    'releases/a/b.release.json',
    'releases\\x.release.json',
    'releases/.release.json',
    'releases/.x.release.json',
    'releases/x.release.json?y',
    'releases/x.release.json#',
    'releases/x y.release.json',
    'releases/x.json',
    'Releases/x.release.json',
    'https://example.org/releases/x.release.json',
    '//example.org/releases/x.release.json',
    'javascript:alert(1)',
    'root.json',
  ]) {
    it(`refuses the path ${JSON.stringify(path)}`, async () => {
      expect(await refusal(() => encodeIndex(index({ ...ENTRY, path })))).to.equal('INDEX_MALFORMED index.payload.releases[0].path');
    });
  }

  it('refuses one path twice, and too many', async () => {
    expect(await refusal(() => encodeIndex(index(ENTRY, ENTRY)))).to.equal('INDEX_MALFORMED index.payload.releases');
    const many = Array.from({ length: 1001 }, (_, at) => ({ ...ENTRY, path: `releases/${at}.release.json` }));
    expect(await refusal(() => encodeIndex(index(...many)))).to.equal('INDEX_MALFORMED index.payload.releases');
    expect(parseIndex(encodeIndex(index(...many.slice(1)))).releases).to.have.length(1000);
  });

  it('refuses entries that are not complete', async () => {
    for (const [field, value] of [
      ['product', ''],
      ['version', 1],
      ['chip', 'ESP31'],
      ['counter', -1],
      ['size', 1e9],
      ['sha256', ''],
    ] as const)
      expect(await refusal(() => encodeIndex(index({ ...ENTRY, [field]: value })))).to.equal(
        `INDEX_MALFORMED index.payload.releases[0].${field}`,
      );
    expect(await refusal(() => encodeIndex({ ...index(), version: 0 }))).to.equal('INDEX_MALFORMED index.payload.version');
  });
});

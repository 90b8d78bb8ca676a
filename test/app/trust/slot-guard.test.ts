import { expect } from 'chai';
import type { DeviceRecord, FirmwareReport, HistoryEntry } from '../../../src/app/model.ts';
import type { StartWord, StartingSlot } from '../../../src/app/slot-word.ts';
import type { FirmwareTrust } from '../../../src/app/trust/model.ts';
import type { KnownRelease } from '../../../src/app/trust/release-services.ts';
import { SignatureError } from '../../../src/app/trust/signature-errors.ts';
import { slotGuard } from '../../../src/app/trust/slot-guard.ts';
import { wordsFor } from '../../../src/ui/messages.ts';
import { deviceInfo, deviceRecord } from '../../doubles/fixtures.ts';
import { knownRelease } from '../../doubles/known-release.ts';
import { firmwareOf, imageOf, reportOf } from '../fixtures.ts';

const PRODUCT = 'greenhouse-node';
const FILE = 'aa'.repeat(32);
const INSIDE = 'bb'.repeat(32);
const guarded = deviceRecord({ id: 'board', onlyTrusted: true, guardedProduct: PRODUCT });
const slot: StartingSlot = { label: 'ota_1', version: '1.0.0', sha256: FILE };

interface World {
  readonly records?: readonly DeviceRecord[];
  readonly inLibrary?: readonly string[];
  readonly status?: string;
  readonly project?: string;
  readonly innerHash?: string;
  readonly history?: readonly HistoryEntry[];
  readonly releases?: readonly KnownRelease[];
}

function guardIn({
  records = [guarded],
  inLibrary = [FILE],
  status = 'trusted',
  project = PRODUCT,
  history = [],
  releases = [],
  ...world
}: World = {}) {
  const asked: unknown[] = [];
  const stored = world.innerHash ?? INSIDE;
  const image = imageOf({
    appDescriptor: { ...imageOf().appDescriptor!, projectName: project },
    appendedHash: { offset: 0, stored, computed: stored, valid: true },
  });
  const mayStart = slotGuard({
    devices: {
      stored: async () => records,
      history: async () => history,
    },
    library: {
      get: async (sha256) => (inLibrary.includes(sha256) ? firmwareOf({ sha256 }) : undefined),
      report: async (sha256): Promise<FirmwareReport> => reportOf({ sha256, content: { kind: 'app', image } }),
    },
    keys: { load: async () => void asked.push('keys') },
    signatures: { trust: async (...args) => (asked.push(args), { signature: { status } } as unknown as FirmwareTrust) },
    releases: { known: async () => releases },
  });
  return { mayStart, asked };
}

async function answerIn(
  world: World,
  { at = slot, board = 'board', word }: { readonly at?: StartingSlot | undefined; readonly board?: string; readonly word?: StartWord } = {},
) {
  const error: unknown = await guardIn(world)
    .mayStart(board, at, word)
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  if (error === undefined) return 'may start';
  expect(error).to.be.instanceOf(SignatureError);
  const { code, message, details } = error as SignatureError;
  const { title, why, next } = wordsFor({ code, message, details });
  for (const words of [title, why, next]) expect(words).to.not.match(/undefined|^\s*$/);
  return [code, details['status']].filter(Boolean).join(' ');
}

describe('the guard of slots', () => {
  it('asks nothing about a board that nobody guards', async () => {
    expect(await answerIn({ records: [{ ...guarded, onlyTrusted: false }], inLibrary: [] })).to.equal('may start');
    expect(await answerIn({ inLibrary: [] }, { board: 'another' })).to.equal('may start');
  });

  it('lets start what its product trusts, by the keys of now', async () => {
    const { mayStart, asked } = guardIn();
    await mayStart('board', slot);
    expect(asked).to.deep.equal(['keys', [FILE, PRODUCT]]);
  });

  for (const status of ['unsigned', 'tampered', 'unknown-key', 'revoked-key', 'cannot-check']) {
    it(`refuses what is ${status}, whatever somebody says`, async () => {
      expect(await answerIn({ status })).to.equal(`SLOT_UNTRUSTED ${status}`);
      expect(await answerIn({ status }, { word: { evenUnknown: true } })).to.equal(`SLOT_UNTRUSTED ${status}`);
    });
  }

  it('refuses what is of another product, or of none, whoever signed it', async () => {
    for (const project of ['toy', '']) expect(await answerIn({ project })).to.equal('SLOT_UNTRUSTED other-product');
    const { guardedProduct: _forgotten, ...nameless } = guarded;
    expect(await answerIn({ records: [nameless] })).to.equal('SLOT_UNTRUSTED other-product');
  });

  it('wants a word about what nobody here knows, and about a slot of which nothing is told', async () => {
    const nothings: readonly [World, StartingSlot | undefined][] = [
      [{ inLibrary: [] }, slot],
      [{}, { ...slot, sha256: '' }],
      [{}, { ...slot, sha256: 'cc'.repeat(32) }],
    ];
    for (const [world, at] of nothings) {
      expect(await answerIn(world, { at })).to.equal('SLOT_NOT_KNOWN');
      expect(await answerIn(world, { at, word: { evenUnknown: true } })).to.equal('may start');
    }
    const error: unknown = await guardIn()
      .mayStart('board', undefined)
      .catch((error: unknown) => error);
    expect((error as SignatureError).code).to.equal('SLOT_NOT_KNOWN');
  });

  it('knows what lies there by the hash inside the image, of what this board got or what was released', async () => {
    const at = { ...slot, sha256: INSIDE };
    const got: HistoryEntry = { id: 'e', deviceId: 'board', at: 1, act: 'update', outcome: 'confirmed', sha256: FILE };
    expect(await answerIn({ status: 'unsigned' }, { at }), 'nobody can tell').to.equal('SLOT_NOT_KNOWN');
    expect(await answerIn({ status: 'unsigned', history: [got] }, { at })).to.equal('SLOT_UNTRUSTED unsigned');
    const released = [knownRelease({ sha256: FILE, appendedHash: INSIDE })];
    expect(await answerIn({ status: 'unsigned', releases: released }, { at })).to.equal('SLOT_UNTRUSTED unsigned');
    expect(await answerIn({ releases: released, inLibrary: [] }, { at }), 'its bytes are gone').to.equal('SLOT_NOT_KNOWN');
    expect(await answerIn({ history: [got], innerHash: 'dd'.repeat(32) }, { at }), 'another image').to.equal('SLOT_NOT_KNOWN');
  });

  const network = deviceRecord({ ...guarded, id: 'n1', kind: 'network', lastInfo: deviceInfo({ mac: '24:6F:28:AA:BB:CC' }) });
  const { lastInfo: _lastInfo, ...nameless } = network;
  const atCable = 'usb:24:6f:28:aa:bb:cc';

  it('guards a board at a cable by its MAC', async () => {
    expect(await answerIn({ records: [network, nameless], status: 'unsigned' }, { board: atCable })).to.equal('SLOT_UNTRUSTED unsigned');
    expect(await answerIn({ records: [network], status: 'unsigned' }, { board: 'usb:aa:aa:aa:aa:aa:aa' })).to.equal('may start');
  });

  it('wants a word where a board may be the guarded one, which would not start it, and refuses nobody who gave it', async () => {
    const unsigned: World = { records: [nameless], status: 'unsigned' };
    const other = { ...nameless, id: 'n2', guardedProduct: 'toy' };
    const doubts: readonly [World, string][] = [
      [unsigned, atCable],
      [{ ...unsigned, records: [network] }, 'usb:serial-1'],
      [{ records: [nameless], inLibrary: [] }, atCable],
      [{ records: [nameless, other] }, atCable],
    ];
    for (const [world, board] of doubts) {
      expect(await answerIn(world, { board })).to.match(/^SLOT_MAY_BE_GUARDED/);
      expect(await answerIn(world, { board, word: { evenUnknown: true } })).to.equal('may start');
    }
    expect(await answerIn({ records: [nameless] }, { board: atCable }), 'either way it may').to.equal('may start');
  });
});

import { expect } from 'chai';
import { releasesOf } from '../../../src/app/trust/release-check.ts';
import { parseStoredRoot } from '../../../src/app/trust/release-records.ts';
import type { RootPlan } from '../../../src/app/trust/release-services.ts';
import { readZipEntries } from '../../../src/core/bytes/zip.ts';
import { makeKey } from '../../core/trust/keys-for-tests.ts';
import { INDEX_FILE, ROOT_FILE, firmwareFile, signatureFile } from '../../../src/core/trust/set-files.ts';
import { ReleaseDesk, settled } from '../../doubles/release-desk.ts';
import { EXPIRED, IMAGE, NOW_MS, ReleaseHost, SPAN, releaseOf as newRelease, roleOf } from '../../doubles/release-host.ts';
import { person } from '../../doubles/signers.ts';
import type { Person } from '../../doubles/signers.ts';

const NEXT_IMAGE = new TextEncoder().encode('another image, the next one');

describe('Releases: a set is taken in', () => {
  it('asks for the first root file, and keeps nothing before a person has answered', async () => {
    const desk = new ReleaseDesk();
    const { state } = await desk.visit(await ReleaseHost.open());
    expect(state.value.steps).to.deep.equal([{ step: 'root', status: 'asking' }]);
    expect(state.value.root?.root.version).to.equal(1);
    expect(state.value.offers).to.deep.equal([]);
    expect(desk.store.kept.roots.size).to.equal(0);
  });

  it('keeps release and image once they are verified, and works without the host from then on', async () => {
    const host = await ReleaseHost.open();
    const desk = new ReleaseDesk();
    const record = await takeIn(desk, host);
    host.files.clear();
    expect(record?.counter).to.equal(12);
    expect(desk.added).to.deep.equal([
      { fileName: 'greenhouse-1.2.0.bin', source: { kind: 'release', detail: 'greenhouse 1.2.0 of Garden' } },
    ]);
    expect(desk.acts.map(([act]) => act)).to.deep.equal(['root-trusted', 'release-accepted']);
    const later = new ReleaseDesk();
    Object.assign(later.store.kept, desk.store.kept);
    const again = later.releases;
    await again.load();
    expect(again.roots.value?.[0]?.name).to.equal('Garden');
    expect(await again.markOf(record!.sha256)).to.deep.equal({
      id: record!.id,
      counter: 12,
      publisher: 'Garden',
      product: 'greenhouse',
      version: '1.2.0',
    });
    expect(await again.markOf('00'.repeat(32))).to.equal(undefined);
    const detail = await again.detail(record!.id);
    expect(detail.release.notes).to.contain('Sundays');
    expect(detail.signers.map(({ name }) => name)).to.deep.equal(['Cleo', 'Dan']);
    expect(detail.problem).to.equal(undefined);
  });

  it('follows new root files by itself, and says how many', async () => {
    const host = await ReleaseHost.open();
    const desk = new ReleaseDesk();
    await takeIn(desk, host);
    await host.rotate();
    await host.rotate();
    const { state } = await desk.visit(host);
    expect(state.value.rotations).to.equal(2);
    expect(state.value.line?.version).to.equal(3);
    expect(state.value.offers.map(({ isHere }) => isHere)).to.deep.equal([true]);
    expect(desk.store.kept.roots.values().next().value?.files).to.have.lengthOf(3);
  });

  it('keeps a new root file even when the rest of the set is wrong: stolen keys lose their say at once', async () => {
    const host = await ReleaseHost.open();
    const desk = new ReleaseDesk();
    const record = await takeIn(desk, host);
    const [stolen, ...others] = await releasers();
    await host.rotate({
      keys: host.root.keys.filter(({ fingerprint }) => fingerprint !== stolen!.key.fingerprint),
      roles: { root: host.root.roles.root, release: roleOf(others, 2) },
      revoked: [stolen!.key.fingerprint],
    });
    const { state } = await desk.visit(host);
    expect(state.value.problem?.code).to.equal('KEY_REVOKED');
    expect((await desk.releases.detail(record!.id)).problem?.code).to.equal('KEY_REVOKED');
    const known = await desk.releases.known();
    expect(releasesOf(record!.sha256, known)[0]?.code).to.equal('KEY_REVOKED');
  });

  it('takes an expired release only when a person says so', async () => {
    const host = await ReleaseHost.open();
    const release = await host.publishRelease(await newRelease(IMAGE.bytes, EXPIRED));
    await host.publishIndex([release]);
    const desk = new ReleaseDesk();
    const visit = await trusting(desk, host);
    const { entry } = visit.state.value.offers[0]!;
    expect(await visit.accept(entry)).to.equal(undefined);
    expect(visit.state.value.problem?.code).to.equal('RELEASE_EXPIRED');
    expect(desk.images.size).to.equal(0);
    expect(await visit.accept(entry, { evenExpired: true })).to.include({ counter: 12 });
  });
});

describe('Releases: what an attacker on the host gets', () => {
  const attacks: readonly {
    readonly name: string;
    readonly code: string;
    readonly do: (host: ReleaseHost) => Promise<void> | void;
    /** Comes up with a release, not before. */
    readonly onAccept?: true;
  }[] = [
    {
      name: 'another root file at the same address',
      code: 'ROOT_UNKNOWN',
      do: async (host) => {
        const eve = await person('Mallory');
        host.rootSigners = [eve];
        host.root = { ...host.root, keys: [eve.key], roles: { root: roleOf([eve]), release: roleOf([eve]) } };
        await host.publishRoot();
      },
    },
    {
      name: 'a next root file that only its own keys signed',
      code: 'ROOT_OLD_KEYS_MISSING',
      do: async (host) => {
        const mallory = await person('Mallory');
        host.rootSigners = [mallory];
        await host.rotate({ keys: [mallory.key], roles: { root: roleOf([mallory]), release: roleOf([mallory]) } });
      },
    },
    {
      name: 'an older index (rollback)',
      code: 'INDEX_ROLLBACK',
      do: async (host) => {
        host.index = { ...host.index, version: 6 };
        await host.publishEntries();
      },
    },
    {
      name: 'an index from long ago (freeze)',
      code: 'INDEX_EXPIRED',
      do: async (host) => {
        host.index = { ...host.index, ...EXPIRED };
        await host.publishEntries();
      },
    },
    {
      name: 'an index that one key alone signed',
      code: 'THRESHOLD_NOT_MET',
      do: async (host) => {
        host.releaseSigners = host.releaseSigners.slice(0, 1);
        await host.publishEntries();
      },
    },
    { name: 'no index at all', code: 'SET_FILE_MISSING', do: (host) => void host.files.delete(INDEX_FILE) },
    {
      name: 'a release that was signed for another index (mix and match)',
      code: 'RELEASE_NOT_LISTED',
      onAccept: true,
      do: async (host) => {
        const other = await host.publishRelease(await newRelease(IMAGE.bytes, { counter: 99 }));
        host.files.set(host.entries[0]!.path, other.bytes);
      },
    },
    {
      name: 'another image',
      code: 'RELEASE_IMAGE_WRONG',
      onAccept: true,
      do: (host) =>
        void host.files.set(
          [...host.files.keys()].find((path) => path.startsWith('firmware/'))!,
          NEXT_IMAGE,
        ),
    },
  ];
  for (const attack of attacks) {
    it(`${attack.name}: ${attack.code}, and nothing of it is kept`, async () => {
      const host = await ReleaseHost.open();
      const desk = new ReleaseDesk();
      await trusting(desk, host);
      await attack.do(host);
      const visit = await desk.visit(host);
      if (attack.onAccept) await visit.accept(visit.state.value.offers[0]!.entry);
      expect(visit.state.value.problem?.code).to.equal(attack.code);
      expect(visit.state.value.steps.at(-1)?.status).to.equal('refused');
      expect(desk.images.size).to.equal(0);
      expect(desk.store.kept.releases.size).to.equal(0);
      expect(desk.acts.at(-1)?.[0]).to.match(/refused$/);
    });
  }

  it('another root file at an address that was visited before others: ROOT_UNKNOWN all the same', async () => {
    const host = await ReleaseHost.open();
    const desk = new ReleaseDesk();
    await trusting(desk, host);
    for (let mirror = 1; mirror < 16; mirror++) await desk.visit(host, `https://mirror-${mirror}.example.org/`);
    const mallory = await person('Mallory');
    const other = await ReleaseHost.open();
    other.rootSigners = [mallory];
    other.root = { ...other.root, keys: [mallory.key], roles: { root: roleOf([mallory]), release: roleOf([mallory]) } };
    await other.publishRoot();
    const { state } = await desk.visit(other);
    expect(state.value.problem?.code).to.equal('ROOT_UNKNOWN');
    await desk.visit(host, 'https://mirror-16.example.org/');
    expect(desk.releases.roots.value?.[0]?.addresses).to.have.lengthOf(16);
  });

  it('no line of root files lost to an address without end', async () => {
    const host = await ReleaseHost.open();
    const desk = new ReleaseDesk();
    await trusting(desk, host);
    for (const url of [`https://example.org/${'ü'.repeat(490)}/`, `https://example.org/${'x'.repeat(5000)}/`]) {
      await desk.visit(host, url);
      const [stored] = await desk.store.roots();
      expect(parseStoredRoot(stored)?.record.source.length).to.be.within(1, 2048);
    }
    const [stored] = await desk.store.roots();
    const broken = { ...stored, record: { ...stored!.record, source: 'x'.repeat(5000), addresses: [1] } };
    expect(parseStoredRoot(broken)).to.deep.include({ files: stored!.files, record: { ...stored!.record, source: '', addresses: [] } });
  });

  for (const [typed, told] of [
    ['https://ada:hunter2@example.org/gh/?token=hunter2', 'example.org'],
    ['ftp://ada:hunter2@example.org/', 'an address'],
    ['ada:hunter2@example.org/gh/', 'an address'],
    ['hunter2', 'an address'],
    ['https://example.org/hunter2/', 'example.org'],
  ] as const) {
    it(`no password or token out of the log: of ${typed} it tells ${told}`, async () => {
      const desk = new ReleaseDesk();
      const { state } = await desk.visit({ read: async () => undefined }, typed);
      expect(state.value.problem?.code).to.equal('SET_FILE_MISSING');
      expect(desk.acts).to.deep.equal([['set-refused', { source: told, code: 'SET_FILE_MISSING' }]]);
    });
  }

  it('nothing, when a set says that it is older than the root files that are known', async () => {
    const host = await ReleaseHost.open();
    const first = host.files.get(ROOT_FILE)!;
    const desk = new ReleaseDesk();
    await trusting(desk, host);
    await host.rotate();
    await desk.visit(host);
    host.files.delete('2.root.json');
    host.files.set(ROOT_FILE, first);
    const { state } = await desk.visit(host);
    expect(state.value.root?.root.version).to.equal(2);
  });
});

describe('Releases: made and published here', () => {
  it('a root file waits for its threshold, and is trusted once enough have signed', async () => {
    const [ada, bo] = [await person('Ada'), await person('Bo')];
    const desk = new ReleaseDesk([ada, bo]);
    const { id } = await desk.releases.draftRoot(planOf({ root: [ada, bo], release: [ada] }));
    let draft = await desk.releases.sign(id, ada.key.fingerprint);
    expect(draft.quorums).to.have.lengthOf(1);
    expect(draft.quorums[0]!.state.open.map(({ name }) => name)).to.deep.equal(['Bo']);
    expect(await codeOf(desk.releases.settle(id))).to.equal('ROOT_NEW_KEYS_MISSING');
    draft = await desk.releases.sign(id, bo.key.fingerprint);
    expect(draft.isComplete).to.equal(true);
    const settledAs = await desk.releases.settle(id);
    expect(settledAs.kind).to.equal('root');
    expect(desk.releases.roots.value?.map(({ name }) => name)).to.deep.equal(['Garden']);
    expect(desk.releases.drafts.value).to.deep.equal([]);
  });

  it('goes from an image to a set that a stranger takes in', async () => {
    const { desk, rootId, sha256 } = await publisher();
    const set = await desk.releases.writeSet(rootId, { installOffset: 0x10000 });
    expect(set.at(-1)?.path).to.equal(INDEX_FILE);
    expect(set.map(({ path }) => path)).to.include.members(['manifest.json', '1.root.json', firmwareFile(sha256)]);
    const { blob, fileName } = desk.releases.packSet(set, 'Garden & sons');
    expect(fileName).to.equal('Garden-sons.zip');
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const entries = await readZipEntries({ size: bytes.length, read: async (at, length) => bytes.subarray(at, at + length) });
    expect(entries.map(({ name }) => name).toSorted()).to.deep.equal(set.map(({ path }) => path).toSorted());

    const files = new Map(set.map(({ path, bytes }) => [path, bytes]));
    const stranger = new ReleaseDesk();
    const visit = await trusting(stranger, { read: async (path) => files.get(path) });
    expect(await visit.accept(visit.state.value.offers[0]!.entry)).to.include({ product: 'greenhouse', counter: 1 });
    expect(await stranger.releases.ofFirmware(sha256)).to.have.lengthOf(1);
  });

  it('brings the signature of the image along, and says before which image misses one', async () => {
    const { desk, rootId, sha256, release } = await publisher();
    const keyId = await desk.keys.add('Release 2026', await makeKey('P-256'));
    expect(await desk.releases.signedImages(rootId)).to.deep.equal([{ record: release, isSigned: false, isMissed: true }]);
    await desk.signatures.sign(sha256, keyId);
    expect(await desk.releases.signedImages(rootId)).to.deep.equal([{ record: release, isSigned: true, isMissed: false }]);
    const paths = (await desk.releases.writeSet(rootId)).map(({ path }) => path);
    expect(paths).to.include(signatureFile(sha256, 1));
    expect(paths.indexOf(signatureFile(sha256, 1))).to.be.below(paths.indexOf(INDEX_FILE));
    desk.images.clear();
    expect(await desk.releases.signedImages(rootId), 'what is not here').to.deep.equal([]);
  });

  it('counts on: each release has one number more, and the index a version more', async () => {
    const { desk, rootId, ada } = await publisher();
    expect(desk.releases.nextCounter(rootId, 'greenhouse')).to.equal(2);
    expect(desk.releases.nextCounter(rootId, 'another')).to.equal(1);
    const [first] = desk.releases.records.value!;
    const { id } = await desk.releases.draftIndex({ rootId, releaseIds: [first!.id], expiresAt: SPAN.expiresMs });
    const draft = await desk.releases.sign(id, ada.key.fingerprint);
    expect(draft.content.kind === 'index' && draft.content.index.version).to.equal(2);
  });

  it('two people sign each where their key is, in any order; the copies are merged', async () => {
    const [ada, bo] = [await person('Ada'), await person('Bo')];
    const [here, there] = [new ReleaseDesk([ada]), new ReleaseDesk([bo])];
    const { id } = await here.releases.draftRoot(planOf({ root: [ada, bo], release: [ada, bo] }));
    const sent = await here.releases.exportDraft(id);
    expect(sent.fileName).to.equal('root-1.to-sign.json');
    const opened = await there.releases.readEnvelope(sent.blob, sent.fileName);
    expect(opened.content.kind).to.equal('root');
    const signed = await there.releases.signEnvelope(opened, bo.key.fingerprint);
    expect(signed.readings[0]!.quorums[0]!.state.signed.map(({ name }) => name)).to.deep.equal(['Bo']);
    await here.releases.sign(id, ada.key.fingerprint);
    const draft = await here.releases.merge(id, new Blob([signed.bytes]));
    expect(draft.isComplete).to.equal(true);
  });

  it('refuses to merge signatures of something else', async () => {
    const ada = await person('Ada');
    const desk = new ReleaseDesk([ada]);
    const one = await desk.releases.draftRoot(planOf({ root: [ada], release: [ada] }));
    desk.nowMs += 60_000;
    const other = await desk.releases.draftRoot(planOf({ root: [ada], release: [ada] }));
    const { blob } = await desk.releases.exportDraft(other.id);
    expect(await codeOf(desk.releases.merge(one.id, blob))).to.equal('JWS_PAYLOAD_DIFFERS');
  });

  it('rotates with the old and the new threshold, and says who of which is missing', async () => {
    const { desk, rootId, ada } = await publisher();
    const bo = await person('Bo');
    const { id } = await desk.releases.draftNextRoot(rootId, planOf({ root: [bo], release: [ada] }));
    const draft = await desk.releases.sign(id, ada.key.fingerprint);
    expect(draft.quorums.map(({ by, state }) => [by, state.missing])).to.deep.equal([
      ['old', 0],
      ['new', 1],
    ]);
  });

  it('forgets a publisher with everything under it', async () => {
    const { desk, rootId } = await publisher();
    expect(await codeOf(desk.releases.writeSet('00'.repeat(32)))).to.equal('RELEASE_FORGOTTEN');
    await desk.releases.forgetRoot(rootId);
    expect(desk.releases.records.value).to.deep.equal([]);
  });

  it('an envelope of something else, or too large a file, is refused by name', async () => {
    const desk = new ReleaseDesk();
    const json = (value: unknown) => new Blob([JSON.stringify(value)]);
    const payload = btoa('{"schema":"otter-coffee/1"}').replaceAll('=', '');
    expect(await codeOf(desk.releases.readEnvelope(json({ payload, signatures: [] }), 'x'))).to.equal('JWS_MALFORMED');
    expect(await codeOf(desk.releases.readEnvelope(new Blob(['<html>']), 'x'))).to.equal('JSON_MALFORMED');
    expect(await codeOf(desk.releases.readEnvelope(new Blob([new Uint8Array(2 ** 20 + 1)]), 'x'))).to.equal('SET_FILE_TOO_LARGE');
  });
});

const releasers = (): Promise<readonly Person[]> => Promise.all([person('Cleo'), person('Dan', 'ES384'), person('Eve')]);

async function trusting(desk: ReleaseDesk, source: Parameters<ReleaseDesk['visit']>[0]) {
  const visit = await desk.visit(source);
  await visit.confirm('Garden');
  await settled(visit);
  return visit;
}

async function takeIn(desk: ReleaseDesk, host: ReleaseHost) {
  const visit = await trusting(desk, host);
  return visit.accept(visit.state.value.offers[0]!.entry);
}

const planOf = ({ root, release }: { readonly root: readonly Person[]; readonly release: readonly Person[] }): RootPlan => ({
  name: 'Garden',
  keys: [...new Set([...root, ...release])].map(({ key }) => key),
  roles: { root: roleOf(root), release: roleOf(release) },
  revoked: [],
  expiresAt: NOW_MS + 365 * 24 * 3600 * 1000,
});

/** Ada alone, with one release and an index. */
async function publisher() {
  const ada = await person('Ada');
  const desk = new ReleaseDesk([ada]);
  const signed = async (id: string) => {
    await desk.releases.sign(id, ada.key.fingerprint);
    return desk.releases.settle(id);
  };
  const root = await signed((await desk.releases.draftRoot(planOf({ root: [ada], release: [ada] }))).id);
  if (root.kind !== 'root') throw new Error('no root');
  const { rootId } = root;
  const sha256 = await desk.keep(IMAGE.bytes);
  const plan = { rootId, sha256, product: 'greenhouse', version: '1.2.0', hardware: [], notes: 'First.', counter: 1, minFromCounter: 0 };
  const release = await signed((await desk.releases.draftRelease({ ...plan, expiresAt: SPAN.expiresMs })).id);
  if (release.kind !== 'release') throw new Error('no release');
  await signed((await desk.releases.draftIndex({ rootId, releaseIds: [release.record.id], expiresAt: SPAN.expiresMs })).id);
  return { desk, rootId, sha256, ada, release: release.record };
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
  return 'nothing';
}

/** A static host that has been taken over, or its keys: each attack by the name that TUF has for it. */
import { expect } from 'chai';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { readSetRoot } from '../../../src/core/trust/read-release-set.ts';
import { trustSingleRelease, verifyRelease } from '../../../src/core/trust/release-set.ts';
import { INDEX_FILE, firmwareFile, rootFile } from '../../../src/core/trust/set-files.ts';
import { Client, EXPIRED, IMAGE, NOW_MS, ReleaseHost, SPAN, releaseOf, roleOf } from '../../doubles/release-host.ts';
import { person } from '../../doubles/signers.ts';
import { codeOf, refusal } from './refusals.ts';

async function hostAndClient(): Promise<readonly [ReleaseHost, Client]> {
  const host = await ReleaseHost.open();
  return [host, await Client.of(host)];
}

const imagePath = async (): Promise<string> => firmwareFile(await sha256Hex(IMAGE.bytes));

describe('a release set on an honest host', () => {
  it('leads from a confirmed root file to the image', async () => {
    const [host, client] = await hostAndClient();
    const { trusted, image } = await client.update(host);
    expect(trusted.release).to.deep.equal(await releaseOf(IMAGE.bytes));
    expect(trusted.signers).to.deep.equal(host.releaseSigners.map(({ key }) => key.fingerprint));
    expect(image).to.deep.equal(IMAGE.bytes);
    expect(client.seen).to.deep.include({ version: 7 });
  });

  it('is followed through several new root files, of which only the last has to be valid still', async () => {
    const [host, client] = await hostAndClient();
    await host.rotate(EXPIRED);
    await host.rotate(SPAN);
    await client.update(host);
    expect(client.root.root.version).to.equal(3);
  });

  it('keeps its newest root file for those who come later', async () => {
    const [host] = await hostAndClient();
    await host.rotate();
    expect((await Client.of(host)).root.root.version).to.equal(2);
  });

  it('may leave out keys that do not sign any more', async () => {
    const [host, client] = await hostAndClient();
    const releasers = await Promise.all([person('Cleo'), person('Dan', 'ES384')]);
    await host.rotate({ roles: { ...host.root.roles, release: roleOf(releasers, 2) } });
    await client.update(host);
  });

  it('is not asked for root files without end', async () => {
    const [host, client] = await hostAndClient();
    await client.update(host);
    expect(host.asked.filter((path) => path.endsWith('.root.json'))).to.deep.equal(['2.root.json']);
  });
});

describe('root files: attacks', () => {
  it('another publisher: a root file that nobody confirmed is refused', async () => {
    const [host, client] = await hostAndClient();
    const pinned = client.root.fingerprint;
    host.root = { ...host.root, version: 5 };
    await host.publishRoot();
    expect(await refusal(() => readSetRoot(host, { pinned }))).to.equal('ROOT_UNKNOWN root');
    expect((await readSetRoot(host)).fingerprint).to.not.equal(pinned);
  });

  it('key rotation abuse, old keys only: whoever stole the old keys cannot name new ones that have not agreed', async () => {
    const [host, client] = await hostAndClient();
    const newcomer = await person('Mallory');
    await host.rotate({ keys: [...host.root.keys, newcomer.key], roles: { ...host.root.roles, root: roleOf([newcomer]) } });
    expect(await codeOf(() => client.update(host))).to.equal('ROOT_NEW_KEYS_MISSING');
    expect(client.root.root.version).to.equal(1);
  });

  it('key rotation abuse, new keys only: whoever holds no old key cannot name themselves', async () => {
    const [host, client] = await hostAndClient();
    host.rootSigners = [await person('Mallory')];
    await host.rotate({
      keys: host.rootSigners.map(({ key }) => key).concat(host.root.keys),
      roles: { ...host.root.roles, root: roleOf(host.rootSigners) },
    });
    expect(await codeOf(() => client.update(host))).to.equal('ROOT_OLD_KEYS_MISSING');
  });

  it('key rotation abuse, one old key of two: not enough', async () => {
    const [host, client] = await hostAndClient();
    host.rootSigners = host.rootSigners.slice(0, 1);
    await host.rotate();
    expect(await codeOf(() => client.update(host))).to.equal('ROOT_OLD_KEYS_MISSING');
  });

  it('lowering the threshold takes the old one', async () => {
    const [host, client] = await hostAndClient();
    host.rootSigners = host.rootSigners.slice(0, 1);
    await host.rotate({ roles: { ...host.root.roles, root: roleOf(host.rootSigners) } });
    expect(await codeOf(() => client.update(host))).to.equal('ROOT_OLD_KEYS_MISSING');
  });

  it('a rotation that both sides signed is taken, and the old keys have no say afterwards', async () => {
    const [host, client] = await hostAndClient();
    const old = host.rootSigners;
    const newcomers = await Promise.all([person('Fay'), person('Gus')]);
    host.rootSigners = [...old, ...newcomers];
    await host.rotate({
      keys: [...host.root.keys, ...newcomers.map(({ key }) => key)],
      roles: { ...host.root.roles, root: roleOf(newcomers) },
    });
    await client.update(host);
    host.rootSigners = old;
    await host.rotate();
    expect(await codeOf(() => client.update(host))).to.equal('ROOT_OLD_KEYS_MISSING');
    expect(client.root.root.version).to.equal(2);
  });

  it('rollback: an old root file under a new name', async () => {
    const [host, client] = await hostAndClient();
    const first = host.files.get(rootFile(1))!;
    await host.rotate();
    await client.update(host);
    host.files.set(rootFile(3), first);
    expect(await refusal(() => client.update(host))).to.equal('ROOT_ROLLBACK root.payload.version');
    host.files.set(rootFile(3), host.files.get(rootFile(2))!);
    expect(await codeOf(() => client.update(host))).to.equal('ROOT_ROLLBACK');
  });

  it('skipping: root 3 in place of root 2, which takes keys away', async () => {
    const [host, client] = await hostAndClient();
    await host.rotate();
    await host.rotate();
    host.files.set(rootFile(2), host.files.get(rootFile(3))!);
    expect(await refusal(() => client.update(host))).to.equal('ROOT_SKIPPED root.payload.version');
  });

  it('freeze: a root file that is not renewed', async () => {
    const [host, client] = await hostAndClient();
    client.nowMs = SPAN.expiresMs;
    expect(await codeOf(() => client.update(host))).to.equal('ROOT_EXPIRED');
    client.nowMs = SPAN.expiresMs - 1;
    await client.update(host);
  });
});

describe('an index: attacks', () => {
  it('rollback: an older index than one that was seen', async () => {
    const [host, client] = await hostAndClient();
    const older = host.files.get(INDEX_FILE)!;
    host.index = { ...host.index, version: 8 };
    await host.publishEntries();
    await client.update(host);
    host.files.set(INDEX_FILE, older);
    expect(await refusal(() => client.update(host))).to.equal('INDEX_ROLLBACK index.payload.version');
    expect(client.seen?.version).to.equal(8);
  });

  it('fast-forward: a version that nobody can exceed counts only until the keys are exchanged', async () => {
    const [host, client] = await hostAndClient();
    host.index = { ...host.index, version: 0xffff_ffff };
    await host.publishEntries();
    await client.update(host);
    host.index = { ...host.index, version: 9 };
    await host.publishEntries();
    expect(await codeOf(() => client.update(host))).to.equal('INDEX_ROLLBACK');
    const { root, release } = host.root.roles;
    await host.rotate({ roles: { root, release: { keys: release.keys.slice(0, 2), threshold: 2 } } });
    await client.update(host);
    expect(client.seen?.version).to.equal(9);
  });

  it('rollback under cover of a new key: what was seen is not forgotten because somebody joined', async () => {
    const [host, client] = await hostAndClient();
    await client.update(host);
    const fay = await person('Fay');
    const { root, release } = host.root.roles;
    const keys = [...release.keys, fay.key.fingerprint];
    await host.rotate({ keys: [...host.root.keys, fay.key], roles: { root, release: { ...release, keys } } });
    host.index = { ...host.index, version: 6 };
    await host.publishEntries();
    expect(await codeOf(() => client.update(host))).to.equal('INDEX_ROLLBACK');
    expect(client.seen?.version).to.equal(7);
  });

  it('freeze: an index that is not renewed', async () => {
    const [host, client] = await hostAndClient();
    host.index = { ...host.index, ...EXPIRED };
    await host.publishEntries();
    expect(await refusal(() => client.update(host))).to.equal('INDEX_EXPIRED index.payload.expires');
    expect(client.seen).to.equal(undefined);
  });

  it('threshold: one signature where two are needed', async () => {
    const [host, client] = await hostAndClient();
    host.releaseSigners = host.releaseSigners.slice(0, 1);
    await host.publishEntries();
    expect(await refusal(() => client.update(host))).to.equal('THRESHOLD_NOT_MET index.signatures');
  });

  it('threshold: signatures by strangers and by root keys count nothing', async () => {
    const [host, client] = await hostAndClient();
    host.releaseSigners = [host.releaseSigners[0]!, await person('Mallory'), ...host.rootSigners];
    await host.publishEntries();
    expect(await codeOf(() => client.update(host))).to.equal('THRESHOLD_NOT_MET');
  });

  it('a revoked key counts nothing, and is named', async () => {
    const [host, client] = await hostAndClient();
    const stolen = host.releaseSigners[0]!.key;
    const left = host.root.keys.filter((key) => key !== stolen);
    const release = { keys: host.root.roles.release.keys.filter((kid) => kid !== stolen.fingerprint), threshold: 2 };
    await host.rotate({ keys: left, revoked: [stolen.fingerprint], roles: { ...host.root.roles, release } });
    expect(await codeOf(() => client.update(host))).to.equal('KEY_REVOKED');
  });

  it('a revoked key does no harm beside enough others', async () => {
    const [host, client] = await hostAndClient();
    const stolen = await person('Mallory');
    host.releaseSigners = [...host.releaseSigners, stolen];
    const release = await host.publishRelease(await releaseOf(IMAGE.bytes));
    await host.publishIndex([release]);
    await host.rotate({ revoked: [stolen.key.fingerprint] });
    expect((await client.update(host)).trusted.signers).to.have.length(2);
  });

  it('a release in place of the index, signed by the same keys', async () => {
    const [host, client] = await hostAndClient();
    host.files.set(INDEX_FILE, host.files.get(host.entries[0]!.path)!);
    expect(await refusal(() => client.update(host))).to.equal('INDEX_MALFORMED index.payload.schema');
  });
});

describe('releases and images: attacks', () => {
  it('mix-and-match: another release that was signed just as well', async () => {
    const [host, client] = await hostAndClient();
    const older = await host.publishRelease(await releaseOf(IMAGE.bytes, { version: '1.1.0', counter: 11 }));
    host.files.set(host.entries[0]!.path, older.bytes);
    expect(await refusal(() => client.update(host))).to.equal(`RELEASE_NOT_LISTED ${host.entries[0]!.path}`);
  });

  it('mix-and-match: the same release, with one signature less', async () => {
    const [host, client] = await hostAndClient();
    host.releaseSigners = host.releaseSigners.slice(0, 1);
    const same = await host.publishRelease(await releaseOf(IMAGE.bytes));
    host.files.set(host.entries[0]!.path, same.bytes);
    expect(await codeOf(() => client.update(host))).to.equal('RELEASE_NOT_LISTED');
  });

  for (const [field, wrong] of [
    ['product', 'doorbell'],
    ['version', '9.9.9'],
    ['chip', 'ESP32'],
    ['counter', 99],
  ] as const) {
    it(`mix-and-match: an index that says another ${field} than the release`, async () => {
      const [host, client] = await hostAndClient();
      host.entries = [{ ...host.entries[0]!, [field]: wrong }];
      await host.publishEntries();
      expect(await refusal(() => client.update(host))).to.equal(`RELEASE_NOT_LISTED release.payload.${field}`);
    });
  }

  it('a release that the index names and too few have signed', async () => {
    const [host, client] = await hostAndClient();
    const all = host.releaseSigners;
    host.releaseSigners = all.slice(0, 1);
    const release = await host.publishRelease(await releaseOf(IMAGE.bytes));
    host.releaseSigners = all;
    await host.publishIndex([release]);
    expect(await refusal(() => client.update(host))).to.equal('THRESHOLD_NOT_MET release.signatures');
  });

  it('arbitrary installation: another image of the same size, of another size, cut, or none', async () => {
    const [host, client] = await hostAndClient();
    const path = await imagePath();
    const other = IMAGE.bytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte));
    host.files.set(path, other);
    expect(await refusal(() => client.update(host))).to.equal('RELEASE_IMAGE_WRONG image');
    host.files.set(path, IMAGE.bytes.slice(0, -1));
    expect(await codeOf(() => client.update(host))).to.equal('RELEASE_IMAGE_WRONG');
    host.files.set(path, new Uint8Array());
    expect(await codeOf(() => client.update(host))).to.equal('RELEASE_IMAGE_WRONG');
    host.files.delete(path);
    expect(await refusal(() => client.update(host))).to.equal(`SET_FILE_MISSING ${path}`);
  });

  it('endless data: no more of a file is taken than it may have', async () => {
    const [host, client] = await hostAndClient();
    const endless = new Uint8Array(2 * 1024 * 1024).fill(0x20);
    const intact = new Map(host.files);
    for (const path of ['2.root.json', INDEX_FILE, host.entries[0]!.path, await imagePath()]) {
      host.files.clear();
      for (const [name, bytes] of intact) host.files.set(name, bytes);
      host.files.set(path, endless);
      expect(await refusal(() => client.update(host))).to.equal(`SET_FILE_TOO_LARGE ${path}`);
    }
    host.files.set('root.json', endless);
    expect(await refusal(() => readSetRoot(host))).to.equal('SET_FILE_TOO_LARGE root.json');
  });

  it('freeze: a single release counts as new only while the root file is valid; what was trusted before stays readable', async () => {
    const [host, { root }] = await hostAndClient();
    const bytes = host.files.get(host.entries[0]!.path)!;
    const trusted = await trustSingleRelease(root, bytes, NOW_MS);
    expect(await codeOf(() => trustSingleRelease(root, bytes, SPAN.expiresMs))).to.equal('ROOT_EXPIRED');
    expect(await verifyRelease(root, bytes)).to.deep.equal(trusted);
  });

  it('a missing file is named', async () => {
    for (const path of [INDEX_FILE, (await ReleaseHost.open()).entries[0]!.path]) {
      const [host, client] = await hostAndClient();
      host.files.delete(path);
      expect(await refusal(() => client.update(host))).to.equal(`SET_FILE_MISSING ${path}`);
    }
  });

  it('nothing that a failed step brought is kept', async () => {
    const [host, client] = await hostAndClient();
    await client.update(host);
    const before = { root: client.root, seen: client.seen };
    host.index = { ...host.index, version: 8, ...EXPIRED };
    await host.publishEntries();
    expect(await codeOf(() => client.update(host))).to.equal('INDEX_EXPIRED');
    expect({ root: client.root, seen: client.seen }).to.deep.equal(before);
    expect(NOW_MS).to.be.lessThan(client.root.root.expiresMs);
  });
});

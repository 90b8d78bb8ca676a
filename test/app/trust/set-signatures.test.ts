import { expect } from 'chai';
import { fromBase64 } from '../../../src/core/bytes/base64.ts';
import { sha256Hex } from '../../../src/core/bytes/sha256.ts';
import { signDetached } from '../../../src/core/trust/detached-signature.ts';
import type { Fingerprint } from '../../../src/core/trust/key-model.ts';
import { readSetSignatures } from '../../../src/core/trust/read-release-set.ts';
import { INDEX_FILE, MOST_SIGNATURES, firmwareFile, signatureFile } from '../../../src/core/trust/set-files.ts';
import type { SetFile, SetSource } from '../../../src/core/trust/set-files.ts';
import { TrustError } from '../../../src/core/trust/trust-error.ts';
import { writeReleaseSet } from '../../../src/core/trust/write-release-set.ts';
import { LibraryError } from '../../../src/app/errors.ts';
import { makeKey, type TestKey } from '../../core/trust/keys-for-tests.ts';
import { Random } from '../../doubles/random.ts';
import { ReleaseDesk, settled } from '../../doubles/release-desk.ts';
import { IMAGE, NOW_MS, ReleaseHost, releaseOf } from '../../doubles/release-host.ts';

const OTHER = new TextEncoder().encode('the image of another board');
let key: TestKey;
let stranger: TestKey;
before(async () => {
  [key, stranger] = await Promise.all([makeKey('P-256'), makeKey('P-256')]);
});

/** Two images on a host, each with a signature of its own beside it. */
async function signedHost(): Promise<ReleaseHost> {
  const host = await ReleaseHost.open();
  const releases = [
    await host.publishRelease(await releaseOf(IMAGE.bytes)),
    await host.publishRelease(await releaseOf(OTHER, { counter: 13, version: '1.3.0' })),
  ];
  await host.publishIndex(releases);
  for (const bytes of [IMAGE.bytes, OTHER]) {
    const sha256 = await sha256Hex(bytes);
    host.files.set(firmwareFile(sha256), bytes);
    host.files.set(signatureFile(sha256, 1), await signDetached(key.privateKey, bytes));
  }
  return host;
}

async function takeAll(desk: ReleaseDesk, host: SetSource): Promise<void> {
  const visit = await desk.visit(host);
  await visit.confirm('Garden');
  await settled(visit);
  for (const { entry } of visit.state.value.offers) {
    expect(await visit.accept(entry), 'the release itself is fine').to.include({ product: 'greenhouse' });
  }
}

const trusted = async (desk: ReleaseDesk, bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  (await desk.signatures.trust(await sha256Hex(bytes), 'greenhouse')).signature.status;

const attached = async (desk: ReleaseDesk, bytes: Uint8Array<ArrayBuffer> = IMAGE.bytes) => desk.signaturesOf(await sha256Hex(bytes));

/** A reader whose product trusts the key. */
async function reader(): Promise<ReleaseDesk> {
  const desk = new ReleaseDesk();
  await desk.keys.add('Release 2026', key);
  return desk;
}

describe('signatures in a release set', () => {
  it('are kept with the image that they were made over, as if somebody had attached them', async () => {
    const desk = await reader();
    await takeAll(desk, await signedHost());
    expect(await trusted(desk, IMAGE.bytes)).to.equal('trusted');
    expect(await trusted(desk, OTHER)).to.equal('trusted');
    const [signature] = await attached(desk);
    expect(signature).to.include({ addedAt: NOW_MS, fileName: `${await sha256Hex(IMAGE.bytes)}.bin.sig` });
    expect(desk.acts.map(([act]) => act)).to.include.members(['signature-attached', 'signature-checked', 'release-accepted']);
  });

  it('are looked for again once their key is known here', async () => {
    const desk = new ReleaseDesk();
    const host = await signedHost();
    await takeAll(desk, host);
    expect(await trusted(desk, IMAGE.bytes)).to.equal('unsigned');
    await desk.keys.add('Release 2026', key);
    await desk.visit(host);
    await until(async () => (await attached(desk)).length > 0);
    expect(await trusted(desk, IMAGE.bytes)).to.equal('trusted');
  });

  it('that are junk leave nothing behind: the key that comes later finds its own signature', async () => {
    const desk = new ReleaseDesk();
    const host = await signedHost();
    const sha256 = await sha256Hex(IMAGE.bytes);
    const genuine = host.files.get(signatureFile(sha256, 1))!;
    for (let number = 1; number <= 16; number++)
      host.files.set(signatureFile(sha256, number), new Random(number).bytes(number % 2 ? 64 : 256));
    await takeAll(desk, host);
    await desk.keys.add('Release 2026', key);
    expect(await trusted(desk, IMAGE.bytes)).to.equal('unsigned');
    host.files.set(signatureFile(sha256, 1), genuine);
    await desk.visit(host);
    await until(async () => (await attached(desk)).length > 0);
    expect(await trusted(desk, IMAGE.bytes)).to.equal('trusted');
  });

  it('swapped between images by the host: none is kept, and both releases are taken all the same', async () => {
    const host = await signedHost();
    const [a, b] = [signatureFile(await sha256Hex(IMAGE.bytes), 1), signatureFile(await sha256Hex(OTHER), 1)];
    const [ofA, ofB] = [host.files.get(a)!, host.files.get(b)!];
    host.files.set(a, ofB).set(b, ofA);
    const desk = await reader();
    await takeAll(desk, host);
    expect(await attached(desk)).to.deep.equal([]);
    expect(await attached(desk, OTHER)).to.deep.equal([]);
    expect(await trusted(desk, IMAGE.bytes)).to.equal('unsigned');
  });

  it('one that fits is kept beside one that does not', async () => {
    const host = await signedHost();
    const sha256 = await sha256Hex(IMAGE.bytes);
    host.files.set(signatureFile(sha256, 2), host.files.get(signatureFile(sha256, 1))!);
    host.files.set(signatureFile(sha256, 1), await signDetached(key.privateKey, OTHER));
    const desk = await reader();
    await takeAll(desk, host);
    expect(await attached(desk)).to.have.lengthOf(1);
    expect(await trusted(desk, IMAGE.bytes)).to.equal('trusted');
  });

  it('found at the next visit, where a release was taken before it was signed', async () => {
    const host = await signedHost();
    const path = signatureFile(await sha256Hex(IMAGE.bytes), 1);
    const signature = host.files.get(path)!;
    host.files.delete(path);
    const desk = await reader();
    await takeAll(desk, host);
    expect(await trusted(desk, IMAGE.bytes)).to.equal('unsigned');
    host.files.set(path, signature);
    await desk.visit(host);
    await until(async () => (await attached(desk)).length > 0);
    expect(await trusted(desk, IMAGE.bytes)).to.equal('trusted');
    host.asked.length = 0;
    await settled(await desk.visit(host));
    expect(host.asked, 'nobody asks for what is here').to.not.include(path);
  });

  const nothings: readonly [string, (host: ReleaseHost, path: string) => void][] = [
    ['none', (host, path) => host.files.delete(path)],
    ['an empty file', (host, path) => host.files.set(path, new Uint8Array())],
    ['a file of 5 MB', (host, path) => host.files.set(path, new Uint8Array(5 << 20).fill(7))],
    [
      'the page of a host that has no such file',
      (host, path) => host.files.set(path, new TextEncoder().encode('Not found: no such file here.')),
    ],
  ];
  for (const [name, put] of nothings) {
    it(`${name} is no fault: the release is taken, and nothing is attached`, async () => {
      const host = await signedHost();
      put(host, signatureFile(await sha256Hex(IMAGE.bytes), 1));
      const desk = await reader();
      await takeAll(desk, host);
      expect(await attached(desk)).to.deep.equal([]);
      expect(desk.acts.map(([act]) => act)).to.not.include('release-refused');
    });
  }

  it('more than a library keeps: no more is asked for, and only what a known key made stays', async () => {
    const host = await signedHost();
    const sha256 = await sha256Hex(IMAGE.bytes);
    const mine = await signDetached(key.privateKey, IMAGE.bytes);
    for (let number = 1; number <= 40; number++)
      host.files.set(signatureFile(sha256, number), await signDetached(stranger.privateKey, IMAGE.bytes));
    host.files.set(signatureFile(sha256, MOST_SIGNATURES), mine);
    const desk = new ReleaseDesk();
    await desk.keys.add('Release 2026', key, { trusted: false });
    await takeAll(desk, host);
    expect(host.asked.filter((path) => path.endsWith('.sig') && path.includes(sha256))).to.have.lengthOf(MOST_SIGNATURES);
    const kept = await attached(desk);
    expect(kept).to.have.lengthOf(1);
    expect(kept[0]!.keyId).to.be.a('string');
  });

  it('that cannot be kept are never in the way of the release', async () => {
    const desk = await reader();
    desk.signatures.adopt = () => Promise.reject(new LibraryError('FIRMWARE_UNKNOWN', 'the disk is full', {}));
    await takeAll(desk, await signedHost());
    expect(desk.acts.filter(([act]) => act === 'release-accepted')).to.have.lengthOf(2);
  });

  it('never push out what is kept with a firmware already', async () => {
    const host = await signedHost();
    const desk = await reader();
    const sha256 = await desk.keep(IMAGE.bytes);
    const keyIds: Fingerprint[] = [];
    for (let each = 0; each < MOST_SIGNATURES; each++) keyIds.push(await desk.keys.add(`Key ${each}`, await makeKey('P-256')));
    for (const keyId of keyIds) await desk.signatures.sign(sha256, keyId);
    const before = await attached(desk);
    await takeAll(desk, host);
    expect(await attached(desk)).to.deep.equal(before);
  });
});

describe('readSetSignatures()', () => {
  const SHA256 = 'ab'.repeat(32);
  const failing = (error: Error): SetSource => ({ read: () => Promise.reject(error) });

  it('reads one after the other until there is none', async () => {
    const files = new Map([1, 2, 4].map((number) => [signatureFile(SHA256, number), new Uint8Array(64).fill(200 + number)]));
    const asked: string[] = [];
    const found = await readSetSignatures({ read: async (path) => (asked.push(path), files.get(path)) }, SHA256);
    expect(found.map(({ fileName, bytes }) => [fileName, bytes[0]])).to.deep.equal([
      [`${SHA256}.bin.sig`, 201],
      [`${SHA256}.bin.2.sig`, 202],
    ]);
    expect(asked.at(-1)).to.equal(`firmware/${SHA256}.bin.3.sig`);
  });

  it('goes on behind one that is too large, and asks for no more of it', async () => {
    const source: SetSource = {
      read: async (path, mostBytes) => {
        expect(mostBytes).to.be.at.most(4096);
        if (path === signatureFile(SHA256, 1)) throw new TrustError('SET_FILE_TOO_LARGE', path, 'has too many bytes');
        return path === signatureFile(SHA256, 2) ? new Uint8Array(256).fill(200) : undefined;
      },
    };
    expect(await readSetSignatures(source, SHA256)).to.have.lengthOf(1);
  });

  it('finds none where a host cannot be read, and ends where it is stopped', async () => {
    expect(await readSetSignatures(failing(new LibraryError('FILE_UNREADABLE', 'gone', {})), SHA256)).to.deep.equal([]);
    const stopped = AbortSignal.abort();
    const reason = await readSetSignatures(failing(new LibraryError('FILE_UNREADABLE', 'gone', {})), SHA256, { signal: stopped }).catch(
      (error: unknown) => error,
    );
    expect(reason).to.equal(stopped.reason);
  });
});

describe('a set that is written', () => {
  it('brings the signatures beside the image, the first by the name that openssl users know', async () => {
    const workshop = await ReleaseHost.open();
    const signatures = [await signDetached(key.privateKey, IMAGE.bytes), await signDetached(stranger.privateKey, IMAGE.bytes)];
    const trusted = await workshop.publishRelease(await releaseOf(IMAGE.bytes));
    await workshop.publishIndex([trusted]);
    const index = workshop.files.get(INDEX_FILE)!;
    const parts = { roots: [workshop.files.get('1.root.json')!], index, releases: [trusted.bytes], images: [{ ...IMAGE, signatures }] };
    const files = await writeReleaseSet(parts, NOW_MS);
    const sha256 = await sha256Hex(IMAGE.bytes);
    expect(bytesIn(files, `firmware/${sha256}.bin.sig`)).to.deep.equal(signatures[0]);
    expect(bytesIn(files, `firmware/${sha256}.bin.2.sig`)).to.deep.equal(signatures[1]);
  });

  it('brings only those that verify with a key of the publisher which nobody stole', async () => {
    const desk = await reader();
    const sha256 = await desk.keep(IMAGE.bytes);
    const stolen = await desk.keys.add('Stolen', await makeKey('P-256'));
    const known = (await desk.keys.knownKeys())[0]!.fingerprint;
    await desk.signatures.sign(sha256, stolen);
    await desk.signatures.sign(sha256, known);
    await desk.signatures.attach(sha256, new Blob([await signDetached(stranger.privateKey, IMAGE.bytes)]), 'x.sig');
    await desk.signatures.attach(sha256, new Blob([await signDetached(key.privateKey, OTHER)]), 'y.sig');
    desk.keys.change(stolen, { status: 'revoked' });
    const vouched = await desk.signatures.vouched(sha256);
    const mine = desk.signaturesOf(sha256).find(({ keyId }) => keyId === known)!;
    expect(vouched).to.deep.equal([fromBase64(mine.value)]);
  });
});

const bytesIn = (files: readonly SetFile[], path: string) => files.find((file) => file.path === path)?.bytes;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 2));
}

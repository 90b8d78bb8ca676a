import { openDB } from 'idb';
import { expect } from 'chai';
import type { ReleaseRecord, RootRecord } from '../../src/app/trust/model.ts';
import { OtterDatabaseHandle } from '../../src/io/store/database.ts';
import { IdbReleaseStore } from '../../src/io/store/release-store.ts';

const sha = (index: number): string => index.toString(16).padStart(64, '0');
const bytesOf = (text: string) => new TextEncoder().encode(text);

const rootRecord: RootRecord = { id: sha(1), name: 'Garden', version: 1, source: 'https://example.org/', acceptedAt: 5 };
const releaseRecord = (change: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  id: sha(2),
  rootId: sha(1),
  sha256: sha(3),
  product: 'greenhouse',
  version: '1.2.0',
  counter: 12,
  issuedAt: 1,
  expiresAt: 2,
  acceptedAt: 3,
  ...change,
});

describe('the store of releases', () => {
  let name: string;
  let database: OtterDatabaseHandle;
  let store: IdbReleaseStore;

  beforeEach(() => {
    name = `otter-test-${crypto.randomUUID()}`;
    database = new OtterDatabaseHandle(name);
    store = new IdbReleaseStore(database);
  });

  afterEach(async () => {
    await database.close();
    indexedDB.deleteDatabase(name);
  });

  const putRoot = () => store.write({ root: { id: sha(1), change: () => ({ record: rootRecord, files: [bytesOf('root 1')] }) } });

  it('keeps the whole line of root files, what was seen, and the index, byte for byte', async () => {
    await putRoot();
    await store.write({
      root: {
        id: sha(1),
        change: (stored) => ({
          ...stored!,
          files: [...stored!.files, bytesOf('root 2')],
          seen: { version: 7, releaseKeys: [sha(9)] },
          index: bytesOf('index'),
        }),
      },
    });
    const [root] = await store.roots();
    expect(root?.files.map((file) => new TextDecoder().decode(file))).to.deep.equal(['root 1', 'root 2']);
    expect(root?.seen).to.deep.equal({ version: 7, releaseKeys: [sha(9)] });
    expect(root?.index && new TextDecoder().decode(root.index)).to.equal('index');
    expect(root?.record).to.deep.equal(rootRecord);
  });

  it('finds releases by their image, newest first', async () => {
    await store.write({ release: { record: releaseRecord(), bytes: bytesOf('a') } });
    await store.write({ release: { record: releaseRecord({ id: sha(4), acceptedAt: 9, counter: 4 }), bytes: bytesOf('b') } });
    await store.write({ release: { record: releaseRecord({ id: sha(5), sha256: sha(6) }), bytes: bytesOf('c') } });
    expect((await store.ofImage(sha(3))).map(({ id }) => id)).to.deep.equal([sha(4), sha(2)]);
    expect((await store.releases()).map(({ record }) => record.id)).to.deep.equal([sha(4), sha(2), sha(5)]);
  });

  it('writes all of a change or nothing of it', async () => {
    const draft = { record: { id: 'draft-1', kind: 'release', createdAt: 1, rootId: sha(1) } as const, bytes: bytesOf('draft') };
    await store.write({ draft });
    const failed = await store
      .write({
        release: { record: releaseRecord(), bytes: bytesOf('a') },
        endDraft: 'draft-1',
        root: {
          id: sha(1),
          change: () => {
            throw new Error('no');
          },
        },
      })
      .then(
        () => false,
        () => true,
      );
    expect(failed).to.equal(true);
    expect(await store.releases()).to.deep.equal([]);
    expect(await store.draft('draft-1')).to.deep.equal(draft);
  });

  it('two changes at once are both there: each works on what is stored', async () => {
    await putRoot();
    const grow = (text: string) =>
      store.write({ root: { id: sha(1), change: (stored) => ({ ...stored!, files: [...stored!.files, bytesOf(text)] }) } });
    await Promise.all([grow('two'), grow('three')]);
    expect((await store.roots())[0]?.files).to.have.lengthOf(3);
  });

  it('forgets a publisher with its releases and drafts, and nobody else’s', async () => {
    await putRoot();
    await store.write({
      release: { record: releaseRecord(), bytes: bytesOf('a') },
      draft: { record: { id: 'mine', kind: 'index', createdAt: 1, rootId: sha(1) }, bytes: bytesOf('d') },
    });
    await store.write({
      release: { record: releaseRecord({ id: sha(5), rootId: sha(7) }), bytes: bytesOf('b') },
      draft: { record: { id: 'other', kind: 'root', createdAt: 1, name: 'New' }, bytes: bytesOf('e') },
    });
    await store.deleteRoot(sha(1));
    expect(await store.roots()).to.deep.equal([]);
    expect((await store.releases()).map(({ record }) => record.id)).to.deep.equal([sha(5)]);
    expect((await store.drafts()).map(({ id }) => id)).to.deep.equal(['other']);
  });

  it('leaves out records that a hand, or another version, left broken', async () => {
    await putRoot();
    const raw = await openDB(name);
    const hostile: readonly [store: string, value: unknown][] = [
      ['roots', { id: sha(10), record: { ...rootRecord, id: sha(10) }, files: [] }],
      ['roots', { id: sha(11), record: { ...rootRecord, id: sha(11) }, files: ['text'] }],
      ['roots', { id: sha(12), record: { ...rootRecord, id: 'short' }, files: [bytesOf('x')] }],
      ['roots', { id: sha(13), record: { ...rootRecord, name: 'n'.repeat(65) }, files: [bytesOf('x')] }],
      ['roots', { id: sha(14), record: rootRecord, files: [bytesOf('x')], seen: { version: -1, releaseKeys: [] } }],
      ['roots', { id: sha(15), record: rootRecord, files: [new Uint8Array(256 * 1024 + 1)] }],
      ['releases', { id: sha(16), sha256: sha(3), record: releaseRecord({ counter: 1.5 }), bytes: bytesOf('x') }],
      ['releases', { id: sha(17), sha256: sha(3), record: releaseRecord(), bytes: 'text' }],
      ['releases', { id: sha(18), sha256: sha(3) }],
      ['drafts', { id: 'x', record: { id: '../x', kind: 'root', createdAt: 1 }, bytes: bytesOf('x') }],
      ['drafts', { id: 'y', record: { id: 'y', kind: 'coffee', createdAt: 1 }, bytes: bytesOf('x') }],
    ];
    for (const [at, value] of hostile) await raw.put(at, value);
    raw.close();
    expect((await store.roots()).map(({ record }) => record.id)).to.deep.equal([sha(1)]);
    expect(await store.releases()).to.deep.equal([]);
    expect(await store.ofImage(sha(3))).to.deep.equal([]);
    expect(await store.drafts()).to.deep.equal([]);
  });
});

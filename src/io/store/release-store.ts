/**
 * Root files, releases and drafts on disk: small records beside the signed bytes, under the record's own id. The bytes are never made of the
 * record, always the other way round.
 */
import { parseStoredDraft, parseStoredRelease, parseStoredRoot } from '../../app/trust/release-records.ts';
import type { ReleaseRecord } from '../../app/trust/model.ts';
import type { ReleaseChange, ReleaseStore, StoredDraft, StoredRelease, StoredRoot } from '../../app/trust/release-ports.ts';
import type { DraftRecord } from '../../app/trust/release-services.ts';
import { allOrNothing } from './database.ts';
import type { OtterDatabaseHandle } from './database.ts';

const STORES = ['roots', 'releases', 'drafts'] as const;

const present = <T>(value: T | undefined): value is T => value !== undefined;
const byNewest = (a: ReleaseRecord, b: ReleaseRecord): number => b.acceptedAt - a.acceptedAt || b.counter - a.counter;

/** Keys and indexes stand at the top of what is stored. */
const keyed = (release: StoredRelease): object => ({ id: release.record.id, sha256: release.record.sha256, ...release });

export class IdbReleaseStore implements ReleaseStore {
  readonly #database: OtterDatabaseHandle;

  constructor(database: OtterDatabaseHandle) {
    this.#database = database;
  }

  roots(): Promise<readonly StoredRoot[]> {
    return this.#database.use(async (database) => (await database.getAll('roots')).map(parseStoredRoot).filter(present));
  }

  releases(): Promise<readonly StoredRelease[]> {
    return this.#database.use(async (database) => {
      const all = (await database.getAll('releases')).map(parseStoredRelease).filter(present);
      return all.sort((a, b) => byNewest(a.record, b.record));
    });
  }

  release(id: string): Promise<StoredRelease | undefined> {
    return this.#database.use(async (database) => parseStoredRelease(await database.get('releases', id)));
  }

  ofImage(sha256: string): Promise<readonly ReleaseRecord[]> {
    return this.#database.use(async (database) => {
      const found = (await database.getAllFromIndex('releases', 'sha256', sha256)).map(parseStoredRelease).filter(present);
      return found.map(({ record }) => record).sort(byNewest);
    });
  }

  drafts(): Promise<readonly DraftRecord[]> {
    return this.#database.use(async (database) => {
      const all = (await database.getAll('drafts')).map(parseStoredDraft).filter(present);
      return all.map(({ record }) => record).sort((a, b) => b.createdAt - a.createdAt);
    });
  }

  draft(id: string): Promise<StoredDraft | undefined> {
    return this.#database.use(async (database) => parseStoredDraft(await database.get('drafts', id)));
  }

  write({ root, release, draft, endDraft }: ReleaseChange): Promise<void> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction(STORES, 'readwrite');
      await allOrNothing(transaction, async () => {
        if (root) {
          const stored = parseStoredRoot(await transaction.objectStore('roots').get(root.id));
          await transaction.objectStore('roots').put({ id: root.id, ...root.change(stored) });
        }
        if (release) await transaction.objectStore('releases').put(keyed(release));
        if (draft) await transaction.objectStore('drafts').put({ id: draft.record.id, ...draft });
        if (endDraft !== undefined) await transaction.objectStore('drafts').delete(endDraft);
      });
    });
  }

  deleteRelease(id: string): Promise<void> {
    return this.#database.use((database) => database.delete('releases', id));
  }

  deleteRoot(id: string): Promise<void> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction(STORES, 'readwrite');
      await allOrNothing(transaction, async () => {
        await transaction.objectStore('roots').delete(id);
        for (const name of ['releases', 'drafts'] as const) {
          const store = transaction.objectStore(name);
          const parse = name === 'releases' ? parseStoredRelease : parseStoredDraft;
          for (const key of await store.getAllKeys()) {
            if (parse(await store.get(key))?.record.rootId === id) await store.delete(key);
          }
        }
      });
    });
  }
}

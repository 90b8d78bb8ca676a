/** The firmware library on disk: small records in one store, bytes by their SHA-256 in another. */
import type { FirmwareEdit, FirmwareRecord } from '../../app/model.ts';
import type { ChangeSignatures, FirmwareStore } from '../../app/ports.ts';
import { BYTE_USERS, allOrNothing } from './database.ts';
import type { ByteUsersTransaction, OtterDatabaseHandle } from './database.ts';
import { parseFirmwareRecord } from '../../app/records.ts';

const byNewest = (a: FirmwareRecord, b: FirmwareRecord): number => b.addedAt - a.addedAt || (a.sha256 < b.sha256 ? -1 : 1);

/** Deletes the bytes unless a record or a history entry still refers to them. */
export async function sweepBlob(transaction: ByteUsersTransaction, sha256: string): Promise<void> {
  const isRecorded = (await transaction.objectStore('firmware').getKey(sha256)) !== undefined;
  if (isRecorded) return;
  const isInHistory = (await transaction.objectStore('history').index('sha256').getKey(sha256)) !== undefined;
  if (!isInHistory) await transaction.objectStore('blobs').delete(sha256);
}

export class IdbFirmwareStore implements FirmwareStore {
  readonly #database: OtterDatabaseHandle;

  constructor(database: OtterDatabaseHandle) {
    this.#database = database;
  }

  all(): Promise<readonly FirmwareRecord[]> {
    return this.#database.use(async (database) => {
      const stored = await database.getAll('firmware');
      return stored
        .map(parseFirmwareRecord)
        .filter((record) => record !== undefined)
        .sort(byNewest);
    });
  }

  get(sha256: string): Promise<FirmwareRecord | undefined> {
    return this.#database.use(async (database) => parseFirmwareRecord(await database.get('firmware', sha256)));
  }

  bytes(sha256: string): Promise<Blob | undefined> {
    return this.#database.use(async (database) => {
      const stored: unknown = await database.get('blobs', sha256);
      return stored instanceof Blob ? stored : undefined;
    });
  }

  put(record: FirmwareRecord, bytes: Blob): Promise<{ readonly record: FirmwareRecord; readonly isNew: boolean }> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction(['firmware', 'blobs'], 'readwrite');
      const records = transaction.objectStore('firmware');
      const blobs = transaction.objectStore('blobs');
      return allOrNothing(transaction, async () => {
        const known = parseFirmwareRecord(await records.get(record.sha256));
        if (!known) await records.put(record);
        if ((await blobs.getKey(record.sha256)) === undefined) await blobs.put(bytes, record.sha256);
        return { record: known ?? record, isNew: !known };
      });
    });
  }

  edit(sha256: string, change: FirmwareEdit): Promise<FirmwareRecord | undefined> {
    return this.#change(sha256, (known) => ({
      ...known,
      ...change,
      versionCertain: known.versionCertain || change.version !== undefined,
    }));
  }

  changeSignatures(sha256: string, change: ChangeSignatures): Promise<FirmwareRecord | undefined> {
    return this.#change(sha256, ({ signatures = [], ...known }) => {
      const changed = change(signatures);
      return changed.length > 0 ? { ...known, signatures: changed } : known;
    });
  }

  delete(sha256: string, options: { readonly evenFromHistory?: boolean } = {}): Promise<void> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction(BYTE_USERS, 'readwrite');
      await allOrNothing(transaction, async () => {
        await transaction.objectStore('firmware').delete(sha256);
        if (options.evenFromHistory === true) await transaction.objectStore('blobs').delete(sha256);
        else await sweepBlob(transaction, sha256);
      });
    });
  }

  #change(sha256: string, change: (known: FirmwareRecord) => FirmwareRecord): Promise<FirmwareRecord | undefined> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction('firmware', 'readwrite');
      return allOrNothing(transaction, async () => {
        const known = parseFirmwareRecord(await transaction.store.get(sha256));
        if (!known) return undefined;
        const changed = change(known);
        await transaction.store.put(changed);
        return changed;
      });
    });
  }
}

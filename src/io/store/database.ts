/**
 * The app's own database and its one schema. Bytes live apart from the records that describe them, so that opening a
 * library never touches a byte of firmware. Translates every fault of IndexedDB into a `StoreError`, here and nowhere else.
 */
import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase, IDBPTransaction } from 'idb';
import { StoreError } from '../../app/errors.ts';
import { OtterError } from '../../core/errors.ts';

export const DATABASE_NAME = 'otter';
const VERSION = 3;
/** Another tab with an older version of the app may hold the database open while this one wants to upgrade it. */
const OPEN_TIMEOUT_MS = 10_000;

/** Values are `unknown`: what is stored is parsed when it is read (`app/records.ts`). */
export interface OtterSchema extends DBSchema {
  blobs: { key: string; value: Blob };
  firmware: { key: string; value: unknown };
  devices: { key: string; value: unknown };
  history: { key: string; value: unknown; indexes: { device: string; sha256: string } };
  settings: { key: string; value: unknown };
  /** What each kind of serial adapter was found to bear, by its USB ids. */
  adapters: { key: string; value: unknown };
  /** What is known of each signing key and secret, by its id. */
  keys: { key: string; value: unknown };
  /** The `CryptoKey`s themselves, by the same id. Where one is not extractable, nothing of this origin can read it either. */
  keyMaterial: { key: string; value: unknown };
  /** Whose firmware is trusted, by product. */
  products: { key: string; value: unknown };
  /** Root files that are trusted, by the SHA-256 of the first of their line. */
  roots: { key: string; value: unknown };
  /** Verified releases, as they were signed. */
  releases: { key: string; value: unknown; indexes: { sha256: string } };
  /** Root files, indexes and releases that wait for signatures. */
  drafts: { key: string; value: unknown };
  /** The chained log, by sequence number. */
  log: { key: number; value: unknown };
}

export type OtterDatabase = IDBPDatabase<OtterSchema>;

/** Step `n` takes a database of version n − 1 to n; a published step is never changed. */
const STEPS: readonly ((database: OtterDatabase) => void)[] = [
  (database) => {
    database.createObjectStore('blobs');
    database.createObjectStore('firmware', { keyPath: 'sha256' });
    database.createObjectStore('devices', { keyPath: 'id' });
    const history = database.createObjectStore('history', { keyPath: 'id' });
    history.createIndex('device', 'deviceId');
    history.createIndex('sha256', 'sha256');
    database.createObjectStore('settings');
  },
  (database) => {
    database.createObjectStore('adapters');
  },
  (database) => {
    database.createObjectStore('keys', { keyPath: 'id' });
    database.createObjectStore('keyMaterial');
    database.createObjectStore('products', { keyPath: 'product' });
    database.createObjectStore('roots', { keyPath: 'id' });
    database.createObjectStore('releases', { keyPath: 'id' }).createIndex('sha256', 'sha256');
    database.createObjectStore('drafts', { keyPath: 'id' });
    database.createObjectStore('log', { keyPath: 'seq' });
  },
];

const NAMES = {
  QuotaExceededError: 'STORAGE_FULL',
  VersionError: 'STORE_NEWER',
  InvalidStateError: 'STORE_UNAVAILABLE',
  SecurityError: 'STORE_UNAVAILABLE',
} as const;

export function toStoreError(cause: unknown): OtterError {
  if (cause instanceof OtterError) return cause;
  const name = cause instanceof Error ? cause.name : 'Error';
  const code = Object.hasOwn(NAMES, name) ? NAMES[name as keyof typeof NAMES] : 'STORE_FAILED';
  return new StoreError(code, cause instanceof Error ? cause.message : String(cause), { name }, { cause });
}

/** Every store that refers to bytes, and the bytes. */
export const BYTE_USERS = ['blobs', 'firmware', 'devices', 'history'] as const satisfies readonly (keyof OtterSchema)[];
export type ByteUsersTransaction = IDBPTransaction<OtterSchema, typeof BYTE_USERS, 'readwrite'>;

/**
 * Runs `work` and commits, or undoes all of it. A full disk shows as an abort whose reason only the transaction knows,
 * while the requests under way merely say that they were aborted: the transaction's word counts.
 */
export async function allOrNothing<T>(
  transaction: { readonly done: Promise<void>; readonly error: DOMException | null; abort(): void },
  work: () => Promise<T>,
): Promise<T> {
  try {
    const result = await work();
    await transaction.done;
    return result;
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It is over already.
    }
    await transaction.done.catch(() => undefined);
    throw transaction.error ?? error;
  }
}

/** Opens the database, lazily and again after the browser closed it. */
export class OtterDatabaseHandle {
  readonly #name: string;
  #opening: Promise<OtterDatabase> | undefined;

  constructor(name = DATABASE_NAME) {
    this.#name = name;
  }

  open(): Promise<OtterDatabase> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw toStoreError(error);
    });
    return this.#opening;
  }

  /** Runs `work` and translates what it throws. */
  async use<T>(work: (database: OtterDatabase) => Promise<T>): Promise<T> {
    const database = await this.open();
    try {
      return await work(database);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    (await opening?.catch(() => undefined))?.close();
  }

  #open(): Promise<OtterDatabase> {
    const forget = (): void => {
      this.#opening = undefined;
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const blocked = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new StoreError('STORE_BLOCKED', 'another tab holds the database', {})), OPEN_TIMEOUT_MS);
    });
    const opened = openDB<OtterSchema>(this.#name, VERSION, {
      upgrade(database, oldVersion) {
        for (const step of STEPS.slice(oldVersion)) step(database);
      },
      // Makes way for a newer version of the app in another tab; the next use opens again.
      blocking(_current, _blocked, event) {
        forget();
        (event.target as IDBDatabase).close();
      },
      terminated: forget,
    });
    opened.then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    );
    return Promise.race([opened, blocked]);
  }
}

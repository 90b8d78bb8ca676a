/**
 * The disk of the virtual devices: IndexedDB, one database per service worker scope. Flash lies in 64 KiB blocks, everything else
 * of a device in one record; a commit is one transaction, so it happens whole or not at all.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { FLASH_BLOCK_BYTES, type DeviceChange, type DeviceStorage } from '../../virtual/storage.ts';

interface VirtualSchema extends DBSchema {
  blocks: { key: [id: string, index: number]; value: Uint8Array };
  states: { key: string; value: unknown };
}

const DB_VERSION = 1;

export function virtualDatabaseName(scope: string): string {
  return `otter-virtual ${new URL(scope).pathname}`;
}

export class VirtualDatabase {
  readonly #name: string;
  #opening: Promise<IDBPDatabase<VirtualSchema>> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  device(id: string): DeviceStorage {
    return { load: () => this.#load(id), commit: (change) => this.#commit(id, change) };
  }

  /** Every trace of a device. */
  async forget(id: string): Promise<void> {
    const db = await this.#open();
    const transaction = db.transaction(['blocks', 'states'], 'readwrite');
    await Promise.all([
      transaction.objectStore('blocks').delete(blocksOf(id)),
      transaction.objectStore('states').delete(id),
      transaction.done,
    ]);
  }

  close(): void {
    void this.#opening?.then((db) => db.close()).catch(() => undefined);
    this.#opening = undefined;
  }

  async #load(id: string): Promise<{ readonly blocks: ReadonlyMap<number, Uint8Array>; readonly state: unknown } | undefined> {
    const db = await this.#open();
    const transaction = db.transaction(['blocks', 'states']);
    const blockStore = transaction.objectStore('blocks');
    // Both lists come in key order.
    const [state, keys, values] = await Promise.all([
      transaction.objectStore('states').get(id),
      blockStore.getAllKeys(blocksOf(id)),
      blockStore.getAll(blocksOf(id)),
      transaction.done,
    ]);
    if (state === undefined) return undefined;
    const blocks = new Map<number, Uint8Array>();
    keys.forEach(([, index], i) => {
      const block: unknown = values[i];
      if (block instanceof Uint8Array && block.length === FLASH_BLOCK_BYTES) blocks.set(index, block);
    });
    return { blocks, state };
  }

  async #commit(id: string, { blocks, state, durability }: DeviceChange): Promise<void> {
    const db = await this.#open();
    const transaction = db.transaction(['blocks', 'states'], 'readwrite', { durability });
    const blockStore = transaction.objectStore('blocks');
    // A failed request aborts the transaction, and `done` rejects with its reason; the requests' own promises need no second handler.
    const ignore = (request: Promise<unknown>): void => void request.catch(() => undefined);
    for (const [index, block] of blocks) ignore(block ? blockStore.put(block, [id, index]) : blockStore.delete([id, index]));
    if (state !== undefined) ignore(transaction.objectStore('states').put(state, id));
    transaction.commit();
    await transaction.done;
  }

  #open(): Promise<IDBPDatabase<VirtualSchema>> {
    this.#opening ??= this.#connect();
    return this.#opening;
  }

  async #connect(): Promise<IDBPDatabase<VirtualSchema>> {
    const forgetConnection = (): void => {
      this.#opening = undefined;
    };
    try {
      return await openDB<VirtualSchema>(this.#name, DB_VERSION, {
        upgrade(db) {
          db.createObjectStore('blocks');
          db.createObjectStore('states');
        },
        // Somebody deletes the database or brings a newer version: let go, and open again when next needed.
        blocking: (_current, _blocked, event) => {
          (event.target as IDBDatabase).close();
          forgetConnection();
        },
        terminated: forgetConnection,
      });
    } catch (error) {
      forgetConnection();
      throw error;
    }
  }
}

function blocksOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, []]);
}

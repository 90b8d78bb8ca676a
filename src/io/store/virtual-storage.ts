/**
 * The disk of the virtual devices: IndexedDB, one database per service worker scope. Flash lies there in its 64 KiB blocks, everything else
 * of a device in one record; a commit is one transaction, so it happens whole or not at all.
 *
 * One writer at a time: who loads a device, or stores it first, claims it, and the commits of whoever held it before are refused. A worker
 * that its successor has replaced, or an update that outlived its device, cannot write into what the other now keeps in memory.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { FLASH_BLOCK_BYTES, type DeviceChange, type DeviceStorage } from '../../virtual/storage.ts';

/**
 * A block is kept as two records. Chromium moves every value of 64 KiB and more into a file of its own, which made a commit of 4 MiB
 * three times as slow (measured: 64 KiB values 76 ms, 32 KiB values 27 ms).
 */
const PARTS = 2;
const PART_BYTES = FLASH_BLOCK_BYTES / PARTS;

interface VirtualSchema extends DBSchema {
  /** `part` counts from the start of the flash. */
  blocks: { key: [id: string, part: number]; value: Uint8Array };
  states: { key: string; value: unknown };
  /** Who may commit. */
  writers: { key: string; value: string };
}

const DB_VERSION = 2;
const STORES = ['blocks', 'states', 'writers'] as const;

export class LostDeviceError extends Error {
  override readonly name = 'LostDeviceError';
}

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
    const writer = crypto.randomUUID();
    let claim: Promise<void> | undefined;
    const claimed = (): Promise<void> => (claim ??= this.#claim(id, writer));
    return {
      load: () => claimed().then(() => this.#load(id)),
      commit: (change) => claimed().then(() => this.#commit(id, writer, change)),
    };
  }

  /** Every trace of a device. */
  async forget(id: string): Promise<void> {
    const db = await this.#open();
    const transaction = db.transaction(STORES, 'readwrite');
    await Promise.all([
      transaction.objectStore('blocks').delete(blocksOf(id)),
      transaction.objectStore('states').delete(id),
      transaction.objectStore('writers').delete(id),
      transaction.done,
    ]);
  }

  close(): void {
    void this.#opening?.then((db) => db.close()).catch(() => undefined);
    this.#opening = undefined;
  }

  async #claim(id: string, writer: string): Promise<void> {
    await (await this.#open()).put('writers', writer, id);
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
    keys.forEach(([, part], i) => {
      const bytes: unknown = values[i];
      if (bytes instanceof Uint8Array && bytes.length === PART_BYTES) blockOf(blocks, part).set(bytes, (part % PARTS) * PART_BYTES);
    });
    return { blocks, state };
  }

  async #commit(id: string, writer: string, { blocks, state, durability }: DeviceChange): Promise<void> {
    const db = await this.#open();
    const transaction = db.transaction(STORES, 'readwrite', { durability });
    if ((await transaction.objectStore('writers').get(id)) !== writer) {
      // Nothing is written yet: there is nothing to take back.
      throw new LostDeviceError(`somebody else keeps the virtual device ${id} now`);
    }
    const blockStore = transaction.objectStore('blocks');
    // A failed request aborts the transaction, and `done` rejects with its reason; the requests' own promises need no second handler.
    const ignore = (request: Promise<unknown>): void => void request.catch(() => undefined);
    for (const [index, block] of blocks) {
      for (let part = 0; part < PARTS; part++) {
        const key: [string, number] = [id, index * PARTS + part];
        // A copy of its own: of a view, the whole buffer would be stored.
        ignore(block ? blockStore.put(block.slice(part * PART_BYTES, (part + 1) * PART_BYTES), key) : blockStore.delete(key));
      }
    }
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
          for (const store of STORES) if (!db.objectStoreNames.contains(store)) db.createObjectStore(store);
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

function blockOf(blocks: Map<number, Uint8Array>, part: number): Uint8Array {
  const index = Math.floor(part / PARTS);
  const known = blocks.get(index);
  if (known) return known;
  const erased = new Uint8Array(FLASH_BLOCK_BYTES).fill(0xff);
  blocks.set(index, erased);
  return erased;
}

function blocksOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, []]);
}

/**
 * The disk of the virtual devices: IndexedDB, one database per service worker scope. Flash lies there in its 64 KiB blocks, everything else
 * of a device in one record; a commit is one transaction, so it happens whole or not at all.
 *
 * One writer at a time: who loads a device, or stores it first, claims it, and the commits of whoever held it before are refused. A worker
 * that its successor has replaced, or an update that outlived its device, cannot write into what the other now keeps in memory.
 */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPObjectStore } from 'idb';
import { FLASH_BLOCK_BYTES, type DeviceChange, type DeviceStorage } from '../../virtual/storage.ts';

/**
 * A block is kept as two records. Chromium moves every value of 64 KiB and more into a file of its own, which made a commit of 4 MiB
 * three times as slow (measured: 64 KiB values 76 ms, 32 KiB values 27 ms).
 */
const PARTS = 2;
const PART_BYTES = FLASH_BLOCK_BYTES / PARTS;
/**
 * Neighbouring blocks that change together, as an update writes them, are one record: a file as large as can be, for which the browser is
 * handed a `Blob`, so that the bytes are copied once and not serialized (measured, 4 MiB again, time on the calling thread: arrays of
 * 256 KiB 27 ms, of 1 MiB 16 ms, blobs of 1 MiB 9 ms). Blocks of a run that change alone later lie over it, in records of their own.
 */
export const RUN_BLOCKS = 16;
const RUN_BYTES = RUN_BLOCKS * FLASH_BLOCK_BYTES;
const ERASED_BLOCK = new Uint8Array(FLASH_BLOCK_BYTES).fill(0xff);
/** Erased, over a run that says otherwise. */
const ERASED = new Uint8Array(0);

interface VirtualSchema extends DBSchema {
  /** `part` counts from the start of the flash. */
  blocks: { key: [id: string, part: number]; value: Uint8Array };
  /** `run` counts from the start of the flash. */
  runs: { key: [id: string, run: number]; value: Blob };
  states: { key: string; value: unknown };
  /** Under the device: the number of its last writer. Under device and number: a writer that has lost it. */
  writers: { key: string | [id: string, writer: number]; value: number };
}

const DB_VERSION = 3;
const STORES = ['blocks', 'runs', 'states', 'writers'] as const;

/** More objects than this never speak for one device at a time. */
const KEPT_MARKS = 64;

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
    let claim: Promise<number> | undefined;
    const claimed = (): Promise<number> => (claim ??= this.#claim(id));
    return {
      load: () => claimed().then(() => this.#load(id)),
      commit: ({ blocks, ...change }) => {
        const flash = snapshot(blocks);
        return claimed().then((writer) => this.#commit(id, writer, flash, change));
      },
    };
  }

  /** Every trace of a device, but for the number of its last writer, who may not bring it back. */
  async forget(id: string): Promise<void> {
    const db = await this.#open();
    const transaction = db.transaction(STORES, 'readwrite');
    await Promise.all([
      transaction.objectStore('blocks').delete(allOf(id)),
      transaction.objectStore('runs').delete(allOf(id)),
      transaction.objectStore('states').delete(id),
      dismissWriter(transaction.objectStore('writers'), id),
      transaction.done,
    ]);
  }

  close(): void {
    void this.#opening?.then((db) => db.close()).catch(() => undefined);
    this.#opening = undefined;
  }

  async #claim(id: string): Promise<number> {
    const transaction = (await this.#open()).transaction('writers', 'readwrite');
    const writer = (await dismissWriter(transaction.store, id)) + 1;
    await Promise.all([transaction.store.put(writer, id), transaction.store.delete(longLost(id, writer)), transaction.done]);
    return writer;
  }

  async #load(id: string): Promise<{ readonly blocks: ReadonlyMap<number, Uint8Array>; readonly state: unknown } | undefined> {
    const db = await this.#open();
    const transaction = db.transaction(['blocks', 'runs', 'states']);
    const [runStore, blockStore] = [transaction.objectStore('runs'), transaction.objectStore('blocks')];
    // Keys and values both come in key order.
    const [state, runKeys, runs, keys, parts] = await Promise.all([
      transaction.objectStore('states').get(id),
      runStore.getAllKeys(allOf(id)),
      runStore.getAll(allOf(id)),
      blockStore.getAllKeys(allOf(id)),
      blockStore.getAll(allOf(id)),
      transaction.done,
    ]);
    if (state === undefined) return undefined;
    const blocks = new Map<number, Uint8Array>();
    const runBytes = await Promise.all(runs.map((run: unknown) => (run instanceof Blob ? run.arrayBuffer() : undefined)));
    runKeys.forEach(([, run], i) => layRun(blocks, run, runBytes[i]));
    keys.forEach(([, part], i) => layPart(blocks, part, parts[i]));
    return { blocks, state };
  }

  async #commit(id: string, writer: number, flash: Snapshot, { state, durability }: Omit<DeviceChange, 'blocks'>): Promise<void> {
    const db = await this.#open();
    const transaction = db.transaction(STORES, 'readwrite', { durability });
    // Nothing is asked and waited for: the mark of a lost writer is in the way of this one, and takes the whole transaction down.
    let isLost = false;
    transaction
      .objectStore('writers')
      .add(writer, [id, writer])
      .then(
        // Sooner than when this thread next has time for the other answers. Not before this one: Firefox commits what failed behind it.
        () => transaction.commit(),
        (error: unknown) => (isLost = error instanceof DOMException && error.name === 'ConstraintError'),
      )
      // Aborted meanwhile: `done` tells why.
      .catch(() => undefined);
    ignore(transaction.objectStore('writers').delete([id, writer]));
    putFlash(transaction.objectStore('runs'), transaction.objectStore('blocks'), id, flash);
    if (state !== undefined) ignore(transaction.objectStore('states').put(state, id));
    await transaction.done.catch((cause: unknown) => {
      throw isLost ? new LostDeviceError(`somebody else keeps the virtual device ${id} now`, { cause }) : cause;
    });
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
          // What an unreleased version kept is not worth a translation: its devices begin anew.
          for (const store of Array.from(db.objectStoreNames)) db.deleteObjectStore(store);
          for (const store of STORES) db.createObjectStore(store);
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

type StoreName = (typeof STORES)[number];
type OpenStore<Name extends StoreName> = IDBPObjectStore<VirtualSchema, ArrayLike<StoreName>, Name, 'readwrite'>;

/** A failed request aborts its transaction, and `done` rejects with the reason; the request's own promise needs no second handler. */
const ignore = (request: Promise<unknown>): void => void request.catch(() => undefined);

function putFlash(runStore: OpenStore<'runs'>, partStore: OpenStore<'blocks'>, id: string, { runs, parts }: Snapshot): void {
  for (const [run, bytes] of runs) {
    ignore(bytes ? runStore.put(bytes, [id, run]) : runStore.delete([id, run]));
    ignore(partStore.delete(partsUnder(id, run)));
  }
  for (const [part, bytes] of parts) ignore(partStore.put(bytes, [id, part]));
}

/** What changed in a flash, as it is stored, in bytes of its own. */
interface Snapshot {
  /** Runs of which every block changed; `null` = all erased. */
  readonly runs: ReadonlyMap<number, Blob | null>;
  readonly parts: readonly (readonly [part: number, bytes: Uint8Array])[];
}

function snapshot(blocks: DeviceChange['blocks']): Snapshot {
  const runs = new Map<number, Blob | null>();
  for (const index of blocks.keys()) {
    if (index % RUN_BLOCKS !== 0) continue;
    const members = Array.from({ length: RUN_BLOCKS }, (_, i) => blocks.get(index + i));
    if (members.includes(undefined)) continue;
    runs.set(index / RUN_BLOCKS, members.some(Boolean) ? new Blob(members.map((block) => block ?? ERASED_BLOCK)) : null);
  }
  const parts = [...blocks].flatMap(([index, block]) => {
    if (runs.has(Math.floor(index / RUN_BLOCKS))) return [];
    return Array.from({ length: PARTS }, (_, i) => {
      const bytes = block ? block.slice(i * PART_BYTES, (i + 1) * PART_BYTES) : ERASED;
      return [index * PARTS + i, bytes] as const;
    });
  });
  return { runs, parts };
}

/** Marks the last writer as lost. Resolves with its number; 0 = there was none. */
async function dismissWriter(
  writers: OpenStore<'writers'> | IDBPObjectStore<VirtualSchema, ['writers'], 'writers', 'readwrite'>,
  id: string,
): Promise<number> {
  const last = await writers.get(id);
  if (last === undefined) return 0;
  await writers.put(last, [id, last]);
  return last;
}

/** Marks that no living writer can run into any more. */
function longLost(id: string, writer: number): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, writer - KEPT_MARKS], false, true);
}

function layRun(blocks: Map<number, Uint8Array>, run: number, bytes: ArrayBuffer | undefined): void {
  if (bytes?.byteLength !== RUN_BYTES) return;
  for (let i = 0; i < RUN_BLOCKS; i++) {
    blocks.set(run * RUN_BLOCKS + i, new Uint8Array(bytes, i * FLASH_BLOCK_BYTES, FLASH_BLOCK_BYTES));
  }
}

function layPart(blocks: Map<number, Uint8Array>, part: number, bytes: unknown): void {
  if (!(bytes instanceof Uint8Array) || (bytes.length !== PART_BYTES && bytes.length !== 0)) return;
  const index = Math.floor(part / PARTS);
  const at = (part % PARTS) * PART_BYTES;
  const block = blocks.get(index) ?? new Uint8Array(FLASH_BLOCK_BYTES).fill(0xff);
  if (bytes.length > 0) block.set(bytes, at);
  else block.fill(0xff, at, at + PART_BYTES);
  blocks.set(index, block);
}

function allOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, []]);
}

function partsUnder(id: string, run: number): IDBKeyRange {
  const perRun = RUN_BLOCKS * PARTS;
  return IDBKeyRange.bound([id, run * perRun], [id, (run + 1) * perRun], false, true);
}

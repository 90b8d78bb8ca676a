/**
 * The key ring on disk: what is known of a key beside its private half, which is a `CryptoKey` that the browser keeps: unless it is extractable, no
 * script can read it back, ours included.
 */
import type { IDBPTransaction } from 'idb';
import {
  asPrivateKey,
  asSecretKeys,
  isGenuine,
  parseKeyRecord,
  parseProductTrust,
  parseSecretRecord,
  publicKeyOf,
  storedKey,
  storedSecret,
} from '../../app/trust/key-records.ts';
import type { KeyRecord, ProductTrust, SecretRecord } from '../../app/trust/model.ts';
import type { KeyChange, KeyShelf, KeyStore, SecretKeys } from '../../app/trust/ports.ts';
import type { Fingerprint } from '../../core/trust/key-model.ts';
import { allOrNothing } from './database.ts';
import type { OtterDatabaseHandle, OtterSchema } from './database.ts';

const STORES = ['keys', 'keyMaterial', 'products'] as const;
type Stores = typeof STORES;

const byNewest = (a: KeyRecord | SecretRecord, b: KeyRecord | SecretRecord): number => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1);
const isThere = <T>(record: T | undefined): record is T => record !== undefined;

export class IdbKeyStore implements KeyStore {
  readonly #database: OtterDatabaseHandle;

  constructor(database: OtterDatabaseHandle) {
    this.#database = database;
  }

  async read(): Promise<KeyShelf> {
    const { stored, products } = await this.#database.use(async (database) => {
      const transaction = database.transaction(STORES);
      const material = transaction.objectStore('keyMaterial');
      const values = await transaction.objectStore('keys').getAll();
      const stored: (readonly [value: unknown, material: unknown])[] = [];
      for (const value of values) stored.push([value, await material.get((value as { id: string }).id)]);
      return { stored, products: await transaction.objectStore('products').getAll() };
    });
    const keys = stored.map((pair) => parseKeyRecord(...pair)).filter(isThere);
    // After the transaction, which does not wait for a hash.
    const genuine = await Promise.all(keys.map(isGenuine));
    return {
      keys: keys.filter((_, index) => genuine[index]).sort(byNewest),
      secrets: stored
        .map((pair) => parseSecretRecord(...pair))
        .filter(isThere)
        .sort(byNewest),
      products: products.map(parseProductTrust).filter(isThere),
    };
  }

  privateKey(id: Fingerprint): Promise<CryptoKey | undefined> {
    return this.#both(id, (value, material) => {
      const record = parseKeyRecord(value, material);
      return record && asPrivateKey(material, publicKeyOf(record));
    });
  }

  secretKeys(id: string): Promise<SecretKeys | undefined> {
    return this.#both(id, (value, material) => {
      const record = parseSecretRecord(value, material);
      return record && asSecretKeys(material, record.use);
    });
  }

  change<T>(work: (change: KeyChange) => Promise<T>): Promise<T> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction(STORES, 'readwrite', { durability: 'strict' });
      return allOrNothing(transaction, () => work(new IdbKeyChange(transaction)));
    });
  }

  #both<T>(id: string, read: (value: unknown, material: unknown) => T): Promise<T> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction(STORES);
      return read(await transaction.objectStore('keys').get(id), await transaction.objectStore('keyMaterial').get(id));
    });
  }
}

class IdbKeyChange implements KeyChange {
  readonly #transaction: IDBPTransaction<OtterSchema, Stores, 'readwrite'>;

  constructor(transaction: IDBPTransaction<OtterSchema, Stores, 'readwrite'>) {
    this.#transaction = transaction;
  }

  async key(id: Fingerprint): Promise<KeyRecord | undefined> {
    return parseKeyRecord(...(await this.#stored(id)));
  }

  async putKey(record: KeyRecord, privateKey?: CryptoKey): Promise<void> {
    await this.#transaction.objectStore('keys').put(storedKey(record));
    if (privateKey) await this.#transaction.objectStore('keyMaterial').put(privateKey, record.id);
  }

  async dropPrivateKey(id: Fingerprint): Promise<void> {
    await this.#transaction.objectStore('keyMaterial').delete(id);
  }

  async deleteKey(id: Fingerprint): Promise<void> {
    await this.#transaction.objectStore('keys').delete(id);
    await this.dropPrivateKey(id);
  }

  async secret(id: string): Promise<SecretRecord | undefined> {
    return parseSecretRecord(...(await this.#stored(id)));
  }

  async putSecret(record: SecretRecord, keys?: SecretKeys): Promise<void> {
    await this.#transaction.objectStore('keys').put(storedSecret(record));
    if (keys) await this.#transaction.objectStore('keyMaterial').put(keys, record.id);
  }

  async deleteSecret(id: string): Promise<void> {
    await this.deleteKey(id);
  }

  async products(): Promise<readonly ProductTrust[]> {
    return (await this.#transaction.objectStore('products').getAll()).map(parseProductTrust).filter(isThere);
  }

  async putProduct(product: ProductTrust): Promise<void> {
    const products = this.#transaction.objectStore('products');
    if (product.keyIds.length > 0) await products.put(product);
    else await products.delete(product.product);
  }

  async #stored(id: string): Promise<[value: unknown, material: unknown]> {
    return [await this.#transaction.objectStore('keys').get(id), await this.#transaction.objectStore('keyMaterial').get(id)];
  }
}

/** The key ring's store in memory: a change works on a copy, which counts once it is done. */
import { StoreError } from '../../src/app/errors.ts';
import type { KeyRecord, ProductTrust, SecretRecord } from '../../src/app/trust/model.ts';
import type { KeyChange, KeyShelf, KeyStore, SecretKeys } from '../../src/app/trust/ports.ts';

class Shelf implements KeyChange {
  readonly keys: Map<string, KeyRecord>;
  readonly secrets: Map<string, SecretRecord>;
  readonly trusts: Map<string, ProductTrust>;
  readonly material: Map<string, CryptoKey | SecretKeys>;

  constructor(from?: Shelf) {
    this.keys = new Map(from?.keys);
    this.secrets = new Map(from?.secrets);
    this.trusts = new Map(from?.trusts);
    this.material = new Map(from?.material);
  }

  async key(id: string): Promise<KeyRecord | undefined> {
    return this.keys.get(id);
  }

  async putKey(record: KeyRecord, privateKey?: CryptoKey): Promise<void> {
    this.keys.set(record.id, record);
    if (privateKey) this.material.set(record.id, privateKey);
  }

  async dropPrivateKey(id: string): Promise<void> {
    this.material.delete(id);
  }

  async deleteKey(id: string): Promise<void> {
    this.keys.delete(id);
    this.material.delete(id);
  }

  async secret(id: string): Promise<SecretRecord | undefined> {
    return this.secrets.get(id);
  }

  async putSecret(record: SecretRecord, keys?: SecretKeys): Promise<void> {
    this.secrets.set(record.id, record);
    if (keys) this.material.set(record.id, keys);
  }

  async deleteSecret(id: string): Promise<void> {
    this.secrets.delete(id);
    this.material.delete(id);
  }

  async products(): Promise<readonly ProductTrust[]> {
    return [...this.trusts.values()];
  }

  async putProduct(product: ProductTrust): Promise<void> {
    if (product.keyIds.length > 0) this.trusts.set(product.product, product);
    else this.trusts.delete(product.product);
  }
}

export class MemoryKeyStore implements KeyStore {
  isFull = false;
  #shelf = new Shelf();

  async read(): Promise<KeyShelf> {
    const { keys, secrets, trusts } = this.#shelf;
    return { keys: [...keys.values()].reverse(), secrets: [...secrets.values()].reverse(), products: [...trusts.values()] };
  }

  async privateKey(id: string): Promise<CryptoKey | undefined> {
    const kept = this.#shelf.material.get(id);
    return kept instanceof CryptoKey ? kept : undefined;
  }

  async secretKeys(id: string): Promise<SecretKeys | undefined> {
    const kept = this.#shelf.material.get(id);
    return kept instanceof CryptoKey ? undefined : kept;
  }

  async change<T>(work: (change: KeyChange) => Promise<T>): Promise<T> {
    if (this.isFull) throw new StoreError('STORAGE_FULL', 'no room', {});
    const draft = new Shelf(this.#shelf);
    const result = await work(draft);
    this.#shelf = draft;
    return result;
  }
}

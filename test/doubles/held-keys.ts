/** Keys in a hand: real ones, with a name and a standing each, for whoever needs no key ring behind them. */
import { toBase64 } from '../../src/core/bytes/base64.ts';
import { fingerprint, keyName } from '../../src/core/trust/fingerprint.ts';
import type { KnownKey } from '../../src/core/trust/firmware-signature.ts';
import { isWeak } from '../../src/core/trust/key-strength.ts';
import { parsePublicKey } from '../../src/core/trust/public-key.ts';
import type { Fingerprint } from '../../src/core/trust/key-model.ts';
import { Subject } from '../../src/app/observable.ts';
import type { KeyRecord, ProductTrust } from '../../src/app/trust/model.ts';
import type { KeyService, SigningKey } from '../../src/app/trust/services.ts';
import type { TestKey } from '../core/trust/keys-for-tests.ts';

type Held = KnownKey & Pick<TestKey, 'privateKey'>;

export class HeldKeys implements Pick<KeyService, 'records' | 'products' | 'load' | 'knownKeys' | 'useToSign' | 'pin' | 'importPublic'> {
  readonly records = new Subject<readonly KeyRecord[] | undefined>(undefined);
  readonly deleted = new Subject<readonly KeyRecord[]>([]);
  readonly products = new Subject<readonly ProductTrust[] | undefined>(undefined);
  readonly #keys = new Map<string, Held>();

  /** Trusted by every product, unless it is said otherwise. */
  async add(
    name: string,
    { publicKey, privateKey }: TestKey,
    standing: Partial<Pick<KnownKey, 'status' | 'trusted'>> = {},
  ): Promise<Fingerprint> {
    const id = await fingerprint(publicKey);
    this.#keys.set(id, { fingerprint: id, name, publicKey, privateKey, status: 'active', trusted: true, ...standing });
    this.#tell();
    return id;
  }

  change(id: Fingerprint, standing: Partial<Pick<KnownKey, 'status' | 'trusted' | 'name'>>): void {
    this.#keys.set(id, { ...this.#keys.get(id)!, ...standing });
    this.#tell();
  }

  remove(id: Fingerprint): void {
    this.#keys.delete(id);
    this.#tell();
  }

  async knownKeys(): Promise<readonly KnownKey[]> {
    return [...this.#keys.values()];
  }

  async useToSign(id: Fingerprint): Promise<SigningKey> {
    const { publicKey, privateKey } = this.#keys.get(id)!;
    return { record: this.records.value!.find((record) => record.id === id)!, publicKey, privateKey };
  }

  /** For `KeyService.pin`: of the one product that there is. */
  async pin(_product: string, id: Fingerprint): Promise<void> {
    this.change(id, { trusted: true });
  }

  /** Into the ring, trusted by nobody. */
  async importPublic(bytes: Uint8Array, { name }: { readonly name: string }): Promise<KeyRecord> {
    const id = await this.add(name, { publicKey: parsePublicKey(bytes) } as TestKey, { trusted: false });
    return this.records.value!.find((record) => record.id === id)!;
  }

  async load(): Promise<void> {}

  #tell(): void {
    const recordOf = ({ fingerprint, name, publicKey, status }: Held): KeyRecord => ({
      id: fingerprint,
      name,
      purpose: '',
      algorithm: keyName(publicKey),
      isWeak: isWeak(publicKey),
      spki: toBase64(publicKey.spki),
      privateKey: 'here',
      status,
      source: 'made',
      createdAt: 1,
    });
    this.records.set([...this.#keys.values()].map(recordOf));
  }
}

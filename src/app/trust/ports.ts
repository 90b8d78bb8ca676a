/** What the use cases of trust need from outside. `io/store` implements these, tests double them. Every rejection is an `OtterError`. */
import type { Fingerprint } from '../../core/trust/key-model.ts';
import type { KeyRecord, ProductTrust, SecretRecord } from './model.ts';

export interface KeyShelf {
  /** Newest first, as the secrets. */
  readonly keys: readonly KeyRecord[];
  readonly secrets: readonly SecretRecord[];
  /** By name. */
  readonly products: readonly ProductTrust[];
}

/** What the browser keeps of a secret. */
export interface SecretKeys {
  /** Of the 32 bytes: AES-CBC, or HMAC with SHA-256. */
  readonly key: CryptoKey;
  /** Of a pre-shared key: HMAC with the ASCII of its 64 hexadecimal digits, as S2 has it. */
  readonly ofDigits?: CryptoKey;
}

/** One transaction under way. It ends as soon as it has nothing to do: await nothing else in it. */
export interface KeyChange {
  key(id: Fingerprint): Promise<KeyRecord | undefined>;
  /** `privateKey`: stored with it; without one, the one that is there stays. */
  putKey(record: KeyRecord, privateKey?: CryptoKey): Promise<void>;
  dropPrivateKey(id: Fingerprint): Promise<void>;
  /** Its private half, too. */
  deleteKey(id: Fingerprint): Promise<void>;
  secret(id: string): Promise<SecretRecord | undefined>;
  putSecret(record: SecretRecord, keys?: SecretKeys): Promise<void>;
  deleteSecret(id: string): Promise<void>;
  products(): Promise<readonly ProductTrust[]>;
  /** Without keys there is nothing left to know of a product. */
  putProduct(product: ProductTrust): Promise<void>;
}

export interface KeyStore {
  /** Everything as it is at one moment. What cannot be read, or is not what it says it is, is left out. */
  read(): Promise<KeyShelf>;
  /** `undefined` where only the public half is here. */
  privateKey(id: Fingerprint): Promise<CryptoKey | undefined>;
  secretKeys(id: string): Promise<SecretKeys | undefined>;
  /** All that `work` does, or nothing of it when it throws. */
  change<T>(work: (change: KeyChange) => Promise<T>): Promise<T>;
}

/** Fills the array with cryptographically strong random bytes. */
export type RandomSource = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

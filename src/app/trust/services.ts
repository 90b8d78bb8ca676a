/**
 * What the UI may ask about trust. Loaded when it is first asked for (`AppServices.trust`). Every rejection is an `OtterError`, or the signal's
 * reason.
 */
import type { FirmwareContent } from '../../core/image/model.ts';
import type { KnownKey } from '../../core/trust/firmware-signature.ts';
import type { Fingerprint, PublicKey } from '../../core/trust/key-model.ts';
import type { BroughtSignature } from '../../core/trust/read-release-set.ts';
import type { MadeAlgorithm } from '../../core/trust/signing-key.ts';
import type { DeviceRecord } from '../model.ts';
import type { MayStart } from '../slot-word.ts';
import type { Observable } from '../observable.ts';
import type { FirmwareTrust, KeyRecord, ProductTrust, ReleaseRecord, RootRecord, SecretRecord, SecretUse } from './model.ts';
import type { ReleaseService } from './release-services.ts';

export interface NamedFile {
  readonly blob: Blob;
  readonly fileName: string;
}

export interface KeyNaming {
  readonly name: string;
  readonly purpose: string;
}

export const PUBLIC_KEY_FORMATS = ['pem', 'pkcs1', 'jwk', 'der'] as const;
export type PublicKeyFormat = (typeof PUBLIC_KEY_FORMATS)[number];

/** What a file turned out to hold, before anything is kept of it. */
export interface KeyGlance {
  readonly half: 'public' | 'private';
  readonly id: Fingerprint;
  readonly algorithm: string;
  readonly isWeak: boolean;
  /** The same key, if it is in the ring, or was revoked and deleted (`deletedAt`). */
  readonly known?: KeyRecord;
}

/** A key about to sign; asking for it stamps `usedAt` and writes the log. */
export interface SigningKey {
  readonly record: KeyRecord;
  readonly publicKey: PublicKey;
  readonly privateKey: CryptoKey;
}

/** What depends on a key: for whoever is about to retire, revoke or delete it. */
export interface KeyUses {
  readonly products: readonly string[];
  /** SHA-256 of the firmware in the library that it signed. */
  readonly firmware: readonly string[];
  readonly releases: number;
}

export interface KeyService {
  /** Newest first; `undefined` until first loaded. */
  readonly records: Observable<readonly KeyRecord[] | undefined>;
  /** Revoked keys that were deleted: they stay revoked, and are known by name where they have signed. */
  readonly deleted: Observable<readonly KeyRecord[]>;
  readonly secrets: Observable<readonly SecretRecord[] | undefined>;
  readonly products: Observable<readonly ProductTrust[] | undefined>;
  load(): Promise<void>;
  make(algorithm: MadeAlgorithm, options: KeyNaming & { readonly exportable: boolean }): Promise<KeyRecord>;
  /** Looks into a key file of any form. Nothing is kept. */
  glance(bytes: Uint8Array, passphrase?: string): Promise<KeyGlance>;
  /** The same key twice gives the record that is there; one that was revoked and deleted comes back revoked. */
  importPublic(bytes: Uint8Array, naming: KeyNaming): Promise<KeyRecord>;
  /** Adds the private half to a record that has only the public one; of a weak key it is not kept. */
  importPrivate(bytes: Uint8Array, options: KeyNaming & { readonly passphrase?: string; readonly exportable: boolean }): Promise<KeyRecord>;
  exportPublic(id: Fingerprint, format: PublicKeyFormat): Promise<NamedFile>;
  /** Encrypted PKCS#8 (PBES2). Only of an exportable key. */
  exportPrivate(id: Fingerprint, passphrase: string): Promise<NamedFile>;
  /** A new key that every product of the old one trusts, too; the old one is retired. All of it or nothing. */
  makeSuccessor(id: Fingerprint, algorithm: MadeAlgorithm, options: KeyNaming & { readonly exportable: boolean }): Promise<KeyRecord>;
  edit(id: Fingerprint, change: Partial<KeyNaming>): Promise<KeyRecord>;
  /** A retired key can be made active again; a revoked one cannot, and loses its private half. */
  setStatus(id: Fingerprint, status: KeyRecord['status']): Promise<KeyRecord>;
  /** Of a revoked key it is kept that it was revoked, and which products name it. */
  delete(id: Fingerprint): Promise<void>;
  uses(id: Fingerprint): Promise<KeyUses>;
  /** Active keys only, and no weak ones. */
  useToSign(id: Fingerprint): Promise<SigningKey>;
  makeSecret(use: SecretUse, options: { readonly name: string; readonly exportable: boolean }): Promise<SecretRecord>;
  importSecret(
    use: SecretUse,
    options: { readonly name: string; readonly exportable: boolean; readonly from: string | Uint8Array },
  ): Promise<SecretRecord>;
  deleteSecret(id: string): Promise<void>;
  /** `keys.h`, of a key that can be trusted: the public key, and the secrets that are named. */
  exportKeysHeader(keyId: Fingerprint, secrets?: { readonly aesId?: string; readonly pskId?: string }): Promise<NamedFile>;
  pin(product: string, keyId: Fingerprint): Promise<void>;
  unpin(product: string, keyId: Fingerprint): Promise<void>;
  /** Every key of the ring, and those that were revoked and deleted, as the product sees them. */
  knownKeys(product: string): Promise<readonly KnownKey[]>;
}

export interface SignatureService {
  /** Rises when what is known of any firmware's signatures may have changed (keys and pins count, too). */
  readonly version: Observable<number>;
  /** @param product whose keys count; without it, those of what the image claims to be (where it claims nothing: of its name in the library) */
  trust(sha256: string, product?: string): Promise<FirmwareTrust>;
  /** Of bytes that may be in the library or not. */
  trustOf(bytes: Uint8Array<ArrayBuffer>, content: FirmwareContent, product?: string): Promise<FirmwareTrust>;
  /** A `.sig` or `.sig.b64`. */
  attach(sha256: string, file: Blob, fileName: string): Promise<FirmwareTrust>;
  /** As `attach`, of what came along with it: only what verifies with a key that is known here and not revoked, and only as there is room. */
  adopt(sha256: string, brought: readonly BroughtSignature[]): Promise<void>;
  /** Raw: those beside it that verify with a key of the key ring which is not revoked. */
  vouched(sha256: string): Promise<readonly Uint8Array<ArrayBuffer>[]>;
  sign(sha256: string, keyId: Fingerprint): Promise<FirmwareTrust>;
  remove(sha256: string, index: number): Promise<FirmwareTrust>;
  /** Of several, its name says whose it is. */
  save(sha256: string, index: number, form: 'raw' | 'base64'): Promise<NamedFile>;
  /** Raw, base64: one that verifies with one of these keys, for a device that asks for it. */
  signatureBy(sha256: string, keyIds: readonly Fingerprint[]): Promise<string | undefined>;
}

/** Its other calls stand in `release-services.ts`. */
export interface ReleaseBook {
  readonly roots: Observable<readonly RootRecord[] | undefined>;
  /** Newest first. */
  readonly records: Observable<readonly ReleaseRecord[] | undefined>;
  load(): Promise<void>;
  /** Those of one image. */
  ofFirmware(sha256: string): Promise<readonly ReleaseRecord[]>;
}

/** Which devices are given nothing but trusted firmware. */
export interface DeviceGuardService {
  /**
   * A virtual board is given the keys that the product running there trusts, so that it refuses for itself: once more, it gets those of today.
   * `false` takes them away.
   */
  setOnlyTrusted(deviceId: string, onlyTrusted: boolean): Promise<void>;
  /** Guarded virtual boards whose product trusts this key, and that do not have it (yet). */
  boardsWithout(keyId: Fingerprint): Promise<readonly Pick<DeviceRecord, 'id' | 'name'>[]>;
}

/** For whoever is about to write: what another tab has revoked is read anew before it counts. */
export interface JudgeServices {
  readonly keys: Pick<KeyService, 'load'>;
  readonly signatures: SignatureService;
}

/** For whoever writes to boards: what bytes came as, and what may be started. */
export interface BoardServices {
  /** Before a slot is started that was written before. */
  readonly mayStart: MayStart;
  readonly releases: Pick<ReleaseService, 'markOf'>;
}

export interface TrustServices extends BoardServices {
  readonly keys: KeyService;
  readonly signatures: SignatureService;
  readonly guard: DeviceGuardService;
  readonly releases: ReleaseService;
}

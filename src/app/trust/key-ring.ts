/**
 * The key ring: every signing key and secret that this browser knows. Private halves are made here or taken in, and from then on only used. Knows no
 * signatures: whoever signs asks for a key. Which products trust which keys, `product-pins.ts` knows.
 */
import { parseEitherKey } from '../../core/trust/either-key.ts';
import { fingerprint, keyName } from '../../core/trust/fingerprint.ts';
import type { KnownKey } from '../../core/trust/firmware-signature.ts';
import type { Fingerprint, PublicKey } from '../../core/trust/key-model.ts';
import { writeKeysHeader } from '../../core/trust/keys-header.ts';
import { isWeak } from '../../core/trust/key-strength.ts';
import { parsePrivateKey } from '../../core/trust/private-key.ts';
import { parsePublicKey } from '../../core/trust/public-key.ts';
import { importSigningKey, makeSigningKey } from '../../core/trust/signing-key.ts';
import type { MadeAlgorithm } from '../../core/trust/signing-key.ts';
import { Subject } from '../observable.ts';
import type { ChangeNotifier, Clock, NewId, RecordAct, StorageMeter } from '../ports.ts';
import { KeyRingError } from './key-errors.ts';
import { backupFile, publicKeyFile } from './key-files.ts';
import { checkedNaming } from './key-naming.ts';
import { newKeyRecord, publicKeyOf } from './key-records.ts';
import type { KeyRecord, ProductTrust, SecretRecord, SecretUse } from './model.ts';
import type { KeyChange, KeyStore, RandomSource } from './ports.ts';
import {
  assertCanBeTrusted,
  keysOfProduct,
  knownKey,
  pinKey,
  pinSuccessor,
  productsTrusting,
  revokedForGood,
  tooWeak,
  unknownKey,
  unpinEverywhere,
  unpinKey,
} from './product-pins.ts';
import { SecretShelf } from './secret-shelf.ts';
import type { KeyGlance, KeyNaming, KeyService, KeyUses, NamedFile, PublicKeyFormat, SigningKey } from './services.ts';

type Exportable = { readonly exportable: boolean };
type SecretOptions = Exportable & { readonly name: string };

export interface KeyRingPorts {
  readonly store: KeyStore;
  readonly notifier: ChangeNotifier;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly random: RandomSource;
  /** A lost key is a product that cannot be updated any more. */
  readonly meter: Pick<StorageMeter, 'askToPersist'>;
  readonly record?: RecordAct;
  /** SHA-256 of the firmware in the library that a key has signed. */
  readonly firmwareBy?: (id: Fingerprint) => Promise<readonly string[]>;
  readonly releasesBy?: (id: Fingerprint) => Promise<number>;
}

/** Records are plain data, read in one order. */
function tellChange<T>(subject: Subject<T>, value: T): void {
  if (JSON.stringify(subject.value) !== JSON.stringify(value)) subject.set(value);
}

export class KeyRing implements KeyService {
  readonly records = new Subject<readonly KeyRecord[] | undefined>(undefined);
  readonly deleted = new Subject<readonly KeyRecord[]>([]);
  readonly secrets = new Subject<readonly SecretRecord[] | undefined>(undefined);
  readonly products = new Subject<readonly ProductTrust[] | undefined>(undefined);
  readonly #ports: KeyRingPorts;
  readonly #shelf: SecretShelf;
  #turn = 0;
  /** Which reading is shown; an older one may come in later. */
  #shown = 0;

  constructor(ports: KeyRingPorts) {
    this.#ports = ports;
    this.#shelf = new SecretShelf(ports);
    ports.notifier.subscribe((topic) => {
      if (topic === 'keys' && this.records.value) void this.load().catch(() => undefined);
    });
  }

  async load(): Promise<void> {
    const turn = ++this.#turn;
    const { keys, secrets, products } = await this.#ports.store.read();
    if (turn < this.#shown) return;
    this.#shown = turn;
    // Whoever judges reads anew first, and whoever watches judges anew: what is as it was is not told, or the two would never rest.
    tellChange(this.secrets, secrets);
    tellChange(this.products, products);
    tellChange(
      this.deleted,
      keys.filter(({ deletedAt }) => deletedAt !== undefined),
    );
    tellChange(
      this.records,
      keys.filter(({ deletedAt }) => deletedAt === undefined),
    );
  }

  // ---- keys ----

  async make(algorithm: MadeAlgorithm, options: KeyNaming & Exportable): Promise<KeyRecord> {
    const { record, privateKey } = await this.#generate(algorithm, options);
    await this.#change((change) => change.putKey(record, privateKey));
    this.#note('key-made', record);
    this.#ports.meter.askToPersist();
    return record;
  }

  async makeSuccessor(id: Fingerprint, algorithm: MadeAlgorithm, options: KeyNaming & Exportable): Promise<KeyRecord> {
    const { record, privateKey } = await this.#generate(algorithm, options);
    const { old, products } = await this.#change(async (change) => {
      const old = await knownKey(change, id);
      await change.putKey(record, privateKey);
      if (old.status === 'active') await change.putKey({ ...old, status: 'retired', statusAt: record.createdAt });
      return { old, products: await pinSuccessor(change, id, record.id) };
    });
    this.#note('key-made', record);
    for (const product of products) this.#ports.record?.('pin-added', { product, ...facts(record) });
    if (old.status === 'active') this.#note('key-retired', old);
    this.#ports.meter.askToPersist();
    return record;
  }

  async glance(bytes: Uint8Array, passphrase?: string): Promise<KeyGlance> {
    const { half, publicKey } = await parseEitherKey(bytes, passphrase);
    const id = await fingerprint(publicKey);
    const known = [...(this.records.value ?? []), ...this.deleted.value].find((record) => record.id === id);
    return { half, id, algorithm: keyName(publicKey), isWeak: isWeak(publicKey), ...(known && { known }) };
  }

  async importPublic(bytes: Uint8Array, naming: KeyNaming): Promise<KeyRecord> {
    return await this.#import(parsePublicKey(bytes), checkedNaming(naming));
  }

  async importPrivate(
    bytes: Uint8Array,
    { passphrase, exportable, ...naming }: KeyNaming & Exportable & { readonly passphrase?: string },
  ): Promise<KeyRecord> {
    const checked = checkedNaming(naming);
    const parsed = await parsePrivateKey(bytes, passphrase);
    // What can never sign is not kept.
    const privateKey = isWeak(parsed.publicKey) ? undefined : await importSigningKey(parsed, exportable);
    return await this.#import(parsed.publicKey, checked, privateKey);
  }

  async exportPublic(id: Fingerprint, format: PublicKeyFormat): Promise<NamedFile> {
    const record = await this.#find(id);
    return publicKeyFile(record, publicKeyOf(record), format);
  }

  async exportPrivate(id: Fingerprint, passphrase: string): Promise<NamedFile> {
    const record = await this.#find(id);
    const privateKey = await this.#ports.store.privateKey(id);
    if (privateKey?.extractable !== true)
      throw new KeyRingError('KEY_NOT_EXPORTABLE', 'this key stays in the browser', { name: record.name });
    const file = await backupFile(record, privateKey, passphrase, this.#ports.random);
    this.#ports.record?.('key-exported', { ...facts(record), form: 'backup' });
    return file;
  }

  async edit(id: Fingerprint, change: Partial<KeyNaming>): Promise<KeyRecord> {
    const record = await this.#update(id, (known) => ({ ...known, ...checkedNaming({ ...known, ...change }) }));
    this.#note('key-edited', record);
    return record;
  }

  async setStatus(id: Fingerprint, status: KeyRecord['status']): Promise<KeyRecord> {
    const { record, isNew } = await this.#change(async (change) => {
      const old = await knownKey(change, id);
      if (old.status === status) return { record: old, isNew: false };
      if (old.status === 'revoked') throw revokedForGood(old);
      const isRevoked = status === 'revoked';
      const record = { ...old, ...(isRevoked ? { privateKey: 'none' as const } : {}), status, statusAt: this.#ports.clock.now() };
      await change.putKey(record);
      if (isRevoked) await change.dropPrivateKey(id);
      return { record, isNew: true };
    });
    if (isNew) this.#note(STATUS_ACTS[status], record);
    return record;
  }

  async delete(id: Fingerprint): Promise<void> {
    const record = await this.#change(async (change) => {
      const record = await knownKey(change, id);
      await change.deleteKey(id);
      // Revoked is for good: what is left of it keeps it so, and no product is opened because somebody tidied up.
      if (record.status === 'revoked') await change.putKey({ ...record, purpose: '', deletedAt: this.#ports.clock.now() });
      else await unpinEverywhere(change, id);
      return record;
    });
    this.#note('key-deleted', record);
  }

  async uses(id: Fingerprint): Promise<KeyUses> {
    const { store, firmwareBy, releasesBy } = this.#ports;
    const [{ products }, firmware, releases] = await Promise.all([store.read(), firmwareBy?.(id) ?? [], releasesBy?.(id) ?? 0]);
    return { products: productsTrusting(products, id).map(({ product }) => product), firmware, releases };
  }

  async useToSign(id: Fingerprint): Promise<SigningKey> {
    const privateKey = await this.#ports.store.privateKey(id);
    const record = await this.#update(id, (known) => {
      const { name, status } = known;
      if (status !== 'active') throw new KeyRingError('KEY_NOT_ACTIVE', 'it signs no more', { name, status });
      if (known.isWeak) throw tooWeak(known);
      if (!privateKey) throw withoutPrivateHalf(name);
      return { ...known, usedAt: this.#ports.clock.now() };
    });
    if (!privateKey) throw withoutPrivateHalf(record.name);
    this.#note('key-used', record);
    return { record, publicKey: publicKeyOf(record), privateKey };
  }

  // ---- secrets ----

  async makeSecret(use: SecretUse, options: SecretOptions): Promise<SecretRecord> {
    return await this.#told(this.#shelf.make(use, options));
  }

  async importSecret(use: SecretUse, options: SecretOptions & { readonly from: string | Uint8Array }): Promise<SecretRecord> {
    return await this.#told(this.#shelf.import(use, options));
  }

  async deleteSecret(id: string): Promise<void> {
    await this.#told(this.#shelf.delete(id));
  }

  async exportKeysHeader(keyId: Fingerprint, secrets: { readonly aesId?: string; readonly pskId?: string } = {}): Promise<NamedFile> {
    const { aesId, pskId } = secrets;
    const record = await this.#find(keyId);
    assertCanBeTrusted(record);
    const aesKey = aesId === undefined ? undefined : await this.#shelf.reveal(aesId, 'aes-256');
    const psk = pskId === undefined ? undefined : await this.#shelf.reveal(pskId, 'psk');
    const text = writeKeysHeader({ publicKey: publicKeyOf(record), fingerprint: keyId, ...(aesKey && { aesKey }), ...(psk && { psk }) });
    if (aesKey || psk) await this.#told(Promise.resolve());
    return { blob: new Blob([text], { type: 'text/x-c' }), fileName: 'keys.h' };
  }

  // ---- products ----

  async pin(name: string, keyId: Fingerprint): Promise<void> {
    const { product, record } = await this.#change((change) => pinKey(change, name, keyId));
    if (record) this.#ports.record?.('pin-added', { product, ...facts(record) });
  }

  async unpin(name: string, keyId: Fingerprint): Promise<void> {
    const { product, record } = await this.#change((change) => unpinKey(change, name, keyId));
    if (record) this.#ports.record?.('pin-removed', { product, ...facts(record) });
  }

  async knownKeys(product: string): Promise<readonly KnownKey[]> {
    if (!this.records.value) await this.load();
    return keysOfProduct(product, { keys: [...(this.records.value ?? []), ...this.deleted.value], products: this.products.value ?? [] });
  }

  // ---- inside ----

  async #generate(
    algorithm: MadeAlgorithm,
    { exportable, ...naming }: KeyNaming & Exportable,
  ): Promise<{ readonly record: KeyRecord; readonly privateKey: CryptoKey }> {
    const given = { ...checkedNaming(naming), source: 'made', createdAt: this.#ports.clock.now() } as const;
    const { publicKey, privateKey } = await makeSigningKey(algorithm, exportable);
    return { record: await newKeyRecord(publicKey, privateKey, given), privateKey };
  }

  /** What is there keeps its name and its status; it takes the half that it lacked. */
  async #import(publicKey: PublicKey, naming: KeyNaming, privateKey?: CryptoKey): Promise<KeyRecord> {
    const proposed = await newKeyRecord(publicKey, privateKey, { ...naming, source: 'imported', createdAt: this.#ports.clock.now() });
    const { record, isNew } = await this.#change(async (change) => {
      const there = await change.key(proposed.id);
      const record = withImported(there, proposed);
      if (record === there) return { record, isNew: false };
      await change.putKey(record, record.privateKey === 'none' ? undefined : privateKey);
      return { record, isNew: true };
    });
    if (isNew) this.#ports.record?.('key-imported', { ...facts(record), ...(record.status === 'revoked' && { outcome: 'revoked' }) });
    if (privateKey) this.#ports.meter.askToPersist();
    return record;
  }

  async #find(id: Fingerprint): Promise<KeyRecord> {
    if (!this.records.value) await this.load();
    const record = this.records.value?.find((known) => known.id === id);
    if (!record) throw unknownKey(id);
    return record;
  }

  #update(id: Fingerprint, edit: (known: KeyRecord) => KeyRecord): Promise<KeyRecord> {
    return this.#change(async (change) => {
      const record = edit(await knownKey(change, id));
      await change.putKey(record);
      return record;
    });
  }

  async #change<T>(work: (change: KeyChange) => Promise<T>): Promise<T> {
    return await this.#told(this.#ports.store.change(work));
  }

  /** Everybody sees what was done. */
  async #told<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    await this.load();
    this.#ports.notifier.tell('keys');
    return result;
  }

  #note(act: KeyAct, record: KeyRecord): void {
    this.#ports.record?.(act, facts(record));
  }
}

type KeyAct = 'key-made' | 'key-used' | 'key-edited' | 'key-activated' | 'key-retired' | 'key-revoked' | 'key-deleted';

const STATUS_ACTS = { active: 'key-activated', retired: 'key-retired', revoked: 'key-revoked' } as const satisfies Record<
  KeyRecord['status'],
  KeyAct
>;

const facts = ({ id, name, algorithm, purpose }: KeyRecord) => ({ keyId: id, name, algorithm, purpose });

function withImported(there: KeyRecord | undefined, proposed: KeyRecord): KeyRecord {
  if (!there) return proposed;
  const { deletedAt, ...known } = there;
  if (deletedAt !== undefined) return known;
  const isComplete = proposed.privateKey === 'none' || there.privateKey !== 'none' || there.status === 'revoked';
  return isComplete ? there : { ...there, privateKey: proposed.privateKey };
}

const withoutPrivateHalf = (name: string): KeyRingError =>
  new KeyRingError('KEY_WITHOUT_PRIVATE_HALF', 'only its public half is here', { name });

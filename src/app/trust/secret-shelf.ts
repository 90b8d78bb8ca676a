/** Secrets that devices and their server share: made, taken in, and given out in a `keys.h`. What was typed or drawn is kept by the browser alone. */
import { fromHex } from '../../core/bytes/hex.ts';
import { SECRET_BYTES, parseSecretFile, parseSecretText, sealedDeliveryPsk, secretOfBytes } from '../../core/trust/secret-import.ts';
import type { SharedSecret } from '../../core/trust/secret-import.ts';
import type { Clock, NewId, RecordAct } from '../ports.ts';
import { KeyRingError } from './key-errors.ts';
import { checkedName } from './key-naming.ts';
import type { SecretRecord, SecretUse } from './model.ts';
import type { KeyStore, RandomSource, SecretKeys } from './ports.ts';

interface SecretShelfPorts {
  readonly store: KeyStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly random: RandomSource;
  readonly record?: RecordAct;
}

interface SecretOptions {
  readonly name: string;
  readonly exportable: boolean;
}

export class SecretShelf {
  readonly #ports: SecretShelfPorts;

  constructor(ports: SecretShelfPorts) {
    this.#ports = ports;
  }

  async make(use: SecretUse, options: SecretOptions): Promise<SecretRecord> {
    const record = await this.#keep(secretOfBytes(this.#ports.random(new Uint8Array(SECRET_BYTES))), { ...options, use, source: 'made' });
    this.#ports.record?.('secret-made', { name: record.name, kind: use });
    return record;
  }

  /** @throws TrustError KEY_MALFORMED */
  async import(use: SecretUse, { from, ...options }: SecretOptions & { readonly from: string | Uint8Array }): Promise<SecretRecord> {
    const secret = typeof from === 'string' ? parseSecretText(from) : parseSecretFile(from);
    const record = await this.#keep(secret, { ...options, use, source: 'imported' });
    this.#ports.record?.('secret-imported', { name: record.name, kind: use });
    return record;
  }

  async delete(id: string): Promise<void> {
    const record = await this.#ports.store.change(async (change) => {
      const known = await change.secret(id);
      await change.deleteSecret(id);
      return known;
    });
    if (record) this.#ports.record?.('secret-deleted', { name: record.name, kind: record.use });
  }

  /** For a `keys.h`. @throws KeyRingError SECRET_UNKNOWN, SECRET_NOT_EXPORTABLE */
  async reveal(id: string, use: SecretUse): Promise<SharedSecret> {
    const record = await this.#ports.store.change(async (change) => {
      const known = await change.secret(id);
      if (known?.use !== use) throw new KeyRingError('SECRET_UNKNOWN', 'no such secret', { id, use });
      if (!known.exportable) throw new KeyRingError('SECRET_NOT_EXPORTABLE', 'this secret stays in the browser', { name: known.name });
      await change.putSecret({ ...known, usedAt: this.#ports.clock.now() });
      return known;
    });
    const keys = await this.#ports.store.secretKeys(id);
    if (!keys) throw new KeyRingError('SECRET_UNKNOWN', 'no such secret', { id, use });
    this.#ports.record?.('secret-exported', { name: record.name, kind: record.use, form: 'keys.h' });
    return await secretOf(keys);
  }

  async #keep(secret: SharedSecret, facts: SecretOptions & Pick<SecretRecord, 'use' | 'source'>): Promise<SecretRecord> {
    const { clock, newId, store } = this.#ports;
    const record: SecretRecord = { ...facts, name: checkedName(facts.name), id: newId(), createdAt: clock.now() };
    const keys = await secretKeysOf(secret, record.use, record.exportable);
    await store.change((change) => change.putSecret(record, keys));
    return record;
  }
}

async function secretKeysOf(secret: SharedSecret, use: SecretUse, extractable: boolean): Promise<SecretKeys> {
  if (use === 'aes-256') {
    return { key: await crypto.subtle.importKey('raw', secret.bytes, 'AES-CBC', extractable, ['encrypt', 'decrypt']) };
  }
  const hmac = (bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
    crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, extractable, ['sign', 'verify']);
  return { key: await hmac(secret.bytes), ofDigits: await hmac(sealedDeliveryPsk(secret)) };
}

/** Of extractable ones. The digits keep the case in which they came, which S2 depends on. */
async function secretOf({ key, ofDigits }: SecretKeys): Promise<SharedSecret> {
  const raw = async (key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await crypto.subtle.exportKey('raw', key));
  if (!ofDigits) return secretOfBytes(await raw(key));
  const digits = new TextDecoder().decode(await raw(ofDigits));
  return { bytes: fromHex(digits), digits };
}

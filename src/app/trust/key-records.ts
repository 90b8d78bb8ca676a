/**
 * What is kept of keys, secrets and products, and how it is read back: from an earlier version, another tab, or a hand in the developer tools. What breaks a rule
 * is `undefined`. What a key is (its algorithm, its fingerprint, what can be done with it) is not stored: it follows from the key itself, so that no
 * record can claim another.
 */
import { fromBase64, toBase64 } from '../../core/bytes/base64.ts';
import { FieldReader, defined } from '../../core/fields.ts';
import { plainText } from '../../core/plain-text.ts';
import { fingerprint, keyName } from '../../core/trust/fingerprint.ts';
import { FINGERPRINT, type PublicKey } from '../../core/trust/key-model.ts';
import { isWeak } from '../../core/trust/key-strength.ts';
import { parsePublicKey } from '../../core/trust/public-key.ts';
import { isSigningKeyFor } from '../../core/trust/signing-key.ts';
import { fault, lenient, time } from '../records.ts';
import { KEY_STATUSES, SECRET_USES } from './model.ts';
import type { KeyRecord, ProductTrust, SecretRecord, SecretUse } from './model.ts';
import type { SecretKeys } from './ports.ts';

/** In characters; `spki` is base64, with room for 16,384 bits of RSA. */
export const KEY_LIMITS = { name: 64, purpose: 256, product: 128, pins: 64, spki: 4096 } as const;

const SOURCES = ['made', 'imported'] as const;
const SECRET_ID = /^[\w-]{1,64}$/;
/** @throws TrustError, RecordError */
export const publicKeyOf = ({ spki }: Pick<KeyRecord, 'spki'>): PublicKey => parsePublicKey(bytesOf(spki));

function bytesOf(spki: string): Uint8Array<ArrayBuffer> {
  try {
    return fromBase64(spki);
  } catch {
    throw fault('key.spki', 'must be base64');
  }
}

/** A key that comes into the ring. */
export async function newKeyRecord(
  publicKey: PublicKey,
  privateKey: CryptoKey | undefined,
  given: Pick<KeyRecord, 'name' | 'purpose' | 'source' | 'createdAt'>,
): Promise<KeyRecord> {
  return {
    id: await fingerprint(publicKey),
    name: given.name,
    purpose: given.purpose,
    algorithm: keyName(publicKey),
    isWeak: isWeak(publicKey),
    spki: toBase64(publicKey.spki),
    privateKey: privateHalf(privateKey),
    status: 'active',
    source: given.source,
    createdAt: given.createdAt,
  };
}

/** What is written to disk. */
export const storedKey = ({ id, name, purpose, spki, status, source, createdAt, usedAt, statusAt, deletedAt }: KeyRecord) => ({
  kind: 'key',
  id,
  name,
  purpose,
  spki,
  status,
  source,
  createdAt,
  ...defined({ usedAt, statusAt, deletedAt }),
});

/** Its fingerprint is not checked yet: see `isGenuine`. @param material what is stored as its private half */
export function parseKeyRecord(value: unknown, material: unknown): KeyRecord | undefined {
  return lenient(() => {
    const fields = new FieldReader(value, 'key', fault);
    fields.oneOf('kind', ['key']);
    const spki = fields.text('spki', KEY_LIMITS.spki);
    const publicKey = publicKeyOf({ spki });
    const status = fields.oneOf('status', KEY_STATUSES);
    const deletedAt = fields.optionalNumber('deletedAt', time);
    if (deletedAt !== undefined && status !== 'revoked') throw fault('key.deletedAt', 'is for revoked keys');
    return {
      id: fields.matching('id', FINGERPRINT, '64 hex digits'),
      name: fields.text('name', KEY_LIMITS.name),
      purpose: fields.text('purpose', KEY_LIMITS.purpose),
      algorithm: keyName(publicKey),
      isWeak: isWeak(publicKey),
      spki,
      privateKey: privateHalf(asPrivateKey(material, publicKey)),
      status,
      source: fields.oneOf('source', SOURCES),
      createdAt: fields.number('createdAt', time),
      ...defined({ usedAt: fields.optionalNumber('usedAt', time), statusAt: fields.optionalNumber('statusAt', time), deletedAt }),
    };
  });
}

export const asPrivateKey = (material: unknown, publicKey: PublicKey): CryptoKey | undefined =>
  material instanceof CryptoKey && isSigningKeyFor(material, publicKey) ? material : undefined;

const privateHalf = (key: CryptoKey | undefined): KeyRecord['privateKey'] => {
  if (!key) return 'none';
  return key.extractable ? 'exportable' : 'here';
};

/** Nobody put another key under its name. */
export const isGenuine = async (record: KeyRecord): Promise<boolean> => (await fingerprint(publicKeyOf(record))) === record.id;

export const storedSecret = ({ id, name, use, source, createdAt, usedAt }: SecretRecord) => ({
  kind: 'secret',
  id,
  name,
  use,
  source,
  createdAt,
  ...defined({ usedAt }),
});

export function parseSecretRecord(value: unknown, material: unknown): SecretRecord | undefined {
  return lenient(() => {
    const fields = new FieldReader(value, 'secret', fault);
    fields.oneOf('kind', ['secret']);
    const use = fields.oneOf('use', SECRET_USES);
    const keys = asSecretKeys(material, use);
    if (!keys) throw fault('secret', 'must have its keys');
    return {
      id: fields.matching('id', SECRET_ID, 'an id'),
      name: fields.text('name', KEY_LIMITS.name),
      use,
      exportable: (keys.ofDigits ?? keys.key).extractable,
      source: fields.oneOf('source', SOURCES),
      createdAt: fields.number('createdAt', time),
      ...defined({ usedAt: fields.optionalNumber('usedAt', time) }),
    };
  });
}

export function asSecretKeys(material: unknown, use: SecretUse): SecretKeys | undefined {
  if (typeof material !== 'object' || material === null) return undefined;
  const { key, ofDigits } = material as Readonly<Record<string, unknown>>;
  const isFor = (value: unknown, name: string): value is CryptoKey => value instanceof CryptoKey && value.algorithm.name === name;
  if (use === 'aes-256') return isFor(key, 'AES-CBC') ? { key } : undefined;
  return isFor(key, 'HMAC') && isFor(ofDigits, 'HMAC') ? { key, ofDigits } : undefined;
}

/** As an image or a person writes it, in the one spelling that products are kept under. */
export const productName = (text: string): string => plainText(text).replaceAll(/\s+/g, ' ').trim().slice(0, KEY_LIMITS.product);

/** Of keys that cannot be read none is left: a product that trusted somebody does not trust everybody because of that. */
export function parseProductTrust(value: unknown): ProductTrust | undefined {
  return lenient(() => {
    const fields = new FieldReader(value, 'product', fault);
    const product = fields.text('product', KEY_LIMITS.product);
    const { product: written } = value as { readonly product: string };
    if (written !== productName(written)) throw fault('product.product', 'must be written as products are');
    const keyIds = lenient(() => fields.texts('keyIds', KEY_LIMITS.pins, 64)) ?? [];
    return { product, keyIds: [...new Set(keyIds.filter((id) => FINGERPRINT.test(id)))] };
  });
}

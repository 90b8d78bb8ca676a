/** Which products trust which keys. Knows keys by their fingerprints, and what a product makes of those in the ring; not how they are made or end. */
import type { KnownKey } from '../../core/trust/firmware-signature.ts';
import type { Fingerprint } from '../../core/trust/key-model.ts';
import { LEAST_RSA_BITS } from '../../core/trust/key-strength.ts';
import { KeyRingError } from './key-errors.ts';
import { checkedProduct } from './key-naming.ts';
import { KEY_LIMITS, productName, publicKeyOf } from './key-records.ts';
import type { KeyRecord, ProductTrust } from './model.ts';
import type { KeyChange, KeyShelf } from './ports.ts';

/** What became of a pin; without a record there was nothing to do. */
interface Pinned {
  readonly product: string;
  readonly record: KeyRecord | undefined;
}

/** @throws KeyRingError KEY_NAME_INVALID, KEY_UNKNOWN, KEY_REVOKED_FOR_GOOD, KEY_TOO_WEAK, TOO_MANY_PINS */
export async function pinKey(change: KeyChange, text: string, id: Fingerprint): Promise<Pinned> {
  const product = checkedProduct(text);
  const record = await knownKey(change, id);
  assertCanBeTrusted(record);
  const keyIds = await pinsOf(change, product);
  if (keyIds.includes(id)) return { product, record: undefined };
  await change.putProduct(withPin({ product, keyIds }, id));
  return { product, record };
}

export async function unpinKey(change: KeyChange, text: string, id: Fingerprint): Promise<Pinned> {
  const product = productName(text);
  const keyIds = await pinsOf(change, product);
  await change.putProduct({ product, keyIds: keyIds.filter((other) => other !== id) });
  return { product, record: keyIds.includes(id) ? await change.key(id) : undefined };
}

/** Whoever trusts the one trusts the other, too. Resolves with their names. */
export async function pinSuccessor(change: KeyChange, old: Fingerprint, next: Fingerprint): Promise<readonly string[]> {
  const products = await trusting(change, old);
  for (const product of products) await change.putProduct(withPin(product, next));
  return products.map(({ product }) => product);
}

export async function unpinEverywhere(change: KeyChange, id: Fingerprint): Promise<void> {
  for (const { product, keyIds } of await trusting(change, id)) {
    await change.putProduct({ product, keyIds: keyIds.filter((other) => other !== id) });
  }
}

/** @throws KeyRingError KEY_UNKNOWN */
export async function knownKey(change: KeyChange, id: Fingerprint): Promise<KeyRecord> {
  const record = await change.key(id);
  if (!record) throw unknownKey(id);
  return record;
}

export const unknownKey = (id: Fingerprint): KeyRingError => new KeyRingError('KEY_UNKNOWN', 'no such key', { id });

export const revokedForGood = ({ name }: KeyRecord): KeyRingError =>
  new KeyRingError('KEY_REVOKED_FOR_GOOD', 'a revoked key stays revoked', { name });

export const tooWeak = ({ name, algorithm }: KeyRecord): KeyRingError =>
  new KeyRingError('KEY_TOO_WEAK', `${algorithm} is too short`, { name, algorithm, least: LEAST_RSA_BITS });

/** @throws KeyRingError KEY_REVOKED_FOR_GOOD, KEY_TOO_WEAK */
export function assertCanBeTrusted(record: KeyRecord): void {
  if (record.status === 'revoked') throw revokedForGood(record);
  if (record.isWeak) throw tooWeak(record);
}

export const productsTrusting = (products: readonly ProductTrust[], id: Fingerprint): readonly ProductTrust[] =>
  products.filter(({ keyIds }) => keyIds.includes(id));

/** As the product sees them. */
export function keysOfProduct(text: string, { keys, products }: Pick<KeyShelf, 'keys' | 'products'>): readonly KnownKey[] {
  const name = productName(text);
  const pinned = products.find(({ product }) => product === name)?.keyIds ?? [];
  return keys.map((record) => ({
    fingerprint: record.id,
    name: record.name,
    publicKey: publicKeyOf(record),
    status: record.status,
    // Pins of before this was asked do not count.
    trusted: pinned.includes(record.id) && !record.isWeak,
  }));
}

const trusting = async (change: KeyChange, id: Fingerprint): Promise<readonly ProductTrust[]> =>
  productsTrusting(await change.products(), id);

const pinsOf = async (change: KeyChange, product: string): Promise<readonly Fingerprint[]> =>
  (await change.products()).find((other) => other.product === product)?.keyIds ?? [];

function withPin({ product, keyIds }: ProductTrust, id: Fingerprint): ProductTrust {
  if (keyIds.length >= KEY_LIMITS.pins)
    throw new KeyRingError('TOO_MANY_PINS', 'no product needs so many keys', { limit: KEY_LIMITS.pins });
  return { product, keyIds: [...keyIds, id] };
}

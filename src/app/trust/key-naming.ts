/** What people call their keys: plain, trimmed, within bounds. */
import { plainText } from '../../core/plain-text.ts';
import { KeyRingError } from './key-errors.ts';
import { KEY_LIMITS, productName } from './key-records.ts';
import type { KeyNaming } from './services.ts';

function checkedText(field: keyof KeyNaming, text: string): string {
  const trimmed = plainText(text).replaceAll(/\s+/g, ' ').trim();
  const limit = KEY_LIMITS[field];
  if (trimmed.length > limit) throw new KeyRingError('KEY_NAME_INVALID', `${field}: at most ${limit} characters`, { field, limit });
  return trimmed;
}

/** @throws KeyRingError KEY_NAME_INVALID */
export function checkedName(name: string): string {
  const checked = checkedText('name', name);
  if (checked === '') throw new KeyRingError('KEY_NAME_INVALID', 'a name is needed', { field: 'name' });
  return checked;
}

/** @throws KeyRingError KEY_NAME_INVALID */
export const checkedNaming = ({ name, purpose }: KeyNaming): KeyNaming => ({
  name: checkedName(name),
  purpose: checkedText('purpose', purpose),
});

/** @throws KeyRingError KEY_NAME_INVALID */
export function checkedProduct(text: string): string {
  const product = productName(text);
  if (product === '') throw new KeyRingError('KEY_NAME_INVALID', 'a product has a name', { field: 'product' });
  return product;
}

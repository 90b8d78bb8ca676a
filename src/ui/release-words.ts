/** Which signed release bytes came as, for receipts and histories. */
import type { ReleaseMark } from '../app/model.ts';
import { shortName } from './format.ts';

/** `greenhouse 1.2.0 of Garden, number 12`. What an earlier version of Otter wrote down has the number alone. */
export function releaseWords({ publisher, product, version, counter }: ReleaseMark): string {
  const name = [product, version]
    .filter(Boolean)
    .map((word) => shortName(word!, 32))
    .join(' ');
  const named = publisher ? `${name} of ${shortName(publisher, 32)}` : name;
  return named === '' ? `release ${counter}` : `${named}, number ${counter}`;
}

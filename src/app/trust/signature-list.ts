/** The signatures that are kept with a firmware: each once, of a key its newest, and no more than there is room for. */
import { LIMITS } from '../records.ts';
import type { StoredSignature } from './model.ts';
import { SignatureError } from './signature-errors.ts';

/** @throws SignatureError TOO_MANY_SIGNATURES */
export function withSignature(signatures: readonly StoredSignature[], fresh: StoredSignature): readonly StoredSignature[] {
  const { keyId, value } = fresh;
  if (signatures.some((there) => there.value === value && there.keyId === keyId)) return signatures;
  const others = signatures.filter((there) => there.value !== value && (keyId === undefined || there.keyId !== keyId));
  if (others.length >= LIMITS.signatures)
    throw new SignatureError('TOO_MANY_SIGNATURES', 'there is no room for more', { limit: LIMITS.signatures });
  return [...others, fresh];
}

/** As many of `more` as there is room for; none of those that are there goes. */
export function withSignatures(signatures: readonly StoredSignature[], more: readonly StoredSignature[]): readonly StoredSignature[] {
  const isNew = ({ value, keyId }: StoredSignature, kept: readonly StoredSignature[]): boolean =>
    !kept.some((there) => there.value === value || there.keyId === keyId);
  return more.reduce((kept, each) => (kept.length < LIMITS.signatures && isNew(each, kept) ? [...kept, each] : kept), signatures);
}

/** A verdict as the log writes it down. */
import type { FirmwareTrust } from './model.ts';

export function verdictOf({ signature }: FirmwareTrust): { readonly verdict: string; readonly keyId?: string } {
  const keyId = 'key' in signature ? signature.key?.fingerprint : 'fingerprint' in signature ? signature.fingerprint : undefined;
  return { verdict: signature.status, ...(keyId !== undefined && { keyId }) };
}

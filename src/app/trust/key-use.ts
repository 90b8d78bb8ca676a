/** What a key of the ring is still good for. */
import type { KeyRecord } from './model.ts';

/** By a product, or by a device that is built with it. */
export const canBeTrusted = ({ status, isWeak }: Pick<KeyRecord, 'status' | 'isWeak'>): boolean => status !== 'revoked' && !isWeak;

/** In this browser. */
export const canSign = ({ status, isWeak, privateKey }: Pick<KeyRecord, 'status' | 'isWeak' | 'privateKey'>): boolean =>
  status === 'active' && !isWeak && privateKey !== 'none';

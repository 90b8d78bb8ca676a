/** What a key is called: by its fingerprint where it must be this one, by its kind where people read. */
import { sha256Hex } from '../bytes/sha256.ts';
import type { Fingerprint, PublicKey } from './key-model.ts';

export const fingerprint = (key: PublicKey): Promise<Fingerprint> => sha256Hex(key.spki);

/** `RSA-3072`, `ECDSA P-256`, `Ed25519`. */
export function keyName(key: PublicKey): string {
  switch (key.kind) {
    case 'RSA':
      return `RSA-${key.modulusBits}`;
    case 'EC':
      return `ECDSA ${key.curve}`;
    case 'Ed25519':
      return key.kind;
  }
}

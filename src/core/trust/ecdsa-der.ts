/** The two ways to write an ECDSA signature: `SEQUENCE { r INTEGER, s INTEGER }` in DER (RFC 3279 §2.2.3), and r ‖ s at full length (IEEE P1363). */
import { readDer } from './der.ts';
import { derSequence, derUnsigned } from './der-writer.ts';

type Bytes = Uint8Array<ArrayBuffer>;

class NoEcdsaSignature extends Error {}

/**
 * @param size bytes of r, and of s
 * @returns r ‖ s; `undefined` unless `der` is strict DER of two positive numbers of at most `size` bytes, and nothing more
 */
export function ecdsaDerToP1363(der: Uint8Array, size: number): Bytes | undefined {
  try {
    return readDer(der, { field: 'signature', fault: (field, rule) => new NoEcdsaSignature(`${field}: ${rule}`) }, (reader) =>
      reader.sequence('', (inside) => sideBySide(inside.unsigned('r'), inside.unsigned('s'), size)),
    );
  } catch (error) {
    if (error instanceof NoEcdsaSignature) return undefined;
    throw error;
  }
}

function sideBySide(r: Bytes, s: Bytes, size: number): Bytes {
  if ([r, s].some(({ length }) => length === 0 || length > size)) throw new NoEcdsaSignature(`r and s must have 1 to ${size} bytes`);
  const both = new Uint8Array(2 * size);
  both.set(r, size - r.length);
  both.set(s, 2 * size - s.length);
  return both;
}

/** @param signature r ‖ s, equally long */
export function ecdsaP1363ToDer(signature: Uint8Array): Bytes {
  const size = signature.length / 2;
  return derSequence(derUnsigned(signature.subarray(0, size)), derUnsigned(signature.subarray(size)));
}

/**
 * Base64 and base64url (RFC 4648), strict: canonical padding, no whitespace, no stray bits.
 * Uses `Uint8Array.fromBase64` where the engine has it (four times an `atob` loop).
 */

type Base64Alphabet = 'base64' | 'base64url';

interface NativeDecoder {
  fromBase64?(text: string, options: { alphabet: Base64Alphabet; lastChunkHandling: 'strict' }): Uint8Array<ArrayBuffer>;
}
interface NativeEncoder {
  toBase64?(options: { alphabet: Base64Alphabet; omitPadding: boolean }): string;
}

/** base64 is padded, base64url is not (as JWK and JWS write it). */
export function toBase64(bytes: Uint8Array, alphabet: Base64Alphabet = 'base64'): string {
  const native = (bytes as NativeEncoder).toBase64?.({ alphabet, omitPadding: alphabet === 'base64url' });
  return native ?? encodePortably(bytes, alphabet);
}

/** @throws RangeError unless `text` is exactly what `toBase64` writes for some bytes. */
export function fromBase64(text: string, alphabet: Base64Alphabet = 'base64'): Uint8Array<ArrayBuffer> {
  const padded = alphabet === 'base64' ? text : withPadding(text);
  // The engine's decoder skips ASCII whitespace, which strict base64 does not allow.
  if (/\s/.test(padded)) throw new RangeError('whitespace in base64');
  const native = (Uint8Array as NativeDecoder).fromBase64;
  if (!native) return decodePortably(padded, alphabet);
  try {
    return native.call(Uint8Array, padded, { alphabet, lastChunkHandling: 'strict' });
  } catch (cause) {
    throw new RangeError('not valid base64', { cause });
  }
}

function withPadding(text: string): string {
  if (text.includes('=')) throw new RangeError('padding in base64url');
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** For engines without `Uint8Array.prototype.toBase64`; exported for its test. */
export function encodePortably(bytes: Uint8Array, alphabet: Base64Alphabet): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  const base64 = btoa(binary);
  return alphabet === 'base64' ? base64 : base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** For engines without `Uint8Array.fromBase64`; exported for its test. */
export function decodePortably(padded: string, alphabet: Base64Alphabet): Uint8Array<ArrayBuffer> {
  const [shape, standard] =
    alphabet === 'base64'
      ? [/^[A-Za-z0-9+/]*={0,2}$/, padded]
      : [/^[A-Za-z0-9_-]*={0,2}$/, padded.replaceAll('-', '+').replaceAll('_', '/')];
  if (padded.length % 4 !== 0 || !shape.test(padded)) throw new RangeError('not valid base64');
  const binary = atob(standard);
  // `atob` forgives stray bits in the last character; a canonical encoder never writes them.
  if (btoa(binary) !== standard) throw new RangeError('stray bits at the end of base64');
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

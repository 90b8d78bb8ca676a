/**
 * Secrets that a device and its server share, 256 bits each: the AES key of sealed delivery (S2), and the pre-shared keys of S2 and S4. They are
 * written in three ways, and S2 takes the writing itself for the key. What was typed or read is never part of an error.
 */
import { fromBase64 } from '../bytes/base64.ts';
import { fromHex, isHex, toHex } from '../bytes/hex.ts';
import { malformedKey } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export const SECRET_BYTES = 32;
const MOST_CHARACTERS = 256;
const FIELD = 'secret';

export interface SharedSecret {
  /** The AES-256 key; the HMAC key of S4. */
  readonly bytes: Bytes;
  /** 64 hexadecimal digits, in the case they came in: the HMAC key of S2 is their ASCII, see `sealedDeliveryPsk`. */
  readonly digits: string;
}

/** Text that was typed or pasted: 64 hexadecimal digits, or base64 or base64url of 32 bytes. @throws TrustError KEY_MALFORMED */
export function parseSecretText(text: string): SharedSecret {
  const written = text.trim();
  if (written.length > MOST_CHARACTERS) throw malformedKey(FIELD, `must have at most ${MOST_CHARACTERS} characters`);
  if (isHex(written)) return ofRightLength(fromHex(written), written);
  const bytes = fromAnyBase64(written);
  return ofRightLength(bytes, toHex(bytes));
}

/** A file: 32 bytes as they are, or text as above. @throws TrustError KEY_MALFORMED */
export function parseSecretFile(bytes: Uint8Array): SharedSecret {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, MOST_CHARACTERS + 1));
  // 32 digits are a key of 128 bits that somebody wrote down, not 256 bits that happen to be digits.
  const isRaw = bytes.length === SECRET_BYTES && !isHex(text);
  return isRaw ? secretOfBytes(bytes.slice()) : parseSecretText(text);
}

/** Of 32 bytes that were drawn at random, for one. @throws TrustError KEY_MALFORMED */
export const secretOfBytes = (bytes: Bytes): SharedSecret => ofRightLength(bytes, toHex(bytes));

/** The HMAC key of S2, layer 3: the ASCII of the digits, not the bytes they stand for. */
export const sealedDeliveryPsk = ({ digits }: SharedSecret): Bytes => new TextEncoder().encode(digits);

function ofRightLength(bytes: Bytes, digits: string): SharedSecret {
  if (bytes.length !== SECRET_BYTES) throw malformedKey(FIELD, `must have ${SECRET_BYTES} bytes, not ${bytes.length}`);
  return { bytes, digits };
}

function fromAnyBase64(text: string): Bytes {
  try {
    return fromBase64(
      text
        .replace(/={1,2}$/, '')
        .replaceAll('+', '-')
        .replaceAll('/', '_'),
      'base64url',
    );
  } catch {
    // Without the cause: an engine may quote what it could not read.
    throw malformedKey(FIELD, `must be ${SECRET_BYTES} bytes in hexadecimal or base64`);
  }
}

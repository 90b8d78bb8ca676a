/** In which container a key comes, told by its first bytes. Knows nothing of what is inside. */
import { FieldReader } from '../fields.ts';
import { isPem } from './pem.ts';
import { malformedKey } from './trust-error.ts';

export type KeyFile =
  | { readonly container: 'PEM'; readonly text: string }
  | { readonly container: 'JWK'; readonly jwk: FieldReader }
  | { readonly container: 'DER'; readonly bytes: Uint8Array }
  /** x ‖ y on P-256: what `espsecure extract-public-key` writes for Secure Boot V1. No key in DER is that short or a JWK that dense. */
  | { readonly container: 'point'; readonly bytes: Uint8Array };

/** The largest RSA key takes 7 KB; a dump of `openssl pkcs12` has a chain of certificates beside it. */
const MOST_BYTES = 256 * 1024;
const POINT_BYTES = 64;
const SEQUENCE = 0x30;

const latin1 = new TextDecoder('latin1');
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws TrustError KEY_MALFORMED */
export function openKeyFile(bytes: Uint8Array): KeyFile {
  if (bytes.length > MOST_BYTES) throw malformedKey('file', `must have at most ${MOST_BYTES} bytes, not ${bytes.length}`);
  const text = latin1.decode(bytes);
  if (isPem(text)) return { container: 'PEM', text };
  if (bytes.length === POINT_BYTES) return { container: 'point', bytes };
  if (/^(?:\u00ef\u00bb\u00bf)?\s*\{/.test(text)) return { container: 'JWK', jwk: readJson(bytes) };
  if (bytes[0] === SEQUENCE) return { container: 'DER', bytes };
  throw malformedKey('file', 'must be PEM, DER or JWK');
}

function readJson(bytes: Uint8Array): FieldReader {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    // Without the cause: engines quote the text that they could not read, and this may be a private key.
    throw malformedKey('jwk', 'must be JSON');
  }
  return new FieldReader(value, 'jwk', malformedKey);
}

/** A pasted public key, for the heads that it signed. The browser knows its three kinds; another one is refused, never guessed. */
import { fromBase64 } from '../core/bytes/base64.ts';
import { sha256Hex } from '../core/bytes/sha256.ts';

export interface HeadKey {
  /** SHA-256 of the SPKI. */
  readonly kid: string;
  readonly key: CryptoKey;
}

const KINDS = [
  { name: 'Ed25519' },
  { name: 'ECDSA', namedCurve: 'P-256' },
  { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
] as const satisfies readonly (Algorithm | EcKeyImportParams | RsaHashedImportParams)[];

const PEM = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/;

/** @throws Error with words for a person */
export async function readHeadKey(pem: string): Promise<HeadKey> {
  if (!globalThis.crypto?.subtle) throw new Error('This browser computes no signatures for a page that was opened like this.');
  const [, base64] = PEM.exec(pem) ?? [];
  if (base64 === undefined) throw new Error('This is no public key: it begins with -----BEGIN PUBLIC KEY-----.');
  let spki: Uint8Array<ArrayBuffer>;
  try {
    spki = fromBase64(base64.replaceAll(/\s/g, ''));
  } catch {
    throw new Error('This public key is damaged: what stands between its lines is no base64.');
  }
  for (const kind of KINDS) {
    const key = await crypto.subtle.importKey('spki', spki, kind, false, ['verify']).catch(() => undefined);
    if (key) return { kid: await sha256Hex(spki), key };
  }
  throw new Error('No key for signed heads: those are RSA, ECDSA P-256 or Ed25519.');
}

/**
 * The two halves of a key, by the platform's hand: the public one is computed where it is missing, and where it is stated it must check what the
 * private one signs. Knows no containers.
 */
import { FieldReader } from '../fields.ts';
import { webCurve } from './curves.ts';
import { publicKeyFromJwk } from './jwk.ts';
import type { PublicKey } from './key-model.ts';
import { encodePkcs8, type PrivateHalf, type StatedKey } from './pkcs8.ts';
import { malformedKey, TrustError } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type SigningAlgorithm = RsaHashedImportParams | (EcKeyImportParams & EcdsaParams) | Algorithm;

export interface PrivateKey {
  readonly publicKey: PublicKey;
  /** PKCS#8 (RFC 5958, version 1) in DER, not encrypted: for `crypto.subtle.importKey` and `encryptPkcs8`. */
  readonly pkcs8: Bytes;
}

const FIELD = 'privateKey';
/** Signed once, and thrown away. */
const TRIAL = new TextEncoder().encode('do these halves belong together');

/** @throws TrustError KEY_MALFORMED for halves of different keys, KEY_UNSUPPORTED for a key that this browser does not take */
export async function completePrivateKey(stated: StatedKey): Promise<PrivateKey> {
  const algorithm = algorithmOf(stated.half);
  const publicKey = stated.publicKey ?? (await computePublicKey(stated, algorithm));
  const pkcs8 = encodePkcs8({ half: stated.half, publicKey });
  if (await belongTogether(pkcs8, publicKey, algorithm)) return { publicKey, pkcs8 };
  throw malformedKey(`${FIELD}.publicKey`, 'must be the public half of this key');
}

/** @throws TrustError KEY_UNSUPPORTED for a curve that WebCrypto lacks */
function algorithmOf(half: PrivateHalf): SigningAlgorithm {
  switch (half.kind) {
    case 'RSA':
      return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    case 'EC':
      return { name: 'ECDSA', namedCurve: webCurve(half.curve, `${FIELD}.privateKeyAlgorithm.parameters`), hash: 'SHA-256' };
    case 'Ed25519':
      return { name: 'Ed25519' };
  }
}

async function computePublicKey(stated: StatedKey, algorithm: SigningAlgorithm): Promise<PublicKey> {
  const key = await taken(crypto.subtle.importKey('pkcs8', encodePkcs8(stated), algorithm, true, ['sign']));
  return publicKeyFromJwk(new FieldReader(await crypto.subtle.exportKey('jwk', key), 'jwk', malformedKey));
}

async function belongTogether(pkcs8: Bytes, { kind, spki }: PublicKey, algorithm: SigningAlgorithm): Promise<boolean> {
  const verifier = await taken(crypto.subtle.importKey('spki', spki, algorithm, false, ['verify']));
  try {
    const signer = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    return await crypto.subtle.verify(algorithm, verifier, await crypto.subtle.sign(algorithm, signer, TRIAL), TRIAL);
  } catch (cause) {
    // Engines compare the halves at the import, and say no more than that they do not take the key. The numbers of an RSA key were compared here.
    if (kind === 'RSA') throw notTaken(cause);
    return false;
  }
}

/** A key that is right, as far as can be seen here. */
async function taken<T>(key: Promise<T>): Promise<T> {
  try {
    return await key;
  } catch (cause) {
    throw notTaken(cause);
  }
}

const notTaken = (cause: unknown): TrustError => new TrustError('KEY_UNSUPPORTED', FIELD, 'must be one that this browser takes', { cause });

/**
 * The two halves of a key, by the platform's hand: the public one is computed where it is missing, and where it is stated it must check what the
 * private one signs. Knows no containers.
 */
import { fromHex } from '../bytes/hex.ts';
import { FieldReader } from '../fields.ts';
import { BASE_POINTS, CURVES, decodePoint, encodePoint, POINT_FORMS, type WebCurve, webCurve } from './curves.ts';
import { publicKeyFromJwk } from './jwk.ts';
import type { PrivateKey, PublicKey } from './key-model.ts';
import { ecPublicKey } from './make-public-key.ts';
import { encodePkcs8, type StatedKey } from './pkcs8.ts';
import { signingAlgorithm, type SigningAlgorithm } from './signing-key.ts';
import { malformedKey, TrustError } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const FIELD = 'privateKey';
/** Signed once, and thrown away. */
const TRIAL = new TextEncoder().encode('do these halves belong together');

/** @throws TrustError KEY_MALFORMED for halves of different keys, KEY_UNSUPPORTED for a key that this browser does not take */
export async function completePrivateKey(stated: StatedKey): Promise<PrivateKey> {
  const algorithm = signingAlgorithm(stated.half, `${FIELD}.privateKeyAlgorithm.parameters`);
  const publicKey = stated.publicKey ?? (await computePublicKey(stated, algorithm));
  const pkcs8 = encodePkcs8({ half: stated.half, publicKey });
  if (await belongTogether(pkcs8, publicKey, algorithm)) return { publicKey, pkcs8 };
  throw malformedKey(`${FIELD}.publicKey`, 'must be the public half of this key');
}

async function computePublicKey(stated: StatedKey, algorithm: SigningAlgorithm): Promise<PublicKey> {
  const { half } = stated;
  if (half.kind === 'EC') return computeEcPublicKey(stated, webCurve(half.curve, FIELD), algorithm);
  const key = await taken(crypto.subtle.importKey('pkcs8', encodePkcs8(stated), algorithm, true, ['sign']));
  return publicKeyFromJwk(new FieldReader(await crypto.subtle.exportKey('jwk', key), 'jwk', malformedKey));
}

/**
 * Firefox exports no public half that it was not given. Agreeing with the base point gives x of d·G, which −d·G has too: a signature tells them apart.
 */
async function computeEcPublicKey(stated: StatedKey, curve: WebCurve, algorithm: SigningAlgorithm): Promise<PublicKey> {
  const { subtle } = crypto;
  const agreement = { name: 'ECDH', namedCurve: curve };
  const base = encodePoint(decodePoint(curve, fromHex(BASE_POINTS[curve]), 'base point'));
  const key = await taken(subtle.importKey('pkcs8', encodePkcs8(stated), agreement, false, ['deriveBits']));
  const peer = await taken(subtle.importKey('raw', base, agreement, false, []));
  const x = new Uint8Array(await taken(subtle.deriveBits({ name: 'ECDH', public: peer }, key, 8 * CURVES[curve].byteLength)));
  const withParity = (form: number): PublicKey => ecPublicKey(curve, Uint8Array.of(form, ...x), `${FIELD}.publicKey`);
  const even = withParity(POINT_FORMS.compressedEven);
  const isEven = await belongTogether(encodePkcs8({ half: stated.half, publicKey: even }), even, algorithm);
  return isEven ? even : withParity(POINT_FORMS.compressedOdd);
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

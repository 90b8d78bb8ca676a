/**
 * Signatures that lie beside a firmware, byte for byte as `openssl dgst -sha256 -sign` and `openssl pkeyutl -sign -rawin` (Ed25519) write them,
 * in a file of their own: raw (`.sig`), or base64 (`.sig.b64`). They do not tell which key made them.
 */
import { fromBase64, toBase64 } from '../bytes/base64.ts';
import { sha256 } from '../bytes/sha256.ts';
import { CURVES } from './curves.ts';
import { ecdsaDerToP1363 } from './ecdsa-der.ts';
import type { PublicKey } from './key-model.ts';
import {
  signEcdsaDer,
  signEd25519,
  signRsaPkcs1,
  verifyEcdsaDer,
  verifyEd25519,
  verifyRsaPkcs1,
  verifyRsaPss,
} from './signature-schemes.ts';
import type { CannotCheckReason } from './signature-verdict.ts';
import { TrustError } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** RSA with 16,384 bits in base64, with room for line ends. */
export const MOST_SIGNATURE_FILE_BYTES = 4096;
/** As `openssl base64` breaks lines; its reader takes no longer ones. */
const LINE_LENGTH = 64;
const BASE64_FILE = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Takes either form. They cannot be confused: a raw Ed25519 signature ends and an ECDSA signature goes on with bytes that are not in base64, and
 * among the bytes of an RSA signature there are always such.
 * @throws TrustError `SIGNATURE_MALFORMED`
 */
export function parseSignatureFile(file: Uint8Array): Bytes {
  const fault = (rule: string, cause?: unknown) => new TrustError('SIGNATURE_MALFORMED', 'signature', rule, { cause });
  if (file.length > MOST_SIGNATURE_FILE_BYTES) throw fault(`must have at most ${MOST_SIGNATURE_FILE_BYTES} bytes, not ${file.length}`);
  const text = new TextDecoder('latin1').decode(file).replaceAll(/\r?\n/g, '');
  if (text === '') throw fault('must not be empty');
  if (!BASE64_FILE.test(text)) return file.slice();
  try {
    return fromBase64(text);
  } catch (cause) {
    throw fault('must be whole base64', cause);
  }
}

const ED25519_BYTES = 64;
const RSA_BYTES = { least: 128, most: 2048, step: 32 } as const;
const WIDEST_CURVE_BYTES = Math.max(...Object.values(CURVES).map(({ byteLength }) => byteLength));

/** By its form alone: a page of a host that has no such file, or text, is none. */
export function hasSignatureForm(signature: Uint8Array): boolean {
  const { length } = signature;
  if (length === ED25519_BYTES || ecdsaDerToP1363(signature, WIDEST_CURVE_BYTES)) return true;
  return length >= RSA_BYTES.least && length <= RSA_BYTES.most && length % RSA_BYTES.step === 0;
}

/** What `.sig.b64` holds: `openssl base64 -d` and `base64 -d` read it. */
export function encodeSignatureFile(signature: Uint8Array): string {
  const lines = toBase64(signature).match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  return lines.map((line) => `${line}\n`).join('');
}

export type DetachedScheme = 'RSA-PKCS1-SHA256' | 'RSA-PSS-OF-HASH' | 'ECDSA-SHA256' | 'Ed25519';

export type DetachedVerdict =
  | { readonly verdict: 'valid'; readonly scheme: DetachedScheme }
  | { readonly verdict: 'invalid' }
  | { readonly verdict: 'cannot-check'; readonly reason: CannotCheckReason };

interface Scheme {
  readonly scheme: DetachedScheme;
  readonly verify: (key: PublicKey, message: Uint8Array, signature: Uint8Array) => Promise<boolean>;
}

/** RSA-2048, the salt as long as it can be. */
const S2_SIGNATURE_BYTES = 256;
const S2_SALT_BYTES = S2_SIGNATURE_BYTES - 32 - 2;

/** As S2's servers signed first: RSA-PSS over the 32 bytes of the image's SHA-256, which hashes these once more. */
const verifyPssOfHash: Scheme['verify'] = async (key, message, signature) =>
  signature.length === S2_SIGNATURE_BYTES && verifyRsaPss(key, await sha256(message), signature, { saltLength: S2_SALT_BYTES });

/** What a key of a kind may have made, in the order in which it is tried. */
const SCHEMES = {
  RSA: [
    { scheme: 'RSA-PKCS1-SHA256', verify: verifyRsaPkcs1 },
    { scheme: 'RSA-PSS-OF-HASH', verify: verifyPssOfHash },
  ],
  EC: [{ scheme: 'ECDSA-SHA256', verify: verifyEcdsaDer }],
  Ed25519: [{ scheme: 'Ed25519', verify: verifyEd25519 }],
} as const satisfies Record<PublicKey['kind'], readonly Scheme[]>;

/** @param signature raw, as `parseSignatureFile` gives it */
export async function verifyDetached(key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<DetachedVerdict> {
  try {
    for (const { scheme, verify } of SCHEMES[key.kind]) if (await verify(key, message, signature)) return { verdict: 'valid', scheme };
    return { verdict: 'invalid' };
  } catch (error) {
    if (error instanceof TrustError) return { verdict: 'cannot-check', reason: 'key-unsupported' };
    throw error;
  }
}

/** By the algorithm that the key was made or imported for. */
const SIGNERS: Readonly<Record<string, (key: CryptoKey, message: Uint8Array) => Promise<Bytes>>> = {
  'RSASSA-PKCS1-v1_5': signRsaPkcs1,
  ECDSA: signEcdsaDer,
  Ed25519: signEd25519,
};

/** @returns the raw signature. @throws TrustError `KEY_UNSUPPORTED` for a key that makes others than OpenSSL's `-sha256` */
export async function signDetached(privateKey: CryptoKey, message: Uint8Array): Promise<Bytes> {
  const { name, hash } = privateKey.algorithm as KeyAlgorithm & { readonly hash?: KeyAlgorithm };
  const sign = Object.hasOwn(SIGNERS, name) ? SIGNERS[name] : undefined;
  const hashName = hash?.name ?? 'SHA-256';
  if (!sign || hashName !== 'SHA-256') {
    throw new TrustError('KEY_UNSUPPORTED', 'key.algorithm', 'firmware is signed by RSA PKCS#1 v1.5 with SHA-256, ECDSA or Ed25519', {
      found: `${name} ${hashName}`,
    });
  }
  return sign(privateKey, message);
}

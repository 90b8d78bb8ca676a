/** Public keys in DER: SubjectPublicKeyInfo (RFC 5280 §4.1) and RSAPublicKey (RFC 8017 §A.1.1, PKCS#1). */
import { readDer, type DerReader } from './der.ts';
import { readKeyAlgorithm, type KeyAlgorithm } from './key-algorithms.ts';
import type { PublicKey, RsaPublicKey } from './key-model.ts';
import { keyShapeOf } from './key-shapes.ts';
import { ecPublicKey, ed25519PublicKey, rsaPublicKey } from './make-public-key.ts';
import { malformedKey, unsupportedKey } from './trust-error.ts';

/** @throws TrustError */
export function publicKeyFromDer(bytes: Uint8Array): PublicKey {
  return readDer(bytes, { field: 'publicKey', fault: malformedKey }, (der) => der.sequence('', readPublicKey));
}

function readPublicKey(der: DerReader): PublicKey {
  const shape = keyShapeOf(der);
  if (shape === 'RSAPublicKey') return readRsaPublicKey(der);
  if (shape !== 'SubjectPublicKeyInfo') throw unsupportedKey(der.field, 'must be a public key', shape);
  const algorithm = readKeyAlgorithm(der, 'algorithm');
  return publicKeyFromBits(algorithm, der.bitString('subjectPublicKey'), `${der.field}.subjectPublicKey`);
}

/** What the BIT STRING of an SPKI holds, and that of PKCS#8. @throws TrustError */
export function publicKeyFromBits(algorithm: KeyAlgorithm, bits: Uint8Array<ArrayBuffer>, field: string): PublicKey {
  switch (algorithm.kind) {
    case 'RSA':
      return readDer(bits, { field, fault: malformedKey }, (der) => der.sequence('', readRsaPublicKey));
    case 'EC':
      return ecPublicKey(algorithm.curve, bits, field);
    case 'Ed25519':
      return ed25519PublicKey(bits, field);
  }
}

function readRsaPublicKey(der: DerReader): RsaPublicKey {
  const n = der.unsigned('modulus');
  return rsaPublicKey(n, der.unsigned('publicExponent'), der.field);
}

/** What kind of key follows: AlgorithmIdentifier as SPKI and PKCS#8 have it (RFC 3279 §2.3.1, RFC 4055, RFC 5480 §2.1, RFC 8410 §3). */
import { CURVE_NAMES, CURVES } from './curves.ts';
import { DER_TAGS, type DerReader } from './der.ts';
import { derNull, derOid, derSequence } from './der-writer.ts';
import type { Curve } from './key-model.ts';
import { malformedKey, unsupportedKey } from './trust-error.ts';

export type KeyAlgorithm = { readonly kind: 'RSA' } | { readonly kind: 'EC'; readonly curve: Curve } | { readonly kind: 'Ed25519' };

const OIDS = { RSA: '1.2.840.113549.1.1.1', EC: '1.2.840.10045.2.1', Ed25519: '1.3.101.112' } as const satisfies Record<
  KeyAlgorithm['kind'],
  string
>;
/** An RSA key that says of itself that it signs with PSS only (RFC 4055 §3.1). */
const RSASSA_PSS = '1.2.840.113549.1.1.10';

/** Well known and of no use here: a person is told the name rather than the number. */
const OTHERS = new Map([
  ['1.2.840.10040.4.1', 'DSA'],
  ['1.2.840.113549.1.3.1', 'Diffie-Hellman'],
  ['1.2.840.113549.1.1.7', 'RSAES-OAEP'],
  ['1.3.101.110', 'X25519'],
  ['1.3.101.111', 'X448'],
  ['1.3.101.113', 'Ed448'],
  ['2.16.840.1.101.3.4.3.17', 'ML-DSA-44'],
  ['2.16.840.1.101.3.4.3.18', 'ML-DSA-65'],
  ['2.16.840.1.101.3.4.3.19', 'ML-DSA-87'],
  ['1.3.132.0.33', 'P-224'],
  ['1.3.132.0.10', 'secp256k1'],
  ['1.3.36.3.3.2.8.1.1.7', 'brainpoolP256r1'],
  ['1.3.36.3.3.2.8.1.1.11', 'brainpoolP384r1'],
  ['1.3.36.3.3.2.8.1.1.13', 'brainpoolP512r1'],
]);

const nameOf = (oid: string): string => OTHERS.get(oid) ?? oid;

/**
 * Reads an AlgorithmIdentifier. A PSS key is an RSA key: what it restricts itself to is not kept, so that it is the same key as in a JWK.
 * @throws TrustError KEY_UNSUPPORTED, with the name in `found`
 */
export function readKeyAlgorithm(der: DerReader, name: string): KeyAlgorithm {
  return der.sequence(name, (inside): KeyAlgorithm => {
    const oid = inside.oid('algorithm');
    switch (oid) {
      case OIDS.RSA:
        // RFC 3279 wants NULL here; some writers leave it out, and readers of all kinds forgive that.
        if (!inside.isAtEnd) inside.null('parameters');
        return { kind: 'RSA' };
      case RSASSA_PSS:
        if (!inside.isAtEnd) inside.sequence('parameters', skipAll);
        return { kind: 'RSA' };
      case OIDS.EC:
        return { kind: 'EC', curve: readCurve(inside, 'parameters') };
      case OIDS.Ed25519:
        return { kind: 'Ed25519' };
      default:
        throw unsupportedKey(`${inside.field}.algorithm`, 'must be RSA, EC or Ed25519', nameOf(oid));
    }
  });
}

function skipAll(der: DerReader): void {
  while (!der.isAtEnd) der.skip('');
}

/** ECParameters: a named curve, nothing else (RFC 5480 §2.1.1). */
export function readCurve(der: DerReader, name: string): Curve {
  const field = `${der.field}.${name}`;
  if (der.nextIs(DER_TAGS.SEQUENCE)) throw unsupportedKey(field, 'must name a curve', 'explicit curve parameters');
  if (der.nextIs(DER_TAGS.NULL)) throw malformedKey(field, 'must name a curve');
  const oid = der.oid(name);
  const curve = CURVE_NAMES.find((name) => CURVES[name].oid === oid);
  if (curve === undefined) throw unsupportedKey(field, `must be one of ${CURVE_NAMES.join(', ')}`, nameOf(oid));
  return curve;
}

export function encodeKeyAlgorithm(algorithm: KeyAlgorithm): Uint8Array<ArrayBuffer> {
  const oid = derOid(OIDS[algorithm.kind]);
  switch (algorithm.kind) {
    case 'RSA':
      return derSequence(oid, derNull());
    case 'EC':
      return derSequence(oid, derOid(CURVES[algorithm.curve].oid));
    case 'Ed25519':
      return derSequence(oid);
  }
}

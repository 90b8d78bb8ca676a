/**
 * What a Secure Boot V2 signature block states: the digest of the content, the key and the signature by it. Its numbers are little-endian, for the
 * chip's accelerators; here they leave big-endian. Source: ESP-IDF "Secure Boot V2", `esp_secure_boot.h`, espsecure 5.
 */
import { toBigInt } from '../bytes/big-integer.ts';
import { ByteReader } from '../bytes/reader.ts';
import type { SecureBootBlock } from '../image/model.ts';
import { V2_BYTES, V2_CRC_OFFSET } from '../image/secure-boot.ts';
import type { Curve, PublicKey } from './key-model.ts';
import { ecPublicKey, rsaPublicKey } from './make-public-key.ts';
import type { SignatureHash } from './signature-schemes.ts';
import { TrustError } from './trust-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The schemes that are laid out as described here. */
export type V2Scheme = Exclude<SecureBootBlock['scheme'], 'unknown'>;

export interface V2Block {
  /** Of the content, as the block states it. */
  readonly digest: Bytes;
  readonly publicKey: PublicKey;
  /** As WebCrypto wants it: of RSA the number, of ECDSA r ‖ s. */
  readonly signature: Bytes;
}

interface Layout {
  readonly hash: SignatureHash;
  readonly digestBytes: 32 | 48;
}

interface EcdsaLayout extends Layout {
  readonly curve: Curve;
  /** Of a coordinate, and of r and s. */
  readonly numberBytes: number;
  /** Of the place for two of them. */
  readonly pairBytes: number;
}

const SHA_256 = { hash: 'SHA-256', digestBytes: 32 } as const;

const ECDSA = {
  'ECDSA-P192': { ...SHA_256, curve: 'P-192', numberBytes: 24, pairBytes: 64 },
  'ECDSA-P256': { ...SHA_256, curve: 'P-256', numberBytes: 32, pairBytes: 64 },
  'ECDSA-P384': { hash: 'SHA-384', digestBytes: 48, curve: 'P-384', numberBytes: 48, pairBytes: 96 },
} as const satisfies Record<string, EcdsaLayout>;

const RSA_BITS = 3072;
const RSA_BYTES = RSA_BITS / 8;

const HEAD_BYTES = 4;

/** Of the content. */
export const hashOf = (scheme: V2Scheme): SignatureHash => layoutOf(scheme).hash;

const layoutOf = (scheme: V2Scheme): Layout => (scheme === 'RSA-3072-PSS' ? SHA_256 : ECDSA[scheme]);

/** The bytes whose SHA-256 is burnt into a chip as its key digest. */
export function keyBytes(block: Uint8Array, scheme: V2Scheme): Uint8Array {
  const start = HEAD_BYTES + layoutOf(scheme).digestBytes;
  return block.subarray(start, start + (scheme === 'RSA-3072-PSS' ? 2 * RSA_BYTES + 8 : 1 + ECDSA[scheme].pairBytes));
}

/**
 * @param block 1216 bytes
 * @throws TrustError `SIGNATURE_MALFORMED` when bytes that mean nothing are not zero, or numbers do not belong together; `KEY_MALFORMED` for a key
 *   that is none
 */
export function parseV2Block(block: Uint8Array, scheme: V2Scheme): V2Block {
  const reader = new ByteReader(block, (rule) => malformed('block', rule));
  const digest = reader.skip(HEAD_BYTES).bytes(layoutOf(scheme).digestBytes).slice();
  assertZero(block.subarray(3, HEAD_BYTES), 'block.reserved');
  const signed = scheme === 'RSA-3072-PSS' ? readRsa(reader, block) : readEcdsa(reader, ECDSA[scheme]);
  assertZero(block.subarray(reader.position, V2_CRC_OFFSET), 'block.reserved');
  assertZero(block.subarray(V2_CRC_OFFSET + 4, V2_BYTES), 'block.padding');
  return { digest, ...signed };
}

function readRsa(reader: ByteReader, block: Uint8Array): Omit<V2Block, 'digest'> {
  assertZero(block.subarray(2, 3), 'block.reserved');
  const n = bigEndian(reader.bytes(RSA_BYTES));
  const e = withoutZeros(bigEndian(reader.bytes(4)));
  const residue = bigEndian(reader.bytes(RSA_BYTES));
  const inverse = reader.u32le();
  const signature = bigEndian(reader.bytes(RSA_BYTES));
  const publicKey = rsaPublicKey(withoutZeros(n), e, 'block.key');
  if (publicKey.modulusBits !== RSA_BITS) throw malformed('block.key.modulus', `must have ${RSA_BITS} bits`);
  assertMontgomery(n, residue, inverse);
  return { publicKey, signature };
}

/** What the chip's accelerator takes instead of dividing: 2^6144 mod n, and −n⁻¹ mod 2^32. WebCrypto has no use for them, the key digest covers them. */
function assertMontgomery(n: Bytes, residue: Bytes, inverse: number): void {
  const modulus = toBigInt(n);
  if (toBigInt(residue) !== 2n ** BigInt(2 * RSA_BITS) % modulus) throw malformed('block.key.R', 'must belong to the modulus');
  if (BigInt.asUintN(32, modulus * BigInt(inverse) + 1n) !== 0n) throw malformed("block.key.M'", 'must belong to the modulus');
}

function readEcdsa(reader: ByteReader, { curve, numberBytes, pairBytes }: EcdsaLayout): Omit<V2Block, 'digest'> {
  // The curve id: whoever found the block has read it.
  reader.skip(1);
  const point = readPair(reader.bytes(pairBytes), numberBytes, 'block.key');
  const signature = readPair(reader.bytes(pairBytes), numberBytes, 'block.signature');
  return { publicKey: ecPublicKey(curve, Uint8Array.of(UNCOMPRESSED, ...point), 'block.key'), signature };
}

/** SEC 1 §2.3.3. */
const UNCOMPRESSED = 4;

/** Two numbers, each turned around; what is left of their place must be zero. */
function readPair(place: Uint8Array, numberBytes: number, field: string): Bytes {
  const pair = new Uint8Array(2 * numberBytes);
  pair.set(place.subarray(0, numberBytes).toReversed());
  pair.set(place.subarray(numberBytes, pair.length).toReversed(), numberBytes);
  assertZero(place.subarray(pair.length), field);
  return pair;
}

const bigEndian = (littleEndian: Uint8Array): Bytes => littleEndian.slice().reverse();

function withoutZeros(bytes: Bytes): Bytes {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start < 0 ? new Uint8Array() : bytes.slice(start);
}

function assertZero(bytes: Uint8Array, field: string): void {
  if (bytes.some((byte) => byte !== 0)) throw malformed(field, 'must be zero where it means nothing');
}

const malformed = (field: string, rule: string) => new TrustError('SIGNATURE_MALFORMED', field, rule);

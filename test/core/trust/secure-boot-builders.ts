/** Images signed for Secure Boot, built from the format's description and independent of the code under test. */
import { crc32 } from '../../../src/core/bytes/crc32.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import type { PublicKey } from '../../../src/core/trust/key-model.ts';
import { concat, padded, smallApp, u32 } from '../image/builders.ts';
import type { TestKey } from './keys-for-tests.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export const SECTOR = 0x1000;
export const BLOCK = 1216;

const little = (bigEndian: Uint8Array): Bytes => Uint8Array.from(bigEndian).reverse();
const number = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

function bytesOf(value: bigint, length: number): Bytes {
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** −n⁻¹ mod 2^32, bit by bit. */
function montgomery(n: bigint): number {
  let inverse = 0n;
  for (let bit = 0n; bit < 32n; bit++) if (((n * inverse + 1n) >> bit) & 1n) inverse |= 1n << bit;
  return Number(inverse);
}

/** CRC and padding behind the fields. */
export function sealed(fields: Uint8Array): Bytes {
  const body = padded(fields, 1196);
  return padded(concat(body, u32(crc32(body))), BLOCK);
}

export async function rsaBlock(content: Bytes, { publicKey, privateKey }: TestKey): Promise<Bytes> {
  if (publicKey.kind !== 'RSA') throw new TypeError('needs RSA');
  const digest = await crypto.subtle.digest('SHA-256', content);
  const signature = await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 32 }, privateKey, content);
  const n = number(publicKey.n);
  const key = concat(little(publicKey.n), padded(little(publicKey.e), 4), bytesOf(2n ** 6144n % n, 384), u32(montgomery(n)));
  return sealed(concat(Uint8Array.of(0xe7, 2, 0, 0), new Uint8Array(digest), key, little(new Uint8Array(signature))));
}

const ECDSA = {
  'P-192': { id: 1, kind: 0, hash: 'SHA-256', pair: 64 },
  'P-256': { id: 2, kind: 0, hash: 'SHA-256', pair: 64 },
  'P-384': { id: 3, kind: 1, hash: 'SHA-384', pair: 96 },
} as const;

const littlePair = (pair: Uint8Array, length: number): Bytes =>
  padded(concat(little(pair.subarray(0, pair.length / 2)), little(pair.subarray(pair.length / 2))), length);

export type BlockCurve = keyof typeof ECDSA;

/** @param signature r ‖ s, big-endian */
export async function ecdsaBlockOf(content: Bytes, publicKey: PublicKey, signature: Uint8Array): Promise<Bytes> {
  if (publicKey.kind !== 'EC') throw new TypeError('needs EC');
  const { id, kind, hash, pair } = ECDSA[publicKey.curve as BlockCurve];
  const digest = new Uint8Array(await crypto.subtle.digest(hash, content));
  const point = littlePair(concat(publicKey.x, publicKey.y), pair);
  return sealed(concat(Uint8Array.of(0xe7, 3, kind, 0), digest, Uint8Array.of(id), point, littlePair(signature, pair)));
}

export async function ecdsaBlock(content: Bytes, { publicKey, privateKey }: TestKey): Promise<Bytes> {
  if (publicKey.kind !== 'EC') throw new TypeError('needs EC');
  const { hash } = ECDSA[publicKey.curve as BlockCurve];
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash }, privateKey, content);
  return ecdsaBlockOf(content, publicKey, new Uint8Array(signature));
}

export const v2Block = (content: Bytes, key: TestKey): Promise<Bytes> =>
  key.publicKey.kind === 'RSA' ? rsaBlock(content, key) : ecdsaBlock(content, key);

/** A small app, padded to its sector: what is signed. */
export async function unsignedContent(): Promise<Bytes> {
  const app = await smallApp();
  return padded(app, Math.ceil(app.length / SECTOR) * SECTOR, 0xff);
}

export const withBlocks = (content: Uint8Array, ...blocks: readonly Uint8Array[]): Bytes =>
  concat(content, padded(concat(...blocks), SECTOR, 0xff));

/** One block for each key. */
export async function signedV2(...keys: readonly TestKey[]): Promise<Bytes> {
  const content = await unsignedContent();
  return withBlocks(content, ...(await Promise.all(keys.map((key) => v2Block(content, key)))));
}

export async function signedV1({ privateKey }: TestKey): Promise<Bytes> {
  const app = await smallApp();
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, app);
  return concat(app, u32(0), new Uint8Array(signature));
}

/** With another byte at `offset` of the block at `blockOffset`, and the CRC that belongs to it. */
export function withRepairedFlip(file: Uint8Array, blockOffset: number, offset: number, mask: number): Bytes {
  const copy = Uint8Array.from(file);
  copy[blockOffset + offset]! ^= mask;
  copy.set(u32(crc32(copy.subarray(blockOffset, blockOffset + 1196))), blockOffset + 1196);
  return copy;
}

/**
 * Finds Secure Boot signature blocks behind an image. Presence only: whether a signature is right is for `core/trust` to say.
 * Source: ESP-IDF security guides "Secure Boot V1/V2", `esp_secure_boot.h`.
 */
import { crc32 } from '../bytes/crc32.ts';
import { Pacer } from '../bytes/pacer.ts';
import type { SecureBootBlock } from './model.ts';

export const SIGNATURE_SECTOR_BYTES = 0x1000;
export const V1_BYTES = 68;
export const V2_BYTES = 1216;
const V2_MAGIC = 0xe7;
const V2_MOST_BLOCKS = 3;
export const V2_CRC_OFFSET = 1196;

const RSA_VERSION = 2;
const ECDSA_VERSION = 3;

/** By the byte behind the version of an ECDSA block: how long the digest is that is signed, and which curves may follow it. */
const ECDSA_KINDS: Readonly<
  Record<number, { readonly digestBytes: number; readonly curves: Readonly<Record<number, SecureBootBlock['scheme']>> }>
> = {
  0: { digestBytes: 32, curves: { 1: 'ECDSA-P192', 2: 'ECDSA-P256' } },
  1: { digestBytes: 48, curves: { 3: 'ECDSA-P384' } },
};

/** @param imageLength end of the image proper (checksum and appended hash included) in `bytes` */
export async function findSecureBootBlocks(
  bytes: Uint8Array,
  imageLength: number,
  pacer = new Pacer(),
): Promise<readonly SecureBootBlock[]> {
  const nextSector = Math.ceil(imageLength / SIGNATURE_SECTOR_BYTES) * SIGNATURE_SECTOR_BYTES;
  const lastSector = bytes.length - SIGNATURE_SECTOR_BYTES;
  const blocks = v2Blocks(bytes, nextSector);
  if (blocks.length > 0) return blocks;
  const padded = lastSector > nextSector ? v2Blocks(bytes, lastSector) : [];
  // Behind anything but padding the signature is that of another image.
  if (padded.length > 0 && (await isPadding(bytes.subarray(nextSector, lastSector), pacer))) return padded;
  return v1Block(bytes, imageLength);
}

/** FF or zeros throughout. */
async function isPadding(bytes: Uint8Array, pacer: Pacer): Promise<boolean> {
  const [fill = 0] = bytes;
  if (fill !== 0xff && fill !== 0) return false;
  for await (const helping of pacer.helpings(bytes)) if (!isFilled(helping, fill)) return false;
  return true;
}

function isFilled(bytes: Uint8Array, fill: number): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== fill) return false;
  return true;
}

function v2Blocks(bytes: Uint8Array, sector: number): SecureBootBlock[] {
  const found: SecureBootBlock[] = [];
  for (let i = 0; i < V2_MOST_BLOCKS; i++) {
    const offset = sector + i * V2_BYTES;
    const block = bytes.subarray(offset, offset + V2_BYTES);
    if (block.length < V2_BYTES || block[0] !== V2_MAGIC) break;
    const isWhole = storedCrc(block) === crc32(block.subarray(0, V2_CRC_OFFSET));
    if (!isWhole && !beginsLikeBlock(block)) break;
    found.push({ version: 2, scheme: v2Scheme(block), offset, ...(isWhole ? {} : { damaged: true }) });
  }
  return found;
}

function storedCrc(block: Uint8Array): number {
  return new DataView(block.buffer, block.byteOffset).getUint32(V2_CRC_OFFSET, true);
}

/** What else lies behind an image must not be taken for a block that somebody damaged. */
const beginsLikeBlock = ([, version, digestKind = 0, reserved]: Uint8Array): boolean =>
  reserved === 0 && (version === RSA_VERSION ? digestKind === 0 : version === ECDSA_VERSION && digestKind in ECDSA_KINDS);

function v2Scheme(block: Uint8Array): SecureBootBlock['scheme'] {
  const [, version, digestKind = 0] = block;
  if (version === RSA_VERSION) return 'RSA-3072-PSS';
  const kind = version === ECDSA_VERSION ? ECDSA_KINDS[digestKind] : undefined;
  return (kind && kind.curves[block[4 + kind.digestBytes] ?? 0]) ?? 'unknown';
}

/**
 * V1 has no magic: a zero word and 64 bytes of signature end the file, right after the image or after its padding.
 * So it is believed only where exactly these bytes are left, up to the 16-byte alignment of padded images.
 */
function v1Block(bytes: Uint8Array, imageLength: number): readonly SecureBootBlock[] {
  const left = bytes.length - imageLength;
  if (left < V1_BYTES || left > V1_BYTES + 15) return [];
  const block = bytes.subarray(imageLength, imageLength + V1_BYTES);
  const versionIsZero = block.subarray(0, 4).every((byte) => byte === 0);
  const signature = block.subarray(4);
  const signs = signature.some((byte) => byte !== 0 && byte !== 0xff);
  return versionIsZero && signs ? [{ version: 1, scheme: 'ECDSA-P256', offset: imageLength }] : [];
}

/**
 * ESP application and boot loader images (ESP-IDF "App Image Format", `esp_image_format.c`): walks header, segments, checksum and
 * appended hash. Knows nothing of flash, partitions or containers. A wrong sum is a verdict, a broken structure an `ImageError`.
 */
import { crc32 } from '../bytes/crc32.ts';
import { hexNumber, toHex } from '../bytes/hex.ts';
import { Pacer } from '../bytes/pacer.ts';
import { ByteReader } from '../bytes/reader.ts';
import { sha256Hex } from '../bytes/sha256.ts';
import { CHECKSUM_SEED, xorChecksum } from './checksum.ts';
import { FLASH_MODES, memoryRegion } from './chips.ts';
import { parseAppDescriptor, parseBootloaderDescriptor } from './descriptors.ts';
import type { ImageHeader } from './header.ts';
import { readHeader } from './header.ts';
import { ImageError, failWith } from './image-error.ts';
import type { EspImage, ImageSegment, StoredAndComputed } from './model.ts';
import { findSecureBootBlocks } from './secure-boot.ts';

const HASH_BYTES = 32;
const SECTOR = 0x1000;

/**
 * @param bytes starts with the image; may go on behind it (signature, padding, the rest of a slot)
 * @throws ImageError when the structure is broken or cut short
 */
export async function parseImage(bytes: Uint8Array, pacer = new Pacer()): Promise<EspImage> {
  const walked = walkImage(bytes);
  const { header, checksumOffset } = walked;
  const hashOffset = checksumOffset + 1;
  // Started first, so that the platform hashes while this thread sums.
  const hash = header.hashAppended ? verifyAppendedHash(bytes, hashOffset) : findAppendedHash(bytes, hashOffset, header);
  const [appendedHash, checksum] = await Promise.all([hash, verifyChecksum(bytes, walked, pacer)]);
  const trailer = header.hashAppended ? undefined : await verifyCrcTrailer(bytes, hashOffset, { header, pacer });
  const imageLength = hashOffset + (appendedHash ? HASH_BYTES : 0) + (trailer ? 4 : 0);
  return {
    ...describeImage(bytes, walked, imageLength),
    checksum,
    ...(appendedHash && { appendedHash }),
    ...(trailer && { crc32Trailer: trailer }),
    imageLength,
    secureBoot: await findSecureBootBlocks(bytes, imageLength, pacer),
  };
}

interface WalkedImage {
  readonly header: ImageHeader;
  readonly segments: readonly ImageSegment[];
  /** Index of the first segment that counts for the checksum: 1 in an ESP8266 V2 image, else 0. */
  readonly firstSummed: number;
  readonly checksumOffset: number;
}

function walkImage(bytes: Uint8Array): WalkedImage {
  const reader = new ByteReader(bytes, failWith('IMAGE_TRUNCATED'));
  const segments: ImageSegment[] = [];
  const header = readHeader(reader, (offset, length) => segments.push({ offset, length, loadAddress: 0, region: 'IROM' }));
  const firstSummed = segments.length;
  let mapped = 0;
  for (let i = 0; i < header.segmentCount; i++) {
    const loadAddress = reader.u32le(`the load address of segment ${i}`);
    const length = reader.u32le(`the length of segment ${i}`);
    const offset = reader.position;
    reader.skip(length, `segment ${i}`);
    const region = memoryRegion(header.chip, loadAddress);
    // With one map for constants and code the linker puts the constants, led by the app descriptor, first.
    const isConstants = header.chip.unifiedFlashMap && region === 'IROM' && mapped++ === 0;
    segments.push({ offset, length, loadAddress, region: isConstants ? 'DROM' : region });
  }
  // "The checksum is the last byte of a 16-byte block", so at least one byte follows the segments.
  const checksumOffset = reader.position | 0x0f;
  reader.skip(checksumOffset - reader.position, 'the padding').u8('the checksum');
  return { header, segments, firstSummed, checksumOffset };
}

function describeImage(
  bytes: Uint8Array,
  { header, segments }: WalkedImage,
  imageLength: number,
): Omit<EspImage, 'checksum' | 'imageLength' | 'secureBoot'> {
  const { chip } = header;
  const first = segments[0];
  const firstData = first ? bytes.subarray(first.offset, first.offset + first.length) : bytes.subarray(0, 0);
  const appDescriptor = header.layout === 'esp32' ? parseAppDescriptor(firstData) : undefined;
  // Old ESP8266 apps keep their flash code outside of the image, in the sectors behind it.
  const goesOn = header.layout === 'esp8266-v1' && bytes.length - imageLength >= SECTOR;
  const role = appDescriptor || goesOn || !loadsToRamOnly(segments) ? 'app' : 'bootloader';
  const bootloaderDescriptor = role === 'bootloader' && header.layout === 'esp32' ? parseBootloaderDescriptor(firstData) : undefined;
  return {
    chip: chip.name,
    role,
    flashMode: FLASH_MODES[header.modeCode] ?? hexNumber(header.modeCode, 2),
    flashSize: chip.flashSizes[header.sizeCode] ?? hexNumber(header.sizeCode, 2),
    flashFrequency: chip.flashFrequencies[header.frequencyCode] ?? hexNumber(header.frequencyCode, 2),
    entry: header.entry,
    minChipRevision: header.minChipRevision,
    maxChipRevision: header.maxChipRevision,
    segments,
    ...(appDescriptor && { appDescriptor }),
    ...(bootloaderDescriptor && { bootloaderDescriptor }),
  };
}

const RAM: ReadonlySet<string> = new Set(['DRAM', 'IRAM', 'DIRAM', 'RTC_FAST', 'RTC_SLOW', 'PADDING']);

/** A boot loader runs before flash is mapped, so all of it is loaded into RAM; an app never is. */
function loadsToRamOnly(segments: readonly ImageSegment[]): boolean {
  return segments.every((segment) => RAM.has(segment.region));
}

async function verifyChecksum(
  bytes: Uint8Array,
  { segments, firstSummed, checksumOffset }: WalkedImage,
  pacer: Pacer,
): Promise<StoredAndComputed> {
  let computed = CHECKSUM_SEED;
  for (const { offset, length } of segments.slice(firstSummed)) {
    for await (const helping of pacer.helpings(bytes.subarray(offset, offset + length))) computed = xorChecksum(helping, computed);
  }
  const stored = bytes[checksumOffset] ?? 0;
  return { offset: checksumOffset, stored: hexNumber(stored, 2), computed: hexNumber(computed, 2), valid: stored === computed };
}

async function verifyAppendedHash(bytes: Uint8Array, offset: number): Promise<StoredAndComputed> {
  if (bytes.length < offset + HASH_BYTES) {
    throw new ImageError('IMAGE_TRUNCATED', `the appended SHA-256 needs ${HASH_BYTES} bytes, ${bytes.length - offset} are left`, offset);
  }
  const stored = toHex(bytes.subarray(offset, offset + HASH_BYTES));
  const computed = await sha256Hex(bytes.subarray(0, offset));
  return { offset, stored, computed, valid: stored === computed };
}

/** The ESP8266's header has no flag for the hash that its RTOS SDK appends: one that matches, or ends the file, is one. */
async function findAppendedHash(bytes: Uint8Array, offset: number, header: ImageHeader): Promise<StoredAndComputed | undefined> {
  if (header.layout !== 'esp8266-v1' || bytes.length < offset + HASH_BYTES) return undefined;
  const hash = await verifyAppendedHash(bytes, offset);
  return hash.valid || bytes.length === offset + HASH_BYTES ? hash : undefined;
}

/**
 * ESP8266 images may end with a CRC-32 of everything before, in the sign-folded form of the SDK's `gen_appbin.py`.
 * V2 images always do when bytes are left; behind a V1 image only a match tells it from other data.
 */
async function verifyCrcTrailer(
  bytes: Uint8Array,
  offset: number,
  { header, pacer }: { readonly header: ImageHeader; readonly pacer: Pacer },
): Promise<StoredAndComputed | undefined> {
  if (header.layout === 'esp32' || bytes.length < offset + 4) return undefined;
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true);
  let crc = 0;
  for await (const helping of pacer.helpings(bytes.subarray(0, offset))) crc = crc32(helping, crc);
  const computed = sdkCrc32(crc);
  const valid = stored === computed;
  const isTrailer = valid || (header.layout === 'esp8266-v2' && bytes.length === offset + 4);
  return isTrailer ? { offset, stored: hexNumber(stored), computed: hexNumber(computed), valid } : undefined;
}

/** What the SDK makes of a CRC-32, which it takes for a signed number: negative ones are inverted, the others get one added. */
export const sdkCrc32 = (crc: number): number => (crc > 0x7fff_ffff ? ~crc >>> 0 : crc + 1);

/**
 * Writes ESP application images byte for byte as ESP-IDF's `esp_app_format.h` and `esp_app_desc.h` lay them out: the inverse of
 * `parseImage`. It knows the file format, not where segments must lie so that flash can be mapped: that is the linker's business.
 */
import { sha256 } from '../bytes/sha256.ts';
import { CHECKSUM_SEED, xorChecksum } from './checksum.ts';
import { CHIPS, FLASH_MODES } from './chips.ts';
import { APP_DESCRIPTOR_BYTES, APP_DESCRIPTOR_MAGIC, BOOTLOADER_DESCRIPTOR_BYTES, BOOTLOADER_DESCRIPTOR_MAGIC } from './descriptors.ts';
import { HEADER_BYTES, IMAGE_MAGIC, MAX_SEGMENTS, SEGMENT_HEADER_BYTES } from './header.ts';
import type { ChipName } from './model.ts';

export interface ImageDescription {
  /** The ESP8266 has a format of its own. */
  readonly chip: Exclude<ChipName, 'ESP8266'>;
  /** `DIO`, `4MB`, `40m`: as in the chip table, and only what it lists for this chip. */
  readonly flashMode: string;
  readonly flashSize: string;
  readonly flashFrequency: string;
  readonly entry: number;
  /** major × 100 + minor */
  readonly minChipRevision: number;
  /** Absent: no upper limit. */
  readonly maxChipRevision?: number;
  /** In file order. The descriptor goes in front of the first one's data, at its load address. */
  readonly segments: readonly { readonly loadAddress: number; readonly data: Uint8Array }[];
  readonly descriptor?: DescriptorDescription;
  readonly appendHash: boolean;
}

export interface DescriptorDescription {
  readonly version: string;
  readonly projectName: string;
  /** As the compiler's `__DATE__` and `__TIME__`: `Nov 19 2025`, `18:02:11`. */
  readonly date: string;
  readonly time: string;
  readonly idfVersion: string;
  readonly secureVersion: number;
  /** 32 bytes; absent = zeros, as tools leave it that do not know the ELF. */
  readonly elfSha256?: Uint8Array;
  /** log2 of the flash mapping's page; 16 (64 KiB) when absent. */
  readonly mmuPageSizeLog2?: number;
}

export interface BootloaderDescription {
  readonly version: number;
  readonly idfVersion: string;
  /** `__DATE__` and `__TIME__` in one: `Jul 22 2024 10:02:11` */
  readonly compiled: string;
}

/** The one-byte minimum revision of before `min_chip_rev_full`: only the first two chips with revisions ever used it. */
const OLD_MIN_REVISION: Partial<Record<ChipName, (revision: number) => number>> = {
  ESP32: (revision) => Math.floor(revision / 100),
  'ESP32-C3': (revision) => revision % 100,
};

const CHECKSUM_BLOCK = 16;
const HASH_BYTES = 32;
const WP_PIN_DISABLED = 0xee;
const NO_MAX_REVISION = 0xffff;

/** The whole file: header, segments, checksum and, if asked for, SHA-256. RangeError when the description cannot be written. */
export async function encodeImage(description: ImageDescription): Promise<Uint8Array<ArrayBuffer>> {
  const segments = withDescriptor(description).map(({ loadAddress, data }) => ({ loadAddress, data: padToWord(data) }));
  if (segments.length > MAX_SEGMENTS) throw new RangeError(`${segments.length} segments, at most ${MAX_SEGMENTS}`);

  const contentEnd = segments.reduce((end, { data }) => end + SEGMENT_HEADER_BYTES + data.length, HEADER_BYTES);
  const checksumEnd = contentEnd + CHECKSUM_BLOCK - (contentEnd % CHECKSUM_BLOCK);
  const file = new Uint8Array(checksumEnd + (description.appendHash ? HASH_BYTES : 0));
  const view = new DataView(file.buffer);

  writeHeader(view, description, segments.length);
  let offset = HEADER_BYTES;
  for (const { loadAddress, data } of segments) {
    view.setUint32(offset, loadAddress, true);
    view.setUint32(offset + 4, data.length, true);
    file.set(data, offset + SEGMENT_HEADER_BYTES);
    offset += SEGMENT_HEADER_BYTES + data.length;
  }
  file[checksumEnd - 1] = segments.reduce((sum, { data }) => xorChecksum(data, sum), CHECKSUM_SEED);
  if (description.appendHash) file.set(await sha256(file.subarray(0, checksumEnd)), checksumEnd);
  return file;
}

/** `esp_image_header_t` */
function writeHeader(view: DataView, description: ImageDescription, segmentCount: number): void {
  const { chip, minChipRevision, maxChipRevision = NO_MAX_REVISION } = description;
  const facts = CHIPS[chip];
  view.setUint8(0, IMAGE_MAGIC);
  view.setUint8(1, segmentCount);
  view.setUint8(2, codeOf(FLASH_MODES, description.flashMode));
  view.setUint8(3, (codeOf(facts.flashSizes, description.flashSize) << 4) | codeOf(facts.flashFrequencies, description.flashFrequency));
  view.setUint32(4, description.entry, true);
  view.setUint8(8, WP_PIN_DISABLED);
  view.setUint16(12, facts.id, true);
  view.setUint8(14, OLD_MIN_REVISION[chip]?.(minChipRevision) ?? 0);
  view.setUint16(15, minChipRevision, true);
  view.setUint16(17, maxChipRevision, true);
  view.setUint8(23, description.appendHash ? 1 : 0);
}

function codeOf(table: Readonly<Record<number, string>>, name: string): number {
  const found = Object.entries(table).find(([, value]) => value === name);
  if (!found) throw new RangeError(`${name} is not among ${Object.values(table).join(', ')}`);
  return Number(found[0]);
}

function withDescriptor({ segments, descriptor }: ImageDescription): ImageDescription['segments'] {
  if (!descriptor) return segments;
  const [first, ...rest] = segments;
  if (!first) throw new RangeError('a descriptor needs a segment to lie in');
  const data = new Uint8Array(APP_DESCRIPTOR_BYTES + first.data.length);
  data.set(encodeDescriptor(descriptor));
  data.set(first.data, APP_DESCRIPTOR_BYTES);
  return [{ loadAddress: first.loadAddress, data }, ...rest];
}

/** `esp_app_desc_t` */
function encodeDescriptor(descriptor: DescriptorDescription): Uint8Array {
  const bytes = new Uint8Array(APP_DESCRIPTOR_BYTES);
  const view = new DataView(bytes.buffer);
  const elfSha256 = descriptor.elfSha256 ?? new Uint8Array(HASH_BYTES);
  if (elfSha256.length !== HASH_BYTES) throw new RangeError(`elfSha256 has ${elfSha256.length} bytes`);
  view.setUint32(0, APP_DESCRIPTOR_MAGIC, true);
  view.setUint32(4, descriptor.secureVersion, true);
  bytes.set(encodeText('version', descriptor.version, 32), 16);
  bytes.set(encodeText('projectName', descriptor.projectName, 32), 48);
  bytes.set(encodeText('time', descriptor.time, 16), 80);
  bytes.set(encodeText('date', descriptor.date, 16), 96);
  bytes.set(encodeText('idfVersion', descriptor.idfVersion, 32), 112);
  bytes.set(elfSha256, 144);
  // Any revision of the eFuse block: minimum 0 @176, maximum unlimited @178.
  view.setUint16(178, NO_MAX_REVISION, true);
  view.setUint8(180, descriptor.mmuPageSizeLog2 ?? 16);
  return bytes;
}

/** `esp_bootloader_desc_t`: the beginning of the first segment of a boot loader. */
export function encodeBootloaderDescriptor({ version, idfVersion, compiled }: BootloaderDescription): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BOOTLOADER_DESCRIPTOR_BYTES);
  bytes[0] = BOOTLOADER_DESCRIPTOR_MAGIC;
  new DataView(bytes.buffer).setUint32(4, version, true);
  bytes.set(encodeText('idfVersion', idfVersion, 32), 8);
  bytes.set(encodeText('compiled', compiled, 24), 40);
  return bytes;
}

/** C string: at least one NUL ends it. */
function encodeText(field: string, text: string, size: number): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length >= size) throw new RangeError(`${field} is longer than ${size - 1} bytes`);
  return bytes;
}

/** Segments are loaded word by word. */
function padToWord(data: Uint8Array): Uint8Array {
  if (data.length % 4 === 0) return data;
  const padded = new Uint8Array(Math.ceil(data.length / 4) * 4);
  padded.set(data);
  return padded;
}

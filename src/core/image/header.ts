/**
 * Image headers as they stand in the file: 24 bytes on the ESP32 family, 8 bytes on the ESP8266 (V1), 8 + 8 around an extra
 * segment (V2). Source: ESP-IDF `esp_app_format.h`; ESP8266_RTOS_SDK `esp_image_format.h`; SDK "2C-ESP8266 Boot" for V2.
 */
import type { ByteReader } from '../bytes/reader.ts';
import { hexNumber } from '../bytes/hex.ts';
import type { ChipFacts } from './chips.ts';
import { CHIPS, chipById, memoryRegion } from './chips.ts';
import { ImageError } from './image-error.ts';

export const IMAGE_MAGIC = 0xe9;
/** First byte of an ESP8266 V2 image; its second byte is always 4. */
export const IMAGE_MAGIC_V2 = 0xea;
export const HEADER_BYTES = 24;
export const SEGMENT_HEADER_BYTES = 8;
/** `ESP_IMAGE_MAX_SEGMENTS` */
export const MAX_SEGMENTS = 16;

export interface ImageHeader {
  readonly layout: 'esp32' | 'esp8266-v1' | 'esp8266-v2';
  readonly chip: ChipFacts;
  readonly segmentCount: number;
  readonly modeCode: number;
  readonly sizeCode: number;
  readonly frequencyCode: number;
  readonly entry: number;
  readonly minChipRevision: number;
  readonly maxChipRevision: number;
  readonly hashAppended: boolean;
}

/** True when the first byte announces an image; says nothing about the rest. */
export function hasImageMagic(bytes: Uint8Array): boolean {
  return bytes[0] === IMAGE_MAGIC || (bytes[0] === IMAGE_MAGIC_V2 && bytes[1] === 4);
}

/**
 * Reads the header at the reader's position and leaves it at the first segment header that counts for the checksum.
 * The V2 segment in front of the second header is handed to `onFlashSegment`.
 */
export function readHeader(reader: ByteReader, onFlashSegment: (offset: number, length: number) => void): ImageHeader {
  const magic = reader.u8('the magic byte');
  if (magic === IMAGE_MAGIC_V2) return readV2(reader, onFlashSegment);
  if (magic !== IMAGE_MAGIC) throw new ImageError('IMAGE_MAGIC', `an image starts with 0xe9, not ${hexNumber(magic, 2)}`, 0);
  const start = readCommon(reader);
  return looksLikeEsp8266(reader) ? { ...start, ...ESP8266, layout: 'esp8266-v1' } : { ...start, ...readExtended(reader), layout: 'esp32' };
}

type CommonFields = Pick<ImageHeader, 'segmentCount' | 'modeCode' | 'sizeCode' | 'frequencyCode' | 'entry'>;

const ESP8266 = { chip: CHIPS.ESP8266, minChipRevision: 0, maxChipRevision: 0, hashAppended: false } as const;

/** The eight bytes that all images share, less the magic. */
function readCommon(reader: ByteReader): CommonFields {
  const countOffset = reader.position;
  const segmentCount = reader.u8('the segment count');
  if (segmentCount === 0 || segmentCount > MAX_SEGMENTS) {
    throw new ImageError('IMAGE_SEGMENT_COUNT', `an image has 1 to ${MAX_SEGMENTS} segments, not ${segmentCount}`, countOffset);
  }
  const modeCode = reader.u8('the flash mode');
  const sizeAndFrequency = reader.u8('the flash size and frequency');
  return {
    segmentCount,
    modeCode,
    sizeCode: sizeAndFrequency >>> 4,
    frequencyCode: sizeAndFrequency & 0x0f,
    entry: reader.u32le('the entry address'),
  };
}

/**
 * Neither header names its family. Where the ESP32 has its pin settings (`EE 00 00 00`), the ESP8266 has the first load address,
 * and that one always lies in its memory.
 */
function looksLikeEsp8266(reader: ByteReader): boolean {
  if (reader.remaining < SEGMENT_HEADER_BYTES) return false;
  const start = reader.position;
  const word = reader.u32le();
  reader.seek(start);
  return memoryRegion(CHIPS.ESP8266, word) !== 'UNKNOWN';
}

function readExtended(reader: ByteReader): Pick<ImageHeader, 'chip' | 'minChipRevision' | 'maxChipRevision' | 'hashAppended'> {
  reader.skip(4, 'the flash pin settings');
  const chipOffset = reader.position;
  const id = reader.u16le('the chip id');
  const chip = chipById(id);
  if (!chip) throw new ImageError('IMAGE_CHIP_UNKNOWN', `chip id ${id} belongs to no known chip`, chipOffset);
  const legacyMinRevision = reader.u8('the chip revision') * chip.legacyRevisionStep;
  const minChipRevision = reader.u16le('the least chip revision') || legacyMinRevision;
  const maxChipRevision = reader.u16le('the greatest chip revision');
  const flagOffset = reader.skip(4, 'reserved bytes').position;
  const hashAppended = reader.u8('the hash flag');
  if (hashAppended > 1) throw new ImageError('IMAGE_HEADER', `hash_appended is 0 or 1, not ${hashAppended}`, flagOffset);
  return { chip, minChipRevision, maxChipRevision, hashAppended: hashAppended === 1 };
}

/** Header, one segment that stays in flash and outside of the checksum, then a V1 header whose values count. */
function readV2(reader: ByteReader, onFlashSegment: (offset: number, length: number) => void): ImageHeader {
  const marker = reader.u8('the V2 marker');
  if (marker !== 4) throw new ImageError('IMAGE_HEADER', `an ESP8266 V2 image starts with 0xea 0x04, not 0xea ${hexNumber(marker, 2)}`, 1);
  reader.skip(6, 'the V2 header').skip(4, 'the load address');
  const length = reader.u32le('the flash segment length');
  const offset = reader.position;
  reader.skip(length, 'the flash segment');
  onFlashSegment(offset, length);
  const magicOffset = reader.position;
  const magic = reader.u8('the second magic byte');
  if (magic !== IMAGE_MAGIC)
    throw new ImageError('IMAGE_MAGIC', `the second header starts with 0xe9, not ${hexNumber(magic, 2)}`, magicOffset);
  return { ...readCommon(reader), ...ESP8266, layout: 'esp8266-v2' };
}

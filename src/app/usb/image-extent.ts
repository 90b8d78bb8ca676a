/** How long an image in a slot is: its header says how many segments there are, and the header of each how long it is. A few short questions. */
import { ByteReader } from '../../core/bytes/reader.ts';
import { HEADER_BYTES, SEGMENT_HEADER_BYTES, readHeader, type ImageHeader } from '../../core/image/header.ts';
import { ImageError, failWith } from '../../core/image/image-error.ts';

/** The last byte of a row of 16 is the checksum; a SHA-256 follows where the header says so (ESP-IDF, "App Image Format"). */
const CHECKSUM_ROW = 16;
export const HASH_BYTES = 32;

interface ImageInSlot {
  /** Its first bytes, as far as they were read already. */
  readonly head: Uint8Array;
  /** Of the slot. */
  readonly room: number;
  /** Bytes of the slot, from `offset` on. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
}

export interface ImageExtent {
  readonly length: number;
  /** Where its own SHA-256 stands; absent: it has none. */
  readonly hashAt?: number;
}

/** Without a signature that may follow; `undefined` where the segments do not fit the slot, or the image is none of this family. */
export async function imageExtent({ head, room, read }: ImageInSlot): Promise<ImageExtent | undefined> {
  const header = headerOf(head);
  if (header?.layout !== 'esp32') return undefined;
  let end = HEADER_BYTES;
  for (let segment = 0; segment < header.segmentCount; segment++) {
    const next = end + SEGMENT_HEADER_BYTES;
    if (next > room) return undefined;
    const bytes = next <= head.length ? head.subarray(end, next) : await read(end, SEGMENT_HEADER_BYTES);
    end = next + new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(4, true);
  }
  const hashAt = (Math.floor(end / CHECKSUM_ROW) + 1) * CHECKSUM_ROW;
  const length = hashAt + (header.hashAppended ? HASH_BYTES : 0);
  return length <= room ? { length, ...(header.hashAppended && { hashAt }) } : undefined;
}

function headerOf(head: Uint8Array): ImageHeader | undefined {
  try {
    return readHeader(new ByteReader(head, failWith('IMAGE_TRUNCATED')), () => undefined);
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}

/** Which chip an image says it is for, from its header alone: also of images whose rest is damaged. */
import { ByteReader } from '../bytes/reader.ts';
import { readHeader } from './header.ts';
import { ImageError, failWith } from './image-error.ts';
import type { ChipName } from './model.ts';

/** `undefined` when the first bytes are no image header, or name no known chip. */
export function readImageChip(bytes: Uint8Array): ChipName | undefined {
  try {
    return readHeader(new ByteReader(bytes, failWith('IMAGE_TRUNCATED')), () => {}).chip.name;
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}

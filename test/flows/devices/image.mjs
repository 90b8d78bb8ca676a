// The little that a device reads from an image: `esp_app_desc_t` at the start of the first segment, and the hash over the bytes.
import { createHash } from 'node:crypto';

const DESCRIPTOR_AT = 24 + 8;
const DESCRIPTOR_MAGIC = 0xabcd5432;

/** @param {Buffer} image @param {number} at */
const text = (image, at) => image.toString('latin1', at, at + 32).split('\0', 1)[0] ?? '';

/** @param {Buffer} image */
export function describeImage(image) {
  const isApp = image.length > DESCRIPTOR_AT + 256 && image[0] === 0xe9 && image.readUInt32LE(DESCRIPTOR_AT) === DESCRIPTOR_MAGIC;
  if (!isApp) return undefined;
  return {
    version: text(image, DESCRIPTOR_AT + 16),
    project: text(image, DESCRIPTOR_AT + 48),
    sha256: createHash('sha256').update(image).digest('hex'),
  };
}

/**
 * Tells encrypted flash content from everything else by its statistics. A guess by nature: "looks encrypted", never "is".
 */

/** One flash sector; with less there are too few samples to tell. */
const LEAST_BYTES = 0x1000;
/**
 * Chi-squared over the 256 byte values: 255 ± 23 for random bytes. The ESP32's first encryption scheme reuses its tweak, so long
 * padding shows through (a real image measures 388); compressed data and code are off by thousands.
 */
const MOST_CHI_SQUARED = 600;

/** First bytes of formats that are as random as encrypted ones but say what they are. */
const COMPRESSED_MAGICS: readonly (readonly number[])[] = [
  [0x50, 0x4b], // zip
  [0x1f, 0x8b], // gzip
  [0x78, 0x9c], // zlib
  [0x78, 0xda],
  [0x28, 0xb5, 0x2f, 0xfd], // zstd
  [0xfd, 0x37, 0x7a, 0x58], // xz
  [0x37, 0x7a, 0xbc, 0xaf], // 7z
  [0x42, 0x5a, 0x68], // bzip2
  [0x89, 0x50, 0x4e, 0x47], // png
  [0xff, 0xd8, 0xff], // jpeg
];

/** Shannon entropy in bits per byte, 0 to 8. */
export function entropyBits(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  let bits = 0;
  for (const count of histogram(bytes)) {
    if (count > 0) bits -= (count / bytes.length) * Math.log2(count / bytes.length);
  }
  return bits;
}

/** Entropy of the content when nothing distinguishes it from random bytes; `undefined` when something does. */
export function looksEncrypted(bytes: Uint8Array): number | undefined {
  const content = bytes.subarray(0, erasedTailStart(bytes));
  // AES works on 16-byte blocks, and flash encryption leaves none out.
  if (content.length < LEAST_BYTES || bytes.length % 16 !== 0) return undefined;
  if (COMPRESSED_MAGICS.some((magic) => magic.every((byte, i) => content[i] === byte))) return undefined;
  return chiSquared(content) <= MOST_CHI_SQUARED ? entropyBits(content) : undefined;
}

/** Where the erased (FF) end of `bytes` starts: the length of what was really written. */
export function erasedTailStart(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0xff) end--;
  return end;
}

function chiSquared(bytes: Uint8Array): number {
  const expected = bytes.length / 256;
  return histogram(bytes).reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function histogram(bytes: Uint8Array): Float64Array {
  const counts = new Float64Array(256);
  for (let i = 0; i < bytes.length; i++) counts[bytes[i]!]!++;
  return counts;
}

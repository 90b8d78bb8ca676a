/** The ROM's image checksum: XOR of all segment bytes, seeded with 0xEF (`ESP_ROM_CHECKSUM_INITIAL`). */
export const CHECKSUM_SEED = 0xef;

/** XORs every byte of `bytes` into `seed`; a word at a time, since XOR does not care in which lane a byte stood. */
export function xorChecksum(bytes: Uint8Array, seed: number = CHECKSUM_SEED): number {
  const misaligned = Math.min((4 - (bytes.byteOffset % 4)) % 4, bytes.length);
  const wordCount = (bytes.length - misaligned) >>> 2;
  let sum = seed;
  for (let i = 0; i < misaligned; i++) sum ^= bytes[i]!;
  for (let i = misaligned + 4 * wordCount; i < bytes.length; i++) sum ^= bytes[i]!;
  if (wordCount === 0) return sum & 0xff;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + misaligned, wordCount);
  let lanes = 0;
  for (let i = 0; i < wordCount; i++) lanes ^= words[i]!;
  return (sum ^ lanes ^ (lanes >>> 8) ^ (lanes >>> 16) ^ (lanes >>> 24)) & 0xff;
}

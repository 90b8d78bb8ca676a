/**
 * Tells encrypted flash content from everything else by its statistics. A guess by nature: "looks encrypted", never "is".
 */
import { HELPING_BYTES, Pacer } from '../bytes/pacer.ts';

/** One flash sector; with less written there are too few samples to tell. */
const SECTOR = 0x1000;
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
  const counts = new Float64Array(256);
  count(bytes, counts);
  return entropyOf(counts, bytes.length);
}

/**
 * Entropy of the content when nothing distinguishes it from random bytes; `undefined` when something does. Erased sectors are
 * left out: in a dump of an encrypted flash they lie between the encrypted parts.
 */
export async function looksEncrypted(bytes: Uint8Array, pacer = new Pacer()): Promise<number | undefined> {
  // AES works on 16-byte blocks, and flash encryption leaves none out.
  if (bytes.length % 16 !== 0 || COMPRESSED_MAGICS.some((magic) => magic.every((byte, i) => bytes[i] === byte))) return undefined;
  const content = bytes.subarray(0, await erasedTailStart(bytes, pacer));
  const counts = new Float64Array(256);
  let counted = 0;
  for (let at = 0; at < content.length; at += SECTOR) {
    const sector = content.subarray(at, at + SECTOR);
    if (pacer.isDue(sector.length)) await pacer.rest();
    if (isErased(sector)) continue;
    count(sector, counts);
    counted += sector.length;
  }
  return counted >= SECTOR && chiSquared(counts, counted) <= MOST_CHI_SQUARED ? entropyOf(counts, counted) : undefined;
}

const isErased = (bytes: Uint8Array): boolean => writtenLength(bytes) === 0;

/** Where the erased (FF) end of `bytes` starts: the length of what was really written. */
export async function erasedTailStart(bytes: Uint8Array, pacer = new Pacer()): Promise<number> {
  for (let end = bytes.length; end > 0;) {
    const from = Math.max(0, end - HELPING_BYTES);
    const written = writtenLength(bytes.subarray(from, end));
    if (pacer.isDue(end - from - written)) await pacer.rest();
    if (written > 0) return from + written;
    end = from;
  }
  return 0;
}

function writtenLength(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0xff) end--;
  return end;
}

function count(bytes: Uint8Array, counts: Float64Array): void {
  for (let i = 0; i < bytes.length; i++) counts[bytes[i]!]!++;
}

function chiSquared(counts: Float64Array, total: number): number {
  const expected = total / 256;
  return counts.reduce((sum, found) => sum + (found - expected) ** 2 / expected, 0);
}

function entropyOf(counts: Float64Array, total: number): number {
  return counts.reduce((bits, found) => (found > 0 ? bits - (found / total) * Math.log2(found / total) : bits), 0);
}

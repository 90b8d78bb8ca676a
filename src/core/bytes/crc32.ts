/**
 * CRC-32 as in zlib, Ethernet and the ESP32's ROM (`esp_rom_crc32_le`): polynomial 0xEDB88320, reflected, inverted.
 * Sixteen bytes per turn through sixteen tables ("slicing-by-16", Kounavis and Berry 2005).
 */

const SLICES = 16;
let tables: Uint32Array | undefined;

/** `tables[256 × n + byte]`: what `byte` becomes after n further zero bytes. */
function makeTables(): Uint32Array {
  const made = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[byte] = crc;
  }
  for (let i = 256; i < made.length; i++) {
    const previous = made[i - 256]!;
    made[i] = (previous >>> 8) ^ made[previous & 0xff]!;
  }
  return made;
}

/**
 * @param previous CRC of what came before, to continue it (0 = start).
 * @returns an unsigned 32-bit number
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  const t = (tables ??= makeTables());
  const head = Math.min((4 - (bytes.byteOffset % 4)) % 4, bytes.length);
  const turns = Math.floor((bytes.length - head) / SLICES);
  const tail = head + turns * SLICES;
  let crc = crcOfBytes(t, ~previous, bytes, 0, head);
  if (turns > 0) crc = crcOfWords(t, crc, new Int32Array(bytes.buffer, bytes.byteOffset + head, 4 * turns));
  return ~crcOfBytes(t, crc, bytes, tail, bytes.length) >>> 0;
}

function crcOfBytes(t: Uint32Array, before: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = before;
  for (let i = from; i < to; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 0xff]!;
  return crc;
}

/** Four words a turn. Aligned words are twice as fast as DataView reads in V8; every platform with a browser is little-endian. */
function crcOfWords(t: Uint32Array, before: number, words: Int32Array): number {
  let crc = before;
  for (let i = 0; i < words.length; i += 4) {
    const a = words[i]! ^ crc;
    const b = words[i + 1]!;
    const c = words[i + 2]!;
    const d = words[i + 3]!;
    crc =
      t[3840 + (a & 0xff)]! ^
      t[3584 + ((a >>> 8) & 0xff)]! ^
      t[3328 + ((a >>> 16) & 0xff)]! ^
      t[3072 + (a >>> 24)]! ^
      t[2816 + (b & 0xff)]! ^
      t[2560 + ((b >>> 8) & 0xff)]! ^
      t[2304 + ((b >>> 16) & 0xff)]! ^
      t[2048 + (b >>> 24)]! ^
      t[1792 + (c & 0xff)]! ^
      t[1536 + ((c >>> 8) & 0xff)]! ^
      t[1280 + ((c >>> 16) & 0xff)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + (d & 0xff)]! ^
      t[512 + ((d >>> 8) & 0xff)]! ^
      t[256 + ((d >>> 16) & 0xff)]! ^
      t[d >>> 24]!;
  }
  return crc;
}

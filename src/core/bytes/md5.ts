/**
 * MD5 (RFC 1321), streaming. WebCrypto has none, and S1 devices, UF2 blocks and partition tables still speak it:
 * here it finds accidents, it protects against nobody.
 * The rounds are written out because every abstraction over them (tables, helper functions) halved the speed in V8.
 */
import { toHex } from './hex.ts';
import type { Pacer } from './pacer.ts';

const BLOCK = 64;

export class Md5 {
  readonly #state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  readonly #rest = new Uint8Array(BLOCK);
  #length = 0;
  #finished = false;

  update(bytes: Uint8Array): this {
    if (this.#finished) throw new TypeError('Md5: update after digest');
    let at = 0;
    const held = this.#length % BLOCK;
    this.#length += bytes.length;
    if (held > 0) {
      at = Math.min(BLOCK - held, bytes.length);
      this.#rest.set(bytes.subarray(0, at), held);
      if (held + at < BLOCK) return this;
      compress(this.#state, this.#rest, 0, BLOCK);
    }
    const end = at + (bytes.length - at) - ((bytes.length - at) % BLOCK);
    compress(this.#state, bytes, at, end);
    this.#rest.set(bytes.subarray(end));
    return this;
  }

  /** The 16 bytes; ends the stream. */
  digest(): Uint8Array<ArrayBuffer> {
    const bits = this.#length * 8;
    const held = this.#length % BLOCK;
    const padding = new Uint8Array((held < 56 ? 56 : 120) - held + 8);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, bits >>> 0, true);
    view.setUint32(padding.length - 4, Math.floor(bits / 0x1_0000_0000), true);
    this.update(padding);
    this.#finished = true;
    const digest = new Uint8Array(16);
    const words = new DataView(digest.buffer);
    this.#state.forEach((word, i) => words.setInt32(4 * i, word, true));
    return digest;
  }
}

export function md5(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Md5().update(bytes).digest();
}

export function md5Hex(bytes: Uint8Array): string {
  return toHex(md5(bytes));
}

/** As `md5Hex`, with others having their turn. */
export async function md5HexPaced(bytes: Uint8Array, pacer: Pacer): Promise<string> {
  const md5 = new Md5();
  for await (const helping of pacer.helpings(bytes)) md5.update(helping);
  return toHex(md5.digest());
}

/** RFC 1321 §3.4 over the whole 64-byte blocks in [from, to). */
function compress(state: Int32Array, bytes: Uint8Array, from: number, to: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let at = from; at < to; at += BLOCK) {
    const a0 = a;
    const b0 = b;
    const c0 = c;
    const d0 = d;
    let t: number;
    const m0 = view.getInt32(at, true);
    const m1 = view.getInt32(at + 4, true);
    const m2 = view.getInt32(at + 8, true);
    const m3 = view.getInt32(at + 12, true);
    const m4 = view.getInt32(at + 16, true);
    const m5 = view.getInt32(at + 20, true);
    const m6 = view.getInt32(at + 24, true);
    const m7 = view.getInt32(at + 28, true);
    const m8 = view.getInt32(at + 32, true);
    const m9 = view.getInt32(at + 36, true);
    const m10 = view.getInt32(at + 40, true);
    const m11 = view.getInt32(at + 44, true);
    const m12 = view.getInt32(at + 48, true);
    const m13 = view.getInt32(at + 52, true);
    const m14 = view.getInt32(at + 56, true);
    const m15 = view.getInt32(at + 60, true);
    // Round 1
    t = (a + m0 + 0xd76aa478 + (d ^ (b & (c ^ d)))) | 0;
    a = (((t << 7) | (t >>> 25)) + b) | 0;
    t = (d + m1 + 0xe8c7b756 + (c ^ (a & (b ^ c)))) | 0;
    d = (((t << 12) | (t >>> 20)) + a) | 0;
    t = (c + m2 + 0x242070db + (b ^ (d & (a ^ b)))) | 0;
    c = (((t << 17) | (t >>> 15)) + d) | 0;
    t = (b + m3 + 0xc1bdceee + (a ^ (c & (d ^ a)))) | 0;
    b = (((t << 22) | (t >>> 10)) + c) | 0;
    t = (a + m4 + 0xf57c0faf + (d ^ (b & (c ^ d)))) | 0;
    a = (((t << 7) | (t >>> 25)) + b) | 0;
    t = (d + m5 + 0x4787c62a + (c ^ (a & (b ^ c)))) | 0;
    d = (((t << 12) | (t >>> 20)) + a) | 0;
    t = (c + m6 + 0xa8304613 + (b ^ (d & (a ^ b)))) | 0;
    c = (((t << 17) | (t >>> 15)) + d) | 0;
    t = (b + m7 + 0xfd469501 + (a ^ (c & (d ^ a)))) | 0;
    b = (((t << 22) | (t >>> 10)) + c) | 0;
    t = (a + m8 + 0x698098d8 + (d ^ (b & (c ^ d)))) | 0;
    a = (((t << 7) | (t >>> 25)) + b) | 0;
    t = (d + m9 + 0x8b44f7af + (c ^ (a & (b ^ c)))) | 0;
    d = (((t << 12) | (t >>> 20)) + a) | 0;
    t = (c + m10 + 0xffff5bb1 + (b ^ (d & (a ^ b)))) | 0;
    c = (((t << 17) | (t >>> 15)) + d) | 0;
    t = (b + m11 + 0x895cd7be + (a ^ (c & (d ^ a)))) | 0;
    b = (((t << 22) | (t >>> 10)) + c) | 0;
    t = (a + m12 + 0x6b901122 + (d ^ (b & (c ^ d)))) | 0;
    a = (((t << 7) | (t >>> 25)) + b) | 0;
    t = (d + m13 + 0xfd987193 + (c ^ (a & (b ^ c)))) | 0;
    d = (((t << 12) | (t >>> 20)) + a) | 0;
    t = (c + m14 + 0xa679438e + (b ^ (d & (a ^ b)))) | 0;
    c = (((t << 17) | (t >>> 15)) + d) | 0;
    t = (b + m15 + 0x49b40821 + (a ^ (c & (d ^ a)))) | 0;
    b = (((t << 22) | (t >>> 10)) + c) | 0;
    // Round 2
    t = (a + m1 + 0xf61e2562 + ((b & d) + (c & ~d))) | 0;
    a = (((t << 5) | (t >>> 27)) + b) | 0;
    t = (d + m6 + 0xc040b340 + ((a & c) + (b & ~c))) | 0;
    d = (((t << 9) | (t >>> 23)) + a) | 0;
    t = (c + m11 + 0x265e5a51 + ((d & b) + (a & ~b))) | 0;
    c = (((t << 14) | (t >>> 18)) + d) | 0;
    t = (b + m0 + 0xe9b6c7aa + ((c & a) + (d & ~a))) | 0;
    b = (((t << 20) | (t >>> 12)) + c) | 0;
    t = (a + m5 + 0xd62f105d + ((b & d) + (c & ~d))) | 0;
    a = (((t << 5) | (t >>> 27)) + b) | 0;
    t = (d + m10 + 0x2441453 + ((a & c) + (b & ~c))) | 0;
    d = (((t << 9) | (t >>> 23)) + a) | 0;
    t = (c + m15 + 0xd8a1e681 + ((d & b) + (a & ~b))) | 0;
    c = (((t << 14) | (t >>> 18)) + d) | 0;
    t = (b + m4 + 0xe7d3fbc8 + ((c & a) + (d & ~a))) | 0;
    b = (((t << 20) | (t >>> 12)) + c) | 0;
    t = (a + m9 + 0x21e1cde6 + ((b & d) + (c & ~d))) | 0;
    a = (((t << 5) | (t >>> 27)) + b) | 0;
    t = (d + m14 + 0xc33707d6 + ((a & c) + (b & ~c))) | 0;
    d = (((t << 9) | (t >>> 23)) + a) | 0;
    t = (c + m3 + 0xf4d50d87 + ((d & b) + (a & ~b))) | 0;
    c = (((t << 14) | (t >>> 18)) + d) | 0;
    t = (b + m8 + 0x455a14ed + ((c & a) + (d & ~a))) | 0;
    b = (((t << 20) | (t >>> 12)) + c) | 0;
    t = (a + m13 + 0xa9e3e905 + ((b & d) + (c & ~d))) | 0;
    a = (((t << 5) | (t >>> 27)) + b) | 0;
    t = (d + m2 + 0xfcefa3f8 + ((a & c) + (b & ~c))) | 0;
    d = (((t << 9) | (t >>> 23)) + a) | 0;
    t = (c + m7 + 0x676f02d9 + ((d & b) + (a & ~b))) | 0;
    c = (((t << 14) | (t >>> 18)) + d) | 0;
    t = (b + m12 + 0x8d2a4c8a + ((c & a) + (d & ~a))) | 0;
    b = (((t << 20) | (t >>> 12)) + c) | 0;
    // Round 3
    t = (a + m5 + 0xfffa3942 + (b ^ c ^ d)) | 0;
    a = (((t << 4) | (t >>> 28)) + b) | 0;
    t = (d + m8 + 0x8771f681 + (a ^ b ^ c)) | 0;
    d = (((t << 11) | (t >>> 21)) + a) | 0;
    t = (c + m11 + 0x6d9d6122 + (d ^ a ^ b)) | 0;
    c = (((t << 16) | (t >>> 16)) + d) | 0;
    t = (b + m14 + 0xfde5380c + (c ^ d ^ a)) | 0;
    b = (((t << 23) | (t >>> 9)) + c) | 0;
    t = (a + m1 + 0xa4beea44 + (b ^ c ^ d)) | 0;
    a = (((t << 4) | (t >>> 28)) + b) | 0;
    t = (d + m4 + 0x4bdecfa9 + (a ^ b ^ c)) | 0;
    d = (((t << 11) | (t >>> 21)) + a) | 0;
    t = (c + m7 + 0xf6bb4b60 + (d ^ a ^ b)) | 0;
    c = (((t << 16) | (t >>> 16)) + d) | 0;
    t = (b + m10 + 0xbebfbc70 + (c ^ d ^ a)) | 0;
    b = (((t << 23) | (t >>> 9)) + c) | 0;
    t = (a + m13 + 0x289b7ec6 + (b ^ c ^ d)) | 0;
    a = (((t << 4) | (t >>> 28)) + b) | 0;
    t = (d + m0 + 0xeaa127fa + (a ^ b ^ c)) | 0;
    d = (((t << 11) | (t >>> 21)) + a) | 0;
    t = (c + m3 + 0xd4ef3085 + (d ^ a ^ b)) | 0;
    c = (((t << 16) | (t >>> 16)) + d) | 0;
    t = (b + m6 + 0x4881d05 + (c ^ d ^ a)) | 0;
    b = (((t << 23) | (t >>> 9)) + c) | 0;
    t = (a + m9 + 0xd9d4d039 + (b ^ c ^ d)) | 0;
    a = (((t << 4) | (t >>> 28)) + b) | 0;
    t = (d + m12 + 0xe6db99e5 + (a ^ b ^ c)) | 0;
    d = (((t << 11) | (t >>> 21)) + a) | 0;
    t = (c + m15 + 0x1fa27cf8 + (d ^ a ^ b)) | 0;
    c = (((t << 16) | (t >>> 16)) + d) | 0;
    t = (b + m2 + 0xc4ac5665 + (c ^ d ^ a)) | 0;
    b = (((t << 23) | (t >>> 9)) + c) | 0;
    // Round 4
    t = (a + m0 + 0xf4292244 + (c ^ (b | ~d))) | 0;
    a = (((t << 6) | (t >>> 26)) + b) | 0;
    t = (d + m7 + 0x432aff97 + (b ^ (a | ~c))) | 0;
    d = (((t << 10) | (t >>> 22)) + a) | 0;
    t = (c + m14 + 0xab9423a7 + (a ^ (d | ~b))) | 0;
    c = (((t << 15) | (t >>> 17)) + d) | 0;
    t = (b + m5 + 0xfc93a039 + (d ^ (c | ~a))) | 0;
    b = (((t << 21) | (t >>> 11)) + c) | 0;
    t = (a + m12 + 0x655b59c3 + (c ^ (b | ~d))) | 0;
    a = (((t << 6) | (t >>> 26)) + b) | 0;
    t = (d + m3 + 0x8f0ccc92 + (b ^ (a | ~c))) | 0;
    d = (((t << 10) | (t >>> 22)) + a) | 0;
    t = (c + m10 + 0xffeff47d + (a ^ (d | ~b))) | 0;
    c = (((t << 15) | (t >>> 17)) + d) | 0;
    t = (b + m1 + 0x85845dd1 + (d ^ (c | ~a))) | 0;
    b = (((t << 21) | (t >>> 11)) + c) | 0;
    t = (a + m8 + 0x6fa87e4f + (c ^ (b | ~d))) | 0;
    a = (((t << 6) | (t >>> 26)) + b) | 0;
    t = (d + m15 + 0xfe2ce6e0 + (b ^ (a | ~c))) | 0;
    d = (((t << 10) | (t >>> 22)) + a) | 0;
    t = (c + m6 + 0xa3014314 + (a ^ (d | ~b))) | 0;
    c = (((t << 15) | (t >>> 17)) + d) | 0;
    t = (b + m13 + 0x4e0811a1 + (d ^ (c | ~a))) | 0;
    b = (((t << 21) | (t >>> 11)) + c) | 0;
    t = (a + m4 + 0xf7537e82 + (c ^ (b | ~d))) | 0;
    a = (((t << 6) | (t >>> 26)) + b) | 0;
    t = (d + m11 + 0xbd3af235 + (b ^ (a | ~c))) | 0;
    d = (((t << 10) | (t >>> 22)) + a) | 0;
    t = (c + m2 + 0x2ad7d2bb + (a ^ (d | ~b))) | 0;
    c = (((t << 15) | (t >>> 17)) + d) | 0;
    t = (b + m9 + 0xeb86d391 + (d ^ (c | ~a))) | 0;
    b = (((t << 21) | (t >>> 11)) + c) | 0;
    a = (a + a0) | 0;
    b = (b + b0) | 0;
    c = (c + c0) | 0;
    d = (d + d0) | 0;
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

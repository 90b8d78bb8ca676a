/** Lower-case hex, both ways. Strict: an odd length or a foreign character is a RangeError, never a guess. */

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += PAIRS[byte];
  return hex;
}

/** @throws RangeError when `hex` is not an even number of hex digits (either case). */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  if (!isHex(hex)) throw new RangeError('not an even number of hexadecimal digits');
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digitAt(hex, 2 * i) << 4) | digitAt(hex, 2 * i + 1);
  return bytes;
}

/** Of a hex digit: in ASCII the low four bits count on, and letters have the bit of 64, which stands for nine more. */
function digitAt(hex: string, index: number): number {
  const code = hex.charCodeAt(index);
  return (code & 0xf) + 9 * (code >> 6);
}

/** True for an even number of hex digits; with `byteLength`, for exactly that many bytes. */
export function isHex(text: string, byteLength?: number): boolean {
  return text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text) && (byteLength === undefined || text.length === 2 * byteLength);
}

/** `0x4743989a`: eight digits, or as many as `digits` says. */
export function hexNumber(value: number, digits = 8): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

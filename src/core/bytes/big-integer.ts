/** Unsigned big-endian bytes as bigint and back, and powers modulo. Takes a time that depends on the values: for public numbers, and at imports. */
import { fromHex, toHex } from './hex.ts';

/** No bytes are zero. */
export const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x0${toHex(bytes)}`);

/** @throws RangeError when `value` needs more than `length` bytes. */
export function fromBigInt(value: bigint, length: number): Uint8Array<ArrayBuffer> {
  const digits = value === 0n ? '0'.repeat(2 * length) : value.toString(16).padStart(2 * length, '0');
  if (value < 0n || digits.length > 2 * length) throw new RangeError(`does not fit in ${length} bytes`);
  return fromHex(digits);
}

/** The remainder that is not negative. */
export const modulo = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus;

export function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = modulo(base, modulus);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

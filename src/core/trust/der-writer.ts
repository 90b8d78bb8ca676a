/** Writes DER (X.690): the counterpart of `der.ts`, built inside out from parts. */
import { DER_TAGS } from './der.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** One element around all of `parts`. */
export function derElement(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [tag, ...lengthOctets(length)];
  const element = new Uint8Array(head.length + length);
  element.set(head);
  let at = head.length;
  for (const part of parts) {
    element.set(part, at);
    at += part.length;
  }
  return element;
}

export const derSequence = (...parts: readonly Uint8Array[]): Bytes => derElement(DER_TAGS.SEQUENCE, ...parts);

export const derOctetString = (...parts: readonly Uint8Array[]): Bytes => derElement(DER_TAGS['OCTET STRING'], ...parts);

/** Whole bytes. `tag`: another one for an IMPLICIT field. */
export const derBitString = (bytes: Uint8Array, tag: number = DER_TAGS['BIT STRING']): Bytes => derElement(tag, Uint8Array.of(0), bytes);

export const derNull = (): Bytes => derElement(DER_TAGS.NULL);

/** Of an unsigned big-endian number, however many leading zeros it has. */
export function derUnsigned(bytes: Uint8Array): Bytes {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  // The first bit is the sign.
  return digits[0]! < 0x80 ? derElement(DER_TAGS.INTEGER, digits) : derElement(DER_TAGS.INTEGER, Uint8Array.of(0), digits);
}

export const derNumber = (value: number): Bytes => derUnsigned(Uint8Array.from(bigEndian(value)));

/** @param dotted `1.2.840.113549.1.1.1` */
export function derOid(dotted: string): Bytes {
  const [root = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return derElement(DER_TAGS['OBJECT IDENTIFIER'], Uint8Array.from([40 * root + second, ...rest].flatMap(arcOctets)));
}

/** Seven bits each, most significant first; all but the last have the high bit. */
function arcOctets(arc: number): number[] {
  const octets = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) octets.unshift(0x80 + (left % 128));
  return octets;
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets = bigEndian(length);
  return [0x80 + octets.length, ...octets];
}

function bigEndian(value: number): number[] {
  const octets: number[] = [];
  for (let left = value; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256);
  return octets;
}

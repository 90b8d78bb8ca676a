/**
 * What a UART hears of bytes that were sent at another rate than its own: the sender's bits, sampled at the receiver's times. Neither noise
 * nor chance: the same bytes and rates give the same garbage.
 */

/** Start bit, eight data bits, stop bit. */
export const BITS_PER_BYTE = 10;
/** A receiver resynchronises on each start bit, so that the last sample of a byte may be off by half a bit. */
const TOLERANCE = 0.045;

function isSameRate(sentBaud: number, heardBaud: number): boolean {
  return Math.abs(heardBaud / sentBaud - 1) <= TOLERANCE;
}

/** @param sentBaud the sender's rate; @param heardBaud the receiver's. Equal enough rates give the bytes themselves. */
export function hearAt(bytes: Uint8Array, sentBaud: number, heardBaud: number): Uint8Array {
  if (isSameRate(sentBaud, heardBaud)) return bytes;
  const sentBits = bytes.length * BITS_PER_BYTE;
  /** The sender's bits per bit of the receiver. */
  const step = sentBaud / heardBaud;
  const heard: number[] = [];
  for (let at = nextStart(bytes, 0); at < sentBits;) {
    let value = 0;
    for (let bit = 0; bit < 8; bit++) value |= levelAt(bytes, at + (bit + 1.5) * step) << bit;
    heard.push(value);
    at = nextStart(bytes, at + (BITS_PER_BYTE - 0.5) * step);
  }
  return Uint8Array.from(heard);
}

/** The line is high before and after. */
function levelAt(bytes: Uint8Array, time: number): 0 | 1 {
  const index = Math.floor(time);
  const byte = bytes[Math.floor(index / BITS_PER_BYTE)];
  const bit = index % BITS_PER_BYTE;
  if (byte === undefined || bit === BITS_PER_BYTE - 1) return 1;
  return bit === 0 ? 0 : (((byte >> (bit - 1)) & 1) as 0 | 1);
}

/** The first falling edge from `time` on, in the sender's bits. */
function nextStart(bytes: Uint8Array, time: number): number {
  const end = bytes.length * BITS_PER_BYTE;
  let wasHigh = levelAt(bytes, time) === 1 || time === 0;
  for (let at = Math.ceil(time); at < end; at++) {
    const level = levelAt(bytes, at);
    if (wasHigh && level === 0) return at;
    wasHigh = level === 1;
  }
  return end;
}

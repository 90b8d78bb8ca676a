/** What lines and flash chips usually need: for how long a plan takes, and for whether a question pays off. */

export interface LineFacts {
  readonly baudRate: number;
  /** USB without a UART between: the baud rate means nothing there. */
  readonly isNativeUsb: boolean;
  /** Only the mask ROM answers: it does one thing after the other, in small pieces. */
  readonly isRom?: boolean;
}

/** Start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10;
/** SLIP escapes two of 256 byte values; frames and acknowledgements add a little. */
const FRAMING = 1.015;
/** Full-speed USB, as USB Serial/JTAG carries it. */
const NATIVE_USB_BYTES_PER_MS = 600;
/** What deflate leaves of ESP applications (measured on common builds: 0.55 to 0.68). */
export const COMPRESSED = 0.62;
/** Reading back and hashing inside of the chip: flash at 40 MHz, two lines, read and hashed by the CPU. */
export const HASH_BYTES_PER_MS = 3000;

/** As they are. */
export const wireMs = (bytes: number, { isNativeUsb, baudRate }: LineFacts): number =>
  (bytes * FRAMING) / (isNativeUsb ? NATIVE_USB_BYTES_PER_MS : baudRate / BITS_PER_BYTE / 1000);

/** As they are written. */
export const compressedWireMs = (bytes: number, line: LineFacts): number => wireMs(bytes * COMPRESSED, line);

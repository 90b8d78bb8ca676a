/**
 * What a UART is to the virtual chip behind it: bytes both ways, the rate at which the line runs, and the two control lines that an
 * auto-reset circuit turns into EN and IO0. The line model (`line.ts`) sits between this and a SerialPort-shaped object.
 */
export interface SerialChip {
  /** The rate that the chip's UART is set to now; at any other rate both ends hear garbage. */
  readonly baudRate: number;
  /** True for a chip whose USB needs no baud rate (USB Serial/JTAG). */
  readonly ignoresBaudRate: boolean;
  /**
   * Where the chip's output goes; called with bytes as the UART shifts them out.
   * @param wake called when `advance` is worth a call sooner than it said
   */
  connect(output: (bytes: Uint8Array) => void, wake?: () => void): void;
  disconnect(): void;
  /** Somebody speaks at this rate: a ROM that waits for its first bytes measures and takes it. */
  measure?(baudRate: number): void;
  /** Bytes that arrived over the line. Resolves when the chip has taken them (flash operations take their time). */
  receive(bytes: Uint8Array): Promise<void>;
  /** Levels of EN and IO0 as the pins see them. A rising edge of EN with IO0 low starts the ROM's download mode. */
  setPins(pins: { readonly enable: boolean; readonly io0: boolean }): Promise<void>;
  /** The cable is pulled: the chip is without power, until somebody plugs it in again. */
  losePower?(): Promise<void>;
  /**
   * Lets time-driven things (boot, log lines) happen; called while a port is open.
   * Resolves with the ms until the next of them is due; `undefined`: none is.
   */
  advance(): Promise<number | undefined>;
}

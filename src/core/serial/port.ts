/**
 * A serial port as the Web Serial specification shapes it, as far as anybody here uses it: a real port, the virtual chip's port and a test
 * double are all one of these. Names and behaviour are the specification's (https://wicg.github.io/serial/).
 */

export interface SerialSignals {
  readonly dataTerminalReady?: boolean;
  readonly requestToSend?: boolean;
  readonly break?: boolean;
}

export interface SerialOpenOptions {
  readonly baudRate: number;
  /** Bytes of the receive buffer; a reader that falls behind by more loses bytes. */
  readonly bufferSize?: number;
}

/** Absent where the port is not on USB, or does not say. */
export interface SerialUsbInfo {
  readonly usbVendorId?: number;
  readonly usbProductId?: number;
}

export interface SerialPortLike {
  /** `null` while closed; replaced by a new stream after an error that the port survived. */
  readonly readable: ReadableStream<Uint8Array> | null;
  readonly writable: WritableStream<Uint8Array> | null;
  open(options: SerialOpenOptions): Promise<void>;
  close(): Promise<void>;
  setSignals(signals: SerialSignals): Promise<void>;
  getInfo(): SerialUsbInfo;
  /** Not in the specification, but some ports can; everybody else closes and opens again. */
  setBaudRate?(baudRate: number): Promise<void>;
  forget?(): Promise<void>;
  addEventListener(type: 'connect' | 'disconnect', listener: () => void): void;
  removeEventListener(type: 'connect' | 'disconnect', listener: () => void): void;
}

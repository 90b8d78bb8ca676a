/** A chip, a line and a port on virtual time, and the way to it. */
import type { ChipConnection, ConnectOptions, ConnectStep, SerialWire } from '../../../src/app/usb/ports.ts';
import type { SerialOpenOptions, SerialPortLike, SerialSignals, SerialUsbInfo } from '../../../src/core/serial/port.ts';
import { LoaderConnector } from '../../../src/io/serial/connector.ts';
import { wireOpener } from '../../../src/io/serial/wire.ts';
import { NO_CIRCUIT, TRANSISTOR_CIRCUIT } from '../../../src/virtual/device/serial/auto-reset.ts';
import { LineFaults } from '../../../src/virtual/device/serial/line-faults.ts';
import type { LineSettings } from '../../../src/virtual/device/serial/line.ts';
import { VirtualSerialPort } from '../../../src/virtual/device/serial/virtual-serial-port.ts';
import { LoaderChip } from '../../doubles/loader-chip.ts';
import type { LoaderChipOptions } from '../../doubles/loader-chip.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';

export const CP2102 = { usbVendorId: 0x10c4, usbProductId: 0xea60 };

/** The same port as a browser has it: another rate means another opening, and not every driver runs at every rate. */
export class ReopeningPort implements SerialPortLike {
  readonly #port: VirtualSerialPort;
  readonly #maxBaudRate: number;
  openings = 0;

  constructor(port: VirtualSerialPort, maxBaudRate = Infinity) {
    this.#port = port;
    this.#maxBaudRate = maxBaudRate;
  }

  get readable(): ReadableStream<Uint8Array> | null {
    return this.#port.readable;
  }
  get writable(): WritableStream<Uint8Array> | null {
    return this.#port.writable;
  }
  async open(options: SerialOpenOptions): Promise<void> {
    if (options.baudRate > this.#maxBaudRate) throw new DOMException('Failed to open serial port.', 'NetworkError');
    await this.#port.open(options);
    this.openings++;
  }
  close(): Promise<void> {
    return this.#port.close();
  }
  setSignals(signals: SerialSignals): Promise<void> {
    return this.#port.setSignals(signals);
  }
  getInfo(): SerialUsbInfo {
    return this.#port.getInfo();
  }
  addEventListener(type: 'connect' | 'disconnect', listener: () => void): void {
    this.#port.addEventListener(type, listener);
  }
  removeEventListener(type: 'connect' | 'disconnect', listener: () => void): void {
    this.#port.removeEventListener(type, listener);
  }
}

export interface Desk {
  readonly clock: OrderedClock;
  readonly chip: LoaderChip;
  readonly port: VirtualSerialPort;
  readonly faults: LineFaults;
  readonly steps: ConnectStep[];
  /** What the chip printed. */
  printed: string;
  open(): Promise<SerialWire>;
  connect(wire: SerialWire, options?: Partial<ConnectOptions>): Promise<ChipConnection>;
}

export interface DeskLine extends Partial<LineSettings> {
  readonly hasCircuit?: boolean;
  readonly usb?: SerialUsbInfo;
}

export function desk(options: LoaderChipOptions = {}, line: DeskLine = {}): Desk {
  const clock = new OrderedClock();
  const chip = new LoaderChip(clock, options);
  const faults = new LineFaults(() => undefined);
  const { hasCircuit = true, usb = CP2102, ...rest } = line;
  const circuit = hasCircuit ? TRANSISTOR_CIRCUIT : NO_CIRCUIT;
  const settings: LineSettings = { circuit, packetBytes: 62, latencyMs: 1, maxBaudRate: 0, isInstant: false, ...rest };
  const port = new VirtualSerialPort({ chip, clock, usb, faults, settings: () => settings });
  const made: Desk = {
    clock,
    chip,
    port,
    faults,
    steps: [],
    printed: '',
    open: () => wireOpener(clock)(port, 115_200),
    connect: (wire, more) =>
      new LoaderConnector(clock).connect(wire, usb, {
        signal: new AbortController().signal,
        baudRate: 115_200,
        onStep: (step) => made.steps.push(step),
        onText: (bytes) => (made.printed += new TextDecoder('latin1').decode(bytes)),
        ...more,
      }),
  };
  return made;
}

/** The code of what it rejects with; `nothing` when it does not. */
export async function failure(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'nothing',
    (error: unknown) => (error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : String(error)),
  );
}

/** Half code, half table: compresses to about two thirds. */
export function firmware(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = (state & 3) === 0 ? i >> 8 : state >>> 24;
  }
  return bytes;
}

/**
 * A virtual chip's port, in the shape and with the manners of Web Serial's `SerialPort` as Chromium has it: what it refuses and how, which
 * errors a stream survives, what is left when the cable is pulled. Behind it a line (`line.ts`), behind that a chip.
 */
import type { SerialOpenOptions, SerialPortLike, SerialSignals, SerialUsbInfo } from '../../../core/serial/port.ts';
import { ReceiveBuffer, type ReadFault } from '../../../core/serial/receive-buffer.ts';
import type { Clock } from '../../storage.ts';
import { SerialLine, type LineSettings } from './line.ts';
import { LineFaults } from './line-faults.ts';
import type { SerialChip } from './serial-chip.ts';

interface VirtualSerialPortParts {
  readonly chip: SerialChip;
  readonly clock: Clock;
  readonly usb: SerialUsbInfo;
  /** Asked at each opening. */
  readonly settings: () => LineSettings;
  readonly faults?: LineFaults;
  /** Another program has the port open. */
  readonly isBusy?: () => boolean;
  /** The person takes the permission back. */
  readonly onForget?: () => Promise<void>;
}

/** Web Serial §4.4. */
const DEFAULT_BUFFER_BYTES = 255;
const MAX_BUFFER_BYTES = 16 << 20;

const NEVER = new Promise<void>(() => undefined);

type EventName = 'connect' | 'disconnect';

interface Opened {
  readonly line: SerialLine;
  readonly received: ReceiveBuffer;
  /** Ends the loop that keeps the chip's time. */
  readonly ended: AbortController;
  /** The device went while it was open: what is left can only be closed. */
  isLost: boolean;
  writable: WritableStream<Uint8Array> | undefined;
  writer: WritableStreamDefaultController | undefined;
}

export class VirtualSerialPort implements SerialPortLike {
  readonly #parts: VirtualSerialPortParts;
  readonly #faults: LineFaults;
  readonly #events = new EventTarget();
  #opened: Opened | undefined;
  #settled: Promise<void> = Promise.resolve();
  #isPluggedIn = true;
  #wake = new AbortController();

  constructor(parts: VirtualSerialPortParts) {
    this.#parts = parts;
    this.#faults = parts.faults ?? new LineFaults();
  }

  get isPluggedIn(): boolean {
    return this.#isPluggedIn;
  }

  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  get readable(): ReadableStream<Uint8Array> | null {
    return this.#opened?.received.stream ?? null;
  }

  get writable(): WritableStream<Uint8Array> | null {
    const opened = this.#opened;
    if (!opened || opened.isLost) return null;
    return (opened.writable ??= this.#writable(opened));
  }

  async open({ baudRate, bufferSize = DEFAULT_BUFFER_BYTES }: SerialOpenOptions): Promise<void> {
    if (this.isOpen) throw new DOMException('The port is already open.', 'InvalidStateError');
    assertRate(baudRate);
    if (!(bufferSize > 0 && bufferSize <= MAX_BUFFER_BYTES)) throw new TypeError(`Requested buffer size (${bufferSize}) is not possible.`);
    if (!this.#isPluggedIn || this.#parts.isBusy?.() === true) throw new DOMException('Failed to open serial port.', 'NetworkError');
    const { chip, clock, settings } = this.#parts;
    const received = new ReceiveBuffer(bufferSize);
    const line = new SerialLine({
      chip,
      clock,
      settings: settings(),
      faults: this.#faults,
      baudRate,
      toHost: (bytes) => received.push(bytes),
      onUnplug: () => this.unplug(),
      onFailure: (cause) => this.#lose(cause),
    });
    const opened: Opened = { line, received, ended: new AbortController(), isLost: false, writable: undefined, writer: undefined };
    this.#opened = opened;
    chip.connect(
      (bytes) => line.output(bytes),
      () => this.#wake.abort(),
    );
    // As Linux does it when a port is opened.
    line.setLines({ dataTerminalReady: true, requestToSend: true });
    void this.#keepTime(opened);
  }

  /** Rejects with TypeError while a reader or a writer holds a stream, as the specification has it. */
  async close(): Promise<void> {
    const opened = this.#opened;
    if (!opened) throw new DOMException('The port is already closed.', 'InvalidStateError');
    if (opened.writable?.locked) throw new TypeError('Cannot abort a locked stream');
    await opened.received.close();
    await opened.writable?.abort();
    this.#opened = undefined;
    // Linux lets both lines go.
    if (!opened.isLost) {
      opened.line.setLines({ dataTerminalReady: false, requestToSend: false });
      this.#release(opened);
    }
    this.#settled = Promise.allSettled([this.#settled, this.#parts.chip.advance()]).then(() => undefined);
  }

  /** Settles when what the chip was told last is done, and stored; `close` does not wait for it, as no port would. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  async setSignals({ dataTerminalReady, requestToSend, break: isBreak }: SerialSignals): Promise<void> {
    const { line, isLost } = this.#assertOpen();
    if (dataTerminalReady === undefined && requestToSend === undefined && isBreak === undefined)
      throw new TypeError('Signals dictionary must contain at least one member.');
    if (isLost) throw new DOMException('Failed to set control signals.', 'NetworkError');
    line.setLines({
      ...(dataTerminalReady !== undefined && { dataTerminalReady }),
      ...(requestToSend !== undefined && { requestToSend }),
    });
  }

  async setBaudRate(baudRate: number): Promise<void> {
    const { line } = this.#assertOpen();
    assertRate(baudRate);
    line.baudRate = baudRate;
  }

  getInfo(): SerialUsbInfo {
    return { ...this.#parts.usb };
  }

  async forget(): Promise<void> {
    if (this.#opened) await this.close();
    await this.#parts.onForget?.();
  }

  addEventListener(type: EventName, listener: () => void): void {
    this.#events.addEventListener(type, listener);
  }

  removeEventListener(type: EventName, listener: () => void): void {
    this.#events.removeEventListener(type, listener);
  }

  /** Somebody pulls the cable: streams fail, the chip loses its power. The port stays open in name until it is closed. */
  unplug(): void {
    if (!this.#isPluggedIn) return;
    this.#lose(undefined);
    this.#settled = (this.#parts.chip.losePower?.() ?? NEVER).then(
      () => this.plugIn(),
      () => this.plugIn(),
    );
  }

  /** And plugs it in again. */
  plugIn(): void {
    if (this.#isPluggedIn) return;
    this.#isPluggedIn = true;
    this.#events.dispatchEvent(new Event('connect'));
  }

  /** BOOT held down, RESET pressed and let go, BOOT let go: for a board whose port cannot do it. */
  async pressBootAndReset(): Promise<void> {
    const { chip } = this.#parts;
    await Promise.all([chip.setPins({ enable: false, io0: false }), chip.setPins({ enable: true, io0: false })]);
  }

  /** RESET pressed and let go, with BOOT up: the application starts. */
  async pressReset(): Promise<void> {
    const { chip } = this.#parts;
    await Promise.all([chip.setPins({ enable: false, io0: true }), chip.setPins({ enable: true, io0: true })]);
  }

  /** A fault of the receiving end that the port survives. */
  disturb(fault: ReadFault): void {
    this.#opened?.received.fault(fault);
  }

  #assertOpen(): Opened {
    if (!this.#opened) throw new DOMException('The port is closed.', 'InvalidStateError');
    return this.#opened;
  }

  #lose(cause: unknown): void {
    if (!this.#isPluggedIn) return;
    this.#isPluggedIn = false;
    const opened = this.#opened;
    if (opened && !opened.isLost) {
      opened.isLost = true;
      const lost = (): DOMException => new DOMException('The device has been lost.', 'NetworkError');
      opened.received.fail(Object.assign(lost(), { cause }));
      opened.writer?.error(lost());
      this.#release(opened);
    }
    this.#events.dispatchEvent(new Event('disconnect'));
    // A failure of our own is no pulled cable: the next opening may do better.
    if (cause !== undefined) this.plugIn();
  }

  #release({ line, ended }: Opened): void {
    ended.abort();
    line.close();
    this.#parts.chip.disconnect();
  }

  #writable(opened: Opened): WritableStream<Uint8Array> {
    const end = (): void => {
      opened.writable = undefined;
      opened.writer = undefined;
    };
    return new WritableStream<Uint8Array>(
      {
        start: (controller) => {
          opened.writer = controller;
          controller.signal.addEventListener('abort', () => opened.line.discard());
        },
        // Copied: the caller may use its array again.
        write: async (bytes, { signal }) => await opened.line.send(asBytes(bytes).slice(), signal),
        close: end,
        abort: end,
      },
      new ByteLengthQueuingStrategy({ highWaterMark: DEFAULT_BUFFER_BYTES }),
    );
  }

  async #keepTime({ ended }: Opened): Promise<void> {
    const { chip, clock } = this.#parts;
    try {
      while (!ended.signal.aborted) {
        this.#wake = new AbortController();
        const wake = AbortSignal.any([this.#wake.signal, ended.signal]);
        const dueInMs = await chip.advance();
        if (dueInMs === undefined) await aborted(wake);
        else if (!wake.aborted) await clock.sleep(Math.max(1, dueInMs), wake).catch(() => undefined);
      }
    } catch (error) {
      if (!ended.signal.aborted) this.#lose(error);
    }
  }
}

function assertRate(baudRate: number): void {
  if (!(Number.isInteger(baudRate) && baudRate > 0)) throw new TypeError('Requested baud rate must be greater than zero.');
}

function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError('The chunk is not a BufferSource.');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

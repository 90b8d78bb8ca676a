/**
 * The serial ports of the virtual devices, for the pages of this app: each cable is a message port, over which one page opens, writes, reads
 * and closes. What a port is and does, the virtual world knows.
 */
import {
  CABLE_WINDOW_BYTES,
  PULSE_LASTS_MS,
  type AttachCable,
  type CableCall,
  type CablePulse,
  type ToPage,
  type ToWorker,
} from '../src/core/serial/cable-messages.ts';
import type { SerialOpenOptions } from '../src/core/serial/port.ts';
import type { ReadFault } from '../src/core/serial/receive-buffer.ts';
import type { VirtualSerialPort } from '../src/virtual/device/serial/virtual-serial-port.ts';
import type { VirtualWorld } from '../src/virtual/world.ts';
import { clock } from './platform.ts';

export function serveSerial(worker: ServiceWorkerGlobalScope, world: VirtualWorld): void {
  const cables = new Map<string, Cable>();
  /** Not every browser says when the other end of a message port is gone. */
  const freeOf = async (serial: VirtualSerialPort): Promise<void> => {
    for (const cable of cables.values()) {
      if (cable.holds(serial) && !(await worker.clients.get(cable.clientId))) await cable.leave();
    }
  };
  const attach = ({ deviceId, cable: name }: AttachCable, port: MessagePort, clientId: string): Cable => {
    const find = (): Promise<VirtualSerialPort | undefined> => world.serialPort(deviceId);
    const cable = new Cable({ port, clientId, find, freeOf, onGone: () => cables.delete(name) });
    cables.set(name, cable);
    return cable;
  };
  worker.addEventListener('message', (event) => {
    const [port] = event.ports;
    const { source } = event;
    const message: unknown = event.data;
    if (!port || !isOurs(source, worker.registration.scope)) return;
    if (isMessage<AttachCable>(message, 'SERIAL_ATTACH')) event.waitUntil(attach(message, port, source.id).awake());
    else if (isMessage<CablePulse>(message, 'SERIAL_PULSE')) {
      const cable = cables.get(message.cable);
      port.postMessage(cable !== undefined);
      if (cable) event.waitUntil(cable.awake());
    }
  });
}

/** Pages of our scope. */
function isOurs(source: ExtendableMessageEvent['source'], scope: string): source is WindowClient {
  return source instanceof WindowClient && source.url.startsWith(scope);
}

function isMessage<T extends { readonly type: string }>(value: unknown, type: T['type']): value is T {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type;
}

interface CableParts {
  readonly port: MessagePort;
  /** Of the page at the other end. */
  readonly clientId: string;
  readonly find: () => Promise<VirtualSerialPort | undefined>;
  /** Takes a port from a page that is no more. */
  readonly freeOf: (serial: VirtualSerialPort) => Promise<void>;
  readonly onGone: () => void;
}

class Cable {
  readonly #parts: CableParts;
  #serial: VirtualSerialPort | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #calls: Promise<void> = Promise.resolve();
  #window = CABLE_WINDOW_BYTES;
  #taken: (() => void) | undefined;
  #gone = new AbortController();
  #lastPulse = 0;

  constructor(parts: CableParts) {
    this.#parts = parts;
    const { port } = parts;
    port.addEventListener('message', (event) => this.#hear(event.data as ToWorker));
    port.addEventListener('close', () => void this.leave());
    port.start();
    this.#calls = this.#introduce();
  }

  get clientId(): string {
    return this.#parts.clientId;
  }

  holds(serial: VirtualSerialPort): boolean {
    return this.#serial === serial;
  }

  /** Settles when the cable is gone, or when no pulse came for so long. */
  async awake(): Promise<void> {
    const pulse = ++this.#lastPulse;
    await clock.sleep(PULSE_LASTS_MS, this.#gone.signal).catch(() => undefined);
    if (pulse === this.#lastPulse) await this.leave();
    await this.#serial?.settled;
  }

  #hear(message: ToWorker): void {
    if ('taken' in message) {
      this.#window += message.taken;
      this.#taken?.();
      return;
    }
    if ('leave' in message) return void this.leave();
    // A write takes its time, and a person who gives up does not wait for it; everything else goes in order.
    if (message.call === 'discard') void this.#answer(message.id, () => this.#discard());
    else if (message.call === 'write') void this.#answer(message.id, () => this.#write(message.bytes));
    else this.#calls = this.#calls.then(() => this.#answer(message.id, () => this.#act(message)));
  }

  async #answer(id: number, act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.#tell({ id });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      this.#tell({ id, error: { name, message } });
    }
  }

  async #act(call: CableCall): Promise<void> {
    switch (call.call) {
      case 'open':
        return await this.#open(call.options);
      case 'close':
        return await this.#close();
      case 'signals':
        return await this.#opened().setSignals(call.signals);
      case 'baud-rate':
        return await this.#opened().setBaudRate(call.baudRate);
      default:
        throw new TypeError(`no call for its turn: ${call.call}`);
    }
  }

  async #introduce(): Promise<void> {
    const serial = await this.#parts.find().catch(() => undefined);
    if (serial) this.#tell({ event: 'info', usb: serial.getInfo() });
  }

  async #open(options: SerialOpenOptions): Promise<void> {
    if (this.#serial) throw new DOMException('The port is already open.', 'InvalidStateError');
    const serial = await this.#parts.find();
    // As an operating system answers, whoever the other one is.
    if (serial?.isOpen) await this.#parts.freeOf(serial);
    if (!serial || serial.isOpen) throw new DOMException('Failed to open serial port.', 'NetworkError');
    await serial.open(options);
    this.#serial = serial;
    serial.addEventListener('disconnect', this.#onDisconnect);
    serial.addEventListener('connect', this.#onConnect);
    this.#tell({ event: 'info', usb: serial.getInfo() });
    this.#window = CABLE_WINDOW_BYTES;
    void this.#pump(serial);
  }

  async #close(): Promise<void> {
    const serial = this.#opened();
    this.#serial = undefined;
    this.#taken?.();
    await this.#writer?.abort().catch(() => undefined);
    this.#writer?.releaseLock();
    this.#writer = undefined;
    await this.#reader?.cancel().catch(() => undefined);
    this.#reader?.releaseLock();
    this.#reader = undefined;
    serial.removeEventListener('disconnect', this.#onDisconnect);
    await serial.close();
    // After a cable that was pulled, 'connect' is still to come, and this cable waits for it.
    if (serial.isPluggedIn) serial.removeEventListener('connect', this.#onConnect);
  }

  #opened(): VirtualSerialPort {
    if (!this.#serial) throw new DOMException('The port is closed.', 'InvalidStateError');
    return this.#serial;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { writable } = this.#opened();
    if (!this.#writer) {
      if (!writable) throw new DOMException('The device has been lost.', 'NetworkError');
      this.#writer = writable.getWriter();
    }
    await this.#writer.write(bytes);
  }

  async #discard(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.abort().catch(() => undefined);
    writer?.releaseLock();
  }

  /** From the port to the page, no more than it has room for: what comes meanwhile waits in the port, as in an operating system. */
  async #pump(serial: VirtualSerialPort): Promise<void> {
    while (this.#serial === serial && serial.readable) {
      const reader = (this.#reader = serial.readable.getReader());
      try {
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
          const { length } = piece.value;
          this.#window -= length;
          this.#tell({ event: 'data', bytes: piece.value }, [piece.value.buffer]);
          while (this.#window <= 0 && this.#serial === serial) await this.#untilTaken();
        }
      } catch (error) {
        // What is fatal comes as 'disconnect'.
        if (serial.isPluggedIn && error instanceof DOMException) this.#tell({ event: 'fault', fault: error.name as ReadFault });
      } finally {
        reader.releaseLock();
      }
    }
  }

  #untilTaken(): Promise<void> {
    return new Promise((resolve) => {
      this.#taken = resolve;
    });
  }

  readonly #onDisconnect = (): void => this.#tell({ event: 'disconnect' });
  readonly #onConnect = (): void => this.#tell({ event: 'connect' });

  async leave(): Promise<void> {
    if (this.#gone.signal.aborted) return;
    this.#parts.onGone();
    const serial = this.#serial;
    if (serial) await this.#close().catch(() => undefined);
    serial?.removeEventListener('connect', this.#onConnect);
    this.#parts.port.close();
    await serial?.settled;
    this.#gone.abort();
  }

  #tell(message: ToPage, transfer: Transferable[] = []): void {
    this.#parts.port.postMessage(message, transfer);
  }
}

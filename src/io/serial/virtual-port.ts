/**
 * The cable of a virtual device, at the page's end: a SerialPort whose chip lives in the service worker. Keeps that worker awake while the
 * port is open; a worker that the browser stopped all the same is a pulled cable, and can be opened again.
 */
import type { SerialOpenOptions, SerialPortLike, SerialSignals, SerialUsbInfo } from '../../core/serial/port.ts';
import {
  PULSE_MS,
  type AttachCable,
  type CableCall,
  type CablePulse,
  type ToPage,
  type ToWorker,
} from '../../core/serial/cable-messages.ts';
import { ReceiveBuffer } from '../../core/serial/receive-buffer.ts';

/** As much of a `ServiceWorker` as is needed here. */
export interface CableWorker {
  postMessage(message: unknown, transfer: Transferable[]): void;
}

type EventName = 'connect' | 'disconnect';

const DEFAULT_BUFFER_BYTES = 255;
/** A worker that does not answer a pulse for so long is gone, and so are its ports. */
const PULSE_ANSWER_MS = 8_000;

/** A worker that starts, and a device that comes from the disk, take their time. */
const INTRODUCTION_MS = 5_000;

const lost = (): DOMException => new DOMException('The device has been lost.', 'NetworkError');

export class VirtualPort implements SerialPortLike {
  readonly #deviceId: string;
  readonly #worker: () => Promise<CableWorker>;
  readonly #events = new EventTarget();
  #usb: SerialUsbInfo = {};
  #state: 'closed' | 'opening' | 'open' | 'closing' = 'closed';
  #cable: Cable | undefined;
  #received: ReceiveBuffer | undefined;
  #writable: WritableStream<Uint8Array> | undefined;
  #writer: WritableStreamDefaultController | undefined;

  /** @param worker in which the virtual devices live; asked at each opening */
  constructor(deviceId: string, worker: () => Promise<CableWorker>) {
    this.#deviceId = deviceId;
    this.#worker = worker;
  }

  get readable(): ReadableStream<Uint8Array> | null {
    return this.#state === 'open' ? (this.#received?.stream ?? null) : null;
  }

  get writable(): WritableStream<Uint8Array> | null {
    if (this.#state !== 'open' || !this.#cable?.isConnected) return null;
    return (this.#writable ??= this.#openWritable(this.#cable));
  }

  async open(options: SerialOpenOptions): Promise<void> {
    if (this.#state !== 'closed') throw new DOMException('The port is already open.', 'InvalidStateError');
    this.#state = 'opening';
    const received = new ReceiveBuffer(options.bufferSize ?? DEFAULT_BUFFER_BYTES, (count) => this.#cable?.taken(count));
    let cable: Cable | undefined;
    try {
      cable = new Cable(this.#deviceId, await this.#worker(), (message) => this.#hear(message));
      this.#cable?.end();
      [this.#cable, this.#received] = [cable, received];
      await cable.call({ call: 'open', options: { ...options } });
      if (!cable.isConnected) throw new DOMException('Failed to open serial port.', 'NetworkError');
      this.#state = 'open';
    } catch (error) {
      cable?.end();
      this.#cable = undefined;
      this.#state = 'closed';
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#state !== 'open') throw new DOMException('The port is already closed.', 'InvalidStateError');
    if (this.#writable?.locked) throw new TypeError('Cannot abort a locked stream');
    await this.#received?.close();
    this.#state = 'closing';
    const cable = this.#cable;
    await this.#writable?.abort().catch(() => undefined);
    this.#writable = undefined;
    // A cable that is gone needs no closing.
    await cable?.call({ call: 'close' }).catch(() => undefined);
    // One that was pulled tells when it is back.
    if (cable?.isConnected) this.#drop();
    else cable?.rest();
    this.#state = 'closed';
  }

  async setSignals(signals: SerialSignals): Promise<void> {
    await this.#call({ call: 'signals', signals: { ...signals } });
  }

  async setBaudRate(baudRate: number): Promise<void> {
    await this.#call({ call: 'baud-rate', baudRate });
  }

  /**
   * Asks which connector it has, for whoever wants to know before the port is first open. Resolves when it knows, or when nobody answers;
   * never rejects.
   */
  async introduce(): Promise<void> {
    const worker = await this.#worker().catch(() => undefined);
    if (!worker) return;
    let cable: Cable | undefined;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, INTRODUCTION_MS);
      cable = new Cable(this.#deviceId, worker, (message) => {
        if (message.event === 'info') this.#usb = message.usb;
        clearTimeout(timer);
        resolve();
      });
    });
    cable?.end();
  }

  /** Empty until it was open once, or has introduced itself. */
  getInfo(): SerialUsbInfo {
    return { ...this.#usb };
  }

  addEventListener(type: EventName, listener: () => void): void {
    this.#events.addEventListener(type, listener);
  }

  removeEventListener(type: EventName, listener: () => void): void {
    this.#events.removeEventListener(type, listener);
  }

  async #call(call: CableCall): Promise<void> {
    if (this.#state !== 'open' || !this.#cable) throw new DOMException('The port is closed.', 'InvalidStateError');
    await this.#cable.call(call);
  }

  #hear(message: CableEvent): void {
    switch (message.event) {
      case 'info':
        this.#usb = message.usb;
        return;
      case 'data':
        this.#received?.push(message.bytes);
        return;
      case 'fault':
        this.#received?.fault(message.fault);
        return;
      case 'disconnect':
        return this.#fail();
      case 'connect':
        if (this.#state === 'closed') this.#drop();
        this.#events.dispatchEvent(new Event('connect'));
        return;
      case 'gone':
        this.#fail();
        this.#drop();
        // The next worker has the same device.
        this.#events.dispatchEvent(new Event('connect'));
    }
  }

  #fail(): void {
    this.#received?.fail(lost());
    this.#writer?.error(lost());
    this.#events.dispatchEvent(new Event('disconnect'));
  }

  #drop(): void {
    this.#cable?.end();
    this.#cable = undefined;
  }

  #openWritable(cable: Cable): WritableStream<Uint8Array> {
    const end = (): void => {
      this.#writable = undefined;
      this.#writer = undefined;
    };
    return new WritableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#writer = controller;
          controller.signal.addEventListener('abort', () => void cable.call({ call: 'discard' }).catch(() => undefined));
        },
        // Copied: the caller may use its array again, and a view would take all of its buffer along.
        write: async (chunk) => {
          const bytes = chunk.slice();
          await cable.call({ call: 'write', bytes }, [bytes.buffer]);
        },
        close: end,
        abort: end,
      },
      new ByteLengthQueuingStrategy({ highWaterMark: DEFAULT_BUFFER_BYTES }),
    );
  }
}

type CableEvent = Exclude<ToPage, { readonly id: number }> | { readonly event: 'gone' };

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** One message port: calls and their answers, and pulses while it is in use. */
class Cable {
  readonly #name = crypto.randomUUID();
  readonly #worker: CableWorker;
  readonly #port: MessagePort;
  readonly #hear: (event: CableEvent) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #timer: ReturnType<typeof setInterval>;
  #count = 0;
  #pulsedAt = performance.now();
  #state: 'connected' | 'unplugged' | 'ended' = 'connected';

  constructor(deviceId: string, worker: CableWorker, hear: (event: CableEvent) => void) {
    this.#worker = worker;
    this.#hear = hear;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.addEventListener('message', (event) => this.#take(event.data as ToPage));
    // The worker was stopped; browsers that do not say so leave pulses without an answer.
    port1.addEventListener('close', () => this.#gone());
    port1.start();
    worker.postMessage({ type: 'SERIAL_ATTACH', deviceId, cable: this.#name } satisfies AttachCable, [port2]);
    this.#timer = setInterval(() => this.#pulse(), PULSE_MS);
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  /** Resolves when the worker has done it. @throws DOMException, TypeError */
  call(call: CableCall, transfer: Transferable[] = []): Promise<void> {
    if (this.#state === 'ended') return Promise.reject(lost());
    this.#pulseInTime();
    return new Promise((resolve, reject) => {
      const id = ++this.#count;
      this.#waiting.set(id, { resolve, reject });
      this.#port.postMessage({ ...call, id }, transfer);
    });
  }

  taken(count: number): void {
    if (this.#state !== 'ended') this.#port.postMessage({ taken: count });
  }

  /** Only listens from now on. */
  rest(): void {
    clearInterval(this.#timer);
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearInterval(this.#timer);
    this.#port.postMessage({ leave: true } satisfies ToWorker);
    this.#port.close();
    for (const { reject } of this.#waiting.values()) reject(lost());
    this.#waiting.clear();
  }

  #take(message: ToPage): void {
    if (!('id' in message)) {
      this.#pulseInTime();
      if (message.event === 'disconnect') this.#state = 'unplugged';
      this.#hear(message);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (!message.error) waiting?.resolve();
    else waiting?.reject(asThrown(message.error));
  }

  #gone(): void {
    if (this.#state === 'ended') return;
    this.end();
    this.#hear({ event: 'gone' });
  }

  /** Timers of a page that nobody sees are late; what it does meanwhile is not. */
  #pulseInTime(): void {
    if (performance.now() - this.#pulsedAt > PULSE_MS) this.#pulse();
  }

  #pulse(): void {
    this.#pulsedAt = performance.now();
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => answer(false), PULSE_ANSWER_MS);
    const answer = (isKnown: boolean): void => {
      clearTimeout(timer);
      port1.close();
      if (!isKnown) this.#gone();
    };
    port1.addEventListener('message', (event) => answer(event.data === true));
    port1.start();
    this.#worker.postMessage({ type: 'SERIAL_PULSE', cable: this.#name } satisfies CablePulse, [port2]);
  }
}

function asThrown({ name, message }: { readonly name: string; readonly message: string }): Error {
  return name === 'TypeError' ? new TypeError(message) : new DOMException(message, name);
}

/**
 * The cable of one session: the port, the wire while it is open, the chip in its boot loader while it is there. Knows nothing of plans and
 * jobs. Whatever the chip prints as text goes to the taps, also while somebody speaks with its boot loader; what the boot loader says does not,
 * also when nobody listens to it any more.
 */
import { TextGate } from '../../core/console/text-gate.ts';
import { SerialError, isSerialError } from './errors.ts';
import type { ChipConnection, ConnectStep, SerialLoss, SerialPortHandle, SerialWire } from './ports.ts';
import type { UsbPorts } from './usb-ports.ts';

/** Of every boot ROM, and of ESP-IDF's console. */
export const CONSOLE_BAUD = 115_200;
/** What common adapters bear. */
const FIRST_BAUD = 921_600;

type LinkPhase = 'closed' | 'console' | 'ready' | 'unplugged';

export interface LoaderOptions {
  readonly signal: AbortSignal;
  readonly onStep: (step: ConnectStep) => void;
  readonly baudRate?: number | undefined;
  readonly withoutStub?: boolean | undefined;
}

type Tap = (bytes: Uint8Array) => void;

export class UsbLink {
  readonly #ports: Pick<UsbPorts, 'openWire' | 'connector' | 'memory'>;
  readonly #changed: () => void;
  readonly #taps = new Set<Tap>();
  readonly #gate = new TextGate((bytes) => this.#hear(bytes));
  #handle: SerialPortHandle;
  #wire: SerialWire | undefined;
  #connection: ChipConnection | undefined;
  #unplugged = false;
  /** It was pulled, and nobody has seen it since. */
  #isAway = false;
  #opening: Promise<SerialWire> | undefined;
  /** Of wires that were lost or closed: the port can be opened again once it is let go. */
  #releasing: Promise<void> | undefined;

  /** @param changed called after every change of `phase` or `baudRate` */
  constructor(handle: SerialPortHandle, ports: Pick<UsbPorts, 'openWire' | 'connector' | 'memory'>, changed: () => void) {
    this.#handle = handle;
    this.#ports = ports;
    this.#changed = changed;
  }

  get handle(): SerialPortHandle {
    return this.#handle;
  }

  get phase(): LinkPhase {
    if (this.#unplugged) return 'unplugged';
    if (!this.#wire) return 'closed';
    return this.#connection ? 'ready' : 'console';
  }

  get baudRate(): number {
    return this.#connection?.baudRate ?? this.#wire?.baudRate ?? CONSOLE_BAUD;
  }

  get connection(): ChipConnection | undefined {
    return this.#connection;
  }

  get wire(): SerialWire | undefined {
    return this.#wire;
  }

  /** Hears all that the chip prints; the returned function ends it. */
  tap(listener: Tap): () => void {
    this.#taps.add(listener);
    return () => void this.#taps.delete(listener);
  }

  /** Open, listening, at `baudRate`; leaves a boot loader alone that is being spoken to. */
  async open(baudRate: number, signal?: AbortSignal): Promise<SerialWire> {
    await this.#releasing;
    if (this.#opening) await this.#opening.catch(() => undefined);
    if (this.#wire) return this.#toConsole(this.#wire, baudRate);
    this.#opening = this.#ports.openWire(this.#handle.port, baudRate, signal ? { signal } : {});
    try {
      const wire = await this.#opening.catch((error: unknown) => {
        throw this.#isAway && isSerialError(error, 'PORT_BUSY') ? awayFault(error) : error;
      });
      this.#wire = wire;
      this.#gate.open();
      this.#unplugged = this.#isAway = false;
      void wire.lost.then(({ reason }) => this.#onLost(wire, reason));
      return await this.#toConsole(wire, baudRate);
    } finally {
      this.#opening = undefined;
    }
  }

  /** The chip in its boot loader; what went before is given up. */
  async enterLoader({ baudRate, withoutStub, signal, onStep }: LoaderOptions): Promise<ChipConnection> {
    const { usb } = this.#handle;
    this.#connection = undefined;
    const wire = await this.open(CONSOLE_BAUD, signal);
    const fastest = baudRate ?? (await this.#ports.memory.fastest(usb).catch(() => undefined)) ?? FIRST_BAUD;
    try {
      const connection = await this.#ports.connector.connect(wire, usb, {
        signal,
        baudRate: fastest,
        onStep: (step) => {
          this.#passOrKeep(step);
          onStep(step);
        },
        onText: (bytes) => this.#gate.push(bytes),
        ...(withoutStub === undefined ? {} : { withoutStub }),
      });
      signal.throwIfAborted();
      this.#connection = connection;
    } catch (error) {
      // The port may have gone meanwhile; what is left of it is a console.
      if (this.#wire === wire) await this.#toConsole(wire, CONSOLE_BAUD).catch(() => undefined);
      throw error;
    }
    if (baudRate === undefined) await this.#ports.memory.remember(usb, this.baudRate).catch(() => undefined);
    this.#changed();
    return this.#connection;
  }

  /** The application starts; the wire goes on as its console. */
  async run(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    // Its first words arrive before anybody knows that it runs.
    this.#gate.open();
    try {
      await connection.run();
    } finally {
      await this.drop();
    }
  }

  /** Somebody reset the chip by the control lines: what it says now is text. */
  wasReset(): void {
    this.#gate.open();
  }

  /** Forgets a boot loader that is of no more use: after an abort nobody knows what it still waits for. */
  async drop(): Promise<void> {
    this.#connection = undefined;
    if (this.#wire) await this.#toConsole(this.#wire, CONSOLE_BAUD).catch(() => undefined);
    this.#changed();
  }

  async close(): Promise<void> {
    // What is just being opened would be open after all.
    await this.#opening?.catch(() => undefined);
    const wire = this.#wire;
    this.#wire = this.#connection = undefined;
    this.#unplugged = false;
    if (wire) this.#release(wire);
    await this.#releasing;
    this.#changed();
  }

  /** It is plugged in again, perhaps as another port object. */
  replug(handle: SerialPortHandle): void {
    if (this.#wire) return;
    this.#handle = handle;
    this.#unplugged = this.#isAway = false;
    this.#changed();
  }

  unplug(): void {
    if (this.#wire) return this.#onLost(this.#wire, 'unplugged');
    this.#unplugged = this.#isAway = true;
    this.#changed();
  }

  /** True where `error` came of a port that is gone, and of nothing that the chip did. */
  isLoss(error: unknown): boolean {
    if (isSerialError(error, 'PORT_BUSY', 'PERMISSION_DENIED')) return false;
    return this.#unplugged || isSerialError(error, 'PORT_GONE');
  }

  async #toConsole(wire: SerialWire, baudRate: number): Promise<SerialWire> {
    if (this.#connection) return wire;
    wire.listen((bytes) => this.#gate.push(bytes));
    if (wire.baudRate !== baudRate) await wire.setBaudRate(baudRate);
    this.#changed();
    return wire;
  }

  /** From a reset until the boot loader answers, what arrives is its banner, or the application's text. */
  #passOrKeep({ step }: ConnectStep): void {
    if (step === 'reset') this.#gate.open();
    else if (step !== 'sync') this.#gate.shut();
  }

  #hear(bytes: Uint8Array): void {
    for (const tap of Array.from(this.#taps)) tap(bytes);
  }

  #onLost(wire: SerialWire, reason: SerialLoss['reason']): void {
    if (this.#wire !== wire) return;
    this.#wire = this.#connection = undefined;
    this.#unplugged = reason !== 'closed';
    this.#isAway = reason === 'unplugged';
    this.#release(wire);
    this.#changed();
  }

  /** Once everybody has heard that the port is gone: whoever waits for the wire is told that, and not that it was closed. */
  #release(wire: SerialWire): void {
    const before = this.#releasing;
    this.#releasing = Promise.resolve()
      .then(() => wire.close())
      .catch(() => undefined)
      .then(() => before);
  }
}

/** Of a port that is not there, a browser says the same as of one that is busy. */
const awayFault = (cause: unknown): SerialError => new SerialError('PORT_GONE', 'not plugged in again yet', {}, { cause });

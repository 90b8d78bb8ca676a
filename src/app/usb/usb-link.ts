/**
 * The cable of one session: the port, the wire while it is open, the chip in its boot loader while it is there. Knows nothing of plans and
 * jobs. Whatever the chip prints as text goes to the taps, also while somebody speaks with its boot loader; what the boot loader says does not,
 * also when nobody listens to it any more.
 */
import { TextGate } from '../../core/console/text-gate.ts';
import { defined } from '../../core/fields.ts';
import { isBridge } from './adapters.ts';
import { SerialError, isSerialError } from './errors.ts';
import type { ChipConnection, ConnectStep, SerialLoss, SerialPortHandle, SerialWire } from './ports.ts';
import type { UsbPorts } from './usb-ports.ts';

/** Of every boot ROM, and of ESP-IDF's console. */
export const CONSOLE_BAUD = 115_200;
/** What common adapters bear: tried first where nobody asks for a rate, and this one was not found to fail. */
const FIRST_BAUD = 921_600;
/** From a reset until the system has found the board again. */
const RETURN_MS = 4_000;

type LinkPhase = 'closed' | 'console' | 'ready' | 'unplugged';

export interface LoaderOptions {
  readonly signal: AbortSignal;
  readonly onStep: (step: ConnectStep) => void;
  readonly baudRate?: number | undefined;
  readonly withoutStub?: boolean | undefined;
}

type LinkPorts = Pick<UsbPorts, 'openWire' | 'connector' | 'memory' | 'clock'>;
type Tap = (bytes: Uint8Array) => void;

export class UsbLink {
  readonly #ports: LinkPorts;
  readonly #changed: () => void;
  readonly #taps = new Set<Tap>();
  readonly #gate = new TextGate((bytes) => this.#hear(bytes));
  #handle: SerialPortHandle;
  #wire: SerialWire | undefined;
  #connection: ChipConnection | undefined;
  #isSlowed = false;
  #unplugged = false;
  /** It was pulled, and nobody has seen it since. */
  #isAway = false;
  /** Told when it is there again. */
  #onBack: (() => void) | undefined;
  #opening: Promise<SerialWire> | undefined;
  /** Of wires that were lost or closed: the port can be opened again once it is let go. */
  #releasing: Promise<void> | undefined;

  /** @param changed called after every change of `phase` or `baudRate` */
  constructor(handle: SerialPortHandle, ports: LinkPorts, changed: () => void) {
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

  /** Worth another try: something like it failed on this kind of adapter, now or a while ago, and the one in use is slower. */
  get fasterBaudRate(): number | undefined {
    return this.#connection && this.#isSlowed ? FIRST_BAUD : undefined;
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
  async enterLoader(options: LoaderOptions): Promise<ChipConnection> {
    const { usb } = this.#handle;
    this.#connection = undefined;
    const wire = await this.open(CONSOLE_BAUD, options.signal);
    let last: ConnectStep['step'] | undefined;
    const onStep = (step: ConnectStep): void => {
      last = step.step;
      options.onStep(step);
    };
    try {
      return await this.#connect(wire, { ...options, onStep });
    } catch (error) {
      // A board that is its own USB device may leave the bus when it is reset, and come back in its boot loader. Later it is the cable.
      const isByReset = last === 'reset' || last === 'sync';
      if (!isSerialError(error, 'PORT_GONE') || isBridge(usb) || !isByReset) throw error;
      await this.#return(options.signal, error);
      return await this.#connect(await this.open(CONSOLE_BAUD, options.signal), { ...options, asksFirst: true });
    }
  }

  async #connect(wire: SerialWire, options: LoaderOptions & { readonly asksFirst?: true }): Promise<ChipConnection> {
    const { baudRate, signal, onStep, ...more } = options;
    const limit = await this.#ports.memory.fastest(this.#handle.usb).catch(() => undefined);
    let isSteppedDown = false;
    try {
      const connection = await this.#ports.connector.connect(wire, this.#handle.usb, {
        signal,
        baudRate: baudRate ?? limit ?? FIRST_BAUD,
        onStep: (step) => {
          if (step.step === 'baud-refused' && step.byChip !== true) isSteppedDown = true;
          this.#passOrKeep(step);
          onStep(step);
        },
        onText: (bytes) => this.#gate.push(bytes),
        ...defined(more),
      });
      signal.throwIfAborted();
      this.#connection = connection;
    } catch (error) {
      if (isSerialError(error, 'RATE_LOST')) await this.#remember(error.details.nextBaudRate);
      // The port may have gone meanwhile; what is left of it is a console.
      if (this.#wire === wire) await this.#toConsole(wire, CONSOLE_BAUD).catch(() => undefined);
      throw error;
    }
    // A rate says something of the adapter only where a faster one failed, or where one did that was said to be too fast.
    if (isSteppedDown || (limit !== undefined && this.baudRate > limit)) await this.#remember(this.baudRate);
    this.#isSlowed = isSteppedDown || (baudRate === undefined && limit !== undefined && limit < FIRST_BAUD);
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

  /** A board that left the bus because it was started is there again. @throws SerialError `PORT_LEFT_ON_RESET` */
  async returned(signal: AbortSignal): Promise<void> {
    if (this.#unplugged) await this.#return(signal, undefined);
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
    this.#onBack?.();
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

  async #remember(baudRate: number | undefined): Promise<void> {
    if (baudRate !== undefined) await this.#ports.memory.remember(this.#handle.usb, baudRate).catch(() => undefined);
  }

  /** Until the port is there again, perhaps as another object. @throws SerialError `PORT_LEFT_ON_RESET` */
  async #return(signal: AbortSignal, cause: unknown): Promise<void> {
    const done = new AbortController();
    const back = new Promise<boolean>((resolve) => (this.#onBack = () => resolve(true)));
    const time = this.#ports.clock.sleep(RETURN_MS, AbortSignal.any([signal, done.signal])).then(() => false);
    time.catch(() => undefined);
    try {
      const isBack = !this.#wire && !this.#unplugged;
      if (isBack || (await Promise.race([back, time]))) return;
      throw new SerialError('PORT_LEFT_ON_RESET', 'the port did not come back after a reset', {}, { cause });
    } finally {
      this.#onBack = undefined;
      done.abort();
    }
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

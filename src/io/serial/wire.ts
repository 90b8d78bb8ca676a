/**
 * An open port as a stream of bytes both ways. Knows the manners of Web Serial (locks, streams that are replaced after an error, a baud rate
 * that only a new opening can change) and nothing of what is said over it. Reads wake on arrival; nothing polls.
 * Source: https://wicg.github.io/serial/, `SerialPort`.
 */
import type { Clock } from '../../app/ports.ts';
import { SerialError } from '../../app/usb/errors.ts';
import type { OpenWire, SerialLoss, SerialWire } from '../../app/usb/ports.ts';
import type { SerialPortLike, SerialSignals } from '../../core/serial/port.ts';
import { TIME_IS_UP, within } from './bounded.ts';
import { lossFault, openFault, portFault } from './port-faults.ts';

/** More than a second at 2 Mbaud: a busy page loses nothing. */
const BUFFER_BYTES = 256 * 1024;
const OPEN_TIMEOUT_MS = 10_000;
/** Of each step of closing; a driver that hangs must not hang the page. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Beyond the time that the bytes need on the line. */
const SEND_GRACE_MS = 10_000;
/** A start bit, eight bits, a stop bit. */
const BITS_PER_BYTE = 10;
/** Windows needs a moment between closing and opening the same port. */
const REOPEN_ATTEMPTS = 3;
const REOPEN_PAUSE_MS = 100;
/** A line at a wrong rate can break frame after frame; each costs a new stream, and one without end would cost the page. */
const MAX_ERRORS_IN_A_ROW = 200;

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Writer = WritableStreamDefaultWriter<Uint8Array>;

/** The adapter of `OpenWire`. */
export function wireOpener(clock: Clock): OpenWire {
  return async (port, baudRate, options) => {
    await openPort(port, baudRate, clock, options?.signal);
    return new PortWire(port, baudRate, clock);
  };
}

class PortWire implements SerialWire {
  readonly lost: Promise<SerialLoss>;
  readonly #port: SerialPortLike;
  readonly #clock: Clock;
  readonly #settleLost: (loss: SerialLoss) => void;
  #baudRate: number;
  #loss: SerialLoss | undefined;
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #reading: Promise<void>;
  #reader: Reader | undefined;
  #writer: Writer | undefined;
  /** While the port is closed on purpose, to be opened at another rate. */
  #pausing = false;
  #reopening: Promise<unknown> = Promise.resolve();
  #signals: SerialSignals = {};
  #closing: Promise<void> | undefined;

  constructor(port: SerialPortLike, baudRate: number, clock: Clock) {
    this.#port = port;
    this.#baudRate = baudRate;
    this.#clock = clock;
    let settle: (loss: SerialLoss) => void = () => undefined;
    this.lost = new Promise((resolve) => (settle = resolve));
    this.#settleLost = settle;
    port.addEventListener('disconnect', this.#onDisconnect);
    this.#reading = this.#read();
  }

  get baudRate(): number {
    return this.#baudRate;
  }

  listen(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.#assertThere();
    const writer = this.#openWriter();
    const lineMs = (bytes.length * BITS_PER_BYTE * 1000) / this.#baudRate;
    const sent = await this.#unlessLost(within(this.#clock, lineMs + SEND_GRACE_MS, this.#write(writer, bytes)));
    if (sent !== TIME_IS_UP) return;
    const fault = new SerialError('TIMED_OUT', `the port took none of ${bytes.length} bytes`, { operation: 'send' });
    this.#lose({ reason: 'failed', cause: fault });
    throw fault;
  }

  async setSignals(signals: SerialSignals): Promise<void> {
    this.#assertThere();
    this.#signals = { ...this.#signals, ...signals };
    await this.#bounded('set signals', this.#port.setSignals(signals));
  }

  async setBaudRate(baudRate: number): Promise<void> {
    this.#assertThere();
    if (baudRate === this.#baudRate) return;
    if (this.#port.setBaudRate) await this.#bounded('set baud rate', this.#port.setBaudRate(baudRate));
    else await this.#reopenOnce(baudRate);
    this.#baudRate = baudRate;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  readonly #onDisconnect = (): void => this.#lose({ reason: 'unplugged', cause: undefined });

  #assertThere(): void {
    if (this.#loss) throw lossFault(this.#loss);
    if (this.#closing) throw lossFault({ reason: 'closed' });
  }

  #lose(loss: SerialLoss): void {
    if (this.#loss) return;
    this.#loss = loss;
    this.#settleLost(loss);
  }

  /** The outcome of `work`; rejects as soon as the port is lost, and knows then what `work` may only call an error. */
  async #unlessLost<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined);
    const lost = this.lost.then((loss): never => {
      throw lossFault(loss);
    });
    lost.catch(() => undefined);
    return await Promise.race([work, lost]);
  }

  async #bounded(operation: string, work: Promise<void>): Promise<void> {
    try {
      if ((await this.#unlessLost(within(this.#clock, OPEN_TIMEOUT_MS, work))) !== TIME_IS_UP) return;
    } catch (error) {
      throw portFault(error);
    }
    throw new SerialError('TIMED_OUT', `the port did not ${operation}`, { operation, timeoutMs: OPEN_TIMEOUT_MS });
  }

  #openWriter(): Writer {
    const { writable } = this.#port;
    if (!writable) throw lossFault({ reason: 'failed', cause: undefined });
    this.#writer ??= writable.getWriter();
    return this.#writer;
  }

  async #write(writer: Writer, bytes: Uint8Array): Promise<void> {
    try {
      await writer.write(bytes);
    } catch (cause) {
      // A port that is gone for good has no stream any more; both say so, and the events arrive in any order.
      this.#lose({ reason: 'unplugged', cause });
      throw portFault(cause);
    }
  }

  async #read(): Promise<void> {
    let errorsInARow = 0;
    while (!this.#isStopping()) {
      const { readable } = this.#port;
      if (!readable) break;
      let failure: unknown;
      try {
        this.#reader = readable.getReader();
        await this.#pump(this.#reader, () => (errorsInARow = 0));
      } catch (error) {
        failure = error;
      } finally {
        this.#reader?.releaseLock();
        this.#reader = undefined;
      }
      if (this.#isStopping()) return;
      // Framing, parity, overrun, break: there is a new stream in its place, and the bytes after it are good.
      errorsInARow++;
      if (this.#port.readable === null || this.#port.readable === readable || errorsInARow > MAX_ERRORS_IN_A_ROW) {
        this.#lose({ reason: isGone(failure) ? 'unplugged' : 'failed', cause: failure });
      }
    }
    if (!this.#isStopping()) this.#lose({ reason: 'failed', cause: undefined });
  }

  async #pump(reader: Reader, onBytes: () => void): Promise<void> {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      if (value.length === 0) continue;
      onBytes();
      this.#listener?.(value);
    }
  }

  #isStopping(): boolean {
    return this.#loss !== undefined || this.#closing !== undefined || this.#pausing;
  }

  /** Lets go of both streams, so that the port can be closed. */
  async #release(): Promise<void> {
    const reader = this.#reader;
    if (reader) await within(this.#clock, CLOSE_TIMEOUT_MS, reader.cancel()).catch(() => undefined);
    // A cancel that hangs leaves the lock; a read that is pending when its lock goes rejects, and that ends the loop.
    this.#reader?.releaseLock();
    await within(this.#clock, CLOSE_TIMEOUT_MS, this.#reading);
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.closed.catch(() => undefined);
    writer?.releaseLock();
  }

  async #reopenOnce(baudRate: number): Promise<void> {
    const reopening = this.#reopen(baudRate);
    this.#reopening = reopening.catch(() => undefined);
    await reopening;
    // Somebody may have closed it meanwhile.
    this.#assertThere();
  }

  async #reopen(baudRate: number): Promise<void> {
    this.#pausing = true;
    let refused: SerialError | undefined;
    try {
      await this.#release();
      await this.#bounded('close', this.#port.close());
      refused = await this.#openAgain(baudRate).then(
        () => undefined,
        (cause: unknown) => this.#goBack(baudRate, cause),
      );
    } catch (cause) {
      this.#lose({ reason: 'failed', cause });
      throw cause;
    } finally {
      this.#pausing = false;
    }
    this.#reading = this.#read();
    if (refused) throw refused;
  }

  /** A driver that does not know a rate does not open the port at it. @throws `cause` when it does not open at the old one either. */
  async #goBack(baudRate: number, cause: unknown): Promise<SerialError> {
    try {
      await this.#openAgain(this.#baudRate);
    } catch {
      throw cause;
    }
    return new SerialError('RATE_REFUSED', `the port does not open at ${baudRate} baud`, { baudRate }, { cause });
  }

  /** What the control lines said, they say again at once: opening a port raises both, and a chip would see that as a reset. */
  async #openAgain(baudRate: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#assertThere();
      try {
        await openPort(this.#port, baudRate, this.#clock);
        break;
      } catch (error) {
        if (attempt === REOPEN_ATTEMPTS) throw error;
        await this.#clock.sleep(REOPEN_PAUSE_MS);
      }
    }
    if (Object.keys(this.#signals).length > 0) await this.#bounded('set signals', this.#port.setSignals(this.#signals));
  }

  async #close(): Promise<void> {
    // Before anything waits: a read that ends now ends on purpose.
    this.#lose({ reason: 'closed' });
    this.#port.removeEventListener('disconnect', this.#onDisconnect);
    this.#listener = undefined;
    // A port that is being opened cannot be closed yet, and would stay open.
    await within(this.#clock, OPEN_TIMEOUT_MS, this.#reopening);
    // A write that the driver does not take would hold the lock.
    const writer = this.#writer;
    if (writer) await within(this.#clock, CLOSE_TIMEOUT_MS, writer.abort()).catch(() => undefined);
    await this.#release();
    await within(this.#clock, CLOSE_TIMEOUT_MS, this.#port.close()).catch(() => undefined);
  }
}

const isGone = (error: unknown): boolean => error instanceof DOMException && error.name === 'NetworkError';

/** Bounded, and never half: what opens after nobody waits any more is closed again. */
async function openPort(port: SerialPortLike, baudRate: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const opening = port.open({ baudRate, bufferSize: BUFFER_BYTES });
  const abandon = (): void => void opening.then(() => port.close()).catch(() => undefined);
  let outcome: void | typeof TIME_IS_UP;
  try {
    outcome = await within(clock, OPEN_TIMEOUT_MS, opening, signal);
  } catch (error) {
    if (signal?.aborted !== true) throw openFault(error);
    abandon();
    throw signal.reason;
  }
  if (outcome !== TIME_IS_UP) return;
  abandon();
  throw new SerialError('TIMED_OUT', 'the port did not open', { operation: 'open', timeoutMs: OPEN_TIMEOUT_MS });
}

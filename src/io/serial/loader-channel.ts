/**
 * Frames over a wire: what arrives is cut into frames and text as it arrives, and whoever waits is woken at once. Every wait ends: with a
 * frame, when its time is up, by the signal, or because the port is gone. Counts what went over the line. Knows no command.
 */
import type { Clock } from '../../app/ports.ts';
import type { SerialWire } from '../../app/usb/ports.ts';
import { encodeSlip, SlipDecoder } from '../../core/serial/slip.ts';
import type { SerialError } from '../../app/usb/errors.ts';
import type { SerialProtocolError } from '../../core/serial/serial-error.ts';
import { lossFault } from './port-faults.ts';

type Frame = Uint8Array<ArrayBuffer>;
/** What arrives: a frame, or the news that one was broken. */
type Arrival = { readonly kind: 'frame'; readonly frame: Frame } | { readonly kind: 'damaged'; readonly cause: SerialProtocolError };

/** More than anybody asks for at once; a chip that talks without end must not fill the memory. */
const MOST_ARRIVALS = 1024;
/** Within a second. A boot ROM alone prints three times that at once. */
const MOST_NOISE = 64;
const NOISE_MS = 1_000;
const STRAY_MS = 200;

interface Traffic {
  sent: number;
  received: number;
  roundTrips: number;
}

interface LoaderChannelParts {
  readonly wire: SerialWire;
  readonly clock: Clock;
  /** Bytes outside frames. */
  readonly onText?: ((bytes: Uint8Array) => void) | undefined;
}

export class LoaderChannel {
  readonly wire: SerialWire;
  readonly clock: Clock;
  readonly traffic: Traffic = { sent: 0, received: 0, roundTrips: 0 };
  /**
   * A loader says nothing outside of frames. Once it is ready, more than noise there means that what is waited for was lost, or that the chip
   * restarted: then no wait is longer than a moment more.
   */
  expectsFrames = false;
  /** Once it is ready: something was heard outside of frames since this was last set to false. */
  heardText = false;
  /** Told of every chunk, after its frames were filed. For flow control that must not wait for the end of a frame. */
  onChunk: ((chunk: Uint8Array) => void) | undefined;
  readonly #decoder: SlipDecoder;
  readonly #arrivals: Arrival[] = [];
  #wake: (() => void) | undefined;
  #lost: SerialError | undefined;
  /** Outside frames, of late: it runs out at the rate that is still noise. */
  #strayBytes = 0;
  #strayAt = 0;
  #isAstray = false;
  #onStray: (() => void) | undefined;

  constructor({ wire, clock, onText }: LoaderChannelParts) {
    this.wire = wire;
    this.clock = clock;
    this.#decoder = new SlipDecoder({
      onText: (bytes) => {
        this.#hearStray(bytes.length);
        onText?.(bytes);
      },
      onFault: (cause) => this.#file({ kind: 'damaged', cause }),
    });
    wire.listen((chunk) => this.#take(chunk));
    void wire.lost.then((loss) => {
      this.#lost = lossFault(loss);
      this.#wake?.();
    });
  }

  async send(packet: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.sendFramed(encodeSlip(packet), signal);
  }

  /** For a frame that was encoded ahead. */
  async sendFramed(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.traffic.sent += bytes.length;
    this.#strayBytes = 0;
    this.#isAstray = false;
    await untilAborted(this.wire.send(bytes), signal);
  }

  /** The next thing that arrives, or arrived already; `undefined` when the time is up. */
  async next(timeoutMs: number, signal: AbortSignal): Promise<Arrival | undefined> {
    signal.throwIfAborted();
    const there = this.#arrivals.shift();
    if (there) return there;
    if (this.#lost) throw this.#lost;
    const done = new AbortController();
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    const over = AbortSignal.any([signal, done.signal]);
    const time = this.clock.sleep(timeoutMs, over).catch(() => undefined);
    const stray = new Promise<void>((resolve) => (this.#onStray = resolve))
      .then(() => this.clock.sleep(STRAY_MS, over))
      .catch(() => undefined);
    if (this.isAstray) this.#onStray?.();
    try {
      await Promise.race([woken, time, stray]);
    } finally {
      this.#wake = this.#onStray = undefined;
      done.abort();
    }
    signal.throwIfAborted();
    const arrived = this.#arrivals.shift();
    if (!arrived && this.#lost) throw this.#lost;
    return arrived;
  }

  /** What was last asked for went astray, or something else talks. */
  get isAstray(): boolean {
    return this.expectsFrames && this.#isAstray;
  }

  /** Forgets what arrived and was not asked for, and a frame that has only begun. */
  discard(): void {
    this.#arrivals.length = 0;
    this.#decoder.reset();
  }

  /** Waits until the line was silent for `silentMs`, at most for `maxMs`, and forgets what came. */
  async drain(silentMs: number, maxMs: number, signal: AbortSignal): Promise<void> {
    const end = this.clock.now() + maxMs;
    while (this.clock.now() < end) {
      const before = this.traffic.received;
      await this.clock.sleep(silentMs, signal);
      if (this.#lost) throw this.#lost;
      if (this.traffic.received === before) break;
    }
    this.discard();
  }

  #file(arrival: Arrival): void {
    if (this.#arrivals.length === MOST_ARRIVALS) this.#arrivals.shift();
    this.#arrivals.push(arrival);
  }

  #hearStray(bytes: number): void {
    const now = this.clock.now();
    const faded = ((now - this.#strayAt) * MOST_NOISE) / NOISE_MS;
    this.#strayBytes = Math.max(0, this.#strayBytes - faded) + bytes;
    this.#strayAt = now;
    this.heardText ||= this.expectsFrames;
    this.#isAstray ||= this.#strayBytes >= MOST_NOISE;
    if (this.isAstray) this.#onStray?.();
  }

  #take(chunk: Uint8Array): void {
    this.traffic.received += chunk.length;
    for (const frame of this.#decoder.push(chunk)) this.#file({ kind: 'frame', frame });
    this.onChunk?.(chunk);
    if (this.#arrivals.length > 0) this.#wake?.();
  }
}

/** Rejects with the signal's reason without waiting for `work`, whose own end nobody misses. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}

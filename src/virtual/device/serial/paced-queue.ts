/**
 * One direction of a serial line: bytes go in as they are handed over and come out when their last bit is through. The schedule is absolute:
 * a timer that fires late delivers all that was due meanwhile, so that the throughput is the line's, and never more than that.
 */
import type { Clock } from '../../storage.ts';
import { BITS_PER_BYTE } from './uart-mismatch.ts';

/** Bytes that were sent at one rate, one after the other. */
interface Run {
  readonly bytes: Uint8Array;
  readonly baudRate: number;
  readonly startsAtMs: number;
  readonly msPerByte: number;
  /** Of them, handed over already. */
  done: number;
}

/** How the far end hands over what came. */
interface Collecting {
  /** As soon as so many bytes are there. */
  readonly packetBytes: number;
  /** Or so long after the first of them; `undefined`: as soon as nothing more is on its way. */
  readonly latencyMs: number | undefined;
}

interface PacedQueueParts {
  readonly clock: Clock;
  readonly collecting: () => Collecting;
  /** Bits take no time, from now on. */
  readonly isInstant: () => boolean;
  /** @param baudRate at which they were sent. The next bytes wait until it resolves. */
  readonly deliver: (bytes: Uint8Array, baudRate: number) => void | Promise<void>;
}

export class PacedQueue {
  readonly #parts: PacedQueueParts;
  #runs: Run[] = [];
  #freeAtMs = -Infinity;
  #queuedBytes = 0;
  #isPumping = false;
  #wake = new AbortController();
  #isClosed = false;

  constructor(parts: PacedQueueParts) {
    this.#parts = parts;
  }

  /** When the last bit of everything that was handed over will be through. */
  get freeAtMs(): number {
    return this.#freeAtMs;
  }

  /** Handed over and not delivered yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Keeps the array; do not change it. */
  push(bytes: Uint8Array, baudRate: number): void {
    if (this.#isClosed || bytes.length === 0) return;
    const nowMs = this.#parts.clock.now();
    const msPerByte = this.#parts.isInstant() ? 0 : (BITS_PER_BYTE * 1000) / baudRate;
    const startsAtMs = Math.max(nowMs, this.#freeAtMs);
    this.#runs.push({ bytes, baudRate, startsAtMs, msPerByte, done: 0 });
    this.#freeAtMs = startsAtMs + bytes.length * msPerByte;
    this.#queuedBytes += bytes.length;
    if (!this.#isPumping) void this.#pump();
    else this.#wake.abort();
  }

  /** What has not come through never will. */
  clear(): void {
    this.#runs = [];
    this.#queuedBytes = 0;
    this.#freeAtMs = -Infinity;
    this.#wake.abort();
  }

  close(): void {
    this.#isClosed = true;
    this.clear();
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      while (this.#runs.length > 0) {
        const waitMs = this.#nextDueMs() - this.#parts.clock.now();
        if (waitMs > 0) await this.#sleep(waitMs);
        else await this.#deliverDue();
      }
    } finally {
      this.#isPumping = false;
    }
  }

  async #sleep(ms: number): Promise<void> {
    this.#wake = new AbortController();
    const { signal } = this.#wake;
    await this.#parts.clock.sleep(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #deliverDue(): Promise<void> {
    const nowMs = this.#parts.clock.now();
    const { deliver } = this.#parts;
    for (let run = this.#runs[0]; run && this.#nextDueMs() <= nowMs; run = this.#runs[0]) {
      const end = arrived(run, nowMs);
      const bytes = run.bytes.subarray(run.done, end);
      run.done = end;
      this.#queuedBytes -= bytes.length;
      if (end === run.bytes.length) this.#runs.shift();
      const taken = deliver(bytes, run.baudRate);
      if (taken) await taken;
    }
  }

  /** When the collecting end hands over next: a full packet, or its timer. */
  #nextDueMs(): number {
    const { packetBytes, latencyMs } = this.#parts.collecting();
    const first = this.#runs[0];
    if (!first) return Infinity;
    const timerMs = latencyMs === undefined ? this.#freeAtMs : arrivalOf(first, first.done) + latencyMs;
    let missing = packetBytes;
    for (const run of this.#runs) {
      const waiting = run.bytes.length - run.done;
      if (waiting >= missing) return Math.min(timerMs, arrivalOf(run, run.done + missing - 1));
      missing -= waiting;
    }
    return timerMs;
  }
}

const arrivalOf = (run: Run, index: number): number => run.startsAtMs + (index + 1) * run.msPerByte;

/** How many bytes of a run that is due are through; at least one more, because times since 1970 in ms round to a quarter of a microsecond. */
function arrived(run: Run, nowMs: number): number {
  if (run.msPerByte === 0) return run.bytes.length;
  return Math.min(run.bytes.length, Math.max(run.done + 1, Math.floor((nowMs - run.startsAtMs) / run.msPerByte)));
}

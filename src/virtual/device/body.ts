/**
 * The bytes of a request as the device's network stack sees them: in pieces, over a link that may be slow, lossy or cut.
 * A connection that breaks is UPDATE_ERROR_ABORT, whoever broke it.
 */
import type { BenchSettings } from '../bench.ts';
import type { Clock } from '../storage.ts';
import { DeviceError } from './device-error.ts';

const PIECE_BYTES = 0x10000;
/** How often a slow link is slowed: short enough to look steady. */
const PACE_BYTES = 0x4000;
/** Timers fire late; a link catches up this much and no more. */
const CATCH_UP_MS = 100;

/** Pieces of at most 64 KiB. Ends the request's stream, whatever happens. @throws DeviceError UPDATE_ERROR_ABORT */
export async function* readBody(request: Request, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  // Firefox has no Request.body.
  const stream = (request.body as ReadableStream<Uint8Array> | null | undefined) ?? (await request.blob()).stream();
  const reader = stream.getReader();
  const giveUp = (): void => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener('abort', giveUp);
  try {
    for (;;) {
      const { done, value } = await read(reader);
      if (signal.aborted) throw connectionLost(signal.reason);
      if (done) return;
      for (let at = 0; at < value.length; at += PIECE_BYTES) yield value.subarray(at, at + PIECE_BYTES);
    }
  } finally {
    signal.removeEventListener('abort', giveUp);
    giveUp();
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await reader.read();
  } catch (cause) {
    throw connectionLost(cause);
  }
}

export function connectionLost(cause?: unknown): DeviceError {
  return new DeviceError('UPDATE_ERROR_ABORT', 'the connection broke before the update was complete', {}, { cause });
}

type LinkFaults = Pick<BenchSettings, 'cutAfterBytes' | 'flipBitAtByte' | 'bytesPerSecond'>;

/** What the link does to a firmware on its way. */
export async function* throughLink(
  source: AsyncIterable<Uint8Array>,
  faults: LinkFaults,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { cutAfterBytes, flipBitAtByte, bytesPerSecond } = faults;
  let dueMs = clock.now();
  let passed = 0;
  for await (const whole of source) {
    const step = bytesPerSecond > 0 ? PACE_BYTES : whole.length;
    for (let at = 0; at < whole.length; at += step) {
      let piece = whole.subarray(at, at + step);
      if (flipBitAtByte >= passed && flipBitAtByte < passed + piece.length && flipBitAtByte > 0) {
        piece = piece.slice();
        piece[flipBitAtByte - passed]! ^= 0x10;
      }
      const isCut = cutAfterBytes > 0 && passed + piece.length >= cutAfterBytes;
      if (isCut) piece = piece.subarray(0, cutAfterBytes - passed);
      passed += piece.length;
      if (bytesPerSecond > 0) {
        // Time in which nobody listened, because the device erased, is lost: it is not saved up for a burst.
        dueMs = Math.max(dueMs, clock.now() - CATCH_UP_MS) + (piece.length / bytesPerSecond) * 1000;
        await pause(clock, dueMs - clock.now(), signal);
      }
      yield piece;
      if (isCut) throw connectionLost();
    }
  }
}

export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  try {
    await clock.sleep(ms, signal);
  } catch (cause) {
    throw connectionLost(cause);
  }
}

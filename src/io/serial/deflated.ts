/**
 * Bytes as a zlib stream, made by the browser's own compressor, with marks that tell how far into the bytes a place in the stream reaches.
 * Nothing is inflated to learn that. The compressor works on the thread of whoever reads it, as fast as it is fed and without a pause: so it
 * is fed in small helpings, with a pause after some of them.
 */
import type { Clock } from '../../app/ports.ts';

/** What the compressor is given at a time: about a millisecond of work. */
const HELPING = 32 * 1024;
const HELPINGS_BETWEEN_PAUSES = 8;

interface Mark {
  /** Of the stream that was out … */
  readonly out: number;
  /** … when so much had gone in. */
  readonly in: number;
}

export class Deflated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #marks: readonly Mark[];

  constructor(bytes: Uint8Array<ArrayBuffer>, marks: readonly Mark[]) {
    this.bytes = bytes;
    this.#marks = marks;
  }

  /** About how many of the original bytes the first `position` of the stream stand for. */
  reachOf(position: number): number {
    let before: Mark = { out: 0, in: 0 };
    for (const mark of this.#marks) {
      if (mark.out >= position) {
        const share = mark.out === before.out ? 1 : (position - before.out) / (mark.out - before.out);
        return Math.round(before.in + share * (mark.in - before.in));
      }
      before = mark;
    }
    return before.in;
  }
}

export async function deflate(bytes: Uint8Array<ArrayBuffer>, clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<Deflated> {
  const compressor = new CompressionStream('deflate');
  const writer = compressor.writable.getWriter();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const marks: Mark[] = [];
  let fed = 0;
  let out = 0;
  const feeding = feed(writer, bytes, { clock, signal }, (end) => (fed = end));
  // Its fault is the reader's too; awaited below.
  feeding.catch((error: unknown) => void writer.abort(error).catch(() => undefined));
  const reader = compressor.readable.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    pieces.push(value);
    out += value.length;
    marks.push({ out, in: fed });
  }
  await feeding;
  return new Deflated(concatenated(pieces, out), marks);
}

interface Pace {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
}

/** @param onHelping hears how far the next one reaches */
async function feed(
  writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
  bytes: Uint8Array<ArrayBuffer>,
  { clock, signal }: Pace,
  onHelping?: (end: number) => void,
): Promise<void> {
  let helpings = 0;
  for (let at = 0; at < bytes.length; at += HELPING) {
    signal.throwIfAborted();
    await writer.ready;
    const end = Math.min(at + HELPING, bytes.length);
    onHelping?.(end);
    await writer.write(bytes.subarray(at, end));
    if (++helpings % HELPINGS_BETWEEN_PAUSES === 0 && end < bytes.length) await clock.sleep(0, signal);
  }
  await writer.close();
}

/** How many bytes the beginning of a zlib stream certainly stands for. */
export async function inflatedLength(stream: Uint8Array<ArrayBuffer>, clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<number> {
  const inflater = new DecompressionStream('deflate');
  const writer = inflater.writable.getWriter();
  // It is cut off, so this fails in the end; until then it tells what it has.
  feed(writer, stream, { clock, signal }).catch((error: unknown) => void writer.abort(error).catch(() => undefined));
  const reader = inflater.readable.getReader();
  let length = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return length;
      length += value.length;
    }
  } catch {
    return length;
  }
}

function concatenated(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Bytes as a zlib stream, made by the browser's own compressor in small helpings so that no task grows long, with marks that tell how far into
 * the bytes a place in the stream reaches. Nothing is inflated to learn that.
 */

/** What the compressor is given at a time: about a millisecond of work. */
const HELPING = 32 * 1024;

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

export async function deflate(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Deflated> {
  const compressor = new CompressionStream('deflate');
  const writer = compressor.writable.getWriter();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const marks: Mark[] = [];
  let fed = 0;
  let out = 0;
  const feed = async (): Promise<void> => {
    for (let at = 0; at < bytes.length; at += HELPING) {
      signal.throwIfAborted();
      await writer.ready;
      fed = Math.min(at + HELPING, bytes.length);
      await writer.write(bytes.subarray(at, fed));
    }
    await writer.close();
  };
  const feeding = feed();
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

/** How many bytes the beginning of a zlib stream certainly stands for. */
export async function inflatedLength(stream: Uint8Array<ArrayBuffer>): Promise<number> {
  const inflater = new DecompressionStream('deflate');
  const writer = inflater.writable.getWriter();
  // It is cut off, so both fail in the end; until then it tells what it has.
  writer.write(stream).catch(() => undefined);
  writer.close().catch(() => undefined);
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

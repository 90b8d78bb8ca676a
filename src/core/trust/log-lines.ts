/** Bytes → lines, as they arrive; no more of the file in memory than one piece and one line. */

/** The longest entry has 16 KB; what is longer is none, and is handed on in pieces that are none either. */
const MOST_LINE = 64 * 1024;

/** UTF-8, lines end in LF or CR LF. Bytes that are no UTF-8 become U+FFFD, which no hash forgives. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<readonly string[], void> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let rest = '';
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const lines = (rest + decoder.decode(piece.value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MOST_LINE) {
        lines.push(rest);
        rest = '';
      }
      yield lines.map(withoutReturn);
    }
    yield [withoutReturn(rest + decoder.decode())];
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

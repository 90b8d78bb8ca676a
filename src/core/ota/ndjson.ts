/** Newline-delimited text out of a byte stream, with a bound on the line, so that a device cannot fill the memory. */
import { DeviceProtocolError } from './protocol-error.ts';

/** Far above any line of the contract. */
export const MAX_LINE_LENGTH = 16_384;

/** Yields each line without its end; blank lines are dropped, a last line without an end counts. */
export async function* readLines(stream: ReadableStream<Uint8Array>, maxLength = MAX_LINE_LENGTH): AsyncGenerator<string, void, undefined> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split('\n');
      rest = done ? '' : lines.pop()!;
      for (const line of [...lines, rest]) {
        if (line.length > maxLength) throw new DeviceProtocolError('line', `must be at most ${maxLength} characters`);
      }
      for (const line of lines) if (line.trim() !== '') yield line.trim();
      if (done) return;
    }
  } finally {
    // Also when the consumer stops early: tells the other end that nobody reads any more.
    await reader.cancel().catch(() => undefined);
  }
}

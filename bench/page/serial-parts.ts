/** The two places of the serial door that see every byte: frames, and the console. */
import { LineConsole } from '../../src/core/console/line-console.ts';
import { encodeSlip, SlipDecoder } from '../../src/core/serial/slip.ts';
import { longestTaskMs, megabytesPerSecond, medianMs, type Row } from './measure.ts';
import { longTaskRow } from './xray.ts';

const SLIP_BYTES = 8 << 20;
const FRAME_BYTES = 0x4000;
const MIN_SLIP_MBS = 200;
const LOG_BYTES = 10 << 20;
const LOG_CHUNK = 4096;
const MIN_LOG_MBS = 5;
const RUNS = 7;

/** Noise: one byte in 128 has to be escaped, as in compressed firmware. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 0x1_0000) crypto.getRandomValues(bytes.subarray(at, at + 0x1_0000));
  return bytes;
}

async function slipRow(): Promise<Row> {
  const bytes = noise(SLIP_BYTES);
  const frames: Uint8Array[] = [];
  const encodeMs = await medianMs(RUNS, async () => {
    frames.length = 0;
    for (let at = 0; at < bytes.length; at += FRAME_BYTES) frames.push(encodeSlip(bytes.subarray(at, at + FRAME_BYTES)));
  });
  const decodeMs = await medianMs(RUNS, async () => {
    const decoder = new SlipDecoder();
    let decoded = 0;
    for (const frame of frames) for (const { length } of decoder.push(frame)) decoded += length;
    if (decoded !== bytes.length) throw new Error(`decoded ${decoded} of ${bytes.length} bytes`);
  });
  const [encoding, decoding] = [megabytesPerSecond(SLIP_BYTES, encodeMs), megabytesPerSecond(SLIP_BYTES, decodeMs)];
  return {
    what: 'SLIP, frames of 16 KB: encode · decode',
    measured: `${encoding.toFixed(0)} · ${decoding.toFixed(0)} MB/s`,
    target: `≥ ${MIN_SLIP_MBS} MB/s`,
    met: Math.min(encoding, decoding) >= MIN_SLIP_MBS,
    raw: { encodeMs, decodeMs },
  };
}

function logText(): Uint8Array<ArrayBuffer> {
  const lines: string[] = [];
  for (let bytes = 0, i = 0; bytes < LOG_BYTES; i++) {
    const line = `\u001b[0;3${i % 8}mI (${i * 7}) sensor: reading ${i} of channel ${i % 16}: ${(i * 2654435761) >>> 0} µV\u001b[0m\r\n`;
    lines.push(line);
    bytes += line.length;
  }
  return new TextEncoder().encode(lines.join('')).slice(0, LOG_BYTES);
}

async function consoleRows(): Promise<Row[]> {
  const text = logText();
  // Making it up is a task of its own.
  await new Promise((resolve) => setTimeout(resolve));
  let ms = 0;
  const longest = await longestTaskMs(async () => {
    const buffer = new LineConsole();
    for (let at = 0, turn = 0; at < text.length; at += LOG_CHUNK, turn++) {
      const startedAt = performance.now();
      buffer.push(text.subarray(at, at + LOG_CHUNK), at);
      buffer.line(buffer.firstNumber + buffer.length - 1);
      ms += performance.now() - startedAt;
      if (turn % 16 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  });
  const rate = megabytesPerSecond(LOG_BYTES, ms);
  return [
    {
      what: 'Console: 10 MB of coloured log, in pieces of 4 KB',
      measured: `${rate.toFixed(0)} MB/s`,
      target: `≥ ${MIN_LOG_MBS} MB/s`,
      met: rate >= MIN_LOG_MBS,
      raw: { ms },
    },
    longTaskRow('Longest main-thread task while the console takes 10 MB', longest),
  ];
}

export const measureSerialParts = async (): Promise<Row[]> => [await slipRow(), ...(await consoleRows())];

/**
 * Flashing over a serial line, ours beside unmodified esptool-js: the same board, the same image, the same line, one after the other in one
 * run. The limit is what the line itself needs for the bytes that were sent.
 */
import { ESPLoader, Transport } from 'esptool-js';
import { compareWrites } from '../../src/app/usb/compare.ts';
import type { ChipConnection, SerialWire } from '../../src/app/usb/ports.ts';
import type { SerialPortLike } from '../../src/core/serial/port.ts';
import { LoaderConnector } from '../../src/io/serial/connector.ts';
import { wireOpener } from '../../src/io/serial/wire.ts';
import { PAGE_BYTES } from '../../src/virtual/flash.ts';
import { FLASH_TIMING } from '../../src/virtual/device/serial/flash-timing.ts';
import type { Row } from './measure.ts';
import { exactClock, plugIn, type Line } from './serial-bench-board.ts';

const LINES: readonly Line[] = [
  { baudRate: 921_600, latencyMs: 1 },
  { baudRate: 115_200, latencyMs: 1 },
  { baudRate: 460_800, latencyMs: 1 },
  { baudRate: 2_000_000, latencyMs: 1 },
  { baudRate: 921_600, latencyMs: 16 },
  { baudRate: 2_000_000, latencyMs: 16 },
];
const TIMED_FLASH_LINE: Line = { baudRate: 921_600, latencyMs: 16 };
const REFLASH_LINE: Line = { baudRate: 921_600, latencyMs: 1 };
const READ_LINE: Line = { baudRate: 2_000_000, latencyMs: 1 };
const READ_BYTES = 4 << 20;
const APP_OFFSET = 0x1_0000;
const MAX_OVER_LIMIT = 1.05;
const MIN_REFLASH_GAIN = 10;
const MAX_IDENTICAL_SHARE = 0.02;
const SECTOR = 0x1000;
const BITS_PER_BYTE = 10;

interface Timed {
  readonly ms: number;
  readonly sent: number;
  readonly received: number;
  readonly roundTrips: number;
}

async function timed(connection: ChipConnection, work: () => Promise<unknown>): Promise<Timed> {
  const before = connection.traffic;
  const startedAt = performance.now();
  await work();
  const ms = performance.now() - startedAt;
  const { sent, received, roundTrips } = connection.traffic;
  return { ms, sent: sent - before.sent, received: received - before.received, roundTrips: roundTrips - before.roundTrips };
}

const lineMs = (bytes: number, { baudRate }: Line): number => (bytes * BITS_PER_BYTE * 1000) / baudRate;
const signal = new AbortController().signal;

async function withOurs<T>(line: Line, factory: Uint8Array, work: (connection: ChipConnection) => Promise<T>, flash?: 'timed'): Promise<T> {
  const port = await plugIn(line, factory, flash);
  const wire: SerialWire = await wireOpener(exactClock)(port, 115_200);
  try {
    const connection = await new LoaderConnector(exactClock).connect(wire, port.getInfo(), { signal, baudRate: line.baudRate });
    if (connection.baudRate !== line.baudRate) throw new Error(`connected at ${connection.baudRate}, not at ${line.baudRate} baud`);
    return await work(connection);
  } finally {
    await wire.close();
  }
}

async function withStock<T>(line: Line, factory: Uint8Array, work: (loader: ESPLoader) => Promise<T>, flash?: 'timed'): Promise<T> {
  const port: SerialPortLike = await plugIn(line, factory, flash);
  const transport = new Transport(port as never, false);
  const quiet = { clean: () => undefined, writeLine: () => undefined, write: () => undefined };
  const loader = new ESPLoader({ transport, baudrate: line.baudRate, romBaudrate: 115_200, terminal: quiet, enableTracing: false });
  try {
    await loader.main();
    return await work(loader);
  } finally {
    await transport.disconnect();
  }
}

async function stockWriteMs(line: Line, image: Uint8Array<ArrayBuffer>, flash?: 'timed'): Promise<number> {
  const write = async (loader: ESPLoader): Promise<number> => {
    const startedAt = performance.now();
    await loader.writeFlash({
      fileArray: [{ data: image, address: APP_OFFSET }],
      flashMode: 'keep',
      flashFreq: 'keep',
      flashSize: 'keep',
      eraseAll: false,
      compress: true,
    });
    return performance.now() - startedAt;
  };
  return await withStock(line, image, write, flash);
}

/** One function of it changed: two neighbouring sectors, and the sum and hash at the end. */
function withOneFunctionChanged(image: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const changed = image.slice();
  const at = Math.floor(image.length / 2 / SECTOR) * SECTOR + SECTOR - 300;
  for (let i = 0; i < 600; i++) changed[at + i]! ^= 0x5a;
  for (let i = 1; i <= 33; i++) changed[image.length - i]! ^= 0xa5;
  return changed;
}

async function reflash(connection: ChipConnection, image: Uint8Array<ArrayBuffer>): Promise<Timed & { readonly asked: number }> {
  const write = { name: 'app', role: 'app', offset: APP_OFFSET, length: image.length, bytes: image, patched: false } as const;
  let asked = 0;
  const outcome = await timed(connection, async () => {
    const compared = await compareWrites(connection, [write], {
      signal,
      clock: exactClock,
      onProgress: () => undefined,
      onSame: () => undefined,
    });
    asked = compared.asked;
    for (const { offset, length } of compared.differing) {
      const from = offset - APP_OFFSET;
      await connection.writeFlash(offset, image.subarray(from, from + length), { signal });
      await connection.md5(offset, length, { signal });
    }
  });
  return { ...outcome, asked };
}

/**
 * The same with a flash that is not blank and takes the time of its data sheet. It is the slower of the two then, and erases and programs
 * while the next block and its acknowledgement are on their way.
 */
async function timedWriteRow(line: Line, image: Uint8Array<ArrayBuffer>): Promise<Row> {
  const write = (connection: ChipConnection) => timed(connection, () => connection.writeFlash(APP_OFFSET, image, { signal }));
  const ours = await withOurs(line, image, write, 'timed');
  const stockMs = await stockWriteMs(line, image, 'timed');
  const sectors = Math.ceil(image.length / SECTOR);
  const limitMs = sectors * FLASH_TIMING.sectorErase + (image.length / PAGE_BYTES) * FLASH_TIMING.pageProgram;
  const over = ours.ms / limitMs;
  return {
    what: `The same onto flash that has to be erased, at ${line.baudRate} baud, ${line.latencyMs} ms ÷ what the flash needs (${sectors} sectors)`,
    measured: `${over.toFixed(3)} × (${(ours.ms / 1000).toFixed(2)} s; esptool-js ${(stockMs / 1000).toFixed(2)} s)`,
    target: `≤ ${MAX_OVER_LIMIT} ×`,
    met: over <= MAX_OVER_LIMIT,
    raw: { ...ours, limitMs, stockMs },
  };
}

async function writeRow(line: Line, image: Uint8Array<ArrayBuffer>): Promise<Row> {
  const ours = await withOurs(line, image, (connection) => timed(connection, () => connection.writeFlash(APP_OFFSET, image, { signal })));
  const stockMs = await stockWriteMs(line, image);
  const limitMs = lineMs(ours.sent, line);
  const over = ours.ms / limitMs;
  return {
    what: `Full write of a ${Math.round(image.length / 1024)} KB application at ${line.baudRate} baud, ${line.latencyMs} ms ÷ the line's limit for its bytes`,
    measured: `${over.toFixed(3)} × (${(ours.ms / 1000).toFixed(2)} s, ${ours.sent} bytes on the wire, ${ours.roundTrips} round trips; esptool-js ${(stockMs / 1000).toFixed(2)} s)`,
    target: `≤ ${MAX_OVER_LIMIT} ×, faster than esptool-js`,
    met: over <= MAX_OVER_LIMIT && ours.ms < stockMs,
    raw: { ...ours, limitMs, stockMs },
  };
}

async function reflashRows(image: Uint8Array<ArrayBuffer>): Promise<Row[]> {
  const changed = withOneFunctionChanged(image);
  return await withOurs(REFLASH_LINE, image, async (connection) => {
    const full = await timed(connection, () => connection.writeFlash(APP_OFFSET, image, { signal }));
    const again = await reflash(connection, image);
    const other = await reflash(connection, changed);
    const gain = full.ms / other.ms;
    const share = again.ms / full.ms;
    return [
      {
        what: 'Re-write with one function changed, compared, written and verified, ÷ full write (921600 baud, 1 ms)',
        measured: `${gain.toFixed(1)} × faster (${other.ms.toFixed(0)} ms ÷ ${full.ms.toFixed(0)} ms; ${other.sent} bytes, ${other.roundTrips} round trips)`,
        target: `≥ ${MIN_REFLASH_GAIN} ×`,
        met: gain >= MIN_REFLASH_GAIN,
        raw: { ...other, fullMs: full.ms },
      },
      {
        what: 'Re-write of the identical firmware ÷ full write',
        measured: `${(share * 100).toFixed(2)} % (${again.ms.toFixed(0)} ms, ${again.roundTrips} round trips)`,
        target: `< ${MAX_IDENTICAL_SHARE * 100} %`,
        met: share < MAX_IDENTICAL_SHARE,
        raw: { ...again },
      },
    ];
  });
}

async function readRow(image: Uint8Array<ArrayBuffer>): Promise<Row> {
  const ours = await withOurs(READ_LINE, image, (connection) => timed(connection, () => connection.readFlash(0, READ_BYTES, { signal })));
  const stockMs = await withStock(READ_LINE, image, async (loader) => {
    const startedAt = performance.now();
    await loader.readFlash(0, READ_BYTES);
    return performance.now() - startedAt;
  });
  const limitMs = lineMs(ours.received, READ_LINE);
  const over = ours.ms / limitMs;
  return {
    what: `Read of 4 MB at ${READ_LINE.baudRate} baud, ${READ_LINE.latencyMs} ms ÷ the line's limit`,
    measured: `${over.toFixed(3)} × (${(ours.ms / 1000).toFixed(2)} s; esptool-js ${(stockMs / 1000).toFixed(2)} s)`,
    target: `≤ ${MAX_OVER_LIMIT} ×`,
    met: over <= MAX_OVER_LIMIT,
    raw: { ...ours, limitMs, stockMs },
  };
}

export async function measureSerial(): Promise<Row[]> {
  const answer = await fetch(new URL('demo/greenhouse-node-1.1.0.bin', document.baseURI));
  const image = new Uint8Array(await answer.arrayBuffer());
  const rows: Row[] = [];
  for (const line of LINES) rows.push(await writeRow(line, image));
  rows.push(await timedWriteRow(TIMED_FLASH_LINE, image));
  rows.push(...(await reflashRows(image)), await readRow(image));
  return rows;
}

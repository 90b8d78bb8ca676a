/** An update of 4 MB into a virtual device, page → service worker → flash committed, against writing the same bytes to IndexedDB. */
import { openDB } from 'idb';
import { toHex } from '../../src/core/bytes/hex.ts';
import { IMAGE_BYTES, longestTaskMs, mediansInTurn, megabytesPerSecond } from './measure.ts';
import type { Row } from './measure.ts';
import { longTaskRow } from './xray.ts';

const RUNS = 9;
const MIN_RATIO = 0.5;
const RECORD_BYTES = 1 << 20;
const PASSWORD = 'bench password 1';

async function workerControlsPage(): Promise<void> {
  await navigator.serviceWorker.register(new URL('sw.js', document.baseURI));
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
}

/** The yardstick: each record in a transaction of its own, as a writer does who wants to know what arrived; or all of them in one. */
async function writeRecords(image: Uint8Array<ArrayBuffer>, bytesPerTransaction: number): Promise<void> {
  const database = await openDB('bench-records', 1, { upgrade: (db) => void db.createObjectStore('records') });
  for (let from = 0; from < image.length; from += bytesPerTransaction) {
    const transaction = database.transaction('records', 'readwrite', { durability: 'relaxed' });
    for (let at = from; at < from + bytesPerTransaction; at += RECORD_BYTES)
      void transaction.store.put(image.slice(at, at + RECORD_BYTES), at);
    await transaction.done;
  }
  database.close();
}

/** A board of 16 MB, with a password of its own and no pace on its link. */
async function openBoard(): Promise<{ base: URL; token: string }> {
  const base = new URL('virtual/device/bench-board/', document.baseURI);
  const call = async (path: string, init: RequestInit): Promise<unknown> => {
    const response = await fetch(new URL(path, base), init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const json = { 'content-type': 'application/json' };
  const bench = { ...json, 'X-Otter-Bench': '1' };
  await call('bench', { method: 'PUT', headers: bench, body: JSON.stringify({ flashSizeMb: 16, bytesPerSecond: 0 }) });
  await untilOnline(base);
  const login = async (password: string) =>
    (await call('login', { method: 'POST', headers: json, body: JSON.stringify({ password }) })) as { token: string };
  const { token } = await login('admin123');
  await fetch(new URL('password', base), {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${token}` },
    body: JSON.stringify({ password: PASSWORD }),
  });
  return { base, token: (await login(PASSWORD)).token };
}

async function untilOnline(base: URL): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await fetch(new URL('info', base))).ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the board does not answer');
}

async function update({ base, token }: { base: URL; token: string }, image: Blob, sha256: string): Promise<void> {
  const response = await fetch(new URL('update', base), {
    method: 'POST',
    headers: {
      'content-type': 'application/octet-stream',
      accept: 'application/x-ndjson',
      authorization: `Bearer ${token}`,
      'X-Firmware-Size': String(image.size),
      'X-Firmware-SHA256': sha256,
    },
    body: image,
  });
  const lines = (await response.text()).trim().split('\n');
  if (!lines.at(-1)?.includes('"result"')) throw new Error(`update failed: ${lines.at(-1)}`);
}

export async function measureOta(image: Uint8Array<ArrayBuffer>): Promise<Row[]> {
  await workerControlsPage();
  const board = await openBoard();
  // A different image each time: the device answers at once when it already holds what is sent.
  const files: { blob: Blob; sha256: string }[] = [];
  for (let run = 0; run < RUNS + 2; run++) {
    const other = await withOtherHash(image, run);
    files.push({ blob: new Blob([other]), sha256: toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', other))) });
  }
  const next = async (): Promise<void> => {
    const file = files.pop();
    if (file) await update(board, file.blob, file.sha256);
  };
  await next();
  await writeRecords(image, RECORD_BYTES);
  const [recordsMs = 0, oneTransactionMs = 0, otaMs = 0] = await mediansInTurn(
    RUNS,
    () => writeRecords(image, RECORD_BYTES),
    () => writeRecords(image, IMAGE_BYTES),
    next,
  );
  const longestMs = await longestTaskMs(next);
  const ratio = recordsMs / otaMs;
  const [records, ota] = [megabytesPerSecond(IMAGE_BYTES, recordsMs), megabytesPerSecond(IMAGE_BYTES, otaMs)];
  return [
    {
      what: 'OTA of 4 MB, page → worker → verified and committed, ÷ the same bytes to IndexedDB in 1 MB records, a transaction each (throughput)',
      measured: `${ratio.toFixed(2)} × (${ota.toFixed(0)} MB/s ÷ ${records.toFixed(0)} MB/s; all records in one transaction: ${(oneTransactionMs / otaMs).toFixed(2)} ×)`,
      target: `≥ ${MIN_RATIO} ×`,
      met: ratio >= MIN_RATIO,
      raw: { otaMs, recordsMs, oneTransactionMs },
    },
    longTaskRow('Longest main-thread task of the page during the OTA', longestMs),
  ];
}

/** The same image built at another second: the time in its descriptor changes, and with it checksum and appended hash. */
async function withOtherHash(image: Uint8Array<ArrayBuffer>, run: number): Promise<Uint8Array<ArrayBuffer>> {
  const TIME_OFFSET = 0x20 + 80;
  const other = image.slice();
  const checksumAt = image.length - 33;
  const before = other[TIME_OFFSET + 7]!;
  other[TIME_OFFSET + 7] = 0x30 + run;
  other[checksumAt]! ^= before ^ other[TIME_OFFSET + 7]!;
  const hash = await crypto.subtle.digest('SHA-256', other.subarray(0, image.length - 32));
  other.set(new Uint8Array(hash), image.length - 32);
  return other;
}

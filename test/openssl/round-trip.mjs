// Runs every round trip with the OpenSSL of this machine and closes with the counts. `node test/openssl/round-trip.mjs keys` runs one of them.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { opensslVersion } from './openssl.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const wanted = process.argv[2] ?? '';
const files = (await readdir(here))
  .filter((file) => file.endsWith('.round-trip.mjs') && file.includes(wanted))
  .map((file) => path.join(here, file));
const version = opensslVersion();
const counts = { passed: 0, failed: 0, skipped: 0 };
const close = () => console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);

if (version === undefined) {
  console.log('skipped: OpenSSL 3 is not installed');
  counts.skipped = files.length;
  close();
} else {
  console.log(version);
  const stream = run({ files, concurrency: 1, timeout: 240_000 });
  stream.on('test:pass', ({ skip, details }) => {
    if (details.type !== 'suite') counts[skip ? 'skipped' : 'passed']++;
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') counts.failed++;
  });
  stream.compose(new spec()).pipe(process.stdout);
  stream.on('end', () => {
    process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
    setImmediate(close);
  });
}

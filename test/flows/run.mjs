// Runs every flow against the build in dist/ and closes with the counts. `npm run flows -- rollback` runs the flows whose file name matches.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
if (!existsSync(path.join(here, '../../dist/index.html'))) throw new Error('no build to test: run `npm run build` first');

const wanted = process.argv[2] ?? '';
const files = (await readdir(here))
  .filter((file) => file.endsWith('.flow.mjs') && file.includes(wanted))
  .map((file) => path.join(here, file));
let passed = 0;
let failed = 0;
let skipped = 0;

const stream = run({ files, concurrency: 1, timeout: 240_000 });
stream.on('test:pass', ({ skip, details }) => {
  if (details.type === 'suite') return;
  if (skip) skipped++;
  else passed++;
});
stream.on('test:fail', ({ details }) => {
  if (details.type !== 'suite') failed++;
});
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', () => {
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  setImmediate(() => console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`));
});

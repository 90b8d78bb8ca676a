import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBench } from './visitor.mjs';

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
before(async () => {
  bench = await openBench();
});
after(() => bench.close());

test('a first visitor updates the virtual board in at most four clicks, sees the proof, and goes back with one more', async () => {
  const visitor = await bench.visitor();
  await visitor.click('link', 'Open the virtual board');
  await visitor.sees('has the password admin123');
  await visitor.click('button', 'Look at greenhouse-node 1.1.0');
  await visitor.sees('Held against esp32-ota');
  await visitor.click('button', 'Write 1.1.0 to ota_1');
  await visitor.click('button', 'Sign in and write');
  await visitor.sees('1.1.0 is on its way to ota_1');
  await visitor.sees('esp32-ota runs 1.1.0', 60_000);
  await visitor.sees('SHA-256 of ota_1, read back, is the file’s');
  assert.ok(visitor.clicks <= 4, `${visitor.clicks} clicks`);

  await visitor.click('button', 'Undo, back to 1.0.0');
  await visitor.confirms();
  await visitor.sees('Going back to 1.0.0…');
  await visitor.sees('Gone back to 1.0.0 by hand', 60_000);
  assert.doesNotMatch(await visitor.reads(), /another tab|last update/i);
  visitor.isContent();
});

test('what was written survives a reload, and the history offers it again', async () => {
  const visitor = await bench.visitor();
  await visitor.go('#/devices/esp32-ota');
  await visitor.sees('greenhouse-node 1.1.0');
  await visitor.page.reload();
  await visitor.sees('History');
  await visitor.sees(/rolled back|went back|back to 1.0.0/);
  visitor.isContent();
});

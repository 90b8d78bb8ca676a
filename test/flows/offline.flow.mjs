import { after, before, test } from 'node:test';
import { openBench } from './visitor.mjs';

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
before(async () => {
  bench = await openBench();
});
after(() => bench.close());

test('after the first visit everything works without a network, deep links included, up to a whole update', async () => {
  const first = await bench.visitor();
  await first.sees('Works offline');
  await bench.host.close();

  const visitor = await bench.visitor('#/firmware');
  await visitor.sees('Rehearse');
  await visitor.page.reload();
  await visitor.sees('Rehearse');
  await visitor.go('#/devices/esp32-ota');
  await visitor.click('button', 'Look at greenhouse-node 1.1.0');
  await visitor.click('button', 'Write 1.1.0 to ota_1');
  await visitor.click('button', 'Sign in and write');
  await visitor.sees('esp32-ota runs 1.1.0', 60_000);
  visitor.isContent();
});

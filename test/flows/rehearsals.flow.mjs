import { after, before, test } from 'node:test';
import { openBench } from './visitor.mjs';

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
before(async () => {
  bench = await openBench();
});
after(() => bench.close());

/** @param {string} file */
async function visitorWith(file) {
  const visitor = await bench.visitor();
  await visitor.go('#/devices/esp32-ota');
  await visitor.sees('Online');
  await visitor.chooses('Choose firmware', bench.demo(file));
  await visitor.sees(/Held against esp32-ota/);
  return visitor;
}

test('a file for another chip is refused before anything is written', async () => {
  const visitor = await visitorWith('greenhouse-node-1.1.0-esp32c3.bin');
  await visitor.sees('ESP32-C3');
  await visitor.sees(/Nothing was written/);
  await visitor.cannot('button', /^Write /);
  visitor.isContent();
});

test('a damaged file is refused before anything is written', async () => {
  const visitor = await visitorWith('greenhouse-node-1.1.0-corrupted.bin');
  await visitor.sees('checksum');
  await visitor.cannot('button', /^Write /);
  visitor.isContent();
});

test('a firmware that crashes at boot is rolled back by the boot loader, and the page says so', async () => {
  const visitor = await visitorWith('greenhouse-node-1.2.0-crash.bin');
  await visitor.click('button', 'Write 1.2.0-crash to ota_1');
  await visitor.click('button', 'Sign in and write');
  await visitor.sees(/rolled back|came back with 1.0.0|went back/, 90_000);
  await visitor.go('#/devices/esp32-ota');
  await visitor.sees('greenhouse-node 1.0.0');
  await visitor.sees('Running');
  visitor.isContent();
});

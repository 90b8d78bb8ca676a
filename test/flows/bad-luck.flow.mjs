import { after, before, test } from 'node:test';
import { openBench } from './visitor.mjs';

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
before(async () => {
  bench = await openBench();
});
after(() => bench.close());

/** @param {import('./visitor.mjs').Visitor} visitor */
async function startUpdate(visitor) {
  await visitor.go('#/devices/esp32-ota');
  await visitor.sees('Online');
  await visitor.chooses('Choose firmware', bench.demo('greenhouse-node-1.1.0.bin'));
  await visitor.click('button', 'Write 1.1.0 to ota_1');
  await visitor.click('button', 'Sign in and write');
  await visitor.sees('1.1.0 is on its way to ota_1');
}

test('the service worker is killed in the middle of an upload: the page tells the truth and the next try succeeds', async () => {
  const visitor = await bench.visitor();
  await startUpdate(visitor);
  await visitor.sees(/[1-9]\d* of 911 KB|of 228 sectors/);
  await visitor.killServiceWorker();
  // Either the browser delivered the request again and it went through, or the page says that the update did not finish.
  await visitor.sees(/esp32-ota runs 1.1.0|did not|stopped|interrupted|broke/, 90_000);
  if (!(await visitor.reads()).includes('esp32-ota runs 1.1.0')) {
    await visitor.go('#/devices/esp32-ota');
    await visitor.sees('greenhouse-node 1.0.0');
    await visitor.chooses('Choose firmware', bench.demo('greenhouse-node-1.1.0.bin'));
    await visitor.click('button', 'Write 1.1.0 to ota_1');
    await visitor.sees('esp32-ota runs 1.1.0', 90_000);
  }
  visitor.isContent();
});

test('a second tab cannot write to a device that the first one is writing to', async () => {
  const first = await bench.visitor();
  const second = await bench.visitor();
  await first.page.bringToFront();
  await first.go('#/devices/esp32-ota');
  await first.chooses('Choose firmware', bench.demo('greenhouse-node-1.2.0-crash.bin'));
  await first.click('button', 'Write 1.2.0-crash to ota_0');
  await first.click('button', 'Sign in and write');
  await first.sees('1.2.0-crash is on its way to ota_0');

  await second.page.bringToFront();
  await second.go('#/devices/esp32-ota');
  await second.chooses('Choose firmware', bench.demo('greenhouse-node-1.2.0-crash.bin'));
  await second.sees('Another tab is writing to this device');
  await second.cannot('button', /^Write /);

  await first.page.bringToFront();
  await first.sees(/rolled back|came back with 1.1.0|went back/, 90_000);
  first.isContent();
  second.isContent();
});

test('a full disk is told in words, and nothing is half-kept', async () => {
  const visitor = await bench.visitor();
  const devtools = await visitor.page.createCDPSession();
  await visitor.go('#/firmware');
  await visitor.sees('Rehearse');
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: bench.host.origin, quotaSize: 1 });
  await visitor.click('button', 'Take greenhouse-node 1.0.0');
  await visitor.sees(/full|no room|space/);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: bench.host.origin });
  await visitor.page.reload();
  await visitor.sees('Rehearse');
  await visitor.click('button', 'Take greenhouse-node 1.0.0');
  await visitor.sees('Fingerprints');
  visitor.isContent();
});

import { after, before, test } from 'node:test';
import { openBench } from './visitor.mjs';

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
before(async () => {
  bench = await openBench();
});
after(() => bench.close());

/** @param {import('./visitor.mjs').Visitor} visitor @param {string} act */
async function byHand(visitor, act) {
  await visitor.page.evaluate(async (path) => {
    await fetch(`virtual/device/esp32-ota/bench/${path}`, { method: 'POST', headers: { 'X-Otter-Bench': '1' } });
  }, act);
}

/** @param {import('./visitor.mjs').Visitor} visitor */
async function startUpdate(visitor) {
  await visitor.page.bringToFront();
  await visitor.go('#/devices/esp32-ota');
  await visitor.sees('Online');
  await visitor.chooses('Choose firmware', bench.demo('greenhouse-node-1.1.0.bin'));
  await visitor.click('button', 'Write 1.1.0 to ota_1');
  await visitor.click('button', 'Sign in and write');
  await visitor.sees(/[1-9]\d* of 911 KB/);
}

test('a reload in the middle of a write leaves a trace, and every page tells what is known', async () => {
  const visitor = await bench.visitor();
  visitor.page.on('dialog', (dialog) => void dialog.accept());
  await startUpdate(visitor);
  await visitor.page.reload();
  await visitor.sees('The update to 1.1.0 was interrupted');
  await visitor.sees('ota_1 may hold an unfinished write. Nothing else was touched.');
  await visitor.click('link', 'Open device');
  await visitor.sees('The update to 1.1.0 was interrupted');
  await visitor.sees('Holds an unfinished write');
  await visitor.sees('closed or reloaded while it wrote');
  await visitor.go('#/devices/esp32-ota/job');
  await visitor.click('link', 'Look and write again');
  await visitor.sees(/Overwrites ota_1 \(an unfinished write\)/);
  visitor.isContent();
  await visitor.page.close();
});

test('the power goes in the middle of a write: the page says so, and what it leaves behind', async () => {
  const visitor = await bench.visitor();
  await startUpdate(visitor);
  await byHand(visitor, 'power-cycle');
  await visitor.sees('The board restarted in the middle of the update', 60_000);
  await visitor.sees('The running firmware is untouched');
  visitor.isContent();
  await visitor.page.close();
});

test('the power goes before the new firmware confirmed itself: it is not called a failure of the firmware', async () => {
  const visitor = await bench.visitor();
  await startUpdate(visitor);
  await visitor.sees('has yet to confirm itself', 60_000);
  await byHand(visitor, 'power-cycle');
  await visitor.sees('The board was restarted before the new firmware confirmed itself', 90_000);
  await visitor.click('link', 'Look at 1.1.0 again');
  await visitor.sees(/boot loader gave up on it|the boot loader went back/);
  await visitor.sees('Tick the box if you mean it');
  visitor.isContent();
  await visitor.page.close();
});

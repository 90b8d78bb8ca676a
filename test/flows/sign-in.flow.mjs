import { after, before, test } from 'node:test';
import { openBench } from './visitor.mjs';

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
before(async () => {
  bench = await openBench();
});
after(() => bench.close());

test('five wrong passwords lock the device, also after a reload', async () => {
  const visitor = await bench.visitor();
  await visitor.go('#/devices/esp32-ota');
  await visitor.sees('Online');
  await visitor.click('button', 'Sign in to read it');
  for (let attempt = 1; attempt <= 5; attempt++) {
    await visitor.type('Password', `not it ${attempt}`);
    await visitor.click('button', 'Sign in');
    await visitor.sees(attempt < 5 ? /not the password|wrong/ : /locked/);
  }
  // No hand is quicker; the lock-out is on the disk by then.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await visitor.page.reload();
  await visitor.sees('Online');
  await visitor.click('button', 'Sign in to read it');
  await visitor.sees('locked');
  visitor.isContent();
});

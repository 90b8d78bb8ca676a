import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { openBench } from './visitor.mjs';

const worker = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist/sw.js');
let isPublished = false;

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
before(async () => {
  bench = await openBench({
    intercept(request, response) {
      if (!isPublished || !request.url?.endsWith('/sw.js')) return false;
      const headers = { 'content-type': 'text/javascript', 'cache-control': 'no-cache' };
      response.writeHead(200, headers).end(`${readFileSync(worker, 'utf8')}\n// one version later`);
      return true;
    },
  });
});
after(() => bench.close());

test('a newer version is offered, never while a device is written, and takes over once the person says so', async () => {
  const visitor = await bench.visitor('#/devices/esp32-ota');
  await visitor.sees('Works offline');
  isPublished = true;
  await visitor.page.reload();
  await visitor.sees('A newer Otter is here');

  await visitor.click('button', 'Look at greenhouse-node 1.1.0');
  await visitor.click('button', 'Write 1.1.0 to ota_1');
  await visitor.click('button', 'Sign in and write');
  await visitor.sees('1.1.0 is on its way to ota_1');
  await visitor.cannot('button', /^Reload now$/);
  await visitor.sees('esp32-ota runs 1.1.0', 60_000);

  await Promise.all([visitor.page.waitForNavigation(), visitor.click('button', 'Reload now')]);
  await visitor.sees('No update under way');
  await visitor.cannot('button', /^Reload now$/);
  visitor.isContent();
});

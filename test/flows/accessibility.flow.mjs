import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, test } from 'node:test';
import { openBench } from './visitor.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Phone, tablet, desk; 320 is the narrowest that must not scroll sideways. */
const WIDTHS = [320, 390, 768, 1440];

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
/** Each begins as a visitor who was never here. */
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

/**
 * Every rule of axe in both lights, and no sideways scrolling at any width.
 * @param {import('./visitor.mjs').Visitor} visitor
 * @param {string} where
 */
async function examine(visitor, where) {
  const { page } = visitor;
  for (const light of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: light }]);
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      // @ts-expect-error axe was just put there
      const { violations: found } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
      return found.map(
        (/** @type {any} */ { id, help, nodes }) => `${id}: ${help}: ${nodes.map((/** @type {any} */ n) => n.target.join(' ')).join(', ')}`,
      );
    });
    assert.deepEqual(violations, [], `${where}, ${light}`);
  }
  for (const width of WIDTHS) {
    await page.setViewport({ width, height: 900 });
    // Drawings are laid out anew once they know their new width.
    await page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth, { timeout: 2_000 }).catch(() => undefined);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${where} scrolls ${overflow} px sideways at ${width} px`);
  }
}

test('the log and its verifier pass axe in both lights and fit every width', async () => {
  const visitor = await bench.visitor('#/log');
  await visitor.sees('Whatever matters here is written down');
  await examine(visitor, 'empty log');
  await visitor.go('#/firmware');
  await visitor.click('button', 'Take greenhouse-node 1.0.0');
  await visitor.sees('Fingerprints');
  await visitor.go('#/log');
  await visitor.sees('came into the library');
  await visitor.click('button', 'Verify the chain');
  await visitor.sees('The chain is whole');
  await visitor.page.focus('.log-view');
  await visitor.press('ArrowDown');
  await visitor.sees('Entry 2');
  await examine(visitor, 'log');
  visitor.isContent();
  const verifier = await bench.visitor('verify-log.html');
  await verifier.sees('Drop the exported log here');
  // What puts axe into a page is not what the policy of this page allows.
  await verifier.page.setBypassCSP(true);
  await verifier.page.reload();
  await examine(verifier, 'verifier');
  await verifier.page.close();
});

test('every view and dialog of the firmware side passes axe in both lights and fits every width', async () => {
  const visitor = await bench.visitor();
  await visitor.sees('Virtual ESP32');
  await examine(visitor, 'devices');
  await visitor.click('button', 'Add network device');
  await visitor.sees('Address');
  await examine(visitor, 'add network device');
  await visitor.press('Escape');
  await visitor.go('#/firmware');
  await visitor.sees('Rehearse');
  await examine(visitor, 'empty library');
  await visitor.click('button', 'Take greenhouse-node 1.0.0');
  await visitor.sees('Fingerprints');
  await visitor.go('#/firmware');
  await visitor.click('button', 'Take greenhouse-node 1.1.0');
  await visitor.sees('Fingerprints');
  await examine(visitor, 'release');
  await visitor.click('button', 'Delete');
  await visitor.sees(/kept|gone|delete/);
  await examine(visitor, 'delete dialog');
  await visitor.press('Escape');
  await visitor.click('link', 'compare sector by sector');
  await visitor.sees('Sector by sector');
  await examine(visitor, 'compare');
  await visitor.go('#/settings');
  await visitor.sees('Light');
  await examine(visitor, 'settings');
  await visitor.press('Control+k');
  await visitor.page.waitForSelector('dialog[open] [role="combobox"]');
  await examine(visitor, 'palette');
  visitor.isContent();
});

test('every view and dialog of an update passes axe in both lights and fits every width', async () => {
  const visitor = await bench.visitor('#/devices/esp32-ota');
  await visitor.sees('Online');
  await examine(visitor, 'device');
  await visitor.chooses('Choose firmware', bench.demo('greenhouse-node-1.1.0-esp32c3.bin'));
  await visitor.sees('for another chip');
  await examine(visitor, 'blocked');
  await visitor.go('#/devices/esp32-ota');
  await visitor.chooses('Choose firmware', bench.demo('greenhouse-node-1.1.0.bin'));
  await visitor.sees('Held against esp32-ota');
  await examine(visitor, 'pre-flight');
  await visitor.click('button', 'Write 1.1.0 to ota_1');
  await visitor.sees('Password');
  await examine(visitor, 'sign-in');
  await visitor.click('button', 'Sign in and write');
  await visitor.sees('on its way to ota_1');
  await examine(visitor, 'writing');
  await visitor.sees('esp32-ota runs 1.1.0', 60_000);
  await examine(visitor, 'proven');
  await visitor.go('#/devices/esp32-ota');
  await visitor.sees('How it went');
  await examine(visitor, 'device with history');
  visitor.isContent();
});

test('every view and dialog of a board by cable passes axe in both lights and fits every width', async () => {
  const visitor = await bench.visitor('#/usb');
  await visitor.find('link', 'Open esp32-ota').wait();
  await examine(visitor, 'the door');
  await visitor.page.evaluate(async () => {
    const body = JSON.stringify({ serialInstant: true });
    await fetch('virtual/device/esp32-ota/bench', { method: 'PUT', headers: { 'X-Otter-Bench': '1' }, body });
  });
  await visitor.click('link', 'Open esp32-ota');
  await visitor.find('button', 'Connect').wait();
  await examine(visitor, 'not connected');
  await visitor.click('button', 'Connect');
  await visitor.sees('Drop a build here');
  await examine(visitor, 'connected');
  await visitor.click('button', 'Erase');
  await visitor.page.waitForSelector('#range-what');
  await examine(visitor, 'erase dialog');
  await visitor.press('Escape');
  await visitor.chooses('Choose files', bench.demo('greenhouse-node-1.1.0-esp32c3.bin'));
  await visitor.sees('It cannot be written');
  await examine(visitor, 'plan that is blocked');
  await visitor.click('button', 'Choose another');
  await visitor.chooses('Choose files', bench.demo('greenhouse-node-1.1.0.bin'));
  await visitor.sees('Will change');
  await examine(visitor, 'plan');
  await visitor.click('button', 'Write 1.1.0');
  await visitor.sees('esp32-ota runs 1.1.0', 60_000);
  await examine(visitor, 'flashed');
  visitor.isContent();
});

test('the pages of releases pass axe in both lights and fit every width', async () => {
  const visitor = await bench.visitor('#/releases');
  await visitor.sees('No publisher is trusted yet');
  await examine(visitor, 'no releases');
  await visitor.go('#/releases/add');
  await visitor.sees('Address of the set');
  await examine(visitor, 'add a set');
  await visitor.type('Address of the set', `${bench.host.origin}/nothing/`);
  await visitor.click('button', 'Read the set');
  await visitor.sees('This set is refused');
  await examine(visitor, 'a set that is none');
  await visitor.page.evaluate(async () => {
    const shell = document.querySelector('ot-shell');
    // @ts-expect-error the page's own services
    const { keys } = await shell.services.trust();
    for (const name of ['Root 2026', 'A release key with a long name, of somebody with a long name'])
      await keys.make('Ed25519', { name, purpose: '', exportable: false });
  });
  await visitor.go('#/releases/make');
  await visitor.click('checkbox', 'Root 2026: signs root files');
  await visitor.click('checkbox', 'Root 2026: signs releases');
  await visitor.click('checkbox', 'A release key with a long name, of somebody with a long name: signs releases');
  await examine(visitor, 'make a root file');
  await visitor.type('What this publisher is called here', 'Greenhouse team');
  await visitor.click('button', 'Write the root file');
  await visitor.sees('1 signature missing');
  await examine(visitor, 'a draft');
  await visitor.click('button', 'Sign with Root 2026');
  await visitor.click('button', 'Use root file 1');
  await visitor.sees('Who signs releases');
  await examine(visitor, 'a publisher');
  await visitor.go('#/releases');
  await visitor.sees('Publishers that you trust');
  await examine(visitor, 'releases');
  visitor.isContent();
});

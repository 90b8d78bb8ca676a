import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBench } from './visitor.mjs';

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
before(async () => {
  bench = await openBench();
});
after(() => bench.close());

/** More stops than any of these pages has: the thing looked for cannot be reached. */
const MANY_STOPS = 60;

/**
 * Tabs on until the focus is on something with this name, and checks that it shows where it is.
 * @param {import('./visitor.mjs').Visitor} visitor
 * @param {string} name
 */
async function tabTo(visitor, name) {
  const { page } = visitor;
  for (let stop = 0; stop < MANY_STOPS; stop++) {
    await visitor.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element) return undefined;
      const style = getComputedStyle(element);
      return {
        name: (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().replaceAll(/\s+/g, ' '),
        isShown: style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0,
      };
    });
    if (focused?.name !== name) continue;
    assert.ok(focused.isShown, `the focus on ${name} cannot be seen`);
    return;
  }
  throw new Error(`${name} is not reached by Tab`);
}

test('from the first page to the proof and back with the keyboard alone', async () => {
  const visitor = await bench.visitor();
  await visitor.sees('Open the virtual board');
  await tabTo(visitor, 'Open the virtual board');
  await visitor.press('Enter');
  await visitor.sees('Online');
  await tabTo(visitor, 'Look at greenhouse-node 1.1.0');
  await visitor.press('Enter');
  await visitor.sees('Held against esp32-ota');
  await tabTo(visitor, 'Write 1.1.0 to ota_1');
  await visitor.press('Enter');
  await visitor.sees('Sign in and write');
  assert.equal(await visitor.page.evaluate(() => document.activeElement?.id), 'password', 'the dialog puts the focus where typing goes');
  await visitor.press('Enter');
  await visitor.sees('esp32-ota runs 1.1.0', 60_000);
  await tabTo(visitor, 'Undo, back to 1.0.0');
  await visitor.press('Enter');
  await visitor.confirms();
  await visitor.sees('esp32-ota runs 1.0.0', 60_000);
  visitor.isContent();
});

test('the palette opens by its shortcut, finds a place by its name, and gives the focus back', async () => {
  const visitor = await bench.visitor();
  await visitor.sees('Virtual ESP32');
  await tabTo(visitor, 'Add network device');
  await visitor.press('Control+k');
  await visitor.page.waitForSelector('dialog[open] [role="combobox"]');
  await visitor.press('Escape');
  await visitor.page.waitForFunction(() => !document.querySelector('dialog[open]'));
  assert.match(await visitor.page.evaluate(() => document.activeElement?.textContent ?? ''), /Add network device/);
  await visitor.press('Control+k');
  await visitor.page.waitForSelector('dialog[open] [role="combobox"]');
  await visitor.page.keyboard.type('firmware');
  await visitor.press('Enter');
  await visitor.sees('Rehearse');
  visitor.isContent();
});

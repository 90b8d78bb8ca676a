import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBench } from './visitor.mjs';

const NVS_AT = 0x9000;
const NVS_BYTES = 0x5000;
const FIRST_SLOT_AT = 0x10000;
/** The boot chain and the first slot. */
const MERGED_BYTES = 0x150000;
/** Longer than it takes until somebody plugs a virtual board in again. */
const REPLUG_MS = 4_000;
const WRITE_MS = 60_000;

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
/** Where the browser saves files, and where those that are made here lie. */
let desk = '';
/** A merged image, made on the way. */
let factory = '';
before(async () => {
  bench = await openBench();
  desk = await mkdtemp(path.join(os.tmpdir(), 'otter-desk-'));
});
after(async () => {
  await bench.close();
  await rm(desk, { recursive: true, force: true });
});

/** @param {import('./visitor.mjs').Visitor} visitor @param {Record<string, unknown>} change of the bench of the virtual board */
async function setBench(visitor, change) {
  const status = await visitor.page.evaluate(async (body) => {
    const answer = await fetch('virtual/device/esp32-ota/bench', { method: 'PUT', headers: { 'X-Otter-Bench': '1' }, body });
    return answer.status;
  }, JSON.stringify(change));
  assert.equal(status, 200);
}

/** @param {import('./visitor.mjs').Visitor} visitor */
async function connect(visitor) {
  await visitor.click('button', 'Connect');
  await visitor.sees('Drop a build here');
}

/** From a port that is open: to a line that takes no time. @param {import('./visitor.mjs').Visitor} visitor */
async function connectFast(visitor) {
  await visitor.click('button', 'Disconnect');
  await visitor.find('button', 'Connect').wait();
  await setBench(visitor, { serialInstant: true });
  await connect(visitor);
}

/**
 * What is saved as a file while `act` is done.
 * @param {import('./visitor.mjs').Visitor} visitor
 * @param {() => Promise<void>} act
 */
async function saves(visitor, act) {
  const folder = await mkdtemp(path.join(desk, 'saved-'));
  const devtools = await visitor.page.createCDPSession();
  await devtools.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
  await act();
  for (let waited = 0; waited < 300; waited++) {
    const [name] = (await readdir(folder)).filter((file) => !file.endsWith('.crdownload'));
    if (name) return { name, bytes: await readFile(path.join(folder, name)) };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('nothing was saved');
}

/** @param {import('./visitor.mjs').Visitor} visitor @param {RegExp} what option of the dialog @param {string} key */
async function readsToFile(visitor, what, key) {
  await visitor.click('button', 'Read to a file');
  await choosesOption(visitor, '#range-what', what);
  return saves(visitor, () => visitor.click('button', key));
}

/** @param {import('./visitor.mjs').Visitor} visitor @param {string} select @param {RegExp} label */
async function choosesOption({ page }, select, label) {
  await page.waitForSelector(select);
  const value = await page.$eval(
    select,
    (element, source) => [.../** @type {HTMLSelectElement} */ (element).options].find(({ text }) => new RegExp(source).test(text))?.value,
    label.source,
  );
  assert.ok(value !== undefined, `no option ${label}`);
  await page.select(select, value);
}

/** @param {import('./visitor.mjs').Visitor} visitor @param {RegExp} what */
async function erases(visitor, what) {
  await visitor.click('button', 'Erase');
  await choosesOption(visitor, '#range-what', what);
}

/** @param {import('./visitor.mjs').Visitor} visitor */
async function leaves(visitor) {
  visitor.isContent();
  await visitor.page.close();
}

test('a first flash by cable keeps what it overwrites and proves itself; the same again writes nothing; a click brings the old one back', async () => {
  const visitor = await bench.visitor('#/usb');
  await visitor.click('link', 'Open esp32-ota');
  await connect(visitor);
  await visitor.chooses('Choose files', bench.demo('greenhouse-node-1.1.0.bin'));
  await visitor.sees('Will change');
  await visitor.sees('over greenhouse-node 1.0.0');
  await visitor.click('button', 'Write 1.1.0');
  await visitor.sees('1.1.0 is on its way to the chip');
  await visitor.sees('esp32-ota runs 1.1.0', WRITE_MS);
  await visitor.sees('It started and printed 1.1.0');
  await visitor.sees('What was overwritten is in the library');

  await visitor.click('button', 'Flash another');
  await visitor.sees('Drop a build here', WRITE_MS);
  await connectFast(visitor);
  await visitor.chooses('Choose files', bench.demo('greenhouse-node-1.1.0.bin'));
  await visitor.sees('It is on the chip already');
  await visitor.click('button', 'Start 1.1.0');
  await visitor.sees('esp32-ota runs 1.1.0', WRITE_MS);
  await visitor.sees('nothing: all 911.2 KB were the same already');

  await visitor.click('button', 'Flash another');
  await visitor.sees('Drop a build here', WRITE_MS);
  await visitor.click('button', 'Restore');
  await visitor.page.locator('dialog[open] ::-p-text(Snapshot of esp32-ota)').click();
  await visitor.sees('saved from esp32-ota');
  await visitor.sees('over greenhouse-node 1.1.0');
  await visitor.click('button', 'Write what was saved');
  await visitor.sees('esp32-ota runs 1.0.0', WRITE_MS);
  await visitor.click('link', 'Open device');
  await visitor.sees('greenhouse-node 1.0.0');
  await leaves(visitor);
});

test('a merged image is written around NVS, and over the air the board is what it became by cable', async () => {
  const visitor = await bench.visitor('#/usb/virtual%3Aesp32-ota');
  await visitor.find('button', 'Connect').wait();
  await setBench(visitor, { serialInstant: true });
  await connect(visitor);
  const whole = await readsToFile(visitor, /^The whole flash/, 'Read everything');
  const before = whole.bytes.subarray(NVS_AT, NVS_AT + NVS_BYTES);
  // As its maker would have made it: 1.1.0 in the first slot, nothing but zeros where a chip in use has its NVS.
  const merged = Buffer.from(whole.bytes.subarray(0, MERGED_BYTES));
  merged.fill(0x00, NVS_AT, NVS_AT + NVS_BYTES);
  merged.set(await readFile(bench.demo('greenhouse-node-1.1.0.bin')), FIRST_SLOT_AT);
  factory = path.join(desk, 'greenhouse.factory.bin');
  await writeFile(factory, merged);

  await visitor.click('button', 'Back to the chip');
  await visitor.chooses('Choose files', factory);
  await visitor.sees(/Stays as it is[\s\S]*nvs/);
  await visitor.click('button', 'Write 1.1.0');
  await visitor.sees('esp32-ota runs 1.1.0', WRITE_MS);
  await visitor.click('button', 'Flash another');
  await visitor.sees('Drop a build here', WRITE_MS);
  const nvs = await readsToFile(visitor, /^nvs/, 'Read nvs');
  assert.deepEqual(nvs.bytes, before);
  await visitor.click('button', 'Back to the chip');
  await visitor.click('button', 'Run the application');
  await visitor.go('#/devices/esp32-ota');
  await visitor.sees('greenhouse-node 1.1.0');
  await leaves(visitor);
});

test('the cable is pulled in the middle of a write: the page says so, and goes on where it was', async () => {
  const visitor = await bench.visitor('#/usb/virtual%3Aesp32-ota');
  await connect(visitor);
  await visitor.chooses('Choose files', bench.demo('greenhouse-node-1.0.0.bin'));
  await visitor.click('radio', 'Save nothing there is no way back to what is overwritten');
  await setBench(visitor, { serialUnplugAtByte: 200_000 });
  await visitor.click('button', 'Write 1.0.0');
  await visitor.sees('The cable was lost in the middle', WRITE_MS);
  await visitor.sees(/Plug esp32-ota in again/);
  await new Promise((resolve) => setTimeout(resolve, REPLUG_MS));
  await visitor.click('button', 'Go on from where it was');
  await visitor.sees('esp32-ota runs 1.0.0', WRITE_MS);
  await visitor.sees(/ now; .* before it broke off/);
  await leaves(visitor);
});

test('everything is erased only for a typed word; the board says that it cannot start, and a factory image rescues it', async () => {
  const visitor = await bench.visitor('#/usb/virtual%3Aesp32-ota');
  await connect(visitor);
  await erases(visitor, /^The whole flash/);
  await visitor.cannot('button', /^Erase everything$/);
  await visitor.type('Type erase everything to go on', 'erase everything');
  await visitor.click('button', 'Erase everything');
  await visitor.sees('It is erased', WRITE_MS);
  await visitor.click('button', 'Back to the chip');
  await visitor.click('button', 'Run the application');
  await visitor.sees('It restarts again and again');

  await connect(visitor);
  await visitor.chooses('Choose files', factory);
  await visitor.click('button', 'Write 1.1.0');
  await visitor.sees('esp32-ota runs 1.1.0', WRITE_MS);
  await leaves(visitor);
});

test('the console shows the boot log and takes input', async () => {
  const visitor = await bench.visitor('#/usb/virtual%3Aesp32-ota');
  await visitor.click('button', 'Listen');
  await visitor.click('button', 'Reset');
  await visitor.sees('App version:      1.1.0');
  await visitor.type('Send a line', 'hello board');
  await visitor.press('Enter');
  await visitor.sees('hello board');
  await leaves(visitor);
});

test('a browser without Web Serial is told which have it, and has the virtual board', async () => {
  const visitor = await bench.visitor();
  await visitor.page.evaluateOnNewDocument(() => {
    // @ts-expect-error as in a browser that never had it
    delete Navigator.prototype.serial;
  });
  await visitor.page.goto(`${bench.host.url}#/usb`);
  await visitor.page.reload();
  await visitor.sees('This browser has no Web Serial');
  await visitor.sees('Safari and browsers on phones do not');
  await visitor.cannot('button', /^Choose a port$/);
  await visitor.find('link', 'Open esp32-ota').wait();
  await leaves(visitor);
});

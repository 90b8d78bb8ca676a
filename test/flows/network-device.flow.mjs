import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { LoopbackServer } from './devices/loopback.mjs';
import { after, before, test } from 'node:test';
import { OtterDevice } from './devices/otter-device.mjs';
import { S1Device } from './devices/s1-device.mjs';
import { openBench } from './visitor.mjs';

/** @typedef {import('./visitor.mjs').Visitor} Visitor */

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
/** @type {Buffer} */
let firmware;
/** @type {{ close(): Promise<void> }[]} */
const devices = [];
before(async () => {
  bench = await openBench();
  firmware = await readFile(bench.demo('greenhouse-node-1.0.0.bin'));
});
after(async () => {
  await bench.close();
  await Promise.all(devices.map((device) => device.close()));
});

/** @param {Omit<import('./devices/otter-device.mjs').OtterDeviceOptions, 'firmware'>} [options] */
async function otterDevice(options) {
  const device = await OtterDevice.open({ firmware, ...options });
  devices.push(device);
  return device;
}

/** @param {import('./devices/s1-device.mjs').S1Options} [options] */
async function s1Device(options) {
  const device = await S1Device.open(options);
  devices.push(device);
  return device;
}

/** @param {string} url @param {string} name */
async function visitorAt(url, name) {
  const visitor = await bench.visitor('#/devices');
  await visitor.click('button', 'Add network device');
  await visitor.type('Address', url);
  await visitor.type('Name (optional)', name);
  await visitor.click('button', 'Add device');
  await visitor.sees(name);
  return visitor;
}

/** @param {Visitor} visitor @param {string} file */
async function looksAt(visitor, file) {
  await visitor.sees('Online');
  await visitor.chooses('Choose firmware', bench.demo(file));
}

/** @param {Visitor} visitor @param {string} password */
async function signsIn(visitor, password) {
  await visitor.type('Password', password);
  await visitor.click('button', 'Sign in and write');
}

/** @param {Visitor} visitor */
async function writes110(visitor) {
  await looksAt(visitor, 'greenhouse-node-1.1.0.bin');
  await visitor.click('button', 'Write 1.1.0 to ota_1');
  await signsIn(visitor, OtterDevice.password);
}

/** Chromium logs every answer that CORS keeps from the page; nothing else may have gone wrong. @param {Visitor} visitor */
function complainsOnlyOfCors(visitor) {
  assert.deepEqual(
    visitor.complaints.filter((complaint) => !/CORS policy/.test(complaint)),
    [],
  );
}

test('a device on the network is added by its address, updated while it reports, proven, and rolled back', async () => {
  const device = await otterDevice({ bytesPerSecond: 400_000 });
  const visitor = await visitorAt(device.url, 'shed');
  await writes110(visitor);
  await visitor.sees(/[1-9]\d* of 911 KB/);
  await visitor.sees('shed runs 1.1.0');
  await visitor.sees('SHA-256 of ota_1, read back, is the file’s');
  assert.equal(device.running, 1);

  // The restart ended the session, as on any board that keeps it in RAM.
  await visitor.click('button', 'Undo, back to 1.0.0');
  await visitor.type('Password', OtterDevice.password);
  await visitor.click('button', 'Sign in and roll back');
  await visitor.find('button', 'Switch to 1.1.0').wait();
  await visitor.sees('Online');
  assert.equal(device.running, 0);
  visitor.isContent();
});

test('a firmware that crashes on a real board is said to be rolled back', async () => {
  const device = await otterDevice({ behaviour: 'crash' });
  const visitor = await visitorAt(device.url, 'crasher');
  await writes110(visitor);
  await visitor.sees('crasher went back to 1.0.0');
  await visitor.sees('It started from ota_0, not from ota_1');
  visitor.isContent();
});

test('a firmware that never confirms itself is called unconfirmed, after the time that the person set', async () => {
  const device = await otterDevice({ behaviour: 'never-confirms' });
  const visitor = await visitorAt(device.url, 'silent');
  await visitor.go('#/settings');
  await visitor.find('combobox', 'Wait for a device to confirm its new firmware').wait();
  await visitor.page.select('#confirm-timeout', '10');
  await visitor.go('#/devices');
  await visitor.click('link', 'silent');
  await writes110(visitor);
  await visitor.sees('1.1.0 runs, and has yet to confirm itself');
  await visitor.sees('silent runs 1.1.0, unconfirmed');
  await visitor.sees('Not by the firmware, so far');
  visitor.isContent();
});

test('a connection that breaks off is asked about, and the device’s own answer is told', async () => {
  const device = await otterDevice({ fault: 'drop' });
  const visitor = await visitorAt(device.url, 'far-away');
  await writes110(visitor);
  await visitor.sees('1.1.0 was not installed');
  await visitor.sees('The transfer ended too early');
  assert.equal(device.running, 0);
  visitor.isContent();
});

test('a session that ends in the middle of an update is called that', async () => {
  const device = await otterDevice({ fault: 'expire' });
  const visitor = await visitorAt(device.url, 'forgetful');
  await writes110(visitor);
  await visitor.sees('The session ended while the update ran');
  await visitor.sees('forgetful still runs 1.0.0');
  visitor.isContent();
});

test('a device that talks nonsense is told so in words, and cannot write into the page', async () => {
  const endless = await otterDevice({ fault: 'endless-line' });
  const visitor = await visitorAt(endless.url, 'babbler');
  await writes110(visitor);
  await visitor.sees('the answer broke off (DEVICE_PROTOCOL)');
  await visitor.sees('babbler still runs 1.0.0');

  const garbage = await visitorAt((await otterDevice({ fault: 'garbage-info' })).url, 'garbler');
  await garbage.sees('The device answered something unreadable');

  const markup = await visitorAt((await otterDevice({ fault: 'html-names' })).url, 'painter');
  await markup.sees('<img src=x onerror=alert(1)>');
  assert.equal(await markup.page.$('img[src="x"]'), null);
  for (const each of [visitor, garbage, markup]) each.isContent();
});

test('a classic device is updated without slots or progress, and proven by its version alone', async () => {
  const device = await s1Device({ bytesPerSecond: 400_000 });
  const visitor = await visitorAt(device.url, 'classic');
  await looksAt(visitor, 'greenhouse-node-1.1.0.bin');
  await visitor.sees('names no slots and reports no progress');
  await visitor.sees('cannot be asked to go back');
  await visitor.click('button', 'Write 1.1.0');
  await visitor.type('Password', 'wrong');
  await visitor.click('button', 'Sign in and write');
  await visitor.sees('The device says no');
  await signsIn(visitor, S1Device.password);
  await visitor.sees('does not report its progress');
  assert.doesNotMatch(await visitor.reads(), /\d ?%|\d+ of \d+ KB/);
  await visitor.sees('classic runs 1.1.0');
  await visitor.sees('The device does not tell what its flash holds');
  await visitor.sees('1 of 2 proven');
  await visitor.cannot('button', /Undo|Roll back/);
  assert.deepEqual([device.version, device.boots], ['1.1.0', 1]);
  visitor.isContent();
});

test('a classic device that hides or drops its last answer is believed by its version, both ways', async () => {
  const hidden = await visitorAt((await s1Device({ cors: 'not-on-upload' })).url, 'hiding');
  await looksAt(hidden, 'greenhouse-node-1.1.0.bin');
  await hidden.click('button', 'Write 1.1.0');
  await signsIn(hidden, S1Device.password);
  await hidden.sees('hiding runs 1.1.0');
  complainsOnlyOfCors(hidden);

  const dropped = await visitorAt((await s1Device({ dropsAfterUpload: true, keepsOld: true })).url, 'dropping');
  await looksAt(dropped, 'greenhouse-node-1.1.0.bin');
  await dropped.click('button', 'Write 1.1.0');
  await signsIn(dropped, S1Device.password);
  await dropped.sees('1.1.0 was not installed');
  dropped.isContent();

  const old = await visitorAt((await s1Device({ keepsOld: true })).url, 'stubborn');
  await looksAt(old, 'greenhouse-node-1.1.0.bin');
  await old.click('button', 'Write 1.1.0');
  await signsIn(old, S1Device.password);
  await old.sees('stubborn went back to 1.0.0');
  await old.sees('does not say whether 1.1.0 was started at all');
  old.isContent();
});

test('an address where nothing answers is called that', async () => {
  const empty = new LoopbackServer(() => Promise.resolve());
  await empty.open();
  await empty.close();
  const visitor = await visitorAt(empty.url, 'nobody');
  await visitor.sees('Nothing answers at that address');
  await visitor.cannot('link', /own page/);
  visitor.isContent();
});

// The last one: every page with the list of devices asks this one too, and Chromium logs each refusal.
test('a device without CORS is called that; its page is one key away, and the file can be carried there', async () => {
  const device = await s1Device({ cors: 'none' });
  const visitor = await visitorAt(device.url, 'closed');
  await visitor.sees('does not let this page read its answers (CORS)');
  await visitor.chooses('Choose firmware', bench.demo('greenhouse-node-1.1.0.bin'));
  await visitor.find('button', 'Save greenhouse-node-1.1.0.bin').wait();
  const link = await visitor.find('link', 'Open its own page').waitHandle();
  assert.equal(await link.evaluate((element) => element.getAttribute('href')), device.url);
  assert.equal(device.boots, 0);
  complainsOnlyOfCors(visitor);
});

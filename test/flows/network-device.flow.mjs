import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
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
  await visitor.sees('greenhouse-node 1.0.0');
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

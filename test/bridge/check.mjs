// `node test/bridge/check.mjs`: the bridge with a client of our own. A chip starts, waits for a flasher, answers a SYNC, changes its baud rate.
import assert from 'node:assert/strict';
import { Rfc2217Client } from './rfc2217-client.mjs';
import { serveChip } from './rfc2217.mjs';
import * as telnet from './telnet.mjs';

const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
const SYNC = Uint8Array.of(0xc0, 0, 0x08, 36, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20, ...Array.from({ length: 32 }, () => 0x55), 0xc0);
/** CHANGE_BAUDRATE to 460800, as a ROM takes it. */
const FASTER = Uint8Array.of(0xc0, 0, 0x0f, 8, 0, 0, 0, 0, 0, 0x00, 0x08, 0x07, 0, 0, 0, 0, 0, 0xc0);

/** @param {Rfc2217Client} client */
async function intoDownload(client) {
  await client.setDtr(false);
  await client.setRts(true);
  await sleep(100);
  await client.setDtr(true);
  await client.setRts(false);
  await sleep(50);
  await client.setDtr(false);
  await client.until(() => client.text.includes('waiting for download'));
}

/** @param {Rfc2217Client} client @param {number} opcode */
const replies = (client, opcode) =>
  client.received.filter((byte, i) => byte === 0xc0 && client.received[i + 1] === 1 && client.received[i + 2] === opcode).length;

const bridge = await serveChip({ settings: { chip: 'ESP32' } });
try {
  const client = await Rfc2217Client.connect(bridge.port);
  // Unasked: a client that looks at CTS or DSR waits for it.
  await client.until(() => client.subs.some(([command]) => command === telnet.MODEM_STATE + telnet.ANSWER));
  await client.setBaudRate(115_200);
  await intoDownload(client);

  const second = await Rfc2217Client.connect(bridge.port);
  await sleep(50);
  assert.equal(second.isClosed, true, 'one client at a time');

  client.received = [];
  client.send(SYNC);
  await client.until(() => replies(client, 0x08) === 8);
  client.send(FASTER);
  await client.until(() => replies(client, 0x0f) === 1);
  // The chip changes over when its reply is out; flashers leave it the time.
  await sleep(50);
  await client.setBaudRate(460_800);
  client.received = [];
  client.send(SYNC);
  await client.until(() => replies(client, 0x08) === 8);

  await client.setRts(true);
  await sleep(100);
  await client.setRts(false);
  await client.setBaudRate(115_200);
  client.received = [];
  await client.until(() => client.text.includes('web server started'));
  client.close();
  await sleep(50);
  (await Rfc2217Client.connect(bridge.port)).close();
  console.log('the bridge works: reset, SYNC, baud rate, application, one client at a time');
} finally {
  await bridge.close();
}
process.exit(0);

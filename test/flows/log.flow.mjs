import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openBench } from './visitor.mjs';

/** @type {Awaited<ReturnType<typeof openBench>>} */
let bench;
/** @type {string} */
let folder;
before(async () => {
  bench = await openBench();
  folder = await mkdtemp(path.join(os.tmpdir(), 'otter-log-'));
});
after(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

/** Hands a file to the verifier and waits for its verdict. @param {import('puppeteer-core').Page} page @param {string} file @param {RegExp} verdict */
async function verdictOf(page, file, verdict) {
  const field = /** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (await page.$('#file'));
  await field.uploadFile(file);
  await page.waitForFunction(
    (source) => new RegExp(source).test(document.getElementById('verdict')?.textContent ?? ''),
    {},
    verdict.source,
  );
  return page.evaluate(() => document.body.innerText);
}

test('what a person does is in the log, survives a reload, is exported, and is verified by a saved page without network', async () => {
  const visitor = await bench.visitor();
  await visitor.sees('Works offline');
  await visitor.go('#/devices/esp32-ota');
  await visitor.click('button', 'Look at greenhouse-node 1.1.0');
  await visitor.click('button', 'Write 1.1.0 to ota_1');
  await visitor.click('button', 'Sign in and write');
  await visitor.sees('esp32-ota runs 1.1.0', 60_000);
  await visitor.page.reload();
  await visitor.go('#/log');
  for (const words of [
    'greenhouse-node 1.1.0 came into the library',
    'Signed in to esp32-ota',
    'greenhouse-node 1.1.0 is sent to esp32-ota, 1.0.0 → 1.1.0',
    'esp32-ota runs greenhouse-node 1.1.0, confirmed',
  ])
    await visitor.sees(words);
  assert.doesNotMatch(await visitor.reads(), /admin123/);
  await visitor.click('button', 'Verify the chain');
  await visitor.sees('The chain is whole');

  const devtools = await visitor.page.createCDPSession();
  await devtools.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
  await visitor.click('button', 'Export JSON Lines');
  await visitor.sees('were exported as jsonl');
  visitor.isContent();
  const file = path.join(folder, `otter-log-${new Date().toISOString().slice(0, 10)}.jsonl`);
  const text = await readWhenThere(file);
  assert.doesNotMatch(text, /admin123/);

  // The page alone, from the disk.
  const html = await (await fetch(`${bench.host.url}verify-log.html`)).text();
  const saved = path.join(folder, 'verify-log.html');
  await writeFile(saved, html);
  const page = await bench.browser.newPage();
  /** @type {string[]} */
  const asked = [];
  /** @type {string[]} */
  const complaints = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(pathToFileURL(saved).href);
  assert.match(await verdictOf(page, file, /is whole/), /follows the one before/);

  const lines = text.trimEnd().split('\n');
  const third = path.join(folder, 'third.jsonl');
  await writeFile(third, `${lines.with(3, (lines[3] ?? '').replace('"by":"page"', '"by":"worker"')).join('\n')}\n`);
  const told = await verdictOf(page, third, /was changed/);
  assert.match(told, /Entry 3 was changed/);
  assert.match(told, /Line 4 of the file/);
  assert.match(told, /Up to entry 2 the chain is whole/);

  const short = path.join(folder, 'short.jsonl');
  await writeFile(short, `${lines.slice(0, -1).join('\n')}\n`);
  assert.match(await verdictOf(page, short, /end is missing/), /a head tells of entry|A head tells of entry/);
  const other = path.join(folder, 'other.jsonl');
  await writeFile(other, 'hello <img src=x onerror=alert(1)>\n');
  await verdictOf(page, other, /Line 1 is no entry/);
  assert.deepEqual(complaints, []);
  assert.deepEqual(
    asked.filter((url) => !url.startsWith('file:')),
    [],
  );
  await page.close();
});

test('the verifier is there without a network, as itself and not as the app', async () => {
  const visitor = await bench.visitor();
  await visitor.sees('Works offline');
  await visitor.setOffline(true);
  await visitor.page.goto(`${bench.host.url}verify-log.html`);
  await visitor.sees('Drop the exported log here');
  visitor.isContent();
});

test('a head that was signed is checked with its public key, and one that was kept shows a log that was cut short', async () => {
  const page = await bench.browser.newPage();
  await page.goto(`${bench.host.url}verify-log.html`);
  // Made here, with nothing of the app: the format is open.
  const { log, pem, head } = await page.evaluate(async () => {
    const hex = (/** @type {ArrayBuffer} */ bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const sha256 = async (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => hex(await crypto.subtle.digest('SHA-256', bytes));
    const utf8 = (/** @type {string} */ text) => new TextEncoder().encode(text);
    const raw = (/** @type {string} */ text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    let prev = '0'.repeat(64);
    /** @type {string[]} */
    const lines = [];
    const add = async (/** @type {string} */ act, /** @type {object} */ facts) => {
      const at = '2025-11-20T09:12:00.000Z';
      const seq = lines.length + 1;
      const entry = JSON.stringify({ act, at, by: 'page', facts, seq });
      const h = await sha256(new Uint8Array([...raw(prev), ...utf8(entry)]));
      lines.push(JSON.stringify({ act, at, by: 'page', facts, h, prev, seq }));
      prev = h;
    };
    for (let n = 0; n < 5; n++) await add('signed-out', { device: 'd' });
    const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']));
    const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
    const told = { at: '2025-11-20T09:13:00.000Z', h: prev, kid: await sha256(spki), seq: 5 };
    const signed = await crypto.subtle.sign('Ed25519', pair.privateKey, utf8(JSON.stringify({ ...told, typ: 'otter-log-head' })));
    const signature = btoa(String.fromCharCode(...new Uint8Array(signed)))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');
    await add('head-signed', { headHash: told.h, headSeq: 5, keyId: told.kid, signature, signedAt: told.at });
    return {
      log: lines.join('\n'),
      pem: `-----BEGIN PUBLIC KEY-----\n${btoa(String.fromCharCode(...spki))}\n-----END PUBLIC KEY-----\n`,
      head: JSON.stringify({ ...told, signature }),
    };
  });
  const whole = path.join(folder, 'signed.jsonl');
  const cut = path.join(folder, 'cut.jsonl');
  await writeFile(whole, log);
  await writeFile(cut, log.split('\n').slice(0, 3).join('\n'));
  const fill = (/** @type {string} */ id, /** @type {string} */ value) =>
    page.$eval(`#${id}`, (field, text) => (/** @type {HTMLTextAreaElement} */ (field).value = text), value);

  assert.match(await verdictOf(page, whole, /is whole/), /agrees with the log; give the public key/);
  await fill('pem', pem);
  assert.match(await verdictOf(page, whole, /is whole/), /Head of entry 5.*the signature is good/);
  await verdictOf(page, cut, /is whole/);
  await fill('kept', head);
  assert.match(await verdictOf(page, cut, /end is missing/), /from entry 4 on/);
  await fill('kept', head.replace(/"signature":"./, '"signature":"_'));
  assert.match(await verdictOf(page, whole, /is whole/), /the signature is NOT good/);
  await fill('pem', 'not a key');
  assert.match(await verdictOf(page, whole, /Not verified/), /This is no public key/);
  await page.close();
});

/** @param {string} file */
async function readWhenThere(file) {
  for (const end = Date.now() + 10_000; ;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text;
    if (Date.now() > end) throw new Error(`${file} did not arrive`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

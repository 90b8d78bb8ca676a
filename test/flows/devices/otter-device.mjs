// A device that speaks the whole contract (docs/device-contract.md) over real HTTP, as firmware on a board would: two slots, a session in
// RAM that a restart ends, progress as flash is written, a boot loader that goes back. `behaviour` and `fault` make it a bad one.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeImage } from './image.mjs';
import { LoopbackServer, answerJson, answerText, readBody } from './loopback.mjs';

/**
 * @typedef {object} OtterDeviceOptions
 * @property {Buffer} firmware what runs at first
 * @property {'healthy' | 'crash' | 'never-confirms'} [behaviour] of whatever is installed
 * @property {'drop' | 'expire' | 'endless-line' | 'garbage-info' | 'html-names'} [fault]
 *   `drop` cuts the connection half-way, `expire` ends the session half-way, `endless-line` sends progress without a line end
 * @property {number} [bytesPerSecond]
 * @property {number} [bootMs]
 * @property {number} [confirmMs] from the boot to the word that all is well
 */

const PASSWORD = 'river-bank-9';
const SESSION_S = 300;
const SLOT_SIZE = 0x140000;
const REPORT_EVERY = 32_768;
/** What a page of another origin needs; a preflight asks for exactly this. */
const CORS = {
  'Access-Control-Expose-Headers': 'Retry-After',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, X-Firmware-Size, X-Firmware-SHA256, X-Firmware-MD5, X-Firmware-Signature',
};

/** @typedef {import('./loopback.mjs').Request} Request */
/** @typedef {import('./loopback.mjs').Response} Response */
/** @typedef {{ label: string, offset: number, state: string, image?: Buffer }} Slot */

export class OtterDevice {
  static password = PASSWORD;
  /** @type {[Slot, Slot]} */
  slots;
  /** 0 or 1. */
  running = 0;
  #token = '';
  #bootedAt = Date.now();
  #restarting = false;
  /** @type {Record<string, unknown>} */
  #update = { state: 'none' };
  #server = new LoopbackServer((request, response) => this.#answer(request, response));
  #options;

  /** @param {OtterDeviceOptions} options */
  constructor(options) {
    this.#options = {
      behaviour: 'healthy',
      fault: undefined,
      bytesPerSecond: 600_000,
      bootMs: 1200,
      confirmMs: 800,
      ...options,
    };
    this.slots = [
      { label: 'ota_0', offset: 0x10000, state: 'VALID', image: options.firmware },
      { label: 'ota_1', offset: 0x150000, state: 'EMPTY' },
    ];
  }

  /** @param {OtterDeviceOptions} options */
  static async open(options) {
    const device = new OtterDevice(options);
    await device.#server.open();
    return device;
  }

  get url() {
    return this.#server.url;
  }

  close() {
    return this.#server.close();
  }

  /** @param {Request} request @param {Response} response */
  async #answer(request, response) {
    for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (this.#restarting) return refuse(response, 503, 'REBOOTING');
    const call = `${request.method} ${request.url}`;
    if (call === 'GET /info') return this.#answerInfo(response);
    if (call === 'POST /login') return this.#login(request, response);
    if (!this.#isKnown(request)) return refuse(response, 401, 'NO_SESSION');
    switch (call) {
      case 'POST /update':
        return this.#receive(request, response);
      case 'GET /update':
        return answerJson(response, 200, this.#update);
      case 'POST /reboot':
        answerText(response, 200, 'Rebooting...');
        return this.#boot(this.#next());
      case 'POST /rollback':
        if (this.#other().state !== 'VALID') return refuse(response, 409, 'NO_ROLLBACK');
        answerText(response, 200, 'Rebooting...');
        return this.#boot(1 - this.running);
      case 'GET /log':
        return answerText(response, 200, `I (312) boot: ${this.#here().label}\nI (840) greenhouse: up\n`);
      default:
        return refuse(response, 404, 'NOT_FOUND');
    }
  }

  /** @param {Request} request */
  #isKnown(request) {
    return this.#token !== '' && request.headers.authorization === `Bearer ${this.#token}`;
  }

  /** @param {Request} request @param {Response} response */
  async #login(request, response) {
    const { password } = JSON.parse((await readBody(request)).toString());
    if (password !== PASSWORD) return refuse(response, 401, 'WRONG_PASSWORD');
    this.#token = randomUUID();
    answerJson(response, 200, { token: this.#token, expires_in: SESSION_S, must_change: false });
  }

  // ---- what it is ----

  #here() {
    return /** @type {Slot} */ (this.slots[this.running]);
  }

  #other() {
    return /** @type {Slot} */ (this.slots[1 - this.running]);
  }

  /** The slot that the boot loader would start: a fresh one goes first. */
  #next() {
    return this.#other().state === 'NEW' ? 1 - this.running : this.running;
  }

  /** @param {Response} response */
  #answerInfo(response) {
    if (this.#options.fault === 'garbage-info') return void response.writeHead(200).end('{"version": "1.0.0", "slots": [{');
    answerJson(response, 200, this.#info());
  }

  #info() {
    const here = describeImage(/** @type {Buffer} */ (this.#here().image));
    const isHtml = this.#options.fault === 'html-names';
    return {
      version: here?.version,
      project: isHtml ? '<img src=x onerror=alert(1)>' : here?.project,
      device_id: isHtml ? '"><script>alert(1)</script>' : 'greenhouse-7',
      build_date: '2026-01-12',
      ip: '127.0.0.1',
      rssi: -58,
      free_heap: 187_000,
      sketch_size: this.#here().image?.length,
      free_sketch_space: SLOT_SIZE,
      chip_id: '24A1603C7B10',
      chip: 'ESP32',
      hardware: 'ESP32-WROOM-32E',
      chip_revision: 301,
      mac: '24:A1:60:3C:7B:10',
      uptime_s: (Date.now() - this.#bootedAt) / 1000,
      reset_reason: 'SW',
      running: this.#here().label,
      next_boot: this.slots[this.#next()]?.label,
      flash_size: 0x400000,
      slots: this.slots.map((slot) => describeSlot(slot)),
    };
  }

  // ---- update ----

  /** @param {Request} request @param {Response} response */
  async #receive(request, response) {
    if (this.#update['state'] === 'running') return refuse(response, 409, 'UPDATE_RUNNING');
    const total = Number(request.headers['x-firmware-size']);
    const { fault, bytesPerSecond } = this.#options;
    const say = (/** @type {object} */ line) => response.write(`${JSON.stringify(line)}\n`);
    let reported = 0;
    const image = await readBody(request, bytesPerSecond, (done) => {
      if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
      if (done - reported < REPORT_EVERY && done < total) return;
      reported = done;
      const progress = { phase: 'writing', done, total };
      this.#update = { state: 'running', progress };
      if (fault === 'endless-line') response.write('.'.repeat(REPORT_EVERY));
      else say(progress);
      if (done > total / 2 && fault === 'drop') throw this.#fail('UPDATE_ERROR_ABORT');
      if (done > total / 2 && fault === 'expire') throw this.#expire();
    }).catch((/** @type {unknown} */ error) => {
      if (this.#update['state'] === 'running') this.#fail('UPDATE_ERROR_ABORT');
      if (fault !== 'expire') throw error;
      say({ error: 'the session ended', code: 'NO_SESSION' });
      response.end();
    });
    if (image) this.#finish(image, request, response, say);
  }

  /** @param {string} code */
  #fail(code) {
    this.#update = { state: 'failed', error: code, code };
    return new Error(code);
  }

  #expire() {
    this.#token = '';
    return this.#fail('NO_SESSION');
  }

  /**
   * Verifies everything, then switches: until here what runs is untouched.
   * @param {Buffer} image
   * @param {Request} request
   * @param {Response} response
   * @param {(line: object) => void} say
   */
  #finish(image, request, response, say) {
    const found = describeImage(image);
    const isAsSent = found?.sha256 === request.headers['x-firmware-sha256'];
    if (!found || !isAsSent) {
      const code = found ? 'UPDATE_ERROR_SHA256' : 'IMAGE_INVALID';
      this.#fail(code);
      say({ error: code, code });
      return void response.end();
    }
    const slot = this.#other();
    Object.assign(slot, { image, state: 'NEW' });
    const result = { slot: slot.label, bytes: image.length, sha256: found.sha256, version: found.version };
    say({ phase: 'verifying', done: image.length, total: image.length });
    say({ phase: 'switching', done: 1, total: 1 });
    say({ result });
    this.#update = { state: 'succeeded', result };
    response.end();
  }

  // ---- boot ----

  /** Away, then back: connections are refused first, then it answers 503 until its firmware is up. @param {number} index */
  async #boot(index) {
    const { behaviour, bootMs, confirmMs } = this.#options;
    await sleep(50);
    const before = this.running;
    const isFresh = this.slots[index]?.state === 'NEW';
    this.#token = '';
    this.#restarting = true;
    await this.#server.goAway(bootMs / 2);
    await sleep(bootMs / 2);
    this.running = index;
    if (isFresh) this.#here().state = 'PENDING_VERIFY';
    if (isFresh && behaviour === 'crash') {
      this.#here().state = 'ABORTED';
      this.running = before;
    }
    this.#bootedAt = Date.now();
    this.#restarting = false;
    if (this.#here().state !== 'PENDING_VERIFY' || behaviour === 'never-confirms') return;
    await sleep(confirmMs);
    this.#here().state = 'VALID';
  }
}

/** @param {Slot} slot */
function describeSlot({ label, offset, state, image }) {
  const { version = '', project = '', sha256 = '' } = (image && describeImage(image)) ?? {};
  return { label, offset, size: SLOT_SIZE, version, project, sha256, image_size: image?.length ?? 0, state };
}

/** @param {Response} response @param {number} status @param {string} code */
const refuse = (response, status, code) => answerJson(response, status, { error: code, code });

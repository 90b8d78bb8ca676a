// An ESP32 with the classic updater page: a form with a password, a form with a file, and `info` with its version. It restarts by itself
// after an update and has neither sessions nor slots to show.
import { setTimeout as sleep } from 'node:timers/promises';
import { describeImage } from './image.mjs';
import { LoopbackServer, answerJson, answerText, readBody } from './loopback.mjs';

/**
 * @typedef {object} S1Options
 * @property {'all' | 'none' | 'not-on-upload'} [cors] which answers pages of other origins may read
 * @property {boolean} [dropsAfterUpload] restarts before its answer is out
 * @property {boolean} [keepsOld] takes the file and comes back with the version it had
 * @property {number} [bytesPerSecond]
 * @property {number} [bootMs]
 */

const PASSWORD = 'admin123';
const CORS = { 'Access-Control-Allow-Origin': '*' };

export class S1Device {
  static password = PASSWORD;
  version = '1.0.0';
  /** How often it restarted. */
  boots = 0;
  #server = new LoopbackServer((request, response) => this.#answer(request, response));
  /** @type {Required<S1Options>} */
  #options;

  /** @param {S1Options} options */
  constructor(options) {
    this.#options = { cors: 'all', dropsAfterUpload: false, keepsOld: false, bytesPerSecond: 600_000, bootMs: 1500, ...options };
  }

  /** @param {S1Options} [options] */
  static async open(options = {}) {
    const device = new S1Device(options);
    await device.#server.open();
    return device;
  }

  get url() {
    return this.#server.url;
  }

  close() {
    return this.#server.close();
  }

  /** @param {import('./loopback.mjs').Request} request @param {import('./loopback.mjs').Response} response */
  async #answer(request, response) {
    const { cors } = this.#options;
    const headers = cors === 'all' || (cors === 'not-on-upload' && request.url !== '/upload') ? CORS : {};
    switch (`${request.method} ${request.url}`) {
      case 'GET /':
        return void response.writeHead(200, { 'Content-Type': 'text/html', ...headers }).end('<!doctype html><h1>ESP32 OTA Update</h1>');
      case 'GET /info':
        return answerJson(response, 200, this.#info(), headers);
      case 'POST /update': {
        const form = new URLSearchParams((await readBody(request)).toString());
        const isRight = form.get('password') === PASSWORD;
        return answerText(response, isRight ? 200 : 401, isRight ? '<form></form>' : 'Invalid password!', headers);
      }
      case 'POST /upload':
        return this.#upload(request, response, headers);
      case 'GET /reboot':
        answerText(response, 200, 'Rebooting...', headers);
        return this.#restart();
      default:
        return answerText(response, 404, 'Not Found', headers);
    }
  }

  /** As the classic sketch writes it: numbers partly as text, nothing about slots. */
  #info() {
    return {
      version: this.version,
      build_date: 'Feb 11 2024 10:30:15',
      ip: '127.0.0.1',
      rssi: -52,
      free_heap: 214_000,
      sketch_size: 852_480,
      free_sketch_space: 1_310_720,
      chip_id: '24A1603C7B10',
    };
  }

  /**
   * @param {import('./loopback.mjs').Request} request
   * @param {import('./loopback.mjs').Response} response
   * @param {Record<string, string>} headers
   */
  async #upload(request, response, headers) {
    const file = firmwareOf(await readBody(request, this.#options.bytesPerSecond), request.headers['content-type'] ?? '');
    const image = file && describeImage(file);
    if (!image) return answerText(response, 500, 'Update failed!', headers);
    if (!this.#options.keepsOld) this.version = image.version;
    if (!this.#options.dropsAfterUpload) {
      answerText(response, 200, 'Update successful! Rebooting...', headers);
      await sleep(100);
    }
    return this.#restart();
  }

  async #restart() {
    await this.#server.goAway(this.#options.bootMs);
    this.boots++;
  }
}

/** The part named `firmware` of a multipart form. @param {Buffer} body @param {string} contentType */
function firmwareOf(body, contentType) {
  const boundary = /boundary=(\S+)/.exec(contentType)?.[1];
  const headEnd = body.indexOf('\r\n\r\n');
  if (boundary === undefined || headEnd === -1 || !body.toString('latin1', 0, headEnd).includes('name="firmware"')) return undefined;
  return body.subarray(headEnd + 4, body.lastIndexOf(`\r\n--${boundary}--`));
}

// What every device double needs: a port of its own on loopback that can go away and come back, and bodies read at the speed of flash.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

/** A server that keeps its port over restarts, as a board keeps its address. */
export class LoopbackServer {
  #server;
  #port = 0;
  #isWanted = true;

  /** @param {(request: Request, response: Response) => Promise<void>} handle */
  constructor(handle) {
    this.#server = createServer((request, response) => {
      // Small boards close after each answer; a kept connection would also survive the restart.
      response.setHeader('Connection', 'close');
      // A page that hangs up in the middle is no fault of the device.
      handle(request, response).catch(() => response.destroy());
    });
  }

  get url() {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** @returns {Promise<void>} */
  async open() {
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', () => resolve(undefined));
    });
    const address = this.#server.address();
    if (typeof address !== 'object' || !address) throw new Error('no port');
    this.#port = address.port;
  }

  /** Every connection is cut, and new ones are refused for so long. @param {number} ms */
  async goAway(ms) {
    await this.#stop();
    await sleep(ms);
    if (this.#isWanted) await this.open();
  }

  async close() {
    this.#isWanted = false;
    await this.#stop();
  }

  async #stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/**
 * The body at so many bytes a second; `heard` is told after each piece how many there are. It may throw to stop the reading.
 * @param {Request} request
 * @param {number} bytesPerSecond
 * @param {(bytes: number) => void} [heard]
 */
export async function readBody(request, bytesPerSecond = Infinity, heard) {
  const began = Date.now();
  /** @type {Buffer[]} */
  const pieces = [];
  let length = 0;
  for await (const piece of request) {
    pieces.push(piece);
    length += piece.length;
    const early = (length / bytesPerSecond) * 1000 - (Date.now() - began);
    if (early > 0) await sleep(early);
    heard?.(length);
  }
  return Buffer.concat(pieces);
}

/** @param {Response} response @param {number} status @param {unknown} value @param {Record<string, string | number>} [headers] */
export function answerJson(response, status, value, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value));
}

/** @param {Response} response @param {number} status @param {string} text @param {Record<string, string>} [headers] */
export function answerText(response, status, text, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'text/plain', ...headers }).end(text);
}

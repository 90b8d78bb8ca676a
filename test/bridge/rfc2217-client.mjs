// As much of an RFC 2217 client as a check of the bridge needs.
import { connect } from 'node:net';
import * as telnet from './telnet.mjs';

export class Rfc2217Client {
  #socket;
  #telnet = new telnet.TelnetReader();
  /** @type {Uint8Array[]} */
  subs = [];
  /** @type {number[]} */
  received = [];
  isClosed = false;

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      const { data, subs } = this.#telnet.push(chunk);
      this.received.push(...data);
      this.subs.push(...subs.map(({ payload }) => payload));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  /** @param {number} port */
  static async connect(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const client = new Rfc2217Client(socket);
    for (const verb of [telnet.WILL, telnet.DO]) socket.write(telnet.negotiation(verb, telnet.COM_PORT));
    return client;
  }

  /** @param {Uint8Array} bytes */
  send(bytes) {
    this.#socket.write(telnet.escapeData(bytes));
  }

  /** Resolves when the server has answered. @param {number} command @param {number[]} value */
  async control(command, value) {
    this.#socket.write(telnet.comPort(command, value));
    await this.until(() => this.subs.some((sub) => sub[0] === command + telnet.ANSWER && value.every((byte, i) => sub[i + 1] === byte)));
    this.subs = [];
  }

  /** @param {number} baudRate */
  async setBaudRate(baudRate) {
    await this.control(
      telnet.SET_BAUDRATE,
      [24, 16, 8, 0].map((shift) => (baudRate >>> shift) & 0xff),
    );
  }

  /** @param {boolean} on */
  async setDtr(on) {
    await this.control(telnet.SET_CONTROL, [on ? 8 : 9]);
  }

  /** @param {boolean} on */
  async setRts(on) {
    await this.control(telnet.SET_CONTROL, [on ? 11 : 12]);
  }

  get text() {
    return String.fromCharCode(...this.received);
  }

  /** @param {() => boolean} happened */
  async until(happened, limitMs = 8_000) {
    const end = Date.now() + limitMs;
    while (!happened()) {
      if (this.isClosed || Date.now() > end) throw new Error(`it did not happen; received ${JSON.stringify(this.text.slice(-300))}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  close() {
    this.#socket.destroy();
  }
}

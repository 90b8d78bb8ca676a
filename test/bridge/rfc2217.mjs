// Serves a virtual chip, or the port of a page, over TCP, for flashers outside the browser: see README.md.
//   node test/bridge/rfc2217.mjs [--port 4000] [--raw] [--download] [--chip ESP32-C3] [--set serialLatencyMs=16] …
//   node test/bridge/rfc2217.mjs --websocket 4080 [--port 4000] [--raw]
import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'rolldown';
import { PagePort } from './page-port.mjs';
import * as telnet from './telnet.mjs';
import { listenForPages } from './websocket.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** RFC 2217 §4, SET-CONTROL. */
const SIGNALS = {
  8: { dataTerminalReady: true },
  9: { dataTerminalReady: false },
  11: { requestToSend: true },
  12: { requestToSend: false },
};
/** NOTIFY-MODEMSTATE, and its answer to who asks: the board has CTS, DSR, RI and CD on nothing. */
const MODEM_STATE = telnet.comPort(telnet.MODEM_STATE + telnet.ANSWER, [0]);
const ACCEPTED_OPTIONS = new Set([0 /* binary */, 3 /* suppress go-ahead */, telnet.COM_PORT]);

/** The virtual world is TypeScript for browsers: one bundle of it runs here as well. */
async function loadChip() {
  const folder = await mkdtemp(path.join(tmpdir(), 'otter-bridge-'));
  try {
    const file = path.join(folder, 'virtual-chip.mjs');
    await build({ input: path.join(HERE, 'virtual-chip.ts'), platform: 'node', output: { file, format: 'esm' }, logLevel: 'silent' });
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @typedef {{ raw?: boolean, download?: boolean, port?: number }} ServeOptions `port` 0 = any that is free; `download`: each client finds the
 *   chip waiting for a flasher */

/**
 * A virtual chip of its own.
 * @param {ServeOptions & { settings?: object }} options
 */
export async function serveChip({ settings = {}, ...options } = {}) {
  const { plugInChip, remoteLinesOf } = await loadChip();
  const { port, device } = await plugInChip(settings, { followsChip: options.raw === true });
  return { ...(await serve({ ...options, portNow: () => port, remoteLinesOf })), device };
}

/**
 * The port of the page that connected last.
 * @param {ServeOptions & { websocket: number }} options
 */
export async function servePage({ websocket, ...options }) {
  const { remoteLinesOf } = await loadChip();
  /** @type {PagePort | undefined} */
  let page;
  const pages = await listenForPages(websocket, (socket) => (page = new PagePort(socket)));
  const served = await serve({ ...options, portNow: () => page, remoteLinesOf });
  const close = async () => {
    pages.close();
    await served.close();
  };
  return { ...served, close, websocket: /** @type {import('node:net').AddressInfo} */ (pages.address()).port };
}

/** @param {ServeOptions & { portNow: () => any, remoteLinesOf: (port: any) => any }} options */
async function serve({ portNow, remoteLinesOf, raw = false, download = false, port = 0 }) {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const serialPort = portNow();
    if (serialPort) void new Session(socket, serialPort, { raw, download, remoteLinesOf }).run();
    else socket.destroy();
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: address.port, close };
}

class Session {
  #socket;
  #port;
  #raw;
  #download;
  #linesOf;
  /** @type {any} */
  #lines;
  #telnet = new telnet.TelnetReader();
  /** @type {any} */
  #reader;

  /** @param {import('node:net').Socket} socket @param {any} port @param {{ raw: boolean, download: boolean, remoteLinesOf: (port: any) => any }} options */
  constructor(socket, port, { raw, download, remoteLinesOf }) {
    this.#socket = socket;
    this.#port = port;
    this.#linesOf = remoteLinesOf;
    this.#raw = raw;
    this.#download = download;
  }

  async run() {
    this.#socket.on('error', () => undefined);
    try {
      await this.#port.open({ baudRate: 115_200 });
      this.#lines = this.#linesOf(this.#port);
      if (this.#download) await this.#port.pressBootAndReset?.();
    } catch (error) {
      this.#socket.destroy();
      console.error(`refused: ${error}`);
      return;
    }
    if (!this.#raw) for (const verb of [telnet.WILL, telnet.DO]) this.#socket.write(telnet.negotiation(verb, telnet.COM_PORT));
    const reading = this.#read();
    try {
      for await (const chunk of this.#socket) await this.#take(chunk);
    } catch {
      // The other end is gone, or the port is.
    }
    this.#socket.destroy();
    this.#lines?.close();
    await this.#reader?.cancel().catch(() => undefined);
    await reading;
    await this.#port.close().catch(() => undefined);
  }

  /** @param {Uint8Array} chunk */
  async #take(chunk) {
    if (this.#raw) return await this.#write(chunk);
    const { data, negotiations, subs } = this.#telnet.push(chunk);
    for (const { verb, option } of negotiations) this.#negotiate(verb, option);
    if (data.length > 0) await this.#write(data);
    for (const { option, payload } of subs) if (option === telnet.COM_PORT) await this.#control(payload);
  }

  /** @param {number} verb @param {number} option */
  #negotiate(verb, option) {
    const isAccepted = ACCEPTED_OPTIONS.has(option);
    // COM-PORT was offered and asked for at the start: what comes is the answer.
    if (option === telnet.COM_PORT) {
      if (verb === telnet.WILL) this.#socket.write(MODEM_STATE);
      return;
    }
    if (verb === telnet.DO) this.#socket.write(telnet.negotiation(isAccepted ? telnet.WILL : telnet.WONT, option));
    if (verb === telnet.WILL) this.#socket.write(telnet.negotiation(isAccepted ? telnet.DO : telnet.DONT, option));
  }

  /** @param {Uint8Array} payload */
  async #control(payload) {
    const [command = 0, ...value] = payload;
    if (command === telnet.MODEM_STATE) return void this.#socket.write(MODEM_STATE);
    if (command === telnet.SET_BAUDRATE && value.length === 4) {
      const baudRate = new DataView(Uint8Array.from(value).buffer).getUint32(0);
      if (baudRate > 0) await this.#port.setBaudRate(baudRate);
    }
    const signals = command === telnet.SET_CONTROL ? SIGNALS[/** @type {keyof typeof SIGNALS} */ (value[0])] : undefined;
    if (signals) await this.#lines?.set(signals);
    // Everything else of a serial line is as it is: eight bits, no parity, no flow control.
    this.#socket.write(telnet.comPort(command + telnet.ANSWER, value));
  }

  /** @param {Uint8Array} bytes */
  async #write(bytes) {
    const writer = this.#port.writable.getWriter();
    try {
      await writer.write(new Uint8Array(bytes));
    } finally {
      writer.releaseLock();
    }
  }

  async #read() {
    while (this.#port.readable && !this.#socket.destroyed) {
      const reader = (this.#reader = this.#port.readable.getReader());
      try {
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
          this.#socket.write(this.#raw ? piece.value : telnet.escapeData(piece.value));
        }
        return;
      } catch (error) {
        // Survived: the port has another stream. Lost: it has none, and perhaps by a fault of the chip's own.
        if (error instanceof Error && error.cause) console.error('the port was lost:', error.cause);
      } finally {
        reader.releaseLock();
      }
    }
    this.#socket.destroy();
  }
}

/** @param {string[]} pairs `name=value` */
function settingsOf(pairs) {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', text = ''] = pair.split('=', 2);
      return [name, text === 'true' || text === 'false' ? text === 'true' : /^\d+$/.test(text) ? Number(text) : text];
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4000' },
      raw: { type: 'boolean', default: false },
      download: { type: 'boolean', default: false },
      websocket: { type: 'string' },
      chip: { type: 'string', default: 'ESP32' },
      set: { type: 'string', multiple: true, default: [] },
    },
  });
  const settings = { chip: values.chip, ...settingsOf(values.set ?? []) };
  const options = { raw: values.raw, download: values.download, port: Number(values.port) };
  const { websocket } = values;
  const { port } = websocket ? await servePage({ ...options, websocket: Number(websocket) }) : await serveChip({ ...options, settings });
  console.log(
    `${websocket ? `the page at ws://127.0.0.1:${websocket}` : values.chip} at ${values.raw ? 'socket' : 'rfc2217'}://127.0.0.1:${port}`,
  );
}

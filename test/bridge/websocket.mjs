// The server's end of a WebSocket (RFC 6455), as much as one page on this machine needs: no extensions, no subprotocols.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** §1.3 */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** §5.2 */
const OPCODES = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 };
const FIN = 0x80;
const MASKED = 0x80;
const MAX_MESSAGE_BYTES = 1 << 20;
const LOCAL_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/;

/** @param {number} port @param {(socket: PageSocket) => void} onPage @returns {Promise<import('node:http').Server>} */
export async function listenForPages(port, onPage) {
  const server = createServer((_, response) => response.writeHead(426).end());
  server.on('upgrade', ({ headers }, socket) => {
    socket.on('error', () => undefined);
    // §10.2: any page may try; only those of this machine are meant.
    if (headers.origin && !LOCAL_ORIGIN.test(headers.origin)) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64');
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    onPage(new PageSocket(socket));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  return server;
}

export class PageSocket {
  /** @type {(data: string | Uint8Array) => void} */
  onMessage = () => undefined;
  onClose = () => undefined;
  #socket;
  #held = Buffer.alloc(0);
  /** @type {Buffer[]} of a message in several frames */
  #parts = [];
  #isText = false;

  /** @param {import('node:stream').Duplex} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('close', () => this.onClose());
  }

  /** @param {string | Uint8Array} data text or bytes */
  send(data) {
    this.#write(typeof data === 'string' ? OPCODES.TEXT : OPCODES.BINARY, Buffer.from(data));
  }

  /** @param {number} opcode @param {Buffer} payload */
  #write(opcode, payload) {
    const { length } = payload;
    const header = Buffer.alloc(length < 126 ? 2 : length < 0x10000 ? 4 : 10);
    header[0] = FIN | opcode;
    header[1] = length < 126 ? length : length < 0x10000 ? 126 : 127;
    if (header.length === 4) header.writeUInt16BE(length, 2);
    if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
    this.#socket.write(Buffer.concat([header, payload]));
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    this.#held = Buffer.concat([this.#held, chunk]);
    for (let frame = this.#frame(); frame; frame = this.#frame()) this.#obey(frame);
  }

  /** @returns {{ isLast: boolean, opcode: number, payload: Buffer } | undefined} */
  #frame() {
    const held = this.#held;
    if (held.length < 2) return undefined;
    const size = held[1] & ~MASKED;
    const maskAt = size < 126 ? 2 : size === 126 ? 4 : 10;
    if (held.length < maskAt + 4) return undefined;
    const length = size < 126 ? size : size === 126 ? held.readUInt16BE(2) : Number(held.readBigUInt64BE(2));
    // §5.1: a client that does not mask is none.
    if ((held[1] & MASKED) === 0 || length > MAX_MESSAGE_BYTES) return void this.#socket.destroy();
    const start = maskAt + 4;
    if (held.length < start + length) return undefined;
    const payload = Buffer.from(held.subarray(start, start + length));
    for (let i = 0; i < length; i++) payload[i] ^= held[maskAt + (i & 3)];
    this.#held = held.subarray(start + length);
    return { isLast: (held[0] & FIN) !== 0, opcode: held[0] & 0x0f, payload };
  }

  /** @param {{ isLast: boolean, opcode: number, payload: Buffer }} frame */
  #obey({ isLast, opcode, payload }) {
    if (opcode === OPCODES.CLOSE) return void this.#socket.end();
    if (opcode === OPCODES.PING) return this.#write(OPCODES.PONG, payload);
    if (opcode === OPCODES.PONG) return;
    if (opcode !== OPCODES.CONTINUATION) this.#isText = opcode === OPCODES.TEXT;
    this.#parts.push(payload);
    if (!isLast) return;
    const whole = Buffer.concat(this.#parts.splice(0));
    this.onMessage(this.#isText ? whole.toString('utf8') : new Uint8Array(whole));
  }
}

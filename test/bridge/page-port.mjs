// The far end of `connectPort` (port-socket.ts): a port of a page, in the shape of a SerialPort, as `rfc2217.mjs` takes one.

export class PagePort {
  /** @type {ReadableStream<Uint8Array> | null} */
  readable = null;
  /** @type {WritableStream<Uint8Array> | null} */
  writable = null;
  #socket;
  #usb = {};
  /** Orders are answered in turn. @type {{ resolve: (answer: any) => void, reject: (reason: Error) => void }[]} */
  #waiting = [];
  /** @type {ReadableStreamDefaultController<Uint8Array> | undefined} */
  #input;

  /** @param {import('./websocket.mjs').PageSocket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.onMessage = (data) => {
      if (typeof data === 'string') this.#hear(JSON.parse(data));
      else this.#input?.enqueue(data);
    };
    socket.onClose = () => this.#end(new Error('the page is gone'));
  }

  getInfo() {
    return this.#usb;
  }

  /** @param {{ baudRate: number }} options */
  async open(options) {
    const { usb = {} } = await this.#ask({ open: options });
    this.#usb = usb;
    this.readable = new ReadableStream({ start: (controller) => void (this.#input = controller) });
    this.writable = new WritableStream({ write: (bytes) => this.#socket.send(bytes) });
  }

  async close() {
    await this.#ask({ close: true }).catch(() => undefined);
    this.readable = this.writable = null;
    this.#input = undefined;
  }

  /** @param {object} signals */
  setSignals(signals) {
    return this.#ask({ signals });
  }

  /** @param {number} baudRate */
  setBaudRate(baudRate) {
    return this.#ask({ baudRate });
  }

  /** @param {object} order @returns {Promise<any>} */
  #ask(order) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.send(JSON.stringify(order));
    });
  }

  /** @param {any} message */
  #hear(message) {
    if (message.lost) return this.#end(new Error('the port is gone'));
    const order = this.#waiting.shift();
    if (message.error) order?.reject(new Error(`${message.error}: ${message.message}`));
    else order?.resolve(message);
  }

  /** @param {Error} reason */
  #end(reason) {
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
    this.readable = this.writable = null;
    this.#input?.error(reason);
    this.#input = undefined;
  }
}

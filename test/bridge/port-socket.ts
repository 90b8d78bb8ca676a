/**
 * A port at the page's end of a WebSocket. Binary frames are bytes, both ways. Text frames are JSON: `{open: {baudRate}}`, `{signals}`,
 * `{baudRate}`, `{close: true}` come in and are answered in order with `{opened}`, `{signals}`, `{baudRate}`, `{closed}` or `{error, message}`;
 * `{lost: true}` says that the port is gone.
 */
import type { SerialOpenOptions, SerialPortLike, SerialSignals } from '../../src/core/serial/port.ts';

interface Order {
  readonly open?: SerialOpenOptions;
  readonly signals?: SerialSignals;
  readonly baudRate?: number;
  readonly close?: true;
}

/** @param socket open, with `binaryType` `arraybuffer`. Resolves when it is closed; the port is closed then too. */
export function connectPort(port: SerialPortLike, socket: WebSocket): Promise<void> {
  const line = new SocketLine(port, socket);
  return new Promise((resolve) => {
    let turn = Promise.resolve();
    socket.addEventListener('message', ({ data }) => {
      turn = turn.then(() => (typeof data === 'string' ? line.obey(JSON.parse(data) as Order) : line.write(new Uint8Array(data))));
    });
    socket.addEventListener('close', () => {
      turn = turn.then(() => line.close()).then(resolve, () => resolve());
    });
  });
}

class SocketLine {
  readonly #port: SerialPortLike;
  readonly #socket: WebSocket;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #isOpen = false;

  constructor(port: SerialPortLike, socket: WebSocket) {
    this.#port = port;
    this.#socket = socket;
  }

  async obey({ open, signals, baudRate, close }: Order): Promise<void> {
    try {
      if (open) await this.#open(open);
      if (signals) await this.#port.setSignals(signals);
      if (baudRate !== undefined) await this.#port.setBaudRate?.(baudRate);
      if (close) await this.close();
      this.#tell({
        ...(open && { opened: open, usb: this.#port.getInfo() }),
        ...(signals && { signals }),
        ...(baudRate && { baudRate }),
        ...(close && { closed: true }),
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    const writer = this.#port.writable?.getWriter();
    try {
      await writer?.write(bytes);
    } catch (error) {
      this.#fail(error);
    } finally {
      writer?.releaseLock();
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#reader?.cancel().catch(() => undefined);
    this.#reader?.releaseLock();
    await this.#port.close();
  }

  async #open(options: SerialOpenOptions): Promise<void> {
    await this.#port.open(options);
    this.#isOpen = true;
    void this.#read();
  }

  async #read(): Promise<void> {
    while (this.#isOpen && this.#port.readable) {
      const reader = (this.#reader = this.#port.readable.getReader());
      try {
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) this.#socket.send(piece.value.slice());
      } catch (error) {
        this.#fail(error);
      } finally {
        reader.releaseLock();
      }
    }
    if (this.#isOpen) this.#tell({ lost: true });
  }

  #fail(error: unknown): void {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    this.#tell({ error: name, message });
  }

  #tell(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

/**
 * The readable end of an open port: what came waits here until somebody reads. An error that the port survives ends one stream and begins
 * the next (Web Serial §4.5 `readable`); a fatal one ends the last.
 */

/** What the operating system keeps for a reader that is busy, beside the buffer that was asked for (Linux: a terminal's flip buffers). */
const SYSTEM_BUFFER_BYTES = 0x10000;

export type ReadFault = 'BufferOverrunError' | 'BreakError' | 'FramingError' | 'ParityError' | 'UnknownError';

const WORDS: Readonly<Record<ReadFault, string>> = {
  BufferOverrunError: 'Buffer overrun',
  BreakError: 'Break received',
  FramingError: 'Framing error',
  ParityError: 'Parity error',
  UnknownError: 'The operating system reported an error',
};

export class ReceiveBuffer {
  readonly #capacity: number;
  readonly #onTaken: (count: number) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #stream: ReadableStream<Uint8Array> | undefined;
  #controller: ReadableByteStreamController | undefined;
  #pulled: (() => void) | undefined;
  #isOver = false;

  /** @param onTaken told how many bytes a reader took, or lost */
  constructor(bufferSize: number, onTaken: (count: number) => void = () => undefined) {
    this.#capacity = bufferSize + SYSTEM_BUFFER_BYTES;
    this.#onTaken = onTaken;
  }

  /** `null` after a fatal error. */
  get stream(): ReadableStream<Uint8Array> | null {
    if (this.#isOver) return null;
    return (this.#stream ??= this.#open());
  }

  /** Copies. A reader that left a full buffer lying since the last bytes came loses these, and is told. */
  push(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#waitingBytes > this.#capacity) {
      this.#onTaken(bytes.length);
      return this.fault('BufferOverrunError');
    }
    this.#waiting.push(bytes.slice());
    this.#waitingBytes += bytes.length;
    this.#serve();
  }

  /** The port goes on: the next `stream` is a new one. */
  fault(name: ReadFault): void {
    this.#drop();
    this.#end(new DOMException(WORDS[name], name));
  }

  /** Nothing comes any more. */
  fail(error: DOMException): void {
    this.#drop();
    this.#isOver = true;
    this.#end(error);
  }

  /** @throws TypeError while a reader holds the stream */
  async close(): Promise<void> {
    await this.#stream?.cancel();
    this.#drop();
    this.#isOver = true;
  }

  #open(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        type: 'bytes',
        start: (controller) => {
          this.#controller = controller as ReadableByteStreamController;
        },
        pull: () =>
          new Promise<void>((resolve) => {
            this.#pulled = resolve;
            this.#serve();
          }),
        cancel: () => this.#forget(),
      },
      { highWaterMark: 0 },
    );
  }

  #serve(): void {
    const resolve = this.#pulled;
    if (!resolve || this.#waitingBytes === 0) return;
    this.#pulled = undefined;
    const bytes = this.#take();
    this.#controller?.enqueue(bytes);
    resolve();
  }

  #take(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#waitingBytes);
    let at = 0;
    for (const piece of this.#waiting) {
      all.set(piece, at);
      at += piece.length;
    }
    this.#drop();
    return all;
  }

  #drop(): void {
    if (this.#waitingBytes > 0) this.#onTaken(this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #end(error: DOMException): void {
    this.#controller?.error(error);
    this.#forget();
  }

  /** The stream that was is over. */
  #forget(): void {
    this.#pulled?.();
    this.#pulled = undefined;
    this.#controller = undefined;
    this.#stream = undefined;
  }
}

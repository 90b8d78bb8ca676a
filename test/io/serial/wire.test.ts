import { expect } from 'chai';
import type { SerialOpenOptions, SerialPortLike, SerialSignals, SerialUsbInfo } from '../../../src/core/serial/port.ts';
import { wireOpener } from '../../../src/io/serial/wire.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';
import { desk, failure } from './desk.ts';

/** A port that does what it is told, and nothing by itself. */
class PlainPort implements SerialPortLike {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  readonly log: string[] = [];
  readonly events = new EventTarget();
  input: ReadableStreamDefaultController<Uint8Array> | undefined;
  openFailures: DOMException[] = [];
  hangs: 'open' | 'close' | 'cancel' | 'write' | undefined;
  #release: (() => void) | undefined;

  async open({ baudRate }: SerialOpenOptions): Promise<void> {
    if (this.hangs === 'open') await new Promise<void>((resolve) => (this.#release = resolve));
    const failed = this.openFailures.shift();
    if (failed) throw failed;
    this.log.push(`open ${baudRate}`);
    this.renew();
    this.writable = new WritableStream({
      write: () => (this.hangs === 'write' ? new Promise<void>(() => undefined) : undefined),
    });
  }

  renew(): void {
    this.readable = new ReadableStream({
      start: (controller) => void (this.input = controller),
      cancel: () => (this.hangs === 'cancel' ? new Promise<void>(() => undefined) : undefined),
    });
  }

  /** An error; `survives`: with a new stream in its place. */
  fail(error: DOMException, survives: boolean): void {
    const { input } = this;
    if (survives) this.renew();
    else this.readable = null;
    input?.error(error);
  }

  async close(): Promise<void> {
    if (this.hangs === 'close') await new Promise<never>(() => undefined);
    if (this.readable?.locked === true || this.writable?.locked === true) throw new TypeError('locked');
    this.log.push('close');
    this.readable = this.writable = null;
  }

  async setSignals({ dataTerminalReady, requestToSend }: SerialSignals): Promise<void> {
    this.log.push(`signals ${String(dataTerminalReady)} ${String(requestToSend)}`);
  }

  release(): void {
    this.#release?.();
  }

  getInfo(): SerialUsbInfo {
    return {};
  }

  addEventListener(type: 'connect' | 'disconnect', listener: () => void): void {
    this.events.addEventListener(type, listener);
  }

  removeEventListener(type: 'connect' | 'disconnect', listener: () => void): void {
    this.events.removeEventListener(type, listener);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('a wire', () => {
  it('hands bytes on as they come, to whoever listens now', async () => {
    const port = new PlainPort();
    const wire = await wireOpener(new OrderedClock())(port, 115_200);
    const first: number[] = [];
    const second: number[] = [];
    port.input!.enqueue(Uint8Array.of(1));
    await turn();
    wire.listen((bytes) => first.push(...bytes));
    port.input!.enqueue(Uint8Array.of(2));
    await turn();
    wire.listen((bytes) => second.push(...bytes));
    port.input!.enqueue(Uint8Array.of(3));
    await turn();
    expect([first, second]).to.deep.equal([[2], [3]]);
    await wire.close();
  });

  it('goes on after errors that the port survives, and ends with one that it does not', async () => {
    const port = new PlainPort();
    const wire = await wireOpener(new OrderedClock())(port, 115_200);
    const heard: number[] = [];
    wire.listen((bytes) => heard.push(...bytes));
    for (const name of ['FramingError', 'BufferOverrunError', 'ParityError', 'BreakError']) {
      port.fail(new DOMException('', name), true);
      await turn();
      port.input!.enqueue(Uint8Array.of(heard.length));
      await turn();
    }
    expect(heard).to.deep.equal([0, 1, 2, 3]);
    port.fail(new DOMException('gone', 'NetworkError'), false);
    expect((await wire.lost).reason).to.equal('unplugged');
    expect(await failure(wire.send(Uint8Array.of(1)))).to.equal('PORT_GONE');
    await wire.close();
    expect(port.log.at(-1)).to.equal('close');
  });

  it('does not chase errors without end', async () => {
    const port = new PlainPort();
    const wire = await wireOpener(new OrderedClock())(port, 115_200);
    const chase = async (): Promise<void> => {
      for (let i = 0; i < 1000 && port.readable; i++) {
        port.fail(new DOMException('', 'FramingError'), true);
        await Promise.resolve();
        if (i % 50 === 0) await turn();
      }
    };
    await chase();
    for (let i = 0; i < 300; i++) {
      port.fail(new DOMException('', 'FramingError'), true);
      await turn();
    }
    expect((await wire.lost).reason).to.equal('failed');
    await wire.close();
  });

  it('opens the port anew for another rate, and holds DTR and RTS as they were', async () => {
    const port = new PlainPort();
    port.openFailures = [];
    const wire = await wireOpener(new OrderedClock())(port, 115_200);
    const heard: number[] = [];
    wire.listen((bytes) => heard.push(...bytes));
    await wire.setSignals({ dataTerminalReady: true, requestToSend: false });
    port.openFailures = [new DOMException('', 'NetworkError')];
    await wire.setBaudRate(921_600);
    expect(port.log).to.deep.equal(['open 115200', 'signals true false', 'close', 'open 921600', 'signals true false']);
    port.input!.enqueue(Uint8Array.of(7));
    await turn();
    expect([heard, wire.baudRate]).to.deep.equal([[7], 921_600]);
    await wire.close();
  });

  it('changes the rate without that where the port can', async () => {
    const board = desk();
    const wire = await board.open();
    const { readable } = board.port;
    await wire.setBaudRate(9600);
    expect(board.port.readable).to.equal(readable);
    await wire.close();
  });

  it('goes on at the rate before when the port does not open at the other', async () => {
    const port = new PlainPort();
    const wire = await wireOpener(new OrderedClock())(port, 115_200);
    const heard: number[] = [];
    wire.listen((bytes) => heard.push(...bytes));
    port.openFailures = Array.from({ length: 3 }, () => new DOMException('', 'NetworkError'));
    expect(await failure(wire.setBaudRate(3_000_000))).to.equal('RATE_REFUSED');
    port.input!.enqueue(Uint8Array.of(7));
    await turn();
    expect([heard, wire.baudRate, port.log.at(-1)]).to.deep.equal([[7], 115_200, 'open 115200']);
    await wire.close();
  });

  it('is lost when the port does not open at all any more', async () => {
    const port = new PlainPort();
    const wire = await wireOpener(new OrderedClock())(port, 115_200);
    port.openFailures = Array.from({ length: 6 }, () => new DOMException('', 'NetworkError'));
    expect(await failure(wire.setBaudRate(9600))).to.equal('PORT_BUSY');
    expect((await wire.lost).reason).to.equal('failed');
    await wire.close();
  });

  it('tells a port that is held from one that may not be had', async () => {
    for (const [name, code] of [
      ['NetworkError', 'PORT_BUSY'],
      ['InvalidStateError', 'PORT_BUSY'],
      ['SecurityError', 'PERMISSION_DENIED'],
      ['UnknownError', 'PORT_GONE'],
    ] as const) {
      const port = new PlainPort();
      port.openFailures = [new DOMException('', name)];
      expect(await failure(wireOpener(new OrderedClock())(port, 115_200))).to.equal(code);
    }
  });

  it('closes what opens after its signal said stop', async () => {
    const port = new PlainPort();
    port.hangs = 'open';
    const stop = new AbortController();
    const opening = wireOpener(new OrderedClock())(port, 115_200, { signal: stop.signal }).catch((error: unknown) => error);
    const reason = new Error('stop');
    stop.abort(reason);
    expect(await opening).to.equal(reason);
    port.release();
    await turn();
    expect(port.log).to.deep.equal(['open 115200', 'close']);
  });

  it('closes also while it is being opened at another rate', async () => {
    const port = new PlainPort();
    const wire = await wireOpener(new OrderedClock())(port, 115_200);
    port.hangs = 'open';
    const changed = failure(wire.setBaudRate(9600));
    await turn();
    const closed = wire.close();
    port.release();
    await closed;
    expect(await changed).not.to.equal('nothing');
    expect([port.readable, port.log.at(-1)]).to.deep.equal([null, 'close']);
  });

  for (const hangs of ['close', 'cancel', 'write'] as const) {
    it(`closes in bounded time when the port hangs: ${hangs}`, async () => {
      const port = new PlainPort();
      const clock = new OrderedClock();
      const wire = await wireOpener(clock)(port, 115_200);
      port.hangs = hangs;
      const sent = failure(wire.send(Uint8Array.of(1)));
      await turn();
      const begun = clock.now();
      await wire.close();
      expect(clock.now() - begun).to.be.at.most(10_000);
      expect(await sent).to.be.oneOf(['nothing', 'PORT_CLOSED', 'PORT_GONE']);
      expect(port.readable?.locked ?? false).to.equal(false);
      expect(port.writable?.locked ?? false).to.equal(false);
    });
  }

  it('settles `lost` in every case, and closes twice without harm', async () => {
    const closed = new PlainPort();
    const wire = await wireOpener(new OrderedClock())(closed, 115_200);
    await Promise.all([wire.close(), wire.close()]);
    expect((await wire.lost).reason).to.equal('closed');
    expect(await failure(wire.setSignals({ requestToSend: true }))).to.equal('PORT_CLOSED');

    const pulled = new PlainPort();
    const other = await wireOpener(new OrderedClock())(pulled, 115_200);
    pulled.events.dispatchEvent(new Event('disconnect'));
    expect((await other.lost).reason).to.equal('unplugged');
    await other.close();
  });
});

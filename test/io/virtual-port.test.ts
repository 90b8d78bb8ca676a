import { expect } from 'chai';
import { VirtualPort, type CableWorker } from '../../src/io/serial/virtual-port.ts';
import type { ToPage, ToWorker } from '../../src/core/serial/cable-messages.ts';

/** A worker by hand: what it is told, and what it answers. */
class Worker implements CableWorker {
  port: MessagePort | undefined;
  readonly heard: ToWorker[] = [];
  /** Names of calls that fail, and how. */
  readonly failures = new Map<string, { name: string; message: string }>();
  answersPulses = true;
  attached = 0;

  postMessage(message: { readonly type: string }, [port]: Transferable[]): void {
    if (!(port instanceof MessagePort)) throw new TypeError('a port belongs to it');
    if (message.type === 'SERIAL_PULSE') {
      if (this.answersPulses) port.postMessage(this.port !== undefined);
      return;
    }
    this.attached++;
    this.port = port;
    port.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
      this.heard.push(data);
      if (!('id' in data)) return;
      const error = this.failures.get(data.call);
      port.postMessage({ id: data.id, ...(error && { error }) } satisfies ToPage);
    });
    port.start();
  }

  tell(message: ToPage): void {
    this.port?.postMessage(message);
  }

  calls(name: string): number {
    return this.heard.filter((message) => 'call' in message && message.call === name).length;
  }
}

async function failure(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'nothing',
    (error: unknown) => (error as Error).name,
  );
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('VirtualPort', () => {
  let worker: Worker;
  let port: VirtualPort;
  beforeEach(() => {
    worker = new Worker();
    port = new VirtualPort('desk', async () => worker);
  });
  afterEach(async () => await port.close().catch(() => undefined));

  it('introduces itself before it is open, and leaves', async () => {
    const introduced = port.introduce();
    await until(() => worker.attached === 1);
    worker.tell({ event: 'info', usb: { usbVendorId: 0x303a, usbProductId: 0x1001 } });
    await introduced;
    expect(port.getInfo()).to.deep.equal({ usbVendorId: 0x303a, usbProductId: 0x1001 });
    await until(() => worker.heard.some((message) => 'leave' in message));
    await new VirtualPort('desk', () => Promise.reject(new Error('no worker'))).introduce();
  });

  it('is a closed port at first', async () => {
    expect([port.readable, port.writable, port.getInfo()]).to.deep.equal([null, null, {}]);
    expect(await failure(port.close())).to.equal('InvalidStateError');
    expect(await failure(port.setSignals({ requestToSend: true }))).to.equal('InvalidStateError');
    expect(worker.attached).to.equal(0);
  });

  it('passes on what the worker refuses, and can be tried again', async () => {
    worker.failures.set('open', { name: 'NetworkError', message: 'Failed to open serial port.' });
    expect(await failure(port.open({ baudRate: 115_200 }))).to.equal('NetworkError');
    worker.failures.set('open', { name: 'TypeError', message: 'no rate' });
    expect(await failure(port.open({ baudRate: 0 }))).to.equal('TypeError');
    worker.failures.clear();
    await port.open({ baudRate: 115_200 });
    expect(await failure(port.open({ baudRate: 115_200 }))).to.equal('InvalidStateError');
  });

  it('writes one piece after the other, each in a copy of its own', async () => {
    await port.open({ baudRate: 115_200 });
    const writer = port.writable!.getWriter();
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6);
    await writer.write(bytes.subarray(1, 3));
    await writer.write(bytes.subarray(3));
    writer.releaseLock();
    expect([...bytes]).to.deep.equal([1, 2, 3, 4, 5, 6]);
    const written = worker.heard.flatMap((message) => ('call' in message && message.call === 'write' ? [message.bytes] : []));
    expect(written.map((piece) => [[...piece], piece.buffer.byteLength])).to.deep.equal([
      [[2, 3], 2],
      [[4, 5, 6], 3],
    ]);
  });

  it('tells the worker what was read, not what merely came', async () => {
    await port.open({ baudRate: 115_200 });
    const taken = (): number => worker.heard.reduce((sum, message) => sum + ('taken' in message ? message.taken : 0), 0);
    worker.tell({ event: 'data', bytes: new Uint8Array(1_000) });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(taken()).to.equal(0);
    const reader = port.readable!.getReader();
    expect((await reader.read()).value?.length).to.equal(1_000);
    reader.releaseLock();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(taken()).to.equal(1_000);
  });

  it('has a new stream after a fault that a port survives', async () => {
    await port.open({ baudRate: 115_200 });
    const reader = port.readable!.getReader();
    const reading = failure(reader.read());
    worker.tell({ event: 'fault', fault: 'BreakError' });
    expect(await reading).to.equal('BreakError');
    reader.releaseLock();
    worker.tell({ event: 'data', bytes: Uint8Array.of(7) });
    const next = port.readable!.getReader();
    expect([...(await next.read()).value!]).to.deep.equal([7]);
    next.releaseLock();
  });

  it('fails its streams when the cable is pulled, closes, and tells when it is back', async () => {
    const events: string[] = [];
    for (const type of ['disconnect', 'connect'] as const) port.addEventListener(type, () => events.push(type));
    await port.open({ baudRate: 115_200 });
    const reader = port.readable!.getReader();
    const reading = failure(reader.read());
    worker.tell({ event: 'disconnect' });
    expect(await reading).to.equal('NetworkError');
    reader.releaseLock();
    expect([port.readable, port.writable]).to.deep.equal([null, null]);
    await port.close();
    worker.tell({ event: 'connect' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events).to.deep.equal(['disconnect', 'connect']);
    await port.open({ baudRate: 115_200 });
    expect(worker.attached).to.equal(2);
  });

  it('notices a worker that was stopped by the pulse that it does not know, and opens again', async function () {
    this.timeout(10_000);
    await port.open({ baudRate: 115_200 });
    const lost = new Promise<void>((resolve) => port.addEventListener('disconnect', resolve));
    const reader = port.readable!.getReader();
    const reading = failure(reader.read());
    worker.port = undefined;
    await lost;
    expect(await reading).to.equal('NetworkError');
    reader.releaseLock();
    expect(await failure(port.setSignals({ requestToSend: true }))).to.be.oneOf(['NetworkError', 'InvalidStateError']);
    await port.close();
    await port.open({ baudRate: 115_200 });
  });

  it('closes although a write hangs: nobody waits for the line', async () => {
    await port.open({ baudRate: 115_200 });
    const writer = port.writable!.getWriter();
    await writer.abort();
    writer.releaseLock();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(worker.calls('discard')).to.equal(1);
    await port.close();
    expect(worker.calls('close')).to.equal(1);
  });
});

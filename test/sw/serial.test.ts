import { expect } from 'chai';
import { ESPLoader, Transport } from 'esptool-js';
import { VirtualPort, type CableWorker } from '../../src/io/serial/virtual-port.ts';
import { makeFirmware } from '../doubles/virtual-bench.ts';
import { WorkerScope } from './worker-scope.ts';

const DEVICE = 'virtual/device/esp32-ota';

async function failure(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'nothing',
    (error: unknown) => (error as Error).name,
  );
}

/** What the chip prints until `words` are in it. */
async function readUntil(port: VirtualPort, words: string): Promise<string> {
  const reader = port.readable!.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (!text.includes(words)) {
      const { value, done } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    reader.releaseLock();
  }
  return text;
}

async function intoDownload(port: VirtualPort): Promise<void> {
  await port.setSignals({ dataTerminalReady: false, requestToSend: true });
  await port.setSignals({ dataTerminalReady: true, requestToSend: false });
  await new Promise((resolve) => setTimeout(resolve, 60));
  await port.setSignals({ dataTerminalReady: false });
}

describe('the serial port of a virtual device behind the real service worker', () => {
  let scope: WorkerScope;
  const ports: VirtualPort[] = [];
  /** Calls come from a page within the scope, as those of the app do. */
  const worker = async (): Promise<CableWorker> => {
    const registration = await scope.window.navigator.serviceWorker.ready;
    return registration.active!;
  };
  const newPort = (id = 'esp32-ota', from = worker): VirtualPort => {
    const port = new VirtualPort(id, from);
    ports.push(port);
    return port;
  };

  beforeEach(async () => {
    scope = await WorkerScope.open();
  });
  afterEach(async () => {
    for (const port of ports.splice(0)) await port.close().catch(() => undefined);
    await scope.close();
  });

  it('opens, resets into download mode and says so; the web server is silent meanwhile, and back after a reset', async () => {
    const port = newPort();
    await port.introduce();
    expect(port.getInfo()).to.deep.equal({ usbVendorId: 0x10c4, usbProductId: 0xea60 });
    await port.open({ baudRate: 115_200 });
    expect(port.getInfo()).to.deep.equal({ usbVendorId: 0x10c4, usbProductId: 0xea60 });
    await intoDownload(port);
    expect(await readUntil(port, 'waiting for download\r\n')).to.match(
      /ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 \(POWERON_RESET\),boot:0x3 \(DOWNLOAD_BOOT/,
    );
    const silent = await scope.fetch(`${DEVICE}/info`);
    expect([silent.status, (await silent.json()).error], 'no status that a browser complains of').to.deep.equal([
      202,
      'the chip waits for a flasher on its serial port: no application runs until it is reset',
    ]);
    await port.setSignals({ requestToSend: true });
    await port.setSignals({ requestToSend: false });
    expect(await readUntil(port, 'web server started'))
      .to.contain('SPI_FAST_FLASH_BOOT')
      .and.contain('App version:      1.0.0');
    expect((await scope.fetch(`${DEVICE}/info`)).status).to.equal(200);
    await port.close();
  });

  it('is flashed by unmodified esptool-js, and the web server then tells what was written, also after the worker was killed', async () => {
    await scope.hand(`${DEVICE}/bench`, 'PUT', { serialInstant: true });
    const port = newPort();
    const transport = new Transport(port as unknown as ConstructorParameters<typeof Transport>[0], false);
    const terminal = { clean: () => undefined, writeLine: () => undefined, write: () => undefined };
    const loader = new ESPLoader({ transport, baudrate: 921_600, terminal });
    const { log } = console;
    console.log = () => undefined;
    try {
      expect(await loader.main()).to.contain('ESP32-D0W');
      const firmware = await makeFirmware({ version: '2.0.0', bytes: 200_000 });
      const keep = { flashMode: 'keep', flashFreq: 'keep', flashSize: 'keep' } as const;
      await loader.writeFlash({ fileArray: [{ data: firmware, address: 0x10000 }], ...keep, eraseAll: false, compress: true });
      expect(await loader.flashMd5sum(0x10000, firmware.length)).to.have.length(32);
    } finally {
      console.log = log;
    }
    await transport.setSignals(false, true);
    await transport.setSignals(false, false);
    await transport.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await scope.kill();
    let info = await scope.fetch(`${DEVICE}/info`);
    for (let i = 0; i < 60 && info.status !== 200; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      info = await scope.fetch(`${DEVICE}/info`);
    }
    expect(await info.json()).to.include({ version: '2.0.0', running: 'ota_0' });
  });

  it('is busy for a second page, and free again when the first has closed it', async () => {
    const [first, second] = [newPort(), newPort()];
    await first.open({ baudRate: 115_200 });
    expect(await failure(second.open({ baudRate: 115_200 }))).to.equal('NetworkError');
    expect(await failure(first.open({ baudRate: 115_200 }))).to.equal('InvalidStateError');
    await first.close();
    await second.open({ baudRate: 9600 });
    await second.close();
  });

  it('is not there for a device that is not, and not for pages outside the scope', async () => {
    expect(await failure(newPort('nobody').open({ baudRate: 115_200 }))).to.equal('NetworkError');
    const foreign = newPort('esp32-ota', async () => {
      const registrations = await navigator.serviceWorker.getRegistrations();
      return registrations.find(({ scope: url }) => url === scope.url)!.active!;
    });
    const outcome = await Promise.race([
      failure(foreign.open({ baudRate: 115_200 })),
      new Promise((resolve) => setTimeout(resolve, 500, 'silence')),
    ]);
    expect(outcome).to.equal('silence');
  });

  it('is lost when the worker is killed, and opens again', async () => {
    const port = newPort();
    const events: string[] = [];
    for (const type of ['disconnect', 'connect'] as const) port.addEventListener(type, () => events.push(type));
    await port.open({ baudRate: 115_200 });
    const reading = failure(readUntil(port, 'never'));
    await scope.kill();
    expect(await reading).to.equal('NetworkError');
    expect(events).to.deep.equal(['disconnect', 'connect']);
    await port.close();
    await port.open({ baudRate: 115_200 });
    await intoDownload(port);
    await readUntil(port, 'waiting for download');
    await port.close();
  });

  it('is free again when the page that had it open is gone', async () => {
    const frame = await scope.openFrame('other.html');
    const other = frame.contentWindow as Window & typeof globalThis;
    const { port1, port2 } = new other.MessageChannel();
    const opened = new Promise<void>((resolve) => {
      port1.addEventListener('message', ({ data }) => data.id === 1 && resolve());
      port1.start();
    });
    const { active } = await other.navigator.serviceWorker.ready;
    active!.postMessage({ type: 'SERIAL_ATTACH', deviceId: 'esp32-ota', cable: 'other' }, [port2]);
    port1.postMessage({ id: 1, call: 'open', options: { baudRate: 115_200 } });
    await opened;
    const next = newPort();
    expect(await failure(next.open({ baudRate: 115_200 }))).to.equal('NetworkError');
    frame.remove();
    let outcome = 'NetworkError';
    for (let i = 0; i < 50 && outcome === 'NetworkError'; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      outcome = await failure(next.open({ baudRate: 115_200 }));
    }
    expect(outcome).to.equal('nothing');
    await next.close();
  });

  it('can be pulled and comes back by itself, with the board started anew', async () => {
    await scope.hand(`${DEVICE}/bench`, 'PUT', { serialUnplugAtByte: 40 });
    const port = newPort();
    const back = new Promise<void>((resolve) => port.addEventListener('connect', resolve));
    await port.open({ baudRate: 115_200 });
    const reading = failure(readUntil(port, 'waiting for download\r\n'));
    await intoDownload(port).catch(() => undefined);
    expect(await reading).to.equal('NetworkError');
    expect(await failure(port.setSignals({ requestToSend: true }))).to.equal('NetworkError');
    await port.close();
    expect((await (await scope.fetch(`${DEVICE}/info`)).json()).error).to.equal('the board has no power, or is held in reset');
    await back;
    await port.open({ baudRate: 115_200 });
    await readUntil(port, 'web server started');
    await port.close();
    const bench = await (await scope.hand(`${DEVICE}/bench`, 'GET')).json();
    expect(bench.serialUnplugAtByte).to.equal(0);
  });
});

import { expect } from 'chai';
import { encodeImprov, parseImprovInfo, parseImprovNetwork, type ImprovPacket } from '../../../src/core/serial/improv.ts';
import { ImprovReader } from '../../../src/core/serial/improv-reader.ts';
import { flashBegin, flashEnd, SYNC_PAYLOAD } from '../../../src/core/serial/commands.ts';
import { encodeRequest } from '../../../src/core/serial/packet.ts';
import { encodeSlip } from '../../../src/core/serial/slip.ts';
import type { BenchSettings } from '../../../src/virtual/bench.ts';
import { parseBoardState } from '../../../src/virtual/board-state.ts';
import { PARTITION } from '../../../src/virtual/partition-schemes.ts';
import { retargetImage } from '../../../src/virtual/provision.ts';
import { serialPortOf } from '../../../src/virtual/device/serial/board-port.ts';
import type { VirtualSerialPort } from '../../../src/virtual/device/serial/virtual-serial-port.ts';
import { VirtualDevice } from '../../../src/virtual/device/virtual-device.ts';
import { handleHttp } from '../../../src/virtual/device/http-door.ts';
import { handleBench } from '../../../src/virtual/device/bench-door.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';
import { boardSurroundings, poweredBoard } from '../../doubles/powered-board.ts';
import { makeFirmware, MemoryDisk } from '../../doubles/virtual-bench.ts';

/** A virtual device whose serial port somebody listens to. */
class Desk {
  readonly clock = new OrderedClock();
  readonly disk = new MemoryDisk();
  device!: VirtualDevice;
  port!: VirtualSerialPort;
  text = '';
  readonly packets: ImprovPacket[] = [];
  #reading: Promise<void> | undefined;
  #listening = new AbortController();
  #factory!: Uint8Array;

  static async start(settings: Partial<BenchSettings> = {}): Promise<Desk> {
    const desk = new Desk();
    const firmware = await makeFirmware({ version: '1.0.0' });
    desk.#factory = await retargetImage(firmware, settings.chip ?? 'ESP32');
    return Object.assign(desk, await poweredBoard(desk.#surroundings, settings));
  }

  get #surroundings() {
    return boardSurroundings({ id: 'desk', storage: this.disk, clock: this.clock, factory: this.#factory });
  }

  async open(baudRate = 115_200): Promise<void> {
    await this.port.open({ baudRate });
    const decoder = new TextDecoder();
    const improv = new ImprovReader({
      onPacket: (packet) => this.packets.push(packet),
      onText: (bytes) => (this.text += decoder.decode(bytes, { stream: true })),
    });
    this.#listening = new AbortController();
    const sink = new WritableStream<Uint8Array>({ write: (bytes) => improv.push(bytes) });
    this.#reading = this.port.readable!.pipeTo(sink, { preventCancel: true, signal: this.#listening.signal }).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#listening.abort();
    await this.#reading;
    await this.port.close();
    await this.port.settled;
  }

  /** As after the browser stopped the worker: nobody holds a line any more. */
  async restore(): Promise<void> {
    this.device = (await VirtualDevice.restore(this.#surroundings))!;
    this.port = serialPortOf(this.device);
  }

  async until(happened: () => boolean, limitMs = 20_000): Promise<void> {
    const end = this.clock.now() + limitMs;
    while (!happened()) {
      if (this.clock.now() > end) throw new Error(`it did not happen; the chip said: ${JSON.stringify(this.text.slice(-600))}`);
      await this.clock.sleep(20);
    }
  }

  async hears(words: string, limitMs?: number): Promise<void> {
    await this.until(() => this.text.includes(words), limitMs);
  }

  async intoDownload(): Promise<void> {
    await this.port.setSignals({ dataTerminalReady: false, requestToSend: true });
    await this.clock.sleep(100);
    await this.port.setSignals({ dataTerminalReady: true, requestToSend: false });
    await this.clock.sleep(50);
    await this.port.setSignals({ dataTerminalReady: false });
  }

  async jtagIntoDownload(): Promise<void> {
    await this.port.setSignals({ dataTerminalReady: false, requestToSend: false });
    await this.port.setSignals({ dataTerminalReady: true });
    await this.port.setSignals({ requestToSend: true });
    await this.port.setSignals({ dataTerminalReady: false });
    await this.port.setSignals({ requestToSend: false });
  }

  async reset(): Promise<void> {
    await this.port.setSignals({ dataTerminalReady: false, requestToSend: true });
    await this.clock.sleep(100);
    await this.port.setSignals({ requestToSend: false });
  }

  async send(bytes: Uint8Array): Promise<void> {
    const writer = this.port.writable!.getWriter();
    await writer.write(bytes).finally(() => writer.releaseLock());
  }

  async http(method: string, path: string): Promise<Response> {
    return await handleHttp(this.device, new Request(`http://device/${path}`, { method }), path);
  }

  async hand(path: string, change?: Partial<BenchSettings>): Promise<void> {
    const init = change ? { method: 'PUT', body: JSON.stringify(change) } : { method: 'POST' };
    const request = new Request(`http://device/${path}`, { ...init, headers: { 'X-Otter-Bench': '1' } });
    expect((await handleBench(this.device, request, path)).status).to.equal(200);
  }
}

describe('the serial port of a virtual board', () => {
  it('prints its start as its life goes on: line by line, with the moments that the lines tell', async () => {
    const desk = await Desk.start();
    await desk.open();
    await desk.reset();
    await desk.hears('waiting', 1).catch(() => undefined);
    const began = desk.clock.now();
    await desk.hears('2nd stage bootloader');
    expect(desk.clock.now() - began).to.be.lessThan(200);
    expect(desk.text).not.to.contain('Calling app_main');
    await desk.hears('Calling app_main()');
    expect(desk.clock.now() - began).to.be.within(500, 700);
    await desk.hears('web server started');
    expect(desk.clock.now() - began).to.be.within(2_450, 2_700);
    expect(desk.text).to.match(/^\r\nets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 \(POWERON_RESET\),boot:0x13 \(SPI_FAST_FLASH_BOOT\)\r\n/);
    expect(desk.text.replaceAll('\r\n', '')).not.to.match(/[\r\n]/);
    expect((await desk.http('GET', 'info')).status).to.equal(200);
  });

  it('takes what is set at the bench while the port is open', async () => {
    const desk = await Desk.start();
    await desk.open();
    const msFor = async (bytes: number): Promise<number> => {
      const began = desk.clock.now();
      await desk.send(new Uint8Array(bytes));
      return desk.clock.now() - began;
    };
    expect(await msFor(40_000)).to.be.greaterThan(3_000);
    await desk.clock.sleep(1_000);
    await desk.hand('bench', { serialInstant: true, serialWithoutAutoReset: true });
    expect(await msFor(40_000)).to.equal(0);
    desk.text = '';
    await desk.intoDownload();
    await desk.clock.sleep(2_000);
    expect(desk.text).not.to.contain('waiting for download');
    await desk.hand('bench', { serialWithoutAutoReset: false });
    await desk.intoDownload();
    await desk.hears('waiting for download');
  });

  it('prints garbage at another rate', async () => {
    const desk = await Desk.start();
    await desk.open(74_880);
    await desk.reset();
    await desk.until(() => desk.text.length > 200);
    expect(desk.text).not.to.contain('boot');
  });

  const DOWNLOAD_WORDS = {
    ESP32: 'boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))',
    'ESP32-S2': 'ESP-ROM:esp32s2',
    'ESP32-S3': 'ESP-ROM:esp32s3',
    'ESP32-C3': 'boot:0x5 (DOWNLOAD(USB/UART0/1))',
    'ESP32-C6': 'ESP-ROM:esp32c6',
    'ESP32-H2': 'ESP-ROM:esp32h2',
  } as const;
  for (const chip of Object.keys(DOWNLOAD_WORDS) as (keyof typeof DOWNLOAD_WORDS)[]) {
    it(`waits for a flasher after the reset sequence of its board, and is silent on the network: ${chip}`, async () => {
      const desk = await Desk.start({ chip });
      await desk.open();
      const isJtag = desk.port.getInfo().usbVendorId === 0x303a;
      expect(isJtag).to.equal(chip !== 'ESP32' && chip !== 'ESP32-S2');
      await (isJtag ? desk.jtagIntoDownload() : desk.intoDownload());
      await desk.hears('waiting for download\r\n');
      expect(desk.text).to.contain(DOWNLOAD_WORDS[chip]);
      const answer = await desk.http('GET', 'info');
      expect([answer.status, (await answer.json()).code]).to.deep.equal([503, 'IN_BOOT_LOADER']);
      await desk.clock.sleep(120_000);
      expect((await desk.http('GET', 'info')).status).to.equal(503);
      await desk.reset();
      await desk.hears('web server started');
      expect((await desk.http('GET', 'info')).status).to.equal(200);
    });
  }

  it('keeps waiting for a flasher when the worker is stopped: that is stored, and understood', async () => {
    const desk = await Desk.start();
    await desk.open();
    await desk.intoDownload();
    await desk.hears('waiting for download');
    await desk.close();
    expect(parseBoardState(desk.disk.state)?.power.kind).to.equal('download');
    await desk.hand('bench/power-cycle');
    await desk.clock.sleep(3_000);
    expect((await desk.http('GET', 'info')).status).to.equal(200);
  });

  it('is held in reset while RTS is, and starts when the port is closed', async () => {
    const desk = await Desk.start();
    await desk.open();
    await desk.port.setSignals({ dataTerminalReady: false, requestToSend: true });
    await desk.clock.sleep(60_000);
    const answer = await desk.http('GET', 'info');
    expect([answer.status, (await answer.json()).error]).to.deep.equal([503, 'the board has no power, or is held in reset']);
    await desk.close();
    await desk.clock.sleep(3_000);
    expect((await desk.http('GET', 'info')).status).to.equal(200);
  });

  it('starts when the worker is stopped that held it in reset', async () => {
    const desk = await Desk.start();
    await desk.open();
    await desk.port.setSignals({ dataTerminalReady: false, requestToSend: true });
    await desk.clock.sleep(1_000);
    await desk.restore();
    expect((await desk.http('GET', 'info')).status).to.equal(503);
    await desk.clock.sleep(3_000);
    expect((await desk.http('GET', 'info')).status).to.equal(200);
    await desk.open();
    await desk.reset();
    await desk.hears('web server started');
  });

  it('tells of a crash, and starts again', async () => {
    const desk = await Desk.start();
    await desk.open();
    const crashing = await makeFirmware({ version: '1.0.1', rehearsal: 'crash-at-boot' });
    const slot = desk.device.board.running!;
    desk.device.board.flash.erase(slot.offset, slot.size);
    desk.device.board.flash.program(slot.offset, crashing);
    await desk.reset();
    await desk.hears('Guru Meditation Error');
    await desk.hears('Rebooting...');
    await desk.hears('(SW_CPU_RESET)');
  });

  it('starts again and again when it finds no boot loader, until that is put right', async () => {
    const desk = await Desk.start({ serialBootLoop: true });
    await desk.open();
    await desk.reset();
    await desk.until(() => desk.text.split('RTCWDT_RTC_RESET').length > 5);
    expect(desk.text).to.contain('invalid header: 0xffffffff');
    await desk.hand('bench', { serialBootLoop: false });
    await desk.reset();
    await desk.hears('web server started');
  });

  it('starts again and again with an erased flash', async () => {
    const desk = await Desk.start();
    await desk.open();
    await desk.intoDownload();
    await desk.hears('waiting for download');
    desk.device.board.flash.erase(0, desk.device.board.flash.size);
    await desk.reset();
    await desk.until(() => desk.text.split('invalid header: 0xffffffff').length > 9);
    expect(desk.text).not.to.contain('2nd stage');
  });

  it('replies before it leaves its boot loader by itself', async () => {
    const desk = await Desk.start();
    await desk.open();
    await desk.intoDownload();
    await desk.hears('waiting for download');
    await desk.send(encodeSlip(encodeRequest('SYNC', SYNC_PAYLOAD)));
    await desk.until(() => desk.text.includes('\xc0\x01\x08') || desk.text.includes('\u{1}\b'));
    desk.text = '';
    await desk.send(encodeSlip(encodeRequest('FLASH_BEGIN', flashBegin.encode({ size: 0, blocks: 0, blockSize: 0x400, offset: 0 }))));
    await desk.send(encodeSlip(encodeRequest('FLASH_END', flashEnd.encode({ stay: 0 }))));
    await desk.hears('web server started');
    const reply = desk.text.indexOf('\u{1}\u{4}');
    expect(reply).to.be.above(-1);
    expect(desk.text.indexOf('rst:')).to.be.above(reply);
  });

  it('answers nothing in download mode when that is fused off, and runs its application', async () => {
    const desk = await Desk.start({ fuseDownloadDisabled: true });
    await desk.open();
    await desk.intoDownload();
    await desk.hears('Download mode is disabled');
    desk.text = '';
    await desk.send(encodeSlip(encodeRequest('SYNC', SYNC_PAYLOAD)));
    await desk.clock.sleep(1_000);
    expect(desk.text).to.equal('');
    await desk.reset();
    await desk.hears('web server started');
  });

  it('asks for no timer that a browser does not have, while it is held in reset', async () => {
    const desk = await Desk.start();
    await desk.open();
    const asked: number[] = [];
    const { clock } = desk;
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => (asked.push(ms), await sleep(ms, signal));
    await desk.port.setSignals({ dataTerminalReady: false, requestToSend: true });
    await desk.clock.sleep(100);
    expect(Math.max(...asked)).to.be.below(2 ** 31);
    await desk.port.setSignals({ requestToSend: false });
    await desk.hears('web server started');
  });

  it('obeys no control line without the circuit; BOOT and RESET by hand do it', async () => {
    const desk = await Desk.start({ serialWithoutAutoReset: true });
    await desk.open();
    await desk.intoDownload();
    await desk.clock.sleep(1_000);
    expect(desk.text).to.equal('');
    expect((await desk.http('GET', 'info')).status).to.equal(200);
    await desk.hand('bench/boot-button');
    await desk.hears('waiting for download');
  });

  it('loses its power with the cable, and starts when it is plugged in again', async () => {
    const desk = await Desk.start({ serialUnplugAtByte: 100 });
    const events: string[] = [];
    for (const type of ['disconnect', 'connect'] as const) desk.port.addEventListener(type, () => events.push(type));
    await desk.open();
    await desk.reset();
    await desk.until(() => events.length === 1);
    expect((await desk.http('GET', 'info')).status).to.equal(503);
    await desk.close();
    await desk.until(() => events.length === 2);
    await desk.open();
    await desk.hears('web server started');
    expect(desk.device.board.state.bench.serialUnplugAtByte).to.equal(0);
  });

  it('ends an update over the network when the chip is reset, as a pulled plug does', async () => {
    const desk = await Desk.start({ bytesPerSecond: 20_000, acceptsDefaultPassword: true });
    await desk.open();
    const login = await handleHttp(
      desk.device,
      new Request('http://device/login', { method: 'POST', body: '{"password":"admin123"}' }),
      'login',
    );
    const { token } = await login.json();
    const firmware = await makeFirmware({ version: '1.1.0', bytes: 200_000 });
    const request = new Request('http://device/update', {
      method: 'POST',
      body: new Blob([firmware]),
      headers: { authorization: `Bearer ${token}`, accept: 'application/x-ndjson', 'X-Firmware-Size': String(firmware.length) },
    });
    const answer = (await handleHttp(desk.device, request, 'update')).text().catch(() => 'broken');
    await desk.clock.sleep(2_000);
    await desk.reset();
    expect(await answer).to.equal('broken');
    await desk.hears('web server started');
    expect(desk.device.board.state.update.state).to.equal('interrupted');
  });

  describe('Improv', () => {
    const command = (desk: Desk, name: 'state' | 'info' | 'scan'): Promise<void> =>
      desk.send(encodeImprov({ type: 'command', command: { name } }));

    it('tells what runs, which networks there are, and takes one', async () => {
      const desk = await Desk.start();
      await desk.open();
      await command(desk, 'info');
      await desk.until(() => desk.packets.length === 1);
      const [info] = desk.packets.splice(0);
      expect(parseImprovInfo(info?.type === 'result' ? info.strings : [])).to.deep.equal({
        firmware: 'bench-test',
        version: '1.0.0',
        chip: 'ESP32',
        deviceName: 'desk',
      });
      await command(desk, 'scan');
      await desk.until(() => desk.packets.length === 4);
      const networks = desk.packets.splice(0).map((packet) => (packet.type === 'result' ? parseImprovNetwork(packet.strings) : undefined));
      expect(networks.map((network) => network?.secured)).to.deep.equal([true, true, false, undefined]);
      const network = networks[0]!.name;
      await desk.send(encodeImprov({ type: 'command', command: { name: 'wifi', network, password: 'short' } }));
      await desk.until(() => desk.packets.some((packet) => packet.type === 'error'));
      desk.packets.length = 0;
      await desk.send(encodeImprov({ type: 'command', command: { name: 'wifi', network, password: 'long enough' } }));
      await desk.until(() => desk.packets.some((packet) => packet.type === 'result'));
      expect(desk.packets).to.deep.equal([
        { type: 'state', state: 'provisioning' },
        { type: 'state', state: 'provisioned' },
        { type: 'result', command: 'wifi', strings: ['https://otter.test/virtual/device/desk/'] },
      ]);
      await desk.close();
      await desk.restore();
      expect(desk.device.board.network).to.equal(network);
    });

    it('forgets the network with its NVS', async () => {
      const desk = await Desk.start();
      const { board } = desk.device;
      board.joinNetwork('Riverbank');
      board.joinNetwork('Greenhouse');
      expect(board.network).to.equal('Greenhouse');
      const nvs = board.slots.data(PARTITION.nvs)!;
      const kept = board.flash.read(nvs.offset, nvs.size).slice();
      board.flash.erase(nvs.offset, nvs.size);
      expect(board.network).to.equal(undefined);
      await desk.open();
      await command(desk, 'state');
      await desk.until(() => desk.packets.length > 0);
      expect(desk.packets).to.deep.equal([{ type: 'state', state: 'ready' }]);
      board.flash.program(nvs.offset, kept);
      expect(board.network).to.equal('Greenhouse');
    });

    it('is silent while the chip waits for a flasher', async () => {
      const desk = await Desk.start();
      await desk.open();
      await desk.intoDownload();
      await desk.hears('waiting for download');
      await command(desk, 'info');
      await desk.clock.sleep(2_000);
      expect(desk.packets).to.deep.equal([]);
    });
  });
});

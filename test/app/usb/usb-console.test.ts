import { expect } from 'chai';
import { SerialError } from '../../../src/app/usb/errors.ts';
import type { ChipConnector, SerialPortHandle, SerialWire } from '../../../src/app/usb/ports.ts';
import { LiveUsbConsole } from '../../../src/app/usb/usb-console.ts';
import { UsbError } from '../../../src/app/usb/usb-errors.ts';
import { UsbLink } from '../../../src/app/usb/usb-link.ts';
import { LineConsole } from '../../../src/core/console/line-console.ts';
import { encodeImprov } from '../../../src/core/serial/improv.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';
import { FakeWire } from './usb-doubles.ts';

type Signals = Parameters<SerialWire['setSignals']>[0];

/** What was sent and what was signalled, in one order. */
class ScriptedWire extends FakeWire {
  readonly log: unknown[] = [];

  override async send(bytes: Uint8Array): Promise<void> {
    this.log.push(new TextDecoder().decode(bytes));
  }

  onSignals: (signals: Signals) => void = () => undefined;

  override async setSignals(signals: Signals): Promise<void> {
    this.log.push(signals);
    this.onSignals(signals);
  }
}

class Bench {
  readonly clock = new OrderedClock();
  readonly wires: ScriptedWire[] = [];
  /** How many attempts to open the port fail first. */
  refusals = 0;
  busy = false;
  connect: ChipConnector['connect'] = () => Promise.reject(new Error('nobody asks for the boot loader here'));
  readonly console: LiveUsbConsole;
  readonly link: UsbLink;

  constructor() {
    const openWire = async (_port: unknown, baudRate: number): Promise<SerialWire> => {
      if (this.refusals-- > 0) throw new SerialError('PORT_BUSY', 'not yet', {});
      this.wires.push(new ScriptedWire(baudRate));
      return this.wires.at(-1)!;
    };
    const unused = (): never => {
      throw new Error('nobody asks for the boot loader here');
    };
    const memory = { fastest: () => Promise.resolve(undefined), remember: unused };
    const connector: ChipConnector = { connect: (...asked) => this.connect(...asked) };
    this.link = new UsbLink({ usb: {} } as SerialPortHandle, { openWire, connector, memory, clock: this.clock }, () =>
      this.console?.follow(),
    );
    const refuseWhileBusy = (): void => {
      if (this.busy) throw new UsbError('USB_BUSY', 'a job runs', {});
    };
    this.console = new LiveUsbConsole(this.link, { buffer: new LineConsole(), clock: this.clock, refuseWhileBusy });
  }

  get wire(): ScriptedWire {
    return this.wires.at(-1)!;
  }

  get lines(): readonly string[] {
    return [...this.console.buffer.textPieces({ timestamps: false })].join('').split('\n').slice(0, -1);
  }
}

const rejection = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined, (error: unknown) => error); // prettier-ignore

describe('the console of a session', () => {
  it('opens for listening, and keeps what the chip prints with its time', async () => {
    const bench = new Bench();
    await bench.console.start(74_880);
    expect([bench.console.open.value, bench.console.baudRate.value, bench.wire.baudRate]).to.deep.equal([true, 74_880, 74_880]);
    bench.wire.print('hello\r\n');
    expect(bench.console.buffer.line(0)).to.include({ text: 'hello', at: bench.clock.now(), from: 'chip' });
  });

  it('says what a hand can do where a reset is followed by nothing', async () => {
    for (const prints of [true, false]) {
      const bench = new Bench();
      await bench.console.start(115_200);
      await bench.console.reset();
      if (prints) bench.wire.print('ets Jul 29 2019\n');
      await bench.clock.sleep(3000);
      expect(bench.lines.some((line) => line.includes('press RESET (EN)'))).to.equal(!prints);
    }
  });

  it('tells of news once a frame, however much arrives', async () => {
    const bench = new Bench();
    await bench.console.start(115_200);
    const seen: number[] = [];
    bench.console.version.subscribe((version) => seen.push(version));
    const before = bench.console.version.value;
    for (let chunk = 0; chunk < 500; chunk++) bench.wire.print('x');
    await bench.clock.sleep(50);
    expect(seen).to.deep.equal([before + 1]);
    bench.wire.print('more');
    await bench.clock.sleep(50);
    expect(seen).to.have.length(2);
  });

  it('sends text with the line ending that it was given, and shows it without', async () => {
    const bench = new Bench();
    await bench.console.start(115_200);
    await bench.console.send('help\r\n');
    expect(bench.wire.log).to.deep.equal(['help\r\n']);
    expect(bench.lines).to.deep.equal(['> help']);
  });

  it('sends nothing while it is closed', async () => {
    const bench = new Bench();
    expect(await rejection(bench.console.send('x'))).to.be.instanceOf(UsbError);
    expect(bench.lines).to.deep.equal([]);
  });

  it('changes the rate of an open port, and remembers it for a closed one', async () => {
    const bench = new Bench();
    await bench.console.setBaudRate(9600);
    expect([bench.wires.length, bench.console.baudRate.value]).to.deep.equal([0, 9600]);
    await bench.console.start(115_200);
    await bench.console.setBaudRate(921_600);
    expect([bench.wires.length, bench.wire.baudRate, bench.console.baudRate.value]).to.deep.equal([1, 921_600, 921_600]);
  });

  it('pulses EN to reset, and lets GPIO0 alone', async () => {
    const bench = new Bench();
    await bench.console.start(115_200);
    const started = bench.clock.now();
    await bench.console.reset();
    expect(bench.wire.log).to.deep.equal([
      { dataTerminalReady: false, requestToSend: true },
      { dataTerminalReady: false, requestToSend: false },
    ]);
    expect(bench.clock.now() - started).to.be.at.least(50);
    expect(bench.lines).to.deep.equal(['-- reset']);
  });

  it('shows nothing of what a boot loader still had under way when it was reset', async () => {
    const bench = new Bench();
    bench.connect = (_wire, _usb, { onStep }) => {
      onStep?.({ step: 'reset', strategy: 'classic', attempt: 1 });
      onStep?.({ step: 'identify', chip: 'ESP32' });
      return Promise.reject(new SerialError('TIMED_OUT', 'it stopped', {}));
    };
    await rejection(bench.link.enterLoader({ signal: new AbortController().signal, onStep: () => undefined }));
    bench.wire.onSignals = ({ requestToSend }) => bench.wire.print(requestToSend ? Uint8Array.of(0x00, 0x12, 0xc0) : 'boot log\n');
    await bench.console.reset();
    expect(bench.lines).to.deep.equal(['-- reset', 'boot log']);
  });

  it('keeps out of the way of a job', async () => {
    const bench = new Bench();
    bench.busy = true;
    for (const act of [bench.console.start(115_200), bench.console.setBaudRate(9600), bench.console.send('x'), bench.console.reset()]) {
      expect(await rejection(act)).to.include({ code: 'USB_BUSY' });
    }
    expect(bench.wires).to.have.length(0);
  });

  it('opens again by itself when the cable comes back, at its rate, with all that was printed before', async () => {
    const bench = new Bench();
    await bench.console.start(9600);
    bench.wire.print('before\n');
    bench.wire.pull();
    await bench.clock.sleep(1);
    expect(bench.console.open.value).to.equal(false);
    bench.refusals = 2;
    bench.link.replug({} as SerialPortHandle);
    await bench.console.reopen();
    expect([bench.wires.length, bench.console.open.value, bench.wire.baudRate]).to.deep.equal([2, true, 9600]);
    bench.wire.print('after\n');
    expect(bench.lines).to.deep.equal(['before', '-- unplugged', '-- plugged in again', 'after']);
  });

  it('shows no Improv frame, whole or in pieces, and no text later than a moment', async () => {
    const bench = new Bench();
    await bench.console.start(115_200);
    const frame = encodeImprov({ type: 'state', state: 'ready' });
    for (const piece of ['before\n', frame, frame.subarray(0, 4), frame.subarray(4), 'after\nI']) bench.wire.print(piece);
    await bench.clock.sleep(200);
    expect(bench.console.buffer.line(2)?.text).to.equal('I');
    bench.wire.print('MPROV is a word\n');
    expect(bench.lines).to.deep.equal(['before', 'after', 'IMPROV is a word']);
  });

  it('gives up when the port does not open', async () => {
    const bench = new Bench();
    await bench.console.start(9600);
    bench.wire.pull();
    await bench.clock.sleep(1);
    bench.refusals = 100;
    bench.link.replug({} as SerialPortHandle);
    await bench.console.reopen();
    expect([bench.console.open.value, bench.refusals]).to.deep.equal([false, 95]);
  });

  it('stays closed when it was closed on purpose, or was never open', async () => {
    const bench = new Bench();
    await bench.console.reopen();
    await bench.console.start(9600);
    bench.wire.pull();
    await bench.clock.sleep(1);
    bench.console.stayClosed();
    bench.link.replug({} as SerialPortHandle);
    await bench.console.reopen();
    expect(bench.wires).to.have.length(1);
  });
});

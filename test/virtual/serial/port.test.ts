import { expect } from 'chai';
import { NO_CIRCUIT, TRANSISTOR_CIRCUIT, USB_JTAG_CIRCUIT, type ChipPins } from '../../../src/virtual/device/serial/auto-reset.ts';
import { LineFaults, type LineFaultPlan } from '../../../src/virtual/device/serial/line-faults.ts';
import type { LineSettings } from '../../../src/virtual/device/serial/line.ts';
import type { SerialChip } from '../../../src/virtual/device/serial/serial-chip.ts';
import { VirtualSerialPort } from '../../../src/virtual/device/serial/virtual-serial-port.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';

class EchoChip implements SerialChip {
  baudRate = 115_200;
  ignoresBaudRate = false;
  echoes = true;
  readonly received: number[] = [];
  readonly pins: ChipPins[] = [];
  output: ((bytes: Uint8Array) => void) | undefined;
  connect(output: (bytes: Uint8Array) => void): void {
    this.output = output;
  }
  disconnect(): void {
    this.output = undefined;
  }
  async receive(bytes: Uint8Array): Promise<void> {
    this.received.push(...bytes);
    if (this.echoes) this.output?.(bytes);
  }
  async setPins(pins: ChipPins): Promise<void> {
    const last = this.pins.at(-1) ?? { enable: true, io0: true };
    if (last.enable !== pins.enable || last.io0 !== pins.io0) this.pins.push(pins);
  }
  async advance(): Promise<number | undefined> {
    return undefined;
  }
}

const LINE: LineSettings = { circuit: TRANSISTOR_CIRCUIT, packetBytes: 62, latencyMs: 1, maxBaudRate: 0, isInstant: false };

interface Desk {
  readonly clock: OrderedClock;
  readonly chip: EchoChip;
  readonly port: VirtualSerialPort;
  readonly happened: string[];
}

function desk(settings: Partial<LineSettings> = {}, plan: Partial<LineFaultPlan> = {}): Desk {
  const clock = new OrderedClock();
  const chip = new EchoChip();
  const happened: string[] = [];
  const faults = new LineFaults((fault) => happened.push(fault));
  faults.plan(plan);
  const usb = { usbVendorId: 0x10c4, usbProductId: 0xea60 };
  const port = new VirtualSerialPort({ chip, clock, usb, faults, settings: () => ({ ...LINE, ...settings }) });
  return { clock, chip, port, happened };
}

async function write(port: VirtualSerialPort, bytes: Uint8Array): Promise<void> {
  const writer = port.writable!.getWriter();
  try {
    await writer.write(bytes);
  } finally {
    writer.releaseLock();
  }
}

async function read(port: VirtualSerialPort, count: number): Promise<Uint8Array> {
  const reader = port.readable!.getReader();
  const all: number[] = [];
  try {
    while (all.length < count) {
      const { value, done } = await reader.read();
      if (done) break;
      all.push(...value);
    }
  } finally {
    reader.releaseLock();
  }
  return Uint8Array.from(all);
}

async function failure(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'nothing',
    (error: unknown) => (error instanceof Error || error instanceof DOMException ? error.name : String(error)),
  );
}

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + 3) & 0xff);

describe('VirtualSerialPort', () => {
  describe('behaves as Chromium’s', () => {
    it('is closed at first, and says what it is', async () => {
      const { port } = desk();
      expect([port.readable, port.writable]).to.deep.equal([null, null]);
      expect(port.getInfo()).to.deep.equal({ usbVendorId: 0x10c4, usbProductId: 0xea60 });
      expect(await failure(port.close())).to.equal('InvalidStateError');
      expect(await failure(port.setSignals({ requestToSend: true }))).to.equal('InvalidStateError');
    });

    it('opens once, with a rate that there is', async () => {
      const { port } = desk();
      expect(await failure(port.open({ baudRate: 0 }))).to.equal('TypeError');
      expect(await failure(port.open({ baudRate: 9600, bufferSize: 0 }))).to.equal('TypeError');
      await port.open({ baudRate: 115_200 });
      expect(await failure(port.open({ baudRate: 115_200 }))).to.equal('InvalidStateError');
      expect(await failure(port.setSignals({}))).to.equal('TypeError');
      expect(port.readable).to.equal(port.readable);
      await port.close();
      expect(port.readable).to.equal(null);
      await port.open({ baudRate: 9600 });
      await port.close();
    });

    it('does not close while somebody holds a stream', async () => {
      const { port } = desk();
      await port.open({ baudRate: 115_200 });
      const reader = port.readable!.getReader();
      expect(await failure(port.close())).to.equal('TypeError');
      const pending = reader.read();
      await reader.cancel();
      expect((await pending).done).to.equal(true);
      reader.releaseLock();
      const writer = port.writable!.getWriter();
      expect(await failure(port.close())).to.equal('TypeError');
      writer.releaseLock();
      await port.close();
      expect(await failure(port.close())).to.equal('InvalidStateError');
    });

    it('gives a new stream after a reader cancelled or a writer closed the last', async () => {
      const { port } = desk();
      await port.open({ baudRate: 115_200 });
      const first = port.readable!;
      await first.cancel();
      expect(port.readable).not.to.equal(first);
      const writable = port.writable!;
      await writable.close();
      expect(port.writable).not.to.equal(writable);
      await write(port, pattern(5));
      expect(await read(port, 5)).to.deep.equal(pattern(5));
      await port.close();
    });

    it('survives a break with a new stream, and goes on', async () => {
      const { port } = desk();
      await port.open({ baudRate: 115_200 });
      const reading = failure(read(port, 1));
      port.disturb('BreakError');
      expect(await reading).to.equal('BreakError');
      await write(port, pattern(3));
      expect(await read(port, 3)).to.deep.equal(pattern(3));
      await port.close();
    });

    it('overruns when nobody reads, and says so once', async () => {
      const { port, chip, clock } = desk({ isInstant: true });
      await port.open({ baudRate: 115_200 });
      const behind = port.readable!.getReader();
      for (let i = 0; i < 3; i++) {
        chip.output?.(new Uint8Array(0x10000));
        await clock.sleep(5);
      }
      expect(await failure(behind.read())).to.equal('BufferOverrunError');
      behind.releaseLock();
      chip.output?.(pattern(4));
      expect(await read(port, 4)).to.deep.equal(pattern(4));
      await port.close();
    });

    it('fails streams and signals when the cable is pulled, and works again when it is back', async () => {
      const { port } = desk();
      const events: string[] = [];
      port.addEventListener('disconnect', () => events.push('disconnect'));
      port.addEventListener('connect', () => events.push('connect'));
      await port.open({ baudRate: 115_200 });
      const reading = failure(read(port, 1));
      const writer = port.writable!.getWriter();
      const writing = failure(writer.write(new Uint8Array(50_000)));
      port.unplug();
      expect([await reading, await writing, await failure(writer.closed)]).to.deep.equal(['NetworkError', 'NetworkError', 'NetworkError']);
      writer.releaseLock();
      expect([port.readable, port.writable]).to.deep.equal([null, null]);
      expect(await failure(port.setSignals({ requestToSend: true }))).to.equal('NetworkError');
      await port.close();
      expect(await failure(port.open({ baudRate: 115_200 }))).to.equal('NetworkError');
      port.plugIn();
      await port.open({ baudRate: 115_200 });
      await write(port, pattern(3));
      expect(await read(port, 3)).to.deep.equal(pattern(3));
      await port.close();
      expect(events).to.deep.equal(['disconnect', 'connect']);
    });

    it('aborts a write that is on its way, without waiting for the line', async () => {
      const { port, chip, clock } = desk({ latencyMs: 0 });
      await port.open({ baudRate: 1200 });
      chip.baudRate = 1200;
      const began = clock.now();
      const writer = port.writable!.getWriter();
      const writing = failure(writer.write(pattern(20_000)));
      await clock.sleep(1000);
      await writer.abort();
      writer.releaseLock();
      await writing;
      await port.close();
      expect(clock.now() - began).to.be.lessThan(3000);
      expect(chip.received.length).to.be.lessThan(1100);
    });
  });

  describe('the line', () => {
    for (const baudRate of [115_200, 460_800, 921_600, 2_000_000]) {
      it(`takes the time of its bits at ${baudRate} baud, both ways, not less and hardly more`, async () => {
        const { port, chip, clock } = desk();
        chip.baudRate = baudRate;
        await port.open({ baudRate });
        const sent = pattern(30_000);
        const began = clock.now();
        const [received] = await Promise.all([read(port, sent.length), write(port, sent)]);
        expect(received).to.deep.equal(sent);
        const idealMs = (sent.length * 10_000) / baudRate;
        // The echo begins when the first packet has arrived, and ends with a packet that is not full.
        const lagMs = (1024 * 10_000) / baudRate + 1;
        expect(clock.now() - began).to.be.within(idealMs, idealMs + lagMs + 0.5);
        await port.close();
      });
    }

    it('hands over small answers after the latency of the adapter', async () => {
      for (const latencyMs of [1, 16]) {
        const { port, clock } = desk({ latencyMs });
        await port.open({ baudRate: 115_200 });
        const began = clock.now();
        await write(port, pattern(1));
        await read(port, 1);
        expect(clock.now() - began).to.be.closeTo(2 * (10_000 / 115_200) + latencyMs, 0.1);
        await port.close();
      }
    });

    it('delivers everything that was due when a timer comes late', async () => {
      const { port, chip, clock } = desk();
      const sleep = clock.sleep.bind(clock);
      clock.sleep = (ms, signal) => sleep(ms + 40, signal);
      await port.open({ baudRate: 115_200 });
      chip.echoes = false;
      const began = clock.now();
      chip.output?.(pattern(11_520));
      await read(port, 11_520);
      expect(clock.now() - began).to.be.within(1000, 1000 + 2 * 45);
      await port.close();
    });

    it('makes the same garbage of a wrong rate every time, both ways, and none of a rate that is close', async () => {
      const heard: string[] = [];
      for (let i = 0; i < 2; i++) {
        const { port, chip } = desk();
        await port.open({ baudRate: 74_880 });
        await write(port, pattern(200));
        const answer = read(port, 20);
        expect(chip.received).not.to.deep.equal([...pattern(200)]);
        heard.push(`${chip.received} ${await answer}`);
        await port.close();
      }
      expect(heard[0]).to.equal(heard[1]);
      const { port, chip } = desk();
      await port.open({ baudRate: 117_000 });
      await write(port, pattern(200));
      await read(port, 200);
      expect(chip.received).to.deep.equal([...pattern(200)]);
      await port.close();
    });

    it('changes its rate without closing', async () => {
      const { port, chip } = desk();
      await port.open({ baudRate: 115_200 });
      chip.baudRate = 921_600;
      await port.setBaudRate(921_600);
      await write(port, pattern(100));
      expect(await read(port, 100)).to.deep.equal(pattern(100));
      await port.close();
    });

    it('is garbage above the highest rate of its adapter', async () => {
      const { port, chip } = desk({ maxBaudRate: 460_800 });
      for (const baudRate of [460_800, 921_600]) {
        chip.received.length = 0;
        chip.baudRate = baudRate;
        await port.open({ baudRate });
        await write(port, pattern(64));
        await read(port, 1);
        expect(`${chip.received}` === `${[...pattern(64)]}`, String(baudRate)).to.equal(baudRate === 460_800);
        await port.close();
      }
    });

    it('needs no rate where the chip has USB of its own', async () => {
      const { port, chip } = desk({ circuit: USB_JTAG_CIRCUIT, packetBytes: 64 });
      chip.ignoresBaudRate = true;
      await port.open({ baudRate: 9600 });
      await write(port, pattern(100));
      expect(await read(port, 100)).to.deep.equal(pattern(100));
      await port.close();
    });
  });

  describe('faults', () => {
    const through = async (plan: Partial<LineFaultPlan>): Promise<Desk & { echoed: number[] }> => {
      const made = desk({ isInstant: true }, plan);
      await made.port.open({ baudRate: 115_200 });
      const sent = pattern(100);
      const reader = made.port.readable!.getReader();
      const echoed: number[] = [];
      const reading = (async () => {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return;
          echoed.push(...value);
        }
      })().catch(() => undefined);
      for (let at = 0; at < 100; at += 10) await write(made.port, sent.subarray(at, at + 10)).catch(() => undefined);
      await made.clock.sleep(20);
      await reader.cancel().catch(() => undefined);
      await reading;
      reader.releaseLock();
      await made.port.close();
      return { ...made, echoed };
    };
    const all = [...pattern(100)];

    it('lose exactly the byte that was planned, in either direction, once', async () => {
      const lost = await through({ loseByteToChip: 34 });
      expect(lost.chip.received).to.deep.equal(all.toSpliced(33, 1));
      expect(lost.happened).to.deep.equal(['loseByteToChip']);
      const back = await through({ loseByteToHost: 1 });
      expect(back.chip.received).to.deep.equal(all);
      expect(back.echoed).to.deep.equal(all.slice(1));
    });

    it('flip one bit of it', async () => {
      expect((await through({ flipByteToChip: 50 })).chip.received).to.deep.equal(all.with(49, all[49]! ^ 4));
      expect((await through({ flipByteToHost: 100 })).echoed).to.deep.equal(all.with(99, all[99]! ^ 4));
    });

    it('reset the chip at a byte, and the bytes after it arrive', async () => {
      const { chip, happened } = await through({ resetAtByte: 55 });
      expect(chip.pins.slice(0, 2).map(({ enable }) => enable)).to.deep.equal([false, true]);
      expect(chip.received).to.deep.equal(all);
      expect(happened).to.deep.equal(['resetAtByte']);
    });

    it('pull the cable at a byte: nothing after it arrives', async () => {
      const { chip, port, happened } = await through({ unplugAtByte: 31 });
      expect(port.isPluggedIn).to.equal(false);
      expect(happened).to.deep.equal(['unplugAtByte']);
      expect(chip.received.length).to.be.within(15, 31);
    });
  });

  describe('control lines', () => {
    const D = (value: boolean) => ({ dataTerminalReady: value });
    const R = (value: boolean) => ({ requestToSend: value });
    /** Pins at each change, as `EN IO0`. */
    const run = async (circuit: LineSettings['circuit'], steps: readonly (object | number)[]): Promise<string[]> => {
      const { port, chip, clock } = desk({ circuit });
      await port.open({ baudRate: 115_200 });
      chip.pins.length = 0;
      for (const step of steps) await (typeof step === 'number' ? clock.sleep(step) : port.setSignals(step));
      await clock.sleep(200);
      const seen = chip.pins.map(({ enable, io0 }) => `${Number(enable)}${Number(io0)}`);
      await port.close();
      return seen;
    };

    it('reset into download mode by the classic sequence, one line at a time or both at once', async () => {
      const separately = await run(TRANSISTOR_CIRCUIT, [D(false), R(true), 100, D(true), R(false), 50, D(false)]);
      expect(separately.filter((pins) => pins.startsWith('1')).includes('10'), String(separately)).to.equal(true);
      expect(separately[separately.indexOf('01') + 1]).to.equal('10');
      const together = await run(TRANSISTOR_CIRCUIT, [
        { ...D(false), ...R(true) },
        100,
        { ...D(true), ...R(false) },
        50,
        { ...D(false), ...R(false) },
      ]);
      expect(together).to.deep.equal(['01', '10', '11']);
    });

    it('reset into the application by a pulse of RTS', async () => {
      expect(await run(TRANSISTOR_CIRCUIT, [{ ...D(false), ...R(false) }, R(true), 100, R(false)])).to.deep.equal(['01', '11']);
    });

    it('do nothing while both are asserted or none is', async () => {
      expect(await run(TRANSISTOR_CIRCUIT, [{ ...D(true), ...R(true) }, 50, { ...D(false), ...R(false) }])).to.deep.equal([]);
    });

    it('come too late when DTR follows after EN has risen', async () => {
      const pins = await run(TRANSISTOR_CIRCUIT, [{ ...D(false), ...R(true) }, 100, D(true), 40, R(false)]);
      expect(pins.slice(0, 2)).to.deep.equal(['01', '11']);
    });

    it('follow the rules of USB Serial/JTAG on a chip that has it', async () => {
      const entering = [R(false), D(false), 100, D(true), R(false), 100, R(true), D(false), R(true), 100, D(false), R(false)];
      const pins = await run(USB_JTAG_CIRCUIT, entering);
      expect(pins.slice(pins.indexOf('00'), pins.indexOf('00') + 2)).to.deep.equal(['00', '10']);
      expect(await run(USB_JTAG_CIRCUIT, [{ ...D(false), ...R(false) }, R(true), 100, R(false)])).to.deep.equal(['01', '11']);
      // The classic sequence only restarts it.
      const classic = await run(USB_JTAG_CIRCUIT, [{ ...D(false), ...R(true) }, 100, { ...D(true), ...R(false) }, 50, D(false)]);
      expect(classic).not.to.include('00');
    });

    it('do nothing on a board without the circuit; a person presses the buttons', async () => {
      expect(await run(NO_CIRCUIT, [D(false), R(true), 100, D(true), R(false), 50, D(false)])).to.deep.equal([]);
      const { port, chip } = desk({ circuit: NO_CIRCUIT });
      await port.pressBootAndReset();
      expect(chip.pins).to.deep.equal([
        { enable: false, io0: false },
        { enable: true, io0: false },
      ]);
    });
  });

  it('refuses to open while another program has the port', async () => {
    const clock = new OrderedClock();
    const port = new VirtualSerialPort({ chip: new EchoChip(), clock, usb: {}, settings: () => LINE, isBusy: () => true });
    expect(await failure(port.open({ baudRate: 115_200 }))).to.equal('NetworkError');
    expect(port.isOpen).to.equal(false);
  });
});

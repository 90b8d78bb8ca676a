import { expect } from 'chai';
import { SerialError } from '../../../src/app/usb/errors.ts';
import type { ChipConnection, ConnectOptions, ConnectStep, SerialPortHandle } from '../../../src/app/usb/ports.ts';
import { UsbLink } from '../../../src/app/usb/usb-link.ts';
import type { SerialUsbInfo } from '../../../src/core/serial/port.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';
import { AdapterBook } from './adapter-book.ts';
import { FakeWire } from './usb-doubles.ts';

const BRIDGE = { usbVendorId: 0x10c4, usbProductId: 0xea60 };
const NATIVE = { usbVendorId: 0x303a, usbProductId: 0x0002 };

type Attempt = (wire: FakeWire, options: ConnectOptions) => number;

/** A link whose attempts to connect go as they are told: each returns the rate that it ends at, or throws. */
class Bench {
  readonly clock = new OrderedClock();
  readonly memory = new AdapterBook();
  readonly wires: FakeWire[] = [];
  readonly seen: ConnectOptions[] = [];
  readonly attempts: Attempt[] = [];
  readonly handle: SerialPortHandle;
  readonly link: UsbLink;

  constructor(usb: SerialUsbInfo = BRIDGE) {
    this.handle = { id: 'usb:1', kind: 'usb', usb } as SerialPortHandle;
    const openWire = async (_port: unknown, baudRate: number): Promise<FakeWire> => {
      this.wires.push(new FakeWire(baudRate));
      return this.wires.at(-1)!;
    };
    const connect = async (wire: unknown, _usb: SerialUsbInfo, options: ConnectOptions): Promise<ChipConnection> => {
      this.seen.push(options);
      // Started by its watchdog, it takes its port along.
      const run = async (): Promise<void> => (wire as FakeWire).pull();
      return { baudRate: this.attempts.shift()!(wire as FakeWire, options), run } as Partial<ChipConnection> as ChipConnection;
    };
    this.link = new UsbLink(this.handle, { openWire, connector: { connect }, memory: this.memory, clock: this.clock }, () => undefined);
  }

  async enter(baudRate?: number): Promise<string> {
    try {
      await this.link.enterLoader({ signal: new AbortController().signal, onStep: () => undefined, baudRate });
      return 'ready';
    } catch (error) {
      return (error as SerialError).code;
    }
  }
}

const refused = (baudRate: number, more: { readonly byChip?: true } = {}): ConnectStep => ({ step: 'baud-refused', baudRate, ...more });

describe('the link of a session', () => {
  describe('remembers of a rate', () => {
    const after = async (attempt: Attempt, baudRate?: number, known?: number): Promise<number | undefined> => {
      const bench = new Bench();
      bench.memory.known = known;
      bench.attempts.push(attempt);
      expect(await bench.enter(baudRate)).to.equal('ready');
      return bench.memory.known;
    };

    it('what a step down showed, and nothing else', async () => {
      expect(await after((_, { onStep }) => (onStep?.(refused(921_600)), 460_800))).to.equal(460_800);
      expect(await after(() => 921_600)).to.equal(undefined);
    });

    it('nothing of a connection that was not made faster, or that the chip limits', async () => {
      expect(await after(() => 115_200)).to.equal(undefined);
      expect(await after((_, { onStep }) => (onStep?.(refused(921_600, { byChip: true })), 115_200))).to.equal(undefined);
    });

    it('that a faster one works after all', async () => {
      expect(await after(() => 460_800, undefined, 460_800)).to.equal(460_800);
      expect(await after(() => 921_600, 921_600, 460_800)).to.equal(921_600);
    });

    it('for as long as a slower one is in use, that it could be faster', async () => {
      const bench = new Bench();
      bench.attempts.push(
        (_, { onStep }) => (onStep?.(refused(921_600)), 460_800),
        (_, { baudRate }) => baudRate,
        () => 115_200,
        () => 921_600,
      );
      const seen: (number | undefined)[] = [];
      for (const baudRate of [undefined, undefined, 115_200, 921_600]) {
        await bench.enter(baudRate);
        seen.push(bench.link.fasterBaudRate);
      }
      expect(seen, 'found out; remembered; asked for; faster after all').to.deep.equal([921_600, 921_600, undefined, undefined]);
      await bench.link.drop();
      expect(bench.link.fasterBaudRate).to.equal(undefined);
    });

    it('where to begin after one from which nobody could bring the chip back', async () => {
      const bench = new Bench();
      bench.attempts.push(
        () => {
          throw new SerialError('RATE_LOST', 'nothing is heard', { baudRate: 921_600, nextBaudRate: 460_800 });
        },
        (_, { baudRate }) => baudRate,
      );
      expect(await bench.enter()).to.equal('RATE_LOST');
      expect(await bench.enter()).to.equal('ready');
      expect(bench.seen.map(({ baudRate }) => baudRate)).to.deep.equal([921_600, 460_800]);
    });
  });

  describe('when the board leaves the bus because it is started', () => {
    it('waits until it is back', async () => {
      const bench = new Bench(NATIVE);
      bench.attempts.push(() => 115_200);
      await bench.enter();
      await bench.link.run();
      const { signal } = new AbortController();
      let isBack = false;
      const returned = bench.link.returned(signal).then(() => (isBack = true));
      await bench.clock.sleep(1_500);
      expect([bench.link.phase, isBack]).to.deep.equal(['unplugged', false]);
      bench.link.replug({ ...bench.handle });
      await returned;
      await bench.link.returned(signal);
      expect(bench.link.phase).to.equal('closed');
    });

    it('says so when it does not come back', async () => {
      const bench = new Bench(NATIVE);
      bench.attempts.push(() => 115_200);
      await bench.enter();
      await bench.link.run();
      const code = await bench.link.returned(new AbortController().signal).catch((error: unknown) => (error as SerialError).code);
      expect(code).to.equal('PORT_LEFT_ON_RESET');
    });
  });

  describe('when the board leaves the bus because it is reset', () => {
    const leavesAt =
      (step: ConnectStep): Attempt =>
      (wire, { onStep }) => {
        onStep?.({ step: 'reset', strategy: 'usb-jtag', attempt: 1 });
        onStep?.(step);
        wire.pull();
        throw new SerialError('PORT_GONE', 'the port is gone', {});
      };
    const leaves = leavesAt({ step: 'sync' });

    it('waits until it is back, and asks before it resets it again', async () => {
      const bench = new Bench(NATIVE);
      bench.attempts.push(leaves, () => 115_200);
      const entering = bench.enter();
      await bench.clock.sleep(1_500);
      expect(bench.link.phase).to.equal('unplugged');
      bench.link.replug({ ...bench.handle });
      expect(await entering).to.equal('ready');
      expect(bench.seen.map(({ asksFirst = false }) => asksFirst)).to.deep.equal([false, true]);
      expect([bench.wires.length, bench.link.phase]).to.deep.equal([2, 'ready']);
    });

    it('says so when its port does not come back', async () => {
      const bench = new Bench(NATIVE);
      bench.attempts.push(leaves);
      const begun = bench.clock.now();
      expect(await bench.enter()).to.equal('PORT_LEFT_ON_RESET');
      expect(bench.clock.now() - begun).to.be.lessThan(5_000);
      expect(bench.link.phase).to.equal('unplugged');
    });

    it('stops waiting when it is told to', async () => {
      const bench = new Bench(NATIVE);
      bench.attempts.push(leaves);
      const stop = new AbortController();
      const entering = bench.link.enterLoader({ signal: stop.signal, onStep: () => undefined }).catch((error: unknown) => error);
      await bench.clock.sleep(100);
      stop.abort(new Error('enough'));
      expect(await entering).to.equal(stop.signal.reason);
    });

    it('tries once, and not for ever', async () => {
      const bench = new Bench(NATIVE);
      bench.attempts.push(leaves, leaves);
      const entering = bench.enter();
      await bench.clock.sleep(500);
      bench.link.replug(bench.handle);
      expect(await entering).to.equal('PORT_GONE');
      expect(bench.seen).to.have.length(2);
    });

    it('waits for nothing once its boot loader was there: then it was the cable', async () => {
      for (const step of [{ step: 'identify', chip: 'ESP32-S3' }, { step: 'stub' }] as const) {
        const bench = new Bench(NATIVE);
        bench.attempts.push(leavesAt(step));
        const begun = bench.clock.now();
        expect([await bench.enter(), bench.clock.now() - begun]).to.deep.equal(['PORT_GONE', 0]);
      }
    });

    it('waits for nothing where a bridge is between: that stays on the bus, so it was the cable', async () => {
      const bench = new Bench(BRIDGE);
      bench.attempts.push(leaves);
      const begun = bench.clock.now();
      expect(await bench.enter()).to.equal('PORT_GONE');
      expect(bench.clock.now()).to.equal(begun);
    });
  });
});

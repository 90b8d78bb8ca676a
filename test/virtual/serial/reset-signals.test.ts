/**
 * The reset sequences of the reference tool (its `reset.py`, 4.8 and 5.3), line change by line change. A driver sets one line after the
 * other, a little apart; RFC 2217 far apart, which the bridge makes up for.
 */
import { expect } from 'chai';
import { TRANSISTOR_CIRCUIT, USB_JTAG_CIRCUIT, type ChipPins } from '../../../src/virtual/device/serial/auto-reset.ts';
import { LineFaults } from '../../../src/virtual/device/serial/line-faults.ts';
import type { SerialChip } from '../../../src/virtual/device/serial/serial-chip.ts';
import { VirtualSerialPort } from '../../../src/virtual/device/serial/virtual-serial-port.ts';
import { RemoteLines } from '../../bridge/remote-lines.ts';
import { OrderedClock } from '../../doubles/ordered-clock.ts';

/** Starts when EN rises, in the mode that IO0 says. */
class StartingChip implements SerialChip {
  readonly baudRate = 115_200;
  readonly ignoresBaudRate = false;
  readonly starts: ('download' | 'application')[] = [];
  #isEnabled = true;
  connect(): void {}
  disconnect(): void {}
  async receive(): Promise<void> {}
  async setPins({ enable, io0 }: ChipPins): Promise<void> {
    if (enable && !this.#isEnabled) this.starts.push(io0 ? 'application' : 'download');
    this.#isEnabled = enable;
  }
  async advance(): Promise<undefined> {
    return undefined;
  }
}

const BOARDS = {
  'auto-reset circuit': { circuit: TRANSISTOR_CIRCUIT, usb: { usbVendorId: 0x10c4, usbProductId: 0xea60 } },
  'USB Serial/JTAG': { circuit: USB_JTAG_CIRCUIT, usb: { usbVendorId: 0x303a, usbProductId: 0x1001 } },
} as const;
type BoardName = keyof typeof BOARDS;

/** `D1` = DTR asserted, `R0` = RTS not, `U01` = both at once, a number = ms. */
type Step = 'D0' | 'D1' | 'R0' | 'R1' | 'U00' | 'U01' | 'U10' | 'U11' | number;

const classic = (delayMs: number): readonly Step[] => ['D0', 'R1', 'D0', 100, 'D1', 'R0', 'D1', delayMs, 'D0'];
const unixTight = (delayMs: number): readonly Step[] => ['U00', 'U11', 'U01', 100, 'U10', delayMs, 'U00', 'D0'];
const USB_JTAG: readonly Step[] = ['R0', 'D0', 'D0', 100, 'D1', 'R0', 'D1', 100, 'R1', 'D1', 'D0', 'R1', 'D0', 100, 'D0', 'R0', 'D0'];
const HARD: readonly Step[] = ['D0', 'R1', 'D0', 100, 'R0', 'D0'];
const HARD_OVER_USB: readonly Step[] = ['D0', 'R1', 'D0', 200, 'R0', 'D0', 200];

interface Row {
  readonly name: string;
  readonly steps: readonly Step[];
  /** The last start. */
  readonly ends: Readonly<Partial<Record<BoardName, 'download' | 'application'>>>;
}

const ROWS: readonly Row[] = [
  { name: 'classic', steps: classic(50), ends: { 'auto-reset circuit': 'download' } },
  { name: 'classic, longer', steps: classic(550), ends: { 'auto-reset circuit': 'download' } },
  { name: 'both lines at once', steps: unixTight(50), ends: { 'auto-reset circuit': 'download' } },
  { name: 'both lines at once, longer', steps: unixTight(550), ends: { 'auto-reset circuit': 'download' } },
  { name: 'USB-JTAG', steps: USB_JTAG, ends: { 'USB Serial/JTAG': 'download' } },
  { name: 'hard reset', steps: HARD, ends: { 'auto-reset circuit': 'application', 'USB Serial/JTAG': 'application' } },
  { name: 'hard reset over USB', steps: HARD_OVER_USB, ends: { 'auto-reset circuit': 'application', 'USB Serial/JTAG': 'application' } },
];

interface Change {
  readonly dataTerminalReady?: boolean;
  readonly requestToSend?: boolean;
}

function changeOf(step: Exclude<Step, number>): Change {
  const [line, first, second] = step;
  if (line === 'U') return { dataTerminalReady: first === '1', requestToSend: second === '1' };
  return line === 'D' ? { dataTerminalReady: first === '1' } : { requestToSend: first === '1' };
}

async function starts(board: BoardName, steps: readonly Step[], gapMs: number, isRemote = false): Promise<readonly string[]> {
  const { circuit, usb } = BOARDS[board];
  const clock = new OrderedClock();
  const chip = new StartingChip();
  const settings = () => ({ circuit, packetBytes: 62, latencyMs: 1, maxBaudRate: 0, isInstant: false });
  const port = new VirtualSerialPort({ chip, clock, usb, faults: new LineFaults(() => undefined), settings });
  await port.open({ baudRate: 115_200 });
  const remote = isRemote ? new RemoteLines(port) : undefined;
  for (const step of steps) {
    if (typeof step === 'number') await clock.sleep(step);
    else {
      await (remote ? remote.set(changeOf(step)) : port.setSignals(changeOf(step)));
      if (gapMs > 0) await clock.sleep(gapMs);
    }
  }
  await clock.sleep(100);
  remote?.close();
  await port.close();
  return chip.starts;
}

describe('the reset sequences of the reference tool', () => {
  for (const { name, steps, ends } of ROWS)
    for (const [board, end] of Object.entries(ends) as [BoardName, string][])
      it(`${name}: ${end} on a board with ${board}, its changes 0 to 5 ms apart`, async () => {
        for (const gapMs of [0, 1, 2, 3, 5]) expect((await starts(board, steps, gapMs)).at(-1), `${gapMs} ms`).to.equal(end);
      });

  it('come too late for the circuit when every change takes as long as over RFC 2217', async () => {
    for (const gapMs of [50, 100]) expect(await starts('auto-reset circuit', classic(50), gapMs)).to.deep.equal(['application']);
  });

  for (const board of Object.keys(BOARDS) as BoardName[])
    it(`reach a board with ${board} over the bridge, whatever every change takes`, async () => {
      for (const gapMs of [0, 5, 50, 100, 150]) {
        expect((await starts(board, classic(50), gapMs, true)).at(-1), `classic, ${gapMs} ms`).to.equal('download');
        expect((await starts(board, HARD, gapMs, true)).at(-1), `hard reset, ${gapMs} ms`).to.equal('application');
      }
      expect((await starts('USB Serial/JTAG', USB_JTAG, 100, true)).at(-1)).to.equal('download');
    });

  it('leave reset over the bridge also when DTR and RTS stay asserted', async () => {
    const chip = new StartingChip();
    const { circuit, usb } = BOARDS['auto-reset circuit'];
    const clock = new OrderedClock();
    const settings = () => ({ circuit, packetBytes: 62, latencyMs: 1, maxBaudRate: 0, isInstant: false });
    const port = new VirtualSerialPort({ chip, clock, usb, settings });
    await port.open({ baudRate: 115_200 });
    const lines = new RemoteLines(port);
    await lines.set({ dataTerminalReady: false });
    await lines.set({ dataTerminalReady: true });
    expect(chip.starts).to.deep.equal([]);
    await new Promise((resolve) => setTimeout(resolve, 600));
    await clock.sleep(50);
    expect(chip.starts).to.deep.equal(['application']);
    await port.close();
  });
});

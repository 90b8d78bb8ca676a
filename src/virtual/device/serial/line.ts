/**
 * The line between a port and a chip: USB adapter, wires, auto-reset circuit. Bytes take their time on it, at a wrong rate both ends hear
 * garbage, and planned faults happen. Knows no streams and no browser; the clock is handed in.
 */
import type { Clock } from '../../storage.ts';
import { RUNNING_PINS, type ChipPins, type ControlLines, type ResetCircuit } from './auto-reset.ts';
import type { Direction, LineFaults } from './line-faults.ts';
import { PacedQueue } from './paced-queue.ts';
import type { SerialChip } from './serial-chip.ts';
import { hearAt } from './uart-mismatch.ts';

/** The adapter on one end of the line, and how it is wired to the chip on the other. Read anew whenever it matters: a bench may be set meanwhile. */
export interface LineSettings {
  readonly circuit: ResetCircuit;
  /** The adapter hands what came from the chip to the computer in packets of so many bytes … */
  readonly packetBytes: number;
  /** … or so long after the first byte of one. FTDI's driver sets 16 ms, a tuned one 1 ms. */
  readonly latencyMs: number;
  /** Above this rate the adapter's clock is off, and everything garbage; 0 = none is too high. */
  readonly maxBaudRate: number;
  /** Bits and packets take no time. */
  readonly isInstant: boolean;
  /** The other end tells no rate (a plain TCP socket): the adapter is always at the chip's. */
  readonly followsChip?: boolean;
}

interface LineParts {
  readonly chip: SerialChip;
  readonly clock: Clock;
  readonly settings: LineSettings;
  readonly faults: LineFaults;
  readonly baudRate: number;
  readonly toHost: (bytes: Uint8Array) => void;
  /** The cable is out; the line is of no more use. */
  readonly onUnplug: () => void;
  /** The chip failed in a way that no chip does. */
  readonly onFailure: (error: unknown) => void;
}

/** USB Serial/JTAG is full-speed USB: about this much gets through, whatever rate is asked for. */
const USB_JTAG_BAUD = 6_000_000;
/** What the adapter takes from the computer before its line has room for it. */
const ADAPTER_BUFFER_BYTES = 4096;
const TO_CHIP_PACKET_BYTES = 1024;
/** A ROM that is busy holds the line up from here on, rather than lose bytes as a FIFO would. */
const MAX_BACKLOG_BYTES = 0x20000;
/** How far off an adapter is above its highest rate. */
const CLOCK_ERROR = 0.87;

const IDLE_LINES: ControlLines = { dataTerminalReady: false, requestToSend: false };

export class SerialLine {
  readonly #parts: LineParts;
  readonly #toChip: PacedQueue;
  readonly #toHost: PacedQueue;
  #baudRate: number;
  #lines: ControlLines = IDLE_LINES;
  /** As the circuit drives them. */
  #levels: ChipPins = RUNNING_PINS;
  #isEnabled = true;
  #rising: AbortController | undefined;
  #isOpen = true;
  #drained: (() => void)[] = [];

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#baudRate = parts.baudRate;
    const { clock, settings } = parts;
    this.#toChip = new PacedQueue({
      clock,
      isInstant: () => settings.isInstant,
      collecting: () => ({ packetBytes: TO_CHIP_PACKET_BYTES, latencyMs: undefined }),
      deliver: (bytes, baudRate) => this.#arriveAtChip(bytes, baudRate),
    });
    this.#toHost = new PacedQueue({
      clock,
      isInstant: () => settings.isInstant,
      collecting: () => ({ packetBytes: settings.packetBytes, latencyMs: settings.isInstant ? 0 : settings.latencyMs }),
      deliver: (bytes, baudRate) => this.#arriveAtHost(bytes, baudRate),
    });
  }

  get baudRate(): number {
    return this.#baudRate;
  }

  /** What is on the line already still goes at the old rate. */
  set baudRate(baudRate: number) {
    this.#baudRate = baudRate;
  }

  /** Output of the chip, at its rate. */
  output(bytes: Uint8Array): void {
    const { chip } = this.#parts;
    if (this.#isOpen) this.#toHost.push(bytes, this.#isUsb ? USB_JTAG_BAUD : chip.baudRate);
  }

  /** Resolves when the adapter has room for more, or when nobody waits for that any longer. Keeps the array. */
  async send(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const rate = this.#isUsb ? USB_JTAG_BAUD : this.#hostRate;
    this.#toChip.push(bytes, rate);
    const { clock, settings } = this.#parts;
    const ahead = settings.isInstant ? 0 : (ADAPTER_BUFFER_BYTES * 10_000) / rate;
    const waitMs = this.#toChip.freeAtMs - ahead - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, AbortSignal.any([signal, this.#closed.signal])).catch(() => undefined);
    while (this.#isOpen && this.#toChip.queuedBytes > MAX_BACKLOG_BYTES) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Forgets what was not sent yet. */
  discard(): void {
    this.#toChip.clear();
    this.#resume();
  }

  setLines(change: Partial<ControlLines>): void {
    const { circuit } = this.#parts.settings;
    const lines = { ...this.#lines, ...change };
    if (lines.dataTerminalReady === this.#lines.dataTerminalReady && lines.requestToSend === this.#lines.requestToSend) return;
    const before = { lines: this.#lines, pins: this.#levels };
    this.#lines = lines;
    this.#levels = circuit.pins(lines, before);
    if (circuit.pulses(lines)) this.pulse(this.#levels.io0);
    else this.#drive();
  }

  /** A reset from outside the circuit: a button, a brown-out. */
  pulse(io0: boolean): void {
    this.#pins({ enable: false, io0 });
    this.#pins({ enable: true, io0 });
  }

  close(): void {
    this.#isOpen = false;
    this.#closed.abort();
    this.#fall();
    this.#toChip.close();
    this.#toHost.close();
    this.#resume();
    // Nothing holds EN down any more.
    if (!this.#isEnabled) this.#pins(RUNNING_PINS);
  }

  readonly #closed = new AbortController();

  get #isUsb(): boolean {
    return this.#parts.chip.ignoresBaudRate;
  }

  /** Nobody can be at a wrong rate. */
  get #isAlwaysHeard(): boolean {
    return this.#isUsb || this.#parts.settings.followsChip === true;
  }

  get #hostRate(): number {
    const { chip, settings } = this.#parts;
    if (settings.followsChip) return chip.baudRate;
    const { maxBaudRate } = settings;
    return maxBaudRate > 0 && this.#baudRate > maxBaudRate ? this.#baudRate * CLOCK_ERROR : this.#baudRate;
  }

  #drive(): void {
    const { enable, io0 } = this.#levels;
    if (!enable) this.#fall();
    if (!enable || this.#isEnabled) return this.#pins({ enable, io0 });
    // A capacitor that charges does not start again because a line moves that has no part in it.
    if (this.#rising) return;
    const rising = (this.#rising = new AbortController());
    const { clock, settings } = this.#parts;
    clock.sleep(settings.circuit.enableRiseMs, rising.signal).then(
      () => this.#rise(rising),
      () => undefined,
    );
  }

  /** IO0 is sampled when EN has risen, whatever it was before. */
  #rise(rising: AbortController): void {
    if (this.#rising !== rising) return;
    this.#rising = undefined;
    this.#pins({ enable: true, io0: this.#levels.io0 });
  }

  #fall(): void {
    this.#rising?.abort();
    this.#rising = undefined;
  }

  #pins(pins: ChipPins): void {
    this.#isEnabled = pins.enable;
    this.#parts.chip.setPins(pins).catch((error: unknown) => this.#parts.onFailure(error));
  }

  async #arriveAtChip(bytes: Uint8Array, sentBaud: number): Promise<void> {
    const { chip } = this.#parts;
    try {
      for (const passed of this.#pass(bytes, 'to-chip')) {
        if (!this.#isAlwaysHeard) chip.measure?.(sentBaud);
        await chip.receive(this.#isAlwaysHeard ? passed : hearAt(passed, sentBaud, chip.baudRate));
      }
    } catch (error) {
      this.#parts.onFailure(error);
    }
    if (this.#toChip.queuedBytes <= MAX_BACKLOG_BYTES) this.#resume();
  }

  #arriveAtHost(bytes: Uint8Array, sentBaud: number): void {
    const { toHost } = this.#parts;
    for (const passed of this.#pass(bytes, 'to-host')) {
      const heard = this.#isAlwaysHeard ? passed : hearAt(passed, sentBaud, this.#hostRate);
      if (heard.length > 0) toHost(heard);
    }
  }

  /** The pieces that get through, with what happens between them. */
  *#pass(bytes: Uint8Array, direction: Direction): Generator<Uint8Array> {
    for (let rest: Uint8Array | undefined = bytes; rest && this.#isOpen;) {
      const passage = this.#parts.faults.pass(rest, direction);
      if (passage.bytes.length > 0) yield passage.bytes;
      if (passage.event === 'reset') this.pulse(true);
      if (passage.event === 'unplug') this.#parts.onUnplug();
      rest = passage.rest;
    }
  }

  #resume(): void {
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

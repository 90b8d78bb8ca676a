/** The console of a session: everything that the chip printed since it began, and what may be typed to it. */
import type { ConsoleBuffer } from '../../core/console/console-buffer.ts';
import { ImprovReader } from '../../core/serial/improv-reader.ts';
import { runSequence } from '../../core/serial/reset-sequence.ts';
import { Subject } from '../observable.ts';
import type { Clock } from '../ports.ts';
import type { SerialWire } from './ports.ts';
import { carryOut } from './reset.ts';
import { UsbError } from './usb-errors.ts';
import type { UsbConsole } from './services.ts';
import { CONSOLE_BAUD, type UsbLink } from './usb-link.ts';

/** A frame at 60 Hz: more often nobody sees it. */
const TELL_MS = 16;
/** A frame comes in one piece, but for what USB makes of it. */
const FRAME_GAP_MS = 100;
/** Every ROM prints a banner at once, unless a fuse forbids it. */
const SILENCE_MS = 2000;
const UNHEARD = 'nothing was printed: if this port cannot reset the board, press RESET (EN) on it';
/** The system announces a port before its driver lets anybody open it. */
const REOPEN_ATTEMPTS = 5;
const REOPEN_PAUSE_MS = 300;

export class LiveUsbConsole implements UsbConsole {
  readonly buffer: ConsoleBuffer;
  readonly version = new Subject(0);
  readonly baudRate = new Subject(CONSOLE_BAUD);
  readonly open = new Subject(false);
  readonly #link: UsbLink;
  readonly #clock: Clock;
  readonly #refuseWhileBusy: () => void;
  /** What a device says in Improv is no text of its log. */
  readonly #frames: ImprovReader;
  #heard = 0;
  #isTelling = false;
  /** The cable was pulled while the console was open. */
  #isLost = false;

  /** @param refuseWhileBusy throws while a job needs the wire for itself */
  constructor(link: UsbLink, options: { readonly buffer: ConsoleBuffer; readonly clock: Clock; readonly refuseWhileBusy: () => void }) {
    this.#link = link;
    this.buffer = options.buffer;
    this.#clock = options.clock;
    this.#refuseWhileBusy = options.refuseWhileBusy;
    this.#frames = new ImprovReader({
      onPacket: () => undefined,
      onText: (bytes) => {
        this.buffer.push(bytes, this.#clock.now());
        this.#tell();
      },
    });
    link.tap((bytes) => this.#hear(bytes));
  }

  async start(baudRate: number): Promise<void> {
    this.#refuseWhileBusy();
    if (this.#link.connection) await this.leaveLoader();
    await this.#link.open(baudRate);
  }

  async setBaudRate(baudRate: number): Promise<void> {
    this.#refuseWhileBusy();
    this.baudRate.set(baudRate);
    if (this.#link.phase === 'console') await this.#link.open(baudRate);
  }

  async send(text: string): Promise<void> {
    this.#refuseWhileBusy();
    const { wire } = this.#link;
    if (!wire || this.#link.connection) throw new UsbError('CHIP_NOT_READY', 'the console is not open', { phase: this.#link.phase });
    this.#frames.flush();
    this.buffer.sent(text, this.#clock.now());
    this.#tell();
    await wire.send(new TextEncoder().encode(text));
  }

  async reset(): Promise<void> {
    this.#refuseWhileBusy();
    if (this.#link.connection) await this.#link.drop();
    const wire = this.#link.wire ?? (await this.#link.open(this.baudRate.value));
    this.started('reset');
    const setSignals: SerialWire['setSignals'] = (signals) => {
      // While EN is held low arrives what a boot loader had sent before: the end of a frame is no text.
      if (signals.requestToSend === false) this.#link.wasReset();
      return wire.setSignals(signals);
    };
    await carryOut(runSequence(this.#link.handle.usb), { setSignals }, this.#clock);
    const heard = this.#heard;
    const look = (): void => {
      if (heard === this.#heard && this.#link.wire === wire && this.#link.phase === 'console') this.note(UNHEARD);
    };
    // Nobody has to wait for it.
    void this.#clock.sleep(SILENCE_MS).then(look, () => undefined);
  }

  /** Without a reset the chip stays in it: nothing that it says from there is text. */
  async leaveLoader(): Promise<void> {
    const wasThere = this.#link.connection !== undefined;
    await this.#link.drop();
    // The cable may be what is gone.
    if (wasThere && this.#link.wire) this.note('left in its boot loader: a reset starts the application');
  }

  clear(): void {
    this.buffer.clear();
    this.#tell();
  }

  note(text: string): void {
    this.#note(text, false);
  }

  /** The chip starts anew, because somebody wants it to. */
  started(text: string): void {
    this.#note(text, true);
  }

  /** The port is there again: goes on where the cable was pulled, at the same rate. */
  async reopen(): Promise<void> {
    for (let attempt = 1; this.#isLost && attempt <= REOPEN_ATTEMPTS; attempt++) {
      try {
        this.#refuseWhileBusy();
        await this.#link.open(this.baudRate.value);
      } catch {
        // Whoever wants the port next hears why it does not open; here nobody asked.
        await this.#clock.sleep(REOPEN_PAUSE_MS);
      }
    }
  }

  /** It was closed on purpose. */
  stayClosed(): void {
    this.#isLost = false;
  }

  /** What the link became. */
  follow(): void {
    const isOpen = this.#link.phase === 'console';
    if (this.open.value && this.#link.phase === 'unplugged') {
      this.#isLost = true;
      this.note('unplugged');
    } else if (isOpen && this.#isLost) {
      this.#isLost = false;
      this.note('plugged in again');
    }
    if (isOpen) this.baudRate.set(this.#link.baudRate);
    this.open.set(isOpen);
  }

  #note(text: string, isStart: boolean): void {
    this.#frames.flush();
    this.buffer.note(text, this.#clock.now(), isStart);
    this.#tell();
  }

  /** A line may end like a frame begins: what was held back for one that does not come is shown a moment later. */
  #hear(bytes: Uint8Array): void {
    this.#frames.push(bytes);
    const heard = ++this.#heard;
    if (!this.#frames.isHolding) return;
    const flush = (): void => {
      if (heard === this.#heard) this.#frames.flush();
    };
    void this.#clock.sleep(FRAME_GAP_MS).then(flush, flush);
  }

  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    const tell = (): void => {
      this.#isTelling = false;
      this.version.set(this.version.value + 1);
    };
    void this.#clock.sleep(TELL_MS).then(tell, tell);
  }
}

/**
 * The UART (or USB) of a virtual board: its pins start the board or its boot loader, its console comes out here, and a running application
 * takes Wi-Fi credentials. One thing at a time, in the order in which it arrived; a falling EN ends at once whatever goes on.
 */
import { chipModel } from '../../chip-model.ts';
import { DeviceError } from '../device-error.ts';
import type { VirtualDevice } from '../virtual-device.ts';
import { Application } from './application.ts';
import type { ChipPins } from './auto-reset.ts';
import { ConsoleOutput } from './console-output.ts';
import { DownloadSession, type LeavingTo } from './download-session.ts';
import type { SerialChip } from './serial-chip.ts';

/** What ROMs, boot loaders and applications print at. */
const CONSOLE_BAUD = 115_200;
/** A cable that was pulled is plugged in again after so long. */
export const REPLUG_MS = 3_000;
/** Held in reset: until somebody lets go. */
const HELD = Number.MAX_SAFE_INTEGER;

export class BoardSerial implements SerialChip {
  readonly #device: VirtualDevice;
  readonly #console = new ConsoleOutput();
  readonly #application: Application;
  #output: ((bytes: Uint8Array) => void) | undefined;
  #wake: (() => void) | undefined;
  #baudRate = CONSOLE_BAUD;
  #isEnabled = true;
  #session: DownloadSession | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #failure: { readonly reason: unknown } | undefined;

  constructor(device: VirtualDevice) {
    this.#device = device;
    this.#application = new Application(device, (bytes) => this.#send(bytes));
    device.watch({
      onPrint: (line, atMs) => this.#print(line, atMs),
      onOver: () => this.#fail(new Error('the virtual device was replaced')),
    });
  }

  get baudRate(): number {
    return this.#baudRate;
  }

  get ignoresBaudRate(): boolean {
    return chipModel(this.#device.board.state.bench.chip).usb === 'serial-jtag';
  }

  connect(output: (bytes: Uint8Array) => void, wake?: () => void): void {
    // What was printed while nobody listened is gone; what is yet to come is not.
    this.#console.take(this.#device.now);
    this.#output = output;
    this.#wake = wake;
  }

  disconnect(): void {
    this.#output = undefined;
    this.#wake = undefined;
  }

  measure(baudRate: number): void {
    if (this.#device.board.state.power.kind === 'download' && !this.#session?.isCurrent) this.#baudRate = baudRate;
  }

  async receive(bytes: Uint8Array): Promise<void> {
    await this.#inTurn(() => this.#take(bytes));
  }

  async setPins({ enable, io0 }: ChipPins): Promise<void> {
    if (enable === this.#isEnabled) return;
    this.#isEnabled = enable;
    if (!enable) this.#stop();
    await this.#inTurn(() => (enable ? this.#start(io0) : this.#hold(HELD)));
  }

  async losePower(): Promise<void> {
    this.#stop();
    await this.#inTurn(() => this.#hold(this.#device.now + REPLUG_MS));
    await this.#device.surroundings.clock.sleep(REPLUG_MS);
    await this.#inTurn(() => this.#device.exclusive(() => this.#device.save()));
    this.#isEnabled = true;
  }

  async advance(): Promise<number | undefined> {
    if (this.#failure) throw this.#failure.reason;
    const device = this.#device;
    await this.#inTurn(async () => {
      // The port is closed, and a stub may still be writing: nobody comes again to look.
      if (!this.#output) await this.#session?.rest();
      const dueAtMs = this.#session?.saveDueAtMs;
      if (dueAtMs !== undefined && (dueAtMs <= device.now || !this.#output)) await this.#session?.settle();
      // While a flasher writes, its session decides when the flash goes to the disk.
      const flashEnd = this.#session?.isCurrent ? 0 : undefined;
      await device.exclusive(() => device.save('relaxed', flashEnd));
    });
    this.#flush();
    const times = [this.#console.nextAtMs, device.board.nextEventAt, this.#session?.saveDueAtMs].filter(
      (time) => time !== undefined && time < HELD,
    ) as number[];
    return times.length > 0 ? Math.max(0, Math.min(...times) - device.now) : undefined;
  }

  /** @throws whatever made an earlier turn fail: from then on the board is not believed any more */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#failure) throw this.#failure.reason;
      return task();
    });
    this.#last = turn.catch((reason: unknown) => this.#fail(reason));
    return turn;
  }

  #fail(reason: unknown): void {
    if (this.#failure) return;
    this.#failure = { reason };
    this.#stop();
    // What is in memory is not believed any more, what is stored is.
    this.#device.retire(new DeviceError('REBOOTING', 'the device is starting', { retryAfterS: 1 }));
    this.#wake?.();
  }

  /** What goes on in the chip is over, this moment. */
  #stop(): void {
    this.#session?.end();
    this.#console.clear();
    this.#application.reset();
    this.#baudRate = CONSOLE_BAUD;
  }

  async #hold(untilMs: number): Promise<void> {
    const device = this.#device;
    await this.#leaveSession();
    await device.withoutUpdate(async () => {
      device.cutShort();
      device.board.switchOff(device.now, untilMs);
      await device.save();
    });
  }

  async #start(io0: boolean): Promise<void> {
    const device = this.#device;
    await device.withoutUpdate(async () => {
      if (io0) await device.board.boot(device.now, 'POWERON');
      else device.board.enterDownload(device.now);
      await device.save(io0 ? 'strict' : 'relaxed');
    });
    this.#wake?.();
  }

  async #take(bytes: Uint8Array): Promise<void> {
    const { power, bench } = this.#device.board.state;
    if (!this.#isEnabled || bytes.length === 0) return;
    if (power.kind === 'download') {
      if (bench.fuseDownloadDisabled) return;
      await this.#currentSession().receive(bytes);
      this.#wake?.();
    } else if (power.kind === 'on') this.#application.receive(bytes);
  }

  #currentSession(): DownloadSession {
    if (this.#session?.isCurrent) return this.#session;
    this.#session?.end();
    const session: DownloadSession = new DownloadSession({
      device: this.#device,
      baudRate: this.#baudRate,
      send: (bytes) => this.#send(bytes),
      setBaudRate: (baudRate) => {
        this.#baudRate = baudRate;
      },
      onLeave: (how) => this.#leave(how),
      onFailure: (reason) => this.#fail(reason),
      onDue: () => this.#wake?.(),
    });
    this.#session = session;
    return session;
  }

  #leave(how: LeavingTo): void {
    this.#stop();
    const device = this.#device;
    this.#inTurn(async () => {
      await this.#leaveSession();
      await device.withoutUpdate(async () => {
        if (how === 'power-lost') await device.powerLost();
        else if (how === 'download') device.board.enterDownload(device.now, 'SW');
        else await device.board.boot(device.now, 'SW');
        await device.save('strict');
      });
      this.#wake?.();
    }).catch(() => undefined);
  }

  async #leaveSession(): Promise<void> {
    await this.#session?.settle();
    this.#session = undefined;
  }

  #print(line: string, atMs: number): void {
    this.#console.push(line, atMs);
    this.#wake?.();
  }

  #flush(): void {
    for (const bytes of this.#console.take(this.#device.now)) this.#output?.(bytes);
  }

  #send(bytes: Uint8Array): void {
    this.#flush();
    this.#output?.(bytes);
  }
}

/**
 * The chip of one session: gets into its boot loader, and knows who it is, what is in its flash, and what jobs that broke off left there.
 * What is found stands in the state of the session.
 */
import type { Subject } from '../observable.ts';
import type { BundleDesk } from './bundle-desk.ts';
import { readLayout, targetOf } from './chip-layout.ts';
import type { FoundOnChip } from './chip-layout.ts';
import type { JobTracker } from './job-tracker.ts';
import type { ChipLayout, UsbState } from './model.ts';
import { deviceOfPort } from './port-names.ts';
import type { ChipConnection, ChipIdentity } from './ports.ts';
import type { RequestScene } from './requests.ts';
import { markUnfinished } from './unfinished.ts';
import type { LiveUsbConsole } from './usb-console.ts';
import { UsbError } from './usb-errors.ts';
import type { LoaderOptions, UsbLink } from './usb-link.ts';
import type { UsbPorts } from './usb-ports.ts';

export type ConnectWish = Pick<LoaderOptions, 'baudRate' | 'withoutStub'>;

interface KnownChipParts {
  readonly ports: Pick<UsbPorts, 'history'>;
  readonly link: UsbLink;
  readonly console: LiveUsbConsole;
  /** Aims what was brought at what is found. */
  readonly desk: BundleDesk;
  readonly state: Subject<UsbState>;
}

export class KnownChip {
  readonly #parts: KnownChipParts;
  #found: FoundOnChip | undefined;
  #wish: ConnectWish = {};

  constructor(parts: KnownChipParts) {
    this.#parts = parts;
  }

  get found(): FoundOnChip | undefined {
    return this.#found;
  }

  /** @throws UsbError when nobody was connected yet */
  scene(): RequestScene {
    const { chip } = this.#parts.state.value;
    if (!chip) throw new UsbError('CHIP_NOT_READY', 'connect first', {});
    return { identity: chip, deviceId: this.#deviceId(chip), found: this.#found };
  }

  /** In its boot loader, connected now if it is not. */
  async ready(tracker: JobTracker, signal: AbortSignal): Promise<ChipConnection> {
    tracker.enter('connect');
    const connection = this.#parts.link.connection ?? (await this.#enter(signal));
    tracker.complete('connect');
    return connection;
  }

  /** @param wish of this time, and of every time that a job connects by itself */
  async connect(wish: ConnectWish, signal: AbortSignal): Promise<void> {
    this.#wish = wish;
    await this.#enter(signal);
  }

  /** Reads the layout again. */
  async look(signal: AbortSignal): Promise<void> {
    const { link, desk } = this.#parts;
    const { connection } = link;
    if (!connection) return;
    this.#found = await readLayout(connection, signal);
    this.#change({ layout: await this.#marked(this.#found.layout, connection.identity) });
    await desk.aim(targetOf(connection.identity, this.#found));
  }

  /** After a job: it may have broken off, or ended what broke off before. */
  async mark(): Promise<void> {
    const { layout, chip } = this.#parts.state.value;
    if (layout && chip) this.#change({ layout: await this.#marked(layout, chip) });
  }

  async #enter(signal: AbortSignal): Promise<ChipConnection> {
    const { link, console, state } = this.#parts;
    const { problem: _problem, ...rest } = state.value;
    state.set({ ...rest, connectSteps: [] });
    const connection = await link.enterLoader({
      ...this.#wish,
      signal,
      onStep: (step) => {
        // A reset that was asked for is no sign of a boot loop.
        if (step.step === 'reset') console.started(`reset into the boot loader (${step.strategy})`);
        this.#change({ connectSteps: [...state.value.connectSteps, step] });
      },
    });
    this.#change({ chip: connection.identity, loader: connection.loader });
    await this.look(signal);
    return connection;
  }

  /** With what is known of jobs that broke off, of this page or of an earlier one. */
  async #marked(layout: ChipLayout, identity: ChipIdentity): Promise<ChipLayout> {
    const entries = await this.#parts.ports.history?.(this.#deviceId(identity)).catch(() => []);
    return markUnfinished(layout, entries ?? []);
  }

  /** As the history knows it. */
  #deviceId({ mac }: ChipIdentity): string {
    const { portId, kind } = this.#parts.state.value;
    if (kind === 'virtual') return deviceOfPort(portId);
    return `usb:${mac === '' ? portId : mac}`;
  }

  #change(change: Partial<UsbState>): void {
    const { state } = this.#parts;
    state.set({ ...state.value, ...change });
  }
}

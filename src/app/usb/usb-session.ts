/**
 * One port, as the UI sees it: console ↔ connecting ↔ ready ↔ working, and unplugged at any time. One thing at a time: connecting and jobs
 * exclude each other, the console has the wire whenever nobody else does.
 */
import { estimateMs, savingMs } from '../../core/bundle/estimate.ts';
import type { FlashRange, PlanChoices } from '../../core/bundle/plan-model.ts';
import { isAbort, toProblem } from '../errors.ts';
import { Subject } from '../observable.ts';
import { adapterTitle } from './adapters.ts';
import { BundleDesk } from './bundle-desk.ts';
import type { DeskState } from './bundle-desk.ts';
import { readLayout, targetOf } from './chip-layout.ts';
import type { FoundOnChip } from './chip-layout.ts';
import { FlashOrder } from './flash-order.ts';
import type { FlashBench, FlashRequest } from './flash-order.ts';
import { openImprov } from './improv-client.ts';
import type { JobTracker } from './job-tracker.ts';
import type { ChipLayout, UsbJobState, UsbPhase, UsbState } from './model.ts';
import type { ChipConnection, ChipIdentity, SerialPortHandle } from './ports.ts';
import { EraseOrder, ReadOrder } from './range-orders.ts';
import { flashRequest, invalidateRequest, restoreRequest, selectRequest } from './requests.ts';
import type { RequestScene } from './requests.ts';
import type { ImprovSession, UsbSession } from './services.ts';
import { markUnfinished } from './unfinished.ts';
import { LiveUsbConsole } from './usb-console.ts';
import { UsbError, UsbJobError } from './usb-errors.ts';
import { UsbJob } from './usb-jobs.ts';
import type { JobOrder } from './usb-jobs.ts';
import { UsbLink } from './usb-link.ts';
import type { LoaderOptions } from './usb-link.ts';
import type { UsbPorts } from './usb-ports.ts';

const VIRTUAL_PREFIX = 'virtual:';

type ConnectWish = Pick<LoaderOptions, 'baudRate' | 'withoutStub'>;

export class LiveUsbSession implements UsbSession {
  readonly state: Subject<UsbState>;
  readonly console: LiveUsbConsole;
  readonly #ports: UsbPorts;
  readonly #link: UsbLink;
  readonly #desk: BundleDesk;
  readonly #bench: FlashBench;
  #found: FoundOnChip | undefined;
  #connecting: AbortController | undefined;
  #job: UsbJob | undefined;
  /** A flash job that broke off: its cable was lost, it was stopped, or the chip said no. */
  #broken: FlashOrder | undefined;
  #wish: ConnectWish = {};

  constructor(handle: SerialPortHandle, ports: UsbPorts) {
    this.#ports = ports;
    this.#link = new UsbLink(handle, ports, () => this.#follow());
    this.#desk = new BundleDesk(ports, (state) => this.#onDesk(state));
    this.console = new LiveUsbConsole(this.#link, {
      buffer: ports.newConsoleBuffer(),
      clock: ports.clock,
      refuseWhileBusy: () => this.#refuseWhileBusy(),
    });
    this.#bench = {
      ports,
      link: this.#link,
      console: this.console,
      found: () => this.#found,
      ready: (tracker, signal) => this.#ready(tracker, signal),
      look: (signal) => this.#look(signal),
    };
    const { id, kind } = handle;
    this.state = new Subject<UsbState>({
      portId: id,
      kind,
      title: titleOf(handle, ports),
      phase: 'closed',
      baudRate: this.#link.baudRate,
      connectSteps: [],
      choices: {},
    });
  }

  get isWriting(): boolean {
    return this.#job !== undefined;
  }

  // ---- the port ----

  async connect(wish: ConnectWish = {}): Promise<void> {
    this.#refuseWhileBusy();
    this.#wish = wish;
    const connecting = new AbortController();
    this.#connecting = connecting;
    this.#follow();
    try {
      await this.#enter(connecting.signal);
    } catch (error) {
      if (!isAbort(error)) this.#change({ problem: toProblem(error) });
      throw error;
    } finally {
      this.#connecting = undefined;
      this.#follow();
    }
  }

  async run(): Promise<void> {
    this.#refuseWhileBusy();
    this.console.started('start');
    await this.#link.run();
  }

  async close(): Promise<void> {
    this.#job?.stop();
    this.#connecting?.abort();
    this.console.stayClosed();
    await this.#link.close();
  }

  // ---- what is brought ----

  bring(files: readonly { readonly path: string; readonly blob: Blob }[]): Promise<void> {
    return this.#desk.bring(files);
  }

  bringUrl(url: string): Promise<void> {
    return this.#desk.bringUrl(url);
  }

  bringFirmware(sha256: string): Promise<void> {
    return this.#desk.bringFirmware(sha256);
  }

  clear(): void {
    this.#desk.clear();
  }

  choose(choices: PlanChoices): void {
    this.#desk.choose(choices);
  }

  // ---- jobs ----

  async flash(options: { readonly full: boolean; readonly snapshot: 'nothing' | 'overwritten' | 'everything' }): Promise<void> {
    this.#refuseWhileBusy();
    await this.#desk.settled();
    const { plan } = this.state.value;
    const { resolved, firmwareSha256 } = this.#desk;
    if (!plan || !resolved) throw new UsbError('PLAN_MISSING', 'nothing to write', {});
    await this.#flash(flashRequest({ plan, resolved, firmwareSha256, ...options }, this.#scene()));
  }

  async resume(): Promise<void> {
    this.#refuseWhileBusy();
    if (!this.#broken) throw new UsbError('NOTHING_TO_RESUME', 'no job broke off', {});
    await this.#begin(this.#broken);
  }

  async restore(sha256: string): Promise<void> {
    this.#refuseWhileBusy();
    await this.#flash(await restoreRequest(sha256, this.#ports, this.#scene()));
  }

  async selectSlot(label: string): Promise<void> {
    this.#refuseWhileBusy();
    await this.#flash(selectRequest(label, this.#scene()), { waits: true });
  }

  async invalidateSlot(label: string): Promise<void> {
    this.#refuseWhileBusy();
    await this.#flash(invalidateRequest(label, this.#scene()), { waits: true });
  }

  async read(range: FlashRange): Promise<Blob> {
    const order = this.#readOrder(range, false);
    await this.#complete(order);
    return new Blob([order.bytes]);
  }

  async snapshot(of: FlashRange | 'everything'): Promise<string> {
    const order = this.#readOrder(of, true);
    await this.#complete(order);
    return order.sha256;
  }

  async erase(range: FlashRange | 'everything'): Promise<void> {
    this.#refuseWhileBusy();
    await this.#complete(new EraseOrder(this.#ports.newId(), { range, ...this.#scene() }, this.#bench));
  }

  stop(): void {
    this.#connecting?.abort();
    this.#job?.stop();
  }

  dismissJob(): void {
    if (this.#job) return;
    this.#broken = undefined;
    const { job: _job, ...rest } = this.state.value;
    this.state.set({ ...rest, canResume: false });
  }

  // ---- Wi-Fi ----

  async improv(): Promise<ImprovSession | undefined> {
    this.#refuseWhileBusy();
    if (this.#link.connection) await this.run();
    const wire = await this.#link.open(this.console.baudRate.value);
    return openImprov({ send: (bytes) => wire.send(bytes), tap: (listener) => this.#link.tap(listener) }, this.#ports.clock);
  }

  // ---- from the registry ----

  replugged(handle: SerialPortHandle): void {
    this.#link.replug(handle);
    void this.console.reopen();
  }

  unplugged(): void {
    this.#link.unplug();
  }

  // ---- inside ----

  #refuseWhileBusy(): void {
    const doing = this.#job ? 'job' : this.#connecting ? 'connect' : undefined;
    if (doing) throw new UsbError('USB_BUSY', 'one thing at a time', { doing });
  }

  #scene(): RequestScene {
    const { chip } = this.state.value;
    if (!chip) throw new UsbError('CHIP_NOT_READY', 'connect first', {});
    return { identity: chip, deviceId: this.#deviceId(chip), found: this.#found };
  }

  /** As the history knows it. */
  #deviceId({ mac }: ChipIdentity): string {
    const { portId, kind } = this.state.value;
    if (kind === 'virtual') return portId.slice(VIRTUAL_PREFIX.length);
    return `usb:${mac === '' ? portId : mac}`;
  }

  #readOrder(range: FlashRange | 'everything', keeps: boolean): ReadOrder {
    this.#refuseWhileBusy();
    return new ReadOrder(this.#ports.newId(), { range, keeps, ...this.#scene() }, this.#bench);
  }

  async #flash(request: FlashRequest, { waits = false } = {}): Promise<void> {
    const order = new FlashOrder(this.#ports.newId(), request, this.#bench);
    await (waits ? this.#complete(order) : this.#begin(order));
  }

  async #begin(order: JobOrder): Promise<void> {
    const { begun, ended } = this.#start(order);
    // How it ends is in the state.
    ended.catch(() => undefined);
    await begun;
  }

  /** Rejects with what kept it from its end. */
  async #complete(order: JobOrder): Promise<void> {
    const { outcome, problem } = await this.#start(order).ended;
    if (outcome === 'done' || outcome === 'unverified') return;
    if (outcome === 'stopped') throw new DOMException('stopped', 'AbortError');
    throw new UsbJobError(problem?.code ?? 'UNEXPECTED', problem?.message ?? outcome, problem?.details ?? {});
  }

  #start(order: JobOrder): { readonly begun: Promise<void>; readonly ended: Promise<UsbJobState> } {
    // Whoever asked before, while something else was looked up, was first.
    this.#refuseWhileBusy();
    const job = new UsbJob(order, {
      ports: this.#ports,
      isLoss: (error) => this.#link.isLoss(error),
      publish: (state) => this.#change({ job: state }),
      afterwards: (state) => this.#afterwards(order, state),
    });
    this.#job = job;
    this.#broken = undefined;
    this.#change({ canResume: false });
    this.#follow();
    const { begun, ended } = job.begin();
    const finish = (last?: UsbJobState): void => {
      this.#job = undefined;
      // Only now, with the history written and the device free: whoever sees the end may start the next job at once.
      this.#change({ phase: this.#phase(), canResume: this.#broken !== undefined, ...(last && { job: last }) });
    };
    const told = ended.then(
      async (last) => {
        await this.#mark();
        finish(last);
        return last;
      },
      (error: unknown) => {
        finish();
        throw error;
      },
    );
    // Whoever waits for the end hears the same from it.
    begun.catch(() => undefined);
    return { begun, ended: told };
  }

  /** A boot loader whose job broke off is of no more use; what the job began can be taken up again. */
  async #afterwards(order: JobOrder, { outcome, problem }: UsbJobState): Promise<void> {
    if (outcome === 'done' || outcome === 'unverified') return;
    const isLoss = outcome === 'lost' || problem?.code === 'CHIP_RESTARTED';
    if (order instanceof FlashOrder && (isLoss || order.left() === 'partly-written')) this.#broken = order;
    await this.console.leaveLoader();
  }

  async #ready(tracker: JobTracker, signal: AbortSignal): Promise<ChipConnection> {
    tracker.enter('connect');
    const connection = this.#link.connection ?? (await this.#enter(signal));
    tracker.complete('connect');
    return connection;
  }

  async #enter(signal: AbortSignal): Promise<ChipConnection> {
    const { problem: _problem, ...rest } = this.state.value;
    this.state.set({ ...rest, connectSteps: [] });
    const connection = await this.#link.enterLoader({
      ...this.#wish,
      signal,
      onStep: (step) => {
        // A reset that was asked for is no sign of a boot loop.
        if (step.step === 'reset') this.console.started(`reset into the boot loader (${step.strategy})`);
        this.#change({ connectSteps: [...this.state.value.connectSteps, step] });
      },
    });
    this.#change({ chip: connection.identity, loader: connection.loader });
    await this.#look(signal);
    return connection;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { connection } = this.#link;
    if (!connection) return;
    this.#found = await readLayout(connection, signal);
    this.#change({ layout: await this.#marked(this.#found.layout, connection.identity) });
    await this.#desk.aim(targetOf(connection.identity, this.#found));
  }

  /** With what is known of jobs that broke off, of this page or of an earlier one. */
  async #marked(layout: ChipLayout, identity: ChipIdentity): Promise<ChipLayout> {
    const entries = await this.#ports.history?.(this.#deviceId(identity)).catch(() => []);
    return markUnfinished(layout, entries ?? []);
  }

  /** After a job: it may have broken off, or ended what broke off before. */
  async #mark(): Promise<void> {
    const { layout, chip } = this.state.value;
    if (layout && chip) this.#change({ layout: await this.#marked(layout, chip) });
  }

  #onDesk({ bundle, choices, plan, problem }: DeskState): void {
    const { bundle: _bundle, plan: _plan, estimatedMs: _ms, savingMs: _saving, problem: _problem, ...rest } = this.state.value;
    const { baudRate } = this.#link;
    const isNativeUsb = rest.chip !== undefined && rest.chip.connection !== 'uart';
    this.state.set({
      ...rest,
      choices,
      ...(bundle && { bundle }),
      ...(plan && {
        plan,
        estimatedMs: estimateMs(plan, { baudRate, isNativeUsb }),
        savingMs: savingMs(plan, { baudRate, isNativeUsb }),
      }),
      ...(problem && { problem }),
    });
  }

  #follow(): void {
    // While it is built, the link has nothing to tell.
    if (!this.state) return;
    this.console.follow();
    this.#change({ phase: this.#phase(), baudRate: this.#link.baudRate });
  }

  #phase(): UsbPhase {
    const { phase } = this.#link;
    if (phase === 'unplugged') return phase;
    if (this.#job) return 'working';
    return this.#connecting ? 'connecting' : phase;
  }

  #change(change: Partial<UsbState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}

function titleOf({ id, kind, usb }: SerialPortHandle, ports: Pick<UsbPorts, 'deviceName'>): string {
  if (kind === 'usb') return adapterTitle(usb);
  const deviceId = id.slice(VIRTUAL_PREFIX.length);
  return ports.deviceName(deviceId) ?? deviceId;
}

/**
 * One port, as the UI sees it: console ↔ connecting ↔ ready ↔ working, and unplugged at any time. One thing at a time: connecting and jobs
 * exclude each other, the console has the wire whenever nobody else does. What is known of the chip, what was brought and which job runs, three
 * others know.
 */
import { tableOf } from '../../core/bundle/places.ts';
import type { FlashRange, PlanChoices } from '../../core/bundle/plan-model.ts';
import { isAbort, toProblem } from '../errors.ts';
import { Subject } from '../observable.ts';
import { BundleDesk, withDesk, withOnChip } from './bundle-desk.ts';
import { whereOn } from './chip-layout.ts';
import { FlashOrder } from './flash-order.ts';
import type { FlashBench, FlashRequest } from './flash-order.ts';
import { openImprov } from './improv-client.ts';
import { JobRunner } from './job-runner.ts';
import { KnownChip } from './known-chip.ts';
import type { ConnectWish } from './known-chip.ts';
import { canAge, isOutdated } from './job-age.ts';
import type { UsbJobState, UsbPhase, UsbState } from './model.ts';
import { PlanProbe } from './plan-probe.ts';
import { closedState } from './port-names.ts';
import type { SerialPortHandle } from './ports.ts';
import { EraseOrder, ReadOrder } from './range-orders.ts';
import { assertMayStart, flashRequest, invalidateRequest, releaseIn, restoreRequest, selectRequest } from './requests.ts';
import type { StartWord } from '../slot-word.ts';
import type { ImprovSession, UsbSession } from './services.ts';
import { LiveUsbConsole } from './usb-console.ts';
import { assertTrusted, type BroughtPart, type WhereFrom } from './untrusted.ts';
import { UsbError } from './usb-errors.ts';
import { UsbLink } from './usb-link.ts';
import type { UsbPorts } from './usb-ports.ts';

const NEVER_STOPPED = new AbortController().signal;

export class LiveUsbSession implements UsbSession {
  readonly state: Subject<UsbState>;
  readonly console: LiveUsbConsole;
  readonly #ports: UsbPorts;
  readonly #link: UsbLink;
  readonly #desk: BundleDesk;
  readonly #bench: FlashBench;
  readonly #chip: KnownChip;
  readonly #jobs: JobRunner;
  readonly #probe: PlanProbe;
  #connecting: AbortController | undefined;

  constructor(handle: SerialPortHandle, ports: UsbPorts) {
    this.#ports = ports;
    this.#link = new UsbLink(handle, ports, () => this.#follow());
    const untrusted = async (parts: readonly BroughtPart[], from: WhereFrom) => {
      const scene = this.#chip.scene();
      return (await ports.untrusted?.(scene.deviceId, parts, { ...whereOn(scene), ...from })) ?? [];
    };
    this.#desk = new BundleDesk({ ...ports, untrusted }, (desk) => {
      this.state.set(withDesk(this.state.value, desk, this.#link.baudRate));
      this.#probePlan();
    });
    this.#probe = new PlanProbe({
      clock: ports.clock,
      idle: () => (this.#jobs.isBusy || this.#connecting ? undefined : this.#link.connection),
      found: (plan, onChip) => {
        if (this.state.value.plan === plan) this.state.set(withOnChip(this.state.value, onChip));
      },
    });
    this.console = new LiveUsbConsole(this.#link, {
      buffer: ports.newConsoleBuffer(),
      clock: ports.clock,
      refuseWhileBusy: () => this.#refuseWhileBusy(),
    });
    this.state = new Subject<UsbState>(closedState(handle, ports, this.#link.baudRate));
    const chip = new KnownChip({ ports, link: this.#link, console: this.console, desk: this.#desk, state: this.state });
    this.#chip = chip;
    this.#bench = {
      ports,
      link: this.#link,
      console: this.console,
      found: () => chip.found,
      ready: async (tracker, signal) => {
        await this.#probe.rest();
        return chip.ready(tracker, signal);
      },
      look: (signal, written) => chip.lookAfter(signal, written),
    };
    this.#jobs = new JobRunner({
      ports,
      isLoss: (error) => this.#link.isLoss(error),
      refuseWhileBusy: () => this.#refuseWhileBusy(),
      follow: () => this.#follow(),
      change: (change) => this.#change({ ...change, phase: this.#phase() }),
      leaveLoader: () => this.console.leaveLoader(),
      ended: () => chip.mark(),
      free: () => this.#probePlan(),
    });
  }

  get isWriting(): boolean {
    return this.#jobs.isBusy;
  }

  // ---- the port ----

  async connect(wish: ConnectWish = {}): Promise<void> {
    this.#refuseWhileBusy();
    const connecting = new AbortController();
    this.#connecting = connecting;
    this.#follow();
    try {
      await this.#probe.rest();
      await this.#chip.connect(wish, connecting.signal);
    } catch (error) {
      if (!isAbort(error)) this.#change({ problem: toProblem(error) });
      throw error;
    } finally {
      this.#connecting = undefined;
      this.#follow();
      this.#probePlan();
    }
  }

  async run(): Promise<void> {
    this.#refuseWhileBusy();
    await this.#probe.rest();
    this.console.started('start');
    await this.#link.run();
  }

  async close(): Promise<void> {
    this.#jobs.stop();
    this.#connecting?.abort();
    this.console.stayClosed();
    await this.#link.close();
  }

  // ---- what is brought ----

  bring(files: readonly { readonly path: string; readonly blob: Blob }[]): Promise<void> {
    return this.#bring(this.#desk.bring(files));
  }

  bringUrl(url: string): Promise<void> {
    return this.#bring(this.#desk.bringUrl(url));
  }

  bringFirmware(sha256: string): Promise<void> {
    return this.#bring(this.#desk.bringFirmware(sha256));
  }

  clear(): void {
    this.#desk.clear();
    void this.#seeWhereTheTableIs();
  }

  choose(choices: PlanChoices): void {
    this.#desk.choose(choices);
    void this.#desk.settled().then(() => this.#seeWhereTheTableIs());
  }

  // ---- jobs ----

  async flash(options: Parameters<UsbSession['flash']>[0], word?: StartWord): Promise<void> {
    this.#refuseWhileBusy();
    await this.#desk.settled();
    await this.#probe.rest();
    this.#refuseWhileBusy();
    const { plan, choices } = this.state.value;
    const { resolved, firmwareSha256, restores, restoresOwn } = this.#desk;
    if (!plan || !resolved) throw new UsbError('PLAN_MISSING', 'nothing to write', {});
    // A key may have been given up since the plan was made.
    const scene = this.#chip.scene();
    const asked = { ...whereOn(scene), erasesAll: choices.eraseAll, parts: resolved.parts, sha256: firmwareSha256, seen: plan.problems };
    if (!restoresOwn) await assertTrusted(this.#ports.untrusted, scene.deviceId, asked);
    const release = restores ? undefined : await releaseIn(resolved, firmwareSha256, this.#ports);
    const request = flashRequest({ plan, resolved, firmwareSha256, release, restores, ...options }, this.#chip.scene());
    await assertMayStart(request, this.#chip.scene(), this.#ports, { word, table: tableOf(resolved.parts) });
    await this.#jobs.begin(this.#order(request));
  }

  async resume(): Promise<void> {
    this.#refuseWhileBusy();
    await this.#jobs.resume();
  }

  async restore(sha256: string, word?: StartWord): Promise<void> {
    this.#refuseWhileBusy();
    const request = await restoreRequest(sha256, this.#ports, this.#chip.scene());
    await assertMayStart(request, this.#chip.scene(), this.#ports, { word });
    await this.#jobs.begin(this.#order(request));
  }

  /** Back to what ran before that job: nobody is asked. */
  async undo(): Promise<void> {
    this.#refuseWhileBusy();
    const { sha256, holds } = this.#jobs.wayBack();
    await this.#jobs.begin(this.#order({ ...(await restoreRequest(sha256, this.#ports, this.#chip.scene())), holds }));
  }

  async selectSlot(label: string, word?: StartWord): Promise<void> {
    await this.#known();
    await this.#byHand(selectRequest(label, this.#chip.scene()), word);
  }

  async invalidateSlot(label: string, word?: StartWord): Promise<void> {
    await this.#known();
    await this.#byHand(invalidateRequest(label, this.#chip.scene()), word);
  }

  async #byHand(request: FlashRequest, word?: StartWord): Promise<void> {
    await assertMayStart(request, this.#chip.scene(), this.#ports, { word });
    await this.#jobs.complete(this.#order(request));
  }

  async read(range: FlashRange): Promise<Blob> {
    const order = this.#readOrder(range, false);
    await this.#jobs.complete(order);
    return new Blob([order.bytes]);
  }

  async snapshot(of: FlashRange | 'everything'): Promise<string> {
    const order = this.#readOrder(of, true);
    await this.#jobs.complete(order);
    return order.sha256;
  }

  async erase(range: FlashRange | 'everything', word?: StartWord): Promise<void> {
    this.#refuseWhileBusy();
    const order = new EraseOrder(this.#ports.newId(), { range, ...this.#chip.scene() }, this.#bench);
    if (range !== 'everything') await assertMayStart({ writes: [], erases: [range] }, this.#chip.scene(), this.#ports, { word });
    await this.#jobs.complete(order);
  }

  stop(): void {
    this.#connecting?.abort();
    this.#jobs.stop();
  }

  dismissJob(): void {
    if (this.#jobs.isBusy) return;
    this.#jobs.giveUp();
    const { job: _job, ...rest } = this.state.value;
    this.state.set({ ...rest, canResume: false });
  }

  // ---- Wi-Fi ----

  async improv(): Promise<ImprovSession | undefined> {
    this.#refuseWhileBusy();
    if (this.#link.connection) {
      await this.run();
      await this.#link.returned(new AbortController().signal);
    }
    const wire = await this.#link.open(this.console.baudRate.value);
    return openImprov({ send: (bytes) => wire.send(bytes), tap: (listener) => this.#link.tap(listener) }, this.#ports.clock);
  }

  // ---- from the registry ----

  /** Something was done to some board. */
  async historyChanged(): Promise<void> {
    const { job } = this.state.value;
    if (job && canAge(job) && isOutdated(job, await this.#chip.history())) this.#age(job, 'changed');
  }

  replugged(handle: SerialPortHandle): void {
    this.#link.replug(handle);
    void this.console.reopen();
  }

  unplugged(): void {
    this.#link.unplug();
  }

  /** Another job may have begun meanwhile. */
  #age(job: UsbJobState, past: NonNullable<UsbJobState['past']>): void {
    if (this.state.value.job === job) this.#change({ job: { ...job, past } });
  }

  // ---- inside ----

  #refuseWhileBusy(): void {
    const doing = this.#jobs.isBusy ? 'job' : this.#connecting ? 'connect' : undefined;
    if (doing) throw new UsbError('USB_BUSY', 'one thing at a time', { doing });
  }

  #readOrder(range: FlashRange | 'everything', keeps: boolean): ReadOrder {
    this.#refuseWhileBusy();
    return new ReadOrder(this.#ports.newId(), { range, keeps, ...this.#chip.scene() }, this.#bench);
  }

  /** otadata may be another since the application ran: it is read anew. The chip may have restarted without a word to anybody, too. */
  async #known(): Promise<void> {
    this.#refuseWhileBusy();
    await this.#probe.rest();
    const { connection } = this.#link;
    if (!connection || !(await connection.isThere(NEVER_STOPPED))) await this.connect(this.#chip.wish);
  }

  #order(request: FlashRequest): FlashOrder {
    return new FlashOrder(this.#ports.newId(), request, this.#bench);
  }

  /** What could not be brought is not on the desk. */
  #bring(brought: Promise<void>): Promise<void> {
    return brought.finally(() => this.#seeWhereTheTableIs());
  }

  /** The plan is made anew by what is found there. */
  async #seeWhereTheTableIs(): Promise<void> {
    if (!this.#chip.isToBeSeenAnew) return;
    try {
      await this.#probe.first(() => this.#chip.seeAnew(NEVER_STOPPED));
    } catch (error) {
      this.#change({ problem: toProblem(error) });
    }
  }

  /** What of the plan is there already, where that can be asked now. */
  #probePlan(): void {
    const { plan, loader } = this.state.value;
    const canAsk = this.#link.connection !== undefined && loader !== 'secure-download' && !this.#jobs.isBusy && !this.#connecting;
    this.#probe.ask(canAsk ? plan : undefined);
  }

  #follow(): void {
    // While it is built, the link has nothing to tell.
    if (!this.state) return;
    this.console.follow();
    const { job, chip } = this.state.value;
    // A chip with USB of its own leaves the bus whenever it starts.
    if (this.#link.phase === 'unplugged' && chip?.connection === 'uart' && job && canAge(job)) this.#age(job, 'unplugged');
    this.#change({ phase: this.#phase(), baudRate: this.#link.baudRate, fasterBaudRate: this.#link.fasterBaudRate });
  }

  #phase(): UsbPhase {
    const { phase } = this.#link;
    if (phase === 'unplugged') return phase;
    if (this.#jobs.isBusy) return 'working';
    return this.#connecting ? 'connecting' : phase;
  }

  #change(change: Partial<UsbState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}

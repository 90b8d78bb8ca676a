/**
 * The jobs of one session: at most one at a time, what broke off can be taken up again. Whoever sees the end of one in the state may start the
 * next at once.
 */
import { FlashOrder } from './flash-order.ts';
import type { WayBack } from './flash-order.ts';
import type { UsbJobState, UsbState } from './model.ts';
import { UsbError, UsbJobError } from './usb-errors.ts';
import { UsbJob } from './usb-jobs.ts';
import type { JobHost, JobOrder } from './usb-jobs.ts';

/** The session, as far as its jobs need it. */
interface RunnerHost extends Pick<JobHost, 'ports' | 'isLoss'> {
  /** @throws UsbError while something else goes on */
  refuseWhileBusy(): void;
  /** Told whenever a job is there or none is: the state of the session is another. */
  follow(): void;
  change(change: Pick<Partial<UsbState>, 'job' | 'canResume'>): void;
  /** A boot loader whose job broke off is of no more use. */
  leaveLoader(): Promise<void>;
  /** The history is written; nobody has heard of the end yet. */
  ended(): Promise<void>;
  /** Everybody has: whatever was put off until then. */
  free(): void;
}

export class JobRunner {
  readonly #host: RunnerHost;
  #job: UsbJob | undefined;
  /** A flash job that broke off: its cable was lost, it was stopped, or the chip said no. */
  #broken: FlashOrder | undefined;
  /** The last job that ran. */
  #last: JobOrder | undefined;

  constructor(host: RunnerHost) {
    this.#host = host;
  }

  get isBusy(): boolean {
    return this.#job !== undefined;
  }

  /** Resolves when it has begun; how it ends is in the state. */
  async begin(order: JobOrder): Promise<void> {
    const { begun, ended } = this.#start(order);
    ended.catch(() => undefined);
    await begun;
  }

  /** Resolves when it is done. Rejects with what kept it from its end. */
  async complete(order: JobOrder): Promise<void> {
    const { outcome, problem } = await this.#start(order).ended;
    if (outcome === 'done' || outcome === 'unverified') return;
    if (outcome === 'stopped') throw new DOMException('stopped', 'AbortError');
    throw new UsbJobError(problem?.code ?? 'UNEXPECTED', problem?.message ?? outcome, problem?.details ?? {});
  }

  /** @throws UsbError when no job broke off */
  async resume(): Promise<void> {
    if (!this.#broken) throw new UsbError('NOTHING_TO_RESUME', 'no job broke off', {});
    await this.begin(this.#broken);
  }

  /** @throws UsbError where the last job saved nothing */
  wayBack(): WayBack {
    const way = this.#last instanceof FlashOrder ? this.#last.wayBack() : undefined;
    if (!way) throw new UsbError('NOTHING_TO_UNDO', 'the last job saved nothing', {});
    return way;
  }

  stop(): void {
    this.#job?.stop();
  }

  /** What broke off is not taken up again. */
  giveUp(): void {
    this.#broken = undefined;
  }

  #start(order: JobOrder): { readonly begun: Promise<void>; readonly ended: Promise<UsbJobState> } {
    const host = this.#host;
    // Whoever asked before, while something else was looked up, was first.
    host.refuseWhileBusy();
    const job = new UsbJob(order, {
      ports: host.ports,
      isLoss: (error) => host.isLoss(error),
      publish: (state) => host.change({ job: state }),
      afterwards: (state) => this.#afterwards(order, state),
    });
    this.#job = job;
    host.change({ canResume: false });
    host.follow();
    const { begun, ended } = job.begin();
    const told = ended.then(
      async (last) => {
        // What cannot be read again stays as it was; how the job ended is told all the same.
        await host.ended().catch(() => undefined);
        this.#finish(last);
        return last;
      },
      (error: unknown) => {
        this.#finish();
        throw error;
      },
    );
    // Whoever waits for the end hears the same from it.
    begun.catch(() => undefined);
    return { begun, ended: told };
  }

  /** Only now, with the history written and the device free. */
  #finish(last?: UsbJobState): void {
    this.#job = undefined;
    this.#host.change({ canResume: this.#broken !== undefined, ...(last && { job: last }) });
    this.#host.free();
  }

  /** Of a job that ran. One that could not begin leaves what broke off before as it was. */
  async #afterwards(order: JobOrder, { outcome, problem }: UsbJobState): Promise<void> {
    this.#broken = undefined;
    this.#last = order;
    if (outcome === 'done' || outcome === 'unverified') return;
    const isLoss = outcome === 'lost' || problem?.code === 'CHIP_RESTARTED';
    if (order instanceof FlashOrder && order.canGoOn && (isLoss || order.left() === 'partly-written')) this.#broken = order;
    await this.#host.leaveLoader();
  }
}

/** Follows the jobs of all ports: which of them run, and what the live region should say of their stages and ends. */
import type { UsbState } from '../app/usb/model.ts';
import type { UsbService } from '../app/usb/services.ts';
import { announce } from './live-region.ts';
import { activeFlashStage, usbJobAnnouncement } from './usb-words.ts';

export class UsbJobWatch {
  readonly #usb: UsbService;
  readonly #changed: () => void;
  /** The sessions that were seen so far, by port. */
  readonly #states = new Map<string, UsbState>();
  readonly #said = new Map<string, string>();
  #ends: (() => void)[] = [];
  #isStopped = false;

  constructor(usb: UsbService, changed: () => void) {
    this.#usb = usb;
    this.#changed = changed;
    this.#ends.push(usb.busy.subscribe((busy) => busy && void this.#find()));
    if (usb.busy.value) void this.#find();
  }

  get running(): readonly UsbState[] {
    return [...this.#states.values()].filter(({ job }) => job?.outcome === 'running');
  }

  stop(): void {
    this.#isStopped = true;
    for (const end of this.#ends.splice(0)) end();
  }

  /** Somebody works: whoever is not followed yet may be the one. */
  async #find(): Promise<void> {
    const unknown = this.#usb.ports.value.filter(({ portId }) => !this.#states.has(portId));
    await Promise.all(
      unknown.map(async ({ portId }) => {
        const session = await this.#usb.session(portId).catch(() => undefined);
        if (!session || this.#isStopped || this.#states.has(portId)) return;
        this.#take(session.state.value);
        this.#ends.push(session.state.subscribe((state) => this.#take(state)));
      }),
    );
  }

  #take(state: UsbState): void {
    this.#states.set(state.portId, state);
    const { job } = state;
    const standing = job
      ? `${job.id} ${job.outcome} ${activeFlashStage(job)?.stage ?? ''}${job.needsReset ? ' hand' : ''}${job.past ?? ''}`
      : '';
    if (standing === (this.#said.get(state.portId) ?? '')) return;
    this.#said.set(state.portId, standing);
    if (job) announce(usbJobAnnouncement(state, job));
    this.#changed();
  }
}

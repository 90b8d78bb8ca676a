/** One device as an element sees it: opens its session, polls it while the element is on the page, renders on every change. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { DeviceState } from '../../app/model.ts';
import type { AppServices, DeviceSession } from '../../app/services.ts';

export class DeviceSessionController implements ReactiveController {
  session: DeviceSession | undefined;
  /** Why there is no session: usually that no such device is known. */
  error: unknown;

  readonly #host: ReactiveControllerHost;
  readonly #wanted: () => { readonly services: AppServices; readonly id: string } | undefined;
  #id: string | undefined;
  #connected = false;
  /** As in `Observe`: properties may arrive with the first update only. */
  #isReady = false;
  #ends: (() => void)[] = [];

  constructor(host: ReactiveControllerHost, wanted: () => { readonly services: AppServices; readonly id: string } | undefined) {
    this.#host = host;
    this.#wanted = wanted;
    host.addController(this);
  }

  get state(): DeviceState | undefined {
    return this.session?.state.value;
  }

  hostConnected(): void {
    this.#connected = true;
    if (this.#isReady) this.#follow();
  }

  hostUpdate(): void {
    this.#isReady = true;
    this.#follow();
  }

  hostDisconnected(): void {
    this.#connected = false;
    this.#close();
    this.#id = undefined;
  }

  #close(): void {
    for (const end of this.#ends) end();
    this.#ends = [];
    this.session = this.error = undefined;
  }

  #follow(): void {
    const wanted = this.#wanted();
    if (wanted?.id === this.#id) return;
    this.#close();
    this.#id = wanted?.id;
    if (wanted) void this.#open(wanted.services, wanted.id);
  }

  async #open(services: AppServices, id: string): Promise<void> {
    const isStale = () => !this.#connected || this.#id !== id;
    try {
      const session = await services.devices.session(id);
      if (isStale()) return;
      this.session = session;
      this.#ends = [session.state.subscribe(() => this.#host.requestUpdate()), session.watch()];
    } catch (error) {
      if (isStale()) return;
      this.error = error;
    }
    this.#host.requestUpdate();
  }
}

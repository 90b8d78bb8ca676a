/** Opens the USB session of a port and follows its state for as long as the host is on the page. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { UsbState } from '../../app/usb/model.ts';
import type { UsbService, UsbSession } from '../../app/usb/services.ts';

interface Wanted {
  readonly usb: UsbService;
  readonly portId: string;
}

export class UsbSessionController implements ReactiveController {
  session: UsbSession | undefined;
  /** Why there is no session. */
  error: unknown;

  readonly #host: ReactiveControllerHost;
  readonly #wanted: () => Wanted | undefined;
  #portId: string | undefined;
  #end: (() => void) | undefined;

  constructor(host: ReactiveControllerHost, wanted: () => Wanted | undefined) {
    this.#host = host;
    this.#wanted = wanted;
    host.addController(this);
  }

  get state(): UsbState | undefined {
    return this.session?.state.value;
  }

  hostConnected(): void {
    this.#host.requestUpdate();
  }

  hostUpdate(): void {
    const wanted = this.#wanted();
    if (wanted?.portId === this.#portId) return;
    this.#leave();
    if (wanted) void this.#open(wanted);
  }

  hostDisconnected(): void {
    this.#leave();
  }

  #leave(): void {
    this.#end?.();
    this.#end = this.#portId = this.session = this.error = undefined;
  }

  async #open({ usb, portId }: Wanted): Promise<void> {
    this.#portId = portId;
    try {
      const session = await usb.session(portId);
      if (this.#portId !== portId) return;
      this.session = session;
      this.#end = session.state.subscribe(() => this.#host.requestUpdate());
    } catch (error) {
      if (this.#portId === portId) this.error = error;
    }
    this.#host.requestUpdate();
  }
}

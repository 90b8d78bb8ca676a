/** The USB door before anybody opened it: knows what the browser offers, and loads the rest when a port is first asked for. */
import { Subject } from '../observable.ts';
import type { BundleSummary } from './model.ts';
import type { HeldBoard, UsbPortSummary, UsbService, UsbSession } from './services.ts';

export class LateUsb implements UsbService {
  readonly support: UsbService['support'];
  readonly ports = new Subject<readonly UsbPortSummary[]>([]);
  readonly busy = new Subject(false);
  readonly held = new Subject<readonly HeldBoard[]>([]);
  readonly #load: () => Promise<UsbService>;

  /** @param load gives the same service each time */
  constructor(support: UsbService['support'], load: () => Promise<UsbService>) {
    this.support = support;
    let followed: UsbService | undefined;
    this.#load = async () => {
      const usb = await load();
      if (followed !== usb) {
        followed = usb;
        usb.ports.subscribe((ports) => this.ports.set(ports));
        usb.busy.subscribe((busy) => this.busy.set(busy));
        usb.held.subscribe((held) => this.held.set(held));
      }
      return usb;
    };
  }

  async refresh(): Promise<void> {
    await (await this.#load()).refresh();
  }

  async glance(url: string): Promise<BundleSummary> {
    return await (await this.#load()).glance(url);
  }

  async choose(): Promise<string | undefined> {
    return await (await this.#load()).choose();
  }

  async session(portId: string): Promise<UsbSession> {
    return await (await this.#load()).session(portId);
  }
}

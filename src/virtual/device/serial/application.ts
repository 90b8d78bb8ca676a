/** The application of a virtual board on its serial port. */
import type { VirtualDevice } from '../virtual-device.ts';

export class Application {
  readonly #device: VirtualDevice;
  readonly #send: (bytes: Uint8Array) => void;

  constructor(device: VirtualDevice, send: (bytes: Uint8Array) => void) {
    this.#device = device;
    this.#send = send;
  }

  reset(): void {
    void this.#send;
  }

  async receive(_bytes: Uint8Array): Promise<void> {
    await this.#device.exclusive(async () => undefined);
  }
}

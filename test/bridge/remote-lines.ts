/**
 * The control lines of a client that is far away. RFC 2217 carries DTR and RTS one at a time and tens of ms apart (pyserial waits 50 ms for
 * each answer, or 100 ms when it ignores them), while an auto-reset circuit gives a flasher 14 ms to go from RTS alone to DTR alone. So the
 * step between, both asserted, is kept back until the next one shows what was meant. The reference tool's own server acts in its stead, too.
 */
import type { SerialPortLike } from '../../src/core/serial/port.ts';

/** Later than pyserial is with its next change: the client wants both. */
const HOLD_MS = 400;
const USB_JTAG = { usbVendorId: 0x303a, usbProductId: 0x1001 };

interface Lines {
  readonly dataTerminalReady: boolean;
  readonly requestToSend: boolean;
}

const lines = (dataTerminalReady: boolean, requestToSend: boolean): Lines => ({ dataTerminalReady, requestToSend });

/** From RTS alone to DTR alone. USB Serial/JTAG takes "download" at DTR alone, resets at RTS alone, and must not see neither in between. */
const INTO_DOWNLOAD = {
  bridge: [lines(true, false)],
  'serial-jtag': [lines(true, false), lines(true, true), lines(false, true), lines(false, false)],
} as const satisfies Record<string, readonly Lines[]>;

export class RemoteLines {
  readonly #port: SerialPortLike;
  readonly #steps: readonly Lines[];
  /** As the client has them: what opening a port asserts. */
  #wanted = lines(true, true);
  #held: ReturnType<typeof setTimeout> | undefined;

  /** @param port open */
  constructor(port: SerialPortLike) {
    const { usbVendorId, usbProductId } = port.getInfo();
    const isUsbJtag = usbVendorId === USB_JTAG.usbVendorId && usbProductId === USB_JTAG.usbProductId;
    this.#port = port;
    this.#steps = INTO_DOWNLOAD[isUsbJtag ? 'serial-jtag' : 'bridge'];
  }

  async set(change: Partial<Lines>): Promise<void> {
    const before = this.#wanted;
    const now = (this.#wanted = { ...before, ...change });
    if (now.dataTerminalReady === before.dataTerminalReady && now.requestToSend === before.requestToSend) return;
    const isBetween = this.#held !== undefined;
    this.close();
    if (isBetween && now.dataTerminalReady) {
      for (const step of this.#steps) await this.#port.setSignals(step);
      return;
    }
    const isLeavingReset = before.requestToSend && !before.dataTerminalReady && now.requestToSend && now.dataTerminalReady;
    if (!isLeavingReset) return await this.#port.setSignals(now);
    this.#held = setTimeout(() => {
      this.#held = undefined;
      this.#port.setSignals(this.#wanted).catch(() => undefined);
    }, HOLD_MS);
  }

  close(): void {
    clearTimeout(this.#held);
    this.#held = undefined;
  }
}

// The control lines of a client that is far away. RFC 2217 carries DTR and RTS one at a time and tens of ms apart (pyserial waits 50 ms for each
// answer, or 100 ms when it ignores them), while an auto-reset circuit gives a flasher 14 ms to go from RTS alone to DTR alone. So the step
// between, both asserted, is kept back until the next one shows what was meant. The reference tool's own server does the sequence itself, too.

/** The client changed its mind, or wanted both: later than pyserial is with its next change. */
const HOLD_MS = 400;
const ESPRESSIF_USB_JTAG = { usbVendorId: 0x303a, usbProductId: 0x1001 };

/** @typedef {{ dataTerminalReady: boolean, requestToSend: boolean }} Lines */

/** @type {(dtr: boolean, rts: boolean) => Lines} */
const lines = (dtr, rts) => ({ dataTerminalReady: dtr, requestToSend: rts });

/** From RTS alone to DTR alone. USB Serial/JTAG takes "download" at DTR alone, resets at RTS alone, and must not see neither in between. */
const INTO_DOWNLOAD = {
  bridge: [lines(true, false)],
  'serial-jtag': [lines(true, false), lines(true, true), lines(false, true), lines(false, false)],
};

export class RemoteLines {
  #port;
  #steps;
  /** As the client has them: what opening a port asserts. */
  #wanted = lines(true, true);
  /** @type {NodeJS.Timeout | undefined} */
  #held;

  /** @param {any} port open */
  constructor(port) {
    const { usbVendorId, usbProductId } = port.getInfo();
    const isUsbJtag = usbVendorId === ESPRESSIF_USB_JTAG.usbVendorId && usbProductId === ESPRESSIF_USB_JTAG.usbProductId;
    this.#port = port;
    this.#steps = INTO_DOWNLOAD[isUsbJtag ? 'serial-jtag' : 'bridge'];
  }

  /** @param {Partial<Lines>} change of one line */
  async set(change) {
    const before = this.#wanted;
    const now = (this.#wanted = { ...before, ...change });
    if (now.dataTerminalReady === before.dataTerminalReady && now.requestToSend === before.requestToSend) return;
    const isBetween = this.#held !== undefined;
    this.close();
    if (isBetween && now.dataTerminalReady) {
      for (const step of this.#steps) await this.#port.setSignals(step);
      return;
    }
    const isLeavingReset = before.requestToSend && !before.dataTerminalReady && now.dataTerminalReady;
    if (!isLeavingReset) return await this.#port.setSignals(now);
    this.#held = setTimeout(() => {
      this.#held = undefined;
      this.#port.setSignals(this.#wanted).catch(() => undefined);
    }, HOLD_MS);
  }

  close() {
    clearTimeout(this.#held);
    this.#held = undefined;
  }
}

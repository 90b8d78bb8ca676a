/**
 * How DTR and RTS bring a chip into its boot loader or out of it, as data. Whoever has a port carries the steps out, one `setSignals` each.
 *
 * The classic circuit: two transistors pull EN low while RTS is asserted and DTR is not, and IO0 low while DTR is asserted and RTS is not.
 * With both or none asserted neither is pulled, so that a driver that asserts both when the port opens resets nothing.
 *
 * Both lines in one step is a wish: Linux, macOS and Windows change them one after the other. Browsers and drivers assert before they
 * release, or DTR before RTS, so (0,1) → (1,0) passes through (1,1): EN is let go before IO0 is down. The capacitor at EN bridges the time
 * between, as long as it is one call and not two with a round trip of the USB in between. Boards with a large capacitor start late and need
 * IO0 held longer: hence two lengths. Where the way matters more than the time (USB Serial/JTAG) the steps change one line each.
 *
 * Sources: Espressif, "Boot Mode Selection", "Automatic Bootloader"; schematics of the DevKitC; TRMs, "USB Serial/JTAG Controller".
 */
import type { SerialUsbInfo } from './port.ts';
import { ESPRESSIF_VENDOR_ID, USB_SERIAL_JTAG_PRODUCT_ID } from './targets.ts';

/** Signals for `SerialPortLike.setSignals`, both in one call. */
type ResetStep = { readonly dtr: boolean; readonly rts: boolean } | { readonly waitMs: number };

export interface ResetSequence {
  /** For the protocol of an attempt to connect. */
  readonly name: string;
  readonly steps: readonly ResetStep[];
}

const lines = (dtr: 0 | 1, rts: 0 | 1): ResetStep => ({ dtr: dtr === 1, rts: rts === 1 });
const wait = (waitMs: number): ResetStep => ({ waitMs });

const classic = (name: string, bootMs: number): ResetSequence => ({
  name,
  steps: [
    lines(0, 1), // EN low
    wait(100),
    lines(1, 0), // EN rises, IO0 low: the ROM reads it as soon as it starts
    wait(bootMs),
    lines(0, 0),
  ],
});

/** Into download mode. */
export const CLASSIC_RESET = classic('classic', 50);
export const CLASSIC_RESET_LONG = classic('classic, long', 550);

/** The peripheral remembers "download" at (1,0) and resets at (0,1); through (0,0) it would forget. */
export const USB_JTAG_RESET: ResetSequence = {
  name: 'USB Serial/JTAG',
  steps: [
    lines(0, 0),
    wait(100),
    lines(1, 0),
    wait(100),
    lines(1, 1),
    lines(0, 1), // Windows passes DTR on only together with RTS: both are stated
    wait(100),
    lines(0, 0),
  ],
};

/** Starts the application: a pulse at EN with IO0 left high. */
export const RUN_RESET: ResetSequence = { name: 'run', steps: [lines(0, 1), wait(100), lines(0, 0)] };

/** The same for a chip that is its own USB device: it leaves the bus and comes back. */
export const RUN_RESET_USB: ResetSequence = { name: 'run, USB', steps: [lines(0, 1), wait(200), lines(0, 0), wait(200)] };

/** Which to try, in turn, and again from the front. A port that does not say what it is may be either. */
export function downloadSequences(usb: SerialUsbInfo): readonly ResetSequence[] {
  if (usb.usbVendorId === undefined) return [CLASSIC_RESET, USB_JTAG_RESET, CLASSIC_RESET_LONG];
  if (isUsbSerialJtag(usb)) return [USB_JTAG_RESET];
  return [CLASSIC_RESET, CLASSIC_RESET_LONG];
}

export function runSequence({ usbVendorId }: SerialUsbInfo): ResetSequence {
  return usbVendorId === ESPRESSIF_VENDOR_ID ? RUN_RESET_USB : RUN_RESET;
}

export function isUsbSerialJtag({ usbVendorId, usbProductId }: SerialUsbInfo): boolean {
  return usbVendorId === ESPRESSIF_VENDOR_ID && usbProductId === USB_SERIAL_JTAG_PRODUCT_ID;
}

/**
 * What goes over the message port between a page and the worker in which a virtual device lives: a SerialPort's calls one way, its bytes and
 * events the other. Both ends trust each other's shape: they are one build, and a new worker takes over only when its pages reload.
 */
import type { SerialOpenOptions, SerialSignals, SerialUsbInfo } from './port.ts';
import type { ReadFault } from './receive-buffer.ts';

/** To the worker, with the port that all others go over. */
export interface AttachCable {
  readonly type: 'SERIAL_ATTACH';
  readonly deviceId: string;
  /** Of this cable, for its pulses. */
  readonly cable: string;
}

/** To the worker, now and then while a port is open, with a port for the answer: `true` while the cable is known. */
export interface CablePulse {
  readonly type: 'SERIAL_PULSE';
  readonly cable: string;
}

/**
 * A worker falls asleep 30 s after its last event, and messages over a port are none. Browsers do not say that the worker at the other end of
 * a port was stopped (Chromium 143 fires no `close` then): so often a page looks.
 */
export const PULSE_MS = 2_000;
/** So long one pulse keeps it awake: timers of a page that nobody sees may come once a minute only. */
export const PULSE_LASTS_MS = 90_000;

/** Bytes that may be on their way to a page that has not read them. */
export const CABLE_WINDOW_BYTES = 0x10000;

export type CableCall =
  | { readonly call: 'open'; readonly options: SerialOpenOptions }
  | { readonly call: 'close' }
  | { readonly call: 'signals'; readonly signals: SerialSignals }
  | { readonly call: 'baud-rate'; readonly baudRate: number }
  | { readonly call: 'write'; readonly bytes: Uint8Array }
  | { readonly call: 'discard' };

export type ToWorker = (CableCall & { readonly id: number }) | { readonly taken: number } | { readonly leave: true };

export type ToPage =
  | { readonly id: number; readonly error?: { readonly name: string; readonly message: string } }
  | { readonly event: 'info'; readonly usb: SerialUsbInfo }
  | { readonly event: 'data'; readonly bytes: Uint8Array }
  | { readonly event: 'fault'; readonly fault: ReadFault }
  | { readonly event: 'disconnect' }
  | { readonly event: 'connect' };

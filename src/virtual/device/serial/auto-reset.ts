/**
 * From the control lines of a port to the pins of the chip. Levels only, as data; how long EN takes to rise is told, not waited for.
 */

export interface ControlLines {
  /** Asserted, which is low on the wire. */
  readonly dataTerminalReady: boolean;
  readonly requestToSend: boolean;
}

export interface ChipPins {
  readonly enable: boolean;
  readonly io0: boolean;
}

/** How a board is wired to its port. */
export interface ResetCircuit {
  /** The pins once they have settled. @param before the lines until now, and the pins that they led to */
  pins(lines: ControlLines, before: { readonly lines: ControlLines; readonly pins: ChipPins }): ChipPins;
  /** True when these lines, just reached, reset the chip by a short pulse of its own making. */
  pulses(lines: ControlLines): boolean;
  /** From the moment at which nothing holds EN down until the chip sees it high. */
  readonly enableRiseMs: number;
}

export const RUNNING_PINS: ChipPins = { enable: true, io0: true };

/**
 * Two transistors, as on Espressif's development boards (ESP32-DevKitC schematic): RTS pulls EN down while DTR is not asserted, DTR pulls IO0
 * down while RTS is not; both together do nothing. 10 kΩ and 1 µF at EN (hardware design guidelines) reach 0.75 of the supply after 14 ms:
 * the time that a flasher has to go from RTS alone to DTR alone by way of both.
 */
export const TRANSISTOR_CIRCUIT: ResetCircuit = {
  pins: ({ dataTerminalReady, requestToSend }) => ({
    enable: !requestToSend || dataTerminalReady,
    io0: !dataTerminalReady || requestToSend,
  }),
  pulses: () => false,
  enableRiseMs: 14,
};

/**
 * USB Serial/JTAG (ESP32-C3 Technical Reference Manual, "USB Serial/JTAG Controller", reset by CDC-ACM control lines): DTR alone sets the
 * download flag, neither clears it, RTS alone resets the chip, both do nothing.
 */
export const USB_JTAG_CIRCUIT: ResetCircuit = {
  pins: ({ dataTerminalReady, requestToSend }, { pins }) => {
    if (requestToSend) return pins;
    return { enable: true, io0: !dataTerminalReady };
  },
  pulses: ({ dataTerminalReady, requestToSend }) => requestToSend && !dataTerminalReady,
  enableRiseMs: 0,
};

/** A board with nothing but TX and RX: a person presses BOOT and RESET. */
export const NO_CIRCUIT: ResetCircuit = { pins: () => RUNNING_PINS, pulses: () => false, enableRiseMs: 0 };

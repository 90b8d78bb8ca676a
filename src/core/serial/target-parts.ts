/** What many rows of `targets.ts` have in common. */
import type { RegisterField } from './register-field.ts';
import type { RomFacts, SpiController } from './target-model.ts';

/** The flash controller (SPIMEM1) of all chips since the ESP32-S2. */
export const SPI_MEMORY: Omit<SpiController, 'base'> = {
  usr: 0x18,
  usr1: 0x1c,
  usr2: 0x20,
  mosiLength: 0x24,
  misoLength: 0x28,
  w0: 0x58,
  addressFromTop: false,
};

/** A ROM of today. */
export const CURRENT_ROM: RomFacts = {
  securityInfo: 'long',
  beginWords: 5,
  statusLength: 4,
  extended: true,
  clock: { kind: 'right' },
};

/** UART_CLKDIV of the UART at `base`: the whole part of the divider, without the sixteenths above it. */
export const uartClockDivider = (base: number): RegisterField => [{ address: base + 0x14, shift: 0, width: 20 }];

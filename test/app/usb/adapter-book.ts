import type { AdapterMemory } from '../../../src/app/usb/ports.ts';

export class AdapterBook implements AdapterMemory {
  known: number | undefined;
  async fastest(): Promise<number | undefined> {
    return this.known;
  }
  async remember(_usb: unknown, baudRate: number): Promise<void> {
    this.known = baudRate;
  }
}

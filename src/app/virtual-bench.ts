/** The bench of a virtual device, for the UI: refuses devices that no hand of ours can reach. */
import { DeviceBookError } from './errors.ts';
import type { DeviceBook } from './device-book.ts';
import { Subject } from './observable.ts';
import type { VirtualBench } from './ports.ts';
import type { BenchService, BenchSettings } from './services.ts';

export class Bench implements BenchService {
  readonly version = new Subject(0);
  readonly #devices: DeviceBook;
  readonly #hand: () => Promise<VirtualBench>;

  constructor(devices: DeviceBook, hand: () => Promise<VirtualBench>) {
    this.#devices = devices;
    this.#hand = hand;
  }

  async read(deviceId: string): Promise<BenchSettings> {
    await this.#virtual(deviceId);
    return (await this.#hand()).read(deviceId);
  }

  async write(deviceId: string, change: Partial<BenchSettings>): Promise<BenchSettings> {
    const session = await this.#virtual(deviceId);
    const settings = await (await this.#hand()).write(deviceId, change);
    this.#changed();
    if (change.chip !== undefined || change.flashSizeMb !== undefined) {
      session.wasReset();
      await this.#note(deviceId, 'factory-reset');
    }
    return settings;
  }

  async powerCycle(deviceId: string): Promise<void> {
    const session = await this.#virtual(deviceId);
    await (await this.#hand()).powerCycle(deviceId);
    session.expectRestart();
    await this.#note(deviceId, 'power-cycle');
  }

  async pressBootAndReset(deviceId: string): Promise<void> {
    await this.#virtual(deviceId);
    await (await this.#hand()).pressBootAndReset(deviceId);
  }

  async pressReset(deviceId: string): Promise<void> {
    await this.#virtual(deviceId);
    await (await this.#hand()).pressReset(deviceId);
  }

  async factoryReset(deviceId: string): Promise<void> {
    const session = await this.#virtual(deviceId);
    await (await this.#hand()).factoryReset(deviceId);
    session.wasReset();
    this.#changed();
    await this.#note(deviceId, 'factory-reset');
  }

  /** A full disk loses the entry; what was done is done. */
  async #note(deviceId: string, act: 'power-cycle' | 'factory-reset'): Promise<void> {
    await this.#devices.noteAct(deviceId, act).catch(() => undefined);
  }

  #changed(): void {
    this.version.set(this.version.value + 1);
  }

  async #virtual(deviceId: string) {
    const session = await this.#devices.session(deviceId);
    if (session.state.value.record.kind !== 'virtual')
      throw new DeviceBookError('NOT_VIRTUAL', 'a real device has no bench here', { id: deviceId });
    return session;
  }
}

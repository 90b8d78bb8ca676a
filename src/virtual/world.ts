/**
 * All virtual devices of one origin: finds the one that a request is for, restores it or lets the first one come into being.
 * Owns no platform object: disk, clock, randomness and factory firmware are handed in.
 */
import type { BenchSettings } from './bench.ts';
import { json, refusal } from './device/answers.ts';
import { applyOrder, assertBenchHand, BENCH_PATH, handleBench, isBenchPath, readBenchOrder } from './device/bench-door.ts';
import { DeviceError } from './device/device-error.ts';
import { handleHttp } from './device/http-door.ts';
import { diskFull } from './device/update-door.ts';
import { serialPortOf } from './device/serial/board-port.ts';
import type { VirtualSerialPort } from './device/serial/virtual-serial-port.ts';
import { DeviceStorageError, VirtualDevice, type DeviceSurroundings } from './device/virtual-device.ts';
import type { Clock, DeviceStorage } from './storage.ts';

/** The board of the demo: there without being asked for, open with its delivered password, and slow enough to watch. */
export const DEMO_DEVICE_ID = 'esp32-ota';
const DEMO_SETTINGS: Partial<BenchSettings> = { acceptsDefaultPassword: true, bytesPerSecond: 300_000 };

const DEVICE_ID = /^[\w-]{1,64}$/;

export interface WorldOptions extends Omit<DeviceSurroundings, 'id' | 'storage' | 'address'> {
  readonly disk: VirtualDisk;
  /** For the serial lines: finer than `clock`, where there is one. */
  readonly lineClock?: Clock;
  /** Of the web server of a device. */
  readonly addressOf?: (id: string) => string;
}

export interface VirtualDisk {
  device(id: string): DeviceStorage;
  /** Every trace of it. */
  forget(id: string): Promise<void>;
}

export class VirtualWorld {
  readonly #options: WorldOptions;
  readonly #devices = new Map<string, Promise<VirtualDevice | undefined>>();

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  /** @param path below the device's base URL. Never rejects: what nobody foresaw is a 500. */
  async handle(request: Request, id: string, path: string): Promise<Response> {
    try {
      return await this.#answer(request, id, path);
    } catch (error) {
      if (error instanceof DeviceError) return refusal(error);
      await this.#retire(id);
      if (error instanceof DeviceStorageError) return refusal(diskFull(error));
      return json({ error: `the virtual device failed: ${String(error)}`, code: 'INTERNAL' }, 500);
    }
  }

  /** Settles when the device has nothing to finish behind an answer that it already gave. */
  async untilIdle(id: string): Promise<void> {
    const device = await this.#devices.get(id)?.catch(() => undefined);
    await device?.untilIdle();
  }

  /** The serial port of a device, the same for everybody: one at a time may open it. `undefined`: there is no such device. */
  async serialPort(id: string): Promise<VirtualSerialPort | undefined> {
    const device = DEVICE_ID.test(id) ? await this.#find(id) : undefined;
    return device && serialPortOf(device, this.#options.lineClock);
  }

  async #answer(request: Request, id: string, path: string): Promise<Response> {
    if (!DEVICE_ID.test(id)) throw new DeviceError('NOT_FOUND', 'no such device');
    if (path === BENCH_PATH && request.method === 'DELETE') return await this.#forget(request, id);
    const device = (await this.#find(id)) ?? (path === BENCH_PATH && request.method === 'PUT' ? undefined : null);
    if (device === null) throw new DeviceError('NOT_FOUND', 'no such device');
    if (!device) return await this.#create(request, id);
    const answer = await (isBenchPath(path) ? handleBench(device, request, path) : handleHttp(device, request, path));
    if (device.isOver) this.#devices.delete(id);
    return answer;
  }

  async #find(id: string): Promise<VirtualDevice | undefined> {
    const known = this.#devices.get(id);
    const device = await known;
    if (device?.isOver && this.#devices.get(id) === known) this.#devices.delete(id);
    if (device && !device.isOver) return device;
    return await (this.#devices.get(id) ?? this.#open(id, bringUp));
  }

  async #create(request: Request, id: string): Promise<Response> {
    assertBenchHand(request);
    const order = await readBenchOrder(request);
    // Somebody else may have made it, or may be about to forget it, while the order was read.
    for (let known = this.#devices.get(id); known; known = this.#devices.get(id)) {
      const made = await known.catch(() => undefined);
      if (made && !made.isOver) return await applyOrder(made, order);
      if (this.#devices.get(id) === known) this.#devices.delete(id);
    }
    const device = await this.#open(id, (surroundings) => VirtualDevice.provision(surroundings, order.name ?? id, order.change));
    return json(device?.board.state.bench, 201);
  }

  async #forget(request: Request, id: string): Promise<Response> {
    assertBenchHand(request);
    const device = await this.#devices.get(id)?.catch(() => undefined);
    if (device && !device.isOver) await device.withoutUpdate(async () => device.retire(new DeviceError('NOT_FOUND', 'no such device')));
    // Who asks meanwhile waits for this, and finds nothing.
    const forgetting = this.#options.disk.forget(id).then(() => undefined);
    this.#devices.set(id, forgetting);
    try {
      await forgetting;
    } finally {
      if (this.#devices.get(id) === forgetting) this.#devices.delete(id);
    }
    return json({ status: 'forgotten' });
  }

  /** A fault that nobody foresaw: what is in memory is not believed any more, what is stored is. */
  async #retire(id: string): Promise<void> {
    const opening = this.#devices.get(id);
    this.#devices.delete(id);
    const device = await opening?.catch(() => undefined);
    device?.retire(new DeviceError('REBOOTING', 'the device is starting', { retryAfterS: 1 }));
  }

  /** One object per device, also when two requests come at once. */
  #open(id: string, open: (surroundings: DeviceSurroundings) => Promise<VirtualDevice | undefined>): Promise<VirtualDevice | undefined> {
    const { disk, clock, random, factory, passwordRounds, addressOf } = this.#options;
    const address = addressOf && { address: addressOf(id) };
    const opening = open({ id, storage: disk.device(id), clock, random, factory, passwordRounds, ...address });
    this.#devices.set(id, opening);
    // A device that could not be opened is tried anew the next time.
    opening.then(
      (device) => device || this.#devices.delete(id),
      () => this.#devices.delete(id),
    );
    return opening;
  }
}

async function bringUp(surroundings: DeviceSurroundings): Promise<VirtualDevice | undefined> {
  const stored = await VirtualDevice.restore(surroundings);
  if (stored || surroundings.id !== DEMO_DEVICE_ID) return stored;
  return await VirtualDevice.provision(surroundings, surroundings.id, DEMO_SETTINGS);
}

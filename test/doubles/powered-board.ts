/** A virtual board on a bench, as it is once it has started, and the port that leads to it. */
import type { BenchSettings } from '../../src/virtual/bench.ts';
import { serialPortOf } from '../../src/virtual/device/serial/board-port.ts';
import type { VirtualSerialPort } from '../../src/virtual/device/serial/virtual-serial-port.ts';
import { VirtualDevice, type DeviceSurroundings } from '../../src/virtual/device/virtual-device.ts';
import type { Clock, DeviceStorage } from '../../src/virtual/storage.ts';
import { randomFrom } from './virtual-bench.ts';

/** From power-on until the factory firmware answers. */
const STARTED_MS = 3_000;

interface BoardParts {
  readonly id: string;
  readonly clock: Clock;
  readonly storage: DeviceStorage;
  readonly factory: Uint8Array;
}

export const boardSurroundings = ({ id, clock, storage, factory }: BoardParts): DeviceSurroundings => ({
  id,
  clock,
  storage,
  random: randomFrom(5),
  factory: async () => factory,
  passwordRounds: 10,
  address: `https://otter.test/virtual/device/${id}/`,
});

export async function poweredBoard(
  surroundings: DeviceSurroundings,
  settings: Partial<BenchSettings>,
): Promise<{ readonly device: VirtualDevice; readonly port: VirtualSerialPort }> {
  const device = await VirtualDevice.provision(surroundings, surroundings.id, settings);
  await surroundings.clock.sleep(STARTED_MS);
  return { device, port: serialPortOf(device) };
}

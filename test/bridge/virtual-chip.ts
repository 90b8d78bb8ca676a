/** A virtual chip on its own, for whoever brings a clock: a device with a disk in memory, and its serial port. Runs in a page and in Node. */
import type { SerialPortLike } from '../../src/core/serial/port.ts';
import { retargetImage } from '../../src/virtual/provision.ts';
import { parseBenchChange } from '../../src/virtual/bench.ts';
import { serialPortOf } from '../../src/virtual/device/serial/board-port.ts';
import type { VirtualSerialPort } from '../../src/virtual/device/serial/virtual-serial-port.ts';
import { VirtualDevice } from '../../src/virtual/device/virtual-device.ts';
import type { Clock } from '../../src/virtual/storage.ts';
import { makeFirmware, MemoryDisk } from '../doubles/virtual-bench.ts';
import { RemoteLines } from './remote-lines.ts';

export const realClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      }, Math.ceil(ms));
      const giveUp = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
    }),
};

export interface PluggedInChip {
  readonly port: VirtualSerialPort;
  readonly device: VirtualDevice;
}

export const remoteLinesOf = (port: SerialPortLike): RemoteLines => new RemoteLines(port);

/** @param settings bench settings by name: `{chip: 'ESP32-C3', serialLatencyMs: 16}` */
export async function plugInChip(settings: unknown = {}, wiring: { readonly followsChip?: boolean } = {}): Promise<PluggedInChip> {
  const device = await VirtualDevice.provision(
    {
      id: 'bridge',
      storage: new MemoryDisk(),
      clock: realClock,
      random: (bytes) => crypto.getRandomValues(bytes),
      factory: async (chip) => await retargetImage(await makeFirmware({ version: '1.0.0', bytes: 60_000 }), chip),
    },
    'bridge',
    parseBenchChange(settings),
  );
  return { port: serialPortOf(device, realClock, wiring), device };
}

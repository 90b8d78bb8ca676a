/** A virtual board at the end of a line with real timing: what both flashers are measured against. Its line takes its time, its flash only where asked. */
import type { SerialPortLike } from '../../src/core/serial/port.ts';
import { serialPortOf } from '../../src/virtual/device/serial/board-port.ts';
import { VirtualDevice } from '../../src/virtual/device/virtual-device.ts';
import type { Clock, DeviceStorage } from '../../src/virtual/storage.ts';

const forgetful: DeviceStorage = { load: async () => undefined, commit: async () => undefined };

/** Time passes, but nothing waits. */
const impatient: Clock = { now: () => performance.timeOrigin + performance.now(), sleep: () => Promise.resolve() };

/** Timers of a page fire up to this much late. */
const TIMER_ERROR_MS = 6;

/** Timers for the bulk of a wait, messages for its end: exact to a fraction of a millisecond, and the page stays free in between. */
export const exactClock: Clock = {
  now: impatient.now,
  async sleep(ms, signal) {
    const untilMs = performance.now() + ms;
    if (ms > TIMER_ERROR_MS) await timer(ms - TIMER_ERROR_MS, signal);
    const { port1, port2 } = new MessageChannel();
    try {
      while (performance.now() < untilMs) {
        signal?.throwIfAborted();
        await new Promise((resolve) => {
          port1.addEventListener('message', resolve, { once: true });
          port1.start();
          port2.postMessage(0);
        });
      }
    } finally {
      port1.close();
    }
  },
};

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    const stop = (): void => {
      clearTimeout(timeout);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}

export interface Line {
  readonly baudRate: number;
  readonly latencyMs: 1 | 16;
}

/** @param flash `timed`: erases and programs as fast as the data sheet says; `instant`: whatever takes time is the line's */
export async function plugIn(
  { latencyMs }: Pick<Line, 'latencyMs'>,
  factory: Uint8Array,
  flash: 'instant' | 'timed' = 'instant',
): Promise<SerialPortLike> {
  const device = await VirtualDevice.provision(
    {
      id: 'bench',
      storage: forgetful,
      clock: flash === 'timed' ? exactClock : impatient,
      random: (bytes) => crypto.getRandomValues(bytes),
      factory: async () => factory,
      passwordRounds: 1,
    },
    'bench',
    { serialLatencyMs: latencyMs },
  );
  return serialPortOf(device, exactClock);
}

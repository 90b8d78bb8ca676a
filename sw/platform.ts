/** What the virtual world needs from the browser: time, randomness, the factory firmware. */
import type { BenchSettings } from '../src/virtual/bench.ts';
import { retargetImage } from '../src/virtual/provision.ts';
import type { Clock, RandomSource } from '../src/virtual/storage.ts';
import { DemoStore } from './demo-store.ts';
import { DEMO_FILES } from './shipped.ts';

export const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const giveUp = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      }, ms);
      if (signal?.aborted) giveUp();
      else signal?.addEventListener('abort', giveUp, { once: true });
    }),
};

/**
 * For serial lines, whose bytes take microseconds. Timers are for whole milliseconds (four, in a long chain of them): the lines catch up with
 * what was due meanwhile.
 */
export const lineClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (ms, signal) => clock.sleep(Math.ceil(ms), signal),
};

export const random: RandomSource = (bytes) => crypto.getRandomValues(bytes);

const FACTORY_FIRMWARE = 'demo/greenhouse-node-1.0.0.bin';

/** The firmware that new boards are delivered with; it is stored with the other demo firmware, so a board can be made offline too. */
export function factoryFrom(scope: string): (chip: BenchSettings['chip']) => Promise<Uint8Array> {
  const demos = new DemoStore(DEMO_FILES, scope);
  return async (chip) => {
    const url = new URL(FACTORY_FIRMWARE, scope).href;
    const response = (await demos.load(url)) ?? (await fetch(url));
    if (!response.ok) throw new Error(`${FACTORY_FIRMWARE}: HTTP ${response.status}`);
    const firmware = new Uint8Array(await response.arrayBuffer());
    return chip === 'ESP32' ? firmware : await retargetImage(firmware, chip);
  };
}

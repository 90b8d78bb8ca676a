/** Small tools for measuring in a page: medians, long tasks, and the image that everything is measured with. */
import { encodeImage } from '../../src/core/image/encode-image.ts';

export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
  readonly met: boolean;
  readonly raw?: Readonly<Record<string, number>>;
}

export const IMAGE_BYTES = 4 << 20;

export async function medianMs(runs: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[runs >> 1] ?? 0;
}

/** Medians of several works that take turns, so that whatever else slows the machine slows them alike. */
export async function mediansInTurn(rounds: number, ...works: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const times = works.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, work] of works.entries()) times[index]?.push(await medianMs(1, work));
  }
  return times.map((list) => list.sort((a, b) => a - b)[rounds >> 1] ?? 0);
}

/** The longest main-thread task while `work` ran, ms; 0 when none was over 50 ms (the browser reports no shorter ones). */
export async function longestTaskMs(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  });
  observer.observe({ type: 'longtask' });
  await work();
  await new Promise((resolve) => setTimeout(resolve, 200));
  observer.disconnect();
  return longest;
}

/** A valid application image of 4 MB of noise that no compressor and no cache can shorten; xorshift32, the same every time. */
export async function fourMegabyteImage(): Promise<Uint8Array<ArrayBuffer>> {
  const words = new Uint32Array((IMAGE_BYTES - 0x10000) / 4);
  let state = 0x2545f491;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  const half = words.buffer.byteLength >> 1;
  const image = await encodeImage({
    chip: 'ESP32',
    flashMode: 'DIO',
    flashSize: '16MB',
    flashFrequency: '40m',
    entry: 0x400d0020,
    minChipRevision: 0,
    segments: [
      { loadAddress: 0x3f400020, data: new Uint8Array(words.buffer, 0, half) },
      { loadAddress: 0x400d0020, data: new Uint8Array(words.buffer, half) },
    ],
    descriptor: { version: '1.0.0', projectName: 'bench', date: 'Nov 19 2025', time: '18:02:11', idfVersion: 'v5.3.1', secureVersion: 0 },
    appendHash: true,
  });
  return image as Uint8Array<ArrayBuffer>;
}

export const megabytesPerSecond = (bytes: number, ms: number): number => bytes / 1e6 / (ms / 1000);

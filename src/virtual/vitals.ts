/** Free memory and signal of a board that does not exist: plausible, and the same for the same board at the same second. */

export interface Vitals {
  readonly freeHeap: number;
  readonly rssi: number;
}

export interface VitalsInput {
  readonly seed: number;
  readonly nowMs: number;
  readonly bootedAtMs: number;
  /** Of the chip with nothing going on. */
  readonly heapBytes: number;
  readonly updating: boolean;
}

/** The receive buffers and the flash writer of an update. */
const UPDATE_HEAP_BYTES = 46_000;
/** What the application takes in its first seconds. */
const START_UP_HEAP_BYTES = 12_000;

export function vitalsAt({ seed, nowMs, bootedAtMs, heapBytes, updating }: VitalsInput): Vitals {
  const second = Math.floor(nowMs / 1000);
  const uptimeS = Math.max(0, (nowMs - bootedAtMs) / 1000);
  const settled = 1 - Math.exp(-uptimeS / 4);
  const requests = noise(seed, second) * 3_000;
  const breath = (1 + Math.sin(second / 23 + (seed % 7))) * 900;
  const heap = heapBytes - settled * START_UP_HEAP_BYTES - requests - breath - (updating ? UPDATE_HEAP_BYTES : 0);
  const drift = Math.sin(second / 61 + (seed % 11)) * 3;
  const rssi = -48 - (seed % 9) + drift + (noise(seed ^ 0x5bd1e995, second) - 0.5) * 4;
  return { freeHeap: Math.round(heap / 4) * 4, rssi: Math.round(rssi) };
}

/** 0 … 1 from a seed and a counter (the finaliser of MurmurHash3). */
function noise(seed: number, counter: number): number {
  let hash = Math.imul(seed ^ counter, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}

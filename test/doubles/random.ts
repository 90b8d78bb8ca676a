/** Seeded randomness for property and fuzz tests: the same seed gives the same run (mulberry32). */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  /** An unsigned 32-bit number. */
  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.u32() % limit;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.u32() & 0xff);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

/** A fresh seed per run, or the one to repeat: `VITE_SEED=1234 npm run unit -- --files …` while hunting a failure. */
export const SEED = Number(import.meta.env.VITE_SEED ?? Date.now()) >>> 0;

/** Runs `body` and names the seed when it fails. */
export async function withSeed(seed: number, body: (random: Random) => unknown): Promise<void> {
  try {
    await body(new Random(seed));
  } catch (error) {
    throw new Error(`failed with seed ${seed}: ${String(error)}`, { cause: error });
  }
}

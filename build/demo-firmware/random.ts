/**
 * Numbers that look random and are the same on every machine: sfc32 seeded from a name, integer arithmetic only (the results of
 * `Math.log` and its like may differ between engines).
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    [this.#a, this.#b, this.#c] = [fnv1a(seed, 0x811c9dc5), fnv1a(seed, 0x9e3779b9), fnv1a(seed, 0x85ebca6b)];
    for (let i = 0; i < 12; i++) this.next();
  }

  /** 0 … 2³² − 1 */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 … limit − 1; `limit` at most 2²¹. */
  below(limit: number): number {
    return Math.floor((this.next() * limit) / 2 ** 32);
  }

  /** Like `below`, but small numbers come much more often: as registers, offsets and sizes do in programs. */
  skewed(limit: number): number {
    return this.below(this.below(this.below(limit) + 1) + 1);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** The first items much more often than the last. */
  pickSkewed<T>(list: readonly T[]): T {
    return list[this.skewed(list.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next() >>> 24);
  }
}

function fnv1a(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

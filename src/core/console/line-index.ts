/** Where each kept line lies in the ring of bytes, when it began and who said it: three numbers a line, no objects. */

const FIRST_CAPACITY = 4096;

export interface LineEntry {
  /** Position of its first byte. */
  readonly start: number;
  readonly length: number;
  readonly at: number;
  /** Index of its speaker. */
  readonly from: number;
}

export class LineIndex {
  readonly #mostLines: number;
  #starts = new Float64Array(FIRST_CAPACITY);
  #times = new Float64Array(FIRST_CAPACITY);
  #lengths = new Uint16Array(FIRST_CAPACITY);
  #from = new Uint8Array(FIRST_CAPACITY);
  #first = 0;
  #next = 0;

  constructor(mostLines: number) {
    this.#mostLines = mostLines;
  }

  /** Number of the oldest line that is kept. */
  get first(): number {
    return this.#first;
  }

  /** Number that the next line gets. */
  get next(): number {
    return this.#next;
  }

  /** Drops the oldest line when there would be too many. */
  add(start: number, length: number, at: number, from: number): void {
    if (this.#next - this.#first === this.#mostLines) this.#first++;
    if (this.#next - this.#first === this.#starts.length) this.#grow();
    const slot = this.#next % this.#starts.length;
    this.#starts[slot] = start;
    this.#lengths[slot] = length;
    this.#times[slot] = at;
    this.#from[slot] = from;
    this.#next++;
  }

  get(number: number): LineEntry | undefined {
    if (!(number >= this.#first && number < this.#next)) return undefined;
    const slot = number % this.#starts.length;
    return { start: this.#starts[slot]!, length: this.#lengths[slot]!, at: this.#times[slot]!, from: this.#from[slot]! };
  }

  /** Position of the oldest byte that some line needs; `otherwise` where there is no line. */
  oldestByte(otherwise: number): number {
    return this.#first === this.#next ? otherwise : this.#starts[this.#first % this.#starts.length]!;
  }

  dropFirst(): void {
    if (this.#first < this.#next) this.#first++;
  }

  clear(): void {
    this.#first = this.#next;
  }

  #grow(): void {
    const old = { starts: this.#starts, times: this.#times, lengths: this.#lengths, from: this.#from };
    const [from, to] = [old.starts.length, Math.min(this.#mostLines, 2 * old.starts.length)];
    this.#starts = new Float64Array(to);
    this.#times = new Float64Array(to);
    this.#lengths = new Uint16Array(to);
    this.#from = new Uint8Array(to);
    for (let number = this.#first; number < this.#next; number++) {
      const [before, after] = [number % from, number % to];
      this.#starts[after] = old.starts[before]!;
      this.#times[after] = old.times[before]!;
      this.#lengths[after] = old.lengths[before]!;
      this.#from[after] = old.from[before]!;
    }
  }
}

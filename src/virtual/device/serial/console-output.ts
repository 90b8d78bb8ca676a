/** What a board prints, line by line, until each is due on the wire. */

interface Due {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** A start has some sixty; more than this nobody listens to. */
const MAX_LINES = 500;

const encoder = new TextEncoder();

export class ConsoleOutput {
  #lines: Due[] = [];

  /** A line that is due before those that wait is the first of a new start: they were never printed. */
  push(line: string, atMs: number): void {
    while ((this.#lines.at(-1)?.atMs ?? -Infinity) > atMs) this.#lines.pop();
    this.#lines.push({ atMs, bytes: encoder.encode(`${line}\r\n`) });
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }

  get nextAtMs(): number | undefined {
    return this.#lines[0]?.atMs;
  }

  take(nowMs: number): readonly Uint8Array[] {
    let count = 0;
    while ((this.#lines[count]?.atMs ?? Infinity) <= nowMs) count++;
    return this.#lines.splice(0, count).map(({ bytes }) => bytes);
  }

  clear(): void {
    this.#lines = [];
  }
}

/**
 * Which lines of a console are shown: all of them, or those with a text in them. A filter over a long log is worked off in slices, so that
 * typing into it never holds the page up. Pure.
 */
import type { ConsoleBuffer } from '../../core/console/console-buffer.ts';

/** About 5 ms of work. */
const LINES_PER_SLICE = 20_000;

export class ConsoleFilter {
  #text = '';
  /** Numbers of the lines that match, ascending; those before `#first` were dropped by the buffer. */
  #matches: number[] = [];
  #first = 0;
  #next = 0;

  get isActive(): boolean {
    return this.#text !== '';
  }

  set(text: string): void {
    this.#text = text.toLowerCase();
    this.#matches = [];
    this.#first = this.#next = 0;
  }

  /** Looks at the lines that were not looked at yet, up to `end`; false while some are left. */
  advance(buffer: ConsoleBuffer, end: number, most = LINES_PER_SLICE): boolean {
    if (!this.isActive) return true;
    const from = Math.max(this.#next, buffer.firstNumber);
    const to = Math.min(end, from + most);
    for (let number = from; number < to; number++) {
      if (buffer.line(number)?.text.toLowerCase().includes(this.#text)) this.#matches.push(number);
    }
    // The last line may still grow: it is looked at again.
    this.#next = Math.max(from, to === end ? to - 1 : to);
    if (to === end && this.#matches.at(-1) === to - 1) this.#matches.pop();
    while ((this.#matches[this.#first] ?? Infinity) < buffer.firstNumber) this.#first += 1;
    return to >= end;
  }

  /** How many rows there are, when the buffer is shown up to `end`. */
  count(buffer: ConsoleBuffer, end: number): number {
    if (!this.isActive) return Math.max(0, end - buffer.firstNumber);
    return this.#matches.length - this.#first + (this.#lastMatches(buffer, end) ? 1 : 0);
  }

  /** The line number of row `row`, counted from the oldest that is there. */
  numberAt(buffer: ConsoleBuffer, end: number, row: number): number {
    if (!this.isActive) return buffer.firstNumber + row;
    return this.#matches[this.#first + row] ?? end - 1;
  }

  #lastMatches(buffer: ConsoleBuffer, end: number): boolean {
    return (
      this.#next >= end - 1 &&
      (buffer
        .line(end - 1)
        ?.text.toLowerCase()
        .includes(this.#text) ??
        false)
    );
  }
}

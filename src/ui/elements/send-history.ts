/** What was sent, to be sent again: arrow up goes back, arrow down comes forward to what was being written. Pure. */

const MOST = 100;

export class SendHistory {
  #lines: string[] = [];
  #at = 0;
  #draft = '';

  add(line: string): void {
    if (line !== '' && this.#lines.at(-1) !== line) this.#lines = [...this.#lines, line].slice(-MOST);
    this.#at = this.#lines.length;
    this.#draft = '';
  }

  /** @param present what stands in the field; kept while it is the newest. */
  earlier(present: string): string | undefined {
    if (this.#at === 0) return undefined;
    if (this.#at === this.#lines.length) this.#draft = present;
    this.#at -= 1;
    return this.#lines[this.#at];
  }

  later(): string | undefined {
    if (this.#at >= this.#lines.length) return undefined;
    this.#at += 1;
    return this.#lines[this.#at] ?? this.#draft;
  }
}

/**
 * `ConsoleBuffer` over a ring of raw bytes: what arrives is only cut into lines and looked at for signs of trouble; text and colours are made
 * of a line when somebody asks for it. Both rings are bounded, so hours of log cost no more than the last of it.
 */
import { parseAnsi } from './ansi.ts';
import { ByteRing } from './byte-ring.ts';
import type { ConsoleBuffer, ConsoleLine, ConsoleTrouble } from './console-buffer.ts';
import { GarbageWatch } from './garbage-watch.ts';
import { LineIndex } from './line-index.ts';
import type { LineEntry } from './line-index.ts';
import { ResetWatch, isReset, mayBeTrouble, troublesIn } from './troubles.ts';

interface ConsoleLimits {
  readonly lines: number;
  readonly bytes: number;
}

const DEFAULT_LIMITS: ConsoleLimits = { lines: 200_000, bytes: 16 * 1024 * 1024 };
/** A longer line goes on in the next one. */
export const MOST_LINE_BYTES = 4096;
/** Of what is saved: some milliseconds of work. */
const PIECE_LENGTH = 128 * 1024;
/** Signs of trouble stand at the start of a line. */
const SIGN_BYTES = 512;

const [LF, CR, ESC, SPACE] = [0x0a, 0x0d, 0x1b, 0x20];
const SPEAKERS = ['chip', 'sent', 'note'] as const satisfies readonly ConsoleLine['from'][];
type Speaker = (typeof SPEAKERS)[number];

const PREFIXES: Readonly<Record<Speaker, string>> = { chip: '', sent: '> ', note: '-- ' };

export class LineConsole implements ConsoleBuffer {
  readonly #ring: ByteRing;
  readonly #index: LineIndex;
  readonly #mostBytes: number;
  readonly #resets = new ResetWatch();
  readonly #garbage = new GarbageWatch();
  readonly #troubles = new Map<ConsoleTrouble['kind'], ConsoleTrouble>();
  readonly #utf8 = new TextDecoder();
  /** Of the line that is begun; it ends where the ring ends. */
  #openStart = 0;
  #openAt = 0;
  /** Number of its line. */
  #lastReset = -1;

  constructor({ lines, bytes }: ConsoleLimits = DEFAULT_LIMITS) {
    if (bytes < 2 * MOST_LINE_BYTES || lines < 1) throw new RangeError('a console holds at least two long lines');
    this.#mostBytes = bytes;
    this.#ring = new ByteRing(bytes);
    this.#index = new LineIndex(lines);
  }

  get firstNumber(): number {
    return this.#index.first;
  }

  get length(): number {
    return this.#index.next - this.#index.first + (this.#openLength > 0 ? 1 : 0);
  }

  get troubles(): readonly ConsoleTrouble[] {
    return [...this.#troubles.values()].toSorted((a, b) => a.line - b.line);
  }

  line(number: number): ConsoleLine | undefined {
    const entry = this.#entry(number);
    if (!entry) return undefined;
    const spans = parseAnsi(this.#decode(entry.start, entry.length));
    const text = spans.length === 1 ? spans[0]!.text : spans.map((span) => span.text).join('');
    return { number, at: entry.at, text, spans, from: SPEAKERS[entry.from]! };
  }

  push(bytes: Uint8Array, at: number): void {
    if (this.#garbage.isGarbage(bytes)) this.#trouble({ kind: 'garbage', line: this.#index.next });
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(LF, start);
      const end = found < 0 ? bytes.length : found;
      this.#append(bytes, start, end, at);
      if (found >= 0) this.#endLine(at);
      start = end + 1;
    }
  }

  note(text: string, at: number, isStart = false): void {
    // What the app says of resets, rates and cables explains what comes next.
    this.#resets.forget();
    this.#garbage.forget();
    if (isStart) this.#troubles.clear();
    this.#say(text, at, 'note');
  }

  sent(text: string, at: number): void {
    this.#say(text.replace(/[\r\n]+$/, ''), at, 'sent');
  }

  /** Numbers go on. */
  clear(): void {
    this.#index.clear();
    this.#openStart = this.#ring.end;
    this.#troubles.clear();
    this.#resets.forget();
    this.#garbage.forget();
  }

  *textPieces({ timestamps }: { readonly timestamps: boolean }): Generator<string, void> {
    const end = this.firstNumber + this.length;
    let piece = '';
    for (let number = this.firstNumber; number < end; number++) {
      const line = this.line(number);
      if (!line) continue;
      piece += `${timestamps ? `${new Date(line.at).toISOString()} ` : ''}${PREFIXES[line.from]}${line.text}\n`;
      if (piece.length < PIECE_LENGTH) continue;
      yield piece;
      piece = '';
    }
    if (piece !== '') yield piece;
  }

  get #openLength(): number {
    return this.#ring.end - this.#openStart;
  }

  #entry(number: number): LineEntry | undefined {
    if (number === this.#index.next && this.#openLength > 0) {
      return { start: this.#openStart, length: this.#openLength, at: this.#openAt, from: 0 };
    }
    return this.#index.get(number);
  }

  #decode(start: number, length: number): string {
    return this.#utf8.decode(this.#ring.read(start, length));
  }

  /** Adds bytes without a line feed to the line that is begun. */
  #append(bytes: Uint8Array, from: number, to: number, at: number): void {
    for (let start = from; start < to;) {
      if (this.#openLength >= MOST_LINE_BYTES) this.#splitLine(at);
      if (this.#openLength === 0) this.#openAt = at;
      const piece = bytes.subarray(start, Math.min(to, start + MOST_LINE_BYTES - this.#openLength));
      this.#makeRoom(piece.length);
      this.#ring.append(piece, this.#index.oldestByte(this.#openStart));
      start += piece.length;
    }
  }

  /** Drops the oldest lines until so many bytes fit. */
  #makeRoom(bytes: number): void {
    const end = this.#ring.end + bytes;
    while (end - this.#index.oldestByte(this.#openStart) > this.#mostBytes) this.#index.dropFirst();
  }

  #endLine(at: number): void {
    const length = this.#openLength;
    const number = this.#index.next;
    this.#index.add(this.#openStart, length, length === 0 ? at : this.#openAt, 0);
    if (length > 0 && this.#mayBeTrouble(this.#openStart, this.#ring.end)) this.#recognise(number, this.#openStart, length);
    this.#openStart = this.#ring.end;
  }

  /**
   * A line that is full: one that was written over and over (progress) forgets what was overwritten, every other one goes on in the next,
   * cut where no character is cut.
   */
  #splitLine(at: number): void {
    const end = this.#ring.end;
    let lastReturn = end - 1;
    while (lastReturn >= this.#openStart && this.#ring.at(lastReturn) !== CR) lastReturn--;
    if (lastReturn - this.#openStart > MOST_LINE_BYTES / 2) {
      const rest = this.#ring.read(lastReturn + 1, end - lastReturn - 1).slice();
      this.#ring.truncate(this.#openStart);
      this.#ring.append(rest, this.#index.oldestByte(this.#openStart));
      return;
    }
    const cut = this.#characterStart(end);
    this.#index.add(this.#openStart, cut - this.#openStart, this.#openAt, 0);
    this.#openStart = cut;
    this.#openAt = at;
  }

  /** `end`, or the start of a UTF-8 sequence (RFC 3629) that `end` would cut. */
  #characterStart(end: number): number {
    for (let back = 1; back <= 3; back++) {
      const byte = this.#ring.at(end - back);
      if ((byte & 0xc0) === 0x80) continue;
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
      return length > back ? end - back : end;
    }
    return end;
  }

  #say(text: string, at: number, from: Speaker): void {
    if (this.#openLength > 0) this.#endLine(at);
    const bytes = new TextEncoder().encode(text).subarray(0, MOST_LINE_BYTES);
    this.#makeRoom(bytes.length);
    this.#ring.append(bytes, this.#index.oldestByte(this.#openStart));
    this.#index.add(this.#openStart, bytes.length, at, SPEAKERS.indexOf(from));
    this.#openStart = this.#ring.end;
  }

  /** Looks at the first byte that is neither blank nor NUL nor part of a colour. */
  #mayBeTrouble(start: number, end: number): boolean {
    for (let at = start; at < end; at++) {
      const byte = this.#ring.at(at);
      if (byte === ESC) at = this.#sequenceEnd(at, end);
      else if (byte > SPACE) return mayBeTrouble(byte);
    }
    return false;
  }

  /** Position of the letter that ends `ESC [ …` (ECMA-48 CSI). */
  #sequenceEnd(escape: number, end: number): number {
    let at = escape + 2;
    while (at < end && this.#ring.at(at) < 0x40) at++;
    return at;
  }

  #recognise(line: number, start: number, length: number): void {
    const spans = parseAnsi(this.#decode(start, Math.min(length, SIGN_BYTES)));
    const text = spans
      .map((span) => span.text)
      .join('')
      .trim();
    for (const found of troublesIn(text)) if (!this.#isOfRom(found.kind, text)) this.#trouble({ ...found, line });
    if (!isReset(text)) return;
    this.#lastReset = line;
    const resets = this.#resets.reset(this.#openAt);
    if (resets !== undefined) this.#trouble({ kind: 'boot-loop', line, resets });
  }

  /** A ROM that finds nothing to start waits until its watchdog starts it again: no task was ever there to be blamed. */
  #isOfRom(kind: ConsoleTrouble['kind'], text: string): boolean {
    if (kind !== 'watchdog' || !isReset(text)) return false;
    const cause = this.#troubles.get('no-bootloader');
    return cause !== undefined && cause.line > this.#lastReset;
  }

  #trouble(trouble: ConsoleTrouble): void {
    // Whoever began to listen in the middle saw the watchdog before its cause.
    if (trouble.kind === 'no-bootloader') this.#troubles.delete('watchdog');
    this.#troubles.set(trouble.kind, trouble);
  }
}

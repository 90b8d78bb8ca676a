/**
 * What a serial console has printed: bytes in, lines out, in bounded memory. Takes UTF-8 (broken sequences become U+FFFD), CR, LF and CRLF,
 * ANSI colours; recognises boot loops, brown-outs and panics. Knows no time and no screen: times are handed in.
 */

export type AnsiColor = 'black' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'white';

export interface ConsoleSpan {
  readonly text: string;
  readonly color?: AnsiColor;
  readonly bold?: boolean;
}

export interface ConsoleLine {
  /** Counts from the first line of the session; stays when older lines are dropped. */
  readonly number: number;
  /** ms since 1970, when its first byte arrived. */
  readonly at: number;
  /** Without colours. */
  readonly text: string;
  readonly spans: readonly ConsoleSpan[];
  /** `sent`: typed by the person. `note`: said by the app ("port closed", "reset"). */
  readonly from: 'chip' | 'sent' | 'note';
}

export type ConsoleTrouble =
  | { readonly kind: 'boot-loop'; readonly line: number; readonly resets: number }
  | { readonly kind: 'brown-out'; readonly line: number }
  | { readonly kind: 'panic'; readonly line: number; readonly reason: string }
  | { readonly kind: 'watchdog'; readonly line: number }
  /** Said by the ROM. `isBlank`: what it reads there is erased flash. */
  | { readonly kind: 'no-bootloader'; readonly line: number; readonly isBlank: boolean }
  /** Said by the boot loader. */
  | { readonly kind: 'no-table'; readonly line: number }
  /** The same. */
  | { readonly kind: 'no-app'; readonly line: number }
  | { readonly kind: 'garbage'; readonly line: number };

export interface ConsoleBuffer {
  /** Complete and begun lines, oldest first, from `firstNumber` on. */
  readonly length: number;
  readonly firstNumber: number;
  line(number: number): ConsoleLine | undefined;
  /** Newest of each kind. */
  readonly troubles: readonly ConsoleTrouble[];
  push(bytes: Uint8Array, at: number): void;
  /** `isStart`: the chip starts anew because somebody wants it to: what an earlier run was in trouble with is over. The lines stay. */
  note(text: string, at: number, isStart?: boolean): void;
  sent(text: string, at: number): void;
  clear(): void;
  /** All of it as text, for saving; piece by piece, for it may be long. What is dropped meanwhile is left out. */
  textPieces(options: { readonly timestamps: boolean }): Iterable<string>;
}

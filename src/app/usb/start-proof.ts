/** After the start: what the boot log says of the version, whether the application stays up, and whether anything is printed at all. */
import type { ConsoleBuffer, ConsoleTrouble } from '../../core/console/console-buffer.ts';
import { isReset } from '../../core/console/troubles.ts';
import type { Clock } from '../ports.ts';
import type { UsbLink } from './usb-link.ts';

/** ESP-IDF prints its version within the first second; boot loaders with long checks of the image take longer. */
const WAIT_MS = 3000;
/** What crashes at boot does so soon after it has named itself; after a restart of its own it gets as long again. */
const STAY_UP_MS = 3000;
/** One restart may be meant (a first start that formats something), a second one is a loop. */
const MOST_RESTARTS = 1;
const LOOK_MS = 100;
/** For somebody who has to find the key first. */
const HAND_MS = 60_000;
const LOOK_FOR_HAND_MS = 250;
const MAX_TEXT = 16_384;
/** ESP-IDF `app_init` (before 5.1: `cpu_start`): `I (312) app_init: App version:      1.2.3`. */
const APP_VERSION = /App version:[ \t]+([^\r\n]+)/;
/** Begins the colour that ends a line. */
const ESCAPE = '\u001b';
const GRAVE: ReadonlySet<ConsoleTrouble['kind']> = new Set([
  'boot-loop',
  'brown-out',
  'panic',
  'no-bootloader',
  'no-table',
  'no-app',
  'watchdog',
]);

interface BootTrouble {
  readonly kind: ConsoleTrouble['kind'];
  /** The line that says so. */
  readonly line?: string;
}

/** Whoever can press RESET, where the page cannot. */
export interface ResetHand {
  /** Told when it is needed, and when no longer. */
  readonly need: (isNeeded: boolean) => void;
  /** Nobody is going to do it. */
  readonly isGivenUp: () => boolean;
}

export interface BootSeen {
  readonly version?: string;
  readonly trouble?: BootTrouble;
  /** Not one byte arrived. */
  readonly isSilent: boolean;
}

/** Starts to listen now; `watch` waits until it is known how the start went, for the first seconds only. */
export class BootWatch {
  readonly #clock: Clock;
  readonly #buffer: ConsoleBuffer;
  readonly #firstLine: number;
  readonly #end: () => void;
  readonly #decoder = new TextDecoder();
  #isSilent = true;
  #text = '';
  #version: string | undefined;
  /** After the version was named; what stands before it is the start that was asked for. */
  #restarts = 0;
  #upSince = 0;

  constructor(link: UsbLink, buffer: ConsoleBuffer, clock: Clock) {
    this.#clock = clock;
    this.#buffer = buffer;
    this.#firstLine = buffer.firstNumber + buffer.length;
    this.#end = link.tap((bytes) => this.#hear(bytes));
  }

  /**
   * @param hand asked where not one byte comes. Every ROM prints a banner on its UART when it starts, unless a fuse forbids it: silence is most
   * likely a board whose RESET the page cannot pull, and that still waits in its boot loader. Absent: there is nothing to wait for.
   */
  async watch(hand?: ResetHand): Promise<BootSeen> {
    try {
      const seen = await this.#watchStart();
      if (!seen.isSilent || !hand || hand.isGivenUp() || !(await this.#waitFor(hand))) return seen;
      return await this.#watchStart();
    } finally {
      this.close();
    }
  }

  async #watchStart(): Promise<BootSeen> {
    const until = this.#clock.now() + WAIT_MS;
    for (;;) {
      const trouble = this.#trouble();
      const now = this.#clock.now();
      const isOver = this.#version === undefined ? now >= until : now - this.#upSince >= STAY_UP_MS;
      if (trouble || isOver) return this.#seen(trouble);
      await this.#clock.sleep(LOOK_MS);
    }
  }

  /** True once something is heard. */
  async #waitFor({ need, isGivenUp }: ResetHand): Promise<boolean> {
    const until = this.#clock.now() + HAND_MS;
    need(true);
    while (this.#isSilent && !isGivenUp() && this.#clock.now() < until) await this.#clock.sleep(LOOK_FOR_HAND_MS);
    need(false);
    return !this.#isSilent;
  }

  close(): void {
    this.#end();
  }

  #seen(trouble: BootTrouble | undefined): BootSeen {
    const isSilent = this.#isSilent;
    return { isSilent, ...(this.#version !== undefined && { version: this.#version }), ...(trouble && { trouble }) };
  }

  /** A line that is still being printed says nothing yet. */
  #hear(bytes: Uint8Array): void {
    this.#isSilent &&= bytes.length === 0;
    const lines = (this.#text + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#text = lines.pop()!.slice(-MAX_TEXT);
    for (const line of lines) this.#read(line);
  }

  #read(line: string): void {
    const version = APP_VERSION.exec(line)?.[1]?.split(ESCAPE)[0]?.trim();
    const isRestart = this.#version !== undefined && isReset(line.trim());
    if (isRestart) this.#restarts += 1;
    if (isRestart || (version !== undefined && this.#version === undefined)) this.#upSince = this.#clock.now();
    this.#version ??= version;
  }

  #trouble(): BootTrouble | undefined {
    const found = this.#buffer.troubles.find(({ kind, line }) => line >= this.#firstLine && GRAVE.has(kind));
    if (!found) return this.#restarts > MOST_RESTARTS ? { kind: 'boot-loop' } : undefined;
    const line = this.#buffer.line(found.line)?.text;
    return { kind: found.kind, ...(line !== undefined && { line }) };
  }
}

/** After the start: what the boot log says of the version, and whether the chip starts at all. */
import type { ConsoleBuffer, ConsoleTrouble } from '../../core/console/console-buffer.ts';
import type { Clock } from '../ports.ts';
import type { UsbLink } from './usb-link.ts';

/** ESP-IDF prints it within the first second; boot loaders with long checks of the image take longer. */
const WAIT_MS = 3000;
const LOOK_MS = 100;
const MAX_TEXT = 16_384;
/** ESP-IDF `app_init` (before 5.1: `cpu_start`): `I (312) app_init: App version:      1.2.3`. */
const APP_VERSION = /App version:[ \t]+([^\r\n]+)/;
/** Begins the colour that ends a line. */
const ESCAPE = '\u001b';
const GRAVE: ReadonlySet<ConsoleTrouble['kind']> = new Set(['boot-loop', 'brown-out', 'panic', 'no-app', 'watchdog']);

export interface BootSeen {
  readonly version?: string;
  readonly trouble?: ConsoleTrouble['kind'];
}

/** Starts to listen now; `watch` waits for a word, and for the first seconds only. */
export class BootWatch {
  readonly #clock: Clock;
  readonly #buffer: ConsoleBuffer;
  readonly #firstLine: number;
  readonly #end: () => void;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(link: UsbLink, buffer: ConsoleBuffer, clock: Clock) {
    this.#clock = clock;
    this.#buffer = buffer;
    this.#firstLine = buffer.firstNumber + buffer.length;
    this.#end = link.tap((bytes) => (this.#text = (this.#text + this.#decoder.decode(bytes, { stream: true })).slice(-MAX_TEXT)));
  }

  async watch(): Promise<BootSeen> {
    const until = this.#clock.now() + WAIT_MS;
    try {
      for (;;) {
        const seen = this.#seen();
        if (seen.version !== undefined || seen.trouble !== undefined || this.#clock.now() >= until) return seen;
        await this.#clock.sleep(LOOK_MS);
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#end();
  }

  #seen(): BootSeen {
    const version = APP_VERSION.exec(this.#wholeLines())?.[1]?.split(ESCAPE)[0]?.trim();
    const trouble = this.#buffer.troubles.find(({ kind, line }) => line >= this.#firstLine && GRAVE.has(kind))?.kind;
    return { ...(version !== undefined && { version }), ...(trouble !== undefined && { trouble }) };
  }

  /** A version that is still being printed is none yet. */
  #wholeLines(): string {
    return this.#text.slice(0, this.#text.lastIndexOf('\n') + 1);
  }
}

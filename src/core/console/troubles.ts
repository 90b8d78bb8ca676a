/**
 * What a line of the boot ROM, the boot loader or ESP-IDF's panic handler says is wrong. Sources: the ROMs' banners, ESP-IDF
 * `esp_system/panic.c`, `brownout.c`, `task_wdt.c`, `bootloader_utility.c`, `flash_partitions.c`.
 */
import type { ConsoleTrouble } from './console-buffer.ts';

type Found<T = ConsoleTrouble> = T extends ConsoleTrouble ? Omit<T, 'line'> : never;

interface Sign {
  readonly pattern: RegExp;
  readonly found: (match: RegExpExecArray) => Found;
}

const panic = (match: RegExpExecArray): Found => ({ kind: 'panic', reason: (match[1] ?? match[0]).trim() });

/** All that match count. Patterns of complete words: a log may quote half of one. */
const SIGNS: readonly Sign[] = [
  { pattern: /^Guru Meditation Error: Core +\d+ panic'ed \((.*?)\)(?=\.|$)/, found: panic },
  { pattern: /^Debug exception reason: (.+)/, found: panic },
  { pattern: /^abort\(\) was called at PC 0x[0-9a-f]+.*/, found: panic },
  { pattern: /^assert failed: .*/, found: panic },
  { pattern: /^assertion ".*" failed.*/, found: panic },
  { pattern: /^\*\*\*ERROR\*\*\* (.*stack overflow.*)/i, found: panic },
  { pattern: /^CORRUPT HEAP: .*/, found: panic },
  { pattern: /Brownout detector was triggered|^rst:0x[0-9a-f]+ \([^)]*BROWN_?OUT/i, found: () => ({ kind: 'brown-out' }) },
  {
    pattern: /Task watchdog got triggered|^rst:0x[0-9a-f]+ \((?![^)]*BROWN)[^)]*WDT/i,
    found: () => ({ kind: 'watchdog' }),
  },
  {
    pattern: /^invalid header: 0x[0-9a-f]{8}|^csum err:0x|^Checksum failure\. Calculated 0x|^flash read err, \d+/i,
    found: ([line]) => ({ kind: 'no-bootloader', isBlank: /0xffffffff$/i.test(line) }),
  },
  {
    pattern: /^E \([^)]*\) (?:flash_parts: |boot: (?:Failed to verify partition table|load partition table error))/,
    found: () => ({ kind: 'no-table' }),
  },
  { pattern: /No bootable app partitions|OTA data partition invalid and no factory/i, found: () => ({ kind: 'no-app' }) },
];

/** First characters of lines that can be a sign (`E`: an error of ESP-IDF's log); millions of ordinary lines are told apart by one look. */
const STARTS: ReadonlySet<number> = new Set([...'GDa*CBErTNifc'].map((character) => character.charCodeAt(0)));

/** @param byte the first of the line that is no blank and no escape sequence */
export const mayBeTrouble = (byte: number): boolean => STARTS.has(byte);

/** @param line without colours */
export function troublesIn(line: string): readonly Found[] {
  const found: Found[] = [];
  for (const sign of SIGNS) {
    const match = sign.pattern.exec(line);
    if (match) found.push(sign.found(match));
  }
  return found;
}

/** The ROM's banner says why it started; into download mode it goes because somebody asked for it. */
export const isReset = (line: string): boolean => /^rst:0x[0-9a-f]+ \(/i.test(line) && !/DOWNLOAD/.test(line);

/** So many resets within so long are no accident. An application that panics after joining Wi-Fi needs a few seconds a round. */
const LOOP_RESETS = 3;
const LOOP_MS = 20_000;
/** Nobody counts further, and a line that says nothing else must not cost more with each. */
const MOST_COUNTED = 100;

/** Counts resets by their times. */
export class ResetWatch {
  #times: number[] = [];

  /** How many resets there were lately, this one counted; `undefined` while that is no loop. */
  reset(at: number): number | undefined {
    this.#times = [...this.#times.filter((time) => at - time <= LOOP_MS), at].slice(-MOST_COUNTED);
    return this.#times.length >= LOOP_RESETS ? this.#times.length : undefined;
  }

  /** What comes next was asked for. */
  forget(): void {
    this.#times = [];
  }
}

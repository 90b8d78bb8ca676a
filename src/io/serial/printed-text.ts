/** What a chip printed while somebody tried to reach its boot loader, and what that says about the mode it is in. */
import { SerialError } from '../../app/usb/errors.ts';
import type { SerialErrorCode } from '../../app/usb/errors.ts';

const KEPT = 2048;
/** Enough for the line that matters; a log is for the console. */
const TOLD = 300;
/** Readable bytes in a row: what is heard at a wrong rate never has so many. */
const SENTENCE = 24;
const isReadable = (byte: number): boolean => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13 || byte === 27;
/** The end of it is enough for whoever has just reset the chip: its first words are lost easily. */
const BOOT_LINE = /boot:0x[0-9a-f]+ ?(?:\([^)]{1,60}\))?/gi;
/** All of it, as boot ROMs since the ESP32 print it: `rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)`. */
const WHOLE_BOOT_LINE = /rst:0x[0-9a-f]{1,2} \([^)\n]{1,40}\),boot:0x[0-9a-f]{1,8} \([^)\n]{1,60}\)/gi;
const WAITING = 'waiting for download';
/** UART_DOWNLOAD_DIS is burnt: as an ESP32 says it in espressif/esp-idf#6106. */
const DISABLED = 'Download mode is disabled';

export class PrintedText {
  #text = '';
  /** Since the last reset. */
  #recent = '';
  #heard = false;
  #readableInARow = 0;
  #isTalking = false;

  hear(bytes: Uint8Array): void {
    this.#heard = true;
    for (const byte of bytes) {
      this.#readableInARow = isReadable(byte) ? this.#readableInARow + 1 : 0;
      this.#isTalking ||= this.#readableInARow >= SENTENCE;
    }
    let piece = '';
    for (const byte of bytes.subarray(-KEPT)) piece += byte === 10 || (byte >= 32 && byte < 127) ? String.fromCharCode(byte) : '';
    this.#text = (this.#text + piece).slice(-KEPT);
    this.#recent = (this.#recent + piece).slice(-KEPT);
  }

  /** The chip is reset: what it says next counts for the mode that it is in. */
  noteReset(): void {
    this.#recent = '';
    this.#readableInARow = 0;
    this.#isTalking = false;
  }

  /** A boot ROM said that it started, and not that it waits. */
  get startedElsewhere(): boolean {
    return this.#recent.search(BOOT_LINE) >= 0 && !this.#recent.includes(WAITING);
  }

  /** The line with which a boot ROM begins. */
  get bootLine(): string | undefined {
    return this.#recent.match(WHOLE_BOOT_LINE)?.at(-1);
  }

  /** Somebody prints who is no boot loader: those say nothing unless they are asked. */
  get isTalking(): boolean {
    return this.#isTalking;
  }

  /** The chip said that its boot loader will never answer. */
  get isShutOff(): boolean {
    return this.#recent.includes(DISABLED);
  }

  /** Why nobody answered, as far as the chip told. */
  explain(): SerialError {
    const { code, text, message } = this.#reason();
    return new SerialError(code, message, text === undefined ? {} : { text });
  }

  #reason(): { readonly code: SerialErrorCode; readonly message: string; readonly text?: string } {
    if (this.#text.includes(DISABLED)) return { code: 'DOWNLOAD_DISABLED', message: 'download mode is fused off', text: DISABLED };
    const boot = this.#text.match(BOOT_LINE)?.at(-1);
    if (this.#text.includes(WAITING))
      return { code: 'NO_SYNC_IN_DOWNLOAD_MODE', message: 'the chip waits for a download and hears nothing', text: WAITING };
    if (boot !== undefined) return { code: 'WRONG_MODE', message: `the chip started in another mode: ${boot}`, text: boot };
    if (this.#heard)
      return { code: 'NO_SYNC_BUT_TEXT', message: 'the chip prints, but no boot loader answers', text: this.#text.slice(-TOLD) };
    return { code: 'NO_ANSWER', message: 'nothing answers' };
  }
}

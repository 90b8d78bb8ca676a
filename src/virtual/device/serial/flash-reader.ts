/**
 * READ_FLASH of a stub: packets of flash, each acknowledged by the bytes that have arrived, and the MD5 of what was sent.
 * Behaves as Espressif's stubs do: whatever number of packets may be under way, one is; a frame that is no acknowledgement ends it.
 */
import { readFlashAcknowledge, type WordValues } from '../../../core/serial/commands.ts';
import { Md5 } from '../../../core/bytes/md5.ts';
import { parsed } from './loader.ts';
import type { TimedFlash } from './timed-flash.ts';

export type ReadOrder = WordValues<'offset' | 'length' | 'packetSize' | 'maxInFlight'>;

/** The stub's buffer. */
export const MAX_READ_PACKET = 0x1000;
const MAX_IN_FLIGHT = 1;

export class FlashReader {
  readonly #flash: TimedFlash;
  readonly #send: (frame: Uint8Array) => void;
  readonly #md5 = new Md5();
  readonly #order: ReadOrder;
  #sentBytes = 0;
  #sentPackets = 0;
  #acknowledgedPackets = 0;
  #acknowledgedBytes = 0;
  #isOver = false;

  constructor(flash: TimedFlash, order: ReadOrder, send: (frame: Uint8Array) => void) {
    this.#flash = flash;
    this.#order = order;
    this.#send = send;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends what may be sent; the MD5 when everything has arrived. */
  proceed(): void {
    const { length } = this.#order;
    while (this.#sentBytes < length && this.#sentPackets - this.#acknowledgedPackets < MAX_IN_FLIGHT) this.#sendPacket();
    if (this.#sentBytes >= length && this.#acknowledgedBytes >= length) this.#finish();
  }

  take(frame: Uint8Array): void {
    const acknowledge = parsed(readFlashAcknowledge.parse, frame);
    if (!acknowledge) return this.#finish();
    this.#acknowledgedPackets++;
    this.#acknowledgedBytes = acknowledge.received;
    this.proceed();
  }

  #sendPacket(): void {
    const { offset, length, packetSize } = this.#order;
    const bytes = this.#flash.read(offset + this.#sentBytes, Math.min(packetSize, length - this.#sentBytes));
    this.#md5.update(bytes);
    this.#send(bytes);
    this.#sentBytes += bytes.length;
    this.#sentPackets++;
  }

  #finish(): void {
    this.#isOver = true;
    this.#send(this.#md5.digest());
  }
}

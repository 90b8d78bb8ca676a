/** One READ_FLASH of the stub in `loader-chip.ts`: a packet, and the next one when that was acknowledged. Knows no other command. */
import { md5 } from '../../src/core/bytes/md5.ts';
import { encodeSlip } from '../../src/core/serial/slip.ts';
import type { Clock } from '../../src/virtual/storage.ts';

export interface ReadLine {
  readonly clock: Clock;
  readonly baudRate: number;
  readonly send: (frame: Uint8Array) => void;
  /** The chip that read was reset. */
  readonly isOver: () => boolean;
}

export class LoaderRead {
  #acknowledged = 0;
  #count = 0;
  #isBroken = false;

  /** A frame while it reads. */
  hear(frame: Uint8Array): void {
    if (frame.length !== 4) return void (this.#isBroken = true);
    this.#acknowledged = new DataView(frame.buffer).getUint32(0, true);
    this.#count++;
  }

  async run(bytes: Uint8Array, packetSize: number, { clock, baudRate, send, isOver }: ReadLine): Promise<void> {
    const { length } = bytes;
    let sent = 0;
    let packets = 0;
    while (!this.#isBroken && (sent < length || this.#acknowledged < length)) {
      if (isOver()) return;
      if (sent < length && packets === this.#count) {
        const frame = encodeSlip(bytes.slice(sent, Math.min(length, sent + packetSize)));
        send(frame);
        // It shifts every byte out before it looks at anything else.
        await clock.sleep((frame.length * 10_000) / baudRate);
        sent = Math.min(length, sent + packetSize);
        packets++;
      } else {
        await clock.sleep(0.1);
      }
    }
    if (!isOver()) send(encodeSlip(md5(bytes)));
  }
}

/** The flash of the chip in `loader-chip.ts`: what is erased and programmed there, plain or inflated on the way. Knows no command. */
import { Unzlib } from 'fflate';
import { concat } from '../../src/core/bytes/concat.ts';
import type { Clock } from '../../src/virtual/storage.ts';

export interface FlashTimes {
  /** Of one sector. */
  readonly eraseMs?: number;
  /** Of one page's write. */
  readonly pageMs?: number;
}

export interface FlashOrder {
  readonly size: number;
  readonly offset: number;
  readonly blocks: number;
}

interface Write extends FlashOrder {
  /** `undefined`: the blocks are what is written. */
  readonly inflater: Unzlib | undefined;
  readonly inflated: Uint8Array[];
  /** Still to come. */
  blocks: number;
  /** Inflated and not written yet: lost when another write begins. */
  held: Uint8Array<ArrayBuffer>;
  written: number;
}

const SECTOR = 0x1000;
const PAGE = 0x100;
/** Of what comes out of a deflated stream a chip writes so much at a time, and what is left at the stream's end. */
const DICTIONARY = 32 << 10;
const INFLATE_FAILED = 0xc7;

export class LoaderFlash {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #clock: Clock;
  readonly #times: Required<FlashTimes>;
  #write: Write | undefined;

  constructor(clock: Clock, size: number, { eraseMs = 0, pageMs = 0 }: FlashTimes) {
    this.#clock = clock;
    this.#times = { eraseMs, pageMs };
    this.bytes = new Uint8Array(size).fill(0xff);
  }

  get isWriting(): boolean {
    return this.#write !== undefined;
  }

  /** Of what was begun. */
  forget(): void {
    this.#write = undefined;
  }

  begin(order: FlashOrder, isDeflated: boolean): void {
    const inflated: Uint8Array[] = [];
    const inflater = isDeflated ? new Unzlib((data) => inflated.push(data.slice())) : undefined;
    this.#write = { ...order, inflater, inflated, held: new Uint8Array(0), written: 0 };
  }

  async erase(offset: number, size: number): Promise<void> {
    const sectors = Math.ceil(size / SECTOR);
    await this.#clock.sleep(sectors * this.#times.eraseMs);
    this.bytes.fill(0xff, offset, offset + sectors * SECTOR);
  }

  /** One block of what was begun. @param erases on the way. @returns the code of a failure */
  async program(block: Uint8Array, erases: boolean): Promise<number | undefined> {
    const write = this.#write!;
    const inflated = inflate(write, block);
    if (!inflated) return INFLATE_FAILED;
    write.blocks--;
    const whole = write.inflater && write.blocks > 0 ? DICTIONARY : 1;
    const all = concat([write.held, inflated]);
    const bytes = all.subarray(0, all.length - (all.length % whole));
    write.held = all.slice(bytes.length);
    const at = write.offset + write.written;
    const fresh = bytes.subarray(0, write.size - write.written);
    write.written += fresh.length;
    if (erases) await this.#clock.sleep((fresh.length / SECTOR) * this.#times.eraseMs);
    await this.#clock.sleep((fresh.length / PAGE) * this.#times.pageMs);
    this.bytes.set(fresh, at);
    return undefined;
  }
}

/** `undefined`: no deflated stream. */
function inflate({ inflater, inflated }: Write, block: Uint8Array): Uint8Array | undefined {
  if (!inflater) return block;
  try {
    inflater.push(block);
  } catch {
    return undefined;
  }
  return concat(inflated.splice(0));
}

/**
 * Collects pieces of flash content that a container brings in any order into contiguous runs.
 * Memory stays within the bytes that were brought: an address allocates nothing.
 */
import { concat } from '../bytes/concat.ts';
import { hexNumber } from '../bytes/hex.ts';
import { ImageError } from './image-error.ts';

/** Contiguous bytes at a flash address. */
export interface FlashRun {
  readonly flashOffset: number;
  readonly bytes: Uint8Array;
}

/** The largest flash that an image header can name. */
export const MOST_FLASH_BYTES = 128 * 1024 * 1024;
/** Far more than any build has; a file of scattered single bytes is an attack or not a firmware. */
const MOST_EXTENTS = 4096;

interface Extent {
  readonly address: number;
  /** Where its bytes start among the collected ones. */
  readonly start: number;
  length: number;
  /** Where in the container it came from, for errors. */
  readonly fileOffset: number;
}

export class FlashRunCollector {
  readonly #data: Uint8Array;
  #used = 0;
  readonly #extents: Extent[] = [];

  /** @param mostBytes bound of what will be added: a container cannot hold more than its own size */
  constructor(mostBytes: number) {
    this.#data = new Uint8Array(mostBytes);
  }

  /** @throws ImageError when the address lies outside of every flash, or when there are too many separate pieces */
  add(address: number, bytes: Uint8Array, fileOffset: number): void {
    if (address + bytes.length > MOST_FLASH_BYTES) {
      const rule = `flash ends at ${hexNumber(MOST_FLASH_BYTES, 1)} at the latest, this data at ${hexNumber(address + bytes.length, 1)}`;
      throw new ImageError('CONTAINER_LIMIT', rule, fileOffset);
    }
    if (bytes.length === 0) return;
    const last = this.#extents.at(-1);
    if (last && last.address + last.length === address) last.length += bytes.length;
    else if (this.#extents.length === MOST_EXTENTS)
      throw new ImageError('CONTAINER_LIMIT', `more than ${MOST_EXTENTS} separate pieces`, fileOffset);
    else this.#extents.push({ address, start: this.#used, length: bytes.length, fileOffset });
    this.#data.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** The runs by ascending address. @throws ImageError when two pieces claim the same address */
  finish(): readonly FlashRun[] {
    const sorted = this.#extents.toSorted((a, b) => a.address - b.address);
    const groups: Extent[][] = [];
    let end = -1;
    for (const extent of sorted) {
      if (extent.address < end) {
        throw new ImageError('CONTAINER_OVERLAP', `flash address ${hexNumber(extent.address, 1)} is given twice`, extent.fileOffset);
      }
      if (extent.address === end) groups.at(-1)!.push(extent);
      else groups.push([extent]);
      end = extent.address + extent.length;
    }
    return groups.map((group) => ({ flashOffset: group[0]!.address, bytes: this.#join(group) }));
  }

  #join(group: readonly Extent[]): Uint8Array {
    const [only] = group;
    if (group.length === 1 && only) return this.#data.subarray(only.start, only.start + only.length);
    return concat(group.map(({ start, length }) => this.#data.subarray(start, start + length)));
  }
}

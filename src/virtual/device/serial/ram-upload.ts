/**
 * What MEM_BEGIN, MEM_DATA and MEM_END bring into RAM, and whether it is a flasher's stub: told by where it lies, how much it is and where
 * it starts, so that the stub of any tool is one. Knows no status code.
 */
import type { LoaderFacts, AddressRange } from './loader-facts.ts';
import type { Memory } from './memory.ts';

export type UploadFault = 'not-begun' | 'too-much' | 'not-enough';

interface Segment {
  readonly address: number;
  readonly length: number;
}

/** Stubs are small: the largest published one has 15 KB of code. */
const MAX_STUB_TEXT = 0x8000;
/** First word of `esp_app_desc_t`: applications carry it, stubs do not. */
const APP_DESCRIPTION_MAGIC = 0xabcd_5432;
const MAX_SEGMENTS = 64;

export class RamUpload {
  readonly #memory: Memory;
  #segments: Segment[] = [];
  #next = 0;
  #remaining: number | undefined;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  begin(address: number, size: number): void {
    this.#next = address;
    this.#remaining = size;
    this.#segments = [...this.#segments.slice(1 - MAX_SEGMENTS), { address, length: size }];
  }

  write(data: Uint8Array): UploadFault | undefined {
    if (this.#remaining === undefined) return 'not-begun';
    if (data.length > this.#remaining) return 'too-much';
    this.#memory.writeBytes(this.#next, data);
    this.#next += data.length;
    this.#remaining -= data.length;
    return undefined;
  }

  end(): UploadFault | undefined {
    const remaining = this.#remaining;
    this.#remaining = undefined;
    if (remaining === undefined) return 'not-begun';
    return remaining > 0 ? 'not-enough' : undefined;
  }

  /** Whether a jump to `entry` starts a stub. Forgets the segments: the next program starts anew. */
  takeStub(entry: number, { stubText, stubData }: LoaderFacts): boolean {
    const segments = this.#segments;
    this.#segments = [];
    const text = segments.filter((segment) => isInside(segment, stubText));
    const isElsewhere = segments.some((segment) => !isInside(segment, stubText) && !isInside(segment, stubData));
    const isApplication = segments.some(({ address }) => this.#memory.readWord(address) === APP_DESCRIPTION_MAGIC);
    const length = text.reduce((sum, segment) => sum + segment.length, 0);
    const holdsEntry = text.some((segment) => entry >= segment.address && entry < segment.address + segment.length);
    return holdsEntry && !isElsewhere && !isApplication && length <= MAX_STUB_TEXT;
  }
}

function isInside({ address, length }: Segment, [from, to]: AddressRange): boolean {
  return address >= from && address + length <= to;
}

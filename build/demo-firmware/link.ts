/**
 * Gives every object its address, fills the addresses in where others refer to it, and cuts the result into image segments.
 * Segments that run from flash are mapped in 64 KiB pages, so their place in the file and their address must agree modulo 64 KiB:
 * like esptool, this fills the gap in front of IROM with the first part of IRAM, or with a padding segment when IRAM is too short.
 */
import type { InstructionSet, ObjectCode, Section } from './object-code.ts';

export interface MemoryMap extends Readonly<Record<Section, number>> {
  /** Bytes at the start of DROM that are not the linker's: the application descriptor. */
  readonly reserved: number;
}

export interface Segment {
  readonly loadAddress: number;
  readonly data: Uint8Array;
}

export interface LinkedProgram {
  /** In file order. */
  readonly segments: readonly Segment[];
  readonly addressOf: (symbol: string) => number;
}

const SECTIONS: readonly Section[] = ['drom', 'dram', 'iram', 'irom'];
const MMU_PAGE = 0x10000;
const IMAGE_HEADER = 24;
const SEGMENT_HEADER = 8;
/** Where the image format puts padding: an address that nothing is loaded to. */
const PADDING_ADDRESS = 0;

export function link(objects: readonly ObjectCode[], map: MemoryMap, instructions: InstructionSet): LinkedProgram {
  const addresses = new Map<string, number>();
  const contents = {} as Record<Section, Uint8Array>;
  const places = new Map<ObjectCode, number>();
  for (const section of SECTIONS) {
    let length = 0;
    for (const object of objects) {
      if (object.section !== section) continue;
      places.set(object, length);
      addresses.set(object.symbol, originOf(section, map) + length + object.entry);
      length += object.bytes.length;
    }
    contents[section] = new Uint8Array(length);
  }
  const addressOf = (symbol: string): number => {
    const address = addresses.get(symbol);
    if (address === undefined) throw new ReferenceError(`undefined symbol ${symbol}`);
    return address;
  };
  for (const [object, place] of places) {
    contents[object.section].set(object.bytes, place);
    resolve(object, place, contents[object.section], originOf(object.section, map), { addressOf, instructions });
  }
  return { segments: cutSegments(contents, map), addressOf };
}

const originOf = (section: Section, map: MemoryMap): number => map[section] + (section === 'drom' ? map.reserved : 0);

function resolve(
  object: ObjectCode,
  place: number,
  content: Uint8Array,
  origin: number,
  { addressOf, instructions }: { addressOf: (symbol: string) => number; instructions: InstructionSet },
): void {
  const view = new DataView(content.buffer);
  for (const { offset, kind, symbol } of object.references) {
    const at = place + offset;
    if (kind === 'abs32') view.setUint32(at, addressOf(symbol), true);
    else instructions.relocate(kind, view, at, origin + at, addressOf(symbol));
  }
}

function cutSegments({ drom, dram, iram, irom }: Record<Section, Uint8Array>, map: MemoryMap): Segment[] {
  const iramStart = IMAGE_HEADER + 3 * SEGMENT_HEADER + map.reserved + drom.length + dram.length;
  // From there to the header of IROM, whose data must lie like its address within a page.
  const gap = ((((map.irom % MMU_PAGE) - SEGMENT_HEADER - iramStart) % MMU_PAGE) + MMU_PAGE) % MMU_PAGE;
  const head = iram.subarray(0, gap);
  const tail = iram.subarray(gap);
  const padding = gap - head.length - SEGMENT_HEADER;
  if (head.length < gap && padding < 0) throw new RangeError('the gap in front of IROM is too small for a padding segment');
  return [
    { loadAddress: map.drom, data: drom },
    { loadAddress: map.dram, data: dram },
    { loadAddress: map.iram, data: head },
    ...(head.length < gap ? [{ loadAddress: PADDING_ADDRESS, data: new Uint8Array(padding) }] : []),
    { loadAddress: map.irom, data: irom },
    ...(tail.length > 0 ? [{ loadAddress: map.iram + gap, data: tail }] : []),
  ];
}

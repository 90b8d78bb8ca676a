/**
 * Layout of the X-ray of one image: file order above, memory by address below, ribbons between, all at one scale in pixels. Pure.
 */
import type { EspImage, MemoryRegion } from '../../core/image/model.ts';
import { memoryBox, ramCapacity, type MemoryBoxName } from './ram-capacity.ts';

export interface FileBlock {
  readonly region: MemoryRegion;
  readonly length: number;
  readonly x: number;
  readonly width: number;
}

export interface MemoryBlock {
  readonly name: MemoryBoxName;
  readonly used: number;
  readonly capacity?: number;
  readonly x: number;
  /** Of the whole box, and of its used parts in address order. */
  readonly width: number;
  readonly parts: readonly { readonly region: MemoryRegion; readonly x: number; readonly width: number }[];
}

interface Ribbon {
  readonly region: MemoryRegion;
  readonly path: string;
}

interface XrayLayout {
  readonly blocks: readonly FileBlock[];
  readonly imageEndX: number;
  /** Where the slot ends; absent when no slot is known. */
  readonly slotEndX?: number;
  readonly memory: readonly MemoryBlock[];
  readonly ribbons: readonly Ribbon[];
}

const BOX_GAP_PX = 20;
/** Anything that exists is at least this wide, or it would vanish. */
const MIN_PX = 1.5;

export function layoutXray(image: EspImage, px: number, ribbonHeight: number, slotSize?: number): XrayLayout {
  const loaded = image.segments.filter((segment) => segment.region !== 'PADDING' && segment.length > 0);
  const boxes = groupByBox(image, loaded);
  const gaps = Math.min(BOX_GAP_PX, px / (4 * Math.max(1, boxes.length))) * Math.max(0, boxes.length - 1);
  const memoryBytes = boxes.reduce((sum, box) => sum + Math.max(box.used, box.capacity ?? 0), 0);
  const total = Math.max(1, slotSize ?? 0, image.imageLength, (memoryBytes * px) / Math.max(1, px - gaps));
  const toPx = (bytes: number) => round((bytes / total) * px);

  const blocks = image.segments.map(({ region, offset, length }) => ({
    region,
    length,
    x: toPx(offset),
    width: Math.max(MIN_PX, toPx(length)),
  }));
  const gap = boxes.length > 1 ? gaps / (boxes.length - 1) : 0;
  const memory: MemoryBlock[] = [];
  const ribbons: Ribbon[] = [];
  let x = 0;
  for (const box of boxes) {
    const parts = stack(
      box.segments.map(({ region, length }) => ({ region, width: toPx(length) })),
      x,
    );
    box.segments.forEach((segment, i) => {
      const from = toPx(segment.offset);
      ribbons.push({
        region: segment.region,
        path: ribbon(from, from + toPx(segment.length), parts[i]!.x, parts[i]!.x + parts[i]!.width, ribbonHeight),
      });
    });
    const width = Math.max(MIN_PX, toPx(Math.max(box.used, box.capacity ?? 0)));
    memory.push({
      name: box.name,
      used: box.used,
      x: round(x),
      width,
      parts,
      ...(box.capacity !== undefined && { capacity: box.capacity }),
    });
    x += width + gap;
  }
  return { blocks, imageEndX: toPx(image.imageLength), memory, ribbons, ...(slotSize !== undefined && { slotEndX: toPx(slotSize) }) };
}

interface Box {
  readonly name: MemoryBoxName;
  readonly segments: EspImage['segments'];
  readonly used: number;
  readonly capacity?: number;
}

/** Boxes and the segments in them, by load address. */
function groupByBox(image: EspImage, segments: EspImage['segments']): readonly Box[] {
  const byAddress = segments.toSorted((a, b) => a.loadAddress - b.loadAddress);
  const groups = new Map<MemoryBoxName, EspImage['segments'][number][]>();
  for (const segment of byAddress) {
    const name = memoryBox(image.chip, segment.region);
    groups.set(name, [...(groups.get(name) ?? []), segment]);
  }
  return [...groups].map(([name, own]) => {
    const capacity = ramCapacity(image.chip, name);
    return {
      name,
      segments: own,
      used: own.reduce((sum, segment) => sum + segment.length, 0),
      ...(capacity !== undefined && { capacity }),
    };
  });
}

function stack(parts: readonly { region: MemoryRegion; width: number }[], from: number): MemoryBlock['parts'] {
  let x = from;
  return parts.map(({ region, width }) => {
    const part = { region, x: round(x), width: Math.max(MIN_PX, width) };
    x += width;
    return part;
  });
}

function ribbon(a0: number, a1: number, b0: number, b1: number, height: number): string {
  const [upper, lower] = [round(height * 0.6), round(height * 0.4)];
  return `M${a0} 0C${a0} ${upper} ${b0} ${lower} ${b0} ${height}H${b1}C${b1} ${lower} ${a1} ${upper} ${a1} 0Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

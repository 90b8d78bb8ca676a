/**
 * How much each memory grows or shrinks from one image to the next. Regions are compared as a whole: a linker is free to cut
 * the same code into other segments.
 */
import type { EspImage, MemoryRegion } from './model.ts';

export interface RegionChange {
  readonly region: MemoryRegion;
  readonly before: number;
  readonly after: number;
  /** `after − before`, bytes. */
  readonly delta: number;
}

/** In the order in which the regions appear, those of the first image before those that only the second has. */
export function compareSegments(before: EspImage, after: EspImage): readonly RegionChange[] {
  const was = bytesByRegion(before);
  const is = bytesByRegion(after);
  return [...new Set([...was.keys(), ...is.keys()])].map((region) => {
    const [from, to] = [was.get(region) ?? 0, is.get(region) ?? 0];
    return { region, before: from, after: to, delta: to - from };
  });
}

function bytesByRegion(image: EspImage): Map<MemoryRegion, number> {
  const bytes = new Map<MemoryRegion, number>();
  for (const { region, length } of image.segments) {
    // Padding is the linker's alignment, not something a memory holds.
    if (region !== 'PADDING') bytes.set(region, (bytes.get(region) ?? 0) + length);
  }
  return bytes;
}

/** A slot as a grid of 4 KB sectors, one SVG path per state: a progress report changes two strings, not a thousand elements. Pure. */

export const SECTOR_BYTES = 4096;
const PITCH = 16;
const SIDE = 13.5;
const INSET = 1;

interface SectorCounts {
  readonly total: number;
  readonly done: number;
  readonly now: number;
  readonly plan: number;
  readonly free: number;
}

/** A sector counts as written when its last byte is; the one being filled is under way. */
export function countSectors(slotSize: number, imageSize: number, writtenBytes: number, activeBytes: number): SectorCounts {
  const total = Math.ceil(slotSize / SECTOR_BYTES);
  const image = Math.min(total, Math.ceil(imageSize / SECTOR_BYTES));
  const written = Math.min(Math.max(0, writtenBytes), imageSize);
  const done = written >= imageSize ? image : Math.min(image, Math.floor(written / SECTOR_BYTES));
  const reached = Math.min(imageSize, written + Math.max(0, activeBytes));
  const now = Math.max(0, Math.min(image, Math.ceil(reached / SECTOR_BYTES)) - done);
  return { total, done, now, plan: image - done - now, free: total - image };
}

/** Columns that keep a row a round address step (64 sectors are 256 KB) and a cell large enough to see. */
export function gridColumns(total: number, px: number): number {
  if (px < 560) return total > 1024 ? 64 : 32;
  return total > 1024 && px >= 900 ? 128 : 64;
}

/** The outlines of cells `from … to − 1`. */
export function cellPath(from: number, to: number, columns: number): string {
  let path = '';
  for (let cell = from; cell < to; cell++) {
    path += `M${(cell % columns) * PITCH + INSET} ${Math.floor(cell / columns) * PITCH + INSET}h${SIDE}v${SIDE}h-${SIDE}Z`;
  }
  return path;
}

export function gridBox(total: number, columns: number): { readonly width: number; readonly height: number } {
  return { width: columns * PITCH, height: Math.ceil(total / columns) * PITCH };
}

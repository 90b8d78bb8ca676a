/** Lengths of drawings: bytes to pixels, labels to the room they have. Pure. */

/** Advance of a monospace character, in em: a little above the widest in use (DejaVu Sans Mono, 0.602). */
const MONO_ADVANCE_EM = 0.61;

export const NAME_PX = 13;
export const NOTE_PX = 12;
export const SILK_PX = 11;

export function textWidth(text: string, fontPx: number): number {
  return text.length * fontPx * MONO_ADVANCE_EM;
}

/** The first of the texts, longest wish first, that the room can hold; empty when none does. */
export function fitText(wishes: readonly string[], fontPx: number, roomPx: number): string {
  return wishes.find((text) => textWidth(text, fontPx) <= roomPx) ?? '';
}

interface PlacedWords {
  /** Inside the block, beside it, or nowhere because neither has room. */
  readonly where: 'inside' | 'beside' | 'nowhere';
  readonly x: number;
  readonly name: string;
  readonly note: string;
  readonly widthPx: number;
}

interface BlockRoom {
  readonly blockPx: number;
  /** Of the whole line that the block starts. */
  readonly roomPx: number;
  readonly paddingPx: number;
}

/** Puts a name and a note into a block when the block can hold the name, else beside it. */
export function placeWords(names: readonly string[], notes: readonly string[], { blockPx, roomPx, paddingPx }: BlockRoom): PlacedWords {
  const words = (where: 'inside' | 'beside', x: number, room: number): PlacedWords | undefined => {
    const name = fitText(names, NAME_PX, room);
    if (!name) return undefined;
    const note = fitText(notes, NOTE_PX, room);
    return { where, x, name, note, widthPx: Math.ceil(Math.max(textWidth(name, NAME_PX), textWidth(note, NOTE_PX))) };
  };
  const beside = blockPx + 8;
  return (
    words('inside', paddingPx, blockPx - 2 * paddingPx) ??
    words('beside', beside, roomPx - beside - 4) ?? { where: 'nowhere', x: beside, name: '', note: '', widthPx: 0 }
  );
}

/** Bytes on a line of `px` pixels that stands for `total` bytes; rounded to a hundredth, so that the DOM stays small and equal. */
export function scale(bytes: number, total: number, px: number): number {
  if (total <= 0) return 0;
  return Math.round((Math.min(Math.max(bytes, 0), total) / total) * px * 100) / 100;
}

const KB = 1024;
const MB = 1024 * KB;

/** Of flash, beside the sizes of its partitions, to be compared with them: `4 MB`, `1280 KB`, `911.2 KB`, `512 B`. */
export function formatCapacity(bytes: number): string {
  if (bytes >= MB && bytes % MB === 0) return `${bytes / MB} MB`;
  if (bytes % KB === 0) return `${bytes / KB} KB`;
  return bytes < KB ? `${bytes} B` : `${(bytes / KB).toFixed(1)} KB`;
}

/** `0x010000` */
export function formatAddress(address: number, digits = 6): string {
  return `0x${address.toString(16).toUpperCase().padStart(digits, '0')}`;
}

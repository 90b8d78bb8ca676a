/** What a stretch of flash is called in a history: `0x010000 – 0x05a000`. */
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { hexNumber } from '../../core/bytes/hex.ts';

export function stretchName({ offset, length }: FlashRange): string {
  return `${hexNumber(offset, 6)} – ${hexNumber(offset + length, 6)}`;
}

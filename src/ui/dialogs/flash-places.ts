/** What a stretch of flash holds by name, and what a board does without it. Words and arithmetic; no markup. */
import type { ChipLayout } from '../../app/usb/model.ts';
import type { FlashRange } from '../../core/bundle/plan-model.ts';
import { overlap, rangeBetween } from '../../core/bundle/ranges.ts';
import { CHIPS } from '../../core/image/chips.ts';
import type { ChipName } from '../../core/image/model.ts';
import { PARTITION_TABLE_OFFSET, PARTITION_TABLE_SECTOR } from '../../core/image/partition-table.ts';
import { DATA_TYPE, OTA_DATA_SUBTYPE } from '../../core/image/partition-types.ts';

export interface FlashPlace extends FlashRange {
  readonly name: string;
  /** What is without it. */
  readonly without: 'no start' | 'first slot' | 'other slot' | 'nothing';
}

/** What every chip has, and below it what its table names. @param startsNext label of the slot that is started next */
export function flashPlaces(
  chip: ChipName | undefined,
  { partitions = [], tableOffset = PARTITION_TABLE_OFFSET }: Pick<ChipLayout, 'partitions' | 'tableOffset'>,
  startsNext: string | undefined,
): readonly FlashPlace[] {
  const loader = chip && rangeBetween(CHIPS[chip].bootloaderOffset, tableOffset);
  const fixed: readonly FlashPlace[] = [
    ...(loader ? [{ ...loader, name: 'boot loader', without: 'no start' } as const] : []),
    { offset: tableOffset, length: PARTITION_TABLE_SECTOR, name: 'partition table', without: 'no start' },
  ];
  const named = partitions.map(({ label, offset, size, type, subtype }): FlashPlace => {
    const isChoice = type === DATA_TYPE && subtype === OTA_DATA_SUBTYPE;
    return { name: label, offset, length: size, without: isChoice ? 'first slot' : label === startsNext ? 'other slot' : 'nothing' };
  });
  // A table may name the places of boot loader and table itself.
  return [...fixed, ...named.filter((place) => !fixed.some((other) => overlap(place, other)))];
}

export const placesIn = (range: FlashRange, places: readonly FlashPlace[]): readonly FlashPlace[] =>
  places.filter((place) => overlap(range, place));

/** `boot loader, partition table and nvs` */
export function placeNames(places: readonly FlashPlace[]): string {
  const names = places.map(({ name }) => name);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** What the board does once they are erased; empty where it starts as before. */
export function erasedWords(places: readonly FlashPlace[]): string {
  const of = (without: FlashPlace['without']): readonly FlashPlace[] => places.filter((place) => place.without === without);
  const [needed, [next]] = [of('no start'), of('other slot')];
  if (needed.length > 0) return `Without ${placeNames(needed)} the board does not start until that is written again.`;
  if (next) return `${next.name} starts next: without it another slot starts, or nothing.`;
  return of('first slot').length > 0 ? 'The boot choice is lost: the first slot starts again.' : '';
}

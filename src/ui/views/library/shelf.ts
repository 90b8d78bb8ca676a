/**
 * The library as a shelf: searched, filtered, sorted and grouped by project. Pure, and made for thousands of records: what is
 * slow (folding text, comparing versions) happens once per set of records, so that a keystroke costs one pass over them.
 */
import type { FirmwareRecord } from '../../../app/model.ts';
import { compareVersions } from '../../../core/ota/version.ts';

export const SHELF_SORTS = ['version', 'added', 'size'] as const;
export type ShelfSort = (typeof SHELF_SORTS)[number];

export interface ShelfQuery {
  /** Words that must all occur, in any order, anywhere in what the record says about itself. */
  readonly text: string;
  /** Empty: any. */
  readonly chip: string;
  /** Empty: any. */
  readonly tag: string;
  readonly sort: ShelfSort;
}

export const WHOLE_SHELF: ShelfQuery = { text: '', chip: '', tag: '', sort: 'version' };

export interface ShelfGroup {
  readonly name: string;
  /** When all of the group are for one chip. */
  readonly chip: string | undefined;
  readonly records: readonly FirmwareRecord[];
}

export interface Shelf {
  readonly groups: readonly ShelfGroup[];
  readonly count: number;
}

/** The name of a record's group, and what a person calls a firmware without a project name. */
export function projectOf(record: FirmwareRecord): string {
  return record.name || record.fileName || 'Unnamed';
}

type Order = (a: FirmwareRecord, b: FirmwareRecord) => number;

const newestFirst: Order = (a, b) => b.addedAt - a.addedAt;
const ORDERS = {
  version: (a, b) => -(compareVersions(a.version, b.version) ?? 0) || newestFirst(a, b),
  added: newestFirst,
  size: (a, b) => b.size - a.size || newestFirst(a, b),
} as const satisfies Record<ShelfSort, Order>;

export class ShelfIndex {
  readonly chips: readonly string[];
  readonly tags: readonly string[];
  readonly #records: readonly FirmwareRecord[];
  readonly #folded = new Map<FirmwareRecord, string>();
  readonly #sorted = new Map<ShelfSort, readonly FirmwareRecord[]>();

  constructor(records: readonly FirmwareRecord[]) {
    this.#records = records;
    this.chips = distinct(records.flatMap((record) => record.chip ?? []));
    this.tags = distinct(records.flatMap((record) => record.tags));
    for (const record of records) this.#folded.set(record, foldedText(record));
  }

  query(query: ShelfQuery): Shelf {
    const words = fold(query.text).split(/\s+/).filter(Boolean);
    const found = this.#inOrder(query.sort).filter(
      (record) =>
        (query.chip === '' || record.chip === query.chip) &&
        (query.tag === '' || record.tags.includes(query.tag)) &&
        words.every((word) => this.#folded.get(record)?.includes(word)),
    );
    return { groups: inGroups(found, query.sort), count: found.length };
  }

  #inOrder(sort: ShelfSort): readonly FirmwareRecord[] {
    let sorted = this.#sorted.get(sort);
    if (!sorted) this.#sorted.set(sort, (sorted = [...this.#records].sort(ORDERS[sort])));
    return sorted;
  }
}

/** By version the projects stand in the order of the alphabet; else the project of the first record stands first. */
function inGroups(records: readonly FirmwareRecord[], sort: ShelfSort): readonly ShelfGroup[] {
  const byName = new Map<string, FirmwareRecord[]>();
  for (const record of records) {
    const group = byName.get(projectOf(record));
    if (group) group.push(record);
    else byName.set(projectOf(record), [record]);
  }
  const groups = [...byName].map(([name, members]) => ({ name, chip: commonChip(members), records: members }));
  return sort === 'version' ? groups.sort((a, b) => NAMES.compare(a.name, b.name)) : groups;
}

function commonChip(records: readonly FirmwareRecord[]): string | undefined {
  const chip = records[0]?.chip;
  return records.every((record) => record.chip === chip) ? chip : undefined;
}

const NAMES = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
const distinct = (words: readonly string[]): readonly string[] => [...new Set(words)].sort(NAMES.compare);
const fold = (text: string): string => text.normalize('NFKD').toLowerCase();

function foldedText(record: FirmwareRecord): string {
  const { name, version, fileName, chip = '', kind, idfVersion = '', notes, tags, sha256, source } = record;
  return fold([name, version, fileName, chip, kind, idfVersion, notes, ...tags, sha256, source.detail].join('\n'));
}

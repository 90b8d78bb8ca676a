/** What speaks against a plan in the slots of applications: which of them starts then, and whether anything can start from it. */
import { APP_TYPE } from '../image/partition-types.ts';
import { nextBootSlot, otadataAfter, otadataPartition } from './boot-slot.ts';
import type { ResolvedPart } from './model.ts';
import { partRange, partitionRange } from './places.ts';
import { labels, note, warn, writtenParts } from './plan-scene.ts';
import type { Check } from './plan-scene.ts';
import { overlap, sectorsOf } from './ranges.ts';

export const appOutside: Check = (scene) => {
  const slots = scene.table?.filter(({ type }) => type === APP_TYPE);
  if (!slots || slots.length === 0) return [];
  return writtenParts(scene)
    .filter((part) => part.role === 'app' && !slots.some(({ offset }) => offset === part.offset))
    .map((part) => warn('APP_OUTSIDE_PARTITION', { part: part.name, offset: part.offset, slots: labels(slots) }));
};

/** What looks encrypted may be one; what is damaged is blocked as that. */
const MAY_BE_APP: ReadonlySet<string> = new Set<ResolvedPart['content']['kind']>(['app', 'encrypted', 'damaged']);

export const nextOverwritten: Check = (scene) => {
  const { target, table = [] } = scene;
  const next = nextBootSlot(table, otadataAfter(target, table, scene));
  if (!next) return [];
  const touching = writtenParts(scene).filter((part) => overlap(sectorsOf(partRange(part)), partitionRange(next)));
  // What lies behind an application in its slot is nobody's: dumps have the rest of a longer one there.
  if (touching.some(({ offset, content }) => offset === next.offset && MAY_BE_APP.has(content.kind))) return [];
  return touching.map(({ name, offset, content }) =>
    warn('NEXT_SLOT_OVERWRITTEN', { part: name, offset, starts: next.label, isApp: Number(content.kind === 'app') }),
  );
};

export const otadataSelectsOther: Check = (scene) => {
  const { target, table = [] } = scene;
  const next = nextBootSlot(table, otadataAfter(target, table, scene));
  const written = writtenParts(scene).flatMap(({ role, offset }) =>
    role === 'app' ? table.filter((slot) => slot.type === APP_TYPE && slot.offset === offset) : [],
  );
  const [first] = written;
  if (!next || !first || written.includes(next)) return [];
  const reset = nextBootSlot(table, undefined);
  const cures = { resetStarts: reset?.label ?? '', otadataAt: otadataPartition(table)?.offset ?? 0 };
  return [note('OTADATA_SELECTS_OTHER', { written: first.label, starts: next.label, startsSize: next.size, ...cures })];
};

export const nextIsEmpty: Check = (scene) => {
  const { target, table = [], writes } = scene;
  const next = nextBootSlot(table, otadataAfter(target, table, scene));
  if (!next || !writes.some(({ role }) => role === 'otadata')) return [];
  const isFilled = writes.some((write) => overlap(write, partitionRange(next))) || !target.emptySlots?.includes(next.offset);
  return isFilled ? [] : [note('NEXT_SLOT_EMPTY', { starts: next.label })];
};

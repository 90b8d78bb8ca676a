/**
 * Bundle and chip → what is going to be erased and written, what stays, and what speaks against it. Everything is worked out before anything
 * is touched. What has no bytes in the bundle is never part of a write; NVS and file systems stay even where a merged image has bytes for
 * them.
 */
import { CHIPS } from '../image/chips.ts';
import type { Partition } from '../image/model.ts';
import { APP_TYPE, DATA_TYPE } from '../image/partition-types.ts';
import { nextBootSlot, otadataPartition } from './boot-slot.ts';
import { patchFlashSettings } from './header-patch.ts';
import type { FlashSettings, ResolvedBuild, ResolvedPart } from './model.ts';
import { partRange, partitionRange, tableOf } from './places.ts';
import { findProblems } from './plan-checks.ts';
import type { TornPart } from './plan-scene.ts';
import type { FlashPlan, FlashRange, FlashTarget, PlanChoices, PlannedWrite } from './plan-model.ts';
import { describeFates, isSamePlace } from './plan-partitions.ts';
import { covers, endOf, intersection, joinRanges, overlap, sectorEnd, sectorStart, subtract, totalLength } from './ranges.ts';

/** `esp_partition.h`: nvs, nvs_keys, esphttpd, fat, spiffs, littlefs. What people put into a device after it was flashed. */
const USER_DATA_SUBTYPES: ReadonlySet<number> = new Set([0x02, 0x04, 0x80, 0x81, 0x82, 0x83]);

const isUserData = ({ type, subtype }: Partition): boolean => type === DATA_TYPE && USER_DATA_SUBTYPES.has(subtype);

/** Asynchronous only for the SHA-256 of a patched boot loader. */
export async function planFlash(build: ResolvedBuild, target: FlashTarget, choices: PlanChoices = {}): Promise<FlashPlan> {
  const newTable = tableOf(build.parts);
  const table = newTable ?? target.partitions;
  const parts = placeApplication(build.parts, table, target, choices);
  const { honoured, moved } = keptPartitions(parts, target, newTable, choices);
  const holes = honoured.map(partitionRange);
  const torn = tornParts(parts, honoured);
  const whole = parts.filter((part) => !torn.some((entry) => entry.part === part));
  const patched = await Promise.all(whole.map((part) => patchPart(part, choices.settings ?? build.settings, target)));
  const writes = joinSharedSectors(patched.flatMap((part) => splitAround(part, holes)));
  const erases = plannedErases({ target, choices, table, writes, holes });
  const kept = joinRanges(parts.flatMap((part) => holes.flatMap((hole) => intersection(partRange(part), hole) ?? [])));
  const scene = { build, parts, target, choices, table, newTable, writes, erases, moved, torn };
  return {
    target,
    writes,
    erases,
    kept,
    partitions: describeFates({ chip: target.partitions, bundle: newTable, writes, erases }),
    problems: findProblems(scene),
    bytesToWrite: totalLength(writes),
  };
}

/**
 * The application goes to the slot that was chosen by hand; else, where nobody stated an address, to the one that starts next: whoever flashes
 * an application wants to see it run. With several applications nobody knows which is meant.
 */
function placeApplication(
  parts: readonly ResolvedPart[],
  table: readonly Partition[] | undefined,
  { partitions, otadata }: FlashTarget,
  { appSlot, resetOtadata }: PlanChoices,
): readonly ResolvedPart[] {
  const [application, ...others] = parts.filter(({ role }) => role === 'app');
  if (!application || others.length > 0) return parts;
  const chosen = table?.find(({ type, label }) => type === APP_TYPE && label === appSlot);
  const isAlone = table === partitions && !parts.some(({ role }) => role === 'otadata');
  const starts =
    table && isAlone && application.placed === 'proposed' ? nextBootSlot(table, resetOtadata ? undefined : otadata) : undefined;
  const slot = chosen ?? starts;
  if (!slot) return parts;
  return parts.map((part) => (part === application ? { ...part, offset: slot.offset } : part));
}

/**
 * `moved`: wanted to stay, but the new table puts something else there, so that keeping the bytes would keep them for another partition, and
 * would leave a hole in what is written.
 */
function keptPartitions(
  parts: readonly ResolvedPart[],
  target: FlashTarget,
  newTable: readonly Partition[] | undefined,
  choices: PlanChoices,
): { readonly honoured: readonly Partition[]; readonly moved: readonly Partition[] } {
  const onChip = target.partitions ?? [];
  const wanted = onChip.filter((partition) =>
    choices.keep ? choices.keep.includes(partition.label) : !choices.eraseAll && isUserData(partition) && !isReplaced(partition, parts),
  );
  const stays = (partition: Partition): boolean => !newTable || newTable.some((other) => isSamePlace(partition, other));
  return { honoured: wanted.filter(stays), moved: wanted.filter((partition) => !stays(partition)) };
}

/** Somebody brought a part for this very partition, not as the filling of a merged image. */
const isReplaced = (partition: Partition, parts: readonly ResolvedPart[]): boolean =>
  parts.some((part) => part.fromMerged !== true && part.offset >= partition.offset && part.offset < partition.offset + partition.size);

/**
 * What somebody brought as one piece is written as one piece, or not at all: an image with a hole in it starts nothing. Only an image of the
 * whole flash is of pieces.
 */
const tornParts = (parts: readonly ResolvedPart[], honoured: readonly Partition[]): readonly TornPart[] =>
  parts.flatMap((part) => {
    const range = partRange(part);
    const inside = honoured.filter((kept) => overlap(range, partitionRange(kept)) && !covers(partitionRange(kept), range));
    return inside.length > 0 && part.fromMerged !== true ? [{ part, inside }] : [];
  });

type PatchedPart = ResolvedPart & { readonly patched: boolean };

async function patchPart(part: ResolvedPart, settings: FlashSettings | undefined, target: FlashTarget): Promise<PatchedPart> {
  const image = 'image' in part.content ? part.content.image : undefined;
  if (!settings || !image || part.offset !== CHIPS[target.chip].bootloaderOffset) return { ...part, patched: false };
  const bytes = await patchFlashSettings(part.bytes, image, { chip: target.chip, settings, flashBytes: target.flashBytes });
  return bytes ? { ...part, bytes, patched: true } : { ...part, patched: false };
}

function splitAround(part: PatchedPart, holes: readonly FlashRange[]): readonly PlannedWrite[] {
  const { name, role, patched } = part;
  return subtract(partRange(part), holes).map(({ offset, length }) => {
    const bytes = length === part.bytes.length ? part.bytes : part.bytes.slice(offset - part.offset, offset - part.offset + length);
    return { name, role, offset, length, bytes, patched: patched && offset === part.offset };
  });
}

/**
 * A sector is erased as a whole: pieces in one sector become one write, with erased bytes between them, and a write that begins inside of a
 * sector begins with the erased bytes in front of it. Writes that overlap stay as they are: such a plan is blocked.
 */
function joinSharedSectors(writes: readonly PlannedWrite[]): readonly PlannedWrite[] {
  const joined: PlannedWrite[] = [];
  for (const write of writes.toSorted((a, b) => a.offset - b.offset)) {
    const last = joined.at(-1);
    const shares = last !== undefined && sectorStart(write.offset) < sectorEnd(endOf(last)) && write.offset >= endOf(last);
    if (last && shares) joined[joined.length - 1] = joinTwo(last, write);
    else joined.push(fromSectorStart(write));
  }
  return joined;
}

function joinTwo(first: PlannedWrite, second: PlannedWrite): PlannedWrite {
  const bytes = new Uint8Array(endOf(second) - first.offset).fill(0xff);
  bytes.set(first.bytes);
  bytes.set(second.bytes, second.offset - first.offset);
  const name = first.name === second.name ? first.name : `${first.name}, ${second.name}`;
  return { ...first, name, bytes, length: bytes.length, patched: first.patched || second.patched };
}

function fromSectorStart(write: PlannedWrite): PlannedWrite {
  const lead = write.offset - sectorStart(write.offset);
  if (lead === 0) return write;
  const bytes = new Uint8Array(lead + write.bytes.length).fill(0xff, 0, lead);
  bytes.set(write.bytes, lead);
  return { ...write, offset: write.offset - lead, bytes, length: bytes.length };
}

interface EraseScene {
  readonly target: FlashTarget;
  readonly choices: PlanChoices;
  readonly table: readonly Partition[] | undefined;
  readonly writes: readonly PlannedWrite[];
  readonly holes: readonly FlashRange[];
}

function plannedErases({ target, choices, table = [], writes, holes }: EraseScene): readonly FlashRange[] {
  if (choices.eraseAll) {
    // A flash chip that does not tell its size is erased at least as far as anybody uses it.
    const known = [...writes.map(endOf), ...(target.partitions ?? []).map((partition) => endOf(partitionRange(partition)))];
    return subtract({ offset: 0, length: target.flashBytes ?? sectorEnd(Math.max(0, ...known)) }, holes);
  }
  const otadata = choices.resetOtadata ? otadataPartition(table) : undefined;
  return otadata && !writes.some((write) => overlap(write, partitionRange(otadata))) ? [partitionRange(otadata)] : [];
}

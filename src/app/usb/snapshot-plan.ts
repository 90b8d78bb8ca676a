/**
 * What was saved from a board, as something that can be planned: every byte of it at its place, cut where partitions begin and end, so that the
 * plan names what it changes. Of the board itself all of it goes back; of another one its settings and files stay out unless they are wanted.
 */
import type { FlashBundle, PartRole, ResolvedBuild, ResolvedPart } from '../../core/bundle/model.ts';
import { partitionRange, roleOfPartition } from '../../core/bundle/places.ts';
import type { FlashPlan, FlashRange, FlashTarget, PlanProblem, PlanProblemCode } from '../../core/bundle/plan-model.ts';
import { intersection, overlap, rangeBetween, subtract } from '../../core/bundle/ranges.ts';
import { CHIPS } from '../../core/image/chips.ts';
import { findPartitionTable, findTableOffset } from '../../core/image/flash-layout.ts';
import type { ChipName, FirmwareContent, Partition } from '../../core/image/model.ts';
import { PARTITION_TABLE_OFFSET, PARTITION_TABLE_SECTOR } from '../../core/image/partition-table.ts';
import type { FirmwareRecord, FirmwareReport } from '../model.ts';
import type { SnapshotSummary } from './model.ts';
import type { StoredRun } from './snapshot.ts';
import type { UsbPorts } from './usb-ports.ts';

export interface BroughtSnapshot {
  readonly summary: SnapshotSummary;
  readonly record: FirmwareRecord;
  readonly report: FirmwareReport;
  readonly runs: readonly StoredRun[];
}

/** Whole flashes are plain images, stretches are UF2 files: as `takeSnapshot` stores them. */
export function snapshotSummary({ source, addedAt, kind }: FirmwareRecord, deviceName: UsbPorts['deviceName']): SnapshotSummary {
  const board = deviceName(source.detail) ?? source.detail.replace(/^usb:/, '');
  return { board, takenAt: addedAt, isWhole: kind !== 'uf2' };
}

export const snapshotBundle = ({ name, chip }: FirmwareRecord): FlashBundle => ({
  origin: 'files',
  name,
  version: '',
  builds: [{ chip, parts: [] }],
  proposesErase: false,
  ignored: [],
});

export const isOwn = ({ record }: BroughtSnapshot, deviceId: string): boolean => record.source.detail === deviceId;

export function snapshotBuild(snapshot: BroughtSnapshot, target: FlashTarget, deviceId: string): ResolvedBuild {
  const partitions = findPartitionTable(snapshot.runs)?.partitions ?? target.partitions ?? [];
  const places = placesOf(partitions, target.chip, findTableOffset(snapshot.runs) ?? target.tableOffset ?? PARTITION_TABLE_OFFSET);
  const common = { placed: 'stated', encrypted: false, ...(!isOwn(snapshot, deviceId) && { fromMerged: true as const }) } as const;
  const parts = snapshot.runs.flatMap(({ flashOffset, bytes }) =>
    cut({ offset: flashOffset, length: bytes.length }, places).map(({ offset, length, name, role }): ResolvedPart => {
      const piece = bytes.subarray(offset - flashOffset, offset - flashOffset + length);
      return { ...common, name, role, offset, bytes: piece, content: contentAt(snapshot.report, offset) };
    }),
  );
  return { chip: snapshot.record.chip, parts };
}

interface Place extends FlashRange {
  readonly name: string;
  readonly role: PartRole;
}

function placesOf(partitions: readonly Partition[], chip: ChipName, tableOffset: number): readonly Place[] {
  const bootloader = rangeBetween(CHIPS[chip].bootloaderOffset, tableOffset);
  const fixed: readonly Place[] = [
    { ...bootloader, name: 'boot loader', role: 'bootloader' },
    { offset: tableOffset, length: PARTITION_TABLE_SECTOR, name: 'partition table', role: 'partition-table' },
  ];
  const named = partitions.map((partition): Place => ({
    ...partitionRange(partition),
    name: partition.label,
    role: roleOfPartition(partition),
  }));
  // A table may name the places of boot loader and table itself.
  return [...fixed, ...named.filter((place) => fixed.every((other) => intersection(place, other) === undefined))];
}

/** A piece that does not begin where its partition does is no application, and nothing that a boot loader would read as one. */
function cut(range: FlashRange, places: readonly Place[]): readonly Place[] {
  const named = places.flatMap((place) => {
    const piece = intersection(range, place);
    return piece ? [{ ...place, ...piece, role: piece.offset === place.offset ? place.role : ('data' as const) }] : [];
  });
  const others = subtract(range, named).map((rest): Place => ({ ...rest, name: 'in no partition', role: 'data' }));
  return [...named, ...others].toSorted((a, b) => a.offset - b.offset);
}

/** A part of an application breaks the rules of its format without being damaged: it is a part of what was there. */
function contentAt({ content }: FirmwareReport, offset: number): FirmwareContent {
  const found = 'parts' in content ? content.parts.find(({ flashOffset }) => flashOffset === offset)?.content : undefined;
  return found && found.kind !== 'damaged' && found.kind !== 'encrypted' ? found : { kind: 'unknown' };
}

/** Its boot loader goes back piece by piece, to where it was. */
const NO_DOUBT_OF_OWN: readonly PlanProblemCode[] = ['SECURE_BOOT', 'BOOT_CHAIN_OVERWRITTEN', 'NEXT_SLOT_OVERWRITTEN'];

/**
 * What another board had is doubtful here. What this very chip had, it started with as far as anybody can know: nobody asks for the signature
 * of its boot loader.
 */
export function withWordOnBoard(plan: FlashPlan, snapshot: BroughtSnapshot, deviceId: string): FlashPlan {
  if (isOwn(snapshot, deviceId)) return { ...plan, problems: plan.problems.filter(({ code }) => !NO_DOUBT_OF_OWN.includes(code)) };
  const { board, isWhole } = snapshot.summary;
  const facts = { board, isWhole: Number(isWhole), kept: labelsLeftOut(plan) };
  const doubt: PlanProblem = { code: 'OTHER_BOARD', severity: 'warn', facts };
  const firstNote = plan.problems.findIndex(({ severity }) => severity === 'note');
  return { ...plan, problems: plan.problems.toSpliced(firstNote < 0 ? plan.problems.length : firstNote, 0, doubt) };
}

/** Of partitions that it has bytes for, and that stay as they are here. */
const labelsLeftOut = ({ partitions, kept }: FlashPlan): string =>
  partitions
    .filter(({ fate, offset, size }) => fate === 'kept' && kept.some((range) => overlap(range, { offset, length: size })))
    .map(({ label }) => label)
    .join(', ');

/**
 * Where a file belongs whose offset nobody stated: by what it is, the table that comes along, and else the table on the chip.
 */
import { CHIPS } from '../image/chips.ts';
import type { ChipName, FirmwareContent, Partition } from '../image/model.ts';
import {
  APP_TYPE,
  DATA_TYPE,
  FACTORY_SUBTYPE,
  FIRST_OTA_SUBTYPE,
  OTA_DATA_SUBTYPE,
  OTA_SLOT_COUNT,
  partitionSubtypeFromText,
} from '../image/partition-types.ts';
import { BundleError } from './bundle-error.ts';
import { isAppName, roleFromName } from './file-roles.ts';
import type { PartRole, ResolvedPart } from './model.ts';
import { fileName, stemOf } from './paths.ts';
import type { FlashRange } from './plan-model.ts';

/** What the place of a file depends on. */
export interface Surroundings {
  readonly chip: ChipName | undefined;
  /** Of the bundle's own table, else of the chip's; `undefined` when there is neither. */
  readonly partitions: readonly Partition[] | undefined;
  /** Where that table lies, or has to. */
  readonly tableOffset: number;
}

interface Unplaced {
  readonly path: string;
  readonly role: PartRole;
  readonly partition?: string | undefined;
  /** It may be anything that is encrypted, or packed. */
  readonly looksEncrypted?: boolean;
}

/** ESP-IDF's and Arduino's place of the first application, where no table says otherwise. */
const USUAL_APP_OFFSET = 0x1_0000;
/** Arduino's `boot_app0.bin` is made for this place of its default tables. */
const ARDUINO_OTADATA_OFFSET = 0xe000;

const dataSubtype = (name: string): number => partitionSubtypeFromText(DATA_TYPE, name)!;
const NVS_SUBTYPE = dataSubtype('nvs');
const FILESYSTEM_SUBTYPES: ReadonlySet<number> = new Set(['fat', 'spiffs', 'littlefs'].map(dataSubtype));

const KIND_ROLES: Readonly<Partial<Record<FirmwareContent['kind'], PartRole>>> = {
  app: 'app',
  bootloader: 'bootloader',
  'partition-table': 'partition-table',
  otadata: 'otadata',
};

/** What kind of damage it is, as far as the X-ray tells. */
const DAMAGED_ROLES: Readonly<Record<string, PartRole>> = { 'partition table': 'partition-table' };

/** littlefs keeps its name in the superblock, 8 bytes into the first block (littlefs SPEC.md). */
const LITTLEFS_MAGIC = new TextEncoder().encode('littlefs');

/** The flash that a partition names. */
export const partitionRange = ({ offset, size }: Partition): FlashRange => ({ offset, length: size });

/** The flash that a part has bytes for. */
export const partRange = ({ offset, bytes }: ResolvedPart): FlashRange => ({ offset, length: bytes.length });

/** Of the first table among what came along. */
export function tableOf(parts: readonly { readonly content: FirmwareContent }[]): readonly Partition[] | undefined {
  for (const { content } of parts) if (content.kind === 'partition-table') return content.table.partitions;
  return undefined;
}

/** Where that table lies; `undefined` when there is none, or nobody stated it. */
export const tableOffsetOf = (parts: readonly { readonly content: FirmwareContent; readonly offset: number | undefined }[]) =>
  parts.find(({ content }) => content.kind === 'partition-table')?.offset;

/** What the bytes are for; the name decides where the bytes do not tell. */
export function roleOf(content: FirmwareContent, path: string, bytes: Uint8Array): PartRole {
  const fromContent = KIND_ROLES[content.kind] ?? (content.kind === 'damaged' ? DAMAGED_ROLES[content.as] : undefined);
  if (fromContent) return fromContent;
  if (LITTLEFS_MAGIC.every((byte, index) => bytes[8 + index] === byte)) return 'filesystem';
  const fromName = roleFromName(path);
  if (fromName) return fromName;
  // Whatever is random looks encrypted: it takes a name as well.
  return content.kind === 'damaged' || (content.kind === 'encrypted' && isAppName(path)) ? 'app' : 'data';
}

export function roleOfPartition({ type, subtype }: Partition): PartRole {
  if (type === APP_TYPE) return 'app';
  if (type !== DATA_TYPE) return 'data';
  if (subtype === OTA_DATA_SUBTYPE) return 'otadata';
  if (subtype === NVS_SUBTYPE) return 'nvs';
  return FILESYSTEM_SUBTYPES.has(subtype) ? 'filesystem' : 'data';
}

/** The first slot that an application goes to: factory where there is one, else the lowest OTA slot. */
function firstAppPartition(partitions: readonly Partition[]): Partition | undefined {
  const apps = partitions.filter(({ type }) => type === APP_TYPE);
  const slots = apps.filter(({ subtype }) => subtype >= FIRST_OTA_SUBTYPE && subtype < FIRST_OTA_SUBTYPE + OTA_SLOT_COUNT);
  return apps.find(({ subtype }) => subtype === FACTORY_SUBTYPE) ?? slots.toSorted((a, b) => a.subtype - b.subtype)[0];
}

/** @throws BundleError when nothing says where it belongs */
export function proposeOffset(file: Unplaced, surroundings: Surroundings): number {
  const { path, role, partition, looksEncrypted = false } = file;
  const labelled = partition === undefined ? undefined : surroundings.partitions?.find(({ label }) => label === partition);
  const offset = labelled?.offset ?? PLACES[role](file, surroundings);
  if (offset !== undefined) return offset;
  const table = surroundings.partitions ? 'no partition of the table fits' : 'there is no partition table';
  const rule = `nothing says where this ${role} belongs: ${table}`;
  throw new BundleError('BUNDLE_PLACE_UNKNOWN', { path, rule, ...(looksEncrypted && { looksEncrypted }) });
}

type Place = (file: Unplaced, surroundings: Surroundings) => number | undefined;

const inTable =
  (find: (partitions: readonly Partition[], file: Unplaced) => Partition | undefined): Place =>
  (file, { partitions }) =>
    partitions && find(partitions, file)?.offset;

const PLACES: Readonly<Record<PartRole, Place>> = {
  bootloader: (_, { chip }) => chip && CHIPS[chip].bootloaderOffset,
  'partition-table': (_, { tableOffset }) => tableOffset,
  otadata: ({ path }, { partitions }) => {
    if (partitions) return partitions.find((partition) => roleOfPartition(partition) === 'otadata')?.offset;
    return /boot_app0/i.test(fileName(path)) ? ARDUINO_OTADATA_OFFSET : undefined;
  },
  app: (_, { partitions }) => (partitions ? firstAppPartition(partitions)?.offset : USUAL_APP_OFFSET),
  filesystem: inTable((partitions, file) => onlyOrNamed(partitions, file)),
  nvs: inTable((partitions, file) => onlyOrNamed(partitions, file)),
  data: inTable((partitions, { path }) => partitions.find(({ label }) => label === stemOf(path))),
};

/** The one partition of this role; of several the one that the file is named after, by label or by kind. */
function onlyOrNamed(partitions: readonly Partition[], { path, role }: Unplaced): Partition | undefined {
  const candidates = partitions.filter((partition) => roleOfPartition(partition) === role);
  const stem = stemOf(path).toLowerCase();
  const named = candidates.filter(({ label }) => label.toLowerCase() === stem);
  const ofKind = candidates.filter(({ subtype }) => partitionSubtypeFromText(DATA_TYPE, stem) === subtype);
  return [candidates, named, ofKind].find(({ length }) => length === 1)?.[0];
}

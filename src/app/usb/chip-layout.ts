/**
 * Reads what lies in the flash of a chip: boot loader, table, otadata, what is in each slot, whether NVS is used. A few dozen
 * short questions.
 */
import { CHIPS } from '../../core/image/chips.ts';
import { parseAppDescriptor, parseBootloaderDescriptor } from '../../core/image/descriptors.ts';
import { MOST_FLASH_BYTES } from '../../core/image/flash-runs.ts';
import { hasImageMagic } from '../../core/image/header.ts';
import { readImageChip } from '../../core/image/image-chip.ts';
import { ImageError } from '../../core/image/image-error.ts';
import type { Otadata, OtaState, Partition } from '../../core/image/model.ts';
import { OTADATA_BYTES, OTADATA_ENTRY_BYTES, OTADATA_SECTOR, otaSlotForSeq, parseOtadata } from '../../core/image/otadata.ts';
import {
  MOVED_TABLE_OFFSETS,
  PARTITION_TABLE_BYTES,
  PARTITION_TABLE_OFFSET,
  couldLieAt,
  hasPartitionMagic,
  parsePartitionTable,
} from '../../core/image/partition-table.ts';
import { DATA_TYPE } from '../../core/image/partition-types.ts';
import { factorySlot, nextBootSlot, otaSlots, otadataPartition } from '../../core/bundle/boot-slot.ts';
import type { FlashTarget } from '../../core/bundle/plan-model.ts';
import { defined } from '../../core/fields.ts';
import { md5Hex } from '../../core/bytes/md5.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { isSerialError } from './errors.ts';
import { HASH_BYTES, imageExtent } from './image-extent.ts';
import type { ChipLayout, SlotOnChip } from './model.ts';
import type { ChipConnection, ChipIdentity } from './ports.ts';
import type { WhereFrom } from './untrusted.ts';

/** Image header, header of the first segment, `esp_app_desc_t`. */
const APP_HEAD_BYTES = 0x120;
/** The same with `esp_bootloader_desc_t`, which has 80 bytes. */
const BOOTLOADER_HEAD_BYTES = 0x70;
const DESCRIPTOR_OFFSET = 0x20;
const NVS_SUBTYPE = 0x02;
/** What a larger one would cost in MD5, on both sides, is more than the answer is worth. */
const MOST_HASHED_NVS = 2 * 1024 * 1024;
const ERASED_SEQ = 0xffff_ffff;

export interface FoundOnChip {
  readonly layout: ChipLayout;
  readonly otadata?: Otadata;
  /** False: the chip does not let anybody read. */
  readonly isRead: boolean;
}

const UNREADABLE: FoundOnChip = {
  layout: { slots: [], hasBootloader: false, nvs: 'none', tableProblem: 'UNREADABLE' },
  isRead: false,
};

/** A chip, and what was found there. */
export interface ChipScene {
  readonly identity: ChipIdentity;
  readonly found: FoundOnChip | undefined;
  /** By a look that nothing brought has steered. */
  readonly unsteered: FoundOnChip | undefined;
}

interface LookOptions {
  /** Where what was brought has its table: there first. */
  readonly tableOffset?: number | undefined;
  readonly signal: AbortSignal;
}

/** Where the chip offers no reading, the answer says so; every other failure is a failure. */
export async function readLayout(connection: ChipConnection, { tableOffset, signal }: LookOptions): Promise<FoundOnChip> {
  if (connection.loader === 'secure-download') return UNREADABLE;
  try {
    return await new LayoutReader(connection, signal).read(tableOffset);
  } catch (error) {
    if (isSerialError(error, 'NEEDS_STUB', 'SECURE_DOWNLOAD')) return UNREADABLE;
    throw error;
  }
}

/** What a plan has to know of a chip. */
export function targetOf(identity: ChipIdentity, { layout, otadata, isRead }: FoundOnChip): FlashTarget {
  const { chip, revision, flash, security } = identity;
  return {
    chip,
    revision,
    flashBytes: flash.bytes,
    security,
    ...defined({
      partitions: layout.partitions,
      tableOffset: layout.tableOffset,
      otadata,
      hasBootloader: isRead ? layout.hasBootloader : undefined,
      emptySlots: isRead ? layout.slots.filter(({ app }) => app === undefined).map(({ offset }) => offset) : undefined,
    }),
  };
}

/** What a part that is brought is held against. */
export function whereOn({ identity: { chip }, found, unsteered }: ChipScene): WhereFrom {
  const app = found?.layout.slots.find(({ next }) => next)?.app;
  const running = app && { project: app.project, ...defined({ sha256: app.appendedHash }) };
  return {
    chip,
    tables: [unsteered, found].map((each) => each?.layout.partitions ?? []),
    ...defined({ running }),
  };
}

type FoundTable = Pick<ChipLayout, 'partitions' | 'tableOffset' | 'tableProblem'>;

class LayoutReader {
  readonly #connection: ChipConnection;
  readonly #signal: AbortSignal;

  constructor(connection: ChipConnection, signal: AbortSignal) {
    this.#connection = connection;
    this.#signal = signal;
  }

  async read(tableOffset: number | undefined): Promise<FoundOnChip> {
    const boot = await this.#bootloader();
    const table = await this.#table(boot.hasBootloader, tableOffset);
    const partitions = table.partitions ?? [];
    const otadata = await this.#otadata(partitions);
    const slots = await this.#slots(partitions, otadata);
    const layout: ChipLayout = { ...boot, ...table, slots, nvs: await this.#nvs(partitions) };
    return { layout, isRead: true, ...(otadata && { otadata }) };
  }

  /** A table for a larger flash is a mistake that people make: what it names beyond the end, no chip can read. */
  #isThere({ offset, size }: Partition): boolean {
    const { identity, reach } = this.#connection;
    return offset + size <= Math.min(identity.flash.bytes ?? MOST_FLASH_BYTES, reach);
  }

  #read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#connection.readFlash(offset, length, { signal: this.#signal });
  }

  async #bootloader(): Promise<Pick<ChipLayout, 'hasBootloader' | 'bootloaderIdf'>> {
    const { chip } = this.#connection.identity;
    const head = await this.#read(CHIPS[chip].bootloaderOffset, BOOTLOADER_HEAD_BYTES);
    const hasBootloader = hasImageMagic(head) && readImageChip(head) === chip;
    const idf = hasBootloader ? parseBootloaderDescriptor(head.subarray(DESCRIPTOR_OFFSET))?.idfVersion : undefined;
    return { hasBootloader, ...defined({ bootloaderIdf: idf }) };
  }

  /** What lay at the usual place before a project moved its table may still be there. */
  async #table(hasBootloader: boolean, expectedAt = PARTITION_TABLE_OFFSET): Promise<FoundTable> {
    const expected = expectedAt === PARTITION_TABLE_OFFSET ? undefined : await this.#movedTable(expectedAt);
    const usual = expected ?? (await this.#tableAt(PARTITION_TABLE_OFFSET));
    // Without a boot loader nothing starts, wherever there is a table.
    if (usual.partitions || !hasBootloader) return usual;
    for (const offset of MOVED_TABLE_OFFSETS) {
      const moved = await this.#movedTable(offset);
      if (moved) return moved;
    }
    return usual;
  }

  async #movedTable(tableOffset: number): Promise<FoundTable | undefined> {
    if (!hasPartitionMagic(await this.#read(tableOffset, 2))) return undefined;
    const { partitions } = await this.#tableAt(tableOffset);
    return partitions && couldLieAt({ partitions }, tableOffset) ? { partitions, tableOffset } : undefined;
  }

  async #tableAt(offset: number): Promise<FoundTable> {
    const bytes = await this.#read(offset, PARTITION_TABLE_BYTES);
    if (bytes.every((byte) => byte === 0xff)) return { tableProblem: 'ERASED' };
    try {
      return { partitions: parsePartitionTable(bytes).partitions };
    } catch (error) {
      if (error instanceof ImageError) return { tableProblem: error.code };
      throw error;
    }
  }

  async #otadata(partitions: readonly Partition[]): Promise<Otadata | undefined> {
    const partition = otadataPartition(partitions);
    if (!partition || !this.#isThere(partition)) return undefined;
    const bytes = new Uint8Array(OTADATA_BYTES).fill(0xff);
    for (const at of [0, OTADATA_SECTOR]) bytes.set(await this.#read(partition.offset + at, OTADATA_ENTRY_BYTES), at);
    return parseOtadata(bytes);
  }

  async #slots(partitions: readonly Partition[], otadata: Otadata | undefined): Promise<readonly SlotOnChip[]> {
    const factory = factorySlot(partitions);
    const ota = otaSlots(partitions);
    const next = nextBootSlot(partitions, otadata);
    const states = slotStates(otadata, ota.length);
    const slots: SlotOnChip[] = [];
    for (const partition of [...(factory ? [factory] : []), ...ota]) {
      const otaIndex = ota.indexOf(partition);
      const app = await this.#app(partition);
      // An image of this family says how long it is.
      const isDamaged = app !== undefined && app.bytes === undefined;
      const { label, offset, size } = partition;
      const state = states.get(otaIndex) ?? 'UNDEFINED';
      slots.push({
        label,
        offset,
        size,
        otaIndex,
        state,
        next: partition === next,
        ...(app && { app }),
        ...(isDamaged && { damaged: true }),
      });
    }
    return slots;
  }

  async #app(partition: Partition): Promise<SlotOnChip['app']> {
    if (!this.#isThere(partition)) return undefined;
    const head = await this.#read(partition.offset, APP_HEAD_BYTES);
    if (!hasImageMagic(head) || readImageChip(head) === undefined) return undefined;
    const { offset, size } = partition;
    const extent = await imageExtent({ head, room: size, read: (at, length) => this.#read(offset + at, length) });
    const hashAt = extent?.hashAt;
    const appendedHash = hashAt === undefined ? undefined : toHex(await this.#read(offset + hashAt, HASH_BYTES));
    const found = defined({ bytes: extent?.length, appendedHash });
    const descriptor = parseAppDescriptor(head.subarray(DESCRIPTOR_OFFSET));
    if (!descriptor) return { project: '', version: '', idfVersion: '', ...found };
    const { projectName, version, idfVersion, builtAtMs } = descriptor;
    return { project: projectName, version, idfVersion, ...defined({ builtAtMs }), ...found };
  }

  /** One question for all of it: an erased partition has a known MD5. */
  async #nvs(partitions: readonly Partition[]): Promise<ChipLayout['nvs']> {
    const nvs = partitions.find(({ type, subtype }) => type === DATA_TYPE && subtype === NVS_SUBTYPE);
    if (!nvs || !this.#isThere(nvs)) return 'none';
    if (nvs.size > MOST_HASHED_NVS) return 'used';
    const found = await this.#connection.md5(nvs.offset, nvs.size, { signal: this.#signal });
    return found === md5Hex(new Uint8Array(nvs.size).fill(0xff)) ? 'empty' : 'used';
  }
}

/** By index of the OTA slot; of two entries for one slot the later one counts. */
function slotStates(otadata: Otadata | undefined, slotCount: number): ReadonlyMap<number, OtaState> {
  const states = new Map<number, OtaState>();
  if (!otadata || slotCount === 0) return states;
  for (const { seq, state } of otadata.entries.toSorted((a, b) => a.seq - b.seq)) {
    if (seq !== ERASED_SEQ) states.set(otaSlotForSeq(seq, slotCount), state);
  }
  return states;
}

/** What a flash job is going to do to a chip, worked out before anything is touched. Data only. */
import type { ChipName, Otadata, Partition } from '../image/model.ts';
import type { FlashSettings, PartRole } from './model.ts';

/** What is known of the chip before the plan is made; read from it, never assumed. */
export interface FlashTarget {
  readonly chip: ChipName;
  /** major × 100 + minor; `undefined` where the chip lets nobody read it. */
  readonly revision: number | undefined;
  /** Bytes; `undefined` when the flash chip does not say. */
  readonly flashBytes: number | undefined;
  /** As found in the flash; absent when there is none that can be read. */
  readonly partitions?: readonly Partition[];
  /** Where that table was found; absent: at its usual place. */
  readonly tableOffset?: number;
  /** As found where the table has it; absent without one. */
  readonly otadata?: Otadata;
  /** Absent: nobody looked. */
  readonly hasBootloader?: boolean;
  /** Offsets of the slots in which no application lies; absent: nobody looked. */
  readonly emptySlots?: readonly number[];
  readonly security: {
    readonly flashEncryption: boolean;
    readonly secureBoot: boolean;
    /** Absent: the second version, which knows whoever signs, not what. */
    readonly secureBootV1?: true;
    readonly secureDownload: boolean;
  };
}

export interface FlashRange {
  readonly offset: number;
  readonly length: number;
}

/** A stretch that is written: whole sectors are erased, `bytes` start at `offset`. */
export interface PlannedWrite extends FlashRange {
  readonly name: string;
  readonly role: PartRole;
  /** After patching; `length` = its length. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Header of a boot loader changed to the flash settings, with its hash made anew. */
  readonly patched: boolean;
}

/** `gone`: the new table does not name it any more. `new`: it begins with whatever lies there. */
export type FateOfPartition = 'kept' | 'written' | 'erased' | 'partly-written' | 'gone' | 'new';

export interface PartitionFate {
  /** Of the table on the chip, where it is in that. */
  readonly label: string;
  /** The one that it gets, where both tables have it under different names. */
  readonly newLabel?: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
  readonly fate: FateOfPartition;
  /** Of the table on the chip, of the one that is written, or of both: same place and type, whatever it is called. */
  readonly in: 'chip' | 'bundle' | 'both';
}

export type PlanProblemCode =
  | 'NOTHING_TO_WRITE'
  | 'PARTS_OVERLAP'
  | 'PART_OVER_KEPT' // one piece, with a partition in the middle of it that stays
  | 'BOOT_CHAIN_OVERWRITTEN' // boot loader or partition table, by something else
  | 'PART_TOO_LARGE' // for its partition
  | 'BEYOND_FLASH'
  | 'WRONG_CHIP'
  | 'CHIP_REVISION'
  | 'FLASH_SIZE' // the image states more flash than there is
  | 'FLASH_SIZE_UNKNOWN'
  | 'ENCRYPTED_FLASH' // plain bytes would brick it
  | 'WRITTEN_PLAIN' // the build marks it to be encrypted
  | 'IMAGE_ENCRYPTED' // without flash encryption the chip cannot read it
  | 'SECURE_BOOT' // an unsigned image would not start
  | 'SECURE_DOWNLOAD' // this operation is not offered by the chip
  | 'DAMAGED_IMAGE'
  | 'TABLE_CHANGES' // partitions move: what is kept by offset may belong to another partition
  | 'NO_BOOTLOADER' // none on the chip, none in the bundle
  | 'NO_PARTITION_TABLE' // the same
  | 'APP_OUTSIDE_PARTITION'
  | 'MISALIGNED'
  | 'OTHER_BOARD' // what was saved from one board goes to another
  | 'NEXT_SLOT_OVERWRITTEN' // the slot that starts next, by what cannot start from it
  | 'NEXT_SLOT_EMPTY' // the otadata that is written chooses a slot without an application
  | 'UNTRUSTED_APPLICATION' // for a board that is given only what is trusted; found by whoever knows of keys
  | 'RELEASE_UNFIT' // a signed release that was not meant for this board, or not now; found by whoever knows of releases
  | 'MAY_BE_GUARDED' // such a board, as far as anybody can tell
  | 'OTADATA_SELECTS_OTHER'; // an application is written to a slot that otadata does not choose

export interface PlanProblem {
  readonly code: PlanProblemCode;
  /** `block` cannot be overridden, `warn` asks, `note` informs. */
  readonly severity: 'block' | 'warn' | 'note';
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface FlashPlan {
  readonly target: FlashTarget;
  readonly writes: readonly PlannedWrite[];
  /** Erased without being written (sectors), after `keep` was honoured. */
  readonly erases: readonly FlashRange[];
  /** Everything that stays as it is although a merged image has bytes for it. */
  readonly kept: readonly FlashRange[];
  readonly partitions: readonly PartitionFate[];
  readonly problems: readonly PlanProblem[];
  readonly bytesToWrite: number;
}

export interface PlanChoices {
  /** Labels of partitions that stay although the bundle has bytes for them. Default: NVS and file systems of the chip's table. */
  readonly keep?: readonly string[];
  readonly eraseAll?: boolean;
  /** Label of the slot that the application goes to instead. */
  readonly appSlot?: string;
  /** Erases otadata, so that the boot loader starts the first slot again. */
  readonly resetOtadata?: boolean;
  /** Of the boot loader's header, in place of what the bundle says. */
  readonly settings?: FlashSettings;
  /** Which of the builds for this chip, in its maker's words; empty = the one without any. Decides what is planned, not how. */
  readonly variant?: string;
  /** Addresses that the person gave, by path of the file; over what its maker states. Decides what is planned, not how. */
  readonly offsets?: ReadonlyMap<string, number>;
}

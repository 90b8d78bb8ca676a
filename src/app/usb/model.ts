/** The states of the USB door that the app keeps and the UI shows. Times are ms since 1970. */
import type { BundleOrigin, FlashSettings, PartRole } from '../../core/bundle/model.ts';
import type { FlashPlan, FlashRange, PlanChoices } from '../../core/bundle/plan-model.ts';
import type { ChipName, OtaState, Partition } from '../../core/image/model.ts';
import type { HistoryEntry, JobLine, Problem, ReleaseMark, SpeedSample } from '../model.ts';
import type { ChipIdentity, ConnectStep } from './ports.ts';

export interface SlotOnChip {
  readonly label: string;
  readonly offset: number;
  readonly size: number;
  /** -1 = factory */
  readonly otaIndex: number;
  /** Absent: erased, or nothing that can be read as an application. */
  readonly app?: {
    readonly project: string;
    readonly version: string;
    readonly idfVersion: string;
    readonly builtAtMs?: number;
    readonly bytes?: number;
    /** The SHA-256 that its build appended, as it stands in the flash. */
    readonly appendedHash?: string;
  };
  readonly state: OtaState;
  /** otadata (or the boot loader's rule without it) starts this one next. */
  readonly next: boolean;
  /** A job of this app broke off in the middle of it, and none has come to its end there since. */
  readonly unfinished?: true;
  /** The job that broke off there, as the history has it. */
  readonly brokenOff?: BrokenJob;
  /** Its segments do not end in the slot: no boot loader starts it. */
  readonly damaged?: true;
  /** What became of this very version when it was last to start from here, where the history says. `no-start`: it never named itself. */
  readonly lastStart?: 'proven' | 'crashed' | 'no-start' | 'not-proven';
}

/** What lies in it is whole, and still does not start. */
export const isBroken = ({ damaged, lastStart }: SlotOnChip): boolean => damaged === true || lastStart === 'no-start';

export type BrokenJob = Pick<HistoryEntry, 'act' | 'at' | 'outcome' | 'project' | 'toVersion' | 'sha256'>;

/** What lies in the flash, as read from it. */
export interface ChipLayout {
  /** Absent: no table that can be read; `tableProblem` says why. */
  readonly partitions?: readonly Partition[];
  /** Where a project moved it to; absent: it lies at its usual place. */
  readonly tableOffset?: number;
  readonly tableProblem?: string;
  readonly slots: readonly SlotOnChip[];
  readonly hasBootloader: boolean;
  readonly bootloaderIdf?: string;
  readonly nvs: 'none' | 'empty' | 'used';
  /** A job of this page left another slot to start than the one that is chosen now: the board itself changed it. */
  readonly changedItself?: { readonly from: string; readonly to: string };
}

/** What the person brought, as the UI tells it. */
export interface BundleSummary {
  readonly origin: BundleOrigin;
  readonly name: string;
  readonly version: string;
  readonly chips: readonly (ChipName | undefined)[];
  /** Of the build that was chosen for this chip. */
  readonly parts: readonly {
    readonly name: string;
    readonly role: PartRole;
    readonly offset: number;
    readonly size: number;
    readonly placed: 'stated' | 'proposed';
  }[];
  readonly proposesErase: boolean;
  readonly ignored: readonly string[];
  /** Of the build that was chosen, whether they have a place or not; without those that state many places themselves. */
  readonly files?: readonly { readonly path: string; readonly offset?: number }[];
  /** Several builds are for this chip: their makers' words, one of them empty where a build has none. */
  readonly variants?: readonly string[];
  /** The one that was chosen, when there is a choice. */
  readonly variant?: string;
  /** Flash settings that the bundle wants in the header of the boot loader. */
  readonly settings?: FlashSettings;
  /** It was saved from a board, and goes back. */
  readonly snapshot?: SnapshotSummary;
}

export interface SnapshotSummary {
  /** Name or MAC of the board that it was read from. */
  readonly board: string;
  readonly takenAt: number;
  /** All of the flash; else stretches of it. */
  readonly isWhole: boolean;
}

/** A job that reads only has no others between; what is overwritten is read once it is known what that is. */
const FLASH_STAGES = ['connect', 'compare', 'read', 'erase', 'write', 'verify', 'start'] as const;
export type FlashStage = (typeof FLASH_STAGES)[number];

export interface FlashStageState {
  readonly stage: FlashStage;
  readonly status: 'waiting' | 'active' | 'done' | 'failed' | 'stopped' | 'skipped';
  /** Bytes of flash. */
  readonly done: number;
  readonly total: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

export type UsbJobKind = 'flash' | 'snapshot' | 'restore' | 'read' | 'erase' | 'slots';

export interface UsbJobState {
  readonly id: string;
  readonly kind: UsbJobKind;
  /** Only the stages that this job has. */
  readonly stages: readonly FlashStageState[];
  /** Sector by sector (4 KiB) of what the plan covers: offset of the first, and what became of each. */
  readonly sectors: { readonly offset: number; readonly states: readonly SectorState[] };
  readonly speed: readonly SpeedSample[];
  readonly log: readonly JobLine[];
  readonly startedAt: number;
  readonly endedAt?: number;
  /** `unverified`: it was written, but the end could not be proved. `lost`: the cable; `resumeFrom` says how far it is verified. */
  readonly outcome: 'running' | 'done' | 'failed' | 'stopped' | 'lost' | 'unverified';
  readonly problem?: Problem;
  readonly canStop: boolean;
  /** All is written, the page cannot start the chip: somebody has to press RESET. `stop()` goes on without. */
  readonly needsReset?: true;
  /** It has ended, and the board is no longer what it left: another door changed it, or the cable was out and it may be another one. */
  readonly past?: 'changed' | 'unplugged';
  /** What state the chip was left in, once the job is over and was not done. */
  readonly left?: 'untouched' | 'partly-written' | 'complete';
  /** Bytes that were proven by MD5 when the cable was lost. */
  readonly resumeFrom?: number;
  /** Of a job that did not come to its end: what it saved before it changed anything, in the library. */
  readonly saved?: string;
  readonly result?: UsbJobResult;
}

export type SectorState = 'kept' | 'same' | 'waiting' | 'erased' | 'written' | 'verified';

export interface UsbJobResult {
  readonly bytesInFlash: number;
  /** Of those, how many differed and were written, in all attempts together. */
  readonly bytesWritten: number;
  /** Of those, how many an attempt wrote that broke off; absent: there was none. */
  readonly bytesWrittenBefore?: number;
  /** How long the attempts took that broke off; absent: there was none. */
  readonly earlierMs?: number;
  readonly wireBytes: number;
  /** Blocks that the line damaged, and that were sent once more; absent: none. */
  readonly repeatedBlocks?: number;
  readonly parts: readonly { readonly name: string; readonly offset: number; readonly size: number; readonly sha256: string }[];
  readonly fromVersion?: string;
  readonly toVersion?: string;
  /** The signed release that it came as. */
  readonly release?: ReleaseMark;
  /** The application that was written, and whether the boot loader starts it. */
  readonly written?: WrittenApp & { readonly startsNext: boolean };
  /** Slot that starts next, and the one that did before, where otadata was written by hand. */
  readonly chosenSlot?: { readonly now: string; readonly before?: string };
  /** Slot that was marked invalid by hand. */
  readonly invalidSlot?: string;
  /** What started instead of what was written, and is in trouble. */
  readonly otherTrouble?: { readonly kind: string; readonly line?: string };
  /** What was overwritten was half of one firmware and half of another. */
  readonly overUnfinished?: true;
  /** What would have started before could not, as far as anybody knows. */
  readonly overBroken?: true;
  /** What proved `toVersion`, which is the version that started. */
  readonly provedBy?: 'boot-log' | 'descriptor';
  /** Bytes of flash that were erased by command, written afterwards or not; absent: none. */
  readonly bytesErased?: number;
  /** Of what was kept: known to be blank by the MD5 of the chip, and not read; absent: none. */
  readonly bytesBlank?: number;
  /** SHA-256 of the snapshot that was taken before, in the library; absent where nothing had to be overwritten. */
  readonly undo?: string;
  /** Of a read: of the bytes (kind `read`), or of the file in the library that holds them (kind `snapshot`). */
  readonly readSha256?: string;
}

export interface WrittenApp {
  readonly version?: string;
  readonly project?: string;
  readonly slot: string;
}

/** All attempts together, without the time between them. */
export const jobMs = ({ startedAt, endedAt = startedAt, result }: UsbJobState): number => endedAt - startedAt + (result?.earlierMs ?? 0);

export type UsbPhase =
  /** Not opened. */
  | 'closed'
  /** Open at the console's rate; the application runs, as far as anybody knows. */
  | 'console'
  | 'connecting'
  /** In its boot loader, identified. */
  | 'ready'
  | 'working'
  /** The cable was pulled, or the port failed. */
  | 'unplugged';

export interface UsbState {
  readonly portId: string;
  readonly kind: 'usb' | 'virtual';
  /** `CP2102 (10c4:ea60)`, or the name of the virtual device. */
  readonly title: string;
  readonly phase: UsbPhase;
  readonly baudRate: number;
  /** While the cable is slower than it could be because a rate failed, now or a while ago: the one to try again. */
  readonly fasterBaudRate?: number | undefined;
  /** Of the last attempt to connect, oldest first. */
  readonly connectSteps: readonly ConnectStep[];
  readonly chip?: ChipIdentity;
  readonly loader?: 'stub' | 'rom' | 'secure-download';
  readonly layout?: ChipLayout;
  readonly bundle?: BundleSummary;
  readonly choices: PlanChoices;
  readonly plan?: FlashPlan;
  readonly estimatedMs?: number;
  /** Offsets of the writes whose bytes are in the flash already, by their MD5; absent: nobody asked yet. */
  readonly onChip?: readonly number[];
  /** As `estimatedMs`, without those. */
  readonly differingMs?: number;
  /** What each way of saving adds to it, at most. */
  readonly savingMs?: Readonly<Record<'nothing' | 'overwritten' | 'everything', number>>;
  readonly job?: UsbJobState;
  /** The last job broke off, by Stop or by the cable, and `resume()` takes it up again. */
  readonly canResume?: boolean;
  /** Why the last attempt failed, until the next one. */
  readonly problem?: Problem;
}

export type { FlashRange };

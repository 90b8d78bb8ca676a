/** The records and states that the app keeps and the UI shows. Data only. Times are ms since 1970. */
import type { ChipName, FirmwareKind, FirmwareReport } from '../core/image/model.ts';
import type { StoredSignature } from './trust/model.ts';
import type { DeviceErrorCode, DeviceInfo } from '../core/ota/device-contract.ts';

// ---- firmware library ----

export interface FirmwareSource {
  readonly kind: 'file' | 'demo' | 'device' | 'share' | 'import' | 'release';
  /** File name, device name …, as it was. */
  readonly detail: string;
}

/** One firmware of the library. Its bytes live once, under `sha256`. */
export interface FirmwareRecord {
  readonly sha256: string;
  readonly size: number;
  readonly fileName: string;
  readonly kind: FirmwareKind;
  readonly chip?: ChipName;
  /** Project name; the person may change it. */
  readonly name: string;
  readonly version: string;
  /** What the image's own descriptor states: a fact that nobody edits. When it is there, `version` is the same. */
  readonly imageVersion?: string;
  /** False while `version` is only a guess (Arduino builds) that nobody confirmed. */
  readonly versionCertain: boolean;
  /** False: its checksum or its appended hash does not match, no boot loader would start it. Absent: nothing says so. */
  readonly intact?: boolean;
  readonly builtAt?: number;
  readonly idfVersion?: string;
  readonly notes: string;
  readonly tags: readonly string[];
  readonly source: FirmwareSource;
  readonly addedAt: number;
  /** Secure Boot signatures stand behind its image. */
  readonly hasSecureBoot?: true;
  /** Signatures that lie beside it; at most 16. */
  readonly signatures?: readonly StoredSignature[];
}

export type FirmwareEdit = Partial<Pick<FirmwareRecord, 'name' | 'version' | 'notes' | 'tags'>>;

export interface StorageUse {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly persisted: boolean;
}

// ---- devices ----

export interface DeviceRecord {
  readonly id: string;
  readonly name: string;
  readonly kind: 'virtual' | 'network';
  /** Ends in `/`. */
  readonly baseUrl: string;
  readonly addedAt: number;
  readonly lastSeenAt?: number;
  /** As last read, so that a card has something to say before the device answers. */
  readonly lastInfo?: DeviceInfo;
  /** True once it was seen to have another password than the one it was delivered with; false after a reset. Absent: nobody signed in. */
  readonly ownPassword?: boolean;
  /** It takes no password before this time. */
  readonly lockedUntil?: number;
  /** It is given nothing but firmware that its product trusts. */
  readonly onlyTrusted?: boolean;
  /** What ran there when that was set: whose keys count, whatever an image says of itself. */
  readonly guardedProduct?: string;
}

/** What is known of a device's door, and has to be known after a reload too. */
export type DeviceDoor = Pick<DeviceRecord, 'ownPassword' | 'lockedUntil'>;

/** `boot-loader`: the chip waits for a flasher. `not-starting`: it found no firmware to start. A real board tells neither. */
export type DeviceLinkState = 'connecting' | 'online' | 'restarting' | 'boot-loader' | 'not-starting' | 'unreachable';

export type DeviceAuth =
  | { readonly state: 'signed-out' }
  | { readonly state: 'signed-in'; readonly mustChange: boolean; readonly expiresAt: number }
  | { readonly state: 'locked-out'; readonly until: number };

export interface VitalSample {
  readonly at: number;
  readonly freeHeap: number;
  readonly rssi: number;
}

export interface DeviceState {
  readonly record: DeviceRecord;
  readonly link: DeviceLinkState;
  readonly dialect: 'otter' | 's1' | 'unknown';
  readonly info?: DeviceInfo;
  /** When it said that; absent before it ever answered. */
  readonly seenAt?: number;
  /** The port by which this page holds it in its boot loader. */
  readonly cable?: string;
  readonly auth: DeviceAuth;
  /** Oldest first, at most ten minutes. */
  readonly vitals: readonly VitalSample[];
  /** Why it cannot be reached, while `link` is `unreachable`. */
  readonly problem?: Problem;
  /** The newest change to its other slot that was asked for from this tab. */
  readonly slotSwitch?: SlotSwitch;
}

/** The other slot was asked for by hand: no new firmware, another one that was there runs. */
export interface SlotSwitch {
  readonly startedAt: number;
  /** The device has not ended it while this is `running`. */
  readonly outcome: 'running' | 'confirmed' | 'unconfirmed' | 'failed';
  readonly fromVersion: string;
  /** What the device is expected to run, and from its return on what it says it runs; empty when it told neither. */
  readonly toVersion: string;
  readonly slot?: string;
  /** It was not seen since. */
  readonly isLost?: true;
  readonly endedAt?: number;
}

/** An error as state: enough to look up the words and to copy. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

// ---- pre-flight ----

export type CheckId =
  | 'kind'
  | 'chip'
  | 'revision'
  | 'size'
  | 'whole'
  | 'project'
  | 'version'
  | 'past'
  | 'secure-version'
  | 'flash'
  | 'way-back'
  | 'signature'
  | 'release';
export type CheckVerdict = 'pass' | 'note' | 'warn' | 'block';

/** One check of a firmware against a device. `facts` fill the sentence that `ui/messages.ts` holds for `id` + `reason`. */
export interface PreflightCheck {
  readonly id: CheckId;
  readonly verdict: CheckVerdict;
  readonly reason: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface Preflight {
  readonly checks: readonly PreflightCheck[];
  /** `force`: allowed only after the person said so (older or same version …). */
  readonly decision: 'go' | 'force' | 'blocked';
  /** Slot that will be overwritten, when the device says. */
  readonly targetSlot?: string;
}

// ---- an update as a job ----

export const UPDATE_STAGES = ['check', 'erase', 'write', 'verify', 'restart', 'confirm'] as const;
export type UpdateStage = (typeof UPDATE_STAGES)[number];

export interface StageState {
  readonly stage: UpdateStage;
  readonly status: 'waiting' | 'active' | 'done' | 'failed';
  /** Bytes for erase/write/verify; seconds are shown from `startedAt`/`endedAt`. */
  readonly done: number;
  readonly total: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

export interface SpeedSample {
  readonly at: number;
  readonly bytesPerSecond: number;
}

export interface JobLine {
  /** ms since the job started. */
  readonly atMs: number;
  readonly who: 'otter' | 'device';
  readonly text: string;
}

export interface UpdateJobState {
  readonly id: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly firmware: FirmwareRecord;
  readonly fromVersion: string;
  /** Where that ran, as the device says. */
  readonly fromSlot?: string;
  readonly slot: string;
  /** Version of the firmware that was in that slot; absent when it was empty, or nobody knows. */
  readonly overwrites?: string;
  /** The key that its product trusts and that signed it. */
  readonly signedBy?: string;
  /** The signed release that it came as. */
  readonly release?: ReleaseMark;
  /** The device verified a signature for itself. */
  readonly isVerifiedByDevice?: true;
  readonly stages: readonly StageState[];
  readonly speed: readonly SpeedSample[];
  readonly log: readonly JobLine[];
  readonly startedAt: number;
  readonly endedAt?: number;
  /**
   * `confirmed`: the device says the new version runs and is valid. `unconfirmed`: it answers with the new version but did not
   * confirm it, or did not come back in time. `rolled-back`: it came back with the old one.
   */
  readonly outcome: 'running' | 'confirmed' | 'unconfirmed' | 'rolled-back' | 'failed' | 'stopped';
  readonly problem?: Problem;
  /** True until the boot slot is switched: stopping then leaves the device as it was. */
  readonly canStop?: boolean;
  /** What the device said once it was back. */
  readonly proof?: UpdateProof;
}

export interface UpdateProof {
  readonly version: string;
  readonly runningSlot?: string;
  readonly slotSha256?: string;
  readonly slotState?: string;
  /** How long the device did not answer, ms. */
  readonly awayMs: number;
  /** From its return to the confirmation, ms. */
  readonly confirmMs?: number;
  /** Labels of slots whose SHA-256 is the same before and after. */
  readonly keptSlots: readonly string[];
}

// ---- history ----

export interface HistoryEntry {
  readonly id: string;
  readonly deviceId: string;
  readonly at: number;
  /** `flash`, `restore` and `erase`: over the cable. */
  readonly act: 'update' | 'rollback' | 'restart' | 'added' | 'power-cycle' | 'factory-reset' | 'flash' | 'restore' | 'erase';
  /** `started` until its end is known; `interrupted`: the tab that did it was closed, reloaded or killed before. */
  readonly outcome: 'confirmed' | 'unconfirmed' | 'rolled-back' | 'failed' | 'stopped' | 'done' | 'started' | 'interrupted';
  readonly sha256?: string;
  readonly project?: string;
  readonly fromVersion?: string;
  readonly toVersion?: string;
  readonly slot?: string;
  /** The key that its product trusted then, and that had signed it. */
  readonly signedBy?: string;
  /** Of an attempt without an end: the device had said that all is written and will start next. */
  readonly switched?: true;
  readonly durationMs?: number;
  readonly code?: DeviceErrorCode | string;
  /** Over the cable: what of the flash was changed, or was being changed when it broke off. Bytes. */
  readonly ranges?: readonly { readonly offset: number; readonly length: number }[];
  /** By hand, over the cable: what became of the boot choice for `slot`. */
  readonly slotChange?: 'chosen' | 'invalidated';
  /** The signed release that the bytes came as. */
  readonly release?: ReleaseMark;
  /** Of an erase: the partition, the stretch, or nothing for the whole flash. Of a write: where, if that is no slot. */
  readonly region?: string;
}

/** A signed release, as it was called when its bytes were written. */
export interface ReleaseMark {
  /** SHA-256 of the release file. */
  readonly id: string;
  readonly counter: number;
  /** The rest is absent where nobody wrote it down. What its publisher was called here: */
  readonly publisher?: string;
  readonly product?: string;
  readonly version?: string;
}

// ---- settings ----

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  /** Wait this long for a device to confirm after its restart. */
  readonly confirmTimeoutS: number;
}

export type { FirmwareReport };

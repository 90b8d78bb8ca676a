/** What the UI may ask of releases beyond the book: taking sets in, signing with several people, publishing. */
import type { Fingerprint } from '../../core/trust/key-model.ts';
import type { SeenIndex } from '../../core/trust/release-set.ts';
import type { Release } from '../../core/trust/release.ts';
import type { IndexEntry, ReleaseIndex } from '../../core/trust/release-index.ts';
import type { Root, RootKey, RootRole, TrustedRoot } from '../../core/trust/root.ts';
import type { SetFile } from '../../core/trust/set-files.ts';
import type { SigningState } from '../../core/trust/threshold-signing.ts';
import type { ChipName } from '../../core/image/model.ts';
import type { Problem, ReleaseMark } from '../model.ts';
import type { Observable } from '../observable.ts';
import type { ReleaseRecord, RootRecord } from './model.ts';
import type { NamedFile, ReleaseBook } from './services.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

// ---- what is trusted ----

/** A line of root files, verified from its first to its newest. */
export interface RootLine extends RootRecord {
  /** Oldest first, never empty. */
  readonly files: readonly TrustedRoot[];
  readonly newest: TrustedRoot;
  /** What is remembered of the newest index. */
  readonly seen: SeenIndex | undefined;
  /** That index, as it was signed. */
  readonly index: Bytes | undefined;
}

export interface ReleaseDetail {
  readonly record: ReleaseRecord;
  readonly release: Release;
  /** Absent: the line it belongs to is trusted no longer. */
  readonly line: RootLine | undefined;
  /** Whose signatures count by the newest root file. */
  readonly signers: readonly RootKey[];
  /** Why it is not trusted any more, by the newest root file. */
  readonly problem?: Problem;
}

// ---- a set, from wherever it lies ----

export interface PathFile {
  readonly path: string;
  readonly blob: Blob;
}

export type SetOrigin =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'zip'; readonly name: string; readonly file: Blob }
  | { readonly kind: 'files'; readonly name: string; readonly files: readonly PathFile[] }
  | { readonly kind: 'folder'; readonly folder: FileSystemDirectoryHandle };

/** In the order in which they are taken. */
export const SET_STEPS = ['root', 'line', 'index', 'release', 'image'] as const;
export type SetStepName = (typeof SET_STEPS)[number];

export interface SetStep {
  readonly step: SetStepName;
  /** `asking`: a person has to say something first. */
  readonly status: 'active' | 'asking' | 'passed' | 'refused';
}

export interface SetOffer {
  readonly entry: IndexEntry;
  /** The same release file was accepted before. */
  readonly isHere: boolean;
}

export interface SetVisitState {
  /** An address, or the name of a file or folder. */
  readonly source: string;
  readonly steps: readonly SetStep[];
  /** The newest root file that was verified. */
  readonly root: TrustedRoot | undefined;
  /** The line that it belongs to; absent: nobody here trusts it yet. */
  readonly line: RootLine | undefined;
  /** Another line that is trusted here, whose sets lay at this address before. */
  readonly formerly: RootLine | undefined;
  /** Root files that came since the last visit. */
  readonly rotations: number;
  readonly index: ReleaseIndex | undefined;
  readonly offers: readonly SetOffer[];
  readonly accepted: readonly ReleaseRecord[];
  /** Why the last step was refused. */
  readonly problem: Problem | undefined;
}

export interface SetVisit {
  readonly state: Observable<SetVisitState>;
  /** A person compared the fingerprint: the line is trusted from now on. */
  confirm(name: string): Promise<void>;
  /** Release and image, verified and kept. `evenExpired`: a person said so. */
  accept(entry: IndexEntry, options?: { readonly evenExpired?: boolean }): Promise<ReleaseRecord | undefined>;
  stop(): void;
}

// ---- what is about to be signed ----

export type DraftKind = 'root' | 'release' | 'index';

export interface DraftRecord {
  readonly id: string;
  readonly kind: DraftKind;
  /** Absent: the first root file of a new line. */
  readonly rootId?: string;
  readonly createdAt: number;
  /** Of the image, for a release. */
  readonly sha256?: string;
  /** Of a new line: what its publisher is to be called. */
  readonly name?: string;
}

/** What an envelope says that nobody has vouched for. */
export type DraftContent =
  | { readonly kind: 'root'; readonly root: Root }
  | { readonly kind: 'release'; readonly release: Release }
  | { readonly kind: 'index'; readonly index: ReleaseIndex };

/** Who has signed, and who may, by one root file. */
export interface Quorum {
  /** `old`: by the root file that is followed; `new`: by the one that is signed; `release`: by the newest. */
  readonly by: 'old' | 'new' | 'release';
  readonly threshold: number;
  readonly state: SigningState;
}

export interface Draft {
  readonly record: DraftRecord;
  readonly content: DraftContent;
  readonly line: RootLine | undefined;
  readonly quorums: readonly Quorum[];
  readonly isComplete: boolean;
}

/** What a draft became once enough had signed it. */
export type Settled =
  | { readonly kind: 'root'; readonly rootId: string }
  | { readonly kind: 'release'; readonly record: ReleaseRecord }
  | { readonly kind: 'index'; readonly rootId: string };

/** An envelope that somebody else sent. */
export interface ForeignEnvelope {
  readonly bytes: Bytes;
  readonly fileName: string;
  readonly content: DraftContent;
  /** Fingerprints of the keys that have signed it, right or wrong. */
  readonly signers: readonly Fingerprint[];
  /** What it means to the lines here; for a root file, to the line that it follows, or to itself. */
  readonly readings: readonly EnvelopeReading[];
}

export interface EnvelopeReading {
  readonly line: RootLine | undefined;
  readonly quorums: readonly Quorum[];
}

export interface RootPlan {
  readonly name: string;
  readonly keys: readonly RootKey[];
  readonly roles: { readonly root: RootRole; readonly release: RootRole };
  readonly revoked: readonly Fingerprint[];
  readonly expiresAt: number;
}

export interface ReleasePlan {
  readonly rootId: string;
  /** Of the image in the library. */
  readonly sha256: string;
  readonly product: string;
  readonly version: string;
  readonly hardware: readonly string[];
  readonly notes: string;
  readonly counter: number;
  readonly minFromCounter: number;
  readonly expiresAt: number;
}

/** What the image itself says of a release of it. */
export interface ReleaseFacts {
  readonly product: string;
  readonly version: string;
  readonly chip: ChipName;
  readonly size: number;
  readonly appendedHash: string | undefined;
}

export interface IndexPlan {
  readonly rootId: string;
  readonly releaseIds: readonly string[];
  readonly expiresAt: number;
}

/** An image that is published, and the signatures that devices check for themselves. */
export interface SignedImage {
  readonly record: ReleaseRecord;
  /** One at least goes along, beside it. */
  readonly isSigned: boolean;
  /** Its product trusts keys, and none of them has signed it. */
  readonly isMissed: boolean;
}

/** A release as it concerns devices: for pre-flight and history. */
export interface KnownRelease {
  readonly record: ReleaseRecord;
  readonly release: Release;
  /** What whoever released it is called here; empty where they are trusted no longer. */
  readonly publisher: string;
  /** `KEY_REVOKED`, `THRESHOLD_NOT_MET` …: why the newest root file does not stand behind it. */
  readonly code?: string;
}

export interface ReleaseService extends ReleaseBook {
  readonly roots: Observable<readonly RootLine[] | undefined>;
  readonly drafts: Observable<readonly DraftRecord[] | undefined>;
  /** For histories and receipts. */
  markOf(sha256: string): Promise<ReleaseMark | undefined>;
  detail(id: string): Promise<ReleaseDetail>;
  /** All of them, read and held against the newest root files. */
  known(): Promise<readonly KnownRelease[]>;

  /** Begins at once. */
  visit(origin: SetOrigin): SetVisit;
  /** Its releases are forgotten, too; their firmware stays in the library. */
  forgetRoot(id: string): Promise<void>;
  forgetRelease(id: string): Promise<void>;

  draftRoot(plan: RootPlan): Promise<DraftRecord>;
  draftNextRoot(rootId: string, plan: RootPlan): Promise<DraftRecord>;
  /** @throws ReleaseError for what is no application */
  factsOf(sha256: string): Promise<ReleaseFacts>;
  /** One more than the last of the product. */
  nextCounter(rootId: string, product: string): number;
  draftRelease(plan: ReleasePlan): Promise<DraftRecord>;
  draftIndex(plan: IndexPlan): Promise<DraftRecord>;
  draft(id: string): Promise<Draft>;
  sign(draftId: string, keyId: Fingerprint): Promise<Draft>;
  exportDraft(id: string): Promise<NamedFile>;
  merge(draftId: string, file: Blob): Promise<Draft>;
  settle(draftId: string): Promise<Settled>;
  discard(draftId: string): Promise<void>;

  readEnvelope(file: Blob, fileName: string): Promise<ForeignEnvelope>;
  signEnvelope(envelope: ForeignEnvelope, keyId: Fingerprint): Promise<ForeignEnvelope>;

  /** `installOffset`: where ESP Web Tools puts the application; absent: no manifest for it. */
  writeSet(rootId: string, options?: { readonly installOffset?: number }): Promise<readonly SetFile[]>;
  /** Of the newest index. */
  signedImages(rootId: string): Promise<readonly SignedImage[]>;
  packSet(files: readonly SetFile[], name: string): NamedFile;
  writeFolder(folder: FileSystemDirectoryHandle, files: readonly SetFile[]): Promise<void>;
}

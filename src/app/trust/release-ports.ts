/** What releases need from outside. */
import type { SetFile, SetSource } from '../../core/trust/set-files.ts';
import type { SeenIndex } from '../../core/trust/release-set.ts';
import type { ChangeNotifier, Clock, NewId, RecordAct } from '../ports.ts';
import type { LibraryService } from '../services.ts';
import type { ReleaseRecord, RootRecord } from './model.ts';
import type { Bytes, DraftRecord, SetOrigin } from './release-services.ts';
import type { KeyService, SignatureService } from './services.ts';

export interface StoredRoot {
  readonly record: RootRecord;
  /** The line, oldest first. */
  readonly files: readonly Bytes[];
  readonly seen?: SeenIndex;
  /** The newest index that was trusted. */
  readonly index?: Bytes;
}

export interface StoredRelease {
  readonly record: ReleaseRecord;
  readonly bytes: Bytes;
}

export interface StoredDraft {
  readonly record: DraftRecord;
  readonly bytes: Bytes;
}

/** All of it in one transaction, or nothing. */
export interface ReleaseChange {
  /** Works on what is stored now, whatever another tab did meanwhile; runs inside the transaction, so it must not wait for anything. */
  readonly root?: { readonly id: string; readonly change: (stored: StoredRoot | undefined) => StoredRoot };
  readonly release?: StoredRelease;
  readonly draft?: StoredDraft;
  readonly endDraft?: string;
}

/** Records that cannot be read are left out. */
export interface ReleaseStore {
  roots(): Promise<readonly StoredRoot[]>;
  releases(): Promise<readonly StoredRelease[]>;
  release(id: string): Promise<StoredRelease | undefined>;
  ofImage(sha256: string): Promise<readonly ReleaseRecord[]>;
  drafts(): Promise<readonly DraftRecord[]>;
  draft(id: string): Promise<StoredDraft | undefined>;
  write(change: ReleaseChange): Promise<void>;
  deleteRelease(id: string): Promise<void>;
  /** With its releases and drafts. */
  deleteRoot(id: string): Promise<void>;
}

/** @throws OtterError when it cannot be opened at all */
export type OpenSet = (origin: SetOrigin, signal: AbortSignal) => Promise<SetSource>;

export interface ReleasePorts {
  readonly store: ReleaseStore;
  readonly openSet: OpenSet;
  readonly writeToFolder: (folder: FileSystemDirectoryHandle, files: readonly SetFile[]) => Promise<void>;
  readonly keys: Pick<KeyService, 'useToSign'>;
  readonly signatures: Pick<SignatureService, 'trust' | 'adopt' | 'vouched'>;
  readonly library: Pick<LibraryService, 'add' | 'bytes' | 'report' | 'get'>;
  readonly notifier: ChangeNotifier;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly record?: RecordAct;
}

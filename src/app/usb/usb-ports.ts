/** Everything that the USB use cases are given by the composition root: the ports of this room and of the rest of the app. */
import type { BundleBuild, BundleFile, FlashBundle, ResolvedBuild } from '../../core/bundle/model.ts';
import type { ChipName, Partition } from '../../core/image/model.ts';
import type { ConsoleBuffer } from '../../core/console/console-buffer.ts';
import type { HistoryEntry } from '../model.ts';
import type { Observable } from '../observable.ts';
import type { Clock, LeaveGuard, NewId, RecordAct, TabLocks, WakeLock } from '../ports.ts';
import type { BoardServices } from '../trust/services.ts';
import type { LibraryService } from '../services.ts';
import type { FindUntrusted } from './untrusted.ts';
import type { AdapterMemory, ChipConnector, OpenWire, SerialPortRegistry } from './ports.ts';

/** `core/bundle`, loaded when somebody brings something. */
export interface BundleRules {
  readBundle(files: readonly BundleFile[], options?: { readonly signal?: AbortSignal }): Promise<FlashBundle>;
  /** Fetches and reads an install manifest; its files are fetched when they are needed. */
  readBundleFrom(url: string): Promise<FlashBundle>;
  chooseBuild(
    bundle: FlashBundle,
    chip: ChipName,
    wishes: { readonly flashBytes?: number | undefined; readonly variant?: string | undefined },
  ): BundleBuild;
  resolveBuild(
    build: BundleBuild,
    options: {
      readonly chip?: ChipName | undefined;
      readonly partitions?: readonly Partition[] | undefined;
      readonly tableOffset?: number | undefined;
    },
  ): Promise<ResolvedBuild>;
}

export interface UsbPorts {
  readonly registry: SerialPortRegistry;
  readonly openWire: OpenWire;
  readonly connector: ChipConnector;
  readonly memory: AdapterMemory;
  readonly bundles: BundleRules;
  readonly newConsoleBuffer: () => ConsoleBuffer;
  readonly library: Pick<LibraryService, 'add' | 'get' | 'bytes' | 'report' | 'edit'>;
  readonly addHistory: (entry: HistoryEntry) => Promise<void>;
  /** What was done to a device, by its id; without it nobody knows what an earlier page left unfinished. */
  readonly history?: (deviceId: string) => Promise<readonly HistoryEntry[]>;
  /** Rises when any history got an entry, in any tab. */
  readonly historyVersion?: Observable<number>;
  /** A cable changed the flash of a device: what it said of that before is forgotten, in all tabs. */
  readonly flashChanged?: (deviceId: string) => Promise<void>;
  /** Name of a virtual device, by its id. */
  readonly deviceName: (deviceId: string) => string | undefined;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly locks: TabLocks;
  readonly wakeLock: WakeLock;
  readonly leaveGuard: LeaveGuard;
  readonly record?: RecordAct;
  readonly untrusted?: FindUntrusted;
  readonly trust?: () => Promise<BoardServices>;
}

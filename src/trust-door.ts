/** The part of the composition root that joins keys, signatures and releases, loaded when somebody first asks for one of them. */
import type { ChangeNotifier, Clock, NewId, RecordAct, StorageMeter } from './app/ports.ts';
import type { FirmwareRecord } from './app/model.ts';
import type { BenchService, DeviceService, LibraryService } from './app/services.ts';
import { DeviceGuard } from './app/trust/device-guard.ts';
import { slotGuard } from './app/trust/slot-guard.ts';
import { SignatureDesk } from './app/trust/signature-desk.ts';
import type { Fingerprint } from './core/trust/key-model.ts';
import { KeyRing } from './app/trust/key-ring.ts';
import { Releases } from './app/trust/release-book.ts';
import type { TrustServices } from './app/trust/services.ts';
import type { OtterDatabaseHandle } from './io/store/database.ts';
import { writeToFolder } from './io/sets/folder-set.ts';
import { setOpener } from './io/sets/open-set.ts';
import { IdbKeyStore } from './io/store/key-store.ts';
import { IdbReleaseStore } from './io/store/release-store.ts';

interface TrustGiven {
  readonly devices: DeviceService;
  readonly bench: BenchService;
  readonly database: OtterDatabaseHandle;
  readonly library: LibraryService;
  readonly notifier: ChangeNotifier;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly meter: StorageMeter;
  readonly record: RecordAct;
}

export function openTrustDoor({ database, library, devices, bench, ...given }: TrustGiven): TrustServices {
  const keys: KeyRing = new KeyRing({
    ...given,
    store: new IdbKeyStore(database),
    random: (bytes) => crypto.getRandomValues(bytes),
    firmwareBy: async (id) => {
      await library.load();
      return (library.records.value ?? []).filter(isSignedBy(id)).map(({ sha256 }) => sha256);
    },
    releasesBy: (id) => releases.signedBy(id),
  });
  const openSet = setOpener({ fetch: (url, init) => fetch(url, init), pause: () => given.clock.sleep(0) });
  const signatures = new SignatureDesk({ ...given, library, keys });
  const store = new IdbReleaseStore(database);
  const releases: Releases = new Releases({ ...given, store, openSet, writeToFolder, keys, signatures, library });
  const guard = new DeviceGuard({ ...given, devices, bench, keys });
  const mayStart = slotGuard({ devices, library, keys, signatures, releases });
  return { keys, signatures, guard, mayStart, releases };
}

const isSignedBy =
  (id: Fingerprint) =>
  ({ signatures }: FirmwareRecord): boolean =>
    signatures?.some(({ keyId }) => keyId === id) ?? false;

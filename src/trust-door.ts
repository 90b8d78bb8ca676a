/** The part of the composition root that joins keys, signatures and releases, loaded when somebody first asks for one of them. */
import type { ChangeNotifier, Clock, NewId, RecordAct, StorageMeter } from './app/ports.ts';
import type { FirmwareRecord } from './app/model.ts';
import type { BenchService, DeviceService, LibraryService } from './app/services.ts';
import { DeviceGuard } from './app/trust/device-guard.ts';
import { SignatureDesk } from './app/trust/signature-desk.ts';
import type { Fingerprint } from './core/trust/key-model.ts';
import { KeyRing } from './app/trust/key-ring.ts';
import type { TrustServices } from './app/trust/services.ts';
import type { OtterDatabaseHandle } from './io/store/database.ts';
import { IdbKeyStore } from './io/store/key-store.ts';

interface TrustGiven {
  readonly library: LibraryService;
  readonly devices: DeviceService;
  readonly bench: BenchService;
  readonly database: OtterDatabaseHandle;
  readonly notifier: ChangeNotifier;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly meter: StorageMeter;
  readonly record: RecordAct;
}

export function openTrustDoor({ database, ...given }: TrustGiven): TrustServices {
  const { library } = given;
  const keys = new KeyRing({
    ...given,
    store: new IdbKeyStore(database),
    random: (bytes) => crypto.getRandomValues(bytes),
    firmwareBy: async (id) => {
      await library.load();
      return (library.records.value ?? []).filter(isSignedBy(id)).map(({ sha256 }) => sha256);
    },
  });
  const signatures = new SignatureDesk({ ...given, keys });
  const guard = new DeviceGuard({ ...given, keys });
  // Releases join here.
  return { keys, signatures, guard } as Omit<TrustServices, 'releases'> as TrustServices;
}

const isSignedBy =
  (id: Fingerprint) =>
  ({ signatures }: FirmwareRecord): boolean =>
    signatures?.some(({ keyId }) => keyId === id) ?? false;

/** The part of the composition root that joins keys, signatures and releases, loaded when somebody first asks for one of them. */
import type { ChangeNotifier, Clock, NewId, RecordAct, StorageMeter } from './app/ports.ts';
import { KeyRing } from './app/trust/key-ring.ts';
import type { TrustServices } from './app/trust/services.ts';
import type { OtterDatabaseHandle } from './io/store/database.ts';
import { IdbKeyStore } from './io/store/key-store.ts';

interface TrustGiven {
  readonly database: OtterDatabaseHandle;
  readonly notifier: ChangeNotifier;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly meter: StorageMeter;
  readonly record: RecordAct;
}

export function openTrustDoor({ database, ...given }: TrustGiven): TrustServices {
  const keys = new KeyRing({ ...given, store: new IdbKeyStore(database), random: (bytes) => crypto.getRandomValues(bytes) });
  // Signatures and releases join here.
  return { keys } as unknown as TrustServices;
}

/** The part of the composition root that joins keys, signatures and releases, loaded when somebody first asks for one of them. */
import type { ChangeNotifier, Clock, NewId, RecordAct, StorageMeter } from './app/ports.ts';
import type { LibraryService } from './app/services.ts';
import { KeyRing } from './app/trust/key-ring.ts';
import { Releases } from './app/trust/release-book.ts';
import type { TrustServices } from './app/trust/services.ts';
import type { OtterDatabaseHandle } from './io/store/database.ts';
import { writeToFolder } from './io/sets/folder-set.ts';
import { setOpener } from './io/sets/open-set.ts';
import { IdbKeyStore } from './io/store/key-store.ts';
import { IdbReleaseStore } from './io/store/release-store.ts';

interface TrustGiven {
  readonly database: OtterDatabaseHandle;
  readonly library: LibraryService;
  readonly notifier: ChangeNotifier;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly meter: StorageMeter;
  readonly record: RecordAct;
}

export function openTrustDoor({ database, library, ...given }: TrustGiven): TrustServices {
  const keys: KeyRing = new KeyRing({
    ...given,
    store: new IdbKeyStore(database),
    random: (bytes) => crypto.getRandomValues(bytes),
    releasesBy: (id) => releases.signedBy(id),
  });
  const openSet = setOpener({ fetch: (url, init) => fetch(url, init), pause: () => given.clock.sleep(0) });
  const releases = new Releases({ ...given, store: new IdbReleaseStore(database), openSet, writeToFolder, keys, library });
  // Signatures join here.
  return { keys, releases } as unknown as TrustServices;
}

/** The app with a real key ring on a store in memory: keys are as good as any, and gone with the test. */
import type { TrustServices } from '../../src/app/trust/services.ts';
import { DeviceGuard } from '../../src/app/trust/device-guard.ts';
import { KeyRing } from '../../src/app/trust/key-ring.ts';
import { MemoryKeyStore } from './memory-keys.ts';
import { FakeNotifier } from './memory-log.ts';
import { FakeServices } from './services.ts';

export function memoryKeyRing(store = new MemoryKeyStore(), notifier = new FakeNotifier()): KeyRing {
  return new KeyRing({
    store,
    notifier,
    clock: { now: () => Date.now() },
    newId: () => crypto.randomUUID(),
    random: (bytes) => crypto.getRandomValues(bytes),
    meter: { askToPersist: () => undefined },
  });
}

export class TrustingServices extends FakeServices {
  readonly keyStore = new MemoryKeyStore();
  readonly notifier = new FakeNotifier();
  readonly keys = memoryKeyRing(this.keyStore, this.notifier);
  readonly guard = new DeviceGuard({ devices: this.devices, bench: this.bench, keys: this.keys });
  readonly trust = async (): Promise<TrustServices> => ({ keys: this.keys, guard: this.guard }) as unknown as TrustServices;
}

/**
 * The fastest rate that worked, by kind of adapter, on disk. Nothing depends on it: without it the ladder is tried again. It holds for a day:
 * what failed may have been a cable, a hub or one bad moment, and finding out that it was the adapter costs some seconds, once a day.
 */
import type { Clock } from '../../app/ports.ts';
import type { AdapterMemory } from '../../app/usb/ports.ts';
import type { SerialUsbInfo } from '../../core/serial/port.ts';
import type { OtterDatabaseHandle } from '../store/database.ts';

const MAX_BAUD_RATE = 10_000_000;
const HOLDS_MS = 24 * 60 * 60 * 1000;

interface StoredRate {
  readonly baudRate: number;
  readonly at: number;
}

export class IdbAdapterMemory implements AdapterMemory {
  readonly #database: OtterDatabaseHandle;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(database: OtterDatabaseHandle, clock: Pick<Clock, 'now'>) {
    this.#database = database;
    this.#clock = clock;
  }

  async fastest(usb: SerialUsbInfo): Promise<number | undefined> {
    const key = keyOf(usb);
    if (key === undefined) return undefined;
    const stored = await this.#database.use((database) => database.get('adapters', key));
    return isStoredRate(stored) && Math.abs(this.#clock.now() - stored.at) < HOLDS_MS ? stored.baudRate : undefined;
  }

  async remember(usb: SerialUsbInfo, baudRate: number): Promise<void> {
    const key = keyOf(usb);
    if (key === undefined || !isBaudRate(baudRate)) return;
    const rate: StoredRate = { baudRate, at: this.#clock.now() };
    await this.#database.use(async (database) => void (await database.put('adapters', rate, key)));
  }
}

/** `10c4:ea60`; `undefined` for a port that does not say what it is: it may be anything. */
function keyOf({ usbVendorId, usbProductId }: SerialUsbInfo): string | undefined {
  if (usbVendorId === undefined || usbProductId === undefined) return undefined;
  return [usbVendorId, usbProductId].map((id) => id.toString(16).padStart(4, '0')).join(':');
}

/** Earlier versions stored a number for ever: that is forgotten. */
function isStoredRate(value: unknown): value is StoredRate {
  return (
    typeof value === 'object' &&
    value !== null &&
    'baudRate' in value &&
    isBaudRate(value.baudRate) &&
    'at' in value &&
    typeof value.at === 'number'
  );
}

function isBaudRate(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_BAUD_RATE;
}

/** The fastest rate that worked, by kind of adapter, on disk. Nothing depends on it: without it the ladder is tried again. */
import type { AdapterMemory } from '../../app/usb/ports.ts';
import type { SerialUsbInfo } from '../../core/serial/port.ts';
import type { OtterDatabaseHandle } from '../store/database.ts';

const MAX_BAUD_RATE = 10_000_000;

export class IdbAdapterMemory implements AdapterMemory {
  readonly #database: OtterDatabaseHandle;

  constructor(database: OtterDatabaseHandle) {
    this.#database = database;
  }

  async fastest(usb: SerialUsbInfo): Promise<number | undefined> {
    const key = keyOf(usb);
    if (key === undefined) return undefined;
    const stored = await this.#database.use((database) => database.get('adapters', key));
    return isBaudRate(stored) ? stored : undefined;
  }

  async remember(usb: SerialUsbInfo, baudRate: number): Promise<void> {
    const key = keyOf(usb);
    if (key === undefined || !isBaudRate(baudRate)) return;
    await this.#database.use(async (database) => void (await database.put('adapters', baudRate, key)));
  }
}

/** `10c4:ea60`; `undefined` for a port that does not say what it is: it may be anything. */
function keyOf({ usbVendorId, usbProductId }: SerialUsbInfo): string | undefined {
  if (usbVendorId === undefined || usbProductId === undefined) return undefined;
  return [usbVendorId, usbProductId].map((id) => id.toString(16).padStart(4, '0')).join(':');
}

function isBaudRate(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_BAUD_RATE;
}

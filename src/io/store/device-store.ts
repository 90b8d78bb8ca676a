/** Devices, what was done to them, and the settings, on disk. */
import type { DeviceRecord, HistoryEntry, Settings } from '../../app/model.ts';
import type { DeviceStore, HistoryStore, SettingsStore } from '../../app/ports.ts';
import { BYTE_USERS, allOrNothing } from './database.ts';
import type { OtterDatabaseHandle } from './database.ts';
import { sweepBlob } from './firmware-store.ts';
import { parseDeviceRecord, parseHistoryEntry, parseSettings } from '../../app/records.ts';

const SETTINGS_KEY = 'app';

export class IdbDeviceStore implements DeviceStore {
  readonly #database: OtterDatabaseHandle;

  constructor(database: OtterDatabaseHandle) {
    this.#database = database;
  }

  all(): Promise<readonly DeviceRecord[]> {
    return this.#database.use(async (database) => {
      const stored = await database.getAll('devices');
      return stored
        .map(parseDeviceRecord)
        .filter((record) => record !== undefined)
        .sort((a, b) => a.addedAt - b.addedAt);
    });
  }

  put(record: DeviceRecord): Promise<void> {
    return this.#database.use(async (database) => void (await database.put('devices', record)));
  }

  change(id: string, change: Partial<Omit<DeviceRecord, 'id'>>): Promise<DeviceRecord | undefined> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction('devices', 'readwrite');
      return allOrNothing(transaction, async () => {
        const known = parseDeviceRecord(await transaction.store.get(id));
        if (!known) return undefined;
        const changed = { ...known, ...change };
        await transaction.store.put(changed);
        return changed;
      });
    });
  }

  delete(id: string): Promise<void> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction(BYTE_USERS, 'readwrite');
      await allOrNothing(transaction, async () => {
        await transaction.objectStore('devices').delete(id);
        const history = transaction.objectStore('history');
        const entries = await history.index('device').getAll(id);
        const keys = await history.index('device').getAllKeys(id);
        for (const key of keys) await history.delete(key);
        const installed = new Set(entries.map((entry) => parseHistoryEntry(entry)?.sha256).filter((sha256) => sha256 !== undefined));
        for (const sha256 of installed) await sweepBlob(transaction, sha256);
      });
    });
  }
}

export class IdbHistoryStore implements HistoryStore {
  readonly #database: OtterDatabaseHandle;

  constructor(database: OtterDatabaseHandle) {
    this.#database = database;
  }

  add(entry: HistoryEntry): Promise<void> {
    return this.#database.use(async (database) => void (await database.put('history', entry)));
  }

  ofDevice(deviceId: string): Promise<readonly HistoryEntry[]> {
    return this.#of('device', deviceId);
  }

  ofFirmware(sha256: string): Promise<readonly HistoryEntry[]> {
    return this.#of('sha256', sha256);
  }

  #of(index: 'device' | 'sha256', key: string): Promise<readonly HistoryEntry[]> {
    return this.#database.use(async (database) => {
      const stored = await database.getAllFromIndex('history', index, key);
      return stored
        .map(parseHistoryEntry)
        .filter((entry) => entry !== undefined)
        .sort((a, b) => b.at - a.at);
    });
  }
}

export class IdbSettingsStore implements SettingsStore {
  readonly #database: OtterDatabaseHandle;

  constructor(database: OtterDatabaseHandle) {
    this.#database = database;
  }

  read(): Promise<Settings> {
    return this.#database.use(async (database) => parseSettings(await database.get('settings', SETTINGS_KEY)));
  }

  write(change: Partial<Settings>): Promise<Settings> {
    return this.#database.use(async (database) => {
      const transaction = database.transaction('settings', 'readwrite');
      return allOrNothing(transaction, async () => {
        const changed = parseSettings({ ...parseSettings(await transaction.store.get(SETTINGS_KEY)), ...change });
        await transaction.store.put(changed, SETTINGS_KEY);
        return changed;
      });
    });
  }
}

/** The few things that a person may set; the same in all tabs. */
import type { Settings } from './model.ts';
import { Subject } from './observable.ts';
import type { ChangeNotifier, RecordAct, SettingsStore } from './ports.ts';
import type { SettingsService } from './services.ts';

export const FIRST_SETTINGS: Settings = { theme: 'system', confirmTimeoutS: 60 };

export class AppSettings implements SettingsService {
  readonly value = new Subject<Settings>(FIRST_SETTINGS);
  readonly #store: SettingsStore;
  readonly #notifier: ChangeNotifier;
  readonly #record: RecordAct | undefined;

  constructor(store: SettingsStore, notifier: ChangeNotifier, record?: RecordAct) {
    this.#record = record;
    this.#store = store;
    this.#notifier = notifier;
    notifier.subscribe((topic) => {
      if (topic === 'settings') void this.load().catch(() => undefined);
    });
  }

  async load(): Promise<void> {
    this.value.set(await this.#store.read());
  }

  async change(change: Partial<Settings>): Promise<void> {
    this.value.set(await this.#store.write(change));
    this.#record?.('settings-changed', change);
    this.#notifier.tell('settings');
  }
}

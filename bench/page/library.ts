/** A library of 1,000 firmware records in the real database and the real view: opening and filtering without loading bytes. */
import { FirmwareLibrary } from '../../src/app/library.ts';
import type { FirmwareRecord } from '../../src/app/model.ts';
import { BroadcastNotifier } from '../../src/io/page/tabs.ts';
import { pageClock } from '../../src/io/page/clock.ts';
import { storageMeter } from '../../src/io/page/environment.ts';
import { HttpDemoShelf } from '../../src/io/http/demo-shelf.ts';
import { OtterDatabaseHandle } from '../../src/io/store/database.ts';
import { IdbHistoryStore } from '../../src/io/store/device-store.ts';
import { IdbFirmwareStore } from '../../src/io/store/firmware-store.ts';
import { XrayInspector } from '../../src/io/workers/xray-inspector.ts';
import { longestTaskMs, medianMs } from './measure.ts';
import type { Row } from './measure.ts';
import { longTaskRow } from './xray.ts';
import type { AppServices } from '../../src/app/services.ts';
import { Subject } from '../../src/app/observable.ts';
import '../../src/ui/styles/index.css';
import '../../src/ui/views/firmware-view.ts';

const COUNT = 1000;
const BUDGET_MS = 50;

const record = (index: number): FirmwareRecord => ({
  sha256: index.toString(16).padStart(64, '0'),
  size: 900_000 + index,
  fileName: `project-${index % 20}-1.${index}.0.bin`,
  kind: 'app',
  chip: 'ESP32',
  name: `project-${index % 20}`,
  version: `1.${index}.0`,
  versionCertain: true,
  notes: `build ${index}`,
  tags: index % 3 === 0 ? ['field'] : [],
  source: { kind: 'file', detail: `project-${index}.bin` },
  addedAt: 1_760_000_000_000 + index * 60_000,
});

export async function measureLibrary(): Promise<Row[]> {
  const database = new OtterDatabaseHandle('bench-library');
  const store = new IdbFirmwareStore(database);
  // Real bytes behind every record: opening must not touch them.
  const bytes = new Blob([new Uint8Array(256 * 1024)]);
  for (let index = 0; index < COUNT; index++) await store.put(record(index), bytes);
  const newLibrary = () =>
    new FirmwareLibrary({
      store,
      history: new IdbHistoryStore(database),
      inspector: new XrayInspector(),
      shelf: new HttpDemoShelf(new URL('demo/', document.baseURI)),
      meter: storageMeter,
      notifier: new BroadcastNotifier(),
      clock: pageClock,
    });
  const openMs = await medianMs(9, () => newLibrary().load());

  const library = newLibrary();
  const devices = { records: new Subject([]), historyVersion: new Subject(0), load: async () => {}, history: async () => [] };
  const view = document.createElement('ot-firmware-view');
  view.services = { library, devices } as unknown as AppServices;
  const showTaskMs = await longestTaskMs(async () => {
    document.body.append(view);
    await settled();
  });
  const search = view.querySelector<HTMLInputElement>('input[type="search"]');
  if (!search) throw new Error('the library shows no search field');
  const type = async (text: string): Promise<void> => {
    search.value = text;
    search.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    await view.updateComplete;
    // Reading the layout makes it part of the measured time.
    void view.offsetHeight;
  };
  const words = ['project-7', 'project', '1.77', '', 'field', 'project-1', 'nothing like it', ''];
  let word = 0;
  const filterMs = await medianMs(words.length, () => type(words[word++] ?? ''));
  const filterTaskMs = await longestTaskMs(async () => {
    for (const text of words) {
      await type(text);
      await settled();
    }
  });
  view.remove();
  const met = openMs <= BUDGET_MS && filterMs <= BUDGET_MS;
  return [
    {
      what: `Library of ${COUNT} firmware: open from IndexedDB · filter and lay out, median`,
      measured: `${openMs.toFixed(1)} ms · ${filterMs.toFixed(1)} ms`,
      target: `≤ ${BUDGET_MS} ms each`,
      met,
      raw: { openMs, filterMs },
    },
    longTaskRow('Longest main-thread task while that library is shown and filtered', Math.max(showTaskMs, filterTaskMs)),
  ];
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

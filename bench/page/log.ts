/** A log of 100,000 entries: verified line by line, exported, verified from the file; and the real view on top of the real database. */
import type { AppServices } from '../../src/app/services.ts';
import { AuditLog } from '../../src/app/trust/audit-log.ts';
import { factsOf } from '../../src/core/trust/log-acts.ts';
import type { LogDraft } from '../../src/core/trust/log-entry.ts';
import { linesOf } from '../../src/core/trust/log-lines.ts';
import { verifyChain } from '../../src/core/trust/log-verify.ts';
import { pageClock } from '../../src/io/page/clock.ts';
import { BroadcastNotifier } from '../../src/io/page/tabs.ts';
import { OtterDatabaseHandle } from '../../src/io/store/database.ts';
import { IdbLogStore } from '../../src/io/store/log-store.ts';
import '../../src/ui/views/log-view.ts';
import { longestTaskMs, medianMs } from './measure.ts';
import type { Row } from './measure.ts';
import { longTaskRow } from './xray.ts';

const COUNT = 100_000;
const BATCH = 2_000;
const MIN_PER_SECOND = 50_000;
const LOOK_MS = 200;

function draft(index: number): LogDraft {
  const firmware = { name: 'greenhouse-node', version: `1.${index}.0`, sha256: index.toString(16).padStart(64, '0') };
  const device = { deviceId: `virtual-${index % 50}`, deviceName: `greenhouse ${index % 50}` };
  const facts = factsOf('update-finished', {
    ...device,
    firmware,
    fromVersion: '1.0.0',
    slot: 'ota_1',
    startedAt: 0,
    endedAt: 27_400 + index,
  });
  return { at: new Date(1_760_000_000_000 + index * 60_000).toISOString(), act: 'update-finished', facts };
}

export async function measureLog(): Promise<Row[]> {
  const store = new IdbLogStore(new OtterDatabaseHandle('bench-log'), { by: 'page', app: '0.4.0' });
  for (let at = 0; at < COUNT; at += BATCH) await store.append(Array.from({ length: BATCH }, (_, index) => draft(at + index)));
  const log = new AuditLog({ store, notifier: new BroadcastNotifier('bench-log'), clock: pageClock });

  let file = new Blob();
  const exportTaskMs = await longestTaskMs(async () => void (file = (await log.export('jsonl')).blob));
  const tableTaskMs = await longestTaskMs(() => log.export('csv'));
  const fromFile = async (): Promise<void> => whole(await verifyChain(linesOf(file.stream()), { pause: () => pageClock.sleep(0) }));
  const importTaskMs = await longestTaskMs(fromFile);
  const storedTaskMs = await longestTaskMs(async () => whole(await log.verify()));
  const lines = (await file.text()).trimEnd().split('\n');
  const verifyMs = await medianMs(5, async () => whole(await verifyChain([lines], { pause: () => pageClock.sleep(0) })));
  const perSecond = (COUNT / verifyMs) * 1000;
  return [
    {
      what: `Verify a log of ${COUNT / 1000},000 entries (JSON Lines, ${(file.size / 2 ** 20).toFixed(0)} MB)`,
      measured: `${Math.round(perSecond / 1000)},000 entries/s`,
      target: `≥ ${MIN_PER_SECOND / 1000},000 entries/s`,
      met: perSecond >= MIN_PER_SECOND,
      raw: { verifyMs, perSecond },
    },
    longTaskRow('Longest main-thread task while that log is exported (JSON Lines, CSV)', Math.max(exportTaskMs, tableTaskMs)),
    longTaskRow('… while the exported file is read and verified, and the stored log', Math.max(importTaskMs, storedTaskMs)),
    longTaskRow('… while the page of the log shows, scrolls and searches it', await viewTaskMs(log)),
  ];
}

function whole({ broken, entries }: { readonly broken?: unknown; readonly entries: number }): void {
  if (broken || entries < COUNT) throw new Error(`the log is broken: ${JSON.stringify(broken)}`);
}

async function viewTaskMs(log: AuditLog): Promise<number> {
  const view = document.createElement('ot-log-view');
  view.services = { log: { open: async () => log } } as unknown as AppServices;
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  const longest = await longestTaskMs(async () => {
    document.body.append(view);
    await settled();
    const listing = view.querySelector<HTMLElement>('.log-view');
    const search = view.querySelector<HTMLInputElement>('#log-text');
    if (!listing || !search) throw new Error('the log shows no listing');
    for (const part of [0.3, 1, 0]) {
      listing.scrollTop = listing.scrollHeight * part;
      await settled();
    }
    search.value = 'greenhouse 17';
    search.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await settled();
    await settled();
  });
  view.remove();
  return longest;
}

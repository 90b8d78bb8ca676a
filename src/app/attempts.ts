/**
 * Attempts that somebody began: each is in the history from its first byte on, so that a tab that was closed, reloaded or killed in the
 * middle leaves a trace. Who writes to which device now, the locks of the browser know, over all tabs.
 */
import type { HistoryEntry } from './model.ts';
import type { HistoryStore, TabLocks } from './ports.ts';

const PREFIX = 'device:';

/** The lock that is held while a device is written. */
export const deviceLock = (deviceId: string): string => PREFIX + deviceId;

/** Ids of the devices that some tab writes to. Without locks (an insecure page) nobody is known to. */
export async function devicesInWork(locks: Pick<TabLocks, 'held'>): Promise<ReadonlySet<string>> {
  const held = await locks.held().catch((): readonly string[] => []);
  return new Set(held.flatMap((name) => (name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [])));
}

/**
 * Attempts without an end on a device that no tab holds were interrupted: told so, and written down. The end of an attempt is stored
 * before its lock is given back, so what is still without one after the locks were asked has none.
 */
export async function settleAttempts(
  deviceId: string,
  entries: readonly HistoryEntry[],
  ports: { readonly history: HistoryStore; readonly locks: Pick<TabLocks, 'held'> },
): Promise<readonly HistoryEntry[]> {
  if (!entries.some(isOpen) || (await devicesInWork(ports.locks)).has(deviceId)) return entries;
  const latest = await ports.history.ofDevice(deviceId);
  const settled = latest.map((entry): HistoryEntry => (isOpen(entry) ? { ...entry, outcome: 'interrupted' } : entry));
  // A full disk keeps nothing, and the same is found again next time.
  for (const [i, entry] of settled.entries()) if (entry !== latest[i]) await ports.history.add(entry).catch(() => undefined);
  return settled;
}

const isOpen = ({ outcome }: HistoryEntry): boolean => outcome === 'started';

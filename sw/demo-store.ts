/**
 * The demo firmware, offline too. It is ten times as large as the app, and a worker that stored it while being installed would keep the
 * first visitor waiting; so the page asks for it once the app runs. Kept by revision: an entry is never the bytes of another release.
 */
export interface PrecacheEntry {
  readonly url: string;
  readonly revision: string | null;
}

const CACHE = 'otter-demo';

export const isDemoFirmware = ({ url }: PrecacheEntry): boolean => /^demo\/[^/]+\.bin$/.test(url);

export class DemoStore {
  /** Plain address → address in the cache. */
  readonly #addresses: ReadonlyMap<string, string>;

  constructor(entries: readonly PrecacheEntry[], scope: string) {
    this.#addresses = new Map(
      entries.map(({ url, revision }) => {
        const { href } = new URL(url, scope);
        return [href, `${href}?revision=${revision}`];
      }),
    );
  }

  has(url: string): boolean {
    return this.#addresses.has(url);
  }

  /** From the cache, else from the network; `undefined` for what is no demo firmware. */
  async load(url: string): Promise<Response | undefined> {
    const address = this.#addresses.get(url);
    if (!address) return undefined;
    return (await (await caches.open(CACHE)).match(address)) ?? fetch(url);
  }

  /** Stores what is missing and forgets what no longer ships. Rejects when something could not be had; the rest stays. */
  async complete(): Promise<void> {
    const cache = await caches.open(CACHE);
    const stored = new Set((await cache.keys()).map(({ url }) => url));
    for (const [url, address] of this.#addresses) {
      if (stored.delete(address)) continue;
      const answer = await fetch(url, { cache: 'no-cache' });
      if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}`);
      await cache.put(address, answer);
    }
    for (const outdated of stored) await cache.delete(outdated);
  }
}

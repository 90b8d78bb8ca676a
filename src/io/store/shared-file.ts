/**
 * Where a file waits between the service worker that received it as a share and the page that asks the person about it:
 * a cache of its own, one entry per share. Both ends import this.
 */
export const SHARE_CACHE = 'otter-shared';
/** Name of the form field; the web app manifest says it too. */
export const SHARE_FIELD = 'firmware';
export const SHARE_NAME_HEADER = 'X-File-Name';

/** Relative to the worker's scope. */
export const sharedFilePath = (key: string): string => `share/${key}`;

const KEY = /^[0-9a-f-]{36}$/;

/** Takes the parked file out; `undefined` when there is none under this key (any more). The key comes from the address bar. */
export async function takeSharedFile(key: string, scope: string | URL): Promise<File | undefined> {
  if (!KEY.test(key)) return undefined;
  const cache = await caches.open(SHARE_CACHE);
  const address = new URL(sharedFilePath(key), scope);
  const parked = await cache.match(address);
  if (!parked) return undefined;
  const name = parked.headers.get(SHARE_NAME_HEADER) ?? '';
  const file = new File([await parked.blob()], safelyDecoded(name) || 'shared.bin');
  await cache.delete(address);
  return file;
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

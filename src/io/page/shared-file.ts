/** The page's end of the share target: what the service worker parked is handed over once. */
import { LibraryError } from '../../app/errors.ts';
import { SHARE_CACHE, SHARE_NAME_HEADER, SHARE_REFUSALS, SHARE_REFUSED_HEADER, sharePath } from '../store/share-shelf.ts';

const KEY = /^[0-9a-f-]{36}$/;

/**
 * @param key from the address bar, so anything at all
 * @param folder of the page, ending in `/`; the scope of its worker
 * @returns `undefined` when nothing is parked under the key (any more)
 * @throws LibraryError with the reason why the worker could not keep the file
 */
export async function takeSharedFile(key: string, folder: URL): Promise<File | undefined> {
  if (!KEY.test(key) || !('caches' in globalThis)) return undefined;
  const cache = await caches.open(SHARE_CACHE);
  const address = new URL(sharePath(key), folder);
  const parked = await cache.match(address);
  // Another tab may ask for the same share: who deletes it has it.
  if (!parked || !(await cache.delete(address))) return undefined;
  const refusal = SHARE_REFUSALS.find((word) => word === parked.headers.get(SHARE_REFUSED_HEADER));
  if (refusal) throw new LibraryError(refusal, 'the shared file could not be kept', {});
  return new File([await parked.blob()], safelyDecoded(parked.headers.get(SHARE_NAME_HEADER) ?? '') || 'shared.bin');
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

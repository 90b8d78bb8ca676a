/** The page's end of the share target: what the service worker parked is handed over once. */
import { LibraryError } from '../../app/errors.ts';
import { SHARE_CACHE, SHARE_NAME_HEADER, SHARE_REFUSALS, SHARE_REFUSED_HEADER } from '../store/share-shelf.ts';

/** Everything that was shared and not yet taken, oldest first. LibraryError when nothing of it could be kept. */
export async function takeSharedFiles(): Promise<readonly File[]> {
  if (!('caches' in globalThis) || !(await caches.has(SHARE_CACHE))) return [];
  const cache = await caches.open(SHARE_CACHE);
  const files: File[] = [];
  let refusal: LibraryError | undefined;
  for (const request of await cache.keys()) {
    const parked = await cache.match(request);
    // Another tab may take the same share: who deletes it has it.
    if (!parked || !(await cache.delete(request))) continue;
    const code = SHARE_REFUSALS.find((word) => word === parked.headers.get(SHARE_REFUSED_HEADER));
    if (code) refusal = new LibraryError(code, 'the shared file could not be kept', {});
    else files.push(new File([await parked.blob()], safelyDecoded(parked.headers.get(SHARE_NAME_HEADER) ?? '') || 'shared.bin'));
  }
  if (refusal && files.length === 0) throw refusal;
  return files;
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

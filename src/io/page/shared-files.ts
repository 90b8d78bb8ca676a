/** The page's end of the share target: what the service worker parked is handed over once. */
import { LibraryError } from '../../app/errors.ts';
import { SHARE_CACHE, SHARE_NAME_HEADER, SHARE_REFUSALS, SHARE_REFUSED_HEADER } from '../store/share-shelf.ts';

/**
 * Everything that was shared and not yet taken, oldest first.
 * @throws LibraryError with the reason why the worker could not keep a file, when it kept no other
 */
export async function takeSharedFiles(): Promise<readonly File[]> {
  if (!('caches' in globalThis)) return [];
  const cache = await caches.open(SHARE_CACHE);
  const files: File[] = [];
  let refused: LibraryError | undefined;
  for (const address of await cache.keys()) {
    const parked = await cache.match(address);
    // Another tab may ask for the same share: who deletes it has it.
    if (!parked || !(await cache.delete(address))) continue;
    const reason = SHARE_REFUSALS.find((word) => word === parked.headers.get(SHARE_REFUSED_HEADER));
    if (reason) refused = new LibraryError(reason, 'the shared file could not be kept', {});
    else files.push(new File([await parked.blob()], safelyDecoded(parked.headers.get(SHARE_NAME_HEADER) ?? '') || 'shared.bin'));
  }
  if (refused && files.length === 0) throw refused;
  return files;
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** The page's end of the share target: what the service worker parked is handed over once. */
import { LibraryError } from '../../app/errors.ts';
import { MAX_SHARE_NAME, SHARE_CACHE, SHARE_NAME_HEADER, SHARE_REFUSALS, SHARE_REFUSED_HEADER } from '../store/share-shelf.ts';

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
    else files.push(new File([await parked.blob()], fileName(parked.headers.get(SHARE_NAME_HEADER) ?? '')));
  }
  if (refused && files.length === 0) throw refused;
  return files;
}

/** Characters that are not seen can turn a name around (U+202E): they are left out. */
function fileName(encoded: string): string {
  const name = safelyDecoded(encoded).replaceAll(/[\p{Cc}\p{Cf}]/gu, '');
  return [...name].slice(-MAX_SHARE_NAME).join('').trim() || 'shared.bin';
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

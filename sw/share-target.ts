/**
 * Receives what another app shares to Otter (`share_target` of the web app manifest): parks the file in a cache and sends the person to
 * the library, which picks it up by its key. Nothing is written to a device, and nothing enters the library unasked.
 *
 * A share is a navigation by POST, so a stranger's form can reach this too. Hence the limits: one field, few files, a size that
 * no firmware exceeds, and the oldest parked file makes room for the newest.
 */
import { SHARE_CACHE, SHARE_FIELD, SHARE_NAME_HEADER, sharedFilePath } from '../src/io/store/shared-file.ts';

const SHARE_PATH = 'share';
const MAX_BYTES = 32 << 20;
const MAX_PARKED = 4;

/** Register before any other fetch listener that answers navigations. */
export function listenForShares(worker: ServiceWorkerGlobalScope): void {
  const target = new URL(SHARE_PATH, worker.registration.scope).href;
  worker.addEventListener('fetch', (event) => {
    if (event.request.method === 'POST' && event.request.url === target) {
      event.respondWith(receiveShare(event.request, worker.registration.scope));
    }
  });
}

/** Always ends in the library: with the key of what was parked, or with none when there was nothing usable. */
export async function receiveShare(request: Request, scope: string): Promise<Response> {
  const key = await parkSharedFile(request, scope).catch(() => undefined);
  return Response.redirect(new URL(key ? `./#/firmware?shared=${key}` : './#/firmware?shared=none', scope).href, 303);
}

async function parkSharedFile(request: Request, scope: string): Promise<string | undefined> {
  const file = (await request.formData()).get(SHARE_FIELD);
  if (!(file instanceof File) || file.size === 0 || file.size > MAX_BYTES) return undefined;
  const cache = await caches.open(SHARE_CACHE);
  const parked = await cache.keys();
  for (const oldest of parked.slice(0, Math.max(0, parked.length - MAX_PARKED + 1))) await cache.delete(oldest);
  const key = crypto.randomUUID();
  const headers = { 'Content-Type': 'application/octet-stream', [SHARE_NAME_HEADER]: encodeURIComponent(file.name) };
  await cache.put(new URL(sharedFilePath(key), scope), new Response(file, { headers }));
  return key;
}

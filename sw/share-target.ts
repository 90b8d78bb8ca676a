/** The worker's ear for the share target; what becomes of a share is in `receive-share.ts`. */
import { SHARE_PATH } from '../src/io/store/share-shelf.ts';
import { receiveShare } from './receive-share.ts';
import { writeLog } from './worker-log.ts';

/** Register before any other fetch listener that answers navigations. */
export function listenForShares(worker: ServiceWorkerGlobalScope): void {
  const target = new URL(SHARE_PATH, worker.registration.scope).href;
  worker.addEventListener('fetch', (event) => {
    if (event.request.method === 'POST' && event.request.url === target) {
      event.respondWith(receiveShare(event.request, worker.registration.scope, (act, given) => event.waitUntil(writeLog(act, given))));
    }
  });
}

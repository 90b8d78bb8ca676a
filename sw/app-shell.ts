/** The app itself, offline: precache, navigations to the shell document, and updates that wait until they are told to take over. */
import { cleanupOutdatedCaches, matchPrecache, precacheAndRoute } from 'workbox-precaching';

const SHELL = 'index.html';

declare const self: ServiceWorkerGlobalScope & {
  readonly __WB_MANIFEST: readonly { readonly url: string; readonly revision: string | null }[];
};

export function serveAppShell(worker: ServiceWorkerGlobalScope): void {
  // The build puts the list of files in this very place.
  const manifest = self.__WB_MANIFEST;
  const shellUrl = new URL(SHELL, worker.registration.scope).href;

  worker.addEventListener('fetch', (event) => {
    if (event.request.mode !== 'navigate' || event.request.method !== 'GET' || manifest.length === 0) return;
    event.respondWith(matchPrecache(shellUrl).then((shell) => (shell ? unframeable(shell) : fetch(event.request))));
  });
  worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
  worker.addEventListener('message', (event) => {
    const type: unknown = (event.data as { type?: unknown } | null)?.type;
    // Sent by workbox-window once the person agreed to the new version.
    if (type === 'SKIP_WAITING') void worker.skipWaiting();
    // A forced reload comes up uncontrolled although this worker runs, and `activate` is long over.
    if (type === 'CLAIM_CLIENTS') event.waitUntil(worker.clients.claim());
  });

  cleanupOutdatedCaches();
  precacheAndRoute([...manifest]);
}

/** `frame-ancestors` works only as a header, and the site that hosts the app may set none. */
function unframeable(document: Response): Response {
  const headers = new Headers(document.headers);
  headers.set('content-security-policy', "frame-ancestors 'none'");
  headers.set('x-content-type-options', 'nosniff');
  return new Response(document.body, { status: document.status, statusText: document.statusText, headers });
}

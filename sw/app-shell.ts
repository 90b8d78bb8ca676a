/** The app itself, offline: precache, navigations to the shell document, and updates that wait until they are told to take over. */
import { cleanupOutdatedCaches, matchPrecache, precacheAndRoute } from 'workbox-precaching';
import { DemoStore } from './demo-store.ts';
import { APP_FILES, DEMO_FILES } from './shipped.ts';

const SHELL = 'index.html';
const OTHER_FILE = /\.(?!html$)[a-z\d]+$/i;

export function serveAppShell(worker: ServiceWorkerGlobalScope): void {
  const demos = new DemoStore(DEMO_FILES, worker.registration.scope);
  const shellUrl = new URL(SHELL, worker.registration.scope).href;

  worker.addEventListener('fetch', (event) => {
    if (event.request.mode !== 'navigate' || event.request.method !== 'GET' || APP_FILES.length === 0) return;
    // A file that is opened or saved by its address is that file.
    if (OTHER_FILE.test(new URL(event.request.url).pathname)) return;
    event.respondWith(openPage(event.request, shellUrl));
  });
  worker.addEventListener('fetch', (event) => {
    if (event.request.method === 'GET' && demos.has(event.request.url)) {
      event.respondWith(demos.load(event.request.url).then((answer) => answer ?? Response.error()));
    }
  });
  worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
  worker.addEventListener('message', (event) => {
    const type: unknown = (event.data as { type?: unknown } | null)?.type;
    // Sent by workbox-window once the person agreed to the new version.
    if (type === 'SKIP_WAITING') void worker.skipWaiting();
    // A forced reload comes up uncontrolled although this worker runs, and `activate` is long over.
    if (type === 'CLAIM_CLIENTS') event.waitUntil(worker.clients.claim());
    if (type === 'STORE_DEMOS') event.waitUntil(storeDemos(demos, event.ports[0]));
  });

  cleanupOutdatedCaches();
  precacheAndRoute([...APP_FILES]);
}

/** A page of its own (the verifier of logs) is that page; every other address is the app. */
async function openPage(request: Request, shellUrl: string): Promise<Response> {
  const page = (await matchPrecache(request.url)) ?? (await matchPrecache(shellUrl));
  return page ? unframeable(page) : fetch(request);
}

/** The page asks once it runs, and may say that it works offline once this answers yes. */
async function storeDemos(demos: DemoStore, page: MessagePort | undefined): Promise<void> {
  const isStored = await demos.complete().then(
    () => true,
    () => false,
  );
  page?.postMessage(isStored);
}

/** `frame-ancestors` works only as a header, and the site that hosts the app may set none. */
function unframeable(document: Response): Response {
  const headers = new Headers(document.headers);
  // Beside what the host may have set: each policy counts.
  headers.append('content-security-policy', "frame-ancestors 'none'");
  headers.set('x-content-type-options', 'nosniff');
  return new Response(document.body, { status: document.status, statusText: document.statusText, headers });
}

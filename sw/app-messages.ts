/** What the page asks of its worker besides requests: to take over at last, and to take over this page too. */
export function listenForAppMessages(worker: ServiceWorkerGlobalScope): void {
  worker.addEventListener('message', (event) => {
    const type: unknown = (event.data as { type?: unknown } | null)?.type;
    // Sent by workbox-window once the person agreed to the new version.
    if (type === 'SKIP_WAITING') void worker.skipWaiting();
    // A forced reload leaves the page uncontrolled.
    if (type === 'CLAIM_CLIENTS') event.waitUntil(worker.clients.claim());
  });
}

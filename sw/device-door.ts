/** Routes `<scope>virtual/device/<id>/…` to the virtual world, and keeps out whatever is no call of one of our own pages. */
import { DEVICE_PATHS } from '../src/core/ota/device-contract.ts';
import { VirtualDatabase, virtualDatabaseName } from '../src/io/store/virtual-storage.ts';
import { VirtualWorld } from '../src/virtual/world.ts';
import { clock, factoryFrom, lineClock, random } from './platform.ts';

const AWAY = 503;
/** 202, "accepted, but not acted upon". */
const NOT_YET = 202;
const DEVICE_PATH = /^virtual\/device\/([^/]+)(?:\/(.*))?$/;

/** The world, for its other doors. */
export function serveDevices(worker: ServiceWorkerGlobalScope): VirtualWorld {
  const { scope } = worker.registration;
  const disk = new VirtualDatabase(virtualDatabaseName(scope));
  const addressOf = (id: string): string => new URL(`virtual/device/${id}/`, scope).href;
  const world = new VirtualWorld({ disk, clock, lineClock, random, factory: factoryFrom(scope), addressOf });

  worker.addEventListener('fetch', (event) => {
    const match = deviceCall(event.request.url, scope);
    if (!match) return;
    // Ours, whatever becomes of it: no other listener may answer for a device.
    event.stopImmediatePropagation();
    if (isVisit(event.request, match)) {
      event.respondWith(Response.redirect(new URL(`./#/devices/${match.id}`, scope).href, 303));
      return;
    }
    if (isForeign(event)) {
      event.respondWith(forbidden());
      return;
    }
    const answer = world.handle(event.request, match.id, match.path);
    event.respondWith(match.path === DEVICE_PATHS.info ? answer.then(withoutComplaint) : answer);
    // An answer that still streams keeps no worker awake by itself, and an update on a slow link takes its time.
    event.waitUntil(answer.then(() => world.untilIdle(match.id)));
  });
  return world;
}

/**
 * A page asks a board that is away again and again, and a browser complains in its console of each answer from 400 on. Its body says why, and
 * its `Retry-After` when to ask again, whatever the status.
 */
function withoutComplaint(answer: Response): Response {
  return answer.status === AWAY ? new Response(answer.body, { status: NOT_YET, headers: answer.headers }) : answer;
}

interface DeviceCall {
  readonly id: string;
  readonly path: string;
}

function deviceCall(url: string, scope: string): DeviceCall | undefined {
  if (!url.startsWith(scope)) return undefined;
  const [path = ''] = url.slice(scope.length).split(/[?#]/, 1);
  const match = DEVICE_PATH.exec(path);
  return match?.[1] === undefined ? undefined : { id: match[1], path: match[2] ?? '' };
}

/** Somebody opens a device's own address: the app shows the device there. The device hears nothing of it. */
function isVisit({ method, mode, destination }: Request, { id, path }: DeviceCall): boolean {
  return method === 'GET' && mode === 'navigate' && destination === 'document' && path === '' && /^[\w-]{1,64}$/.test(id);
}

/**
 * Forms and links of other sites reach a service worker as navigations, and what no page of ours sent has no client.
 * A `fetch` of ours has neither a destination nor another mode than these.
 */
function isForeign({ request, clientId }: FetchEvent): boolean {
  return clientId === '' || request.destination !== '' || (request.mode !== 'cors' && request.mode !== 'same-origin');
}

function forbidden(): Response {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  };
  return new Response(JSON.stringify({ error: 'a virtual device answers only to the app', code: 'FORBIDDEN' }), { status: 403, headers });
}

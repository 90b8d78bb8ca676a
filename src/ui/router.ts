/**
 * Hash routes: every view has a link, and the path never changes, so one build works from any sub-path and offline.
 * Knows the shape of the addresses and nothing of the views behind them (`view-table.ts`).
 */
import { Subject, type Observable } from '../app/observable.ts';

export type Route =
  | { readonly view: 'devices' }
  | { readonly view: 'device'; readonly id: string }
  | { readonly view: 'preflight'; readonly id: string; readonly sha256: string }
  | { readonly view: 'job'; readonly id: string }
  /** Without a port: the choice of one. */
  | { readonly view: 'usb'; readonly portId?: string }
  | { readonly view: 'firmware'; readonly sha256?: string }
  | { readonly view: 'compare'; readonly a: string; readonly b: string }
  /** Without a fingerprint: all of them. */
  | { readonly view: 'keys'; readonly fingerprint?: string }
  | { readonly view: 'log' }
  | { readonly view: 'settings' }
  | { readonly view: 'not-found'; readonly path: string };

export type ViewName = Route['view'];
export type RouteOf<Name extends ViewName> = Extract<Route, { view: Name }>;

const SHA256 = /^[0-9a-f]{64}$/;
const isSha256 = (text: string | undefined): text is string => text !== undefined && SHA256.test(text);

/** Reads `#/devices/esp32-ota`; anything that is no address of ours becomes `not-found`. */
export function parseRoute(hash: string): Route {
  const path = hash
    .replace(/^#?\/?/, '')
    .replace(/\?.*$/s, '')
    .replace(/\/$/, '');
  const notFound: Route = { view: 'not-found', path };
  let parts: string[];
  try {
    parts = path.split('/').map(decodeURIComponent);
  } catch {
    return notFound;
  }
  const [section, first, second, third] = parts;
  switch (section) {
    case '':
      return { view: 'devices' };
    case 'devices':
      if (first === undefined) return { view: 'devices' };
      if (first === '') return notFound;
      if (parts.length === 2) return { view: 'device', id: first };
      if (parts.length === 3 && second === 'job') return { view: 'job', id: first };
      if (parts.length === 4 && second === 'update' && isSha256(third)) return { view: 'preflight', id: first, sha256: third };
      return notFound;
    case 'usb':
      if (first === undefined) return { view: 'usb' };
      return parts.length === 2 && first !== '' ? { view: 'usb', portId: first } : notFound;
    case 'firmware':
      if (first === undefined) return { view: 'firmware' };
      if (parts.length === 2 && isSha256(first)) return { view: 'firmware', sha256: first };
      if (parts.length === 4 && first === 'compare' && isSha256(second) && isSha256(third)) return { view: 'compare', a: second, b: third };
      return notFound;
    case 'keys':
      if (first === undefined) return { view: 'keys' };
      return parts.length === 2 && isSha256(first) ? { view: 'keys', fingerprint: first } : notFound;
    case 'log':
    case 'settings':
      return parts.length === 1 ? { view: section } : notFound;
    default:
      return notFound;
  }
}

/** `#/firmware?shared=…`: the service worker parked a file that another app shared. */
export function comesFromShare(hash: string): boolean {
  return /^#\/firmware\?shared\b/.test(hash);
}

/** The `href` of a route: `<a href=${linkTo({ view: 'device', id })}>`. */
export function linkTo(route: Route): string {
  const device = (id: string) => `#/devices/${encodeURIComponent(id)}`;
  switch (route.view) {
    case 'devices':
      return '#/devices';
    case 'device':
      return device(route.id);
    case 'preflight':
      return `${device(route.id)}/update/${route.sha256}`;
    case 'job':
      return `${device(route.id)}/job`;
    case 'usb':
      return route.portId === undefined ? '#/usb' : `#/usb/${encodeURIComponent(route.portId)}`;
    case 'firmware':
      return route.sha256 === undefined ? '#/firmware' : `#/firmware/${route.sha256}`;
    case 'compare':
      return `#/firmware/compare/${route.a}/${route.b}`;
    case 'keys':
      return route.fingerprint === undefined ? '#/keys' : `#/keys/${route.fingerprint}`;
    case 'log':
    case 'settings':
      return `#/${route.view}`;
    case 'not-found':
      return `#/${route.path}`;
  }
}

/** Two routes with the same key show the same thing in the same view: no scroll, no moved focus between them. */
export function viewKey(route: Route): string {
  switch (route.view) {
    case 'device':
    case 'job':
      return `${route.view} ${route.id}`;
    case 'usb':
      return `usb ${route.portId}`;
    case 'keys':
      return `keys ${route.fingerprint}`;
    case 'preflight':
      return `preflight ${route.id} ${route.sha256}`;
    default:
      return route.view;
  }
}

export function navigate(route: Route): void {
  location.hash = linkTo(route);
}

/** Install pages link to a firmware by `?manifest=…` alone. */
const present = (): Route => parseRoute(location.hash || (location.search.includes('manifest=') ? '#/usb' : ''));

/** Follows the address bar for as long as it is started. */
export class Router {
  readonly #route = new Subject<Route>(present());
  readonly route: Observable<Route> = this.#route;
  readonly #read = () => this.#route.set(present());

  start(): void {
    this.#read();
    addEventListener('hashchange', this.#read);
  }

  stop(): void {
    removeEventListener('hashchange', this.#read);
  }
}

/** A view that knows a better page title than its route does says so: `this.dispatchEvent(new PageTitleEvent('esp32-ota'))`. */
export class PageTitleEvent extends Event {
  static readonly type = 'ot-page-title';
  readonly title: string;

  constructor(title: string) {
    super(PageTitleEvent.type, { bubbles: true });
    this.title = title;
  }
}

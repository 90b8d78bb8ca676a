/**
 * How a page reaches a device on its own network. Why it did not is told by `reach-failure.ts`.
 * Sources: WHATWG Fetch; Private/Local Network Access (Chromium ≥ 142).
 */
import { LinkError } from '../../app/errors.ts';

/** After `URL` made it ASCII: a name, an IPv4 or an IPv6 address. Chromium lets `%20` through. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i;
/** Unique local (fc00::/7) and link-local (fe80::/10). */
const PRIVATE_IPV6 = /^\[f(?:[cd]|e[89ab])/i;
const PRIVATE_IPV4 = /^(?:10\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/;

export interface ReachRequest extends RequestInit {
  /** Chromium: names the network that a host name belongs to, so that an https page may call it over http. */
  readonly targetAddressSpace?: 'local';
}

/** Address as a person typed it → base URL that ends in `/`. Throws `ADDRESS_INVALID`. */
export function parseDeviceAddress(text: string): URL {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  const isUsable = url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:') && HOST.test(url.hostname);
  if (!isUsable) throw new LinkError('ADDRESS_INVALID', 'not an http or https address', { address: trimmed.slice(0, 200) });
  if (url.username !== '' || url.password !== '')
    throw new LinkError('ADDRESS_INVALID', 'an address holds no password', { host: url.host });
  url.hash = '';
  url.search = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** The machine itself: no network lies between, so nothing is asked or blocked but CORS. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host.startsWith('127.') || host === '[::1]';

/** Hosts that Chromium takes as local by how they are written. For these, naming the network again could only be wrong. */
export const isKnownLocal = (host: string): boolean =>
  isLoopback(host) || PRIVATE_IPV4.test(host) || PRIVATE_IPV6.test(host) || host.endsWith('.local');

export const isIpAddress = (host: string): boolean => host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host);

export const isMixed = (target: URL, page: URL): boolean =>
  page.protocol === 'https:' && target.protocol === 'http:' && !isLoopback(target.hostname);

/**
 * An https page that calls an http device by a name which the browser cannot know to be local has to say so. A public address
 * stays blocked whatever the page says, and a wrong word makes the call fail.
 */
export function reachOptions(target: URL, page: URL): Pick<ReachRequest, 'targetAddressSpace'> {
  const { hostname } = target;
  return isMixed(target, page) && !isKnownLocal(hostname) && !isIpAddress(hostname) ? { targetAddressSpace: 'local' } : {};
}

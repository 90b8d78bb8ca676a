/**
 * How a page reaches a device on its own network, and why it did not. A failed `fetch` says nothing but "failed": this
 * file tells CORS, mixed content, the local-network permission and silence apart as far as a page can.
 * Sources: WHATWG Fetch; Private/Local Network Access (Chromium ≥ 142).
 */
import { LinkError, isAbort } from '../../app/errors.ts';
import type { LinkErrorCode } from '../../app/errors.ts';
import { OtterError } from '../../core/errors.ts';

const PROBE_TIMEOUT_MS = 3000;
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
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host.startsWith('127.') || host === '[::1]';

/** Hosts that Chromium takes as local by how they are written. For these, naming the network again could only be wrong. */
const isKnownLocal = (host: string): boolean =>
  isLoopback(host) || PRIVATE_IPV4.test(host) || PRIVATE_IPV6.test(host) || host.endsWith('.local');

const isIpAddress = (host: string): boolean => host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host);

const isMixed = (target: URL, page: URL): boolean =>
  page.protocol === 'https:' && target.protocol === 'http:' && !isLoopback(target.hostname);

/**
 * An https page that calls an http device by a name which the browser cannot know to be local has to say so. A public address
 * stays blocked whatever the page says, and a wrong word makes the call fail.
 */
export function reachOptions(target: URL, page: URL): Pick<ReachRequest, 'targetAddressSpace'> {
  const { hostname } = target;
  return isMixed(target, page) && !isKnownLocal(hostname) && !isIpAddress(hostname) ? { targetAddressSpace: 'local' } : {};
}

/** `undefined` where the browser has no such permission, and so no way from an https page to an http device. */
async function localNetworkPermission(host: string): Promise<PermissionState | undefined> {
  // Chromium 142 has one permission; later ones tell the machine itself from its network.
  for (const name of [isLoopback(host) ? 'loopback-network' : 'local-network', 'local-network-access']) {
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state;
    } catch {
      // This browser does not know the name.
    }
  }
  return undefined;
}

/** Whether anything answers; `undefined` when the time ran out. With `no-cors` the answer itself stays unread. */
async function answers(probe: URL, page: URL, mode: 'cors' | 'no-cors'): Promise<boolean | undefined> {
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    await fetch(probe, { mode, credentials: 'omit', cache: 'no-store', signal, ...reachOptions(probe, page) });
    return true;
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError' ? undefined : false;
  }
}

type Silence = readonly [LinkErrorCode, { readonly preflight?: true }?];

async function reasonOfSilence({ target, probe, isPreflighted }: FailedCall, page: URL): Promise<Silence> {
  if (target.origin === page.origin) return ['UNREACHABLE'];
  const mixed = isMixed(target, page);
  const permission = mixed || isKnownLocal(target.hostname) ? await localNetworkPermission(target.hostname) : undefined;
  if (permission === 'denied') return ['LOCAL_NETWORK_DENIED'];
  const isPublicAddress = isIpAddress(target.hostname) && !isKnownLocal(target.hostname);
  if (mixed && (permission === undefined || isPublicAddress)) return ['MIXED_CONTENT'];
  const isThere = await answers(probe, page, 'no-cors');
  if (isThere === undefined) return ['NETWORK_UNREACHABLE_OR_CORS'];
  if (!isThere) return ['UNREACHABLE'];
  if ((await answers(probe, page, 'cors')) !== true) return ['CORS_BLOCKED'];
  // The page may read this device. A call that needs the device's consent first did not get it; any other was cut off.
  return isPreflighted ? ['CORS_BLOCKED', { preflight: true }] : ['CONNECTION_LOST'];
}

export interface FailedCall {
  readonly target: URL;
  /** Safe to ask again: changes nothing on the device. */
  readonly probe: URL;
  readonly signal?: AbortSignal | undefined;
  /** Carries headers of ours, so that the browser asks the device by `OPTIONS` first. */
  readonly isPreflighted: boolean;
}

/** What a rejection of `fetch` means. An abort by the caller is given back as it is. */
export async function explainFailure(cause: unknown, call: FailedCall, page = new URL(location.href)): Promise<unknown> {
  if (call.signal?.aborted === true) return call.signal.reason as unknown;
  if (cause instanceof OtterError || isAbort(cause)) return cause;
  const details = { host: call.target.host };
  if (cause instanceof DOMException && cause.name === 'TimeoutError')
    return new LinkError('TIMEOUT', 'no answer in time', details, { cause });
  const [code, more] = await reasonOfSilence(call, page);
  return new LinkError(code, cause instanceof Error ? cause.message : 'request failed', { ...details, ...more }, { cause });
}

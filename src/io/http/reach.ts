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
const PRIVATE_IPV4 = /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/;

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

const isExempt = (host: string): boolean =>
  PRIVATE_IPV4.test(host) || host.endsWith('.local') || host === 'localhost' || host.startsWith('[');

/** An https page that calls an http device by a name which the browser cannot know to be local has to say so. */
export function reachOptions(target: URL, page: URL): Pick<ReachRequest, 'targetAddressSpace'> {
  const isMixed = page.protocol === 'https:' && target.protocol === 'http:';
  return isMixed && !isExempt(target.hostname) ? { targetAddressSpace: 'local' } : {};
}

/** `undefined` where the browser has no such permission, and so no way from an https page to an http device. */
async function localNetworkPermission(): Promise<PermissionState | undefined> {
  for (const name of ['local-network', 'local-network-access']) {
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state;
    } catch {
      // This browser does not know the name.
    }
  }
  return undefined;
}

/** An opaque answer proves that something is there and that only CORS keeps it from us. */
async function answersOpaquely(target: URL, page: URL): Promise<boolean | undefined> {
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    await fetch(target, { mode: 'no-cors', credentials: 'omit', cache: 'no-store', signal, ...reachOptions(target, page) });
    return true;
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError' ? undefined : false;
  }
}

async function reasonOfSilence(target: URL, page: URL): Promise<LinkErrorCode> {
  if (target.origin === page.origin) return 'UNREACHABLE';
  const isMixed = page.protocol === 'https:' && target.protocol === 'http:';
  const permission = isMixed || isExempt(target.hostname) ? await localNetworkPermission() : undefined;
  if (permission === 'denied') return 'LOCAL_NETWORK_DENIED';
  if (isMixed && permission === undefined) return 'MIXED_CONTENT';
  const isThere = await answersOpaquely(target, page);
  if (isThere === true) return 'CORS_BLOCKED';
  return isThere === false ? 'UNREACHABLE' : 'NETWORK_UNREACHABLE_OR_CORS';
}

/** What a rejection of `fetch` means. An abort by the caller is given back as it is. */
export async function explainFailure(cause: unknown, target: URL, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal?.aborted === true) return signal.reason as unknown;
  if (cause instanceof OtterError || isAbort(cause)) return cause;
  const details = { host: target.host };
  if (cause instanceof DOMException && cause.name === 'TimeoutError')
    return new LinkError('TIMEOUT', 'no answer in time', details, { cause });
  const code = await reasonOfSilence(target, new URL(location.href));
  return new LinkError(code, cause instanceof Error ? cause.message : 'request failed', details, { cause });
}

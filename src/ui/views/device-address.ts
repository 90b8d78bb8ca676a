/**
 * What a person types as the address of a device: read, or refused with the one sentence that helps to mend it.
 * Knows the shapes of addresses and what browsers allow a page to reach; asks no network.
 */

type ParsedAddress = { readonly ok: true; readonly url: string } | { readonly ok: false; readonly fault: string };

const MAX_LENGTH = 2000;
const DOTTED = /^[\d.]+$/;

const refuse = (fault: string): ParsedAddress => ({ ok: false, fault });

/** `192.168.1.42`, `greenhouse.local/api` or a whole URL; the result ends in `/`. HTTP unless it says otherwise. */
export function parseDeviceAddress(typed: string): ParsedAddress {
  const text = typed.trim();
  if (text === '') return refuse('Type the address of the device, for example 192.168.1.42.');
  if (text.length > MAX_LENGTH) return refuse('This is too long for an address.');
  if (/\s/.test(text)) return refuse('Not an address: it has a space inside.');
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    return refuse(`A device answers over http or https, not over ${scheme}.`);
  const withScheme = scheme === undefined ? `http://${text}` : text;
  const fault = faultOfHost(withScheme);
  if (fault !== undefined) return refuse(fault);
  return readUrl(withScheme);
}

function readUrl(text: string): ParsedAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return refuse('Not an address. It looks like 192.168.1.42 or greenhouse.local.');
  }
  if (url.username !== '' || url.password !== '')
    return refuse('Leave user and password out: Otter asks for the password when it is needed.');
  if (url.search !== '') return refuse('Leave out the question mark and what follows it.');
  if (url.hash !== '') return refuse('Leave out the # and what follows it.');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return { ok: true, url: url.href };
}

/** Mistakes that `URL` either refuses without a reason or quietly mends into another device's address. */
function faultOfHost(url: string): string | undefined {
  const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  const hostAndPort = authority.slice(authority.lastIndexOf('@') + 1);
  const port = /:(\d+)$/.exec(hostAndPort)?.[1];
  if (port !== undefined && Number(port) > 65_535) return `Not an address: port ${port} is more than 65535.`;
  const host = port === undefined ? hostAndPort : hostAndPort.slice(0, -port.length - 1);
  if (host === '') return 'Not an address: it names no device.';
  if (!DOTTED.test(host)) return undefined;
  const numbers = host.split('.');
  const tooLarge = numbers.find((number) => Number(number) > 255);
  if (tooLarge !== undefined) return `Not an address: ${tooLarge} is more than 255.`;
  if (numbers.length !== 4 || numbers.includes('')) return 'Not an address: it takes four numbers, like 192.168.1.42.';
  return undefined;
}

interface PageOrigin {
  /** `https:` or `http:`. */
  readonly protocol: string;
  readonly origin: string;
}

export type Reach =
  /** Nothing stands between page and device but the device itself. */
  | 'open'
  /** Chromium asks once for the local network, then lets it through; other browsers block HTTP from an HTTPS page. */
  | 'asks'
  /** An HTTP device under a name that only the network knows: Chromium asks, and lets it through if the name is local. */
  | 'names'
  /** An HTTP device at a public address: an HTTPS page may not talk to it. */
  | 'mixed';

/** What a browser will do when this page talks to that device (Local Network Access, mixed content). */
export function reachOf(deviceUrl: string, page: PageOrigin): Reach {
  const { protocol, hostname, origin } = new URL(deviceUrl);
  if (origin === page.origin) return 'open';
  if (page.protocol !== 'https:') return 'open';
  if (isLocalHost(hostname)) return 'asks';
  if (protocol !== 'http:') return 'open';
  return isIpAddress(hostname) ? 'mixed' : 'names';
}

const isIpAddress = (hostname: string): boolean => hostname.startsWith('[') || DOTTED.test(hostname);

/** Names and literals that browsers know as local without asking the network. */
function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host === '::1' || host.endsWith('.localhost') || host.endsWith('.local')) return true;
  if (/^f[cd]|^fe[89ab]/i.test(host) && host.includes(':')) return true;
  const [a, b, c, d] = host.split('.').map(Number);
  if (a === undefined || b === undefined || c === undefined || d === undefined || [a, b, c, d].some(Number.isNaN)) return false;
  return a === 10 || a === 127 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254);
}

/** A first name for a device nobody named: what its address says. */
export function nameFromAddress(deviceUrl: string): string {
  return new URL(deviceUrl).hostname.replace(/\.local$/, '');
}

/** Where a set lies, in one spelling, so that the same place is known again. */
import { checkAddress } from '../../core/bundle/paths.ts';
import { OtterError } from '../../core/errors.ts';
import type { RootRecord } from './model.ts';
import type { SetOrigin } from './release-services.ts';

/** Where the files lie; whoever names a file of the set means its folder. @throws BundleError BUNDLE_ADDRESS */
export function setAddress(text: string): URL {
  const url = checkAddress(text.trim());
  url.hash = '';
  url.search = '';
  if (/\/[^/]+\.json$/.test(url.pathname)) url.pathname = url.pathname.slice(0, url.pathname.lastIndexOf('/'));
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** An address, or the name of what was brought; as much of it as is kept. */
export function sourceOf(origin: SetOrigin): string {
  switch (origin.kind) {
    case 'url':
      return addressIn(origin.url);
    case 'folder':
      return kept(origin.folder.name);
    default:
      return kept(origin.name);
  }
}

/** For the log: what somebody typed may hold a password or a token, so of an address only the host is told. */
export const placeOf = (origin: SetOrigin): string => (origin.kind === 'url' ? hostIn(origin.url) : sourceOf(origin));

/** More is kept of nobody: a record that is longer could not be read back. */
export const MOST_SOURCE_LENGTH = 2048;

const kept = (text: string): string => text.slice(0, MOST_SOURCE_LENGTH);

/** What is no address is refused when it is read; what it holds is nobody's business. */
function addressIn(text: string): string {
  try {
    return kept(setAddress(text).href);
  } catch (error) {
    if (error instanceof OtterError) return hostIn(text);
    throw error;
  }
}

function hostIn(text: string): string {
  const url = URL.parse(text.trim());
  return (url && /^https?:$/.test(url.protocol) && url.host) || 'an address';
}

/** Files and folders have names that many have. */
export const isAddress = (source: string): boolean => /^https?:\/\//.test(source);

export const MOST_ADDRESSES = 16;

/** After a visit there. An address that was read once stays known when the next set comes from elsewhere. */
export function readAt<T extends Pick<RootRecord, 'source' | 'addresses'>>(record: T, source: string): T {
  const before = [source, ...addressesOf(record)].filter(isAddress);
  return { ...record, source, addresses: [...new Set(before)].slice(0, MOST_ADDRESSES) };
}

export const addressesOf = ({ source, addresses = [] }: Pick<RootRecord, 'source' | 'addresses'>): readonly string[] =>
  [source, ...addresses].filter(isAddress);

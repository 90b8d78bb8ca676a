/** Where a set lies, in one spelling, so that the same place is known again. */
import { checkAddress } from '../../core/bundle/paths.ts';
import { OtterError } from '../../core/errors.ts';
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

/** An address, or the name of what was brought. */
export function sourceOf(origin: SetOrigin): string {
  switch (origin.kind) {
    case 'url':
      return addressIn(origin.url);
    case 'folder':
      return origin.folder.name;
    default:
      return origin.name;
  }
}

/** What is no address is refused when it is read. */
function addressIn(text: string): string {
  try {
    return setAddress(text).href;
  } catch (error) {
    if (error instanceof OtterError) return text.slice(0, 2048);
    throw error;
  }
}

/** Files and folders have names that many have. */
export const isAddress = (source: string): boolean => /^https?:\/\//.test(source);

/** A release set at an address. What is not there (404) is told apart from what cannot be read; nothing is followed to another scheme. */
import type { FetchFile } from '../../app/usb/bundle-rules.ts';
import { UsbError } from '../../app/usb/usb-errors.ts';
import { BundleError } from '../../core/bundle/bundle-error.ts';
import type { SetSource } from '../../core/trust/set-files.ts';
import { TrustError } from '../../core/trust/trust-error.ts';
import { httpFileFetcher } from '../http/fetch-file.ts';
import type { PlainFetch } from '../http/fetch-file.ts';

/** Some hosts answer 403 for what is not there, so as not to say so. */
const ABSENT: readonly unknown[] = [403, 404, 410];

export function urlSet(base: URL, fetch: PlainFetch): SetSource {
  const read = httpFileFetcher(asSet(fetch));
  return {
    read: (path, mostBytes, signal) =>
      readOrAbsent(read, new URL(path.split('/').map(encodeURIComponent).join('/'), base), { path, mostBytes, signal }),
  };
}

/** A file of a set may have changed since; and a host that answers everything with its own page has no such file. */
const asSet =
  (fetch: PlainFetch): PlainFetch =>
  async (url, init) => {
    const response = await fetch(url, { ...init, cache: 'no-cache' });
    const isElsewhere = response.url !== '' && new URL(response.url).protocol !== url.protocol;
    if (!isElsewhere && !isWebPage(response)) return response;
    await response.body?.cancel();
    if (isElsewhere) throw new TypeError(`leads to ${new URL(response.url).protocol}`);
    return new Response(null, { status: 404 });
  };

const isWebPage = ({ headers }: Response): boolean => /^text\/html\b/i.test(headers.get('content-type') ?? '');

interface Wanted {
  readonly path: string;
  readonly mostBytes: number;
  readonly signal: AbortSignal | undefined;
}

async function readOrAbsent(read: FetchFile, url: URL, { path, mostBytes, signal }: Wanted): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await read(url, { limit: mostBytes, ...(signal && { signal }) });
  } catch (error) {
    if (error instanceof UsbError && ABSENT.includes((error.details as { readonly status?: unknown }).status)) return undefined;
    if (error instanceof BundleError && error.code === 'BUNDLE_TOO_LARGE') {
      throw new TrustError('SET_FILE_TOO_LARGE', path, `has more than ${mostBytes} bytes`, { cause: error });
    }
    throw error;
  }
}

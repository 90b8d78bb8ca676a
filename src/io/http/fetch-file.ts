/** Files by address: bounded while they arrive, and one error with the address in it for whatever the network does. */
import { isAbort } from '../../app/errors.ts';
import type { FetchFile } from '../../app/usb/bundle-rules.ts';
import { UsbError } from '../../app/usb/usb-errors.ts';
import { BundleError } from '../../core/bundle/bundle-error.ts';
import { bothSignals } from './call.ts';

/** Of a whole download: 128 MB over a slow line. */
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;

export type PlainFetch = (url: URL, init: RequestInit) => Promise<Response>;

/** Sends no cookies and no referrer: who asks is nobody's business. */
export const httpFileFetcher =
  (fetch: PlainFetch): FetchFile =>
  async (url, { limit, signal }) => {
    const timeout = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
    try {
      const bounds = bothSignals(signal, timeout) ?? timeout;
      const response = await fetch(url, { credentials: 'omit', referrerPolicy: 'no-referrer', signal: bounds });
      if (!response.ok) {
        await response.body?.cancel();
        throw unreachable(url, `HTTP ${response.status}`, { status: response.status });
      }
      return await readBody(response, url, limit);
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (error instanceof BundleError || error instanceof UsbError) throw error;
      throw unreachable(url, isAbort(error) || timeout.aborted ? 'did not answer in time' : 'cannot be fetched', {}, error);
    }
  };

/** A page cannot tell silence from a server that forbids other sites to read it; GitHub's release files are of the second kind. */
const unreachable = ({ href, host }: URL, rule: string, more: object, cause?: unknown): UsbError =>
  new UsbError('MANIFEST_UNREACHABLE', `${href}: ${rule}`, { url: href, host, ...more }, { cause });

async function readBody(response: Response, url: URL, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  try {
    assertSize(Number(response.headers.get('content-length') ?? 0), url, limit);
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      chunks.push(next.value);
      size += next.value.length;
      assertSize(size, url, limit);
    }
  } catch (error) {
    // The rest must not go on arriving.
    await reader?.cancel().catch(() => undefined);
    throw error;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function assertSize(size: number, { href }: URL, limit: number): void {
  if (size > limit) throw new BundleError('BUNDLE_TOO_LARGE', { path: href, rule: `has more than ${limit} bytes`, limit });
}

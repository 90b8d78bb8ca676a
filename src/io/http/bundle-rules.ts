/**
 * `core/bundle` with a way to fetch: install manifests by address, and what a manifest names at addresses. Sizes are bounded while bytes
 * arrive; whatever the network does becomes one error with the address in it.
 */
import { isAbort } from '../../app/errors.ts';
import { UsbError } from '../../app/usb/usb-errors.ts';
import type { BundleRules } from '../../app/usb/usb-ports.ts';
import { BundleError } from '../../core/bundle/bundle-error.ts';
import { chooseBuild } from '../../core/bundle/choose-build.ts';
import { MOST_BUNDLE_BYTES } from '../../core/bundle/limits.ts';
import { couldBeManifest, readManifest } from '../../core/bundle/manifests/dialects.ts';
import type { BundleFile, FlashBundle } from '../../core/bundle/model.ts';
import { checkAddress, fileName, isAddress } from '../../core/bundle/paths.ts';
import { readBundle } from '../../core/bundle/read-bundle.ts';
import { resolveBuild } from '../../core/bundle/resolve.ts';
import { bothSignals } from './call.ts';

/** Of a whole download: 128 MB over a slow line. */
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;
const OPENING_BRACE = 0x7b;

export interface BundleNetwork {
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  /** Of the page: what an address without a host counts from. */
  readonly base: string;
}

export function bundleRules(network: BundleNetwork): BundleRules {
  return {
    readBundle: (files, options) => readBundle(files, { ...options, openAddress: (address) => fileAt(checkAddress(address), network) }),
    readBundleFrom: (url) => readBundleFrom(url, network),
    chooseBuild,
    resolveBuild,
  };
}

/** A manifest with its files, or a file or archive by itself. */
async function readBundleFrom(address: string, network: BundleNetwork): Promise<FlashBundle> {
  const url = checkAddress(isAddress(address) || !URL.canParse(address, network.base) ? address : new URL(address, network.base).href);
  const { bytes, finalUrl } = await download(url, network);
  const name = nameOf(url);
  if (!couldBeManifest(name) && bytes[0] !== OPENING_BRACE) {
    return readBundle([{ path: name, size: bytes.length, read: () => Promise.resolve(bytes) }]);
  }
  return readManifest(new TextDecoder().decode(bytes), finalUrl.href, (reference) => {
    if (isAddress(reference)) return fileAt(new URL(reference), network);
    return fileAt(new URL(reference, finalUrl), network, reference.replace(/[?#].*$/s, ''));
  });
}

/** Fetched when it is first read, and kept: a plan is made more than once. */
function fileAt(url: URL, network: BundleNetwork, path = nameOf(url)): BundleFile {
  let kept: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return {
    path,
    size: undefined,
    read(signal) {
      kept ??= download(url, network, signal).then(
        ({ bytes }) => bytes,
        (error: unknown) => {
          kept = undefined;
          throw error;
        },
      );
      return kept;
    },
  };
}

/** As it would be saved: the last segment of the path, whatever its encoding hides. */
function nameOf(url: URL): string {
  const name = fileName(url.pathname).replaceAll(/%[0-9a-f]{2}|[^\w.@-]/gi, '_');
  return name === '' || /^\.+$/.test(name) ? 'download' : name;
}

interface Download {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** After redirections. */
  readonly finalUrl: URL;
}

async function download(url: URL, network: BundleNetwork, signal?: AbortSignal): Promise<Download> {
  const timeout = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
  const init: RequestInit = { credentials: 'omit', referrerPolicy: 'no-referrer', signal: bothSignals(signal, timeout) ?? timeout };
  const unreachable = (rule: string, more: object, cause?: unknown): UsbError =>
    new UsbError('MANIFEST_UNREACHABLE', `${url.href}: ${rule}`, { url: url.href, host: url.host, ...more }, { cause });
  try {
    const response = await network.fetch(url, init);
    if (!response.ok) throw unreachable(`HTTP ${response.status}`, { status: response.status });
    return { bytes: await readBody(response, url), finalUrl: response.url === '' ? url : checkAddress(response.url) };
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (error instanceof BundleError || error instanceof UsbError) throw error;
    throw unreachable(isAbort(error) || timeout.aborted ? 'did not answer in time' : 'cannot be fetched', {}, error);
  }
}

async function readBody(response: Response, url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  try {
    assertSize(Number(response.headers.get('content-length') ?? 0), url);
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      chunks.push(next.value);
      size += next.value.length;
      assertSize(size, url);
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

function assertSize(size: number, url: URL): void {
  if (size <= MOST_BUNDLE_BYTES) return;
  const rule = `has more than ${MOST_BUNDLE_BYTES} bytes`;
  throw new BundleError('BUNDLE_TOO_LARGE', { path: url.href, rule, limit: MOST_BUNDLE_BYTES });
}

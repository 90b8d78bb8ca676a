/** `core/bundle` as the session uses it; an install manifest by address, and its files, are fetched. Loaded when somebody brings something. */
import { chooseBuild } from '../../core/bundle/choose-build.ts';
import { MOST_BUNDLE_BYTES, MOST_MANIFEST_BYTES } from '../../core/bundle/limits.ts';
import { couldBeManifest, readManifest } from '../../core/bundle/manifests/dialects.ts';
import type { BundleFile, FlashBundle } from '../../core/bundle/model.ts';
import { checkAddress, fileName, isAddress } from '../../core/bundle/paths.ts';
import { readBundle } from '../../core/bundle/read-bundle.ts';
import type { ReadBundleOptions } from '../../core/bundle/read-bundle.ts';
import { resolveBuild } from '../../core/bundle/resolve.ts';
import type { Clock } from '../ports.ts';
import type { BundleRules } from './usb-ports.ts';

/** Fetches at most `limit` bytes; rejects with an `OtterError` that says why it cannot. */
export type FetchFile = (url: URL, options: { readonly limit: number; readonly signal?: AbortSignal }) => Promise<Uint8Array<ArrayBuffer>>;

const OPENING_BRACE = 0x7b;

/** @param clock without it, what is long is done in one go */
export function bundleRules(fetchFile: FetchFile, clock?: Clock): BundleRules {
  const pause = clock && { pause: () => clock.sleep(0) };
  return {
    readBundle: (files, options) =>
      readBundle(files, { ...options, ...pause, openAddress: (address) => fileAt(checkAddress(address), fetchFile) }),
    readBundleFrom: (address) => readBundleFrom(checkAddress(address), fetchFile, pause),
    chooseBuild,
    resolveBuild: (build, options) => resolveBuild(build, { ...options, ...pause }),
  };
}

/** A manifest with its files relative to it; or an image or an archive by itself. */
async function readBundleFrom(url: URL, fetchFile: FetchFile, pause?: Pick<ReadBundleOptions, 'pause'>): Promise<FlashBundle> {
  const name = nameOf(url);
  const bytes = await fetchFile(url, { limit: couldBeManifest(name) ? MOST_MANIFEST_BYTES : MOST_BUNDLE_BYTES });
  if (!couldBeManifest(name) && bytes[0] !== OPENING_BRACE) {
    return readBundle([{ path: name, size: bytes.length, read: () => Promise.resolve(bytes) }], pause);
  }
  const bundle = await readManifest(new TextDecoder().decode(bytes), url.href, (reference) =>
    isAddress(reference) ? fileAt(new URL(reference), fetchFile) : fileAt(new URL(reference, url), fetchFile, withoutQuery(reference)),
  );
  return bundle.name === '' ? { ...bundle, name: url.host } : bundle;
}

/** Fetched when it is first read, and kept: a plan is made more than once. */
function fileAt(url: URL, fetchFile: FetchFile, path = nameOf(url)): BundleFile {
  let kept: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return {
    path,
    size: undefined,
    async read(signal) {
      signal?.throwIfAborted();
      kept ??= fetchFile(url, { limit: MOST_BUNDLE_BYTES, ...(signal && { signal }) }).catch((error: unknown) => {
        kept = undefined;
        throw error;
      });
      return kept;
    },
  };
}

const withoutQuery = (reference: string): string => reference.replace(/[?#].*$/s, '');

/** As it would be saved: the last segment of the path, whatever its encoding hides. */
function nameOf(url: URL): string {
  const name = fileName(url.pathname).replaceAll(/%[0-9a-f]{2}|[^\w.@-]/gi, '_');
  return name === '' || /^\.+$/.test(name) ? 'firmware.bin' : name;
}

/** `core/bundle` as the session uses it; an install manifest by address, and its files, are fetched. Loaded when somebody brings something. */
import { BundleError } from '../../core/bundle/bundle-error.ts';
import { chooseBuild } from '../../core/bundle/choose-build.ts';
import { MOST_BUNDLE_BYTES } from '../../core/bundle/limits.ts';
import { readManifest } from '../../core/bundle/manifests/dialects.ts';
import type { BundleFile } from '../../core/bundle/model.ts';
import { readBundle } from '../../core/bundle/read-bundle.ts';
import { resolveBuild } from '../../core/bundle/resolve.ts';
import type { BundleRules } from './usb-ports.ts';

/** Fetches at most `limit` bytes; rejects with an `OtterError` that says why it cannot. */
export type FetchFile = (url: URL, options: { readonly limit: number; readonly signal?: AbortSignal }) => Promise<Uint8Array<ArrayBuffer>>;

/** Far more than any manifest has. */
const MOST_MANIFEST_BYTES = 2 ** 20;

export function bundleRules(fetchFile: FetchFile): BundleRules {
  const fileAt = (reference: string, base: URL): BundleFile => {
    const url = webAddress(reference, base);
    const path = decodeSafely(url.pathname.split('/').at(-1) ?? '') || 'firmware.bin';
    return { path, size: undefined, read: (signal) => fetchFile(url, { limit: MOST_BUNDLE_BYTES, ...(signal && { signal }) }) };
  };
  const readBundleFrom: BundleRules['readBundleFrom'] = async (address) => {
    const url = webAddress(address);
    const text = new TextDecoder().decode(await fetchFile(url, { limit: MOST_MANIFEST_BYTES }));
    const bundle = await readManifest(text, url.href, (reference) => fileAt(reference, url));
    return bundle.name === '' ? { ...bundle, name: url.host } : bundle;
  };
  const openAddress = (reference: string): BundleFile => fileAt(reference, webAddress(reference));
  return { readBundle: (files, options) => readBundle(files, { ...options, openAddress }), readBundleFrom, chooseBuild, resolveBuild };
}

function webAddress(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
    throw new BundleError('BUNDLE_ADDRESS', { path: text.slice(0, 200), rule: 'only http and https addresses, without a password' });
  return url;
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

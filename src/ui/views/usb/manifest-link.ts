/**
 * `?manifest=https://…` in the address, before the hash or in it: the way that ESP Web Tools' pages link to a firmware. What it offers is
 * looked at before a board is chosen, and goes along to the one that is.
 */
import { Subject } from '../../../app/observable.ts';
import type { BundleSummary } from '../../../app/usb/model.ts';
import type { UsbService } from '../../../app/usb/services.ts';
import { checkAddress } from '../../../core/bundle/paths.ts';
import type { Along } from './along.ts';

/** As it stands there: a stranger wrote it. */
export function manifestOfAddress({ search, hash }: { readonly search: string; readonly hash: string }): string | undefined {
  const inHash = hash.includes('?') ? hash.slice(hash.indexOf('?')) : '';
  const text = new URLSearchParams(inHash).get('manifest') ?? new URLSearchParams(search).get('manifest');
  return text === null || text === '' ? undefined : text;
}

export type LinkedFirmware =
  /** Another host would learn that somebody is here: it is asked once the person says so. */
  | { readonly state: 'unasked'; readonly url: URL }
  | { readonly state: 'fetching'; readonly url: URL }
  | { readonly state: 'known'; readonly url: URL; readonly bundle: BundleSummary }
  /** Without an address it is none that could be asked. */
  | { readonly state: 'failed'; readonly url?: URL; readonly error: unknown };

function firstLook(text: string): LinkedFirmware {
  try {
    return { state: 'unasked', url: checkAddress(text) };
  } catch (error) {
    return { state: 'failed', error };
  }
}

export class ManifestLink {
  readonly state: Subject<LinkedFirmware>;

  constructor(text: string) {
    this.state = new Subject<LinkedFirmware>(firstLook(text));
  }

  /** The page's own host knows already that somebody is here. */
  get isOwnHost(): boolean {
    return this.state.value.url?.origin === location.origin;
  }

  async fetch(usb: UsbService): Promise<void> {
    const { state, url } = this.state.value;
    if (url === undefined || state === 'fetching') return;
    this.state.set({ state: 'fetching', url });
    try {
      this.state.set({ state: 'known', url, bundle: await usb.glance(url.href) });
    } catch (error) {
      this.state.set({ state: 'failed', url, error });
    }
  }
}

let following: { readonly text: string; readonly link: ManifestLink } | undefined;

/** Of the address that the page has now; the same object while it names the same. */
export function manifestLink(address: { readonly search: string; readonly hash: string }): ManifestLink | undefined {
  const text = manifestOfAddress(address);
  if (text === undefined) return undefined;
  if (following?.text !== text) following = { text, link: new ManifestLink(text) };
  return following.link;
}

/** What was looked at goes to the board that is opened next. */
export function alongOf(link: ManifestLink | undefined): Along | undefined {
  const known = link?.state.value;
  return known?.state === 'known' ? { url: known.url.href } : undefined;
}

/** A look at what an address offers before a board is chosen. The board that is opened then gets the very same: its host is asked once. */
import type { FlashBundle } from '../../core/bundle/model.ts';
import type { BundleRules } from './usb-ports.ts';

export interface GlancingRules extends BundleRules {
  glance(url: string): Promise<FlashBundle>;
}

export function withGlance(rules: BundleRules): GlancingRules {
  let seen: { readonly url: string; readonly bundle: FlashBundle } | undefined;
  return {
    ...rules,
    async glance(url) {
      const bundle = await rules.readBundleFrom(url);
      seen = { url, bundle };
      return bundle;
    },
    async readBundleFrom(url) {
      if (seen?.url !== url) return rules.readBundleFrom(url);
      const { bundle } = seen;
      // Once: whoever asks for it again wants what is there now.
      seen = undefined;
      return bundle;
    },
  };
}

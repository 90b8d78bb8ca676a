/** The keys of a guarded virtual board beside those that its product trusts now, and what to do where they differ. Template only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Fingerprint } from '../../../core/trust/key-model.ts';
import type { KnownKey } from '../../../core/trust/firmware-signature.ts';
import { icon } from '../../elements/icons.ts';
import { linkTo } from '../../router.ts';
import { keyWords, productWords } from '../../signature-words.ts';
import { listed } from '../keys/key-words.ts';

interface GuardKeys {
  /** What the board says that it has. */
  readonly there: readonly Fingerprint[];
  /** As the product sees them. */
  readonly keys: readonly KnownKey[];
  readonly product: string;
  readonly isBusy: boolean;
  readonly onRenew: () => void;
}

/** Nothing where the board has just what it should have. */
export function guardKeys({ there, keys, product, isBusy, onRenew }: GuardKeys): TemplateResult | typeof nothing {
  const wanted = keys.filter(({ trusted, status }) => trusted && status !== 'revoked');
  const missing = wanted.filter(({ fingerprint }) => !there.includes(fingerprint)).map(({ name }) => keyWords(name));
  const extra = there.filter((id) => !wanted.some(({ fingerprint }) => fingerprint === id)).map((id) => nameOf(id, keys));
  if (there.length > 0 && missing.length + extra.length === 0) return nothing;
  const of = productWords(product);
  return html`<div class="warn">
    ${icon('caution')}
    <p>
      <b
        >${there.length === 0 ? 'The board has no key, and refuses every update.' : 'The board has other keys than its product trusts now.'}</b
      >
      ${there.length > 0 && missing.length > 0 ? `It does not have ${listed(missing)} yet.` : ''}
      ${extra.length > 0 ? `It still has ${listed(extra)}, and ${of} does not trust that any more.` : ''}
      ${
        wanted.length > 0
          ? html`<button class="link-key" type="button" aria-busy=${isBusy} @click=${onRenew}>Give it the keys of today</button>`
          : html`${of} trusts no key that counts. <a href=${linkTo({ view: 'keys' })}>Trust one for it</a>, then give the board the keys of
              today here.`
      }
    </p>
  </div>`;
}

const nameOf = (id: Fingerprint, keys: readonly KnownKey[]): string =>
  keyWords(keys.find(({ fingerprint }) => fingerprint === id)?.name ?? id);

/** Which product trusts which keys. Template only. */
import { html, nothing, type TemplateResult } from 'lit';
import { canBeTrusted } from '../../../app/trust/key-use.ts';
import type { KeyRecord, ProductTrust } from '../../../app/trust/model.ts';
import { icon } from '../../elements/icons.ts';
import { linkTo } from '../../router.ts';
import { statusLamp } from './key-words.ts';

interface ProductListActs {
  readonly onTrust: (product: string) => void;
  readonly onStop: (product: string, key: { readonly id: string; readonly name: string }) => void;
}

interface ProductListFacts extends ProductListActs {
  readonly products: readonly ProductTrust[];
  /** Known to the library or the devices, and trusting nobody yet. */
  readonly others: readonly string[];
  readonly keys: readonly KeyRecord[];
}

export function productList(facts: ProductListFacts): TemplateResult {
  const { products, others } = facts;
  return html`<section class="sheet" aria-labelledby="products">
    <div>
      <h2 id="products">Products</h2>
      <p class="quiet">A product that trusts a key takes firmware signed by it for genuine, and everything else for out of the ordinary.</p>
    </div>
    ${
      products.length + others.length === 0
        ? html`<p class="quiet">Products appear here with their firmware, or once you trust a key for one.</p>`
        : html`<ul class="trusts rows">
            ${products.map((product) => productRow(product, facts))} ${others.map((product) => otherRow(product, facts))}
          </ul>`
    }
  </section>`;
}

function productRow({ product, keyIds }: ProductTrust, facts: ProductListFacts): TemplateResult {
  return html`<li class="trust">
    <h3 class="num">${icon('lock')}<span>${product}</span></h3>
    <ul class="trust-keys">
      ${
        keyIds.length === 0
          ? html`<li class="quiet">${icon('caution')}Whom it trusted cannot be read: it trusts nobody now.</li>`
          : keyIds.map((id) => trustedKey(product, id, facts))
      }
      ${
        keyIds.length > 0 && !facts.keys.some((key) => keyIds.includes(key.id) && canBeTrusted(key))
          ? html`<li class="quiet">None of them counts: nothing is trusted as its firmware.</li>`
          : nothing
      }
    </ul>
    ${trustKey(product, keyIds, facts)}
  </li>`;
}

function trustedKey(product: string, id: string, { keys, onStop }: ProductListFacts): TemplateResult {
  const key = keys.find((record) => record.id === id);
  const counts = key !== undefined && canBeTrusted(key);
  const name = key?.name ?? `${id.slice(0, 8)}…${id.slice(-8)}`;
  return html`<li>
    ${key ? html`<a href=${linkTo({ view: 'keys', fingerprint: id })}>${name}</a>` : html`<span><code>${name}</code>, not in your key ring</span>`}
    ${key && key.status !== 'active' ? statusLamp(key) : nothing}
    ${key?.isWeak ? html`<span class="quiet">does not count: ${key.algorithm} is too short</span>` : nothing}
    <button
      class="link-key small"
      type="button"
      aria-label=${`${counts ? 'Stop trusting' : 'Remove it there'}: ${name}, ${product}`}
      @click=${() => onStop(product, { id, name })}
    >
      ${counts ? 'Stop trusting' : 'Remove it there'}
    </button>
  </li>`;
}

function otherRow(product: string, facts: ProductListFacts): TemplateResult {
  return html`<li class="trust">
    <h3 class="num">${icon('firmware')}<span>${product}</span></h3>
    <p class="quiet">Trusts nobody yet: signed or not, its firmware is taken.</p>
    ${trustKey(product, [], facts)}
  </li>`;
}

/** Nothing where no key is left that it could trust. */
function trustKey(product: string, keyIds: readonly string[], { keys, onTrust }: ProductListFacts): TemplateResult | typeof nothing {
  if (!keys.some((key) => canBeTrusted(key) && !keyIds.includes(key.id))) return nothing;
  return html`<button class="key key-small" type="button" aria-label=${`Trust a key for ${product}`} @click=${() => onTrust(product)}>
    ${icon('plus')}Trust a key
  </button>`;
}

/** Who trusts a key, what that is worth now, and which boards do not have it yet. Template only. */
import { html, nothing, type TemplateResult } from 'lit';
import { canBeTrusted } from '../../../app/trust/key-use.ts';
import type { KeyRecord } from '../../../app/trust/model.ts';
import { icon } from '../../elements/icons.ts';
import { formatMany } from '../../format.ts';
import { listed } from './key-words.ts';

interface KeyTrust {
  readonly record: KeyRecord;
  /** Products it is pinned for. */
  readonly products: readonly string[];
  /** Names of guarded virtual boards of these products. */
  readonly boardsWithout: readonly string[];
  readonly isGiving: boolean;
  readonly onStop: (product: string) => void;
  readonly onGive: () => void;
}

export function keyTrust(facts: KeyTrust): TemplateResult {
  const { record, products } = facts;
  return html`<section class="sheet" aria-labelledby="who-trusts">
    <h2 id="who-trusts" tabindex="-1">Who trusts it</h2>
    ${[worth(record, products.length > 0)].filter(Boolean).map((words) => html`<p class="quiet">${words}</p>`)}
    ${
      products.length === 0
        ? nothing
        : html`<ul class="rows trusting">
            ${products.map((product) => productRow(product, facts))}
          </ul>`
    }
    ${boardsWithout(facts)}
  </section>`;
}

/** Empty where the list says it all. */
function worth({ status, isWeak, algorithm }: KeyRecord, isPinned: boolean): string {
  if (status === 'revoked')
    return isPinned ? 'Nobody: it was revoked. These products still name it, and that counts for nothing.' : 'Nobody: it was revoked.';
  if (isWeak)
    return isPinned
      ? `Nobody: ${algorithm} is too short. These products named it before that was asked, and it does not count for them. Its successor takes them over.`
      : `Nobody, and no product can: ${algorithm} is too short.`;
  if (status === 'retired') return isPinned ? 'What it signed stays good for:' : 'No product.';
  return isPinned ? '' : 'No product: what it signs is valid, but by a key that nobody trusts yet.';
}

function productRow(product: string, { record, onStop }: KeyTrust): TemplateResult {
  const stop = canBeTrusted(record) ? 'Stop trusting' : 'Remove it there';
  return html`<li>
    ${canBeTrusted(record) ? icon('lock') : icon('cross')}<b class="num">${product}</b>
    <button class="link-key small" type="button" aria-label=${`${stop}: ${record.name}, ${product}`} @click=${() => onStop(product)}>
      ${stop}
    </button>
  </li>`;
}

function boardsWithout({ boardsWithout: names, isGiving, onGive }: KeyTrust): TemplateResult | typeof nothing {
  if (names.length === 0) return nothing;
  const isOne = names.length === 1;
  return html`<div class="warn">
    ${icon('caution')}
    <p>
      <b>${formatMany(names.length, 'virtual board')} ${isOne ? 'does' : 'do'} not have it yet:</b> ${listed(names, 5)}. Until then
      ${isOne ? 'it refuses' : 'they refuse'} what only this key has signed.
      <button class="link-key" type="button" aria-busy=${isGiving} @click=${onGive}>Give ${isOne ? 'it' : 'them'} the keys of today</button>
    </p>
  </div>`;
}

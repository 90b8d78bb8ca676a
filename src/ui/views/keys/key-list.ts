/** The keys of the ring, one row each. Template only. */
import { html, nothing, type TemplateResult } from 'lit';
import { canBeTrusted } from '../../../app/trust/key-use.ts';
import type { KeyRecord, ProductTrust } from '../../../app/trust/model.ts';
import { hash } from '../../elements/icons.ts';
import { keyDrawing } from '../../elements/key-drawing.ts';
import { linkTo } from '../../router.ts';
import { byUse, halfWords, listed, productsOf, statusLamp, timesWords } from './key-words.ts';

export function keyList(records: readonly KeyRecord[], products: readonly ProductTrust[], now: number): TemplateResult {
  return html`<ul class="ring rows">
    ${byUse(records).map((record) => keyRow(record, productsOf(record.id, products), now))}
  </ul>`;
}

/** What counts, and what only stands there. */
function trustWords(record: KeyRecord, products: readonly string[]): TemplateResult | string {
  if (products.length === 0) return 'No product trusts it';
  if (canBeTrusted(record)) return html`Trusted by <b>${listed(products)}</b>`;
  return html`Trusted by nobody; <b>${listed(products)}</b> still ${products.length === 1 ? 'names' : 'name'} it`;
}

function keyRow(record: KeyRecord, products: readonly string[], now: number): TemplateResult {
  const { id, name, purpose, algorithm } = record;
  return html`<li class="ring-row">
    <span class="keyart-tile">${keyDrawing(record, 'plain')}</span>
    <div class="ring-name">
      <a href=${linkTo({ view: 'keys', fingerprint: id })}>${name}</a>
      ${purpose ? html`<p class="quiet">${purpose}</p>` : nothing}
    </div>
    <div class="ring-kind">
      <p class="small">${algorithm}</p>
      <p class="small">${hash(id, `Fingerprint of ${name}`)}</p>
    </div>
    <div class="ring-state">
      <p>${statusLamp(record)}</p>
      <p class="quiet">${halfWords(record)}</p>
    </div>
    <div class="ring-place quiet">
      <p>${trustWords(record, products)}</p>
      <p>${timesWords(record, now)}</p>
    </div>
  </li>`;
}

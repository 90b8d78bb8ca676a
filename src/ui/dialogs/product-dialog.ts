/** Asks for a product: one that the library knows, or another by its name. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { KeyRecord } from '../../app/trust/model.ts';
import { fieldFault } from './key-fields.ts';
import { icon } from '../elements/icons.ts';
import { Modal } from './modal.ts';

@customElement('ot-product-dialog')
export class ProductDialog extends Modal<string> {
  /** Who will be trusted. */
  @property({ attribute: false }) key!: Pick<KeyRecord, 'name' | 'status'>;
  @property({ attribute: false }) known: readonly string[] = [];
  @state() private fault = '';

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const field = this.querySelector<HTMLInputElement>('#product');
    const product = field?.value.trim() ?? '';
    this.fault = product === '' ? 'Name a product, or choose one above.' : '';
    if (this.fault) field?.focus();
    else this.finish(product);
  }

  protected override renderContent(): TemplateResult {
    const { name, status } = this.key;
    const isRetired = status === 'retired';
    return html`
      <h2 id=${this.headingId}>${isRetired ? `Trust what ${name} signed, for which product?` : `Trust ${name} for which product?`}</h2>
      <p class="quiet">
        From then on firmware of that product is held against its keys: what one of them signed is trusted, and everything else is out of
        the ordinary.${isRetired ? ' This one is retired: it counts for what it signed, and signs nothing new.' : ''}
      </p>
      ${
        this.known.length === 0
          ? nothing
          : html`<ul class="choices">
              ${this.known.map(
                (product) =>
                  html`<li>
                    <button class="choice" type="button" @click=${() => this.finish(product)}>
                      ${icon('firmware')}<b class="num">${product}</b>
                    </button>
                  </li>`,
              )}
            </ul>`
      }
      <form class="form" novalidate @submit=${this.#submit}>
        <div class="field">
          <label for="product">${this.known.length === 0 ? 'Product' : 'Another product'}</label>
          <input
            class="input num"
            id="product"
            maxlength="128"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            placeholder="greenhouse-node"
            aria-describedby="product-words"
            aria-invalid=${this.fault ? 'true' : nothing}
            ?autofocus=${this.known.length === 0}
          />
          <p class="quiet" id="product-words">As its image calls the project, letter by letter.</p>
          ${fieldFault('product-fault', this.fault)}
        </div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit">Trust it</button>
        </p>
      </form>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-product-dialog': ProductDialog;
  }
}

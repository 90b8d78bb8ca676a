/** Asks whether a product trusts the key of a signature. Its fingerprint is the thing to compare: a name anybody can choose. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { hash } from '../elements/icons.ts';
import { productWords } from '../signature-words.ts';
import { Modal } from './modal.ts';

const MOST_NAME_CHARACTERS = 64;

@customElement('ot-trust-signer-dialog')
export class TrustSignerDialog extends Modal<{ readonly name: string }> {
  @property({ attribute: false }) fingerprint = '';
  @property({ attribute: false }) algorithm = '';
  @property({ attribute: false }) product = '';
  /** In the key ring; empty when it is not there, and will be. */
  @property({ attribute: false }) name = '';

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const name = this.name || (this.querySelector('input')?.value.trim() ?? '');
    if (name) this.finish({ name });
  }

  protected override renderContent(): TemplateResult {
    const product = productWords(this.product);
    return html`
      <h2 id=${this.headingId}>Let ${product} trust ${this.name || 'this key'}?</h2>
      <p>
        From then on whatever this key signs counts as genuine for ${product}. Compare its fingerprint with the one that its owner tells
        you: not by the way that the firmware came.
      </p>
      <dl class="pairs">
        <dt>Key</dt>
        <dd>${this.algorithm}</dd>
        <dt>Fingerprint</dt>
        <dd>${hash(this.fingerprint, 'Fingerprint, SHA-256')}</dd>
      </dl>
      <form class="form" @submit=${this.#submit}>
        ${
          this.name
            ? nothing
            : html`<div class="field">
                <label for="trusted-name">What you call it</label>
                <input class="input" id="trusted-name" required autofocus autocomplete="off" maxlength=${MOST_NAME_CHARACTERS} />
              </div>`
        }
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit">Trust ${this.name || 'it'}</button>
        </p>
      </form>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-trust-signer-dialog': TrustSignerDialog;
  }
}

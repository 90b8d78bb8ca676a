/** Asks which key a product shall trust. */
import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { KeyRecord } from '../../app/trust/model.ts';
import { keyDrawing } from '../elements/key-drawing.ts';
import { statusLamp } from '../views/keys/key-words.ts';
import { Modal } from './modal.ts';

@customElement('ot-trust-key-dialog')
export class TrustKeyDialog extends Modal<KeyRecord> {
  @property({ attribute: false }) keys: readonly KeyRecord[] = [];
  @property() product = '';

  protected override renderContent(): TemplateResult {
    return html`
      <h2 id=${this.headingId}>Whose firmware may ${this.product} be?</h2>
      <p class="quiet">
        What the key signs is trusted as firmware of ${this.product} from then
        on.${this.keys.some(({ status }) => status === 'retired') ? ' A retired one counts for what it signed.' : ''}
      </p>
      <ul class="choices key-choices">
        ${this.keys.map(
          (key) =>
            html`<li>
              <button class="choice" type="button" @click=${() => this.finish(key)}>
                <span class="keyart-tile">${keyDrawing(key, 'plain')}</span
                ><span
                  ><b>${key.name}</b
                  ><span class="quiet">${key.algorithm}, <code>${key.id.slice(0, 8)}…${key.id.slice(-8)}</code></span></span
                >${statusLamp(key)}
              </button>
            </li>`,
        )}
      </ul>
      <p class="keys keys-end"><button class="key" type="button" @click=${() => this.finish()}>Cancel</button></p>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-trust-key-dialog': TrustKeyDialog;
  }
}

/** Asks for one of several keys. */
import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { KeyRecord } from '../../app/trust/model.ts';
import { keyDrawing } from '../elements/key-drawing.ts';
import { loadKeyRingStyles } from '../styles/key-ring-styles.ts';
import { statusLamp } from '../views/keys/key-words.ts';
import { Modal } from './modal.ts';

@customElement('ot-choose-key-dialog')
export class ChooseKeyDialog extends Modal<KeyRecord> {
  @property({ attribute: false }) keys: readonly KeyRecord[] = [];
  @property() question = 'Which key?';
  /** What choosing one does. */
  @property() words = '';

  override async ask(): Promise<KeyRecord | undefined> {
    await loadKeyRingStyles().catch(() => undefined);
    return await super.ask();
  }

  protected override renderContent(): TemplateResult {
    return html`
      <h2 id=${this.headingId}>${this.question}</h2>
      <p class="quiet">${this.words}</p>
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
    'ot-choose-key-dialog': ChooseKeyDialog;
  }
}

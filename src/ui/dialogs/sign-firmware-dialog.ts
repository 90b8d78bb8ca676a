/** Asks which key signs. Keys that cannot sign here are not offered; where there is none, it says what to do. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { canSign } from '../../app/trust/key-use.ts';
import type { KeyRecord } from '../../app/trust/model.ts';
import type { Fingerprint } from '../../core/trust/key-model.ts';
import { icon } from '../elements/icons.ts';
import { linkTo } from '../router.ts';
import { productWords, shortFingerprint } from '../signature-words.ts';
import { Modal } from './modal.ts';

@customElement('ot-sign-firmware-dialog')
export class SignFirmwareDialog extends Modal<Fingerprint> {
  @property({ attribute: false }) keys: readonly KeyRecord[] = [];
  /** Fingerprints of those that the product trusts. */
  @property({ attribute: false }) trusted: ReadonlySet<Fingerprint> = new Set();
  @property({ attribute: false }) product = '';

  protected override renderContent(): TemplateResult {
    const able = this.keys.filter(canSign);
    return able.length === 0 ? this.#renderNone() : this.#renderChoices(able);
  }

  #renderChoices(able: readonly KeyRecord[]): TemplateResult {
    const isTrusted = ({ id }: KeyRecord): boolean => this.trusted.has(id);
    const sorted = [...able.filter(isTrusted), ...able.filter((key) => !isTrusted(key))];
    return html`
      <h2 id=${this.headingId}>Which key signs?</h2>
      <p class="quiet">The signature lies beside the firmware, which stays as it is. It can be saved as a .sig.</p>
      <ul class="choices">
        ${sorted.map((key) => this.#renderChoice(key, isTrusted(key)))}
      </ul>
      <p class="keys keys-end"><button class="key" type="button" @click=${() => this.finish()}>Cancel</button></p>
    `;
  }

  #renderChoice({ id, name, algorithm }: KeyRecord, isTrusted: boolean): TemplateResult {
    return html`<li>
      <button class="choice" type="button" @click=${() => this.finish(id)}>
        ${icon('keys')}<span
          ><b>${name}</b><span class="quiet">${algorithm}, <code>${shortFingerprint(id)}</code></span></span
        >${isTrusted ? html`<span class="sign">${icon('check')}${productWords(this.product)} trusts it</span>` : nothing}
      </button>
    </li>`;
  }

  #renderNone(): TemplateResult {
    return html`
      <h2 id=${this.headingId}>No key here can sign</h2>
      <p>
        A key that signs has its private half in this browser, and is neither retired nor revoked nor too short. Make one, or import one.
      </p>
      <p class="keys keys-end">
        <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
        <a class="key key-go" href=${linkTo({ view: 'keys' })}>Go to the keys</a>
      </p>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-sign-firmware-dialog': SignFirmwareDialog;
  }
}

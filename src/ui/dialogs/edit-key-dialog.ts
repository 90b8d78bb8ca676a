/** What a person knows about a key and the key does not say: its name and its purpose. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { KeyRecord } from '../../app/trust/model.ts';
import type { KeyService } from '../../app/trust/services.ts';
import { errorLines } from '../error-lines.ts';
import { NAME_NEEDED, namingFields, textOf } from './key-fields.ts';
import { Modal } from './modal.ts';

@customElement('ot-edit-key-dialog')
export class EditKeyDialog extends Modal<KeyRecord> {
  @property({ attribute: false }) keys!: KeyService;
  @property({ attribute: false }) key!: KeyRecord;
  @state() private fault = '';
  @state() private busy = false;
  @state() private error: unknown;

  async #save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const naming = { name: textOf(this, 'name'), purpose: textOf(this, 'purpose') };
    this.error = undefined;
    this.fault = naming.name === '' ? NAME_NEEDED : '';
    if (this.fault) return this.querySelector<HTMLElement>('#key-name')?.focus();
    this.busy = true;
    try {
      this.finish(await this.keys.edit(this.key.id, naming));
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const { name, purpose } = this.key;
    return html`
      <h2 id=${this.headingId}>Name and purpose</h2>
      <form class="form" novalidate @submit=${this.#save}>
        ${namingFields({ name, purpose, fault: this.fault })}
        <p class="quiet">These stand in this browser only. The key, its fingerprint and what it signed stay as they are.</p>
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit" aria-busy=${this.busy}>Save</button>
        </p>
      </form>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-edit-key-dialog': EditKeyDialog;
  }
}

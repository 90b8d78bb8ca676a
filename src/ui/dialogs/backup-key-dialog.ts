/** Asks for the passphrase that a backup is put under: twice, because one that is mistyped opens nothing. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { KeyRecord } from '../../app/trust/model.ts';
import type { KeyService, NamedFile } from '../../app/trust/services.ts';
import { icon } from '../elements/icons.ts';
import { errorLines } from '../error-lines.ts';
import { fieldFault } from './key-fields.ts';
import { Modal } from './modal.ts';
import { secretField } from './passphrase-field.ts';

/** Nobody slows down who guesses at a file; length is what is left. */
const LEAST = 12;

@customElement('ot-backup-key-dialog')
export class BackupKeyDialog extends Modal<NamedFile> {
  @property({ attribute: false }) keys!: KeyService;
  @property({ attribute: false }) key!: KeyRecord;
  @state() private fault = '';
  @state() private busy = false;
  @state() private error: unknown;

  #typed(id: string): string {
    return this.querySelector<HTMLInputElement>(`#${id}`)?.value ?? '';
  }

  async #save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const passphrase = this.#typed('passphrase');
    const missing = LEAST - passphrase.length;
    if (missing > 0) this.fault = missing === 1 ? 'One more character is needed.' : `${missing} more characters are needed.`;
    else this.fault = passphrase === this.#typed('passphrase-again') ? '' : 'The two are not the same.';
    this.error = undefined;
    if (this.fault) return this.querySelector<HTMLElement>(missing > 0 ? '#passphrase' : '#passphrase-again')?.focus();
    this.busy = true;
    try {
      this.finish(await this.keys.exportPrivate(this.key.id, passphrase));
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const faultId = this.fault ? 'passphrase-fault' : undefined;
    return html`
      <h2 id=${this.headingId}>Back up ${this.key.name}</h2>
      <p class="quiet">
        One file with both halves, encrypted (PKCS#8, PBES2, AES-256). Whoever has the file and the passphrase can sign as you do; Otter
        keeps neither.
      </p>
      <form class="form" novalidate @submit=${this.#save}>
        <div class="field">
          <label for="passphrase">Passphrase</label>
          ${secretField({ id: 'passphrase', autocomplete: 'new-password', ...(faultId && { faultId }) })}
          <p class="quiet">At least ${LEAST} characters: four or five words that nobody would put together.</p>
        </div>
        <div class="field">
          <label for="passphrase-again">The same again</label>
          ${secretField({ id: 'passphrase-again', autocomplete: 'new-password' })} ${fieldFault('passphrase-fault', this.fault)}
        </div>
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class="key key-go" type="submit" aria-busy=${this.busy}>
            ${icon('save')}${this.busy ? 'Encrypting…' : 'Save the backup'}
          </button>
        </p>
      </form>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-backup-key-dialog': BackupKeyDialog;
  }
}

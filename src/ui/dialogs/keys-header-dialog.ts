/** Asks what goes into a `keys.h`. The public key always does; a secret only when it is chosen, and its danger was read. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { canBeTrusted } from '../../app/trust/key-use.ts';
import type { KeyRecord, SecretRecord, SecretUse } from '../../app/trust/model.ts';
import type { KeyService, NamedFile } from '../../app/trust/services.ts';
import { icon } from '../elements/icons.ts';
import { errorLines } from '../error-lines.ts';
import { SECRET_WORDS, byUse } from '../views/keys/key-words.ts';
import { fieldFault, isTicked } from './key-fields.ts';
import { Modal } from './modal.ts';

const RETIRED_WORDS =
  'It is retired: a device that is built with it takes what it signed, and nothing that is signed from now on. For new devices take its successor.';

@customElement('ot-keys-header-dialog')
export class KeysHeaderDialog extends Modal<NamedFile> {
  @property({ attribute: false }) keys!: KeyService;
  /** Chosen first. */
  @property({ attribute: false }) key: KeyRecord | undefined;
  @state() private chosen: string | undefined;
  @state() private secretIds: Readonly<Partial<Record<SecretUse, string>>> = {};
  @state() private fault = '';
  @state() private busy = false;
  @state() private error: unknown;

  get #hasSecrets(): boolean {
    return Object.values(this.secretIds).some((id) => id !== '');
  }

  async #save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    this.error = undefined;
    this.fault = this.#hasSecrets && !isTicked(this, 'understood') ? 'Read the warning and tick it first.' : '';
    if (this.fault) return this.querySelector<HTMLElement>('[name="understood"]')?.focus();
    const keyId = this.querySelector<HTMLSelectElement>('#header-key')?.value ?? '';
    const { 'aes-256': aesId = '', psk: pskId = '' } = this.secretIds;
    this.busy = true;
    try {
      this.finish(await this.keys.exportKeysHeader(keyId, { ...(aesId && { aesId }), ...(pskId && { pskId }) }));
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }

  protected override renderContent(): TemplateResult {
    const records = byUse(this.keys.records.value ?? []).filter(canBeTrusted);
    const chosen = records.find(({ id }) => id === (this.chosen ?? this.key?.id)) ?? records[0];
    return html`
      <h2 id=${this.headingId}>Save a keys.h</h2>
      <p class="quiet">A C header that device firmware is built with: it checks signatures by the public key in it.</p>
      <form class="form" novalidate @submit=${this.#save}>
        <div class="field">
          <label for="header-key">Public key</label>
          <select
            class="input"
            id="header-key"
            autofocus
            aria-describedby="header-key-words"
            @change=${(event: Event) => (this.chosen = (event.target as HTMLSelectElement).value)}
          >
            ${records.map((record) => html`<option value=${record.id} ?selected=${record.id === chosen?.id}>${record.name}, ${record.algorithm}${record.status === 'retired' ? ', retired' : ''}</option>`)}
          </select>
          <div id="header-key-words" aria-live="polite">
            ${chosen?.status === 'retired' ? html`<p class="field-hint">${icon('caution')}${RETIRED_WORDS}</p>` : nothing}
          </div>
        </div>
        ${this.#renderSecret('aes-256')} ${this.#renderSecret('psk')} ${this.#hasSecrets ? this.#renderWarning() : nothing}
        <div role="alert">${this.error === undefined ? nothing : errorLines(this.error)}</div>
        <p class="keys keys-end">
          <button class="key" type="button" @click=${() => this.finish()}>Cancel</button>
          <button class=${this.#hasSecrets ? 'key key-stop' : 'key key-go'} type="submit" aria-busy=${this.busy}>
            ${icon('save')}${this.#hasSecrets ? 'Save it with its secrets' : 'Save it'}
          </button>
        </p>
      </form>
    `;
  }

  #renderSecret(use: SecretUse): TemplateResult {
    const all = (this.keys.secrets.value ?? []).filter((secret) => secret.use === use);
    const fit = all.filter((secret) => secret.exportable);
    const { name } = SECRET_WORDS[use];
    const none = fit.length > 0 ? undefined : all.length > 0 ? 'Yours stay in this browser.' : 'You have none.';
    return html`<div class="field">
      <label for=${`header-${use}`}>${name}</label>
      <select
        class="input"
        id=${`header-${use}`}
        ?disabled=${none !== undefined}
        aria-describedby=${none === undefined ? nothing : `header-${use}-none`}
        @change=${(event: Event) => (this.secretIds = { ...this.secretIds, [use]: (event.target as HTMLSelectElement).value })}
      >
        <option value="">Not in it</option>
        ${fit.map((secret: SecretRecord) => html`<option value=${secret.id}>${secret.name}</option>`)}
      </select>
      ${none === undefined ? nothing : html`<p class="quiet" id=${`header-${use}-none`}>${none}</p>`}
    </div>`;
  }

  #renderWarning(): TemplateResult {
    return html`<div class="warn" role="group" aria-label="Warning">
      ${icon('caution')}
      <div>
        <p>
          <b>The file will hold secrets, readable.</b> Whoever has it, or a firmware that was built with it, can read the updates of every
          device with the same secrets, and send some of their own as far as only the signature stops them. Keep it out of version control,
          and turn on flash encryption in devices that leave your hands.
        </p>
        <label class="tick"
          ><input type="checkbox" name="understood" aria-describedby=${this.fault ? 'understood-fault' : nothing} />I want the secrets in
          this file</label
        >
        ${fieldFault('understood-fault', this.fault)}
      </div>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ot-keys-header-dialog': KeysHeaderDialog;
  }
}
